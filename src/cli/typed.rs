//! Times as people type them at 3 a.m.: `now`, `tomorrow 09:00`, `fri 18:00`, `31 May`, dates and instants.
//!
//! Ambiguous times are refused, with both meanings in the message.

mod day;

use chrono::{
    DateTime, Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike,
    Utc,
};
use day::{EXAMPLES, day, day_and_month, lower};

use super::output::Usage;
use super::times::within;
use super::when;
use crate::rota::{Instant, Zone};

/// Whose clock typed times are on, and what it shows now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock<'z> {
    pub(super) zone: &'z Zone,
    pub(super) now: Instant,
}

/// A time as typed, on the clock of its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// A date alone.
    Date(NaiveDate),
    /// A date with a time of day in whole minutes: a local time that means only one instant, or the first of two.
    Time(NaiveDateTime),
}

impl Typed {
    /// Its date.
    pub(super) fn date(self) -> NaiveDate {
        match self {
            Typed::Date(date) => date,
            Typed::Time(time) => time.date(),
        }
    }

    /// The instant; for a date, its first.
    pub(super) fn instant(self, zone: &Zone) -> Instant {
        match self {
            Typed::Date(date) => zone.first_instant(date),
            Typed::Time(time) => zone.instant(time),
        }
    }
}

/// Words that people put before a time.
const FILLERS: [&str; 9] = ["from", "until", "till", "to", "at", "on", "-", "–", "—"];

/// The times in `words`, at least one and at most `most`.
///
/// # Errors
///
/// If a word is not a time, or is ambiguous.
pub(super) fn times(words: &[String], most: usize, clock: Clock<'_>) -> Result<Vec<Typed>, Usage> {
    let words: Vec<String> = words.iter().map(|word| word.replace("..", " ").replace(',', "")).collect();
    let words: Vec<String> =
        words.iter().flat_map(|word| word.split_whitespace()).map(str::to_owned).collect();
    let mut rest = without_fillers(&words);
    let mut found: Vec<Typed> = Vec::new();
    while !rest.is_empty() {
        let Read { typed, used, just_past } = time(rest, found.last().copied(), clock).map_err(Usage)?;
        rest = without_fillers(&rest[used..]);
        // `3 May 10 May` on 8 May has begun; it is not of the next year.
        let has_begun = |from: &Typed| {
            let end = time(rest, Some(*from), clock);
            !rest.is_empty() && end.is_ok_and(|end| end.typed.date() >= clock.zone.date(clock.now))
        };
        found.push(just_past.filter(has_begun).unwrap_or(typed));
    }
    match found.len() {
        0 => Err(Usage(format!("a time is missing; {EXAMPLES}"))),
        count if count > most => {
            let shown: Vec<String> = found.iter().map(|typed| shown(*typed)).collect();
            let most = if most == 1 { "one time".to_owned() } else { format!("{most} times") };
            Err(Usage(format!("at most {most} can be given, but these were: {}", shown.join(", then "))))
        }
        _ => Ok(found),
    }
}

/// `words` from the first on that is not a filler.
fn without_fillers(words: &[String]) -> &[String] {
    let is_filler = |word: &String| FILLERS.contains(&word.to_lowercase().as_str());
    &words[words.iter().take_while(|word| is_filler(word)).count()..]
}

/// What began less than this ago may be meant without its year, as the start of what lasts until today or longer.
const JUST_PAST: TimeDelta = TimeDelta::days(100);

/// A time at the beginning of some words.
struct Read {
    typed: Typed,
    /// How many words it has.
    used: usize,
    /// If the year was left out: the latest such time, if that is [`JUST_PAST`].
    just_past: Option<Typed>,
}

impl Read {
    fn new(typed: Typed, used: usize) -> Read {
        Read { typed, used, just_past: None }
    }
}

/// Whether `words` mean the same times whenever they are read: dates written out, and nothing such as `today` or `fri`.
pub(super) fn is_absolute(words: &[String], most: usize, clock: Clock<'_>) -> bool {
    // More than a week later every word that counts from today means something else.
    let later = Clock { now: clock.now + TimeDelta::days(8), ..clock };
    matches!((times(words, most, clock), times(words, most, later)), (Ok(now), Ok(then)) if now == then)
}

