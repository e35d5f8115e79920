"""Compares `oncal` with the second implementation of its rules in rules.py: compare.py PROGRAM

First the worked cases of tests/data/acceptance, of which both the program (tests/acceptance.rs) and the second
implementation give every figure; then random teams:

- which are refused, and with which codes
- `schedule` and `coverage`: shifts, meetings, rows, occasions and all figures of all candidates (not the warnings of
  calendars whose dates end); the exit code of `coverage`
- `now` at ends of shifts, and a second before and after
- in what the program prints, without the second implementation: the primary role has no hole and no overlap, the
  secondary no overlap, and nobody holds both

Then the same teams by rules that are wrong in one thing (mutants.py): each must be noticed. The first difference is
printed whole, and the exit code is 1.

ONCAL_ORACLE_SEED (1): which teams. Another number gives others, which every change of a rule deserves once.
ONCAL_ORACLE_TEAMS (500): how many. With fewer than 300 the wrong rules are left out, of which some would pass.
ONCAL_ORACLE_MUTANTS (1): 0 leaves them out of any number.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random

import answers
import teams
from clock import DAY, from_iso, instant_of, iso, midnight, seconds
from mutants import MUTANTS
from plan import Calendars, Plan
from refusals import refusals
from rules import Rota

CASES = Path(__file__).resolve().parents[1] / "data/acceptance"
PROGRAM = Path(sys.argv[1]).resolve()
SEED = os.environ.get("ONCAL_ORACLE_SEED", "1")
TEAMS = int(os.environ.get("ONCAL_ORACLE_TEAMS", "500"))
WITH_MUTANTS = TEAMS >= 300 and os.environ.get("ONCAL_ORACLE_MUTANTS", "1") != "0"
BATCH = 8  # teams in one configuration, so that one run of the program answers for all of them
MORE = 45  # days past the window that are worked out, for `until` and occasions that go on


class Difference(Exception):
    """All that is needed to look into it."""

    def __init__(self, team: Path, command: list[str], what: str, got: object, expected: object):
        files = [team, *sorted((team.parent.parent / "holidays").glob("*.toml"))]
        shown = "\n".join(f"--- {file.parent.name}/{file.name}\n{file.read_text(encoding='utf-8')}" for file in files)
        got, expected = (json.dumps(value, indent=1, ensure_ascii=False) for value in (got, expected))
        super().__init__(f"{shown}--- oncal {' '.join(command)}\n{what}\ngot {got}\nexpected {expected}")


def run(config: Path, *command: str) -> tuple[int, object]:
    """The exit code and what the program prints as JSON."""
    known = ["--config", str(config), "--state", str(config / "state")]
    done = subprocess.run([PROGRAM, *known, *command, "--json"], capture_output=True, text=True)
    if done.returncode not in (0, 1, 3) or not done.stdout:
        sys.exit(f"{PROGRAM} {' '.join(known)} {' '.join(command)}: {done.returncode}\n{done.stderr}")
    return done.returncode, json.loads(done.stdout)


def by_team(answer: dict) -> dict[str, dict]:
    return {team["team"]: team for team in answer.get("teams", [answer])}


@lru_cache(None)
def built_in(name: str, year: int) -> list[tuple[date, str]]:
    holidays = run(CASES, "holidays", name, str(year))[1]["holidays"]
    return [(date.fromisoformat(holiday["date"]), holiday["name"]) for holiday in holidays]


def rota_of(config: Path, team: str, last: date, rules: type[Rota] = Rota) -> Rota:
    """The rota by the second implementation until `last`, and more."""
    path = config / "teams" / f"{team}.toml"
    plan = Plan(path, Calendars(config / "holidays", built_in), last + timedelta(days=MORE + 40))
    return rules(plan, instant_of(midnight(last + timedelta(days=MORE)), plan.zone))


def compare(team: Path, command: list[str], what: str, got: object, expected: object) -> None:
    """Goes down to the first part that differs."""
    if got == expected:
        return
    if isinstance(got, list) and isinstance(expected, list):
        for place, (one, other) in enumerate(zip(got, expected)):
            compare(team, command, f"{what}[{place}]", one, other)
        longer = got[len(expected) :] or expected[len(got) :]
        what = f"{what}: {len(got)} instead of {len(expected)}, of which the first without a match is {longer[0]}"
        raise Difference(team, command, what, len(got), len(expected))
    is_small = isinstance(got, dict) and not any(isinstance(value, list) for value in got.values())
    if isinstance(got, dict) and isinstance(expected, dict) and not is_small:
        for key in expected:
            compare(team, command, f"{what}.{key}", got.get(key), expected[key])
    raise Difference(team, command, what, got, expected)


def named(whole: list[dict], wanted: list[dict]) -> list[dict]:
    """The fields that the worked cases name; others are not compared."""
    return [{key: entry[key] for key in fields} for entry, fields in zip(whole, wanted)] + whole[len(wanted) :]


def worked_cases() -> Counter:
    counts = Counter()
    for path in sorted(CASES.glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        first, last = date.fromisoformat(case["from"]), date.fromisoformat(case["to"])
        rota = rota_of(CASES, path.stem, last)
        answer = answers.schedule(rota, first, last) | answers.coverage(rota, first, last, from_iso(case["now"]))
        for key in ("shifts", "handovers", "rows"):
            mine = named(answer[key], case[key])
            compare(CASES / f"teams/{path.stem}.toml", ["(the worked case)"], key, case[key], mine)
            counts[key] += len(mine)
        counts["cases"] += 1
    return counts


@dataclass
class Batch:
    """Teams in one configuration, and one window to ask for."""

    config: Path
    number: int
    first: date
    last: date
    now: int

    def window(self) -> list[str]:
        return ["--from", str(self.first), "--to", str(self.last), "--now", iso(self.now)]

    def team(self, name: str) -> Path:
        return self.config / "teams" / f"{name}.toml"

    def answer(self, command: str) -> dict[str, dict]:
        """The program's output, which is stored beside the configuration for the mutants."""
        path = self.config / f"{command}.json"
        if not path.exists():
            path.write_text(json.dumps(by_team(run(self.config, command, *self.window())[1])), encoding="utf-8")
        return json.loads(path.read_text(encoding="utf-8"))


