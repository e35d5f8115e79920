"""Writes what Python's zoneinfo makes of every zone of the PyPI package tzdata, for tests/zones.rs to compare.

Only instant -> local is asked of zoneinfo. Local -> instant is searched for in its answers, so that the policy of
oncal (a skipped time is the first instant after the gap, a repeated one the earlier) is worked out independently.

Lines: `tzdata <edition>`, then for each zone `zone <name>`, `i <unix seconds> <offset seconds> <abbreviation>` for an
instant and `l <local time, as unix seconds of the same clock in UTC> <unix seconds>` for a local time.
"""

import os
import sys

os.environ["PYTHONTZPATH"] = ""  # the package, never the system's files

import datetime as dt
import zoneinfo

import tzdata

FROM = int(dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc).timestamp())
TO = int(dt.datetime(2041, 1, 1, tzinfo=dt.timezone.utc).timestamp())
MINUTE, HOUR, DAY = 60, 3600, 86400
EPOCH = dt.datetime(1970, 1, 1)
# Not whole days or weeks, so that the samples wander through the hours of the day and the days of the week.
SAMPLE = 11 * DAY + 5 * HOUR + 7 * MINUTE


class Clock:
    """One zone, asked only what it shows at an instant."""

    def __init__(self, name):
        self.zone = zoneinfo.ZoneInfo(name)
        self.seen = {}

    def shown(self, instant):
        """(offset in seconds, abbreviation) at unix seconds."""
        if instant not in self.seen:
            moment = dt.datetime.fromtimestamp(instant, self.zone)
            self.seen[instant] = (int(moment.utcoffset().total_seconds()), moment.tzname())
        return self.seen[instant]

    def offset(self, instant):
        return self.shown(instant)[0]

    def local(self, instant):
        return instant + self.offset(instant)

    def changes(self):
        """The first instant of each new offset or abbreviation in [FROM, TO)."""
        found = []
        for start in range(FROM, TO, DAY):
            low, end = start, start + DAY
            # A day may hold more than one change, unless the last of them brings the first clock back.
            while self.shown(low) != self.shown(end):
                before, high = low, end
                while high - before > 1:
                    middle = (before + high) // 2
                    if self.shown(middle) == self.shown(low):
                        before = middle
                    else:
                        high = middle
                found.append(high)
                low = high
        return found

    def instant(self, local, changes):
        """The first instant that shows `local`; where none does, the first that shows a later time."""
        # An offset is within a day of UTC, so only these stretches of one offset can matter.
        near = [change for change in changes if abs(change - local) <= 2 * DAY]
        starts = [local - 2 * DAY, *near]
        ends = [*near, local + 2 * DAY]
        for start, end in zip(starts, ends):
            instant = local - self.offset(start)
            if start <= instant < end:
                return instant
        return next(change for change in near if self.local(change) > local)


def instants(changes):
    chosen = set(range(FROM, TO, SAMPLE))
    for change in changes:
        hour = change - change % HOUR
        chosen.update(range(hour - 12 * HOUR, hour + 13 * HOUR, HOUR))
        chosen.update((change - 1, change, change + 1))
    return sorted(chosen)


def locals_(clock, changes):
    chosen = set(range(FROM + DAY, TO - DAY, SAMPLE))
    for change in changes:
        for edge in (change + clock.offset(change - 1), change + clock.offset(change)):
            hour = edge - edge % HOUR
            chosen.update(range(hour - 4 * HOUR, hour + 5 * HOUR, HOUR // 2))
            chosen.update((edge - 1, edge, edge + 1))
    return sorted(chosen)


def main(path):
    names = sorted(zoneinfo.available_timezones())
    lines = [f"tzdata {tzdata.IANA_VERSION}"]
    for name in names:
        clock = Clock(name)
        changes = clock.changes()
        lines.append(f"zone {name}")
        for instant in instants(changes):
            offset, abbreviation = clock.shown(instant)
            lines.append(f"i {instant} {offset} {abbreviation}")
        for local in locals_(clock, changes):
            lines.append(f"l {local} {clock.instant(local, changes)}")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    print(f"{len(names)} zones of tzdata {tzdata.IANA_VERSION}: {len(lines)} lines")


if __name__ == "__main__":
    main(sys.argv[1])
