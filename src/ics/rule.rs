//! The language of `RRULE` (RFC 5545 3.3.10), as far as it names days.
//!
//! Rules that repeat within a day are refused: no holiday or absence repeats like that. Not here: the dates that
//! follow from a rule (`recur`).

use std::ops::{Range, RangeInclusive};

use chrono::Weekday;
use thiserror::Error;

/// How often a rule repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frequency {
    /// Each day.
    Daily,
    /// Each week.
    Weekly,
    /// Each month.
    Monthly,
    /// Each year.
    Yearly,
}

/// A recurrence rule. Lists that were not given are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// How often it repeats.
    pub(super) frequency: Frequency,
    /// 1 for each period, 2 for every second, and so on; at least 1.
    pub(super) interval: u32,
    /// How many times in all, the first included.
    pub(super) count: Option<u32>,
    /// `UNTIL` as written: a date, or a time of the event's clock or of UTC.
    pub(super) until: Option<String>,
    pub(super) months: Vec<u32>,
    pub(super) month_days: Vec<i32>,
    pub(super) year_days: Vec<i32>,
    pub(super) weeks: Vec<i32>,
    /// With 0 for every such weekday, else the nth of the month or year, from its end where negative.
    pub(super) weekdays: Vec<(i32, Weekday)>,
    pub(super) positions: Vec<i32>,
    pub(super) week_start: Weekday,
    /// `BYHOUR`, `BYMINUTE` and `BYSECOND`, which may only repeat the time of the start.
    pub(super) time: [Option<u32>; 3],
}

/// Why a rule cannot be followed, and which part of it is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{fault}")]
pub(super) struct BadRule {
    /// What is wrong.
    pub(super) fault: RuleFault,
    /// The wrong part of the text, in bytes.
    pub(super) place: Range<usize>,
}

/// What can be wrong with a rule. None of them quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum RuleFault {
    /// No `FREQ`.
    #[error("this recurrence does not say how often it repeats")]
    NoFrequency,
    /// `HOURLY`, `MINUTELY`, `SECONDLY`, or times of day other than the start's.
    #[error("this recurrence repeats within a day")]
    WithinDay,
    /// A part that is no `NAME=value` of RFC 5545.
    #[error("this part of the recurrence is not known")]
    Unknown,
    /// A value out of range, or none.
    #[error("this part of the recurrence is out of range")]
    Value,
    /// `RSCALE` or `SKIP` of RFC 7529 for another calendar than ours.
    #[error("this recurrence follows a calendar other than the Gregorian one")]
    Calendar,
}

impl RuleFault {
    /// What to write instead.
    pub(super) fn help(self) -> &'static str {
        match self {
            RuleFault::NoFrequency => "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY",
            RuleFault::WithinDay => {
                "holidays and absences repeat by the day at most; take this event out of the calendar"
            }
            RuleFault::Unknown | RuleFault::Value => {
                "a rule such as FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25 (RFC 5545 3.3.10)"
            }
            RuleFault::Calendar => "give such days as single events, one for each year",
        }
    }
}

/// How many entries a list may have: the days of a year, from either end.
const MAX_LIST: usize = 732;

impl Rule {
    /// A rule that repeats on the day of its start.
    pub(super) fn new(frequency: Frequency) -> Rule {
        Rule {
            frequency,
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            month_days: Vec::new(),
            year_days: Vec::new(),
            weeks: Vec::new(),
            weekdays: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Mon,
            time: [None; 3],
        }
    }