def batch(folder: Path, number: int) -> Batch:
    """Writes the teams of a batch."""
    random = Random(f"{SEED}/{number}")
    config, anchor = folder / str(number), teams.batch_anchor(random)
    for part in ("teams", "holidays"):
        (config / part).mkdir(parents=True)
    own = teams.calendars(random, anchor)
    for name, text in own.items():
        (config / "holidays" / f"{name}.toml").write_text(text, encoding="utf-8")
    for place in range(min(BATCH, TEAMS - number * BATCH)):
        path = config / "teams" / f"t{number}-{place}.toml"
        path.write_text(teams.team(random, anchor, list(own)), encoding="utf-8")
    first = anchor - timedelta(days=random.randint(3, 20))
    last = first + timedelta(days=random.choice([10, 28, 40, 56]))
    now = seconds(midnight(anchor)) + random.randint(-40 * DAY, 30 * DAY)
    return Batch(config, number, first, last, now)


def compare_refusals(batch: Batch, counts: Counter) -> None:
    """Compares which files are refused, and takes these away."""
    diagnostics = run(batch.config, "check", "--now", iso(batch.now))[1]["diagnostics"]
    for path in sorted((batch.config / "teams").iterdir()):
        file = f"teams/{path.name}"
        errors = {one["code"] for one in diagnostics if one["file"] == file and one["severity"] == "error"}
        expected = refusals(path, batch.last + timedelta(days=400))
        compare(path, ["check"], "the codes of the errors", sorted(errors), sorted(expected))
        counts["teams refused" if errors else "teams"] += 1
        if errors:
            path.unlink()


def compare_invariants(batch: Batch, name: str, shifts: list[dict], rota: Rota) -> None:
    roles = {role: [shift for shift in shifts if shift["role"] == role] for role in ("primary", "secondary")}
    opens, closes = (iso(instant) for instant in answers.window(rota.plan, batch.first, batch.last))
    starts = iso(rota.weeks[0].start)

    def hold(what: str, holds: bool, near: object) -> None:
        if not holds:
            raise Difference(batch.team(name), ["schedule", *batch.window()], what, near, None)

    primary = roles["primary"]
    if starts < closes:
        hold("the primary role is held from the first", primary[0]["start"] <= max(opens, starts), primary[0])
        hold("the primary role is held to the last", primary[-1]["end"] >= closes, primary[-1])
    for one, next_one in zip(primary, primary[1:]):
        hold("the primary role has no hole and no overlap", one["end"] == next_one["start"], [one, next_one])
    for one, next_one in zip(roles["secondary"], roles["secondary"][1:]):
        hold("the secondary role has no overlap", one["end"] <= next_one["start"], [one, next_one])
    for one in primary:
        for other in roles["secondary"]:
            apart = one["engineer"] != other["engineer"] or one["end"] <= other["start"] or other["end"] <= one["start"]
            hold("nobody holds both roles", apart, [one, other])


def compare_now(batch: Batch, rotas: dict[str, Rota], counts: Counter) -> None:
    """At some ends of shifts, and a second before and after; in one batch of ten at every end of one of its teams."""
    random = Random(f"{SEED}/{batch.number}/now")
    of = batch.answer("schedule")[random.choice(sorted(rotas))]["shifts"]
    ends = sorted({from_iso(shift[edge]) for shift in of for edge in ("start", "end")})
    if batch.number % 10 != 0:
        ends = random.sample(ends, min(3, len(ends)))
    for instant in (end + second for end in ends for second in (-1, 0, 1)):
        command = ["now", random.choice(["--at", "--now"]), iso(instant)]
        got = by_team(run(batch.config, *command)[1])
        for name, rota in rotas.items():
            mine = rounded_now(got[name], iso(rota.weeks[-1].end))
            compare(batch.team(name), command, "now", mine, answers.on_call(rota, instant))
            counts["answers of now"] += 1