/// The one date in `words`.
///
/// # Errors
///
/// As of [`times`], and where there is a time of day.
pub(super) fn date(word: &str, clock: Clock<'_>) -> Result<NaiveDate, Usage> {
    match times(&[word.to_owned()], 1, clock)?[..] {
        [Typed::Date(date)] => Ok(date),
        _ => Err(Usage(format!("`{word}` has a time of day; give only a date"))),
    }
}

/// `Fri 25 Dec 2026 18:00`.
pub(super) fn shown(typed: Typed) -> String {
    match typed {
        Typed::Date(date) => when::date(date),
        Typed::Time(time) => format!("{} {}", when::date(time.date()), time.format("%H:%M")),
    }
}

/// The time that `words` begin with, after the time `before` if that was typed first.
fn time(words: &[String], before: Option<Typed>, clock: Clock<'_>) -> Result<Read, String> {
    let word = words.first().map(String::as_str).unwrap_or_default();
    let local_now = clock.zone.local(clock.now);
    let today = local_now.date();
    if word.eq_ignore_ascii_case("now") {
        let past = TimeDelta::seconds(i64::from(local_now.second()));
        let minute = (clock.now - past).with_nanosecond(0).unwrap_or(clock.now);
        let shown = |time| [format!("it is {time} now"), "give a start".to_owned()];
        return Ok(Read::new(named(minute, shown, clock)?, 1));
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(word) {
        return Ok(Read::new(on_clock(instant.with_timezone(&Utc), clock)?, 1));
    }
    if let Some((date, time)) = word.split_once(['T', 't'])
        && let (Ok(date), Some(time)) = (date.parse::<NaiveDate>(), of_clock(time)?)
    {
        return Ok(Read::new(once(within(date)?.and_time(time), clock)?, 1));
    }
    if let Some(time) = of_clock(word)? {
        // A time alone means its next occurrence, after the time typed before it or after now.
        let after = before.map_or(local_now, |before| match before {
            Typed::Date(date) => date.and_time(NaiveTime::MIN),
            Typed::Time(time) => time,
        });
        let same_day = after.date().and_time(time);
        let next = if same_day > after { same_day } else { same_day + TimeDelta::days(1) };
        return Ok(Read::new(once(next, clock)?, 1));
    }
    let (date, used) = day(words, before.map(Typed::date), today)?;
    let date = within(date)?;
    let is_without_year = day_and_month(&lower(words), today).is_some() && used == 2;
    let past = date.with_year(date.year() - 1).filter(|_| is_without_year && before.is_none());
    let past = past.filter(|past| today - *past < JUST_PAST);
    match words.get(used).map(|word| of_clock(word)).transpose()?.flatten() {
        Some(time) => Ok(Read {
            typed: once(date.and_time(time), clock)?,
            used: used + 1,
            just_past: past.and_then(|date| once(date.and_time(time), clock).ok()),
        }),
        None => Ok(Read { typed: Typed::Date(date), used, just_past: past.map(Typed::Date) }),
    }
}

/// A time of day: `09:00`, `9:00`, `9am`, `9:30pm`, `noon`; `None` for any other word.
fn of_clock(word: &str) -> Result<Option<NaiveTime>, String> {
    let word = word.to_lowercase();
    match word.as_str() {
        "noon" => return Ok(NaiveTime::from_hms_opt(12, 0, 0)),
        "midnight" => {
            return Err(
                "`midnight` may be the beginning or the end of a day: write 00:00 with its date".to_owned()
            );
        }
        _ => {}
    }
    let (digits, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ => (word.as_str(), None),
    };
    let is_number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = digits.split(':').collect();
    if !parts.iter().all(|part| is_number(part)) || parts.len() == 1 && half.is_none() {
        return Ok(None);
    }
    let number = |n: usize| parts.get(n).map_or(Some(0), |part| part.parse::<u32>().ok());
    let (Some(hour), Some(minute), Some(second)) = (number(0), number(1), number(2)) else { return Ok(None) };
    let wrong = || format!("`{word}` is not a time of day; write it in 24 hours, such as 09:00 or 18:30");
    if second != 0 {
        return Err(format!("`{word}` has seconds; times are whole minutes here"));
    }
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return Err(wrong()),
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, 0).map(Some).ok_or_else(wrong)
}