    /// Reads the value of an `RRULE`.
    ///
    /// # Errors
    ///
    /// The first part that cannot be followed, with its place in `text`.
    pub(super) fn parse(text: &str) -> Result<Rule, BadRule> {
        let mut rule = Rule::new(Frequency::Yearly);
        let (mut at, mut frequency) = (0, None);
        for part in text.split(';') {
            let place = at..at + part.len();
            at += part.len() + 1;
            if part.trim().is_empty() {
                continue;
            }
            let upper = part.trim().to_ascii_uppercase();
            let bad = |fault| BadRule { fault, place: place.clone() };
            let (name, value) = upper.split_once('=').ok_or_else(|| bad(RuleFault::Unknown))?;
            if name == "FREQ" {
                frequency = Some(read_frequency(value).map_err(bad)?);
            } else {
                rule.part(name, value).map_err(bad)?;
            }
        }
        let whole = |fault| BadRule { fault, place: 0..text.len() };
        rule.frequency = frequency.ok_or_else(|| whole(RuleFault::NoFrequency))?;
        if rule.is_nonsense() {
            return Err(whole(RuleFault::Value));
        }
        Ok(rule)
    }

    fn part(&mut self, name: &str, value: &str) -> Result<(), RuleFault> {
        match name {
            "INTERVAL" => self.interval = number(value, 1..=10_000).and_then(unsigned)?,
            "COUNT" => self.count = Some(number(value, 1..=1_000_000).and_then(unsigned)?),
            "UNTIL" => self.until = Some(value.to_owned()),
            "BYMONTH" => self.months = list(value, |word| number(word, 1..=12).and_then(unsigned))?,
            "BYMONTHDAY" => self.month_days = list(value, |word| signed(word, 31))?,
            "BYYEARDAY" => self.year_days = list(value, |word| signed(word, 366))?,
            "BYWEEKNO" => self.weeks = list(value, |word| signed(word, 53))?,
            "BYSETPOS" => self.positions = list(value, |word| signed(word, 366))?,
            "BYDAY" => self.weekdays = list(value, read_weekday)?,
            "WKST" => self.week_start = weekday(value)?,
            "BYHOUR" => self.time[0] = Some(only(value, 23)?),
            "BYMINUTE" => self.time[1] = Some(only(value, 59)?),
            "BYSECOND" => self.time[2] = Some(only(value, 59)?),
            "RSCALE" if value == "GREGORIAN" => {}
            "SKIP" if value == "OMIT" => {}
            "RSCALE" | "SKIP" => return Err(RuleFault::Calendar),
            _ if name.starts_with("X-") => {}
            _ => return Err(RuleFault::Unknown),
        }
        Ok(())
    }

    /// How much work it is to test one day, in steps; eight entries of lists are one.
    pub(super) fn steps_a_day(&self) -> u64 {
        let lists = [&self.month_days, &self.year_days, &self.weeks, &self.positions];
        let entries =
            lists.iter().map(|list| list.len()).sum::<usize>() + self.months.len() + self.weekdays.len();
        u64::try_from(1 + entries / 8).unwrap_or(u64::MAX)
    }

    /// Whether it has a combination of parts that RFC 5545 forbids because it means nothing.
    fn is_nonsense(&self) -> bool {
        let nth = self.weekdays.iter().any(|(nth, _)| *nth != 0);
        let (daily, weekly) = (self.frequency == Frequency::Daily, self.frequency == Frequency::Weekly);
        let yearly = self.frequency == Frequency::Yearly;
        (nth && (daily || weekly || yearly && !self.weeks.is_empty()))
            || (!self.month_days.is_empty() && weekly)
            || (!self.year_days.is_empty() && !yearly)
            || (!self.weeks.is_empty() && !yearly)
    }
}

fn read_frequency(value: &str) -> Result<Frequency, RuleFault> {
    match value {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        "HOURLY" | "MINUTELY" | "SECONDLY" => Err(RuleFault::WithinDay),
        _ => Err(RuleFault::NoFrequency),
    }
}

fn list<T>(value: &str, read: impl Fn(&str) -> Result<T, RuleFault>) -> Result<Vec<T>, RuleFault> {
    let words: Vec<&str> = value.split(',').take(MAX_LIST + 1).collect();
    if words.len() > MAX_LIST {
        return Err(RuleFault::Value);
    }
    words.into_iter().map(|word| read(word.trim())).collect()
}

fn number(word: &str, range: RangeInclusive<i32>) -> Result<i32, RuleFault> {
    word.trim().parse().ok().filter(|number| range.contains(number)).ok_or(RuleFault::Value)
}

