//! Times as people read them: local, in sentences with the zone's abbreviation, whole days as days.
//!
//! Not here: times as they are typed (`args`), and the instants of JSON (`json`).

use std::fmt::Display;

use chrono::{Days, MappedLocalTime, NaiveDate, NaiveTime, TimeZone};

use crate::rota::{Instant, Period, Zone};

/// `Mon 31 May 2027`.
pub(super) fn date(date: NaiveDate) -> String {
    date.format("%a %-d %b %Y").to_string()
}

/// `Mon 31 May 2027 10:00 EDT`.
pub(super) fn instant(zone: &Zone, instant: Instant) -> String {
    format!("{} {} {}", date(zone.date(instant)), clock(zone, instant), zone.abbreviation(instant))
}

/// `Mon 31 May 2027 10:00`, for tables whose heading names the zone.
pub(super) fn tabled(zone: &Zone, instant: Instant) -> String {
    format!("{} {}", date(zone.date(instant)), tabled_clock(zone, instant))
}

/// `10:00`, with the zone's abbreviation only in the hour that the clocks show twice.
pub(super) fn tabled_clock(zone: &Zone, instant: Instant) -> String {
    match zone.offset_from_local_datetime(&zone.local(instant)) {
        MappedLocalTime::Ambiguous(..) => format!("{} {}", clock(zone, instant), zone.abbreviation(instant)),
        _ => clock(zone, instant),
    }
}

/// `Mon 31 May 2027`, for whole local days, else from and to with their times; for tables whose heading names the zone.
/// More than one date takes two lines.
pub(super) fn period(zone: &Zone, period: Period) -> String {
    let clocks = [period.start(), period.end()].map(|instant| tabled_clock(zone, instant));
    lines(zone, period, clocks)
}

/// [`period`] on one line and with the zone's abbreviation, for sentences.
pub(super) fn period_inline(zone: &Zone, period: Period) -> String {
    let (start, end) = (period.start(), period.end());
    let [from, to] = [start, end].map(|instant| zone.abbreviation(instant));
    let opens = if from == to { clock(zone, start) } else { format!("{} {from}", clock(zone, start)) };
    lines(zone, period, [opens, format!("{} {to}", clock(zone, end))]).replace('\n', " ")
}

fn lines(zone: &Zone, period: Period, [opens, closes]: [String; 2]) -> String {
    let (start, end) = (period.start(), period.end());
    let (first, after) = (zone.date(start), zone.date(end));
    if is_midnight(zone, start) && is_midnight(zone, end) {
        let last = after.checked_sub_days(Days::new(1)).unwrap_or(after);
        return if first == last { date(first) } else { format!("{} –\n{}", date(first), date(last)) };
    }
    if first == after {
        return format!("{}\n{opens}–{closes}", date(first));
    }
    format!("{} {opens} –\n{} {closes}", date(first), date(after))
}

/// `1 day`, `2 days`.
pub(super) fn days_of(days: i64) -> String {
    count(days, "day", "days")
}

/// `1 week`, `2 weeks`.
pub(super) fn weeks_of(weeks: usize) -> String {
    format!("{weeks} {}", if weeks == 1 { "week" } else { "weeks" })
}

/// A number with its noun.
pub(super) fn count<N: Copy + Display + PartialEq + From<u8>>(number: N, one: &str, many: &str) -> String {
    format!("{number} {}", if number == N::from(1) { one } else { many })
}

/// `24 h`, `23 h 30 min`.
pub(super) fn hours(seconds: i64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if minutes == 0 { format!("{hours} h") } else { format!("{hours} h {minutes} min") }
}

/// `10:00`, with seconds where there are any.
pub(super) fn clock(zone: &Zone, instant: Instant) -> String {
    let local = zone.local(instant);
    let format = if local.time().signed_duration_since(NaiveTime::MIN).num_seconds() % 60 == 0 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    };
    local.format(format).to_string()
}

/// Whether a local day starts at `instant`, also one that has no 00:00.
pub(super) fn is_midnight(zone: &Zone, instant: Instant) -> bool {
    zone.first_instant(zone.date(instant)) == instant
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZoneDatabase;

    fn zone(name: &str) -> Zone {
        Zone::new(name.parse().unwrap(), &TimeZoneDatabase::bundled()).unwrap()
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn whole_local_days_are_dates_and_the_rest_has_times() {
        for (name, start, end, expected) in [
            ("America/New_York", "2027-05-31T04:00:00Z", "2027-06-01T04:00:00Z", "Mon 31 May 2027"),
            (
                "America/New_York",
                "2026-12-25T05:00:00Z",
                "2026-12-27T05:00:00Z",
                "Fri 25 Dec 2026 – Sat 26 Dec 2026",
            ),
            (
                "America/New_York",
                "2026-12-24T23:00:00Z",
                "2026-12-25T15:00:00Z",
                "Thu 24 Dec 2026 18:00 – Fri 25 Dec 2026 10:00 EST",
            ),
            (
                "America/New_York",
                "2026-11-01T04:00:00Z",
                "2026-11-01T15:00:00Z",
                "Sun 1 Nov 2026 00:00 EDT–10:00 EST",
            ),
            ("Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z", "Fri 24 Apr 2026"),
        ] {
            let period = Period::new(at(start), at(end)).unwrap();
            assert_eq!(period_inline(&zone(name), period), expected);
        }
    }

    #[test]
    fn tables_name_the_zone_only_where_a_time_comes_twice() {
        for (instant, expected) in [
            ("2026-10-31T14:00:00Z", "Sat 31 Oct 2026 10:00"),
            ("2026-11-01T05:30:00Z", "Sun 1 Nov 2026 01:30 EDT"),
            ("2026-11-01T06:30:00Z", "Sun 1 Nov 2026 01:30 EST"),
            ("2026-11-01T07:30:00Z", "Sun 1 Nov 2026 02:30"),
        ] {
            assert_eq!(tabled(&zone("America/New_York"), at(instant)), expected);
        }
        let night = Period::new(at("2026-11-01T04:00:00Z"), at("2026-11-01T06:30:00Z")).unwrap();
        assert_eq!(period(&zone("America/New_York"), night), "Sun 1 Nov 2026\n00:00–01:30 EST");
    }

    #[test]
    fn hours_show_minutes_only_where_there_are_any() {
        assert_eq!((hours(86400), hours(84600)), ("24 h".to_owned(), "23 h 30 min".to_owned()));
    }
}
