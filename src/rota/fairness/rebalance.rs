//! What would end the streaks: the latest rotation, shifted once or once a year.
//!
//! A shift moves every later week of the rotation. So a single one can only hand a holiday on to somebody else, whose
//! streak begins anew; only a shift that is repeated each year ends what repeats each year.

use chrono::{Datelike, NaiveDate};

use super::streaks::{MIN_STREAK_YEARS, Plan, Streak};
use crate::rota::period::Instant;
use crate::rota::team::{EngineerIdx, Pair, Role, Rotation};

/// A shift of the latest rotation, and what it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebalance {
    /// By how many turns each shift goes forward; so many pairs are passed over at each.
    pub by: usize,
    /// What to add to the team's rotations, in order of time: the same pairs, begun elsewhere in the list. Each takes
    /// over at a duty change, so no week is cut short.
    pub rotations: Vec<Rotation>,
    /// The streaks over the same years that are left, or made.
    pub streaks: Vec<Streak>,
    /// Who is primary two weeks in a row across a shift although the rotation never has that, with the date of the
    /// second.
    pub doubled: Vec<(EngineerIdx, NaiveDate)>,
}

/// The shifts that could be tried.
pub(super) struct Rebalances<'p> {
    plan: &'p Plan<'p>,
    streaks: &'p [Streak],
    /// The first duty change of each year at which the latest rotation can be shifted: the numbers of the weeks.
    changes: Vec<usize>,
    hits: Hits,
}

impl<'p> Rebalances<'p> {
    /// Against `streaks`, which `plan` has; at duty changes after `now` and after the latest rotation's own start.
    pub(super) fn new(plan: &'p Plan<'p>, streaks: &'p [Streak], now: Instant) -> Rebalances<'p> {
        let mut changes: Vec<usize> = Vec::new();
        let mut year = None;
        for (index, week) in plan.weeks.iter().enumerate() {
            let starts = Some(week.starts.year());
            let is_first = starts != year;
            year = starts;
            let is_asked = plan.years.contains(&week.starts.year());
            if is_first && is_asked && index > plan.latest && week.period.start() > now {
                changes.push(index);
            }
        }
        let hits = if streaks.is_empty() { Hits::default() } else { Hits::new(plan, turns(plan)) };
        Rebalances { plan, streaks, changes, hits }
    }

    /// The best single shift, at the first duty change of some year; the earliest and shortest of equals. `None`
    /// where none leaves fewer streaks.
    pub(super) fn once(&self) -> Option<Rebalance> {
        let single = self.changes.chunks(1);
        self.best(single.flat_map(|at| self.lengths().map(move |by| Shift { changes: at, by })))
    }

    /// The best shift that is repeated at the first duty change of each year. `None` where none leaves fewer streaks.
    pub(super) fn yearly(&self) -> Option<Rebalance> {
        let changes = &self.changes[..];
        self.best(self.lengths().filter(|_| !changes.is_empty()).map(|by| Shift { changes, by }))
    }

    fn best<'s>(&self, tried: impl Iterator<Item = Shift<'s>>) -> Option<Rebalance> {
        if self.streaks.is_empty() {
            return None;
        }
        let best = tried.min_by_key(|shift| self.rank(*shift))?;
        Some(self.shifted(best)).filter(|rebalance| rebalance.streaks.len() < self.streaks.len())
    }

    /// Fewer streaks, fewer years in them, fewer doubled weeks.
    fn rank(&self, shift: Shift<'_>) -> (usize, usize, usize) {
        let (streaks, years) = self.hits.streaks(shift);
        (streaks, years, self.doubled(shift).len())
    }

    fn lengths(&self) -> std::ops::Range<usize> {
        1..turns(self.plan).len().max(1)
    }

