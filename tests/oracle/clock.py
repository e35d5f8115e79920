"""Local time, searched for in what zoneinfo shows. Instants are seconds since 1970 in UTC, walls are naive datetimes.

Only instant -> local is asked of zoneinfo. That a skipped time means the first instant after the gap and a repeated one
the earlier, and where a local day starts, is worked out from that.
"""

import os

os.environ["PYTHONTZPATH"] = ""  # the PyPI package tzdata, never the system's files

import bisect
import zoneinfo
from datetime import date, datetime, time, timedelta
from functools import lru_cache

DAY = 86400
WEEK = 7 * DAY
EPOCH = datetime(1970, 1, 1)


def seconds(wall: datetime) -> int:
    """The instant at which a clock on UTC shows `wall`."""
    passed = wall - EPOCH
    return passed.days * DAY + passed.seconds


def iso(instant: int | None) -> str | None:
    """`2026-01-02T15:00:00Z`."""
    return None if instant is None else (EPOCH + timedelta(seconds=instant)).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> int:
    return seconds(datetime.fromisoformat(text.removesuffix("Z")))


@lru_cache(None)
def zone_named(name: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(name)


def local(instant: int, zone: str) -> datetime:
    """What a clock in `zone` shows."""
    return datetime.fromtimestamp(instant, zone_named(zone)).replace(tzinfo=None, fold=0)


@lru_cache(None)
def instant_of(wall: datetime, zone: str) -> int:
    """The first instant at which a clock in `zone` shows `wall` or, where it never does, a later time."""
    target = seconds(wall)
    around = range(target - 40 * 3600, target + 41 * 3600, 4 * 3600)
    ahead = max(seconds(local(instant, zone)) - instant for instant in around)
    instant = target - ahead - 120  # no clock near is that far ahead, so all before shows less
    while local(instant, zone) < wall:
        instant += 60
    instant -= 60
    while local(instant, zone) < wall:
        instant += 1
    return instant


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def moment(written: date | datetime, zone: str) -> int:
    """A date or local date-time of a file: a bare date means that day's first instant."""
    return instant_of(written if isinstance(written, datetime) else midnight(written), zone)


class Days:
    """The local days of a zone. One that a zone skipped whole is empty, and holds no instant."""

    def __init__(self, zone: str, first: date, last: date):
        self.dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        self.starts = [instant_of(midnight(day), zone) for day in self.dates]

    def date(self, instant: int) -> date:
        """The last day to have started by `instant`, also where the clock goes back over midnight."""
        return self.dates[self.place(instant)]

    def start(self, instant: int) -> int:
        return self.starts[self.place(instant)]

    def place(self, instant: int) -> int:
        return bisect.bisect_right(self.starts, instant) - 1


@lru_cache(None)
def days(zone: str, first: date, last: date) -> Days:
    return Days(zone, first, last)
