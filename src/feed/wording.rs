//! Dates and times as people say them: `Fri 25 Dec 10:00 EST`, `24–26 Dec`.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};

use crate::rota::{Instant, Period, Zone};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Fri 25 Dec`.
pub(super) fn date(date: NaiveDate) -> String {
    Date(date).to_string()
}

/// `10:00 EST` where `zone` has the same date as `beside` at `instant`, else as [`Moment::text`].
pub(super) fn moment_beside(zone: &Zone, beside: &Zone, instant: Instant) -> String {
    let moment = Moment::of(zone, instant);
    if moment.local.date() == beside.date(instant) {
        format!("{} {}", moment.clock(), moment.letters)
    } else {
        moment.text
    }
}

/// `Fri 25 Dec 10:00–10:30 EST` or `Thu 24 Dec 18:00 EST to Sat 26 Dec 00:00 EST`, on the clock of `zone`.
pub(super) fn span(zone: &Zone, period: Period) -> String {
    let [start, end] = [period.start(), period.end()].map(|instant| Moment::of(zone, instant));
    from_to(&start, &end)
}

/// [`span`] of two moments of one zone.
pub(super) fn from_to(start: &Moment, end: &Moment) -> String {
    if start.local.date() == end.local.date() && start.letters == end.letters {
        format!("{} {}–{} {}", Date(start.local.date()), start.clock(), end.clock(), start.letters)
    } else {
        format!("{} to {}", start.text, end.text)
    }
}

/// The first and the last date of `zone` that `period` touches.
pub(super) fn dates(zone: &Zone, period: Period) -> (NaiveDate, NaiveDate) {
    (zone.date(period.start()), zone.date(period.end() - TimeDelta::seconds(1)))
}

/// `25 Dec`, `24–26 Dec` or `31 Dec – 1 Jan`; both ends included.
pub(super) fn days((first, last): (NaiveDate, NaiveDate)) -> String {
    if first == last {
        day_of_month(first)
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{}–{}", first.day(), day_of_month(last))
    } else {
        format!("{} – {}", day_of_month(first), day_of_month(last))
    }
}

/// `24 h` or `23 h 30 min`; whole minutes, rounded down.
pub(super) fn hours(seconds: i64) -> String {
    match (seconds / 3600, seconds % 3600 / 60) {
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// `A`, `A and B`, `A, B and C`.
pub(super) fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// Whether clocks of the two zones read otherwise at `instant`.
pub(super) fn differ(one: &Zone, other: &Zone, instant: Instant) -> bool {
    one.name() != other.name() && one.local(instant) != other.local(instant)
}

fn day_of_month(date: NaiveDate) -> String {
    format!("{} {}", date.day(), MONTHS[date.month0() as usize])
}

/// What clocks of a zone show at some instant.
#[derive(Debug)]
pub(super) struct Moment {
    local: NaiveDateTime,
    letters: String,
    /// `Fri 25 Dec 10:00 EST`.
    pub(super) text: String,
}

/// Written right into the text that it is a part of: a feed has thousands of them.
struct Date(NaiveDate);

struct Clock(NaiveDateTime);

impl Moment {
    /// A zone without letters of its own has its offset for an abbreviation: `-03` reads as `UTC-03`.
    pub(super) fn of(zone: &Zone, instant: Instant) -> Moment {
        let (local, letters) = zone.shown(instant);
        let letters = if letters.starts_with(['+', '-']) { format!("UTC{letters}") } else { letters };
        let text = format!("{} {} {letters}", Date(local.date()), Clock(local));
        Moment { local, letters, text }
    }

    fn clock(&self) -> Clock {
        Clock(self.local)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date(date) = self;
        let weekday = WEEKDAYS[date.weekday().num_days_from_monday() as usize];
        write!(f, "{weekday} {} {}", date.day(), MONTHS[date.month0() as usize])
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Clock(local) = self;
        write!(f, "{:02}:{:02}", local.hour(), local.minute())?;
        if local.second() > 0 { write!(f, ":{:02}", local.second()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZoneDatabase;

    fn zone(name: &str) -> Zone {
        Zone::new(name.parse().unwrap(), &TimeZoneDatabase::bundled()).unwrap()
    }

    fn period(start: &str, end: &str) -> Period {
        Period::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
    }

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_of_days_names_each_month_once() {
        for (first, last, said) in [
            ("2026-12-25", "2026-12-25", "25 Dec"),
            ("2026-12-24", "2026-12-26", "24–26 Dec"),
            ("2026-12-31", "2027-01-01", "31 Dec – 1 Jan"),
            ("2026-12-25", "2027-12-25", "25 Dec – 25 Dec"),
        ] {
            assert_eq!(days((on(first), on(last))), said);
        }
    }

    #[test]
    fn a_moment_says_the_letters_of_its_zone() {
        for (name, instant, said) in [
            ("America/New_York", "2026-12-25T15:00:00Z", "Fri 25 Dec 10:00 EST"),
            ("America/New_York", "2026-07-03T14:00:30Z", "Fri 3 Jul 10:00:30 EDT"),
            ("America/Sao_Paulo", "2026-12-25T15:00:00Z", "Fri 25 Dec 12:00 UTC-03"),
            ("Asia/Kolkata", "2026-12-25T20:00:00Z", "Sat 26 Dec 01:30 IST"),
        ] {
            assert_eq!(Moment::of(&zone(name), instant.parse().unwrap()).text, said);
        }
    }

    #[test]
    fn a_span_within_a_day_says_the_day_once_but_not_across_a_clock_change() {
        let new_york = zone("America/New_York");
        for (start, end, said) in [
            ("2026-12-25T15:00:00Z", "2026-12-25T15:30:00Z", "Fri 25 Dec 10:00–10:30 EST"),
            ("2026-12-25T05:00:00Z", "2026-12-26T05:00:00Z", "Fri 25 Dec 00:00 EST to Sat 26 Dec 00:00 EST"),
            ("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "Sun 1 Nov 01:30 EDT to Sun 1 Nov 01:30 EST"),
        ] {
            assert_eq!(span(&new_york, period(start, end)), said);
        }
    }

    #[test]
    fn the_last_date_is_that_of_the_last_second() {
        let new_york = zone("America/New_York");
        let until_midnight = period("2026-12-24T23:00:00Z", "2026-12-26T05:00:00Z");
        assert_eq!(dates(&new_york, until_midnight), (on("2026-12-24"), on("2026-12-25")));
        let past_midnight = period("2026-12-24T23:00:00Z", "2026-12-26T05:00:01Z");
        assert_eq!(dates(&new_york, past_midnight), (on("2026-12-24"), on("2026-12-26")));
    }

    #[test]
    fn another_clock_is_told_without_its_date_where_that_is_the_same() {
        let (new_york, london, auckland) =
            (zone("America/New_York"), zone("Europe/London"), zone("Pacific/Auckland"));
        let instant: Instant = "2026-12-25T15:00:00Z".parse().unwrap();
        assert_eq!(moment_beside(&london, &new_york, instant), "15:00 GMT");
        assert_eq!(moment_beside(&auckland, &new_york, instant), "Sat 26 Dec 04:00 NZDT");
        assert!(differ(&london, &new_york, instant));
        assert!(!differ(&zone("America/Toronto"), &new_york, instant), "other name, same clock");
    }

    #[test]
    fn hours_and_lists_read_naturally() {
        assert_eq!((hours(86_400), hours(84_600)), ("24 h".to_owned(), "23 h 30 min".to_owned()));
        let all = ["A", "B", "C"];
        let said: Vec<String> = (0..4).map(|n| list(&all[..n])).collect();
        assert_eq!(said, ["", "A", "A and B", "A, B and C"]);
    }
}
