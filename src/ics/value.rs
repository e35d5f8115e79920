//! Single values (RFC 5545 3.3): dates, times, durations and texts.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::line::Line;

/// A date, or a time of day on some clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stamp {
    /// A whole day, wherever one is.
    Date(NaiveDate),
    /// What a clock shows.
    Time(NaiveDateTime, Clock),
}

/// Whose clock shows a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clock {
    /// The reader's own, wherever that is.
    Floating,
    /// UTC.
    Utc,
    /// That of the zone named by `TZID`.
    Named(String),
}

impl Stamp {
    /// What the clock shows; the first moment of a date.
    pub fn local(&self) -> NaiveDateTime {
        match self {
            Stamp::Date(date) => date.and_time(NaiveTime::MIN),
            Stamp::Time(local, _) => *local,
        }
    }
}

/// A length of time. Days are those of a calendar: 23 to 25 hours where clocks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) days: i64,
    pub(super) seconds: i64,
}

/// The dates and times of a property such as `DTSTART` or `EXDATE`: `None` for one that is neither, with its place in
/// the value.
pub(super) fn stamps<'l>(line: &'l Line<'_>) -> impl Iterator<Item = (usize, &'l str, Option<Stamp>)> {
    let mut at = 0;
    line.value.split(',').map(move |word| {
        let from = at;
        at += word.len() + 1;
        // Of a period the start is what recurs.
        let start = word.split('/').next().unwrap_or_default();
        (from, word, stamp(start.trim(), line))
    })
}

fn stamp(word: &str, line: &Line<'_>) -> Option<Stamp> {
    let (date, time) = word.split_at_checked(8).unwrap_or((word, ""));
    let date = NaiveDate::from_ymd_opt(
        number(date, 0, 4)?.try_into().ok()?,
        number(date, 4, 6)?,
        number(date, 6, 8)?,
    )?;
    // Some programs write VALUE=DATE with a time behind, or a bare date without VALUE=DATE.
    let whole_day = line.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE"));
    if whole_day || time.is_empty() {
        return Some(Stamp::Date(date));
    }
    let time = time.strip_prefix(['T', 't'])?;
    let (digits, utc) = match time.strip_suffix(['Z', 'z']) {
        Some(digits) => (digits, true),
        None => (time, false),
    };
    if digits.len() != 6 {
        return None;
    }
    // A leap second is the second before, as everywhere outside astronomy.
    let second = match number(digits, 4, 6)? {
        60 => 59,
        second => second,
    };
    let time = NaiveTime::from_hms_opt(number(digits, 0, 2)?, number(digits, 2, 4)?, second)?;
    let clock = match line.parameter("TZID").filter(|tzid| !tzid.trim().is_empty()) {
        _ if utc => Clock::Utc,
        Some(tzid) => Clock::Named(tzid.trim().to_owned()),
        None => Clock::Floating,
    };
    Some(Stamp::Time(date.and_time(time), clock))
}

fn number(text: &str, from: usize, to: usize) -> Option<u32> {
    let digits = text.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok()
}

/// `P1D`, `PT24H`, `P2W`; `None` for anything else and for what is shorter than nothing.
pub(super) fn length(text: &str) -> Option<Length> {
    const LONGEST_DAYS: i64 = 40_000;
    let text = text.trim().to_ascii_uppercase();
    let (days, time) = text
        .trim_start_matches('+')
        .strip_prefix('P')
        .map(|rest| rest.split_once('T').unwrap_or((rest, "")))?;
    let sum = |text: &str, units: &[(char, i64)]| {
        let (mut rest, mut sum) = (text, 0i64);
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| (1..=9).contains(end))?;
            let (digits, after) = rest.split_at(end);
            let unit = after.chars().next()?;
            let (_, size) = units.iter().find(|(known, _)| *known == unit)?;
            sum = sum.checked_add(digits.parse::<i64>().ok()?.checked_mul(*size)?)?;
            rest = after.get(1..)?;
        }
        Some(sum)
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let length = Length {
        days: sum(days, &[('W', 7), ('D', 1)])?,
        seconds: sum(time, &[('H', 3600), ('M', 60), ('S', 1)])?,
    };
    (length.days + length.seconds / 86_400 <= LONGEST_DAYS).then_some(length)
}

