//! The days in times as people type them: `tomorrow`, `fri`, `31 May`, `2026-12-24`.

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta, Weekday};

use crate::cli::when;

pub(super) const EXAMPLES: &str =
    "write `now`, `tomorrow 09:00`, `fri 18:00`, `2026-12-24`, `2026-12-24 18:00` or an instant";

/// The first words, as many as a date can have, in lower case.
pub(super) fn lower(words: &[String]) -> Vec<String> {
    words.iter().take(3).map(|word| word.to_lowercase()).collect()
}

/// The day that `words` begin with, and how many of them it has. Without its year it is the next one from today on, or
/// after the day `before`.
pub(super) fn day(
    words: &[String],
    before: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(NaiveDate, usize), String> {
    let lower = lower(words);
    let after = before.unwrap_or(today);
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
                    let first = next(weekday, after);
                    let second = first + TimeDelta::days(7);
                    format!(
                        "`{word} {}` may mean {} or {}: write the date",
                        lower[1],
                        when::date(first),
                        when::date(second)
                    )
                }
                None => format!("`{word}` is ambiguous: write a date such as {}", plus(7)),
            });
        }
        _ => {}
    }
    if let Some(weekday) = weekday(word) {
        let date = next(weekday, after);
        if after.weekday() == weekday {
            let (same, next) = (when::date(after), when::date(date));
            return Err(match after == today {
                true => format!("`{word}` may mean today, {same}, or {next}: write `today` or the date"),
                false => format!("`{word}` may mean {same} or {next}: write the date"),
            });
        }
        return Ok((date, 1));
    }
    if let Ok(date) = word.parse::<NaiveDate>() {
        return Ok((date, 1));
    }
    if let Some(refused) = no_such_date(word) {
        return Err(refused);
    }
    if word.contains('/') || word.matches('.').count() > 0 && word.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(numbers(word, today));
    }
    if let Some(found) = day_and_month(&lower, after) {
        return found;
    }
    let word = words.first().map(String::as_str).unwrap_or_default();
    Err(format!("`{word}` is not a time that oncal knows; {EXAMPLES}"))
}

/// `31 May`, `May 31`, each with a year or without: then the next such date from `first` on.
pub(super) fn day_and_month(
    words: &[String],
    first: NaiveDate,
) -> Option<Result<(NaiveDate, usize), String>> {
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
    let ahead = of(first.year()).filter(|date| *date >= first).or_else(|| of(first.year() + 1));
    Some(ahead.map_or_else(missing, |date| Ok((date, 2))))
}

/// Why `2027-02-30` is refused, with or without a time behind it.
fn no_such_date(word: &str) -> Option<String> {
    let date = word.split('t').next()?;
    let parts: Vec<u32> = date.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day] = parts[..] else { return None };
    let year = i32::try_from(year).ok().filter(|year| *year > 31)?;
    let first = NaiveDate::from_ymd_opt(year, month, 1);
    let last = first.and_then(|first| first.checked_add_months(Months::new(1))?.pred_opt());
    Some(match last {
        Some(last) if day > last.day() => {
            format!("there is no such date as {date}: that month ends on {last}")
        }
        Some(_) => format!("`{date}` is not understood: write year, month and day, such as 2026-12-24"),
        None => format!("there is no such date as {date}: write year, month and day, such as 2026-12-24"),
    })
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