    /// Who has `week` after `number` of the changes of `shift`.
    fn pair(&self, week: usize, shift: Shift<'_>, number: usize) -> Pair {
        let turns = turns(self.plan);
        match week.checked_sub(self.plan.latest) {
            Some(since) if number > 0 => turns[(since + shift.by * number) % turns.len()],
            _ => self.plan.weeks[week].rotation_pair,
        }
    }

    fn doubled(&self, shift: Shift<'_>) -> Vec<(EngineerIdx, NaiveDate)> {
        if has_doubled(turns(self.plan)) {
            return Vec::new();
        }
        let doubled = (1..).zip(shift.changes).filter_map(|(number, at)| {
            let primary = self.pair(*at, shift, number).primary;
            let is_doubled = self.pair(at - 1, shift, number - 1).primary == primary;
            is_doubled.then(|| (primary, self.plan.weeks[*at].starts.date()))
        });
        doubled.collect()
    }

    fn shifted(&self, shift: Shift<'_>) -> Rebalance {
        let turns = turns(self.plan);
        let rotation = |(number, at): (usize, &usize)| {
            let begins = (at - self.plan.latest + shift.by * number) % turns.len();
            let weeks = turns.iter().cycle().skip(begins).take(turns.len()).copied().collect();
            Rotation { starts: self.plan.weeks[*at].starts, weeks }
        };
        let number = |week: usize| shift.changes.partition_point(|at| *at <= week);
        let weeks = 0..self.plan.weeks.len();
        let pairs: Vec<Pair> = weeks.map(|week| self.pair(week, shift, number(week))).collect();
        Rebalance {
            by: shift.by,
            rotations: (1..).zip(shift.changes).map(rotation).collect(),
            streaks: self.plan.streaks(&pairs),
            doubled: self.doubled(shift),
        }
    }
}

/// The latest rotation, shifted forward by `by` turns at each of `changes`, which are numbers of weeks.
#[derive(Debug, Clone, Copy)]
struct Shift<'c> {
    changes: &'c [usize],
    by: usize,
}

/// The turns of the latest rotation.
fn turns<'p>(plan: &Plan<'p>) -> &'p [Pair] {
    plan.team.rotations.last().map_or(&[], |rotation| &rotation.weeks)
}

/// Who has a holiday of their own in a week of theirs, for each number of turns by which the rotation can be shifted.
/// So a shift is counted from the few holidays that it makes somebody have, rather than from all.
#[derive(Debug, Default)]
struct Hits {
    /// Without any shift.
    unshifted: Vec<Hit>,
    /// By the number of turns. Weeks before the latest rotation are in none of these.
    shifted: Vec<Vec<Hit>>,
}

/// Somebody has a role on a holiday of their own in one year.
#[derive(Debug, Clone, Copy)]
struct Hit {
    week: usize,
    /// The person's holiday and the role.
    of: usize,
    /// Counts the years that have the holiday.
    year: usize,
}

impl Hits {
    fn new(plan: &Plan<'_>, turns: &[Pair]) -> Hits {
        let mut hits = Hits { unshifted: Vec::new(), shifted: vec![Vec::new(); turns.len()] };
        for (index, yearly) in plan.yearly.iter().enumerate() {
            for (place, role) in Role::ALL.into_iter().enumerate() {
                let of = index * Role::ALL.len() + place;
                let own = |pair: &Pair| pair.holder(role) == yearly.engineer;
                let own_turns: Vec<usize> =
                    turns.iter().enumerate().filter(|(_, pair)| own(pair)).map(|(turn, _)| turn).collect();
                for (year, (_, weeks)) in yearly.weeks.iter().enumerate() {
                    for week in weeks.iter().copied() {
                        let hit = Hit { week, of, year };
                        if own(&plan.weeks[week].rotation_pair) {
                            hits.unshifted.push(hit);
                        }
                        let Some(since) = week.checked_sub(plan.latest) else { continue };
                        let since = since % turns.len().max(1);
                        for turn in &own_turns {
                            hits.shifted[(turn + turns.len() - since) % turns.len()].push(hit);
                        }
                    }
                }
            }
        }
        hits
    }