/// An instant as local time, the only form that the file has.
fn on_clock(instant: Instant, clock: Clock<'_>) -> Result<Typed, String> {
    let local = clock.zone.local(instant);
    if local.second() != 0 || local.nanosecond() != 0 {
        return Err(format!(
            "{} has seconds; times are whole minutes here",
            instant.format("%Y-%m-%dT%H:%M:%SZ")
        ));
    }
    let utc = instant.format("%Y-%m-%dT%H:%M:%SZ");
    let shown = |time| [format!("{utc} is {time}"), "write another time".to_owned()];
    let typed = named(instant, shown, clock)?;
    within(local.date()).map(|_| typed)
}

/// The local time of an `instant`, which must be the one that local time alone means. `shown` has what the message says
/// of it, and the help.
fn named(instant: Instant, shown: impl Fn(String) -> [String; 2], clock: Clock<'_>) -> Result<Typed, String> {
    let Clock { zone, .. } = clock;
    if zone.is_named(instant) {
        return Ok(Typed::Time(zone.local(instant)));
    }
    let [is, help] = shown(format!("{} {}", when::clock(zone, instant), zone.abbreviation(instant)));
    let next = when::clock(zone, zone.named_from(instant));
    Err(format!("{is}, which the file cannot express: {help}, such as {next}"))
}

