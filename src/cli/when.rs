//! Times in the terminal: each date with its year, and without the zone's abbreviation in tables whose heading names
//! the zone.
//!
//! Not here: times as they are typed (`args`), and the instants of JSON (`json`).

use chrono::{MappedLocalTime, NaiveDate, TimeZone};

use crate::rota::{Instant, Period, Zone};
use crate::text::{WallClock, Year};

pub(super) use crate::text::{count, hours};

fn on(zone: &Zone) -> WallClock<'_> {
    WallClock { zone, year: Year::Always }
}

/// `Mon 31 May 2027`.
pub(super) fn date(date: NaiveDate) -> String {
    date.format("%a %-d %b %Y").to_string()
}

/// `Mon 31 May 2027 10:00 EDT`.
pub(super) fn instant(zone: &Zone, instant: Instant) -> String {
    on(zone).moment(instant)
}

/// Whether a local day starts at `instant`, even a day without 00:00.
pub(super) fn is_midnight(zone: &Zone, instant: Instant) -> bool {
    on(zone).is_midnight(instant)
}

/// `Mon 31 May 2027 10:00`, for tables whose heading names the zone.
pub(super) fn tabled(zone: &Zone, instant: Instant) -> String {
    format!("{} {}", on(zone).day(instant), tabled_clock(zone, instant))
}

/// `10:00`, with the zone's abbreviation only in an hour that occurs twice.
pub(super) fn tabled_clock(zone: &Zone, instant: Instant) -> String {
    let clock = on(zone).clock(instant);
    match zone.offset_from_local_datetime(&zone.local(instant)) {
        MappedLocalTime::Ambiguous(..) => format!("{clock} {}", on(zone).abbreviation(instant)),
        _ => clock,
    }
}

/// `Mon 31 May 2027` for whole local days, otherwise start and end with times; for tables whose heading names the zone.
/// More than one date takes two lines.
pub(super) fn period(zone: &Zone, period: Period) -> String {
    let (clock, start, end) = (on(zone), period.start(), period.end());
    match clock.whole_days(period) {
        Some((first, last)) if first == last => clock.date(first),
        Some((first, last)) => format!("{} –\n{}", clock.date(first), clock.date(last)),
        None => {
            let [opens, closes] = [start, end].map(|instant| tabled_clock(zone, instant));
            match zone.date(start) == zone.date(end) {
                true => format!("{}\n{opens}–{closes}", clock.day(start)),
                false => format!("{} {opens} –\n{} {closes}", clock.day(start), clock.day(end)),
            }
        }
    }
}

/// [`period`] on one line and with the zone's abbreviation, for sentences.
pub(super) fn period_inline(zone: &Zone, period: Period) -> String {
    on(zone).span(period)
}

/// `from … until …` in words, with the last day where it ends at a midnight.
pub(super) fn period_in_words(zone: &Zone, period: Period) -> String {
    let end = period.end();
    let until = instant(zone, end);
    let last = zone.date(end).pred_opt().filter(|_| is_midnight(zone, end));
    let until = last.map_or(until, |last| format!("the end of {}", date(last)));
    format!("from {} to {until}", instant(zone, period.start()))
}

/// `10:00`, with seconds where there are any.
pub(super) fn clock(zone: &Zone, instant: Instant) -> String {
    on(zone).clock(instant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZoneDatabase;

    fn zone(name: &str) -> Zone {
        Zone::new(name, &TimeZoneDatabase::bundled()).unwrap()
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
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
}
