"""Random teams, each from its own seed: full of what is rare, since what is common goes wrong in none of a thousand.

Every team of a batch has its absences, duty changes and overrides around the batch's `anchor`, the day of a change of
clocks somewhere, so that one window shows all of them. Some are refused: somebody leaves too early, two weeks start on
one date, a period falls into a gap. Those are compared as well.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

# Where and when clocks change, with times that the change skips, repeats or touches. The day need not be right to the
# date in each zone: what matters is that the times lie near.
CHANGES = [
    ("America/New_York", date(2026, 3, 8), ["02:00:00", "02:30:00", "02:59:59", "03:00:00"]),
    ("America/New_York", date(2026, 11, 1), ["01:00:00", "01:30:00", "01:59:59", "02:00:00"]),
    ("Europe/Berlin", date(2026, 3, 29), ["02:00:00", "02:30:00", "03:00:00"]),
    ("Europe/London", date(2026, 10, 25), ["00:59:59", "01:00:00", "01:30:00", "02:00:00"]),
    ("Australia/Lord_Howe", date(2026, 10, 4), ["02:00:00", "02:15:00", "02:30:00"]),
    ("Australia/Lord_Howe", date(2026, 4, 5), ["01:30:00", "01:45:00", "02:00:00"]),
    ("America/Havana", date(2026, 3, 8), ["00:00:00", "00:30:00", "01:00:00"]),
    ("America/Havana", date(2026, 11, 1), ["00:00:00", "00:30:00", "00:59:59"]),
    ("America/Santiago", date(2026, 9, 6), ["00:00:00", "00:30:00", "01:00:00"]),
    ("America/Santiago", date(2026, 4, 4), ["23:00:00", "23:30:00", "00:00:00"]),
    ("Africa/Casablanca", date(2026, 2, 15), ["02:00:00", "02:30:00", "03:00:00"]),
    ("Africa/Casablanca", date(2026, 3, 22), ["02:00:00", "02:30:00", "03:00:00"]),
    ("Africa/Cairo", date(2026, 4, 24), ["00:00:00", "00:30:00", "01:00:00"]),
    ("Africa/Cairo", date(2026, 10, 29), ["23:00:00", "23:30:00", "00:00:00"]),
    ("Asia/Beirut", date(2026, 3, 29), ["00:00:00", "00:30:00"]),
    ("Asia/Beirut", date(2026, 10, 24), ["23:00:00", "23:59:59", "00:00:00"]),
    ("Asia/Gaza", date(2026, 3, 28), ["01:30:00", "02:00:00", "02:30:00"]),
    ("Antarctica/Troll", date(2026, 3, 29), ["01:00:00", "02:30:00", "03:00:00"]),
    ("Antarctica/Troll", date(2026, 10, 25), ["01:00:00", "01:59:00", "02:30:00"]),
    ("America/Nuuk", date(2026, 3, 28), ["23:00:00", "23:30:00", "00:00:00"]),
    ("America/Nuuk", date(2026, 10, 24), ["23:00:00", "23:30:00", "00:00:00"]),
    ("Atlantic/Azores", date(2026, 10, 25), ["00:00:00", "00:30:00"]),
    ("Pacific/Chatham", date(2026, 9, 27), ["02:45:00", "03:00:00", "03:45:00"]),
    ("America/Vancouver", date(2026, 11, 1), ["01:30:00", "02:00:00"]),
    # A clock that goes back over midnight, a day that was skipped whole, a change of 15 minutes for good, a leap day.
    ("America/St_Johns", date(2011, 11, 6), ["00:00:00", "00:00:30", "00:01:00", "23:30:00"]),
    ("America/St_Johns", date(2011, 3, 13), ["00:00:00", "00:01:00", "00:30:00"]),
    ("Pacific/Apia", date(2011, 12, 30), ["00:00:00", "12:00:00", "23:59:59"]),
    ("Pacific/Fakaofo", date(2011, 12, 30), ["00:00:00", "12:00:00", "23:59:59"]),
    ("Asia/Pyongyang", date(2018, 5, 4), ["23:30:00", "23:45:00", "00:00:00"]),
    ("Africa/Juba", date(2021, 2, 1), ["00:00:00", "23:30:00"]),
    ("Asia/Almaty", date(2024, 2, 29), ["23:30:00", "00:00:00"]),
    # Before and after what calendars are used for.
    ("Africa/Monrovia", date(1972, 1, 7), ["00:00:00", "00:30:00", "00:44:30", "10:00:00"]),
    ("Europe/London", date(1971, 10, 31), ["02:00:00", "02:30:00", "03:00:00"]),
    ("Pacific/Kwajalein", date(1993, 8, 21), ["00:00:00", "12:00:00"]),
    ("Africa/Casablanca", date(2087, 5, 11), ["02:00:00", "02:30:00", "03:00:00"]),
    ("Australia/Lord_Howe", date(2150, 10, 4), ["02:00:00", "02:15:00"]),
]
STEADY = ["UTC", "Asia/Kathmandu", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/El_Aaiun"]
TIMES = ["00:00:00", "00:30:00", "09:00:00", "10:00:00", "12:34:56", "17:45:00", "23:30:00", "23:59:59"]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "friday", "friday", "saturday", "sunday"]
BUILT_IN = ["us-federal", "gb-eng", "de-by", "jp", "il", "in", "au-nsw", "fr", "es", "mx"]
BUILT_IN_YEARS = range(2015, 2036)  # the anchors for which built-in calendars are used too


@dataclass(frozen=True)
class Style:
    """What a team is full of. Numbers of things are chosen among those listed, as often as they are listed."""

    people: list[int]
    history_days: tuple[int, int]  # from the first duty change to the anchor
    also_off: list[int]
    time_off: list[int]
    overrides: list[int]
    rotations: list[int]
    near_change: float  # how likely a time is one that the change of clocks touches
    membership: float  # how likely somebody outside the rota joins, and leaves


VARIED = Style(
    people=[2, 2, 3, 3, 4, 4, 5, 6, 8],
    history_days=(0, 40),
    also_off=[0, 0, 0, 2],
    time_off=[0, 0, 1, 1, 2, 3],
    overrides=[0, 0, 1, 2, 4],
    rotations=[1, 1, 2, 3],
    near_change=0.4,
    membership=0.5,
)
# So long that the hours and loads of R6 differ from person to person.
LONG = Style(
    people=[2, 3, 4, 6, 8],
    history_days=(200, 500),
    also_off=[0, 2, 4],
    time_off=[0, 2, 4, 8],
    overrides=[0, 2, 4, 7],
    rotations=[1, 1, 2, 3],
    near_change=0.3,
    membership=0.3,
)
# Few people, of whom nearly all are away nearly always: conflicts, volunteers, nobody.
DENSE = Style(
    people=[2, 2, 2, 3, 3, 4],
    history_days=(0, 42),
    also_off=[2, 5, 9],
    time_off=[0, 1, 3, 6],
    overrides=[0, 1, 2, 4],
    rotations=[1, 1, 1, 2],
    near_change=0.9,
    membership=0.2,
)


def batch_anchor(random: Random) -> date:
    return random.choice(CHANGES)[1]


def calendars(random: Random, anchor: date) -> dict[str, str]:
    """The organisation's own calendars of a batch, by name."""
    found = {}
    for name in ("near", "dense", "twice"):
        lines = ["[calendar]", f'name = "{name}"']
        for number in range(random.randint(2, 6)):
            day = anchor + timedelta(days=random.randint(-10, 35))
            dates = sorted({day + timedelta(days=random.choice([0, 1, 1, 2, 7])) for _ in range(random.randint(1, 3))})
            # One name on several dates, several names on one date, and a name with a comma.
            holiday = random.choice([f"Day {number} of {name}", f"Day {number}", "Feast", "A, B"])
            lines += ["[[holiday]]", f'name = "{holiday}"', "dates = [" + ", ".join(f'"{day}"' for day in dates) + "]"]
        found[name] = "\n".join(lines) + "\n"
    return found


