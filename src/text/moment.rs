//! Dates and times in events: `Fri 25 Dec 10:00 EST`, `24–26 Dec`. Without a year, which the event's own date shows.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};

use super::format_short::format_short;
use crate::rota::{Instant, Period, Zone};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Fri 25 Dec`.
pub fn date(date: NaiveDate) -> String {
    Date(date).to_string()
}

/// `10:00 EST` if `zone` has the same date as `beside` at `instant`, otherwise [`Moment::text`].
pub fn moment_beside(zone: &Zone, beside: &Zone, instant: Instant) -> String {
    let moment = Moment::of(zone, instant);
    if moment.local.date() == beside.date(instant) {
        format!("{} {}", moment.clock(), moment.letters)
    } else {
        moment.text
    }
}

/// `Fri 25 Dec 10:00–10:30 EST` or `Thu 24 Dec 18:00 EST to Sat 26 Dec 00:00 EST`, in local time of `zone`.
pub fn span(zone: &Zone, period: Period) -> String {
    let [start, end] = [period.start(), period.end()].map(|instant| Moment::of(zone, instant));
    from_to(&start, &end)
}

/// [`span`] of two moments of one zone.
pub fn from_to(start: &Moment, end: &Moment) -> String {
    if start.local.date() == end.local.date() && start.letters == end.letters {
        let date = Date(start.local.date());
        format_short(format_args!("{date} {}–{} {}", start.clock(), end.clock(), start.letters))
    } else {
        format_short(format_args!("{} to {}", start.text, end.text))
    }
}

/// The first and the last date of `zone` that `period` touches.
pub fn dates(zone: &Zone, period: Period) -> (NaiveDate, NaiveDate) {
    (zone.date(period.start()), zone.date(period.end() - TimeDelta::seconds(1)))
}

/// `25 Dec`, `24–26 Dec` or `31 Dec – 1 Jan`; both ends included.
pub fn days((first, last): (NaiveDate, NaiveDate)) -> String {
    if first == last {
        day_of_month(first)
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{}–{}", first.day(), day_of_month(last))
    } else {
        format!("{} – {}", day_of_month(first), day_of_month(last))
    }
}

/// Which part of its days `period` covers in `zone`: `from 10:00`, `until 10:00`, `10:00–17:30`, with dates if there
/// are several, and the zone's abbreviation if requested or if it changes. `None` for whole days.
pub fn part(zone: &Zone, period: Period, with_letters: bool) -> Option<String> {
    let is_whole = |instant| zone.first_instant(zone.date(instant)) == instant;
    let whole = (is_whole(period.start()), is_whole(period.end()));
    if whole == (true, true) {
        return None;
    }
    let [start, end] = [period.start(), period.end()].map(|instant| Moment::of(zone, instant));
    let (first, last) = dates(zone, period);
    let changes = start.letters != end.letters;
    let shown = |moment: &Moment, with_letters: bool| {
        let day =
            if first == last { String::new() } else { format!("{} ", day_of_month(moment.local.date())) };
        let letters = if with_letters { format!(" {}", moment.letters) } else { String::new() };
        format!("{day}{}{letters}", moment.clock())
    };
    Some(match whole {
        (_, true) => format!("from {}", shown(&start, with_letters)),
        (true, _) => format!("until {}", shown(&end, with_letters)),
        _ => {
            let dash = if first == last { "–" } else { " – " };
            format!("{}{dash}{}", shown(&start, changes), shown(&end, with_letters || changes))
        }
    })
}

/// `29–30 May`, `29 May from 13:00`, `29 May 13:00 to 31 May 00:00`: `period` in local time of `zone`, in short form.
pub fn stretch(zone: &Zone, period: Period) -> String {
    let (first, last) = dates(zone, period);
    match part(zone, period, false) {
        None => days((first, last)),
        Some(part) if first == last => format!("{} {part}", day_of_month(first)),
        Some(_) => {
            let [start, end] = [period.start(), period.end()].map(|instant| zone.local(instant));
            let shown = |local: NaiveDateTime| format!("{} {}", day_of_month(local.date()), Clock(local));
            format!("{} to {}", shown(start), shown(end))
        }
    }
}

/// How a time of day names its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// Not at all: `10:00`.
    Unnamed,
    /// `Fri 10:00`.
    Weekday,
    /// `Fri 25 Dec 10:00`.
    Date,
}

/// `10:00`, with its day; seconds are left out.
pub(super) fn time_of_day(local: NaiveDateTime, day: Day) -> String {
    let minutes = local.with_second(0).unwrap_or(local);
    match day {
        Day::Unnamed => Clock(minutes).to_string(),
        Day::Weekday => format!("{} {}", weekday(local.date()), Clock(minutes)),
        Day::Date => format!("{} {}", Date(local.date()), Clock(minutes)),
    }
}

/// Whether the local times of the two zones differ at `instant`.
pub fn differ(one: &Zone, other: &Zone, instant: Instant) -> bool {
    one.name() != other.name() && one.local(instant) != other.local(instant)
}

fn weekday(date: NaiveDate) -> &'static str {
    WEEKDAYS[date.weekday().num_days_from_monday() as usize]
}

fn day_of_month(date: NaiveDate) -> String {
    format!("{} {}", date.day(), MONTHS[date.month0() as usize])
}

/// The local time of a zone at some instant.
#[derive(Debug)]
pub struct Moment {
    local: NaiveDateTime,
    letters: String,
    /// `Fri 25 Dec 10:00 EST`.
    pub text: String,
}

/// Formatted directly into the surrounding text: a feed has thousands of them.
struct Date(NaiveDate);

struct Clock(NaiveDateTime);

impl Moment {
    /// A zone without an abbreviation shows its offset: `UTC-03`.
    pub fn of(zone: &Zone, instant: Instant) -> Moment {
        let (local, letters) = zone.shown(instant);
        let letters = if letters.starts_with(['+', '-']) { format!("UTC{letters}") } else { letters };
        let text = format_short(format_args!("{} {} {letters}", Date(local.date()), Clock(local)));
        Moment { local, letters, text }
    }

    fn clock(&self) -> Clock {
        Clock(self.local)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date(date) = self;
        write!(f, "{} {} {}", weekday(*date), date.day(), MONTHS[date.month0() as usize])
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
        Zone::new(name, &TimeZoneDatabase::bundled()).unwrap()
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
    fn a_moment_has_the_abbreviation_of_its_zone() {
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
    fn only_part_of_a_day_shows_its_start_and_end() {
        let new_york = zone("America/New_York");
        for (start, end, said, stretched) in [
            ("2026-12-25T05:00:00Z", "2026-12-26T05:00:00Z", None, "25 Dec"),
            ("2026-12-25T15:00:00Z", "2026-12-26T05:00:00Z", Some("from 10:00"), "25 Dec from 10:00"),
            ("2026-12-25T05:00:00Z", "2026-12-25T15:00:00Z", Some("until 10:00"), "25 Dec until 10:00"),
            ("2026-12-25T15:00:00Z", "2026-12-25T22:30:00Z", Some("10:00–17:30"), "25 Dec 10:00–17:30"),
            (
                "2026-12-24T15:00:00Z",
                "2026-12-26T05:00:00Z",
                Some("from 24 Dec 10:00"),
                "24 Dec 10:00 to 26 Dec 00:00",
            ),
            (
                "2026-12-24T15:00:00Z",
                "2026-12-25T15:00:00Z",
                Some("24 Dec 10:00 – 25 Dec 10:00"),
                "24 Dec 10:00 to 25 Dec 10:00",
            ),
            // The hour that comes twice, and a day of 25 hours.
            (
                "2026-11-01T05:30:00Z",
                "2026-11-01T06:30:00Z",
                Some("01:30 EDT–01:30 EST"),
                "1 Nov 01:30 EDT–01:30 EST",
            ),
            ("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", None, "1 Nov"),
        ] {
            let period = period(start, end);
            assert_eq!(part(&new_york, period, false).as_deref(), said);
            assert_eq!(stretch(&new_york, period), stretched);
        }
        let afternoon = period("2026-12-25T15:00:00Z", "2026-12-25T22:30:00Z");
        assert_eq!(part(&new_york, afternoon, true).as_deref(), Some("10:00–17:30 EST"));
        let cairo = zone("Africa/Cairo");
        let no_midnight = period("2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z");
        assert_eq!(part(&cairo, no_midnight, true), None, "a day that starts at 01:00");
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
    fn a_second_zones_time_omits_its_date_where_that_is_the_same() {
        let (new_york, london, auckland) =
            (zone("America/New_York"), zone("Europe/London"), zone("Pacific/Auckland"));
        let instant: Instant = "2026-12-25T15:00:00Z".parse().unwrap();
        assert_eq!(moment_beside(&london, &new_york, instant), "15:00 GMT");
        assert_eq!(moment_beside(&auckland, &new_york, instant), "Sat 26 Dec 04:00 NZDT");
        assert!(differ(&london, &new_york, instant));
        assert!(!differ(&zone("America/Toronto"), &new_york, instant), "other name, same clock");
    }
}
