//! R1 and R2: the weeks of a team, across rotations, with swaps applied.

use std::fmt;
use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveDateTime};

use super::period::{Instant, Period};
use super::team::{Pair, Team};

/// Names a week: the local date on which it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeekId(pub NaiveDate);

impl fmt::Display for WeekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// From one duty change to the next, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// The week's name.
    pub id: WeekId,
    /// From its duty change to the next; shorter than seven days where a new rotation takes over.
    pub period: Period,
    /// The duty change as written: on the team's clock, even where that time does not exist.
    pub starts: NaiveDateTime,
    /// Who has the week by rotation.
    pub rotation_pair: Pair,
    /// Who has the week, swaps applied.
    pub pair: Pair,
    /// The swap that gave the week to `pair`.
    pub swap: Option<SwapNote>,
}

/// That a week was swapped, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapNote {
    /// As given in the file.
    pub reason: Option<Arc<str>>,
}

/// The weeks of `team` from its first duty change on, in order of time, without end but for the last year a
/// date can have.
pub fn weeks(team: &Team) -> impl Iterator<Item = Week> + '_ {
    let ends = team.rotations.iter().skip(1).map(|next| Some(team.zone.instant(next.starts)));
    let eras = team.rotations.iter().zip(ends.chain([None]));
    eras.flat_map(move |(rotation, era_end)| {
        let starts = move |k: u64| rotation.starts.checked_add_days(Days::new(7 * k));
        let pairs = rotation.weeks.iter().copied().cycle();
        pairs.zip(0u64..).map_while(move |(pair, k)| {
            let (start, next) = (starts(k)?, starts(k + 1)?);
            let end = team.zone.instant(next);
            let end = era_end.map_or(end, |era_end| end.min(era_end));
            let period = Period::new(team.zone.instant(start), end)?;
            Some(week(team, start, period, pair))
        })
    })
}

/// The week of `team` that holds `instant`; `None` before the first duty change.
pub fn week_at(team: &Team, instant: Instant) -> Option<Week> {
    weeks(team).take_while(|week| week.period.start() <= instant).last()
}

fn week(team: &Team, starts: NaiveDateTime, period: Period, rotation_pair: Pair) -> Week {
    let id = WeekId(team.zone.date(period.start()));
    let swap = team.swaps.get(&id.0);
    Week {
        id,
        period,
        starts,
        rotation_pair,
        pair: swap.map_or(rotation_pair, |swap| swap.pair),
        swap: swap.map(|swap| SwapNote { reason: swap.reason.clone() }),
    }
}
