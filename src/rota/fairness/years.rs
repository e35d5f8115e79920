//! Calendar years of a team as periods.

use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};

use crate::rota::period::Period;
use crate::rota::zone::Zone;

/// From the first instant of the first year up to that of the year after the last.
pub(super) fn span(zone: &Zone, years: &RangeInclusive<i32>) -> Option<Period> {
    let starts = |year: i32| Some(zone.first_instant(NaiveDate::from_ymd_opt(year, 1, 1)?));
    Period::new(starts(*years.start())?, starts(years.end().checked_add(1)?)?)
}

/// `span` and what belongs to its years beyond it: a holiday of somebody who lives a day ahead or behind, the
/// Sunday of a weekend that spans the new year.
pub(super) fn around(span: Period) -> Period {
    let days = Days::new(2);
    let ends = span.start().checked_sub_days(days).zip(span.end().checked_add_days(days));
    ends.and_then(|(start, end)| Period::new(start, end)).unwrap_or(span)
}
