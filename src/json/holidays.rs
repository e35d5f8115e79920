//! `holidays`: the dates of one calendar in one year.

use chrono::NaiveDate;
use serde::Serialize;

use crate::holidays::{self, ResolvedCalendar};

/// The holidays of one calendar that fall in one year.
#[derive(Debug, Clone, Serialize)]
pub struct Holidays {
    /// The calendar's id.
    pub calendar: String,
    /// The year of the dates.
    pub year: i32,
    /// The last year for which its dates are known; null where rules alone decide.
    pub confirmed_through: Option<i32>,
    /// In order of date.
    pub holidays: Vec<Holiday>,
}

/// One date.
#[derive(Debug, Clone, Serialize)]
pub struct Holiday {
    /// The day off.
    pub date: NaiveDate,
    /// What it is called.
    pub name: String,
    /// The day that it stands in for, if it is a substitute.
    pub observed_for: Option<NaiveDate>,
    /// What in the calendar's file gave it.
    pub rule: String,
}

impl Holidays {
    /// The holidays of `calendar` in `year`.
    pub fn new(calendar: &ResolvedCalendar, year: i32) -> Holidays {
        Holidays {
            calendar: calendar.id().to_owned(),
            year,
            confirmed_through: calendar.confirmed_through(),
            holidays: calendar.year(year).into_iter().map(Holiday::from).collect(),
        }
    }
}

impl From<holidays::Holiday> for Holiday {
    fn from(holiday: holidays::Holiday) -> Holiday {
        Holiday {
            date: holiday.date,
            name: holiday.name.as_ref().to_owned(),
            observed_for: holiday.observed_for,
            rule: holiday.rule,
        }
    }
}
