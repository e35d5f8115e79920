//! All occurrences of the events of a file, within bounds.
//!
//! Recurrences are worked out on the event's own clock: an absence at nine stays at nine when clocks change.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, TimeDelta};

use super::bounds::{Bounds, Context};
use super::component::{CalendarFile, Event};
use super::doubts::Doubts;
use super::event::{self, Fault};
use super::instances::{Changes, Failure, Starts};
use super::recur::{Allowance, Exhausted};
use super::report::Report;
use super::series::{self, Series};
use super::shape::{Clocks, Shaped, Span};
use super::time_zone::TimeZones;
use crate::rota::Zone;

/// Which occurrences of an event are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// None: whatever is wrong with the event, it is no error.
    No,
    /// Those of whole days.
    WholeDays,
    /// Those of whole days, and those that cover at least one whole local day.
    CoversADay,
    /// All.
    All,
}

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was not wanted.
    NotWanted,
    /// A newer version of it counts.
    Superseded,
    /// It has times of day, or takes no time at all, where whole days are wanted.
    TooShort,
    /// None of its occurrences is left within the bounds, or it could not be read.
    Nothing,
    /// It has occurrences.
    Taken,
}

/// One occurrence of one event.
#[derive(Debug, Clone)]
pub struct Occurrence {
    /// The event, by its place in [`CalendarFile::events`].
    pub event: usize,
    /// When.
    pub span: Span,
    /// Whether there are more of it.
    pub repeats: Repeats,
}

/// Whether an event has more than one occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// Its dates are given one by one, or by a rule with an end.
    Ending,
    /// By a rule without an end.
    Endless,
    /// It is a changed instance of an endless event, which does not show how far that one was looked after.
    ChangedInstance,
}

/// What [`expand`] gives.
#[derive(Debug, Default)]
pub struct Expansion {
    /// In the order of events.
    pub occurrences: Vec<Occurrence>,
    /// Of each event, by its place in [`CalendarFile::events`].
    pub outcomes: Vec<Outcome>,
}

/// Computes the occurrences of the events that are `wanted`, which is called once for each event in the file's order,
/// and not cancelled. One that cannot be read is an error.
pub fn expand<'t>(
    file: &CalendarFile<'t>,
    wanted: &dyn Fn(&Event<'t>) -> Wanted,
    context: &Context<'_>,
    report: &Report<'_>,
) -> Expansion {
    let allowance = Allowance::default();
    let zones = TimeZones::new(file, context.named, context.own, context.bounds, &allowance);
    let of_event = |event: &Event<'t>| {
        let wanted = wanted(event);
        if event.is_cancelled() { Wanted::No } else { wanted }
    };
    let mut expander = Expander {
        file,
        zones: &zones,
        bounds: context.bounds,
        own: context.own,
        allowance: &allowance,
        wanted: file.events.iter().map(of_event).collect(),
        expansion: Expansion { occurrences: Vec::new(), outcomes: vec![Outcome::Nothing; file.events.len()] },
        days: Cell::new(0),
        doubts: Doubts::default(),
        report,
    };
    for series in series::series(&file.events) {
        if let Err(Stop { event, exhausted }) = expander.series(&series) {
            let span = file.events.get(event).map_or(0..0, |event| event.span.clone());
            let Bounds { days, last, .. } = context.bounds;
            let help = format!("a calendar may have {days} days up to {}", last.year());
            report.error("too-many-days", span, exhausted.to_string(), &help);
            break;
        }
    }
    expander.doubts.warn(report);
    let mut expansion = expander.expansion;
    expansion.occurrences.sort_by_key(|occurrence| occurrence.event);
    expansion
}

/// The event at which the allowance was used up.
struct Stop {
    event: usize,
    exhausted: Exhausted,
}

struct Expander<'e, 't> {
    file: &'e CalendarFile<'t>,
    zones: &'e TimeZones<'e>,
    bounds: Bounds,
    own: &'e Zone,
    allowance: &'e Allowance,
    wanted: Vec<Wanted>,
    expansion: Expansion,
    days: Cell<u64>,
    doubts: Doubts,
    report: &'e Report<'e>,
}

