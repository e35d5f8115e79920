//! What would end the locks: the latest rotation, shifted once or once a year.
//!
//! A shift moves every later week of the rotation. So a single one can only hand a holiday on to somebody else, for
//! whom the years begin to add up anew; what repeats each year is ended by what repeats each year.

use chrono::{Datelike, NaiveDate};

use super::lock::{Lock, Plan};
use crate::rota::period::Instant;
use crate::rota::team::{Pair, Rotation, Seat};

/// A shift of the latest rotation, and what it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// By how many turns each shift goes forward; so many pairs are passed over at each.
    pub by: usize,
    /// What to add to the team's rotations, in order of time: the same pairs, begun elsewhere in the list. Each takes
    /// over at a duty change, so no week is cut short.
    pub rotations: Vec<Rotation>,
    /// The locks over the same years that are left, or made.
    pub locks: Vec<Lock>,
    /// Who is primary two weeks in a row across a shift although the rotation never has that, with the date of the
    /// second.
    pub doubled: Vec<(Seat, NaiveDate)>,
}

impl Remedy {
    /// Fewer locks, fewer locked years, fewer doubled weeks.
    fn rank(&self) -> (usize, usize, usize) {
        let years = self.locks.iter().map(|lock| lock.years.len()).sum();
        (self.locks.len(), years, self.doubled.len())
    }
}

/// The shifts that could be tried.
pub(super) struct Remedies<'p> {
    plan: &'p Plan<'p>,
    locks: &'p [Lock],
    /// The first duty change of each year at which the latest rotation can be shifted: the numbers of the weeks.
    changes: Vec<usize>,
}

impl<'p> Remedies<'p> {
    /// Against `locks`, which `plan` has; at duty changes after `now` and after the latest rotation's own start.
    pub(super) fn new(plan: &'p Plan<'p>, locks: &'p [Lock], now: Instant) -> Remedies<'p> {
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
        Remedies { plan, locks, changes }
    }

    /// The best single shift, at the first duty change of some year; the earliest and shortest of equals. `None`
    /// where none leaves fewer locks.
    pub(super) fn once(&self) -> Option<Remedy> {
        let tried = self.changes.iter().flat_map(|at| self.lengths().map(|by| self.shifted(&[*at], by)));
        self.best(tried)
    }

    /// The best shift that is repeated at the first duty change of each year. `None` where none leaves fewer locks.
    pub(super) fn yearly(&self) -> Option<Remedy> {
        let tried = self.lengths().map(|by| self.shifted(&self.changes, by));
        self.best(tried.filter(|remedy| !remedy.rotations.is_empty()))
    }

    fn best(&self, tried: impl Iterator<Item = Remedy>) -> Option<Remedy> {
        let best = if self.locks.is_empty() { None } else { tried.min_by_key(Remedy::rank) };
        best.filter(|remedy| remedy.locks.len() < self.locks.len())
    }

    fn turns(&self) -> &'p [Pair] {
        self.plan.team.rotations.last().map_or(&[], |rotation| &rotation.weeks)
    }

    fn lengths(&self) -> std::ops::Range<usize> {
        1..self.turns().len().max(1)
    }

    /// The latest rotation, shifted forward by `by` turns at each of `changes`.
    fn shifted(&self, changes: &[usize], by: usize) -> Remedy {
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
        let locks = self.plan.locks(&pairs);
        Remedy { by, rotations, locks, doubled }
    }
}

/// Whether the rotation itself has somebody primary two weeks in a row.
fn has_doubled(turns: &[Pair]) -> bool {
    let next = turns.iter().cycle().skip(1);
    turns.iter().zip(next).any(|(turn, next)| turn.primary == next.primary)
}