    /// How many streaks there are after `shift`, and how many years are in them.
    fn streaks(&self, shift: Shift<'_>) -> (usize, usize) {
        let mut found: Vec<(usize, usize)> = Vec::new();
        let starts = std::iter::once(0).chain(shift.changes.iter().copied());
        let ends = shift.changes.iter().copied().chain([usize::MAX]);
        for (number, (start, end)) in starts.zip(ends).enumerate() {
            let hits = match number {
                0 => Some(&self.unshifted),
                _ => self.shifted.get(shift.by * number % self.shifted.len().max(1)),
            };
            let hits = hits.into_iter().flatten().filter(|hit| (start..end).contains(&hit.week));
            found.extend(hits.map(|hit| (hit.of, hit.year)));
        }
        found.sort();
        found.dedup();
        let runs = found.chunk_by(|(of, year), next| (*of, year + 1) == *next).map(<[_]>::len);
        runs.filter(|years| *years >= MIN_STREAK_YEARS)
            .fold((0, 0), |(runs, all), years| (runs + 1, all + years))
    }
}

/// Whether the rotation itself has somebody primary two weeks in a row.
fn has_doubled(turns: &[Pair]) -> bool {
    let next = turns.iter().cycle().skip(1);
    turns.iter().zip(next).any(|(turn, next)| turn.primary == next.primary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::fairness::streaks::tests::ring;
    use crate::rota::sample::{A, B, C, D, at, date, local, pair};
    use crate::rota::{Fairness, Team, fairness};

    const NOW: &str = "2026-05-03T12:00:00Z";

    fn fairness_of(team: &Team, years: i32) -> Fairness {
        fairness(team, 2026..=2025 + years, at(NOW))
    }

    fn with(team: &Team, rebalance: &Rebalance) -> Team {
        let mut team = team.clone();
        team.rotations.extend(rebalance.rotations.iter().cloned());
        team
    }

    #[test]
    fn a_shift_is_counted_as_the_shifted_rotation_has_it() {
        let mut later = ring(4);
        later
            .rotations
            .push(Rotation { starts: local("2027-03-05T10:00:00"), weeks: vec![pair(B, A), pair(C, D)] });
        let mut tried = 0;
        for team in [ring(2), ring(4), ring(5), later] {
            let years = 2026..=2037;
            let span = crate::rota::fairness::years::span(&team.zone, &years).unwrap();
            let plan = Plan::new(&team, &years, span);
            let streaks = plan.streaks(&plan.pairs());
            let all = Rebalances {
                hits: Hits::new(&plan, turns(&plan)),
                ..Rebalances::new(&plan, &streaks, at(NOW))
            };
            for by in all.lengths() {
                for changes in all.changes.chunks(1).chain([&all.changes[..], &all.changes[..2]]) {
                    let shift = Shift { changes, by };
                    let made = all.shifted(shift);
                    let years = made.streaks.iter().map(|streak| streak.years.len()).sum();
                    assert_eq!(all.rank(shift), (made.streaks.len(), years, made.doubled.len()), "{shift:?}");
                    tried += made.streaks.len();
                }
            }
        }
        assert!(tried > 100, "{tried}");
    }

    #[test]
    fn without_streaks_or_another_turn_there_is_nothing_to_rebalance() {
        for length in [1, 3, 5] {
            let found = fairness_of(&ring(length), 12);
            assert_eq!((found.once, found.yearly), (None, None), "{length}");
        }
    }

    #[test]
    fn pasting_a_rebalancing_has_the_effect_it_promises() {
        for length in [2, 4] {
            for years in [3, 5, 12, 30] {
                let team = ring(length);
                let found = fairness_of(&team, years);
                for rebalance in [found.once, found.yearly].into_iter().flatten() {
                    let after = fairness(&with(&team, &rebalance), found.years.clone(), at(NOW));
                    assert_eq!(after.streaks, rebalance.streaks, "{length} weeks, {years} years");
                    assert!(after.streaks.len() < found.streaks.len());
                }
            }
        }
    }

    #[test]
    fn a_single_shift_hands_christmas_on_and_a_yearly_shift_ends_the_streaks() {
        let found = fairness_of(&ring(4), 30);
        let once = found.once.unwrap();
        assert_eq!(once.rotations.len(), 1);
        assert!(!once.streaks.is_empty());
        let yearly = found.yearly.unwrap();
        assert_eq!((yearly.by, yearly.rotations.len(), yearly.streaks.len()), (1, 29, 0));
        assert!(yearly.doubled.is_empty());
    }

    #[test]
    fn a_single_shift_is_enough_for_a_few_years() {
        let once = fairness_of(&ring(4), 4).once.unwrap();
        assert_eq!(once.streaks, []);
        assert_eq!(
            (once.by, once.rotations[0].starts),
            (1, local("2028-01-07T10:00:00")),
            "two years and two"
        );
        assert_eq!(once.rotations[0].weeks[0], pair(C, D), "after A of 31 December, B is passed over");
    }

    #[test]
    fn in_a_rotation_of_two_somebody_has_two_weeks_in_a_row_at_each_shift() {
        let yearly = fairness_of(&ring(2), 12).yearly.unwrap();
        assert_eq!(yearly.streaks, []);
        assert_eq!(yearly.doubled.len(), yearly.rotations.len());
        assert_eq!(yearly.doubled[0], (B, date("2027-01-01")));
    }

    #[test]
    fn nothing_changes_up_to_now_or_before_the_latest_rotation() {
        let mut team = ring(4);
        team.rotations
            .push(Rotation { starts: local("2027-01-01T10:00:00"), weeks: team.rotations[0].weeks.clone() });
        let starts = |now: &str| {
            let found = fairness(&team, 2026..=2035, at(now));
            found.yearly.unwrap().rotations[0].starts
        };
        assert_eq!(starts(NOW), local("2028-01-07T10:00:00"), "2027-01-01 is its own start");
        assert_eq!(starts("2028-01-07T14:59:59Z"), local("2028-01-07T10:00:00"));
        assert_eq!(starts("2028-01-07T15:00:00Z"), local("2029-01-05T10:00:00"));
    }

    #[test]
    fn each_block_skips_one_more_turn_and_keeps_the_duty_change() {
        let team = ring(4);
        let yearly = fairness_of(&team, 3).yearly.unwrap();
        let [first, second] = &yearly.rotations[..] else { panic!("two new years") };
        assert_eq!(
            (first.starts, second.starts),
            (local("2027-01-01T10:00:00"), local("2028-01-07T10:00:00"))
        );
        assert_eq!(first.weeks[0].primary, B, "week 52 would be A's");
        let after = fairness(&with(&team, &yearly), 2026..=2028, at(NOW));
        let weeks: u32 = after.tallies.iter().map(|tally| tally.primary_weeks).sum();
        assert_eq!(weeks, 52 + 53 + 52, "no week was cut short");
    }

    #[test]
    fn a_rotation_in_which_one_person_has_most_turns_keeps_that_persons_streak() {
        let mut team = ring(3);
        team.rotations[0].weeks = vec![pair(A, B), pair(A, C), pair(A, B), pair(A, C)];
        let found = fairness_of(&team, 6);
        let of_a = |streaks: &[Streak]| {
            streaks.iter().any(|streak| (streak.engineer, streak.role) == (A, Role::Primary))
        };
        assert!(of_a(&found.streaks));
        let yearly = found.yearly.unwrap();
        assert!(of_a(&yearly.streaks), "no shift takes A off");
        assert!(yearly.streaks.len() < found.streaks.len(), "but B and C take turns");
        assert!(yearly.doubled.is_empty(), "A has two weeks in a row anyway");
    }
}
