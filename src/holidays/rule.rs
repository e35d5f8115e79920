//! The rule language of `on`: a day of the year that a few words describe.
//!
//! Not here: which years a rule holds in (`years`), and what happens to a day on a weekend (`calendar`).

use std::fmt;
use std::ops::Range;

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};
use thiserror::Error;

use super::easter;
use crate::toml_reader::nearest;

/// Weekdays as they are written.
pub(super) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const PLACES: [&str; 5] = ["1st", "2nd", "3rd", "4th", "5th"];

/// Days before and after Easter that a rule may name; within them the day lies in Easter's own year.
const EASTER_OFFSETS: std::ops::RangeInclusive<i32> = -80..=230;

/// A day of the year, as a rule describes it. [`fmt::Display`] writes it as [`On::parse`] reads it.
///
/// ```
/// use chrono::NaiveDate;
/// use oncal::holidays::On;
///
/// let thanksgiving = On::parse("4th thu of nov").unwrap();
/// assert_eq!(thanksgiving.in_year(2026), NaiveDate::from_ymd_opt(2026, 11, 26));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// `12-25`. 29 February exists in leap years only.
    Fixed {
        /// 1 to 12.
        month: u32,
        /// 1 to 31.
        day: u32,
    },
    /// `3rd mon of jan`; a fifth one exists in some years only.
    Nth {
        /// 1 to 5.
        nth: u8,
        /// The weekday counted.
        weekday: Weekday,
        /// 1 to 12.
        month: u32,
    },
    /// `last mon of may`.
    Last {
        /// The weekday looked for.
        weekday: Weekday,
        /// 1 to 12.
        month: u32,
    },
    /// `easter-2`, `easter`, `orthodox-easter+1`.
    Easter {
        /// Whether it is the Easter of the Orthodox churches.
        orthodox: bool,
        /// Days after Easter Sunday.
        offset: i32,
    },
    /// `sat on-or-after 06-20`. Near a year's end the day may lie in the next year.
    OnOrAfter {
        /// The weekday looked for.
        weekday: Weekday,
        /// 1 to 12.
        month: u32,
        /// 1 to 31, the earliest possible day.
        day: u32,
    },
    /// `mon on-or-before 05-24`. Near a year's start the day may lie in the year before.
    OnOrBefore {
        /// The weekday looked for.
        weekday: Weekday,
        /// 1 to 12.
        month: u32,
        /// 1 to 31, the latest possible day.
        day: u32,
    },
}

impl On {
    /// Reads a rule. Words are in lower case, with spaces between them.
    ///
    /// # Errors
    ///
    /// The first word that fits no rule, with its place in `text`.
    pub fn parse(text: &str) -> Result<On, RuleError> {
        let words = words(text);
        match words.as_slice() {
            [word] if word.text.starts_with("easter") || word.text.starts_with("orthodox") => {
                parse_easter(*word)
            }
            [word] if word.text.starts_with(|first: char| first.is_ascii_digit()) => {
                let (month, day) = parse_day(*word)?;
                Ok(On::Fixed { month, day })
            }
            [weekday, Word { text: "on-or-after", .. }, anchor] => {
                let (weekday, (month, day)) = (parse_weekday(*weekday)?, parse_day(*anchor)?);
                Ok(On::OnOrAfter { weekday, month, day })
            }
            [weekday, Word { text: "on-or-before", .. }, anchor] => {
                let (weekday, (month, day)) = (parse_weekday(*weekday)?, parse_day(*anchor)?);
                Ok(On::OnOrBefore { weekday, month, day })
            }
            [place, weekday, Word { text: "of", .. }, month] => {
                let nth = parse_place(*place)?;
                let (weekday, month) = (parse_weekday(*weekday)?, parse_month(*month)?);
                Ok(match nth {
                    Some(nth) => On::Nth { nth, weekday, month },
                    None => On::Last { weekday, month },
                })
            }
            _ => Err(RuleError { fault: RuleFault::Form, place: 0..text.len() }),
        }
    }

