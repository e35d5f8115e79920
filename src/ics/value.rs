//! Single values (RFC 5545 3.3): dates, times, durations and texts.

use std::rc::Rc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::line::Line;

/// A date, or a time of day on some clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stamp {
    /// A whole day, wherever one is.
    Date(NaiveDate),
    /// What a clock shows.
    Time(NaiveDateTime, Clock),
}

/// Whose clock shows a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Clock {
    /// The reader's own, wherever that is.
    Floating,
    /// UTC.
    Utc,
    /// That of the zone named by `TZID`.
    Named(Rc<str>),
}

impl Stamp {
    /// What the clock shows; the first moment of a date.
    pub(super) fn local(&self) -> NaiveDateTime {
        match self {
            Stamp::Date(date) => date.and_time(NaiveTime::MIN),
            Stamp::Time(local, _) => *local,
        }
    }
}

/// A length of time. Days are those of a calendar, 23 to 25 hours where clocks change; seconds are exact (RFC 5545
/// 3.3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) days: i64,
    pub(super) seconds: i64,
}

/// One entry of a list such as `EXDATE` or `RDATE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) start: Stamp,
    /// Of a `PERIOD`, how it ends.
    pub(super) end: Option<PeriodEnd>,
}

/// How a `PERIOD` ends (RFC 5545 3.3.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PeriodEnd {
    At(Stamp),
    After(Length),
}

/// The date or time of a property such as `DTSTART`; `None` where there is none.
pub(super) fn single(line: &Line<'_>) -> Option<Stamp> {
    stamp(line.value.trim().trim_end_matches(','), line)
}

/// The entries of a list of dates, times or periods: `None` for one that is neither, with its place in the value. Empty
/// entries are left out.
pub(super) fn entries<'l>(line: &'l Line<'_>) -> impl Iterator<Item = (usize, &'l str, Option<Entry>)> {
    let mut at = 0;
    let words = line.value.split(',').map(move |word| {
        let from = at;
        at += word.len() + 1;
        (from, word)
    });
    words
        .filter(|(_, word)| !word.trim().is_empty())
        .map(|(from, word)| (from, word, entry(word.trim(), line)))
}

fn entry(word: &str, line: &Line<'_>) -> Option<Entry> {
    let Some((start, end)) = word.split_once('/') else {
        return Some(Entry { start: stamp(word, line)?, end: None });
    };
    let end = match length(end) {
        Some(length) => PeriodEnd::After(length),
        None => PeriodEnd::At(stamp(end.trim(), line)?),
    };
    Some(Entry { start: stamp(start.trim(), line)?, end: Some(end) })
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
    let clock = match line.parameter("TZID").map(str::trim).filter(|tzid| !tzid.is_empty()) {
        _ if utc => Clock::Utc,
        Some(tzid) => Clock::Named(tzid.into()),
        None => Clock::Floating,
    };
    if digits == "240000" {
        return Some(Stamp::Time(date.succ_opt()?.and_time(NaiveTime::MIN), clock));
    }
    // A leap second is the second before, as everywhere outside astronomy.
    let second = match number(digits, 4, 6)? {
        60 => 59,
        second => second,
    };
    let time = NaiveTime::from_hms_opt(number(digits, 0, 2)?, number(digits, 2, 4)?, second)?;
    Some(Stamp::Time(date.and_time(time), clock))
}

/// An `UNTIL`, which has the form of a start: a date, or a time of the event's clock or of UTC.
pub(super) fn until(text: &str) -> Option<Stamp> {
    let (digits, clock) = match text.strip_suffix('Z') {
        Some(digits) => (digits, Clock::Utc),
        None => (text, Clock::Floating),
    };
    if digits.len() == 8 {
        return NaiveDate::parse_from_str(digits, "%Y%m%d").ok().map(Stamp::Date);
    }
    let midnight =
        digits.strip_suffix("T240000").and_then(|date| NaiveDate::parse_from_str(date, "%Y%m%d").ok());
    if let Some(date) = midnight {
        return Some(Stamp::Time(date.succ_opt()?.and_time(NaiveTime::MIN), clock));
    }
    NaiveDateTime::parse_from_str(digits, "%Y%m%dT%H%M%S").ok().map(|time| Stamp::Time(time, clock))
}

/// A `TZOFFSETFROM` such as `+0100` or `-053000`, in seconds.
pub(super) fn utc_offset(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.len() != 4 && digits.len() != 6 {
        return None;
    }
    let part = |from: usize| {
        if from < digits.len() { number(digits, from, from + 2).map(i64::from) } else { Some(0) }
    };
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    (hours < 24 && minutes < 60 && seconds < 60).then_some(sign * (hours * 3600 + minutes * 60 + seconds))
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
        entries(&line).map(|(_, _, entry)| entry.map(|entry| entry.start)).collect()
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
                Stamp::Time(time(0, 0, 0), Clock::Named("Europe/London".into())),
            ),
        ] {
            assert_eq!(read(text), [Some(expected)], "{text}");
        }
        let next = date.succ_opt().unwrap().and_time(NaiveTime::MIN);
        assert_eq!(read("DTEND:20261225T240000"), [Some(Stamp::Time(next, Clock::Floating))]);
        for bad in [
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
        assert_eq!(read("EXDATE:,20261225,"), [Some(Stamp::Date(date))], "empty entries say nothing");
    }

    #[test]
    fn a_period_has_an_end_or_a_length() {
        let line = lines("RDATE;VALUE=PERIOD:20261225T090000/PT3H,20261226T090000Z/20261226T100000Z").next();
        let line = line.unwrap().unwrap();
        let ends: Vec<_> = entries(&line).map(|(_, _, entry)| entry.unwrap().end.unwrap()).collect();
        assert_eq!(ends[0], PeriodEnd::After(Length { days: 0, seconds: 10_800 }));
        assert!(matches!(&ends[1], PeriodEnd::At(Stamp::Time(_, Clock::Utc))));
        let bad = lines("RDATE:20261225T090000/soon").next().unwrap().unwrap();
        assert_eq!(entries(&bad).map(|(_, _, entry)| entry).collect::<Vec<_>>(), [None]);
    }

    #[test]
    fn offsets_are_seconds_east_of_utc() {
        for (text, expected) in [
            ("+0100", Some(3600)),
            ("-0530", Some(-19_800)),
            ("+001730", Some(1050)),
            ("0100", Some(3600)),
            ("+1", None),
            ("+2500", None),
            ("+01:00", None),
        ] {
            assert_eq!(utc_offset(text), expected, "{text}");
        }
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
    fn escapes_and_control_characters_are_removed() {
        assert_eq!(text(r" a\, b\; c\\n\nd\Ne\: "), "a, b; c\\n\nd\ne:");
        assert_eq!(text("bell\u{7} and end\\"), "bell and end");
        assert_eq!(text_list(r"Holiday,a\,b,c\\,"), ["Holiday", "a,b", "c\\", ""]);
    }
}