/// TEXT without its escapes, and without control characters but line breaks.
pub(super) fn text(escaped: &str) -> String {
    let mut plain = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            control if control.is_control() => {}
            other => plain.push(other),
        }
    }
    plain.trim().to_owned()
}

/// A list of TEXT, parted by commas that are not escaped.
pub(super) fn text_list(escaped: &str) -> Vec<String> {
    let (mut words, mut start, mut after_escape) = (Vec::new(), 0, false);
    for (at, character) in escaped.char_indices() {
        if character == ',' && !after_escape {
            words.push(text(escaped.get(start..at).unwrap_or_default()));
            start = at + 1;
        }
        after_escape = character == '\\' && !after_escape;
    }
    words.push(text(escaped.get(start..).unwrap_or_default()));
    words
}

#[cfg(test)]
mod tests {
    use super::super::line::lines;
    use super::*;

    fn read(text: &str) -> Vec<Option<Stamp>> {
        let line = lines(text).next().unwrap().unwrap();
        stamps(&line).map(|(_, _, stamp)| stamp).collect()
    }

    #[test]
    fn dates_and_times_are_read_as_programs_write_them() {
        let date = NaiveDate::from_ymd_opt(2026, 12, 25).unwrap();
        let time = |h, m, s| date.and_hms_opt(h, m, s).unwrap();
        for (text, expected) in [
            ("DTSTART;VALUE=DATE:20261225", Stamp::Date(date)),
            ("DTSTART:20261225", Stamp::Date(date)),
            ("DTSTART;VALUE=DATE:20261225T000000", Stamp::Date(date)),
            ("DTSTART:20261225T093000", Stamp::Time(time(9, 30, 0), Clock::Floating)),
            ("DTSTART:20261225T093000Z", Stamp::Time(time(9, 30, 0), Clock::Utc)),
            ("DTSTART:20261225T235960", Stamp::Time(time(23, 59, 59), Clock::Floating)),
            (
                "DTSTART;TZID=\"Europe/London\":20261225T000000",
                Stamp::Time(time(0, 0, 0), Clock::Named("Europe/London".to_owned())),
            ),
        ] {
            assert_eq!(read(text), [Some(expected)], "{text}");
        }
        for bad in [
            "",
            "2026-12-25",
            "20261325",
            "20261225T",
            "20261225T0930",
            "20261225T253000",
            "20261225X",
            "２０２６1225",
        ] {
            assert_eq!(read(&format!("DTSTART:{bad}")), [None], "{bad}");
        }
        assert_eq!(read("RDATE;VALUE=PERIOD:20261225T000000/P1D,20261225").len(), 2);
    }

    #[test]
    fn lengths_are_days_and_seconds() {
        for (text, days, seconds) in
            [("P1D", 1, 0), ("P2W", 14, 0), ("PT24H", 0, 86_400), ("+P1DT1H30M", 1, 5400), ("pt15m", 0, 900)]
        {
            assert_eq!(length(text), Some(Length { days, seconds }), "{text}");
        }
        for bad in
            ["", "P", "PT", "1D", "P1X", "P-1D", "-P1D", "PD", "P99999999999D", "P999999D", "PT9999999999H"]
        {
            assert_eq!(length(bad), None, "{bad}");
        }
    }

    #[test]
    fn escapes_and_control_characters_go() {
        assert_eq!(text(r" a\, b\; c\\n\nd\Ne\: "), "a, b; c\\n\nd\ne:");
        assert_eq!(text("bell\u{7} and end\\"), "bell and end");
        assert_eq!(text_list(r"Holiday,a\,b,c\\,"), ["Holiday", "a,b", "c\\", ""]);
    }
}