    /// The day that the rule gives for `year`, if there is one.
    pub fn in_year(&self, year: i32) -> Option<NaiveDate> {
        match *self {
            On::Fixed { month, day } => NaiveDate::from_ymd_opt(year, month, day),
            On::Nth { nth, weekday, month } => {
                NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)
            }
            On::Last { weekday, month } => NaiveDate::from_weekday_of_month_opt(year, month, weekday, 5)
                .or_else(|| NaiveDate::from_weekday_of_month_opt(year, month, weekday, 4)),
            On::Easter { orthodox, offset } => {
                let easter = if orthodox { easter::orthodox(year) } else { easter::western(year) };
                easter?.checked_add_signed(TimeDelta::days(i64::from(offset)))
            }
            On::OnOrAfter { weekday, month, day } => {
                let first = NaiveDate::from_ymd_opt(year, month, day)?;
                first.checked_add_days(Days::new(u64::from(weekday.days_since(first.weekday()))))
            }
            On::OnOrBefore { weekday, month, day } => {
                let last = NaiveDate::from_ymd_opt(year, month, day)?;
                last.checked_sub_days(Days::new(u64::from(last.weekday().days_since(weekday))))
            }
        }
    }
}

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            On::Fixed { month, day } => write!(f, "{month:02}-{day:02}"),
            On::Nth { nth, weekday, month } => {
                let place = PLACES.get(usize::from(nth).wrapping_sub(1)).unwrap_or(&"");
                write!(f, "{place} {} of {}", weekday_name(weekday), month_name(month))
            }
            On::Last { weekday, month } => {
                write!(f, "last {} of {}", weekday_name(weekday), month_name(month))
            }
            On::Easter { orthodox, offset } => {
                f.write_str(if orthodox { "orthodox-easter" } else { "easter" })?;
                if offset == 0 { Ok(()) } else { write!(f, "{offset:+}") }
            }
            On::OnOrAfter { weekday, month, day } => {
                write!(f, "{} on-or-after {month:02}-{day:02}", weekday_name(weekday))
            }
            On::OnOrBefore { weekday, month, day } => {
                write!(f, "{} on-or-before {month:02}-{day:02}", weekday_name(weekday))
            }
        }
    }
}

/// Why a text is not a rule, and which part of it is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{fault}")]
pub struct RuleError {
    /// What is wrong.
    pub fault: RuleFault,
    /// The wrong part of the text, in bytes.
    pub place: Range<usize>,
}

/// What can be wrong with a rule, with the word that was found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleFault {
    /// The words do not form a rule.
    #[error("this is not a rule for a day of the year")]
    Form,
    /// No weekday.
    #[error("`{0}` is not a weekday")]
    Weekday(String),
    /// No month.
    #[error("`{0}` is not a month")]
    Month(String),
    /// Neither `1st` to `5th` nor `last`.
    #[error("`{0}` does not say which of the month's weekdays is meant")]
    Place(String),
    /// No month and day.
    #[error("`{0}` is not a day of the year")]
    Day(String),
    /// Easter, but not a count of days from it.
    #[error("`{0}` is not a number of days from Easter")]
    Easter(String),
}

impl RuleError {
    /// What would be right, with the nearest valid word where there is one.
    pub fn help(&self) -> String {
        match &self.fault {
            RuleFault::Form => "such as \"12-25\", \"3rd mon of jan\", \"last mon of may\", \"easter+39\", \
                \"orthodox-easter-2\", \"sat on-or-after 06-20\" or \"mon on-or-before 05-24\""
                .to_owned(),
            RuleFault::Weekday(found) => weekday_help(found),
            RuleFault::Month(found) => meant(found, &MONTHS),
            RuleFault::Place(found) => place_help(found),
            RuleFault::Day(found) if found.matches('-').count() == 2 => {
                "a day of every year is month and day, as in \"12-25\"; single dates go into `dates`"
                    .to_owned()
            }
            RuleFault::Day(_) => "month and day with two digits each, as in \"12-25\"".to_owned(),
            RuleFault::Easter(_) => format!(
                "`easter` or `orthodox-easter`, followed without a space by {} to +{} days, as in \"easter+39\"",
                EASTER_OFFSETS.start(),
                EASTER_OFFSETS.end()
            ),
        }
    }
}

