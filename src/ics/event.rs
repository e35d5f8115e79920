//! When one event takes place, as its properties say it (RFC 5545 3.6.1).
//!
//! Not here: what follows for each of its occurrences (`expand`).

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::component::Event;
use super::line::Line;
use super::report::Report;
use super::rule::{Rule, RuleFault};
use super::value::{self, Length, Stamp};
use crate::toml_reader::{At, Span};

/// The times of an event.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) start: At<Stamp>,
    pub(super) end: End,
    pub(super) rules: Vec<At<Rule>>,
    pub(super) also: Vec<At<Stamp>>,
    pub(super) except: Vec<At<Stamp>>,
}

/// How an event says when it ends.
#[derive(Debug)]
pub(super) enum End {
    /// Not at all: a date lasts a day, a time no time.
    Open,
    At(At<Stamp>),
    After(At<Length>),
}

const DATES: &str = "a date such as 20261225, or a time such as 20261225T090000";

impl Times {
    /// Reads them; `None`, told, where one cannot be read.
    pub(super) fn read(event: &Event<'_>, report: &Report<'_>) -> Option<Times> {
        let Some(line) = event.line("DTSTART") else {
            report.error(
                "event-without-start",
                event.span.clone(),
                "this event has no DTSTART",
                "every event has one",
            );
            return None;
        };
        let start = single(line, report);
        let end = match (event.line("DTEND"), event.line("DURATION")) {
            (Some(line), _) => single(line, report).map(End::At),
            (None, Some(line)) => length(line, report).map(End::After),
            (None, None) => Some(End::Open),
        };
        let rules: Vec<_> = event.all("RRULE").map(|line| rule(line, report)).collect();
        let also: Vec<_> = event.all("RDATE").map(|line| list(line, report)).collect();
        let except: Vec<_> = event.all("EXDATE").map(|line| list(line, report)).collect();
        if let Some(line) = event.line("EXRULE") {
            let help = "name the dates that are left out in EXDATE";
            report.error("unknown-recurrence", line.span(), "EXRULE is not understood", help);
            return None;
        }
        let times = Times {
            start: start?,
            end: end?,
            rules: rules.into_iter().collect::<Option<_>>()?,
            also: also.into_iter().collect::<Option<Vec<_>>>()?.concat(),
            except: except.into_iter().collect::<Option<Vec<_>>>()?.concat(),
        };
        times.rules.iter().all(|rule| times.keeps_time(rule, report)).then_some(times)
    }

    /// Whether `BYHOUR` and its like say no more than the start does. With a date they count for nothing.
    fn keeps_time(&self, rule: &At<Rule>, report: &Report<'_>) -> bool {
        use chrono::Timelike;
        let Stamp::Time(local, _) = &self.start.value else { return true };
        let start = [local.hour(), local.minute(), local.second()];
        let keeps =
            rule.value.time.iter().zip(start).all(|(given, start)| given.is_none_or(|given| given == start));
        if !keeps {
            let fault = RuleFault::WithinDay;
            report.error("unknown-recurrence", rule.span.clone(), fault.to_string(), fault.help());
        }
        keeps
    }
}

/// The instance that a `RECURRENCE-ID` stands for, if the event has one; `Err`, told, where it cannot be read.
pub(super) fn instance(event: &Event<'_>, report: &Report<'_>) -> Result<Option<At<Stamp>>, ()> {
    let Some(line) = event.line("RECURRENCE-ID") else { return Ok(None) };
    if line.parameter("RANGE").is_some() {
        let help = "export each changed instance as an event of its own";
        report.error(
            "unknown-recurrence",
            line.span(),
            "a change of all later instances is not understood",
            help,
        );
        return Err(());
    }
    single(line, report).map(Some).ok_or(())
}

/// An `UNTIL`, which has the form of a start.
pub(super) fn until(text: &str) -> Option<(NaiveDateTime, bool)> {
    let (digits, utc) = text.strip_suffix('Z').map_or((text, false), |digits| (digits, true));
    if digits.len() == 8 {
        let date = NaiveDate::parse_from_str(digits, "%Y%m%d").ok()?;
        return date.and_hms_opt(23, 59, 59).map(|end| (end, false));
    }
    NaiveDateTime::parse_from_str(digits, "%Y%m%dT%H%M%S").ok().map(|time| (time, utc))
}

fn single(line: &Line<'_>, report: &Report<'_>) -> Option<At<Stamp>> {
    list(line, report)?.into_iter().next()
}

fn list(line: &Line<'_>, report: &Report<'_>) -> Option<Vec<At<Stamp>>> {
    let mut list = Vec::new();
    for (from, word, stamp) in value::stamps(line) {
        let Some(value) = stamp else {
            report.error(
                "bad-date",
                line.within(from, word.len()),
                format!("{} has no date here", line.name),
                DATES,
            );
            return None;
        };
        list.push(At { value, span: line.span() });
    }
    Some(list)
}

fn length(line: &Line<'_>, report: &Report<'_>) -> Option<At<Length>> {
    let length = value::length(&line.value);
    if length.is_none() {
        report.error("bad-date", line.value_span(), "this is no length of time", "such as P1D, P2W or PT30M");
    }
    length.map(|value| At { value, span: line.span() })
}

fn rule(line: &Line<'_>, report: &Report<'_>) -> Option<At<Rule>> {
    let bad = |fault: RuleFault, place: Span| {
        report.error("unknown-recurrence", place, fault.to_string(), fault.help());
    };
    match Rule::parse(&line.value) {
        Ok(rule) if rule.until.as_deref().is_some_and(|text| until(text).is_none()) => {
            bad(RuleFault::Value, line.value_span());
            None
        }
        Ok(value) => Some(At { value, span: line.value_span() }),
        Err(error) => {
            bad(error.fault, line.within(error.place.start, error.place.len()));
            None
        }
    }
}

impl End {
    /// When an occurrence ends that starts at `start`. `own_length` is how long the event itself lasts, where it says
    /// when it ends; on a clock, so that an occurrence ends at the same time of day across a clock change.
    pub(super) fn of(
        &self,
        whole_day: bool,
        start: NaiveDateTime,
        own_length: Option<TimeDelta>,
    ) -> Option<NaiveDateTime> {
        match self {
            End::Open if whole_day => start.checked_add_signed(TimeDelta::days(1)),
            End::Open => Some(start),
            End::At(_) => start.checked_add_signed(own_length?),
            End::After(length) => start
                .checked_add_signed(TimeDelta::days(length.value.days))?
                .checked_add_signed(TimeDelta::seconds(length.value.seconds)),
        }
    }
}
