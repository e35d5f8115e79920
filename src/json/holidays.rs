//! `holidays`: the calendars, and the dates of one in one year.

use chrono::NaiveDate;
use serde::Serialize;

use crate::holidays::{self, ResolvedCalendar};

/// The available calendars.
#[derive(Debug, Clone, Serialize)]
pub struct Calendars {
    /// In order of their ids.
    pub calendars: Vec<CalendarEntry>,
}

/// One calendar.
#[derive(Debug, Clone, Serialize)]
pub struct CalendarEntry {
    /// Its id.
    pub calendar: String,
    /// Its name; null where it is broken.
    pub name: Option<String>,
    /// The same in English; null where the name is English or the calendar does not say.
    pub english: Option<String>,
    /// The last year for which its dates are known; null where rules alone decide, or it is broken.
    pub confirmed_through: Option<i32>,
    /// Whether it has errors and cannot be used.
    pub broken: bool,
}

impl Calendars {
    /// The calendars by id, in the order given; `None` for one that is broken.
    pub fn new<'c>(calendars: impl Iterator<Item = (&'c str, Option<&'c ResolvedCalendar>)>) -> Calendars {
        let entry = |(id, calendar): (&str, Option<&ResolvedCalendar>)| CalendarEntry {
            calendar: id.to_owned(),
            name: calendar.map(|calendar| calendar.name().to_owned()),
            english: calendar.and_then(ResolvedCalendar::english).map(str::to_owned),
            confirmed_through: calendar.and_then(ResolvedCalendar::confirmed_through),
            broken: calendar.is_none(),
        };
        Calendars { calendars: calendars.map(entry).collect() }
    }
}

/// The holidays of one calendar that fall in one year.
#[derive(Debug, Clone, Serialize)]
pub struct Holidays {
    /// The calendar's id.
    pub calendar: String,
    /// The year of the dates.
    pub year: i32,
    /// The last year for which its dates are known; null where rules alone decide.
    pub confirmed_through: Option<i32>,
    /// A note for people who rely on it; null if there is none.
    pub note: Option<String>,
    /// In order of date.
    pub holidays: Vec<Holiday>,
}

/// One date.
#[derive(Debug, Clone, Serialize)]
pub struct Holiday {
    /// The day off.
    pub date: NaiveDate,
    /// Its name.
    pub name: String,
    /// The same in English; null where the calendar is in English or does not say.
    pub english: Option<String>,
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
            note: calendar.note().map(str::to_owned),
            holidays: calendar.year(year).into_iter().map(Holiday::from).collect(),
        }
    }
}

impl From<holidays::Holiday> for Holiday {
    fn from(holiday: holidays::Holiday) -> Holiday {
        Holiday {
            date: holiday.date,
            name: holiday.name.as_ref().to_owned(),
            english: holiday.english.as_deref().map(str::to_owned),
            observed_for: holiday.observed_for,
            rule: holiday.rule,
        }
    }
}
