//! Dates and times for people, in local time of one zone: `Fri 25 Dec 10:00 EST`.

use chrono::{Datelike, Days, NaiveDate, Timelike};

use crate::rota::{Instant, Period, Zone};

/// Which dates show their year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Year {
    /// Every date.
    Always,
    /// Dates outside this year.
    UnlessIn(i32),
}

/// The zone and format of displayed times.
#[derive(Debug, Clone, Copy)]
pub struct WallClock<'z> {
    /// The zone.
    pub zone: &'z Zone,
    /// Which dates show their year.
    pub year: Year,
}

impl WallClock<'_> {
    /// `Fri 25 Dec`, `Fri 1 Jan 2027`.
    pub fn date(&self, date: NaiveDate) -> String {
        let has_year = match self.year {
            Year::Always => true,
            Year::UnlessIn(year) => date.year() != year,
        };
        date.format(if has_year { "%a %-d %b %Y" } else { "%a %-d %b" }).to_string()
    }

    /// `Thu 24 Dec – Sat 26 Dec`, or the one date. Both ends are included.
    pub fn dates(&self, first: NaiveDate, last: NaiveDate) -> String {
        match first == last {
            true => self.date(first),
            false => format!("{} – {}", self.date(first), self.date(last)),
        }
    }

    /// `4 – 11 Dec`, `27 Nov – 4 Dec`, `25 Dec – 1 Jan 2027`: a range without weekdays. Both ends are included.
    pub fn date_range(&self, first: NaiveDate, last: NaiveDate) -> String {
        let has_year = |date: NaiveDate| match self.year {
            Year::Always => true,
            Year::UnlessIn(year) => date.year() != year,
        };
        let opening = match (first.year() == last.year(), first.month() == last.month()) {
            (true, true) => "%-d",
            (true, false) => "%-d %b",
            (false, _) if has_year(first) => "%-d %b %Y",
            (false, _) => "%-d %b",
        };
        let closing = if has_year(last) { "%-d %b %Y" } else { "%-d %b" };
        format!("{} – {}", first.format(opening), last.format(closing))
    }

    /// The local date at `instant`.
    pub fn day(&self, instant: Instant) -> String {
        self.date(self.zone.date(instant))
    }

    /// `10:00`, with seconds where there are any.
    pub fn clock(&self, instant: Instant) -> String {
        let local = self.zone.local(instant);
        let format = if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        local.format(format).to_string()
    }

    /// `EST`; the offset as `UTC-03` if the zone has no abbreviation.
    pub fn abbreviation(&self, instant: Instant) -> String {
        let letters = self.zone.abbreviation(instant);
        if letters.starts_with(['+', '-']) { format!("UTC{letters}") } else { letters }
    }

    /// `Fri 25 Dec 10:00 EST`.
    pub fn moment(&self, instant: Instant) -> String {
        format!("{} {} {}", self.day(instant), self.clock(instant), self.abbreviation(instant))
    }

    /// Whole local days as dates, otherwise both ends with their times: `Thu 24 Dec 18:00 – Fri 25 Dec 10:00 EST`.
    pub fn span(&self, period: Period) -> String {
        let (start, end) = (period.start(), period.end());
        if let Some((first, last)) = self.whole_days(period) {
            return self.dates(first, last);
        }
        let (first, after) = (self.zone.date(start), self.zone.date(end));
        let letters = self.abbreviation(end);
        let opening = match self.abbreviation(start) == letters {
            true => String::new(),
            false => format!(" {}", self.abbreviation(start)),
        };
        let (opens, closes) = (self.clock(start), self.clock(end));
        if first == after {
            return format!("{} {opens}{opening}–{closes} {letters}", self.date(first));
        }
        format!("{} {opens}{opening} – {} {closes} {letters}", self.date(first), self.date(after))
    }

    /// The first and the last date of a period that is whole local days.
    pub fn whole_days(&self, period: Period) -> Option<(NaiveDate, NaiveDate)> {
        let after = self.zone.date(period.end());
        let is_whole = self.is_midnight(period.start()) && self.is_midnight(period.end());
        let last = after.checked_sub_days(Days::new(1)).unwrap_or(after);
        is_whole.then(|| (self.zone.date(period.start()), last))
    }

    /// Whether a local day starts at `instant`, even a day without 00:00.
    pub fn is_midnight(&self, instant: Instant) -> bool {
        self.zone.first_instant(self.zone.date(instant)) == instant
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[track_caller]
    fn spans(zone: &str, start: &str, end: &str, always: &str, in_2026: &str) {
        let zone = Zone::bundled(zone).unwrap();
        let period = Period::new(at(start), at(end)).unwrap();
        for (year, expected) in [(Year::Always, always), (Year::UnlessIn(2026), in_2026)] {
            assert_eq!(WallClock { zone: &zone, year }.span(period), expected);
        }
    }

    #[test]
    fn a_range_of_dates_names_month_and_year_only_as_often_as_needed() {
        let zone = Zone::bundled("Europe/London").unwrap();
        let clock = WallClock { zone: &zone, year: Year::UnlessIn(2026) };
        for (first, last, expected) in [
            ("2026-12-04", "2026-12-11", "4 – 11 Dec"),
            ("2026-11-27", "2026-12-04", "27 Nov – 4 Dec"),
            ("2026-12-25", "2027-01-01", "25 Dec – 1 Jan 2027"),
            ("2027-01-08", "2027-01-15", "8 – 15 Jan 2027"),
        ] {
            assert_eq!(clock.date_range(first.parse().unwrap(), last.parse().unwrap()), expected);
        }
    }

    #[test]
    fn whole_local_days_are_dates_and_the_rest_has_times() {
        let new_york = "America/New_York";
        let (start, end) = ("2026-11-26T05:00:00Z", "2026-11-27T05:00:00Z");
        spans(new_york, start, end, "Thu 26 Nov 2026", "Thu 26 Nov");
        let (start, end) = ("2026-12-31T05:00:00Z", "2027-01-02T05:00:00Z");
        spans(new_york, start, end, "Thu 31 Dec 2026 – Fri 1 Jan 2027", "Thu 31 Dec – Fri 1 Jan 2027");
        let (start, end) = ("2026-12-24T23:00:00Z", "2026-12-25T15:00:00Z");
        let always = "Thu 24 Dec 2026 18:00 – Fri 25 Dec 2026 10:00 EST";
        spans(new_york, start, end, always, "Thu 24 Dec 18:00 – Fri 25 Dec 10:00 EST");
        let (start, end) = ("2026-11-01T04:00:00Z", "2026-11-01T15:00:00Z");
        let always = "Sun 1 Nov 2026 00:00 EDT–10:00 EST";
        spans(new_york, start, end, always, "Sun 1 Nov 00:00 EDT–10:00 EST");
        let (start, end) = ("2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z");
        spans("Africa/Cairo", start, end, "Fri 24 Apr 2026", "Fri 24 Apr");
        let (start, end) = ("2026-12-25T15:00:00Z", "2026-12-25T15:30:00Z");
        let always = "Fri 25 Dec 2026 12:00–12:30 UTC-03";
        spans("America/Sao_Paulo", start, end, always, "Fri 25 Dec 12:00–12:30 UTC-03");
    }
}