/// What somebody probably meant by a word that is not a weekday.
pub(super) fn weekday_help(found: &str) -> String {
    meant(found, &WEEKDAYS.map(|(name, _)| name))
}

/// What somebody probably meant by a word that is not a place in a month. A number means itself, not a place that looks
/// like it.
fn place_help(found: &str) -> String {
    let digits = found.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    if let Ok(nth) = digits.parse::<usize>() {
        let place = nth.checked_sub(1).and_then(|index| PLACES.get(index));
        return place
            .map_or("`1st` to `5th`, or `last`".to_owned(), |place| format!("did you mean `{place}`?"));
    }
    let mut places = PLACES.to_vec();
    places.push("last");
    meant(found, &places)
}

/// `mon` for Monday.
pub(super) fn weekday_name(weekday: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(_, day)| *day == weekday).map_or("", |(name, _)| name)
}

fn month_name(month: u32) -> &'static str {
    let index = usize::try_from(month).map_or(0, |month| month.wrapping_sub(1));
    MONTHS.get(index).copied().unwrap_or("")
}

/// Suggests the nearest of `known`, or lists all of them. A word written out (`january`) is near its short form.
fn meant(found: &str, known: &[&str]) -> String {
    let lower = found.to_lowercase();
    if let Some(short) = known.iter().find(|name| lower.starts_with(**name)) {
        return format!("did you mean `{short}`?");
    }
    nearest(found, known.iter().copied()).unwrap_or_else(|| format!("one of {}", known.join(", ")))
}

#[derive(Debug, Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    start: usize,
}

impl Word<'_> {
    fn fails(self, fault: fn(String) -> RuleFault) -> RuleError {
        let place = self.start..self.start + self.text.len();
        RuleError { fault: fault(self.text.to_owned()), place }
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut rest = 0;
    text.split_whitespace()
        .filter_map(|word| {
            let start = rest + text.get(rest..)?.find(word)?;
            rest = start + word.len();
            Some(Word { text: word, start })
        })
        .collect()
}

fn parse_weekday(word: Word<'_>) -> Result<Weekday, RuleError> {
    let found = WEEKDAYS.iter().find(|(name, _)| *name == word.text);
    found.map(|(_, weekday)| *weekday).ok_or_else(|| word.fails(RuleFault::Weekday))
}

fn parse_month(word: Word<'_>) -> Result<u32, RuleError> {
    let index = MONTHS.iter().zip(1..).find(|(name, _)| **name == word.text);
    index.map(|(_, month)| month).ok_or_else(|| word.fails(RuleFault::Month))
}

/// The count of `1st` to `5th`, or `None` for `last`.
fn parse_place(word: Word<'_>) -> Result<Option<u8>, RuleError> {
    if word.text == "last" {
        return Ok(None);
    }
    let place = PLACES.iter().zip(1..).find(|(name, _)| **name == word.text);
    place.map(|(_, nth)| Some(nth)).ok_or_else(|| word.fails(RuleFault::Place))
}

/// Month and day that exist at least in leap years.
fn parse_day(word: Word<'_>) -> Result<(u32, u32), RuleError> {
    let digits = |part: &str| {
        let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse::<u32>().ok() } else { None }
    };
    let parts = word.text.split_once('-').and_then(|(month, day)| Some((digits(month)?, digits(day)?)));
    let leap_year = 2000;
    parts
        .filter(|(month, day)| NaiveDate::from_ymd_opt(leap_year, *month, *day).is_some())
        .ok_or_else(|| word.fails(RuleFault::Day))
}

fn parse_easter(word: Word<'_>) -> Result<On, RuleError> {
    let after_church = word.text.strip_prefix("orthodox-");
    let offset = after_church.unwrap_or(word.text).strip_prefix("easter").and_then(|offset| match offset {
        "" => Some(0),
        signed if signed.starts_with(['+', '-']) => signed.parse().ok(),
        _ => None,
    });
    let offset = offset.filter(|offset| EASTER_OFFSETS.contains(offset));
    let orthodox = after_church.is_some();
    offset.map(|offset| On::Easter { orthodox, offset }).ok_or_else(|| word.fails(RuleFault::Easter))
}
