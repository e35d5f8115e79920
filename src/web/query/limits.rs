//! How much one request may cover: the same for pages and the API.

use chrono::{Months, NaiveDate};

use crate::holidays::YEARS;
use crate::json::MAX_FAIRNESS_YEARS;
use crate::rota::{Instant, Team};

/// The maximum number of weeks of a rota or of its coverage.
pub(in crate::web) const MAX_WEEKS: u16 = 104;

/// The maximum number of calendar years of fairness, as on the command line.
pub(in crate::web) const MAX_YEARS: i32 = MAX_FAIRNESS_YEARS as i32;

/// How many years ahead the rota is computed. Later weeks would take long to compute and are of no use.
const MAX_YEARS_AHEAD: u32 = 10;

/// The first year that a date may have, as on the command line.
pub(in crate::web) const FIRST_YEAR: i32 = *YEARS.start();

/// The last date for which the rota of `team` is computed at `now`, in its zone.
pub(in crate::web) fn last_date(team: &Team, now: Instant) -> NaiveDate {
    let today = team.zone.date(now.max(team.starts()));
    today.checked_add_months(Months::new(12 * MAX_YEARS_AHEAD)).unwrap_or(today)
}
