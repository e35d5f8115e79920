"""Imports one download after another as a calendar program does, by UID and SEQUENCE, while the plan changes.

What is left in the calendar must be exactly the new rota: in the team's file and in each engineer's.
Usage: downloads.py ONCAL
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

import icalendar

ONCAL = pathlib.Path(sys.argv[1]).resolve()
NOW = "2026-11-25T12:00:00Z"
TEAM = """
name = "Data"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [{ id = "a", name = "Ann" }, { id = "b", name = "Bob" }, { id = "c", name = "Cy" }, { id = "d", name = "Dee" }]
[[rotation]]
starts = 2026-01-02T10:00:00
weeks = [
  { primary = "a", secondary = "b" }, { primary = "b", secondary = "c" },
  { primary = "c", secondary = "d" }, { primary = "d", secondary = "a" },
]
[handover]
"""
SWAP = '[[swap]]\nweek = 2026-12-11\nprimary = "c"\nsecondary = "d"\n'
OVERRIDE = '[[override]]\nfrom = 2026-12-15T00:00:00\nto = 2026-12-16T00:00:00\nprimary = "d"\nagreed_on = 2026-11-20\n'
STEPS = [TEAM, TEAM + SWAP, TEAM + SWAP + OVERRIDE, TEAM + OVERRIDE, TEAM + SWAP.replace('"c"', '"a"'), TEAM]
PATHS = ["team.ics", *(f"engineers/{who}.ics" for who in "abcd")]


def events(url):
    with urllib.request.urlopen(url) as answer:
        calendar = icalendar.Calendar.from_ical(answer.read())
    return [event for event in calendar.walk("VEVENT")]


def content(event):
    return (str(event["UID"]), event["DTSTART"].dt, event["DTEND"].dt, str(event["SUMMARY"]), int(event["SEQUENCE"]))


def imported(calendar, event):
    """What every program does with one event of a file (RFC 5546 2.1.4): the higher SEQUENCE wins."""
    uid, sequence = str(event["UID"]), int(event["SEQUENCE"])
    if uid in calendar and calendar[uid][0] > sequence:
        return
    calendar[uid] = (sequence, None if event.get("STATUS") == "CANCELLED" else content(event))


with tempfile.TemporaryDirectory() as temp:
    config = pathlib.Path(temp) / "config"
    (config / "teams").mkdir(parents=True)
    (config / "oncal.toml").write_text('bind = "127.0.0.1:0"\nadmin_bind = "127.0.0.1:0"\npast_weeks = 0\n')
    (config / "teams/data.toml").write_text(STEPS[0])
    server = subprocess.Popen([ONCAL, "--config", config, "--now", NOW, "serve"], stderr=subprocess.PIPE, text=True)
    try:
        line = next(line for line in server.stderr if "listening" in line and "monitoring" not in line)
        url = "http://" + re.search(r"127\.0\.0\.1:\d+", line)[0] + "/data"
        calendars = {path: {} for path in PATHS}
        cancelled = 0
        for number, step in enumerate(STEPS):
            before = {str(event["UID"]): content(event) for event in events(f"{url}/team.ics")}
            (config / "teams/data.toml").write_text(step)
            deadline = time.monotonic() + 20
            while number and {str(e["UID"]): content(e) for e in events(f"{url}/team.ics")} == before:
                assert time.monotonic() < deadline, f"step {number} never shows"
                time.sleep(0.05)
            for path, calendar in calendars.items():
                for event in events(f"{url}/{path}?download=1"):
                    cancelled += event.get("STATUS") == "CANCELLED"
                    imported(calendar, event)
                left = sorted(entry for _, entry in calendar.values() if entry)
                subscribed = sorted(content(event) for event in events(f"{url}/{path}"))
                assert left == subscribed, f"step {number}, {path}:\n{set(left) ^ set(subscribed)}"
        assert cancelled > 10, "nothing was ever taken back"
    finally:
        server.terminate()
        server.wait(timeout=20)
print(f"{len(STEPS)} downloads of {len(PATHS)} files imported one over the other: each leaves the rota ({cancelled} taken back)")
