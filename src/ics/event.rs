//! The times of one event as its properties give them (RFC 5545 3.6.1), without working anything out.
//!
//! Not here: the clocks that the times are on (`time_zone`), and which instants follow (`expand`).

use chrono::{NaiveDate, TimeDelta};

use super::component::Event;
use super::line::Line;
use super::recur::{self, Allowance};
use super::rule::{Rule, RuleFault};
use super::value::{self, Entry, Length, PeriodEnd, Stamp};
use crate::toml_reader::{At, Span};

/// Why an event cannot be read. Reported only where the event may count.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// When an event starts and ends.
#[derive(Debug, Clone)]
pub(super) struct Times {
    pub(super) start: At<Stamp>,
    pub(super) end: At<End>,
}

/// How the end of an event is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// Not at all: a date lasts a day, a time no time.
    Open,
    At(Stamp),
    After(Length),
}

/// How an event repeats.
#[derive(Debug, Default)]
pub(super) struct Recurrence {
    pub(super) rules: Vec<At<Rule>>,
    /// `EXRULE`, which RFC 5545 deprecates.
    pub(super) except_rules: Vec<At<Rule>>,
    pub(super) also: Vec<At<Entry>>,
    pub(super) except: Vec<At<Entry>>,
}

const DATES: &str = "a date such as 20261225, or a time such as 20261225T090000";

impl From<PeriodEnd> for End {
    fn from(end: PeriodEnd) -> End {
        match end {
            PeriodEnd::At(stamp) => End::At(stamp),
            PeriodEnd::After(length) => End::After(length),
        }
    }
}

impl Times {
    pub(super) fn read(event: &Event<'_>) -> Result<Times, Fault> {
        let Some(line) = event.line("DTSTART") else {
            let (message, help) = ("this event has no DTSTART".to_owned(), "every event has one");
            return Err(Fault { code: "event-without-start", span: event.span.clone(), message, help });
        };
        let start = single(line)?;
        let end = match (event.line("DTEND"), event.line("DURATION")) {
            (Some(line), _) => {
                let At { value, span } = single(line)?;
                At { value: End::At(value), span }
            }
            (None, Some(line)) => At { value: End::After(length(line)?), span: line.span() },
            (None, None) => At { value: End::Open, span: start.span.clone() },
        };
        Ok(Times { start, end })
    }
}

impl Recurrence {
    /// Reads it, for an event that starts at `start`.
    pub(super) fn read(event: &Event<'_>, start: &Stamp) -> Result<Recurrence, Fault> {
        let rules = |name| event.all(name).map(|line| rule(line, start)).collect::<Result<Vec<_>, _>>();
        let lists = |name| event.all(name).map(list).collect::<Result<Vec<_>, _>>();
        Ok(Recurrence {
            rules: rules("RRULE")?,
            except_rules: rules("EXRULE")?,
            also: lists("RDATE")?.concat(),
            except: lists("EXDATE")?.concat(),
        })
    }

    /// Whether a rule of it goes on without an end.
    pub(super) fn is_endless(&self) -> bool {
        self.rules.iter().any(|rule| rule.value.count.is_none() && rule.value.until.is_none())
    }
}

/// The `RECURRENCE-ID` of a changed instance, and whether all later instances change too; `None` for an event of its
/// own.
pub(super) fn instance(event: &Event<'_>) -> Result<Option<(At<Stamp>, bool)>, Fault> {
    let Some(line) = event.line("RECURRENCE-ID") else { return Ok(None) };
    let range = line.parameter("RANGE").is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
    Ok(Some((single(line)?, range)))
}

/// Whether the event, all its occurrences included, is over before `date`, as far as its dates can be read.
pub(super) fn is_over(event: &Event<'_>, date: NaiveDate, allowance: &Allowance) -> bool {
    last_date(event, date, allowance).is_some_and(|last| last < date)
}

