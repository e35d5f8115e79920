//! A calendar with all that it extends: its names, and its dates in any year.
//!
//! Not here: which calendars it extends (`library`), and how rules become dates (`expand`).

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use chrono::{Datelike, Weekday, WeekdaySet};

use super::definition::{Definition, Rule, Sandwich};
use super::expand::{Dated, Holiday, expand};
use crate::rota::{self, HolidayName};
use crate::toml_reader::{MAX_REPORTED, Problem, listed, nearest};

/// A holiday calendar with all that it extends: rules ready to become dates.
#[derive(Debug)]
pub struct ResolvedCalendar {
    id: String,
    name: String,
    english: Option<Arc<str>>,
    source: Option<String>,
    note: Option<String>,
    weekend: WeekdaySet,
    confirmed_through: Option<i32>,
    sandwich: Option<HolidayName>,
    rules: Vec<Rule>,
    expanded: OnceLock<Arc<rota::Calendar>>,
}

impl Default for ResolvedCalendar {
    fn default() -> Self {
        ResolvedCalendar {
            id: String::new(),
            name: String::new(),
            english: None,
            source: None,
            note: None,
            weekend: WeekdaySet::from_array([Weekday::Sat, Weekday::Sun]),
            confirmed_through: None,
            sandwich: None,
            rules: Vec::new(),
            expanded: OnceLock::new(),
        }
    }
}

impl ResolvedCalendar {
    /// Adds a definition on top: its name and source replace those below, `remove` takes holidays out, and its rules
    /// are added. Returns a problem for each name in `remove` that nobody defines.
    pub(super) fn extend(&mut self, definition: &Definition) -> Vec<Problem> {
        let found = self.remove(&definition.remove.iter().map(|name| &*name.value).collect());
        let mut unknown = Vec::new();
        for name in definition.remove.iter().filter(|name| !found.contains(&*name.value)) {
            let message = format!("`{}` has no holiday `{}` to remove", self.id, name.value);
            let help = if unknown.len() < MAX_REPORTED { self.nearest_name(&name.value) } else { None };
            unknown.push(Problem::error("unknown-holiday", message).at(&name.span).maybe_help(help));
        }
        definition.id.clone_into(&mut self.id);
        definition.name.clone_into(&mut self.name);
        self.english.clone_from(&definition.english);
        self.source = definition.source.clone().or(self.source.take());
        self.note = definition.note.clone().or(self.note.take());
        self.weekend = definition.weekend.unwrap_or(self.weekend);
        // What is not known of the calendar extended is not known here either.
        let known = [self.confirmed_through, definition.confirmed_through];
        self.confirmed_through = known.into_iter().flatten().min();
        match &definition.sandwich {
            Some(Sandwich::Holiday(name)) => self.sandwich = Some(name.clone()),
            Some(Sandwich::Plain) => self.sandwich = None,
            None => {}
        }
        self.rules.extend(definition.rules.iter().cloned());
        unknown
    }

    /// Removes the holidays of these names, or only their substitutes where those have such a name. Returns the names
    /// that were found.
    fn remove<'n>(&mut self, names: &BTreeSet<&'n str>) -> BTreeSet<&'n str> {
        let mut found = BTreeSet::new();
        let mut is_removed = |name: &str| {
            let named = names.get(name);
            found.extend(named);
            named.is_some()
        };
        for rule in &mut self.rules {
            rule.observed.take_if(|observed| is_removed(&observed.name.native));
        }
        self.rules.retain(|rule| !is_removed(&rule.name.native));
        found
    }

    fn nearest_name(&self, name: &str) -> Option<String> {
        let names = self.names();
        nearest(name, names.iter().map(|name| &**name)).or_else(|| {
            if names.is_empty() {
                None
            } else {
                Some(format!("it has {}", listed(names.iter().map(|name| &**name))))
            }
        })
    }

    /// The name under which teams list it, such as `us-federal`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name in English; `None` where the name is English or the calendar does not say.
    pub fn english(&self) -> Option<&str> {
        self.english.as_deref()
    }

    /// The law or publication that it is based on.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// A note for people who rely on it, for example about days that it cannot list.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The last year for which its dates are known; `None` where rules alone decide.
    pub fn confirmed_through(&self) -> Option<i32> {
        self.confirmed_through
    }

    /// Every name that a date of this calendar can have, substitutes included, each once, in the file's order.
    pub fn names(&self) -> Vec<Arc<str>> {
        let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
        for name in self.all_names() {
            if seen.insert(&name.native) {
                names.push(Arc::clone(&name.native));
            }
        }
        names
    }

    /// The name of each holiday; a name that several of them have is repeated.
    fn all_names(&self) -> impl Iterator<Item = &HolidayName> {
        let observed =
            self.rules.iter().filter_map(|rule| rule.observed.as_ref().map(|observed| &observed.name));
        self.rules.iter().map(|rule| &rule.name).chain(observed).chain(&self.sandwich)
    }

    /// The holidays whose date lies in `year`, in order of date. Only [`YEARS`](super::YEARS) are known.
    pub fn year(&self, year: i32) -> Vec<Holiday> {
        let dated = self.expand();
        let of_year = dated.iter().filter(|dated| dated.date.year() == year);
        of_year.map(Dated::holiday).collect()
    }

    /// Dates and names for all of [`YEARS`](super::YEARS), as the rota uses them. Computed once.
    pub fn calendar(&self) -> Arc<rota::Calendar> {
        let expanded = self.expanded.get_or_init(|| {
            let holidays =
                self.expand().into_iter().map(|dated| (dated.date, Arc::clone(&dated.name.native))).collect();
            let calendar = rota::Calendar::new(&self.id, &self.name, self.confirmed_through, holidays);
            Arc::new(calendar.with_names(self.all_names().cloned()))
        });
        Arc::clone(expanded)
    }

    fn expand(&self) -> Vec<Dated<'_>> {
        expand(&self.rules, self.weekend, self.sandwich.as_ref())
    }
}
