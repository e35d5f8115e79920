//! How much duty everybody has over the years, and which holidays always fall to the same person.
//!
//! Three questions, one file each: what everybody had in each year (`tally`), on which holidays the rotation puts
//! the same person year after year (`streaks`), and what would end that (`rebalance`).

mod rebalance;
mod streaks;
mod tally;
mod years;

use std::ops::RangeInclusive;

use super::coverage::{UnknownAbsences, unknown_absences};
use super::period::Instant;
use super::planning::schedule::expand;
use super::team::Team;

use years::{around, span};

pub use rebalance::Rebalance;
pub use streaks::{MIN_STREAK_YEARS, Streak, year_spans};
pub use tally::Tally;

/// How the duty of some calendar years falls on the engineers of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fairness {
    /// The calendar years, in the team's zone.
    pub years: RangeInclusive<i32>,
    /// Where a missing entry does not mean "no holidays": by engineer, then calendar.
    pub unknown: Vec<UnknownAbsences>,
    /// By year, then file order. Somebody who is no member in a year and held nothing has no entry for it.
    pub tallies: Vec<Tally>,
    /// By the day of the year on which the holiday first falls, then primary first, then file order.
    pub streaks: Vec<Streak>,
    /// How many weeks the latest rotation has before it repeats.
    pub cycle: usize,
    /// The best single shift of the latest rotation, where one leaves fewer streaks.
    pub once: Option<Rebalance>,
    /// The best shift of the latest rotation that is repeated each year, where one leaves fewer streaks.
    pub yearly: Option<Rebalance>,
}

/// How the duty of `years` falls on the engineers of `team`. Rebalances change nothing up to `now`.
///
/// A year is a calendar year in the team's zone. The tallies show the rota as it is, with covers, proposals, swaps and
/// overrides; the streaks show what the plain rotation does, since that is what repeats.
pub fn fairness(team: &Team, years: RangeInclusive<i32>, now: Instant) -> Fairness {
    let cycle = team.rotations.last().map_or(0, |rotation| rotation.weeks.len());
    let none = Fairness {
        years: years.clone(),
        unknown: Vec::new(),
        tallies: Vec::new(),
        streaks: Vec::new(),
        cycle,
        once: None,
        yearly: None,
    };
    let Some(span) = span(&team.zone, &years) else { return none };
    let plan = streaks::Plan::new(team, &years, span);
    let streaks = plan.streaks(&plan.pairs());
    let rebalances = rebalance::Rebalances::new(&plan, &streaks, now);
    Fairness {
        unknown: unknown_absences(team, span),
        tallies: tally::tallies(team, &expand(team, around(span)), &years),
        once: rebalances.once(),
        yearly: rebalances.yearly(),
        streaks,
        ..none
    }
}