def team(random: Random, anchor: date, own: list[str]) -> str:
    """The text of a team file."""
    return Writer(random, anchor, own, random.choice([VARIED, LONG, DENSE])).team()


class Writer:
    """Writes one team file."""

    def __init__(self, random: Random, anchor: date, own: list[str], style: Style):
        self.random, self.anchor, self.style = random, anchor, style
        self.calendars = own + (BUILT_IN if anchor.year in BUILT_IN_YEARS and random.random() < 0.5 else [])
        near = [change for change in CHANGES if abs((change[1] - anchor).days) < 30]
        self.zone, day, self.touched = random.choice(near)
        self.zones = [zone for zone, _, _ in near] * 2 + STEADY
        self.notice_days = random.choice([0, 1, 3, 7, 14, 14, 30, random.randint(0, 60)])
        # Either a week starts where clocks change, or its deadline falls there.
        self.week = day + timedelta(days=self.notice_days if random.random() < 0.3 else 0)
        history = random.randint(*style.history_days)
        self.time = self.any_time()
        self.first = self.week - timedelta(days=history - history % 7 if random.random() < 0.7 else history)
        self.people = [f"e{number}" for number in range(random.choice(style.people))]
        self.core = random.sample(self.people, random.randint(2, len(self.people)))

    def any_time(self) -> str:
        return self.random.choice(self.touched if self.random.random() < self.style.near_change else TIMES)

    def any_day(self, first: int, last: int) -> date:
        return self.anchor + timedelta(days=self.random.randint(first, last))

    def two(self) -> tuple[str, str]:
        return tuple(self.random.sample(self.core if self.random.random() < 0.8 else self.people, 2))

    def maybe(self, likely: float) -> bool:
        return self.random.random() < likely

    def team(self) -> str:
        lines = ['name = "Team"', f'time_zone = "{self.zone}"', self.holidays()]
        if self.maybe(0.2):
            lines.append('uid_domain = "rota.example.org"')
        for who in self.people:
            lines += self.engineer(who)
        starts = self.rotation_starts()
        for start in starts:
            lines += self.rotation(start)
        if self.maybe(0.8):
            lines += self.handover()
        return "\n".join([*lines, *self.policy(), *self.swaps(starts), *self.overrides()]) + "\n"

    def holidays(self) -> str:
        names = self.random.sample(self.calendars, self.random.randint(0, min(3, len(self.calendars))))
        return "holidays = [" + ", ".join(f'"{name}"' for name in names) + "]"

    def engineer(self, who: str) -> list[str]:
        random = self.random
        lines = ["", "[[engineer]]", f'id = "{who}"', f'name = "Engineer {who}"']
        if self.maybe(0.6):
            lines.append(f'time_zone = "{random.choice(self.zones)}"')
        if self.maybe(0.6):
            lines.append(self.holidays())
        also_off = sorted({self.any_day(-20, 30) for _ in range(random.choice(self.style.also_off))})
        if also_off:
            names = [random.choice(["Company day", "Feast", "Time off", f"Own of {who}"]) for _ in also_off]
            entries = ", ".join(f'{{ date = {day}, name = "{name}" }}' for day, name in zip(also_off, names))
            lines.append(f"also_off = [{entries}]")
            if self.maybe(0.2):
                lines.append(f"works_on = [{random.choice(also_off)}]")
        time_off = ", ".join(self.time_off() for _ in range(random.choice(self.style.time_off)))
        if time_off:
            lines.append(f"time_off = [{time_off}]")
        if who not in self.core:
            if self.maybe(self.style.membership):
                lines.append(f"joined = {self.any_day(-10, 10)}")
            if self.maybe(self.style.membership):
                lines.append(f"left = {self.any_day(11, 30)}")
        elif self.maybe(0.15):
            lines.append(f"joined = {self.first - timedelta(days=random.choice([0, 1, 2, 30]))}")
        elif self.maybe(0.02):
            lines.append(f"left = {self.any_day(11, 25)}")
        return lines

    def time_off(self) -> str:
        random = self.random
        day = self.any_day(-60 if self.maybe(0.3) else -20, 30)
        if self.maybe(0.55):
            return f"{{ from = {day}, to = {day + timedelta(days=random.choice([0, 0, 1, 2, 6]))} }}"
        start = datetime.fromisoformat(f"{day}T{self.any_time()}")
        length = timedelta(minutes=random.choice([1, 30, 60, 90, 600, 1440, 3000]), seconds=random.choice([0, 0, 1]))
        return f"{{ from = {start.isoformat()}, to = {(start + length).isoformat()} }}"

    def rotation_starts(self) -> list[date]:
        starts = [self.first]
        while len(starts) < self.random.choice(self.style.rotations):
            # After whole weeks or not, soon or so that the change of rotation is near the anchor.
            gap = max(7, (self.week - starts[-1]).days) if self.maybe(0.4) else self.random.choice([7, 10, 14, 28, 33])
            starts.append(starts[-1] + timedelta(days=gap))
        return starts

    def rotation(self, start: date) -> list[str]:
        time = self.time if self.maybe(0.7) else self.any_time()
        turns = [self.random.sample(self.core, 2) for _ in range(self.random.randint(1, 5))]
        weeks = ", ".join(f'{{ primary = "{primary}", secondary = "{secondary}" }}' for primary, secondary in turns)
        return ["", "[[rotation]]", f"starts = {start}T{time}", f"weeks = [{weeks}]"]

    def handover(self) -> list[str]:
        time = self.time if self.maybe(0.4) else self.any_time()
        minutes = self.random.choice([1, 15, 30, 60, 120, 240])
        lines = ["", "[handover]", f'day = "{self.random.choice(DAYS)}"', f"time = {time}", f"minutes = {minutes}"]
        return lines + (['if_away = "keep"'] if self.maybe(0.2) else [])

    def policy(self) -> list[str]:
        lines = ["", "[holiday_policy]", f"notice_days = {self.notice_days}"]
        lines += ['secondary_on_holiday = "unavailable"'] if self.maybe(0.55) else []
        lines += ['time_off = "report"'] if self.maybe(0.35) else []
        return lines + (["backfill = true"] if self.maybe(0.5) else [])

    def swaps(self, starts: list[date]) -> list[str]:
        lines = []
        for number in range(-2, 3):
            start = self.random.choice(starts)
            week = start + timedelta(days=7 * ((self.week - start).days // 7 + number))
            if self.maybe(0.15) and week >= start and f"week = {week}" not in lines:
                primary, secondary = self.two()
                lines += ["", "[[swap]]", f"week = {week}", f'primary = "{primary}"', f'secondary = "{secondary}"']
                lines += ['reason = "swap, agreed"'] if self.maybe(0.5) else []
        return lines

    def overrides(self) -> list[str]:
        random, lines = self.random, []
        free = datetime.fromisoformat(f"{self.any_day(-14, 7)}T{self.any_time()}")
        primary, secondary = self.two()  # of the override before
        for _ in range(random.choice(self.style.overrides)):
            gap = timedelta(minutes=random.choice([0, 0, 30, 600, 1440, 3000]), seconds=random.choice([0, 0, 7]))
            start = free - timedelta(seconds=1) if self.maybe(0.01) else free + gap
            end = start + timedelta(minutes=random.choice([1, 30, 60, 300, 1440, 2880, 6000, 10080, 20160]))
            if self.maybe(0.3):
                end = datetime(end.year, end.month, end.day) + timedelta(days=1)
            if not self.maybe(0.2):
                primary, secondary = self.two()
            lines += ["", "[[override]]", f"from = {written(start)}", f"to = {written(end)}", f'primary = "{primary}"']
            lines += [f'secondary = "{secondary}"'] if self.maybe(0.4) else []
            if self.maybe(0.75):
                # On the day by which the team must agree, or on one beside it; or any day.
                weeks = (start.date() - self.first).days // 7
                deadline = self.first + timedelta(days=7 * weeks - self.notice_days)
                off_by = random.choice([-1, 0, 0, 1, random.randint(-30, 9)])
                lines.append(f"agreed_on = {deadline + timedelta(days=off_by)}")
            lines += ['reason = "agreed, A, B"'] if self.maybe(0.4) else []
            free = end
        return lines


def written(moment: datetime) -> str:
    """A bare date where that says the same."""
    return str(moment.date()) if moment.time().isoformat() == "00:00:00" else moment.isoformat()
