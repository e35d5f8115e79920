//! Import of holidays from an iCalendar file.
//!
//! A holiday is an event of whole days; each of its days is one. Not here: the syntax and the recurrences (`ics`), and
//! which events are wanted (`filter`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::definition::{Definition, Rule};
use super::filter::Filter;
use super::observances;
use super::years::Years;
use crate::ics::{
    self, Bounds, CalendarFile, Context, Event, Expansion, Outcome, Repeats, Report, Span, Wanted,
};
use crate::rota::{HolidayName, Instant, Zone};
use crate::toml_reader::Problems;

/// The longest name of a holiday, in characters; names appear in every feed.
const MAX_NAME_CHARACTERS: usize = 200;

/// A year in which the last date comes at most this much earlier than in the year before counts as complete.
const MAX_DAYS_EARLIER: i64 = 31;

/// What an import depends on besides the file.
pub struct Import<'a> {
    /// Recurrences are followed for twenty years from here.
    pub now: Instant,
    /// Events that are over before this day are never an error.
    pub relevant_from: NaiveDate,
    /// Gives the zone of an IANA name, for times in UTC.
    pub named: &'a dyn Fn(&str) -> Option<Zone>,
    /// The clock of times without a zone, and the last one but UTC on which a day may begin.
    pub zone: &'a Zone,
}

/// What an import reads.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The text of the file.
    pub text: &'a str,
    /// Holidays of earlier versions of the file, which are kept: on these dates the file itself is ignored.
    pub past: &'a [(NaiveDate, Arc<str>)],
}

impl<'a, T: AsRef<str> + ?Sized> From<&'a T> for Content<'a> {
    fn from(text: &'a T) -> Content<'a> {
        Content { text: text.as_ref(), past: &[] }
    }
}

impl Import<'_> {
    /// Reads the calendar `id` from the content of an iCalendar file: the events that `filter`, where there is one,
    /// takes. Every defect goes to `problems`, which are to be those of this file alone; with an error among them there
    /// is no definition. An event that is not taken cannot be an error.
    pub fn read<'a>(
        &self,
        id: &str,
        content: impl Into<Content<'a>>,
        filter: Option<&Filter>,
        problems: &Problems,
    ) -> Option<Definition> {
        let content = content.into();
        let text = content.text;
        let report = Report::new(problems);
        let file = ics::read(text, &report)?;
        let bounds = Bounds::at(self.now).relevant_from(self.relevant_from);
        let wanted = |event: &Event<'_>| match filter {
            Some(filter) if !filter.takes(&event.searchable()) => Wanted::No,
            _ => Wanted::WholeDays,
        };
        let context = Context { bounds, named: self.named, own: self.zone };
        let expansion = ics::expand(&file, &wanted, &context, &report);
        warn_of_timed_events(&file, &expansion, &report);
        observances::warn(&file, &expansion, id, &report);
        let mut holidays = Holidays::of(&expansion, &file);
        holidays.keep(content.past);
        if holidays.names.is_empty() && !report.has_errors() {
            warn_of_no_holidays(&file, text, &report);
        }
        let name = filter.and_then(|filter| filter.name.clone());
        let name = name.or_else(|| file.calendars.iter().find_map(|calendar| calendar.name.clone()));
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_owned());
        let confirmed = filter.and_then(|filter| filter.confirmed_through);
        // A calendar without any date says nothing about any year, including this one.
        let nothing = holidays.names.is_empty().then(|| self.now.year() - 1);
        let known = confirmed.or(nothing).or_else(|| known_through(&holidays.ending));
        let known = known.unwrap_or_else(|| bounds.last.year());
        let definition = Definition {
            id: id.to_owned(),
            name: shortened(&name),
            source: filter.and_then(|filter| filter.source.clone()),
            confirmed_through: Some(known.min(bounds.last.year())),
            rules: holidays.rules(),
            ..Definition::default()
        };
        (!report.has_errors()).then_some(definition)
    }
}

/// The dates of each name.
#[derive(Default)]
struct Holidays {
    names: BTreeMap<String, Vec<NaiveDate>>,
    /// Every date but those of endless rules.
    ending: BTreeSet<NaiveDate>,
    /// The dates of endless rules.
    endless: BTreeSet<NaiveDate>,
    /// The names of endless rules.
    endless_names: BTreeSet<String>,
}

