"""The rules R1 to R11 of the rota a second time, from their words alone and in the plainest form that there is.

Time is cut into pieces within which nothing can change: no local day of anybody starts, and no time off, override or
week starts or ends. So whatever a rule says of the first instant of a piece it says of all of it. Each rule is asked
piece by piece, and neighbours that agree are joined afterwards. Nothing here is quick or clever, and nothing is taken
from the program's source or from what it prints.

Each method `rN_…` is (a part of) rule RN of the design, quoted above it.
"""

import bisect
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Callable, NamedTuple

from clock import instant_of, local
from plan import Engineer, Override, Plan

TIME_OFF = "Time off"
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Pair(NamedTuple):
    primary: str
    secondary: str


class Holding(NamedTuple):
    """Somebody holds a role, and why."""

    engineer: str
    kind: str
    status: str = "confirmed"
    instead_of: str | None = None
    reason: str | None = None


@dataclass(eq=False)
class Week:
    date: date
    starts: datetime  # as written: on the team's clock, even where that time does not exist
    start: int
    end: int
    rotation_pair: Pair
    pair: Pair
    swap: dict | None = None


@dataclass(eq=False)
class Piece:
    start: int
    end: int
    week: Week
    given: Override | None
    primary: Holding
    secondary: Holding | None

    @property
    def seconds(self) -> int:
        return self.end - self.start

    @property
    def hands(self) -> tuple[str, str | None]:
        return self.primary.engineer, self.secondary.engineer if self.secondary else None


@dataclass(eq=False)
class Candidate:
    engineer: str
    own_holiday: int  # seconds of the period on a holiday of their own
    is_primary: bool
    load_before: int
    load_after: int
    primary_seconds: int
    place: int  # in rota order, counted from S


@dataclass(eq=False)
class Row:
    week: Week
    start: int
    end: int
    role: str | None
    away: str
    reasons: list[str]
    status: str
    primary: str
    secondary: str | None
    deadline: int | None = None
    agreed_on: date | None = None
    candidates: list[Candidate] = field(default_factory=list)


@dataclass(eq=False)
class Meeting:
    week: Week  # that it hands over to
    start: int
    end: int
    nominal: date
    moved: bool
    flagged: bool
    outgoing: Pair
    incoming: Pair


class Away(NamedTuple):
    """A part of an occasion's absences: who, when, and under which names where it is a holiday."""

    who: str
    start: int
    end: int
    names: tuple[str, ...]


@dataclass(eq=False)
class Occasion:
    engineer: str | None  # whose time off; None for a holiday
    first: date
    last: date
    absences: list[Away]
    name: str | None = None
    others: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def who(self, *statuses: str) -> set[str]:
        return {row.away for row in self.rows if row.status in statuses}


def otherwise(expected: str, holder: str) -> str | None:
    """`instead_of`: who the pair would have had, if somebody else."""
    return expected if expected != holder else None


def joined(pieces: list[Piece], wanted: Callable[[Piece], bool], key: Callable[[Piece], object]) -> list[list[Piece]]:
    """The pieces that are wanted, those together that follow on each other and agree in `key`."""
    runs = []
    for piece in filter(wanted, pieces):
        if runs and runs[-1][-1].end == piece.start and key(runs[-1][-1]) == key(piece):
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs


class Rota:
    """What the rules make of a plan from its first duty change to `end`, and at least a week further."""

    def __init__(self, plan: Plan, end: int):
        self.plan = plan
        self.pieces: list[Piece] = []
        self.rows: list[Row] = []
        # Each week's date, and what each engineer held as primary in it: load, and all seconds.
        self.held: list[tuple[date, dict[str, list[int]]]] = []
        self.edges = self.all_edges()
        self.weeks = self.r1_weeks(end)
        for week in self.weeks:
            self.r2_swap(week)
        for week in self.weeks:
            self.work_out(week)
        order = {"primary": 0, "secondary": 1, None: 2}
        self.rows.sort(key=lambda row: (row.start, order[row.role], plan.engineers[row.away].seat))

    def all_edges(self) -> list[int]:
        edges = set()
        for engineer in self.plan.engineers.values():
            edges.update(engineer.days.starts)
            edges.update(edge for period in engineer.time_off for edge in period)
        for given in self.plan.overrides:
            edges |= {given.start, given.end}
        return sorted(edges)

    def cuts(self, start: int, end: int) -> list[tuple[int, int]]:
        inner = self.edges[bisect.bisect_right(self.edges, start) : bisect.bisect_left(self.edges, end)]
        points = [start, *inner, end]
        return list(zip(points, points[1:]))

    def work_out(self, week: Week) -> None:
        pieces = [self.r1_piece(week, start, end) for start, end in self.cuts(week.start, week.end)]
        for given in self.plan.overrides:
            part = [piece for piece in pieces if piece.given is given]
            if part:
                self.r7_override(week, given, part)
        # "plus, for the load, the proposals made earlier in the same week, in order of time"
        load, self.primary_seconds = self.r6_sums(week)
        for period in self.r5_periods(week, pieces):
            ranking = self.r6_ranking(week, period, load)
            if self.r5_is_conflict(week, period):
                self.r6_proposal(week, period, ranking)
                load[period[0].primary.engineer] += self.r6_load(period[0].primary.engineer, period)
            else:
                self.r4_cover(week, period)
        self.r4_backed_up(week, pieces)
        self.r10_rows(week, pieces)
        held = {who: [0, 0] for who in self.plan.engineers}
        for piece in pieces:
            holder = piece.primary.engineer
            held[holder][1] += piece.seconds
            if piece.primary.kind in self.R6_LOADING:
                held[holder][0] += self.r6_load(holder, [piece])
        self.held.append((week.date, held))
        self.pieces += pieces

    def engineer(self, who: str) -> Engineer:
        return self.plan.engineers[who]

    # R1 Weeks. Week k of a rotation starts at `starts` + 7·k days at the same wall clock in the team's zone. Its
    # pair is entry k mod n of `weeks`. A later `[[rotation]]` takes over at its own `starts` and cuts the earlier
    # one's last week short. A week is named by the local date on which it starts.

    def r1_weeks(self, end: int) -> list[Week]:
        weeks = []
        rotations, zone = self.plan.rotations, self.plan.zone
        for rotation, later in zip(rotations, [*rotations[1:], None]):
            over = instant_of(later["starts"], zone) if later else None
            k = 0
            while True:
                wall = rotation["starts"] + timedelta(days=7 * k)
                start, next_start = instant_of(wall, zone), instant_of(wall + timedelta(days=7), zone)
                if over is not None:
                    next_start = min(next_start, over)
                if start >= (over if over is not None else end + 14 * 86400):
                    break
                entry = rotation["weeks"][k % len(rotation["weeks"])]
                pair = Pair(entry["primary"], entry["secondary"])
                weeks.append(Week(local(start, zone).date(), wall, start, next_start, pair, pair))
                k += 1
        return weeks

    def r1_piece(self, week: Week, start: int, end: int) -> Piece:
        """A piece of the week as it is before the rules R4 to R7: the week's pair has it."""
        kind, reason = ("swap", week.swap.get("reason")) if week.swap else ("rotation", None)
        primary, secondary = (
            Holding(who, kind, "confirmed", otherwise(turn, who), reason)
            for who, turn in zip(week.pair, week.rotation_pair)
        )
        given = next((given for given in self.plan.overrides if given.start <= start < given.end), None)
        return Piece(start, end, week, given, primary, secondary)

    # R2 Swap. `[[swap]]` replaces the pair of one week. R3–R5 run on the new pair.

    def r2_swap(self, week: Week) -> None:
        week.swap = self.plan.swaps.get(week.date)
        if week.swap:
            week.pair = Pair(week.swap["primary"], week.swap["secondary"])

    # R3 Away. An engineer's holidays are the dates in their calendars, plus `also_off`, minus `works_on`; each is
    # the whole local day in the engineer's own zone. Time off is whole local days, both ends included, or exact
    # local date-times. Touching or overlapping absences merge. With `time_off = "report"` the primary's time off
    # moves nothing and is only reported; the secondary's still makes it unable.

    def r3_is_away(self, who: str, instant: int) -> bool:
        return self.engineer(who).on_holiday(instant) or self.engineer(who).on_time_off(instant)

    def r3_moves_duty(self, primary: str, instant: int) -> bool:
        if self.engineer(primary).on_holiday(instant):
            return True
        return self.engineer(primary).on_time_off(instant) and not self.plan.time_off_is_reported

    def r3_names(self, who: str, pieces: list[Piece], holidays: bool = True, time_off: bool = True) -> list[str]:
        """The names of the absences that meet the pieces, in order of time, each once."""
        engineer, found = self.engineer(who), []
        for piece in pieces:
            if holidays:
                start = engineer.days.start(piece.start)
                names = engineer.holidays.get(engineer.days.date(piece.start), [])
                found += [(start, 0, place, name) for place, name in enumerate(names)]
            if time_off:
                found += [(start, 1, 0, TIME_OFF) for start, end in engineer.time_off if start <= piece.start < end]
        return self.r3_once([name for *_, name in sorted(found)])

    def r3_once(self, names: list[str]) -> list[str]:
        return list(dict.fromkeys(names))

    # R4 Cover. While the week's primary P is away, the secondary S holds the primary role. S's own time off always
    # makes S unable to cover; S's own holiday does so only with `secondary_on_holiday = "unavailable"`. With
    # `backfill = true` a stand-in holds the secondary role while S covers for P, and, for each unbroken period
    # outside covers, conflicts and overrides in which S cannot cover, in place of S. Candidates are the engineers
    # other than P and S who are members for the whole period and could cover it by the rule for S above. Those
    # without a holiday of their own in it come first, then rota order after S, wrapping round. With no candidate
    # a cover has no secondary, and S's period is reported as `no-backup`.

    def r4_cannot_cover(self, secondary: str, instant: int) -> bool:
        if self.engineer(secondary).on_time_off(instant):
            return True
        return self.engineer(secondary).on_holiday(instant) and not self.plan.secondary_covers_on_holiday

    def r4_cover(self, week: Week, period: list[Piece]) -> None:
        primary, secondary = week.pair
        reasons = self.r3_names(primary, period)
        reason = ", ".join(reasons)
        cover = Holding(secondary, "cover", "confirmed", primary, reason)
        stand_in = self.r4_stand_in(week, period)
        backfill = Holding(stand_in, "backfill", "confirmed", secondary, reason) if stand_in else None
        for piece in period:
            piece.primary, piece.secondary = cover, backfill
        self.row(week, period, "primary", primary, reasons, "covered")

    def r4_backed_up(self, week: Week, pieces: list[Piece]) -> None:
        secondary = week.pair.secondary

        def is_plain_and_missing(piece: Piece) -> bool:
            is_plain = piece.given is None and piece.primary.kind in ("rotation", "swap")
            return is_plain and self.r4_cannot_cover(secondary, piece.start)

        for period in joined(pieces, is_plain_and_missing, lambda piece: None):
            stand_in = self.r4_stand_in(week, period)
            reason = ", ".join(self.r3_names(secondary, period))
            for piece in period if stand_in else []:
                piece.secondary = Holding(stand_in, "backfill", "confirmed", secondary, reason)

    def r4_stand_in(self, week: Week, period: list[Piece]) -> str | None:
        if not self.plan.backfill:
            return None
        candidates = []
        for who, engineer in self.plan.engineers.items():
            if who in week.pair or not all(engineer.is_member(piece.start) for piece in period):
                continue
            if any(self.r4_cannot_cover(who, piece.start) for piece in period):
                continue
            has_holiday = any(engineer.on_holiday(piece.start) for piece in period)
            candidates.append((has_holiday, self.r6_place(engineer, week), who))
        return min(candidates)[2] if candidates else None

    def r4_free(self, ranking: list[Candidate], taken: str) -> list[Candidate]:
        """Who has no holiday in the period, and not the other role."""
        return [one for one in ranking if one.engineer != taken and not one.own_holiday]

    # R5 Conflict. Take P's absences in the week, merged, less every override. Each unbroken period that is left
    # and contains an instant at which S cannot cover is a conflict as a whole, and gets one proposal; each other
    # one is a cover.

    def r5_periods(self, week: Week, pieces: list[Piece]) -> list[list[Piece]]:
        absent = self.r5_absences(week, pieces)
        return joined(pieces, lambda piece: piece in absent and piece.given is None, lambda piece: None)

    def r5_absences(self, week: Week, pieces: list[Piece]) -> list[Piece]:
        return [piece for piece in pieces if self.r3_moves_duty(week.pair.primary, piece.start)]

    def r5_is_conflict(self, week: Week, period: list[Piece]) -> bool:
        return any(self.r4_cannot_cover(week.pair.secondary, piece.start) for piece in period)

    # R6 Proposal. Candidates are the engineers who are members for the whole period and have no time off in it.
    # Sort by: (1) no holiday of their own in the period first; (2) P last; (3) lowest holiday load after taking
    # it; (4) fewest hours as primary so far; (5) rota order counted from S. The first becomes primary. The first
    # other candidate with no holiday in the period becomes secondary; if none, nobody does. Holiday load is the
    # hours somebody held primary by cover, proposal or override, hours on a holiday of their own counting twice;
    # the load after taking adds this period the same way. Both sums run over the weeks before this one that start at
    # most 392 days before it, by local date (a proposal counts for the person proposed), plus, for the load, the
    # proposals made earlier in the same week. Status is `proposed` when the primary proposed has no holiday in the period,
    # `needs-volunteer` when every candidate has, `nobody` when there is no candidate: then S keeps the primary
    # role, tentatively.

    R6_LOADING = ("cover", "proposal", "override")

    R6_DAYS = 392

    def r6_sums(self, week: Week) -> tuple[dict[str, int], dict[str, int]]:
        counted = [held for day, held in self.held if day >= week.date - timedelta(days=self.R6_DAYS)]
        sums = [{who: sum(held[who][n] for held in counted) for who in self.plan.engineers} for n in (0, 1)]
        return sums[0], sums[1]

    def r6_load(self, who: str, pieces: list[Piece]) -> int:
        return sum(piece.seconds * (2 if self.engineer(who).on_holiday(piece.start) else 1) for piece in pieces)

    def r6_ranking(self, week: Week, period: list[Piece], load: dict[str, int]) -> list[Candidate]:
        candidates = []
        for who, engineer in self.plan.engineers.items():
            if not all(engineer.is_member(piece.start) for piece in period):
                continue
            if any(engineer.on_time_off(piece.start) for piece in period):
                continue
            own = sum(piece.seconds for piece in period if engineer.on_holiday(piece.start))
            after = load[who] + self.r6_load(who, period)
            place = self.r6_place(engineer, week)
            is_primary = who == week.pair.primary
            candidates.append(Candidate(who, own, is_primary, load[who], after, self.primary_seconds[who], place))
        return sorted(candidates, key=self.r6_order)

    def r6_place(self, engineer: Engineer, week: Week) -> int:
        return (engineer.seat - self.engineer(week.pair.secondary).seat) % len(self.plan.engineers)

    def r6_order(self, one: Candidate) -> tuple:
        return one.own_holiday > 0, one.is_primary, one.load_after, one.primary_seconds, one.place

    def r6_proposal(self, week: Week, period: list[Piece], ranking: list[Candidate]) -> None:
        reasons = self.r3_names(week.pair.primary, period)
        first = ranking[0] if ranking else None
        taker = first.engineer if first else week.pair.secondary
        others = self.r4_free(ranking, taker)

        def proposed(who: str, expected: str) -> Holding:
            return Holding(who, "proposal", "tentative", otherwise(expected, who), ", ".join(reasons))

        primary = proposed(taker, week.pair.primary)
        secondary = proposed(others[0].engineer, week.pair.secondary) if others else None
        for piece in period:
            piece.primary, piece.secondary = primary, secondary
        status = "nobody" if not first else "needs-volunteer" if first.own_holiday else "proposed"
        row = self.row(week, period, "primary", week.pair.primary, reasons, status)
        row.deadline, row.candidates = self.r8_deadline(week), ranking

    # R7 Override. `[[override]]` gives a period to a primary and, where named, a secondary; where not named, the
    # secondary is S (whose shift is then untouched) if S is not the new primary, else P if P is not away for any
    # of it, else nobody. An override that spans a duty change is taken week by week. No rule changes overrides.

    def r7_override(self, week: Week, given: Override, part: list[Piece]) -> None:
        primary, secondary = week.pair
        if given.secondary is not None:
            second = given.secondary
        elif secondary != given.primary:
            second = secondary
        elif not any(self.r7_is_away(primary, piece.start) for piece in part):
            second = primary
        else:
            second = None
        is_untouched = given.secondary is None and second == secondary
        for piece in part:
            instead_of = otherwise(primary, given.primary)
            piece.primary = Holding(given.primary, "override", "confirmed", instead_of, given.reason)
            if second is None:
                piece.secondary = None
            elif not is_untouched:
                instead_of = otherwise(secondary, second)
                piece.secondary = Holding(second, "override", "confirmed", instead_of, given.reason)

    def r7_is_away(self, who: str, instant: int) -> bool:
        return self.r3_is_away(who, instant)

    # R8 Notice. A conflict must be agreed by its week's start less `notice_days` calendar days at the same wall
    # clock. An override that meets a conflict is its redistribution: `agreed` when `agreed_on` is on or before
    # the deadline's local date, `agreed-late` after; without `agreed_on` it is `agreed`. A conflict not agreed is
    # `overdue` from its deadline until it is over.

    def r8_deadline(self, week: Week) -> int:
        return instant_of(week.starts - timedelta(days=self.plan.notice_days), self.plan.zone)

    def r8_is_late(self, week: Week, agreed_on: date | None) -> bool:
        return agreed_on is not None and agreed_on > local(self.r8_deadline(week), self.plan.zone).date()

    def r8_is_overdue(self, row: Row, now: int) -> bool:
        return self.is_open(row) and row.deadline <= now < row.end

    @staticmethod
    def is_open(row: Row) -> bool:
        return row.status in ("proposed", "needs-volunteer", "nobody")

    # R9 Handover meeting. One for each duty change but the first: on the latest `day` on or before the change's
    # local date, at `time`, for `minutes`. If the outgoing or the incoming primary (of the weeks' pairs, swaps
    # applied) is away during it, it moves to the latest earlier Monday-to-Friday date, at most 4 days back, at
    # which both are not away; if there is none it stays and is flagged. `if_away = "keep"` turns moving off (it
    # is then flagged).

    def r9_meetings(self) -> list[Meeting]:
        if self.plan.handover is None:
            return []
        return [self.r9_meeting(before, after) for before, after in zip(self.weeks, self.weeks[1:])]

    def r9_meeting(self, before: Week, after: Week) -> Meeting:
        rule = self.plan.handover
        weekday = WEEKDAYS.index(rule.get("day", "friday"))
        nominal = next(day for day in self.days_back(after.date, 0, 6) if day.weekday() == weekday)
        held, flagged = nominal, False
        if self.r9_is_kept_from(nominal, before, after):
            earlier = [
                day
                for day in self.days_back(nominal, 1, 4)
                if day.weekday() < 5 and not self.r9_is_kept_from(day, before, after)
            ]
            if rule.get("if_away", "earlier") == "keep" or not earlier:
                flagged = True
            else:
                held = earlier[0]
        start, end = self.r9_period(held)
        return Meeting(after, start, end, nominal, held != nominal, flagged, before.pair, after.pair)

    @staticmethod
    def days_back(day: date, first: int, last: int) -> list[date]:
        return [day - timedelta(days=back) for back in range(first, last + 1)]

    def r9_period(self, day: date) -> tuple[int, int]:
        rule = self.plan.handover
        start = instant_of(datetime.combine(day, rule.get("time", time(10))), self.plan.zone)
        return start, start + rule.get("minutes", 30) * 60

    def r9_is_kept_from(self, day: date, before: Week, after: Week) -> bool:
        primaries = before.pair.primary, after.pair.primary
        return any(self.r9_is_away(who, start) for start, _ in self.cuts(*self.r9_period(day)) for who in primaries)

    def r9_is_away(self, who: str, instant: int) -> bool:
        return self.r3_is_away(who, instant)

    # R10 Coverage rows, clipped to the week. In every row `primary` and `secondary` are who really holds the
    # roles throughout; a row is cut where they change.
    # - For P: one row for each period of R4/R5; one for each part of an absence under an override (`agreed`;
    #   `agreed-late` by R8 where the absence it is part of, overrides aside, was a conflict); with `time_off =
    #   "report"` one for time off outside P's holidays and outside overrides (`reported`).
    # - For S: `no-backup` where S holds the secondary role without an override naming them for it, and could not
    #   cover; `backfilled` where a stand-in holds it in their place (R4).
    # - For every member but P, the rest of their holidays: `working` where they hold a role, else `unaffected`.
    # A row has the names of the absences in order of time (for `working` and `unaffected` of holidays alone).

    def row(self, week: Week, part: list[Piece], role: str | None, away: str, reasons: list[str], status: str) -> Row:
        primary, secondary = part[0].hands
        row = Row(week, part[0].start, part[-1].end, role, away, reasons, status, primary, secondary)
        self.rows.append(row)
        return row

    def r10_rows(self, week: Week, pieces: list[Piece]) -> None:
        self.r10_agreed(week, pieces)
        self.r10_reported(week, pieces)
        self.r10_no_backup(week, pieces)
        for engineer in self.plan.engineers.values():
            if engineer.id != week.pair.primary:
                self.r10_other_holidays(week, pieces, engineer)

    def r10_agreed(self, week: Week, pieces: list[Piece]) -> None:
        primary = week.pair.primary
        absent = self.r5_absences(week, pieces)
        absences = joined(pieces, lambda piece: piece in absent, lambda piece: None)
        in_conflict = [piece for period in absences if self.r5_is_conflict(week, period) for piece in period]
        under = joined(
            pieces, lambda piece: piece.given and self.r3_is_away(primary, piece.start), self.r10_given_and_hands
        )
        for part in under:
            given = part[0].given
            met = any(piece in in_conflict for piece in part)
            status = "agreed-late" if met and self.r8_is_late(week, given.agreed_on) else "agreed"
            row = self.row(week, part, "primary", primary, self.r3_names(primary, part), status)
            row.agreed_on = given.agreed_on
            row.deadline = self.r8_deadline(week) if met else None

    def r10_given_and_hands(self, piece: Piece) -> object:
        return piece.given, piece.hands

    def r10_reported(self, week: Week, pieces: list[Piece]) -> None:
        if not self.plan.time_off_is_reported:
            return
        primary = self.engineer(week.pair.primary)

        def only_time_off(piece: Piece) -> bool:
            is_off = primary.on_time_off(piece.start) and not primary.on_holiday(piece.start)
            return is_off and piece.given is None

        for part in joined(pieces, only_time_off, lambda piece: piece.hands):
            reasons = self.r3_names(primary.id, part, holidays=False)
            self.row(week, part, "primary", primary.id, reasons, "reported")

    def r10_is_no_backup(self, week: Week, piece: Piece) -> bool:
        secondary = week.pair.secondary
        is_named = piece.given is not None and piece.given.secondary == secondary
        return piece.hands[1] == secondary and not is_named and self.r4_cannot_cover(secondary, piece.start)

    def r10_no_backup(self, week: Week, pieces: list[Piece]) -> None:
        secondary = week.pair.secondary
        for part in joined(pieces, lambda piece: self.r10_is_no_backup(week, piece), lambda piece: piece.hands):
            self.row(week, part, "secondary", secondary, self.r3_names(secondary, part), "no-backup")
        for part in joined(pieces, lambda piece: self.r10_is_backfilled(week, piece), lambda piece: piece.hands):
            self.row(week, part, "secondary", secondary, self.r3_names(secondary, part), "backfilled")

    def r10_is_backfilled(self, week: Week, piece: Piece) -> bool:
        is_stand_in = piece.secondary is not None and piece.secondary.kind == "backfill"
        return is_stand_in and piece.hands[0] != week.pair.secondary

    def r10_other_holidays(self, week: Week, pieces: list[Piece], engineer: Engineer) -> None:
        is_secondary = engineer.id == week.pair.secondary

        def rest(piece: Piece) -> bool:
            is_told = is_secondary and (
                self.r10_is_no_backup(week, piece) or self.r10_is_backfilled(week, piece)
            )
            return engineer.on_holiday(piece.start) and self.r10_counts(engineer, piece) and not is_told

        for part in joined(pieces, rest, lambda piece: piece.hands):
            status = "working" if engineer.id in part[0].hands else "unaffected"
            reasons = self.r3_names(engineer.id, part, time_off=False)
            self.row(week, part, "secondary" if is_secondary else None, engineer.id, reasons, status)

    def r10_counts(self, engineer: Engineer, piece: Piece) -> bool:
        return engineer.is_member(piece.start)

    # R11 Occasions. A holiday occasion is a longest run of consecutive dates on each of which some member has a
    # holiday, by the dates in the members' calendars. Its name is the name that most members have on its first date
    # (of equals, the first in the file), then the other names. A time-off occasion is one engineer's time off;
    # entries that touch, or that start on one date, are one. A row belongs to every occasion whose absences it names;
    # an occasion that no row names is not listed. The people on call are those from the start of the first to the end
    # of the last row in which somebody on duty is away; if there is none, those over its dates in the team's zone
    # (or, if the rota begins after these, over its rows).

    R11_WORST_FIRST = [
        "nobody", "overdue", "needs-volunteer", "proposed", "no-backup", "agreed-late", "reported", "working",
        "covered", "backfilled", "agreed", "unaffected",
    ]

    def r11_occasions(self, opens: int, closes: int) -> list[Occasion]:
        """Those of which an absence meets the window, each whole, by first date."""
        found = self.r11_holidays()
        for engineer in self.plan.engineers.values():
            found += self.r11_time_off(engineer)
        found = [one for one in found if any(away.start < closes and away.end > opens for away in one.absences)]
        for one in found:
            one.rows = [row for row in self.rows if self.r11_belongs(row, one)]
            if one.rows:
                one.start, one.end = self.r11_period(one)
        return sorted((one for one in found if one.rows), key=lambda one: one.first)

    def r11_holidays(self) -> list[Occasion]:
        dated = []
        for engineer in self.plan.engineers.values():
            for day, names in engineer.holidays.items():
                start = instant_of(datetime.combine(day, time()), engineer.zone)
                end = instant_of(datetime.combine(day + timedelta(days=1), time()), engineer.zone)
                is_member = (engineer.joined or day) <= day and (engineer.left is None or day < engineer.left)
                if start < end and is_member:
                    dated.append((day, engineer.seat, Away(engineer.id, start, end, tuple(names))))
        runs: list[list[tuple]] = []
        for entry in sorted(dated):
            if runs and self.r11_follows(runs[-1][-1][0], entry[0]):
                runs[-1].append(entry)
            else:
                runs.append([entry])
        return [self.r11_run(run) for run in runs]

    def r11_follows(self, day: date, later: date) -> bool:
        return (later - day).days <= 1

    def r11_run(self, run: list[tuple]) -> Occasion:
        first, last = run[0][0], run[-1][0]
        names = list(dict.fromkeys(name for *_, away in run for name in away.names))
        members = {name: len({away.who for day, _, away in run if day == first and name in away.names}) for name in names}
        name = self.r11_name(names, members)
        others = [other for other in names if other != name]
        return Occasion(None, first, last, [away for *_, away in run], name, others)

    def r11_name(self, names: list[str], members: dict[str, int]) -> str:
        return max(names, key=lambda name: members[name])

    def r11_time_off(self, engineer: Engineer) -> list[Occasion]:
        found: list[Occasion] = []
        for start, end in sorted(engineer.time_off):
            away = Away(engineer.id, start, end, ())
            first, last = engineer.days.date(start), engineer.days.date(end - 1)
            if found and self.r11_is_one(found[-1], away, engineer):
                found[-1].absences.append(away)
                found[-1].last = max(found[-1].last, last)
            else:
                found.append(Occasion(engineer.id, first, last, [away]))
        return found

    def r11_is_one(self, one: Occasion, away: Away, engineer: Engineer) -> bool:
        touches = any(away.start <= other.end for other in one.absences)
        return touches or engineer.days.date(one.absences[-1].start) == engineer.days.date(away.start)

    def r11_belongs(self, row: Row, one: Occasion) -> bool:
        return any(
            row.away == away.who and away.start < row.end and row.start < away.end and self.r11_is_named(row, away)
            for away in one.absences
        )

    def r11_is_named(self, row: Row, away: Away) -> bool:
        if away.names:
            return any(name in row.reasons for name in away.names)
        # These name holidays alone, of which one may be called that.
        return TIME_OFF in row.reasons and row.status not in ("working", "unaffected")

    def r11_period(self, one: Occasion) -> tuple[int, int]:
        touched = [row for row in one.rows if row.status != "unaffected"]
        if touched:
            return touched[0].start, max(row.end for row in touched)
        start, end = (
            instant_of(datetime.combine(day, time()), self.plan.zone) for day in (one.first, one.last + timedelta(days=1))
        )
        if self.weeks[0].start < end and start < end:
            return start, end
        return one.rows[0].start, max(row.end for row in one.rows)

    def r11_on_call(self, one: Occasion) -> list[tuple[int, int, str, str | None]]:
        through = [piece for piece in self.pieces if piece.start < one.end and one.start < piece.end]
        runs = joined(through, lambda piece: True, lambda piece: piece.hands)
        return [(max(run[0].start, one.start), min(run[-1].end, one.end), *run[0].hands) for run in runs]

    def r11_worst(self, one: Occasion, now: int) -> Row:
        def rank(row: Row) -> int:
            is_overdue = row.status != "nobody" and self.r8_is_overdue(row, now)
            return self.R11_WORST_FIRST.index("overdue" if is_overdue else row.status)

        return min(one.rows, key=rank)