fn unsigned(number: i32) -> Result<u32, RuleFault> {
    number.try_into().map_err(|_| RuleFault::Value)
}

/// `1` to `most`, or as many from the end.
fn signed(word: &str, most: i32) -> Result<i32, RuleFault> {
    number(word, -most..=most).and_then(|number| if number == 0 { Err(RuleFault::Value) } else { Ok(number) })
}

/// Several times of a day are several events.
fn only(value: &str, most: i32) -> Result<u32, RuleFault> {
    if value.contains(',') {
        return Err(RuleFault::WithinDay);
    }
    number(value, 0..=most).and_then(unsigned)
}

fn read_weekday(word: &str) -> Result<(i32, Weekday), RuleFault> {
    let (nth, name) = word.split_at_checked(word.len().saturating_sub(2)).ok_or(RuleFault::Value)?;
    let nth = if nth.is_empty() { 0 } else { signed(nth, 53)? };
    Ok((nth, weekday(name)?))
}

fn weekday(name: &str) -> Result<Weekday, RuleFault> {
    let names = [
        ("MO", Weekday::Mon),
        ("TU", Weekday::Tue),
        ("WE", Weekday::Wed),
        ("TH", Weekday::Thu),
        ("FR", Weekday::Fri),
        ("SA", Weekday::Sat),
        ("SU", Weekday::Sun),
    ];
    names.iter().find(|(known, _)| *known == name).map(|(_, weekday)| *weekday).ok_or(RuleFault::Value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_in_any_case_and_order() {
        let rule =
            Rule::parse("wkst=su;BYDAY=-1MO,TU,+2FR;freq=Monthly;INTERVAL=2;UNTIL=20261231;X-A=1;").unwrap();
        assert_eq!((rule.frequency, rule.interval, rule.week_start), (Frequency::Monthly, 2, Weekday::Sun));
        assert_eq!(rule.weekdays, [(-1, Weekday::Mon), (0, Weekday::Tue), (2, Weekday::Fri)]);
        assert_eq!(rule.until.as_deref(), Some("20261231"));
    }

    #[test]
    fn each_fault_is_reported_with_its_place() {
        use RuleFault::*;
        for (text, fault, place) in [
            ("", NoFrequency, ""),
            ("BYMONTH=1", NoFrequency, "BYMONTH=1"),
            ("FREQ=NEVER;COUNT=1", NoFrequency, "FREQ=NEVER"),
            ("FREQ=SECONDLY", WithinDay, "FREQ=SECONDLY"),
            ("FREQ=DAILY;BYHOUR=9,17", WithinDay, "BYHOUR=9,17"),
            ("FREQ=DAILY;INTERVAL=0", Value, "INTERVAL=0"),
            ("FREQ=DAILY;COUNT=-1", Value, "COUNT=-1"),
            ("FREQ=YEARLY;BYMONTH=13", Value, "BYMONTH=13"),
            ("FREQ=YEARLY;BYMONTHDAY=0", Value, "BYMONTHDAY=0"),
            ("FREQ=YEARLY;BYDAY=ÄÄ", Value, "BYDAY=ÄÄ"),
            ("FREQ=YEARLY;BYDAY=ä", Value, "BYDAY=ä"),
            ("FREQ=WEEKLY;BYDAY=1MO", Value, "FREQ=WEEKLY;BYDAY=1MO"),
            ("FREQ=MONTHLY;BYWEEKNO=3", Value, "FREQ=MONTHLY;BYWEEKNO=3"),
            ("FREQ=YEARLY;BYEASTER=1", Unknown, "BYEASTER=1"),
            ("FREQ=YEARLY;nothing", Unknown, "nothing"),
            ("RSCALE=CHINESE;FREQ=YEARLY", Calendar, "RSCALE=CHINESE"),
        ] {
            let bad = Rule::parse(text).unwrap_err();
            assert_eq!((bad.fault, &text[bad.place]), (fault, place), "{text}");
        }
        assert!(Rule::parse(&format!("FREQ=YEARLY;BYYEARDAY={}", "1,".repeat(1000))).is_err());
    }
}