impl Holidays {
    fn of(expansion: &Expansion, file: &CalendarFile<'_>) -> Holidays {
        let mut holidays = Holidays::default();
        for occurrence in &expansion.occurrences {
            let Some(event) = file.events.get(occurrence.event) else { continue };
            let Span::Days(first, last) = occurrence.span else { continue };
            let name = event.summary().map(|name| shortened(&name)).filter(|name| !name.is_empty());
            let of_calendar =
                || file.calendars.get(event.calendar).and_then(|calendar| calendar.name.clone());
            let name = name
                .or_else(of_calendar)
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "Holiday".to_owned());
            let days = || first.iter_days().take_while(|date| *date <= last);
            match occurrence.repeats {
                Repeats::Ending => holidays.ending.extend(days()),
                Repeats::Endless => {
                    holidays.endless.extend(days());
                    if !holidays.endless_names.contains(&name) {
                        holidays.endless_names.insert(name.clone());
                    }
                }
                Repeats::ChangedInstance => {}
            }
            holidays.names.entry(name).or_default().extend(days());
        }
        holidays
    }

    /// Replaces what is on the dates of `past` by `past`. What an endless rule gave says nothing about how far dates
    /// are known, in the past as now.
    fn keep(&mut self, past: &[(NaiveDate, Arc<str>)]) {
        let dates: BTreeSet<NaiveDate> = past.iter().map(|(date, _)| *date).collect();
        self.names.values_mut().for_each(|own| own.retain(|date| !dates.contains(date)));
        for (date, name) in past {
            self.names.entry(name.to_string()).or_default().push(*date);
        }
        self.names.retain(|_, dates| !dates.is_empty());
        let is_ending = |(date, name): &&(NaiveDate, Arc<str>)| {
            !self.endless.contains(date) && !self.endless_names.contains(&**name)
        };
        self.ending.extend(past.iter().filter(is_ending).map(|(date, _)| *date));
    }

    fn rules(self) -> Vec<Rule> {
        let rule = |(name, mut dates): (String, Vec<NaiveDate>)| {
            dates.sort_unstable();
            dates.dedup();
            Rule {
                name: HolidayName::plain(name),
                on: None,
                years: Years::default(),
                except: Vec::new(),
                dates,
                observed: None,
            }
        };
        self.names.into_iter().map(rule).collect()
    }
}

/// The last year for which dates that somebody has to maintain can be relied on: the last with a date, if that is the
/// only one in two years or comes about as late in the year as in the year before; otherwise the year before it. An
/// unnecessary warning is better than an unnoticed gap. `None` without dates.
fn known_through(dates: &BTreeSet<NaiveDate>) -> Option<i32> {
    let last = *dates.last()?;
    let year = last.year();
    let (first_day, year_before) =
        (NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year - 1, 1, 1)?);
    let Some(before) = dates.range(year_before..first_day).next_back() else { return Some(year) };
    // On 29 February of the year before, the day before it in this one.
    let as_late = before.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28))?;
    let is_complete = (as_late - last).num_days() <= MAX_DAYS_EARLIER;
    Some(if is_complete { year } else { year - 1 })
}

fn warn_of_no_holidays(file: &CalendarFile<'_>, text: &str, report: &Report<'_>) {
    let message = match (file.events.len(), file.free_busy.len()) {
        (0, 0) => "this calendar has no events, and so no holidays".to_owned(),
        (0, _) => "this calendar has free/busy times only, which are not holidays".to_owned(),
        (1, _) => "the calendar's one event is not a holiday".to_owned(),
        (count, _) => format!("none of the calendar's {count} events is a holiday"),
    };
    let end = text.lines().next().map_or(0, str::len);
    report.warning("empty-calendar", 0..end, message, "holidays are events of whole days");
}

/// Events that were left out because they have times of day.
fn warn_of_timed_events(file: &CalendarFile<'_>, expansion: &Expansion, report: &Report<'_>) {
    let is_timed = |(_, outcome): &(_, &Outcome)| **outcome == Outcome::TooShort;
    let timed: Vec<_> =
        file.events.iter().zip(&expansion.outcomes).filter(is_timed).map(|(event, _)| event).collect();
    let Some(first) = timed.first() else { return };
    let message = match timed.len() {
        1 => "this event has times of day, so it is not a holiday".to_owned(),
        2 => "this event has times of day, so it is not a holiday, and neither is one more".to_owned(),
        count => {
            format!("this event has times of day, so it is not a holiday, and neither are {} more", count - 1)
        }
    };
    let help = "write holidays as whole-day events, or leave this one out with `exclude`";
    report.warning("timed-event", first.span.clone(), message, help);
}

/// A name on one line and of a length that can be shown.
fn shortened(name: &str) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().count() <= MAX_NAME_CHARACTERS {
        return name;
    }
    name.chars().take(MAX_NAME_CHARACTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_is_known_through_its_last_complete_year() {
        let known = |dates: &[&str]| known_through(&dates.iter().map(|date| date.parse().unwrap()).collect());
        for (dates, expected) in [
            (&[][..], None),
            (&["2026-04-29"], Some(2026)),
            (&["2026-12-25", "2027-12-25"], Some(2027)),
            // A twelve-month export taken in July 2026.
            (&["2026-07-04", "2026-12-25", "2027-01-01", "2027-07-04"], Some(2026)),
            // April to March.
            (&["2026-04-29", "2026-12-30", "2027-02-11"], Some(2026)),
            (&["2025-12-31", "2026-11-30"], Some(2026)),
            (&["2025-12-31", "2026-11-29"], Some(2025)),
            (&["2024-12-25", "2026-01-01"], Some(2026)),
            (&["2024-02-29", "2025-01-28"], Some(2025)),
            (&["2024-02-29", "2025-01-27"], Some(2024)),
        ] {
            assert_eq!(known(dates), expected, "{dates:?}");
        }
    }
}