/// The last day that the event takes; `None` where it has none, it cannot be read, or it is not before `limit`.
fn last_date(event: &Event<'_>, limit: NaiveDate, allowance: &Allowance) -> Option<NaiveDate> {
    let start = written_date(event.line("DTSTART")?)?;
    let end = match (event.line("DTEND"), event.line("DURATION")) {
        (Some(line), _) => written_date(line)?,
        (None, Some(line)) => {
            let length = value::length(&line.value)?;
            start.checked_add_signed(TimeDelta::days(length.days + length.seconds / 86_400 + 1))?
        }
        (None, None) => start,
    };
    let length = (end - start).max(TimeDelta::zero());
    if event.line("RECURRENCE-ID").is_some_and(|line| line.parameter("RANGE").is_some()) {
        return None;
    }
    let mut last = start;
    for (_, _, entry) in event.all("RDATE").flat_map(value::entries) {
        let Entry { start, end } = entry?;
        let end = match end {
            Some(PeriodEnd::At(end)) => end.local().date(),
            Some(PeriodEnd::After(length)) => start
                .local()
                .date()
                .checked_add_signed(TimeDelta::days(length.days + length.seconds / 86_400 + 1))?,
            None => start.local().date(),
        };
        last = last.max(end);
    }
    for line in event.all("RRULE") {
        let rule = Rule::parse(&line.value).ok()?;
        let of_rule = match (&rule.until, rule.count) {
            (Some(until), _) => value::until(until)?.local().date(),
            (None, Some(count)) => {
                let dates = recur::dates(&rule, start, (start, limit), allowance).ok()?;
                let is_whole = u32::try_from(dates.len()) == Ok(count);
                dates.last().copied().filter(|_| is_whole)?
            }
            (None, None) => return None,
        };
        last = last.max(of_rule);
    }
    last.checked_add_signed(length)
}

/// The date of a property, even if its time cannot be read.
fn written_date(line: &Line<'_>) -> Option<NaiveDate> {
    value::single(line).map(|stamp| stamp.local().date()).or_else(|| {
        let digits: String =
            line.value.trim().chars().filter(|character| *character != '-').take(8).collect();
        let is_date = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_date.then(|| NaiveDate::parse_from_str(&digits, "%Y%m%d").ok()).flatten()
    })
}

fn single(line: &Line<'_>) -> Result<At<Stamp>, Fault> {
    match value::single(line) {
        Some(value) => Ok(At { value, span: line.span() }),
        None => Err(bad_date(line, line.value_span())),
    }
}

fn bad_date(line: &Line<'_>, span: Span) -> Fault {
    Fault { code: "bad-date", span, message: format!("this is not a date for {}", line.name), help: DATES }
}

fn list(line: &Line<'_>) -> Result<Vec<At<Entry>>, Fault> {
    let entries = value::entries(line).map(|(from, word, entry)| match entry {
        Some(value) => Ok(At { value, span: line.span() }),
        None => Err(bad_date(line, line.within(from, word.len()))),
    });
    entries.collect()
}

fn length(line: &Line<'_>) -> Result<Length, Fault> {
    value::length(&line.value).ok_or_else(|| {
        let message = "this is not a length of time".to_owned();
        Fault { code: "bad-date", span: line.value_span(), message, help: "such as P1D, P2W or PT30M" }
    })
}

fn rule(line: &Line<'_>, start: &Stamp) -> Result<At<Rule>, Fault> {
    let bad = |fault: RuleFault, span: Span| Fault {
        code: "unknown-recurrence",
        span,
        message: fault.to_string(),
        help: fault.help(),
    };
    let rule = Rule::parse(&line.value)
        .map_err(|error| bad(error.fault, line.within(error.place.start, error.place.len())))?;
    if rule.until.as_deref().is_some_and(|text| value::until(text).is_none()) {
        return Err(bad(RuleFault::Value, line.value_span()));
    }
    if !keeps_time(&rule, start) {
        return Err(bad(RuleFault::WithinDay, line.value_span()));
    }
    Ok(At { value: rule, span: line.value_span() })
}

/// Whether `BYHOUR` and its like say no more than the start does. With a date they do not count.
fn keeps_time(rule: &Rule, start: &Stamp) -> bool {
    use chrono::Timelike;
    let Stamp::Time(local, _) = start else { return true };
    let start = [local.hour(), local.minute(), local.second()];
    rule.time.iter().zip(start).all(|(given, start)| given.is_none_or(|given| given == start))
}