impl<'e, 't> Expander<'e, 't> {
    fn series(&mut self, series: &Series) -> Result<(), Stop> {
        let file = self.file;
        let masters = series::newest(&file.events, &series.masters);
        self.supersede(&series.masters, &masters);
        for instance in series::cancelled(&file.events, &masters, &series.instances) {
            if let Some(wanted) = self.wanted.get_mut(instance) {
                *wanted = Wanted::No;
            }
        }
        self.note_same_versions(&masters);
        let all = masters.iter().chain(&series.instances);
        if all.clone().all(|event| self.wanted_of(*event) == Wanted::No) {
            all.for_each(|event| self.outcome(*event, Outcome::NotWanted));
            return Ok(());
        }
        let (changes, faults) = Changes::read(file, &series.instances, self.zones);
        self.supersede(&series.instances, &changes.events().collect());
        changes.same_versions().for_each(|places| self.note_same_versions(places));
        for (event, fault) in faults {
            match self.wanted_of(event) {
                Wanted::No => self.outcome(event, Outcome::NotWanted),
                _ if self.may_count(event) => self.fail(event, fault),
                _ => self.outcome(event, Outcome::TooShort),
            }
        }
        let mut is_endless = false;
        for master in masters {
            is_endless |= self.master(master, &changes)?;
        }
        let repeats = if is_endless { Repeats::ChangedInstance } else { Repeats::Ending };
        for event in changes.events() {
            self.instance(event, repeats)?;
        }
        Ok(())
    }

    /// An event without its changed instances. Whether it is endless.
    fn master(&mut self, place: usize, changes: &Changes) -> Result<bool, Stop> {
        let Some(event) = self.file.events.get(place) else { return Ok(false) };
        let wanted = self.wanted_of(place);
        self.allowance.take(changes.work()).map_err(|exhausted| Stop { event: place, exhausted })?;
        let is_range_wanted = changes.ranges().any(|range| self.may_count(range));
        if wanted == Wanted::No {
            self.outcome(place, Outcome::NotWanted);
            if !is_range_wanted {
                return Ok(false);
            }
        }
        let Some(shaped) = self.shaped(place) else { return Ok(false) };
        let has_periods = event.all("RDATE").any(|line| line.value.contains('/'));
        if !is_range_wanted && !has_periods && !may_have(wanted, &shaped) {
            self.outcome(place, Outcome::TooShort);
            return Ok(false);
        }
        let clocks = self.clocks(event);
        let starts = Starts::of(event, &shaped, clocks, changes, (self.bounds, self.allowance));
        let starts = match starts {
            Ok(starts) => starts,
            Err(Failure::Exhausted(exhausted)) => return Err(Stop { event: place, exhausted }),
            Err(Failure::Fault(fault)) => {
                self.fail(place, fault);
                return Ok(false);
            }
        };
        let repeats = if starts.is_endless { Repeats::Endless } else { Repeats::Ending };
        let mut ranges: BTreeMap<usize, Option<Shaped>> = BTreeMap::new();
        for start in &starts.list {
            match starts.range_at(start.key) {
                None => self.push(place, start.span(&shaped), repeats)?,
                Some(range) if self.wanted_of(range.event) == Wanted::No => {}
                Some(range) => {
                    let changed =
                        ranges.entry(range.event).or_insert_with(|| self.shaped_quietly(range.event));
                    let span =
                        changed.as_ref().and_then(|changed| range.span(start, &shaped, changed, clocks));
                    self.push(range.event, span, repeats)?;
                }
            }
        }
        self.warn_of_inversion(place, &shaped);
        Ok(starts.is_endless)
    }

    /// A changed instance, which has times of its own.
    fn instance(&mut self, place: usize, repeats: Repeats) -> Result<(), Stop> {
        if self.wanted_of(place) == Wanted::No {
            self.outcome(place, Outcome::NotWanted);
            return Ok(());
        }
        let Some(shaped) = self.shaped(place) else { return Ok(()) };
        self.push(place, shaped.span(shaped.times.start.value.local()), repeats)?;
        self.warn_of_inversion(place, &shaped);
        Ok(())
    }

    fn wanted_of(&self, place: usize) -> Wanted {
        self.wanted.get(place).copied().unwrap_or(Wanted::No)
    }

    fn outcome(&mut self, place: usize, outcome: Outcome) {
        if let Some(found) = self.expansion.outcomes.get_mut(place) {
            // One occurrence that counts decides.
            if *found != Outcome::Taken {
                *found = outcome;
            }
        }
    }

    fn supersede(&mut self, all: &[usize], newest: &BTreeSet<usize>) {
        for place in all.iter().filter(|place| !newest.contains(place)) {
            self.outcome(*place, Outcome::Superseded);
        }
    }

