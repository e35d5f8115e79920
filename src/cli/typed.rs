//! Times as people type them at 3 a.m.: `now`, `tomorrow 09:00`, `fri 18:00`, `31 May`, dates and instants.
//!
//! Ambiguous times are refused, with both meanings in the message.

use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone,
};
use chrono::{Timelike, Utc, Weekday};

use super::output::Usage;
use super::when;
use crate::holidays::YEARS;
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
    /// A date with a time of day in whole minutes, which exists once on that clock.
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

const EXAMPLES: &str =
    "write `now`, `tomorrow 09:00`, `fri 18:00`, `2026-12-24`, `2026-12-24 18:00` or an instant";

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
    let mut rest: &[String] = &words;
    let mut found: Vec<Typed> = Vec::new();
    while let [first, after @ ..] = rest {
        if FILLERS.contains(&first.to_lowercase().as_str()) {
            rest = after;
            continue;
        }
        let (typed, used) = time(rest, found.last().copied(), clock).map_err(Usage)?;
        found.push(typed);
        rest = &rest[used..];
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

/// The time that `words` begin with, and how many of them it has.
fn time(words: &[String], before: Option<Typed>, clock: Clock<'_>) -> Result<(Typed, usize), String> {
    let word = words.first().map(String::as_str).unwrap_or_default();
    let local_now = clock.zone.local(clock.now);
    let today = local_now.date();
    if word.eq_ignore_ascii_case("now") {
        let now = local_now.with_second(0).and_then(|now| now.with_nanosecond(0)).unwrap_or(local_now);
        return Ok((once(now, clock)?, 1));
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(word) {
        return Ok((on_clock(instant.with_timezone(&Utc), clock)?, 1));
    }
    if let Some((date, time)) = word.split_once(['T', 't'])
        && let (Ok(date), Some(time)) = (date.parse::<NaiveDate>(), of_clock(time)?)
    {
        return Ok((once(within(date)?.and_time(time), clock)?, 1));
    }
    if let Some(time) = of_clock(word)? {
        // A time alone means its next occurrence, after the time typed before it or after now.
        let after = before.map_or(local_now, |before| match before {
            Typed::Date(date) => date.and_time(NaiveTime::MIN),
            Typed::Time(time) => time,
        });
        let same_day = after.date().and_time(time);
        let next = if same_day > after { same_day } else { same_day + TimeDelta::days(1) };
        return Ok((once(next, clock)?, 1));
    }
    let (date, used) = day(words, today)?;
    let date = within(date)?;
    match words.get(used).map(|word| of_clock(word)).transpose()?.flatten() {
        Some(time) => Ok((once(date.and_time(time), clock)?, used + 1)),
        None => Ok((Typed::Date(date), used)),
    }
}

/// The day that `words` begin with, and how many of them it has.
fn day(words: &[String], today: NaiveDate) -> Result<(NaiveDate, usize), String> {
    let lower: Vec<String> = words.iter().take(3).map(|word| word.to_lowercase()).collect();
    let word = lower.first().map(String::as_str).unwrap_or_default();
    let plus = |days: u64| today.checked_add_days(Days::new(days)).unwrap_or(today);
    match word {
        "today" => return Ok((today, 1)),
        "tomorrow" => return Ok((plus(1), 1)),
        "yesterday" => return Ok((today.pred_opt().unwrap_or(today), 1)),
        "next" | "this" | "coming" => {
            let weekday = lower.get(1).and_then(|word| weekday(word));
            return Err(match weekday {
                Some(weekday) => {
                    let first = next(weekday, today);
                    let second = first + TimeDelta::days(7);
                    format!(
                        "`{word} {}` may mean {} or {}: write the date",
                        lower[1],
                        when::date(first),
                        when::date(second)
                    )
                }
                None => format!("`{word}` may mean several times: write a date such as {}", plus(7)),
            });
        }
        _ => {}
    }
    if let Some(weekday) = weekday(word) {
        let date = next(weekday, today);
        if today.weekday() == weekday {
            let (today, next) = (when::date(today), when::date(date));
            return Err(format!("`{word}` may mean today, {today}, or {next}: write `today` or the date"));
        }
        return Ok((date, 1));
    }
    if let Ok(date) = word.parse::<NaiveDate>() {
        return Ok((date, 1));
    }
    if word.contains('/') || word.matches('.').count() > 0 && word.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(numbers(word, today));
    }
    if let Some(found) = day_and_month(&lower, today) {
        return found;
    }
    let word = words.first().map(String::as_str).unwrap_or_default();
    Err(format!("`{word}` is not a time that oncal knows; {EXAMPLES}"))
}

/// `31 May`, `May 31`, each with a year or without: then the next such date.
fn day_and_month(words: &[String], today: NaiveDate) -> Option<Result<(NaiveDate, usize), String>> {
    let [one, two, ..] = words else { return None };
    let number = |word: &str| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        digits.parse::<u32>().ok().filter(|day| (1..=31).contains(day))
    };
    let ((Some(day), Some(month), ..) | (_, _, Some(month), Some(day))) =
        (number(one), month(two), month(one), number(two))
    else {
        return None;
    };
    let missing = || Err(format!("{one} {two} does not exist in that year"));
    if let Some(year) = words.get(2).filter(|word| word.len() == 4).and_then(|word| word.parse::<i32>().ok())
    {
        return Some(NaiveDate::from_ymd_opt(year, month, day).map_or_else(missing, |date| Ok((date, 3))));
    }
    let of = |year: i32| NaiveDate::from_ymd_opt(year, month, day);
    let ahead = of(today.year()).filter(|date| *date >= today).or_else(|| of(today.year() + 1));
    Some(ahead.map_or_else(missing, |date| Ok((date, 2))))
}

