"""A team as its file says it: people with their absences (R3's dates), rotations, swaps, overrides, policy."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Callable

from clock import Days, days, moment

# The dates of a built-in calendar in a year, with their names: the one thing that is taken from the program.
BuiltIn = Callable[[str, int], list[tuple[date, str]]]


class Calendars:
    """The organisation's own calendars, of dated entries alone, and behind them the built-in ones."""

    def __init__(self, folder: Path, built_in: BuiltIn):
        self.built_in = built_in
        self.own = {}
        for path in folder.glob("*.toml"):
            entries = tomllib.loads(path.read_text(encoding="utf-8"))["holiday"]
            assert all(set(entry) <= {"name", "dates"} for entry in entries), f"{path}: only dates are understood"
            named = [(date.fromisoformat(str(day)), entry["name"]) for entry in entries for day in entry["dates"]]
            self.own[path.stem] = sorted(named, key=lambda entry: entry[0])

    def between(self, name: str, first: date, last: date) -> list[tuple[date, str]]:
        if name in self.own:
            found = self.own[name]
        else:
            found = [entry for year in range(first.year, last.year + 1) for entry in self.built_in(name, year)]
        return [(day, holiday) for day, holiday in found if first <= day <= last]


@dataclass(eq=False)
class Engineer:
    """A person. Absences are asked for by the instant."""

    id: str
    seat: int  # place in the file
    zone: str
    days: Days
    holidays: dict[date, list[str]]
    time_off: list[tuple[int, int]]
    joined: date | None
    left: date | None

    def on_holiday(self, instant: int) -> bool:
        return self.days.date(instant) in self.holidays

    def on_time_off(self, instant: int) -> bool:
        return any(start <= instant < end for start, end in self.time_off)

    def is_member(self, instant: int) -> bool:
        day = self.days.date(instant)
        return (self.joined is None or self.joined <= day) and (self.left is None or day < self.left)


@dataclass(eq=False)
class Override:
    start: int
    end: int
    primary: str
    secondary: str | None
    agreed_on: date | None
    reason: str | None


class Plan:
    """One team file, of which what happens up to the date `last` is wanted."""

    def __init__(self, path: Path, calendars: Calendars, last: date):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        self.id = path.stem
        self.zone = table["time_zone"]
        self.uid_domain = table.get("uid_domain", "oncal")
        self.rotations = sorted(table["rotation"], key=lambda rotation: rotation["starts"])
        self.last = last
        self.first = self.rotations[0]["starts"].date() - timedelta(days=100)
        self.swaps = {swap["week"]: swap for swap in table.get("swap", [])}
        self.overrides = [self.override(given) for given in table.get("override", [])]
        self.handover = table.get("handover")
        policy = table.get("holiday_policy", {})
        self.secondary_covers_on_holiday = policy.get("secondary_on_holiday", "covers") == "covers"
        self.time_off_is_reported = policy.get("time_off", "cover") == "report"
        self.backfill = policy.get("backfill", False)
        self.notice_days = policy.get("notice_days", 14)
        self.engineers = {}
        for seat, entry in enumerate(table["engineer"]):
            names = entry.get("holidays", table.get("holidays", []))
            self.engineers[entry["id"]] = self.engineer(entry, seat, names, calendars)

    def engineer(self, entry: dict, seat: int, names: list[str], calendars: Calendars) -> Engineer:
        zone = entry.get("time_zone", self.zone)
        holidays = {}
        for name in names:
            for day, holiday in calendars.between(name, self.first, self.last):
                holidays.setdefault(day, []).append(holiday)
        for own in entry.get("also_off", []):
            holidays.setdefault(own["date"], []).append(own["name"])
        for day in entry.get("works_on", []):
            holidays.pop(day, None)
        time_off = [time_off_period(off, zone) for off in entry.get("time_off", [])]
        joined, left = entry.get("joined"), entry.get("left")
        local_days = days(zone, self.first, self.last)
        return Engineer(entry["id"], seat, zone, local_days, holidays, time_off, joined, left)

    def override(self, given: dict) -> Override:
        start, end = moment(given["from"], self.zone), moment(given["to"], self.zone)
        named = given["primary"], given.get("secondary"), given.get("agreed_on"), given.get("reason")
        return Override(start, end, *named)


def time_off_period(off: dict, zone: str) -> tuple[int, int]:
    """Whole local days, both ends included, or exact local date-times."""
    last = off["to"]
    end = last if hasattr(last, "hour") else last + timedelta(days=1)
    return moment(off["from"], zone), moment(end, zone)
