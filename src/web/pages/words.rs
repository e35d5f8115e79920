//! Dates and times as pages say them: on the clock of one zone, the year only where it is not this one.

use chrono::{Datelike, Days, NaiveDate, Timelike};

use super::asked::zone_query;
use crate::rota::{Instant, Period, Team, Zone};

/// The clock that times are told by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wall<'z> {
    /// Whose clock.
    pub(super) zone: &'z Zone,
    /// When it is now: the year of this goes without saying.
    pub(super) now: Instant,
}

impl Wall<'_> {
    /// `Fri 25 Dec`, `Fri 1 Jan 2027`.
    pub(super) fn date(&self, date: NaiveDate) -> String {
        let year = date.year() != self.zone.date(self.now).year();
        date.format(if year { "%a %-d %b %Y" } else { "%a %-d %b" }).to_string()
    }

    /// `Thu 24 Dec – Sat 26 Dec`, or the one date.
    pub(super) fn dates(&self, first: NaiveDate, last: NaiveDate) -> String {
        match first == last {
            true => self.date(first),
            false => format!("{} – {}", self.date(first), self.date(last)),
        }
    }

    /// The local date at `instant`.
    pub(super) fn day(&self, instant: Instant) -> String {
        self.date(self.zone.date(instant))
    }

    /// `Fri 25 Dec, 10:00 EST`.
    pub(super) fn moment(&self, instant: Instant) -> String {
        format!("{}, {} {}", self.day(instant), self.clock(instant), self.letters(instant))
    }

    /// Whole local days as dates, `24–26 Dec` with weekdays; else both ends with their times.
    pub(super) fn span(&self, period: Period) -> String {
        let (start, end) = (period.start(), period.end());
        let (first, after) = (self.zone.date(start), self.zone.date(end));
        if self.is_midnight(start) && self.is_midnight(end) {
            let last = after.checked_sub_days(Days::new(1)).unwrap_or(after);
            return self.dates(first, last);
        }
        let letters = self.letters(end);
        let opening = match self.letters(start) == letters {
            true => String::new(),
            false => format!(" {}", self.letters(start)),
        };
        let (opens, closes) = (self.clock(start), self.clock(end));
        if first == after {
            return format!("{}, {opens}{opening}–{closes} {letters}", self.date(first));
        }
        format!("{}, {opens}{opening} – {}, {closes} {letters}", self.date(first), self.date(after))
    }

    /// The dates of a period that is whole days in `zone`, where that reads otherwise than here.
    pub(super) fn days_in(&self, zone: &Zone, period: Period) -> Option<String> {
        let there = Wall { zone, now: self.now };
        let is_days = there.is_midnight(period.start()) && there.is_midnight(period.end());
        is_days.then(|| there.span(period)).filter(|dates| *dates != self.span(period))
    }

    /// What links to other pages of `team` end with, so that times stay those of this clock.
    pub(super) fn kept(&self, team: &Team) -> String {
        let is_own = self.zone.name() == team.zone.name();
        if is_own { String::new() } else { format!("?{}", zone_query(self.zone)) }
    }

    /// `in 3 days`, `in 5 h`, `in 12 min`: how long from now, rounded down. Empty for what is past.
    pub(super) fn away(&self, instant: Instant) -> String {
        let minutes = (instant - self.now).num_minutes();
        match minutes {
            ..0 => String::new(),
            0..60 => format!("in {minutes} min"),
            60..2880 => format!("in {} h", minutes / 60),
            _ => format!("in {} days", minutes / 1440),
        }
    }

    /// `10:00`, with seconds where there are any.
    pub(super) fn clock(&self, instant: Instant) -> String {
        let local = self.zone.local(instant);
        let format = if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        local.format(format).to_string()
    }

    fn letters(&self, instant: Instant) -> String {
        let letters = self.zone.abbreviation(instant);
        // A zone without letters of its own has its offset for an abbreviation.
        if letters.starts_with(['+', '-']) { format!("UTC{letters}") } else { letters }
    }

    /// Whether a local day starts at `instant`, also one that has no 00:00.
    pub(super) fn is_midnight(&self, instant: Instant) -> bool {
        self.zone.first_instant(self.zone.date(instant)) == instant
    }
}

/// `24 h`, `23 h 30 min`, `1,204 h`.
pub(super) fn hours(seconds: i64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let hours = match hours {
        1000.. => format!("{},{:03} h", hours / 1000, hours % 1000),
        _ => format!("{hours} h"),
    };
    if minutes == 0 { hours } else { format!("{hours} {minutes} min") }
}

/// `1 day`, `2 days`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[track_caller]
    fn spans(start: &str, end: &str, expected: &str) {
        let zone = Zone::bundled("America/New_York").unwrap();
        let wall = Wall { zone: &zone, now: at("2026-11-20T12:00:00Z") };
        assert_eq!(wall.span(Period::new(at(start), at(end)).unwrap()), expected);
    }

    #[test]
    fn whole_local_days_are_dates_and_the_rest_has_times() {
        spans("2026-11-26T05:00:00Z", "2026-11-27T05:00:00Z", "Thu 26 Nov");
        spans("2026-12-31T05:00:00Z", "2027-01-02T05:00:00Z", "Thu 31 Dec – Fri 1 Jan 2027");
        spans("2026-12-24T23:00:00Z", "2026-12-25T15:00:00Z", "Thu 24 Dec, 18:00 – Fri 25 Dec, 10:00 EST");
        spans("2026-11-27T15:00:00Z", "2026-11-27T15:30:00Z", "Fri 27 Nov, 10:00–10:30 EST");
        spans("2026-11-01T04:00:00Z", "2026-11-01T15:00:00Z", "Sun 1 Nov, 00:00 EDT–10:00 EST");
    }

    #[test]
    fn how_long_from_now_is_rounded_down_and_silent_about_the_past() {
        let zone = Zone::bundled("Europe/London").unwrap();
        let wall = Wall { zone: &zone, now: at("2026-11-20T12:00:00Z") };
        for (instant, expected) in [
            ("2026-11-20T12:59:00Z", "in 59 min"),
            ("2026-11-20T13:59:00Z", "in 1 h"),
            ("2026-11-22T11:59:00Z", "in 47 h"),
            ("2026-11-22T12:00:00Z", "in 2 days"),
            ("2026-11-20T11:59:00Z", ""),
        ] {
            assert_eq!(wall.away(at(instant)), expected, "{instant}");
        }
    }

    #[test]
    fn hours_show_minutes_only_where_there_are_any_and_group_thousands() {
        assert_eq!(hours(86_400), "24 h");
        assert_eq!(hours(84_600), "23 h 30 min");
        assert_eq!(hours(3600 * 12_004), "12,004 h");
    }
}
