//! Import of holidays from an iCalendar file.
//!
//! A holiday is an event of whole days, written as dates or as local midnight to midnight; each of its days is one.
//! Not here: the syntax and the recurrences (`ics`), which events are wanted (`filter`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::definition::{Definition, Rule};
use super::filter::Filter;
use super::years::Years;
use crate::ics::{self, Bounds, CalendarFile, Event, Expansion, Repeats, Report};
use crate::rota::{Instant, Zone};
use crate::toml_reader::{Problems, Span};

/// The longest name of a holiday, in characters; names stand in every feed.
const LONGEST_NAME: usize = 200;

/// Dates up to this one in January do not show that a year is known: calendars end with New Year's Day.
const LATEST_OF_LAST_YEAR: (u32, u32) = (1, 6);

/// What an import is done by.
pub struct Import<'a> {
    /// Recurrences are followed for twenty years from here.
    pub now: Instant,
    /// Gives the zone of an IANA name, for times in UTC.
    pub named: &'a dyn Fn(&str) -> Option<Zone>,
}

impl Import<'_> {
    /// Reads the calendar `id` from the text of an iCalendar file: the events that `filter`, where there is one,
    /// takes. Every defect goes to `problems`, which are to be those of this file alone; with an error among them there
    /// is no definition. An event that is not taken cannot be an error.
    pub fn read(
        &self,
        id: &str,
        text: &str,
        filter: Option<&Filter>,
        problems: &Problems,
    ) -> Option<Definition> {
        let report = Report::new(problems);
        let file = ics::read(text, &report)?;
        let bounds = Bounds::at(self.now);
        let timed = Timed::default();
        let wanted = |event: &Event<'_>| {
            if filter.is_some_and(|filter| !filter.takes(&event.searchable())) {
                return false;
            }
            // Left out before its recurrences are followed: a meeting each day would fill a calendar.
            let is_timed = event.starts_within_day();
            if is_timed {
                timed.saw(event);
            }
            !is_timed
        };
        let expansion = ics::expand(&file, &wanted, bounds, self.named, &report);
        let holidays = Holidays::of(&expansion, &file, &timed);
        timed.tell(&report);
        if holidays.names.is_empty() && !report.has_errors() {
            let message = match file.events.len() {
                0 => "this calendar has no events, and so no holiday".to_owned(),
                1 => "the calendar's one event is not taken as a holiday".to_owned(),
                count => format!("none of the calendar's {count} events is taken as a holiday"),
            };
            let end = text.lines().next().map_or(0, str::len);
            report.warning("empty-calendar", 0..end, message, "holidays are events of whole days");
        }
        let name = filter.and_then(|filter| filter.name.clone());
        let name = name.or_else(|| file.calendars.iter().find_map(|calendar| calendar.name.clone()));
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_owned());
        let confirmed = filter.and_then(|filter| filter.confirmed_through);
        // Of a calendar without a single date nothing is known, this year included.
        let nothing = holidays.names.is_empty().then(|| self.now.year() - 1);
        let known = confirmed.or(nothing).unwrap_or_else(|| holidays.known_through(bounds.last));
        let definition = Definition {
            id: id.to_owned(),
            name: shortened(&name),
            source: filter.and_then(|filter| filter.source.clone()),
            weekend: None,
            confirmed_through: Some(known.min(bounds.last.year())),
            sandwich: None,
            extends: None,
            remove: Vec::new(),
            rules: holidays.rules(),
        };
        (!report.has_errors()).then_some(definition)
    }
}

/// The dates of each name, and how far they go.
#[derive(Default)]
struct Holidays {
    names: BTreeMap<String, Vec<NaiveDate>>,
    /// The last date that is given on its own, and that a rule with an end gives.
    dated: Option<NaiveDate>,
    bounded: Option<NaiveDate>,
    forever: bool,
}

impl Holidays {
    fn of(expansion: &Expansion<'_, '_>, file: &CalendarFile<'_>, timed: &Timed) -> Holidays {
        let mut holidays = Holidays::default();
        for occurrence in &expansion.occurrences {
            let Some(event) = expansion.event(occurrence) else { continue };
            let Some((first, last)) = expansion.whole_days(occurrence) else {
                timed.saw(event);
                continue;
            };
            let name = event.summary().map(|name| shortened(&name)).filter(|name| !name.is_empty());
            let of_calendar =
                || file.calendars.get(event.calendar).and_then(|calendar| calendar.name.clone());
            let name = name
                .or_else(of_calendar)
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "Holiday".to_owned());
            holidays
                .names
                .entry(name)
                .or_default()
                .extend(first.iter_days().take_while(|date| *date <= last));
            match occurrence.repeats {
                Repeats::Dated => holidays.dated = holidays.dated.max(Some(last)),
                Repeats::Bounded => holidays.bounded = holidays.bounded.max(Some(last)),
                Repeats::Forever => holidays.forever = true,
                Repeats::Instance => {}
            }
        }
        holidays
    }

    /// The last year for which the dates can be relied on: that of the last date given on its own, since whoever
    /// writes dates out has to come back and write more. A calendar of rules alone is known as far as they go.
    fn known_through(&self, horizon: NaiveDate) -> i32 {
        match (self.dated, self.bounded) {
            (Some(last), _) => {
                let only_begun = (last.month(), last.day()) <= LATEST_OF_LAST_YEAR;
                last.year() - i32::from(only_begun && self.began_before(last.year()))
            }
            (None, Some(last)) if !self.forever => last.year(),
            _ => horizon.year(),
        }
    }

    fn began_before(&self, year: i32) -> bool {
        self.names.values().flatten().any(|date| date.year() < year)
    }

    fn rules(self) -> Vec<Rule> {
        let rule = |(name, mut dates): (String, Vec<NaiveDate>)| {
            dates.sort_unstable();
            dates.dedup();
            Rule {
                name: Arc::from(name),
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

/// Events that were left out because they have times of day, by where they stand.
#[derive(Default)]
struct Timed {
    events: RefCell<BTreeMap<usize, Span>>,
}

impl Timed {
    /// Notes an event, each once however many occurrences it has.
    fn saw(&self, event: &Event<'_>) {
        self.events.borrow_mut().insert(event.span.start, event.span.clone());
    }

    fn tell(&self, report: &Report<'_>) {
        let events = self.events.borrow();
        let Some(first) = events.values().next() else { return };
        let message = match events.len() {
            1 => "this event has times of day, so it is no holiday".to_owned(),
            2 => "this event has times of day, so it is no holiday; one more is like it".to_owned(),
            count => {
                format!("this event has times of day, so it is no holiday; {} more are like it", count - 1)
            }
        };
        let help = "write holidays as whole-day events, or leave this one out with `exclude`";
        report.warning("timed-event", first.clone(), message, help);
    }
}

/// A name on one line and of a length that can be shown.
fn shortened(name: &str) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().count() <= LONGEST_NAME {
        return name;
    }
    name.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}