/// A local time, which must occur exactly once.
fn once(local: NaiveDateTime, clock: Clock<'_>) -> Result<Typed, String> {
    let (time, date) = (local.format("%H:%M"), when::date(local.date()));
    match clock.zone.offset_from_local_datetime(&local) {
        MappedLocalTime::Single(_) => Ok(Typed::Time(local)),
        MappedLocalTime::Ambiguous(..) => Err(format!(
            "{time} occurs twice on {date}, since clocks in {} go back; write an earlier or a later time",
            clock.zone.name()
        )),
        MappedLocalTime::None => Err(format!(
            "{time} does not exist on {date}, since clocks in {} go forward; write an earlier or a later time",
            clock.zone.name()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday, 7 May 2027, 08:15:30 in New York.
    fn read(words: &[&str]) -> Result<Vec<String>, String> {
        read_at("2027-05-07T12:15:30Z", words)
    }

    fn read_at(now: &str, words: &[&str]) -> Result<Vec<String>, String> {
        let zone = Zone::bundled("America/New_York").unwrap();
        let clock = Clock { zone: &zone, now: now.parse().unwrap() };
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = times(&words, 2, clock).map_err(|error| error.to_string())?;
        let text = |typed: &Typed| match typed {
            Typed::Date(date) => date.to_string(),
            Typed::Time(time) => time.format("%Y-%m-%d %H:%M").to_string(),
        };
        Ok(found.iter().map(text).collect())
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        for (words, expected) in [
            (&["now"][..], &["2027-05-07 08:15"][..]),
            (&["tomorrow 09:00"], &["2027-05-08 09:00"]),
            (&["tomorrow", "09:00"], &["2027-05-08 09:00"]),
            (&["now", "tomorrow", "9am"], &["2027-05-07 08:15", "2027-05-08 09:00"]),
            (&["from now until 18:00"], &["2027-05-07 08:15", "2027-05-07 18:00"]),
            (&["18:00"], &["2027-05-07 18:00"]),
            (&["08:00"], &["2027-05-08 08:00"]),
            (&["sat 18:00", "09:00"], &["2027-05-08 18:00", "2027-05-09 09:00"]),
            (&["Thursday"], &["2027-05-13"]),
            (&["2027-05-31"], &["2027-05-31"]),
            (&["2027-05-31 18:00"], &["2027-05-31 18:00"]),
            (&["2027-05-31T18:00", "2027-06-01T09:00:00"], &["2027-05-31 18:00", "2027-06-01 09:00"]),
            (&["2027-05-31T22:00:00Z"], &["2027-05-31 18:00"]),
            (&["2027-05-31T22:00:00+02:00"], &["2027-05-31 16:00"]),
            (&["31 May"], &["2027-05-31"]),
            (&["May 3rd noon"], &["2028-05-03 12:00"]),
            (&["24 Dec 2027", "26 Dec 2027"], &["2027-12-24", "2027-12-26"]),
            (&["today 9:30pm"], &["2027-05-07 21:30"]),
            (&["2027-06-01", "-", "2027-06-05"], &["2027-06-01", "2027-06-05"]),
            (&["2027-11-07T05:30:00Z"], &["2027-11-07 01:30"]),
            (&["2027-06-01..2027-06-05"], &["2027-06-01", "2027-06-05"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(read(words), Ok(expected), "{words:?}");
        }
    }

    #[test]
    fn the_second_time_is_the_next_after_the_first() {
        for (now, words, expected) in [
            // Saturday, Sunday, Friday and Monday.
            ("2027-05-08T12:00:00Z", "fri 18:00 mon 09:00", "2027-05-14 18:00, 2027-05-17 09:00"),
            ("2027-05-09T12:00:00Z", "fri 18:00 mon 09:00", "2027-05-14 18:00, 2027-05-17 09:00"),
            ("2027-05-07T12:00:00Z", "today 18:00 mon 09:00", "2027-05-07 18:00, 2027-05-10 09:00"),
            ("2027-05-10T12:00:00Z", "fri 18:00 until mon 09:00", "2027-05-14 18:00, 2027-05-17 09:00"),
            // Wednesday.
            ("2027-05-12T12:00:00Z", "mon fri", "2027-05-17, 2027-05-21"),
            (
                "2027-05-12T12:00:00Z",
                "mon mon",
                "`mon` may mean Mon 17 May 2027 or Mon 24 May 2027: write the date",
            ),
            ("2027-05-12T12:00:00Z", "17 May wed", "2027-05-17, 2027-05-19"),
            ("2026-12-29T12:00:00Z", "30 Dec 2 Jan", "2026-12-30, 2027-01-02"),
            ("2026-12-31T12:00:00Z", "30 Dec to 2 Jan", "2026-12-30, 2027-01-02"),
            ("2027-01-02T12:00:00Z", "30 Dec to 2 Jan", "2026-12-30, 2027-01-02"),
            ("2027-01-03T12:00:00Z", "30 Dec to 2 Jan", "2027-12-30, 2028-01-02"),
            ("2027-05-08T12:00:00Z", "3 May 10 May", "2027-05-03, 2027-05-10"),
            ("2027-05-08T12:00:00Z", "May 3 noon - May 8 18:00", "2027-05-03 12:00, 2027-05-08 18:00"),
            ("2027-05-08T12:00:00Z", "3 May 7 May", "2028-05-03, 2028-05-07"),
            ("2027-05-08T12:00:00Z", "3 May", "2028-05-03"),
        ] {
            assert_eq!(
                read_at(now, &[words]).map_or_else(|refused| refused, |all| all.join(", ")),
                expected,
                "{words}"
            );
        }
    }

    #[test]
    fn an_ambiguous_time_is_refused_naming_both() {
        for (words, expected) in [
            (&["fri 18:00"][..], "`fri` may mean today, Fri 7 May 2027, or Fri 14 May 2027"),
            (&["next mon"], "`next mon` may mean Mon 10 May 2027 or Mon 17 May 2027"),
            (&["5/6"], "`5/6` may be Thu 6 May 2027 or Sat 5 Jun 2027: write 2027-05-06 or 2027-06-05"),
            (&["31/5/2027"], "`31/5/2027` is not understood: write 2027-05-31"),
            (&["31.05."], "`31.05.` is not understood: write 2027-05-31"),
            (&["midnight"], "may be the beginning or the end of a day"),
            (&["tomorrow midnight"], "may be the beginning or the end of a day"),
            (&["soonish"], "`soonish` is not a time that oncal knows"),
            (&["tomorrow 25:00"], "`25:00` is not a time of day"),
            (&["13pm"], "`13pm` is not a time of day"),
            (&["tomorrow 09:00:30"], "has seconds"),
            (&["2027-11-07 01:30"], "01:30 occurs twice on Sun 7 Nov 2027"),
            (
                &["2027-11-07T06:30:00Z"],
                "2027-11-07T06:30:00Z is 01:30 EST, which the file cannot express: write another time, such as 02:00",
            ),
            (&["2027-03-14 02:30"], "02:30 does not exist on Sun 14 Mar 2027"),
            (&["2201-01-01"], "years run from 1970 to 2200"),
            (&["30 February"], "30 february does not exist"),
            (&["2027-02-30"], "there is no such date as 2027-02-30: that month ends on 2027-02-28"),
            (&["2027-02-30T10:00"], "there is no such date as 2027-02-30"),
            (&["2027-13-01"], "there is no such date as 2027-13-01: write year, month and day"),
            (&["mon", "tue", "wed"], "at most 2 times can be given, but these were: Mon 10 May 2027, then"),
            (&[], "a time is missing"),
            (&["until"], "a time is missing"),
        ] {
            let refused = read(words).unwrap_err();
            assert!(refused.contains(expected), "{words:?}: {refused}");
        }
    }
}