    fn clocks(&self, event: &Event<'_>) -> Clocks<'e> {
        Clocks { zones: self.zones, calendar: event.calendar }
    }

    /// The times of an event; one that cannot be read is reported.
    fn shaped(&mut self, place: usize) -> Option<Shaped> {
        let event = self.file.events.get(place)?;
        match event::Times::read(event).and_then(|times| self.clocks(event).shaped(times)) {
            Ok(shaped) if shaped.is_negative() && self.wanted_of(place) == Wanted::All => {
                let fault = Fault {
                    code: "inverted-event",
                    span: shaped.times.end.span.clone(),
                    message: "this event ends before it starts".to_owned(),
                    help: "DTEND is the first moment, or the day, after the event",
                };
                self.fail(place, fault);
                None
            }
            Ok(shaped) => Some(shaped),
            Err(_) if !self.may_count(place) => {
                self.outcome(place, Outcome::TooShort);
                None
            }
            Err(fault) => {
                self.fail(place, fault);
                None
            }
        }
    }

    /// Whether an event may have occurrences that are wanted, as far as its times can be read.
    fn may_count(&self, place: usize) -> bool {
        let (wanted, Some(event)) = (self.wanted_of(place), self.file.events.get(place)) else {
            return false;
        };
        match event::Times::read(event).map(|times| (times.clone(), self.clocks(event).shaped(times))) {
            Ok((_, Ok(shaped))) => may_have(wanted, &shaped),
            Ok((times, Err(_))) => match wanted {
                Wanted::No => false,
                Wanted::All => true,
                Wanted::WholeDays => times.may_be_whole_days(),
                Wanted::CoversADay => times.may_cover_a_day(),
            },
            Err(_) => wanted != Wanted::No,
        }
    }

    fn shaped_quietly(&self, place: usize) -> Option<Shaped> {
        let event = self.file.events.get(place)?;
        event::Times::read(event).and_then(|times| self.clocks(event).shaped(times)).ok()
    }

    /// Reports what is wrong with an event, unless it is over long ago.
    fn fail(&mut self, place: usize, fault: Fault) {
        let Some(event) = self.file.events.get(place) else { return };
        if !self.is_over(event) {
            self.report.error(fault.code, fault.span, fault.message, fault.help);
        }
    }

    fn is_over(&self, event: &Event<'_>) -> bool {
        // A day more on either side of the world.
        let date = self.bounds.relevant_from - TimeDelta::days(2);
        event::is_over(event, date, self.allowance)
    }

    fn push(&mut self, place: usize, span: Option<Span>, repeats: Repeats) -> Result<(), Stop> {
        let Some(span) = span.filter(|span| self.is_long_enough(place, span)) else {
            self.outcome(place, Outcome::TooShort);
            return Ok(());
        };
        let Some(span) = span.within(self.bounds) else { return Ok(()) };
        let (first, last) = match &span {
            Span::Days(first, last) => (*first, *last),
            Span::Exact(period) => (period.start().date_naive(), period.end().date_naive()),
        };
        let days = u64::try_from((last - first).num_days()).unwrap_or(0) + 1;
        self.days.set(self.days.get() + days);
        if self.days.get() > self.bounds.days {
            return Err(Stop { event: place, exhausted: Exhausted::Days });
        }
        if last >= self.bounds.relevant_from
            && matches!(span, Span::Exact(_))
            && let Some(event) = self.file.events.get(place)
        {
            self.doubts.compare_rules(event, self.zones);
        }
        self.outcome(place, Outcome::Taken);
        self.expansion.occurrences.push(Occurrence { event: place, span, repeats });
        Ok(())
    }

    fn is_long_enough(&self, place: usize, span: &Span) -> bool {
        match (self.wanted_of(place), span) {
            (Wanted::No, _) => false,
            (Wanted::All, _) | (_, Span::Days(..)) => true,
            (Wanted::WholeDays, Span::Exact(_)) => false,
            (Wanted::CoversADay, Span::Exact(period)) => {
                let date = self.own.date(period.start());
                let begins_at = self.own.first_instant(date) >= period.start();
                let whole = if begins_at { Some(date) } else { date.succ_opt() };
                let next = whole.and_then(|date| date.succ_opt());
                next.is_some_and(|next| self.own.first_instant(next) <= period.end())
            }
        }
    }

    /// Notes all but the first of what counts with one UID, RECURRENCE-ID and version.
    fn note_same_versions(&mut self, places: &BTreeSet<usize>) {
        let file = self.file;
        let others = places.iter().skip(1).filter(|place| self.wanted_of(**place) != Wanted::No);
        let others = others.filter_map(|place| file.events.get(*place)).filter(|event| !self.is_over(event));
        self.doubts.same_versions.extend(others.map(|event| event.span.clone()).collect::<Vec<_>>());
    }

    fn warn_of_inversion(&self, place: usize, shaped: &Shaped) {
        let is_relevant = || self.file.events.get(place).is_some_and(|event| !self.is_over(event));
        if shaped.is_inverted && is_relevant() {
            let message = "this event ends on a day before it starts; it was read as one day";
            let (span, help) = (shaped.times.end.span.clone(), "DTEND is the day after the event");
            self.report.warning("inverted-event", span, message, help);
        }
    }
}

/// Whether an event of this shape may have occurrences that are wanted.
fn may_have(wanted: Wanted, shaped: &Shaped) -> bool {
    match wanted {
        Wanted::No => false,
        Wanted::All => true,
        Wanted::WholeDays => shaped.has_whole_days(),
        Wanted::CoversADay => shaped.may_cover_a_day(),
    }
}
