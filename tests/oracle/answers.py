"""The expected answers for a rota: the JSON of `schedule`, `coverage` and `now`, and `coverage`'s exit code."""

from datetime import date

from clock import DAY, instant_of, iso, midnight
from plan import Plan
from rules import Candidate, Holding, Meeting, Occasion, Piece, Rota, Row

WARN_DAYS = 7


def window(plan: Plan, first: date, last: date) -> tuple[int, int]:
    return instant_of(midnight(first), plan.zone), instant_of(midnight(last), plan.zone)


def schedule(rota: Rota, first: date, last: date) -> dict:
    plan = rota.plan
    opens, closes = window(plan, first, last)
    meetings = [meeting for meeting in rota.r9_meetings() if meeting.start < closes and meeting.end > opens]
    return {
        "team": plan.id,
        "time_zone": plan.zone,
        "from": str(first),
        "to": str(last),
        "shifts": [shift for start, end, shift in shifts(rota) if start < closes and end > opens],
        "handovers": [meeting_json(meeting) for meeting in meetings],
    }


def shifts(rota: Rota) -> list[tuple[int, int, dict]]:
    """Neighbouring pieces of one week that agree in all that a shift tells are one shift. With start and end."""
    found = []
    for role in ("primary", "secondary"):
        runs: list[tuple[Piece, Holding, int]] = []
        for piece in rota.pieces:
            holding = getattr(piece, role)
            if holding is None:
                continue
            if runs:
                first, held, end = runs[-1]
                if first.week is piece.week and held == holding and end == piece.start:
                    runs[-1] = first, held, piece.end
                    continue
            runs.append((piece, holding, piece.end))
        found += [(first.start, end, shift(rota, role, first, held, end)) for first, held, end in runs]
    return sorted(found, key=lambda entry: (entry[0], entry[2]["role"]))


def shift(rota: Rota, role: str, first: Piece, held: Holding, end: int) -> dict:
    stamp = iso(first.start).replace("-", "").replace(":", "")
    return {
        "uid": f"{rota.plan.id}.{role}.{stamp}@{rota.plan.uid_domain}",
        "week": str(first.week.date),
        "role": role,
        "engineer": held.engineer,
        "start": iso(first.start),
        "end": iso(end),
        "kind": held.kind,
        "status": held.status,
        "instead_of": held.instead_of,
        "reason": held.reason,
    }


def meeting_json(meeting: Meeting) -> dict:
    return {
        "week": str(meeting.week.date),
        "start": iso(meeting.start),
        "end": iso(meeting.end),
        "nominal_date": str(meeting.nominal),
        "moved": meeting.moved,
        "flagged": meeting.flagged,
        "outgoing": meeting.outgoing._asdict(),
        "incoming": meeting.incoming._asdict(),
    }


def coverage(rota: Rota, first: date, last: date, now: int) -> dict:
    rows = [row_json(rota, row, now) for row in rows_within(rota, first, last)]
    occasions = [occasion(rota, one, now) for one in rota.r11_occasions(*window(rota.plan, first, last))]
    return {"team": rota.plan.id, "from": str(first), "to": str(last), "rows": rows, "occasions": occasions}


def occasion(rota: Rota, one: Occasion, now: int) -> dict:
    open_rows = [row for row in one.rows if rota.is_open(row) and now < row.end]
    working = one.who("working")
    away = {row.away for row in one.rows if row.status not in ("working", "unaffected")}
    everybody = [engineer for engineer in rota.plan.engineers if engineer in {row.away for row in one.rows}]
    return {
        "kind": "time-off" if one.engineer else "holiday",
        "name": one.name,
        "others": one.others,
        "engineer": one.engineer,
        "first": str(one.first),
        "last": str(one.last),
        "start": iso(one.start),
        "end": iso(one.end),
        "status": rota.r11_worst(one, now).status,
        "overdue": any(rota.r8_is_overdue(row, now) for row in one.rows),
        "deadline": iso(min((row.deadline for row in open_rows), default=None)),
        "away": [who for who in everybody if who in away],
        "working": [who for who in everybody if who in working - away],
        "unaffected": [who for who in everybody if who not in working | away],
        "on_call": [
            {"start": iso(start), "end": iso(end), "primary": primary, "secondary": secondary}
            for start, end, primary, secondary in rota.r11_on_call(one)
        ],
        "rows": [
            {"start": iso(row.start), "end": iso(row.end), "away": row.away, "status": row.status} for row in one.rows
        ],
    }