fn numbers(word: &str, today: NaiveDate) -> String {
    let parts: Vec<u32> = word.split(['/', '.']).filter_map(|part| part.parse().ok()).collect();
    let [one, two, ..] = parts[..] else {
        return format!("`{word}` is not a time that oncal knows; {EXAMPLES}");
    };
    let year = parts.get(2).and_then(|year| i32::try_from(*year).ok()).filter(|year| *year > 99);
    let year = year.unwrap_or(today.year());
    let mut read: Vec<NaiveDate> =
        [(one, two), (two, one)].iter().filter_map(|(m, d)| NaiveDate::from_ymd_opt(year, *m, *d)).collect();
    read.dedup();
    match read[..] {
        [only] => format!("`{word}` is not understood: write {only}"),
        [one, two] => {
            let names = [one, two].map(when::date);
            format!("`{word}` may be {} or {}: write {one} or {two}", names[0], names[1])
        }
        _ => format!("`{word}` is not a date; {EXAMPLES}"),
    }
}

fn next(weekday: Weekday, today: NaiveDate) -> NaiveDate {
    let days = (weekday.num_days_from_monday() + 7 - today.weekday().num_days_from_monday()) % 7;
    today + TimeDelta::days(i64::from(if days == 0 { 7 } else { days }))
}

/// A weekday by its name or the first three letters of it.
fn weekday(word: &str) -> Option<Weekday> {
    (word.len() >= 3).then(|| word.to_lowercase().parse().ok()).flatten()
}

fn month(word: &str) -> Option<u32> {
    let month = (word.len() >= 3).then(|| word.parse::<chrono::Month>().ok()).flatten();
    month.map(|month| month.number_from_month())
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

fn within(date: NaiveDate) -> Result<NaiveDate, String> {
    if YEARS.contains(&date.year()) {
        return Ok(date);
    }
    Err(format!("years run from {} to {}", YEARS.start(), YEARS.end()))
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
    let typed = once(local, clock)?;
    within(local.date()).map(|_| typed)
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
        let zone = Zone::bundled("America/New_York").unwrap();
        let clock = Clock { zone: &zone, now: "2027-05-07T12:15:30Z".parse().unwrap() };
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
            (&["2027-06-01..2027-06-05"], &["2027-06-01", "2027-06-05"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(read(words), Ok(expected), "{words:?}");
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
            (&["2027-11-07T06:30:00Z"], "01:30 occurs twice on Sun 7 Nov 2027"),
            (&["2027-03-14 02:30"], "02:30 does not exist on Sun 14 Mar 2027"),
            (&["2201-01-01"], "years run from 1970 to 2200"),
            (&["30 February"], "30 february does not exist"),
            (&["mon", "tue", "wed"], "at most 2 times can be given, but these were: Mon 10 May 2027, then"),
            (&[], "a time is missing"),
            (&["until"], "a time is missing"),
        ] {
            let refused = read(words).unwrap_err();
            assert!(refused.contains(expected), "{words:?}: {refused}");
        }
    }
}
