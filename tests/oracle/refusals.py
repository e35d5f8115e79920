"""Why the program is to refuse a team file: the errors that a file can have whose parts are each well formed."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

from clock import instant_of, local, moment
from plan import time_off_period


def refusals(path: Path, last: date) -> set[str]:
    """The codes of all errors of the file. A rotation goes on for ever; it is looked at until `last`."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    zone = table["time_zone"]
    engineers = {entry["id"]: entry for entry in table["engineer"]}
    codes = set()

    def check_membership(who: str, start: int, end: int) -> None:
        entry = engineers[who]
        own_zone = entry.get("time_zone", zone)
        joins_late = "joined" in entry and moment(entry["joined"], own_zone) > start
        leaves_early = "left" in entry and moment(entry["left"], own_zone) < end
        if joins_late or leaves_early:
            codes.add("outside-membership")

    swaps = {swap["week"]: swap for swap in table.get("swap", [])}
    dates = []
    for start, end, pair in weeks(table, last):
        day = local(start, zone).date()
        dates.append(day)
        pair = swaps.get(day, pair)
        check_membership(pair["primary"], start, end)
        check_membership(pair["secondary"], start, end)
    if len(set(dates)) < len(dates):
        codes.add("week-date-twice")
    if not set(swaps) <= set(dates):
        codes.add("no-such-week")

    before = []
    for given in table.get("override", []):
        start, end = moment(given["from"], zone), moment(given["to"], zone)
        if start >= end:
            codes.add("inverted-period")
            continue
        for who in filter(None, (given["primary"], given.get("secondary"))):
            check_membership(who, start, end)
        if any(start < other_end and other_start < end for other_start, other_end in before):
            codes.add("overlapping-overrides")
        before.append((start, end))

    for entry in table["engineer"]:
        for off in entry.get("time_off", []):
            start, end = time_off_period(off, entry.get("time_zone", zone))
            if start >= end:
                codes.add("inverted-period")
    return codes


def weeks(table: dict, last: date) -> list[tuple[int, int, dict]]:
    found = []
    zone = table["time_zone"]
    rotations = sorted(table["rotation"], key=lambda rotation: rotation["starts"])
    for rotation, later in zip(rotations, [*rotations[1:], None]):
        over = instant_of(later["starts"], zone) if later else None
        wall, k = rotation["starts"], 0
        while instant_of(wall, zone) < over if later else wall.date() <= last:
            end = instant_of(wall + timedelta(days=7), zone)
            pair = rotation["weeks"][k % len(rotation["weeks"])]
            found.append((instant_of(wall, zone), min(end, over) if later else end, pair))
            wall, k = wall + timedelta(days=7), k + 1
    return found