def rows_within(rota: Rota, first: date, last: date) -> list[Row]:
    opens, closes = window(rota.plan, first, last)
    return [row for row in rota.rows if row.start < closes and row.end > opens]


def row_json(rota: Rota, row: Row, now: int) -> dict:
    return {
        "week": str(row.week.date),
        "start": iso(row.start),
        "end": iso(row.end),
        "role": row.role,
        "away": row.away,
        "reasons": row.reasons,
        "status": row.status,
        "overdue": rota.r8_is_overdue(row, now),
        "primary": row.primary,
        "secondary": row.secondary,
        "deadline": iso(row.deadline),
        "days_left": (row.deadline - now) // DAY if rota.is_open(row) else None,
        "agreed_on": str(row.agreed_on) if row.agreed_on else None,
        "candidates": [candidate(one, place) for place, one in enumerate(row.candidates, 1)],
    }


def candidate(one: Candidate, rank: int) -> dict:
    return {
        "engineer": one.engineer,
        "rank": rank,
        "own_holiday_seconds": one.own_holiday,
        "load_before_seconds": one.load_before,
        "load_after_seconds": one.load_after,
        "primary_seconds": one.primary_seconds,
    }


def coverage_exit(rota: Rota, first: date, last: date, now: int) -> int:
    """3 if anything is overdue or `nobody`, or its deadline is within `--warn-days`; what is over is past help."""
    for row in rows_within(rota, first, last):
        is_urgent = row.status == "nobody" or rota.is_open(row) and (row.deadline - now) // DAY <= WARN_DAYS
        if now < row.end and (is_urgent or rota.r8_is_overdue(row, now)):
            return 3
    return 0


def on_call(rota: Rota, instant: int) -> dict:
    """Who holds the roles and until when. An end that lies after all that has been worked out is None."""
    answer = {"team": rota.plan.id, "at": iso(instant), "primary": None, "secondary": None, "next_change": None}
    rest = [piece for piece in rota.pieces if piece.end > instant]
    if rest[0].start > instant:
        return answer | {"next_change": iso(rest[0].start)}
    now, ends = rest[0], []
    for place, role in enumerate(("primary", "secondary")):
        changes = (piece.start for piece in rest if piece.hands[place] != now.hands[place])
        ends.append(next(changes, None))
        holding = getattr(now, role)
        if holding:
            who, kind, status = holding.engineer, holding.kind, holding.status
            away_until = iso(away_end(rota, holding, rest))
            holder = {"engineer": who, "until": iso(ends[-1]), "kind": kind, "status": status, "away_until": away_until}
            answer[role] = holder
    return answer | {"next_change": iso(min((end for end in ends if end is not None), default=None))}


def away_end(rota: Rota, holding: Holding, rest: list[Piece]) -> int | None:
    """When the absence ends in which somebody on duty cannot be relied on all the same; None where there is none.

    Whom an override names agreed to work on a holiday, and whom oncal proposes is asked to.
    """

    def is_away(piece: Piece) -> bool:
        if holding.kind in ("override", "proposal"):
            return rota.engineer(holding.engineer).on_time_off(piece.start)
        return rota.r4_cannot_cover(holding.engineer, piece.start)

    return next((piece.start for piece in rest if not is_away(piece)), None) if is_away(rest[0]) else None
