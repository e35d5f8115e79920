"""Reads a feed on standard input with Python's icalendar and prints its events as canonical JSON."""

import datetime as dt
import json
import sys

import icalendar


def stamp(value):
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
events = []
for event in calendar.walk("VEVENT"):
    if event.errors:
        sys.exit(f"{event.get('UID')}: {event.errors}")
    events.append(
        {
            "uid": str(event["UID"]),
            "start": stamp(event["DTSTART"].dt),
            "end": stamp(event["DTEND"].dt),
            "summary": str(event["SUMMARY"]),
            "status": str(event["STATUS"]),
        }
    )
print(json.dumps(events))
