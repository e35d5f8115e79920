//! What would end the streaks: the latest rotation, shifted once or once a year.
//!
//! A shift moves every later week of the rotation. So a single one can only hand a holiday on to somebody else, for
//! whom the years begin to add up anew; what repeats each year is ended by what repeats each year.

use chrono::{Datelike, NaiveDate};

use super::streaks::{Plan, Streak};
use crate::rota::period::Instant;
use crate::rota::team::{EngineerIdx, Pair, Rotation};

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

impl Rebalance {
    /// Fewer streaks, fewer years in them, fewer doubled weeks.
    fn rank(&self) -> (usize, usize, usize) {
        let years = self.streaks.iter().map(|streak| streak.years.len()).sum();
        (self.streaks.len(), years, self.doubled.len())
    }
}

/// The shifts that could be tried.
pub(super) struct Rebalances<'p> {
    plan: &'p Plan<'p>,
    streaks: &'p [Streak],
    /// The first duty change of each year at which the latest rotation can be shifted: the numbers of the weeks.
    changes: Vec<usize>,
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
        Rebalances { plan, streaks, changes }
    }

    /// The best single shift, at the first duty change of some year; the earliest and shortest of equals. `None`
    /// where none leaves fewer streaks.
    pub(super) fn once(&self) -> Option<Rebalance> {
        let tried = self.changes.iter().flat_map(|at| self.lengths().map(|by| self.shifted(&[*at], by)));
        self.best(tried)
    }

    /// The best shift that is repeated at the first duty change of each year. `None` where none leaves fewer streaks.
    pub(super) fn yearly(&self) -> Option<Rebalance> {
        let tried = self.lengths().map(|by| self.shifted(&self.changes, by));
        self.best(tried.filter(|rebalance| !rebalance.rotations.is_empty()))
    }

    fn best(&self, tried: impl Iterator<Item = Rebalance>) -> Option<Rebalance> {
        let best = if self.streaks.is_empty() { None } else { tried.min_by_key(Rebalance::rank) };
        best.filter(|rebalance| rebalance.streaks.len() < self.streaks.len())
    }

    fn turns(&self) -> &'p [Pair] {
        self.plan.team.rotations.last().map_or(&[], |rotation| &rotation.weeks)
    }

    fn lengths(&self) -> std::ops::Range<usize> {
        1..self.turns().len().max(1)
    }

    /// The latest rotation, shifted forward by `by` turns at each of `changes`.
    fn shifted(&self, changes: &[usize], by: usize) -> Rebalance {
        let turns = self.turns();
        let mut pairs = self.plan.pairs();
        let mut rotations = Vec::new();
        let mut doubled = Vec::new();
        for (number, at) in (1..).zip(changes) {
            let begins = (at - self.plan.latest + by * number) % turns.len();
            let weeks: Vec<Pair> = turns.iter().cycle().skip(begins).take(turns.len()).copied().collect();
            let later = pairs.iter_mut().skip(*at);
            later.zip(weeks.iter().cycle()).for_each(|(pair, turn)| *pair = *turn);
            let (starts, primary) = (self.plan.weeks[*at].starts, weeks[0].primary);
            if !has_doubled(turns) && pairs[at - 1].primary == primary {
                doubled.push((primary, starts.date()));
            }
            rotations.push(Rotation { starts, weeks });
        }
        let streaks = self.plan.streaks(&pairs);
        Rebalance { by, rotations, streaks, doubled }
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
    use crate::rota::{Fairness, Role, Team, fairness};

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
