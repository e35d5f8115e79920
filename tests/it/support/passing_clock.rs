//! A clock of running programs that a test lets go on for hours, on days on which nothing else happens.

use std::cell::Cell;
use std::path::PathBuf;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};
use oncal::clock::Clock;

use super::faked_clock::FakedClock;

/// It begins on a Tuesday at noon, days before a duty change.
pub(crate) struct PassingClock {
    pub(crate) clock: FakedClock,
    /// That Tuesday.
    pub(crate) first_day: NaiveDate,
    /// How far it is from the right time, in seconds.
    offset: Cell<i64>,
}

impl PassingClock {
    /// Keeps what it shows in `file`.
    pub(crate) fn new(file: PathBuf) -> PassingClock {
        let now = Clock::System.now();
        let mut first_day = now.date_naive() + Days::new(1);
        while first_day.weekday() != Weekday::Tue {
            first_day = first_day.succ_opt().unwrap();
        }
        let noon = first_day.and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap()).and_utc();
        let passing = PassingClock {
            clock: FakedClock::new(file),
            first_day,
            offset: Cell::new((noon - now).num_seconds()),
        };
        passing.pass(0);
        passing
    }

    /// Lets so many minutes pass.
    pub(crate) fn pass(&self, minutes: i64) {
        self.offset.set(self.offset.get() + minutes * 60);
        self.clock.set(&format!("+{}s", self.offset.get()));
    }

    /// A date so many days after the first.
    pub(crate) fn day(&self, after: u64) -> NaiveDate {
        self.first_day + Days::new(after)
    }
}
