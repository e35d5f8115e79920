"""Holds the dates in a folder to those of recurring-ical-events: for each NAME.ics its occurrences of ten years stand in
NAME.txt. In a file named difference-… the two are to differ, or the list of differences is out of date.

Usage: recurring.py FOLDER
"""

import datetime
import sys
from pathlib import Path

import icalendar
import recurring_ical_events

FIRST, LAST = datetime.date(2026, 1, 1), datetime.date(2036, 1, 1)
UTC = datetime.timezone.utc


def shown(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return value.strftime("%Y%m%d")


def occurrences(path):
    calendar = icalendar.Calendar.from_ical(path.read_bytes())
    events = recurring_ical_events.of(calendar).between(FIRST, LAST)
    pairs = []
    for event in events:
        if event.get("STATUS") == "CANCELLED":
            continue
        start, end = event["DTSTART"].dt, event["DTEND"].dt
        pairs.append(f"{shown(start)} {shown(end)}")
    return sorted(pairs)


def main(folder):
    wrong, compared = 0, 0
    for path in sorted(Path(folder).glob("*.ics")):
        ours = path.with_suffix(".txt").read_text().split("\n")[:-1]
        theirs = occurrences(path)
        differs = ours != theirs
        compared += len(ours)
        if differs != path.name.startswith("difference-"):
            wrong += 1
            only_ours = sorted(set(ours) - set(theirs))[:5]
            only_theirs = sorted(set(theirs) - set(ours))[:5]
            print(f"{path.name}: only oncal has {only_ours}, only recurring-ical-events has {only_theirs}")
            print(path.read_text())
    print(f"{compared} occurrences compared")
    return 1 if wrong else 0


sys.exit(main(sys.argv[1]))
