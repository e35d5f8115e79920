//! The bounds within which the occurrences of a file are computed.

use chrono::{Datelike, NaiveDate};

use crate::rota::{Instant, Zone};

/// The bounds of an expansion.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The first day that matters.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// How many days all occurrences may have together; more is an error.
    pub days: u64,
    /// Events that are over before this day are never an error or a warning.
    pub relevant_from: NaiveDate,
}

impl Bounds {
    /// From 1970 to the end of the twentieth year after `now`'s, and 100 000 days in all: more holidays and absences
    /// than anybody has, and little enough to be kept for every team. What is over before `now` is not relevant.
    pub fn at(now: Instant) -> Bounds {
        let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
        Bounds {
            first: date(1970, 1, 1),
            last: date(now.year() + 20, 12, 31),
            days: 100_000,
            relevant_from: now.date_naive(),
        }
    }

    /// The same with errors and warnings for what is not over before `date`.
    #[must_use]
    pub fn relevant_from(self, date: NaiveDate) -> Bounds {
        Bounds { relevant_from: date, ..self }
    }
}

/// What an expansion depends on.
pub struct Context<'a> {
    /// How much.
    pub bounds: Bounds,
    /// Gives the zone of an IANA name.
    pub named: &'a dyn Fn(&str) -> Option<Zone>,
    /// The zone of whoever reads the calendar: that of times without a zone.
    pub own: &'a Zone,
}