def rounded_now(got: dict, end: str) -> dict:
    """Without people's names, and without ends past what the second implementation has worked out."""

    def near(instant: str | None) -> str | None:
        return instant if instant is not None and instant < end else None

    rounded = got | {"next_change": near(got["next_change"])}
    for role in ("primary", "secondary"):
        if rounded[role]:
            rounded[role] = {key: value for key, value in rounded[role].items() if key != "name"}
            rounded[role] |= {end: near(rounded[role][end]) for end in ("until", "away_until")}
    return rounded


def examine(folder: Path, number: int) -> tuple[Batch, Counter, str | None]:
    """One batch: what was compared, and the first difference."""
    counts, one = Counter(), batch(folder, number)
    try:
        compare_refusals(one, counts)
        names = sorted(path.stem for path in (one.config / "teams").iterdir())
        rotas = {name: rota_of(one.config, name, one.last) for name in names}
        for name, rota in rotas.items():
            compare_rota(one, rota, counts)
            compare_invariants(one, name, one.answer("schedule")[name]["shifts"], rota)
        if rotas:
            compare_exit(one, rotas, counts)
            compare_now(one, rotas, counts)
    except Difference as difference:
        return one, counts, str(difference)
    return one, counts, None


def compare_rota(batch: Batch, rota: Rota, counts: Counter) -> None:
    name = rota.plan.id
    for command, expected in (
        ("schedule", answers.schedule(rota, batch.first, batch.last)),
        ("coverage", answers.coverage(rota, batch.first, batch.last, batch.now)),
    ):
        got = batch.answer(command)[name]
        got.pop("warnings", None)
        compare(batch.team(name), [command, "--team", name, *batch.window()], command, got, expected)
        counts["shifts"] += len(got.get("shifts", []))
        counts["meetings"] += len(got.get("handovers", []))
        counts["rows of coverage"] += len(got.get("rows", []))
        counts["occasions"] += len(got.get("occasions", []))
        counts["candidates"] += sum(len(row["candidates"]) for row in got.get("rows", []))


def compare_exit(batch: Batch, rotas: dict[str, Rota], counts: Counter) -> None:
    """Of the whole batch, then of each team."""
    each = {name: answers.coverage_exit(rota, batch.first, batch.last, batch.now) for name, rota in rotas.items()}
    for asked, expected in [([], max(each.values()))] + [(["--team", name], code) for name, code in each.items()]:
        command = ["coverage", *asked, *batch.window()]
        path = batch.team(asked[1] if asked else min(rotas))
        compare(path, command, "the exit code", run(batch.config, *command)[0], expected)
        counts["exit codes"] += 1


def notices(mutant: type[Rota], batches: list[Batch]) -> int | None:
    """How many teams it takes to tell the wrong rules from the program's; None where all of them do not."""
    tried = 0
    for one in batches:
        for path in sorted((one.config / "teams").iterdir()):
            tried += 1
            try:
                compare_rota(one, rota_of(one.config, path.stem, one.last, mutant), Counter())
            except Difference:
                return tried
    return None


def listed(counts: Counter) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))


def main() -> int:
    started = time.monotonic()
    print(f"worked cases: {listed(worked_cases())}")
    for name in teams.BUILT_IN:
        for year in range(2024, 2028):
            built_in(name, year)  # once for all workers
    numbers = range(-(-TEAMS // BATCH))
    with tempfile.TemporaryDirectory(prefix="oncal-oracle-") as folder, ProcessPoolExecutor() as pool:
        total, batches = Counter(), []
        for one, counts, difference in pool.map(examine, [Path(folder)] * len(numbers), numbers):
            if difference:
                pool.shutdown(cancel_futures=True)
                print(f"{difference}\n\nseed {SEED}: the first difference, in batch {one.number}")
                return 1
            total += counts
            batches.append(one)
        print(f"random teams of seed {SEED}, all alike: {listed(total)}; {time.monotonic() - started:.0f}s")
        if not WITH_MUTANTS:
            return 0
        needed = dict(zip(MUTANTS, pool.map(notices, MUTANTS, [batches] * len(MUTANTS))))
    missed = [mutant.__name__ for mutant, teams_needed in needed.items() if teams_needed is None]
    for name in missed:
        print(f"not noticed: {name}")
    print(f"wrong rules noticed: {len(MUTANTS) - len(missed)} of {len(MUTANTS)}; {time.monotonic() - started:.0f}s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
