//! Dates and times as people type them.
//!
//! Not here: how they are printed (`when`).

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};

use crate::holidays::YEARS;
use crate::rota::{Instant, Zone};

/// A time as typed: an instant, or what a team's clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypedTime {
    /// The same everywhere.
    Instant(Instant),
    /// On the team's clock.
    Local(NaiveDateTime),
    /// The first instant of a date in the team's zone.
    Date(NaiveDate),
}

impl TypedTime {
    /// The instant that is meant in `zone`.
    pub(super) fn instant(self, zone: &Zone) -> Instant {
        match self {
            TypedTime::Instant(instant) => instant,
            TypedTime::Local(local) => zone.instant(local),
            TypedTime::Date(date) => zone.first_instant(date),
        }
    }
}

pub(super) fn moment(text: &str) -> Result<TypedTime, String> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return within(date).map(TypedTime::Date);
    }
    let local = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    if let Some(local) = local.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()) {
        return within(local.date()).map(|_| TypedTime::Local(local));
    }
    instant(text).map(TypedTime::Instant).map_err(|_| {
        "expected a date and time such as 2026-12-25T09:00 (the team's clock) or 2026-12-25T09:00:00Z (UTC), or a date"
            .to_owned()
    })
}

pub(super) fn instant(text: &str) -> Result<Instant, String> {
    let parsed = DateTime::parse_from_rfc3339(text);
    let instant = parsed.map_err(|_| "expected an instant such as 2026-12-24T20:00:00Z".to_owned())?;
    within(instant.date_naive()).map(|_| instant.with_timezone(&Utc))
}

/// Reads a number of `range`.
pub(super) fn whole_number<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("expected a whole number from {} to {}", range.start(), range.end()))
    }
}

pub(super) fn date(text: &str) -> Result<NaiveDate, String> {
    let date = text.parse().map_err(|_| "expected an existing date such as 2026-12-18".to_owned())?;
    within(date)
}

pub(super) fn year(text: &str) -> Result<i32, String> {
    known(text.parse().map_err(|_| "expected a year such as 2027".to_owned())?)
}

/// `date`, if its year is one that the configuration allows.
pub(super) fn within(date: NaiveDate) -> Result<NaiveDate, String> {
    known(date.year()).map(|_| date)
}

fn known(year: i32) -> Result<i32, String> {
    let wrong = || format!("years run from {} to {}", YEARS.start(), YEARS.end());
    YEARS.contains(&year).then_some(year).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_be_an_instant_a_local_time_or_a_date() {
        let local = |text: &str| TypedTime::Local(text.parse().unwrap());
        for (text, expected) in [
            ("2026-12-25", Some(TypedTime::Date("2026-12-25".parse().unwrap()))),
            ("2026-12-25T09:00", Some(local("2026-12-25T09:00:00"))),
            ("2026-12-25 09:00:30", Some(local("2026-12-25T09:00:30"))),
            ("2026-12-25T09:00:00Z", Some(TypedTime::Instant("2026-12-25T09:00:00Z".parse().unwrap()))),
            ("2026-12-25T09:00:00+01:00", Some(TypedTime::Instant("2026-12-25T08:00:00Z".parse().unwrap()))),
            ("2026-13-25", None),
            ("25.12.2026", None),
            ("2026-12-25T25:00", None),
            ("2201-01-01", None),
            ("+12026-01-01", None),
            ("", None),
        ] {
            assert_eq!(moment(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn dates_exist_and_lie_within_the_years_of_the_configuration() {
        for (text, fine) in [
            ("2028-02-29", true),
            ("2027-02-29", false),
            ("1970-01-01", true),
            ("1969-12-31", false),
            ("2200-12-31", true),
            ("2201-01-01", false),
            ("tomorrow", false),
        ] {
            assert_eq!(date(text).is_ok(), fine, "{text}");
        }
    }
}
