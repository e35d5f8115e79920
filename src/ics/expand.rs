//! All occurrences of the events of a file, within bounds.
//!
//! Recurrences are worked out on the event's own clock, so that an absence at nine stays at nine when clocks change;
//! instants come last.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::component::{Calendar, CalendarFile, Event};
use super::event::{self, End, Times};
use super::recur::{self, Allowance, Exhausted};
use super::report::Report;
use super::tzid::TimeZones;
use super::value::{Clock, Stamp};
use crate::rota::{Instant, Period, Zone};
use crate::toml_reader::{self, At};

/// How much is expanded.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The first day that matters.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// How many days all occurrences may have together; more is an error.
    pub days: u64,
}

impl Bounds {
    /// From 1970 to the end of the twentieth year after `now`'s, and 100 000 days in all: more holidays and absences
    /// than anybody has, and little enough to be held for every team.
    pub fn at(now: Instant) -> Bounds {
        let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
        Bounds { first: date(1970, 1, 1), last: date(now.year() + 20, 12, 31), days: 100_000 }
    }
}

/// One occurrence of one event.
#[derive(Debug, Clone)]
pub struct Occurrence {
    /// The event, by place in [`CalendarFile::events`].
    pub event: usize,
    /// When.
    pub span: Span,
    /// Whether there are more of it.
    pub repeats: Repeats,
}

/// Whether an event has more than one occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// Its dates are given one by one.
    Dated,
    /// By a rule with an end.
    Bounded,
    /// By a rule without an end.
    Forever,
    /// It is an instance of another event, changed, which says nothing of how far that one goes.
    Instance,
}

/// The time that an occurrence takes.
#[derive(Debug, Clone)]
pub enum Span {
    /// Whole days, both included.
    Days(NaiveDate, NaiveDate),
    /// From and to, on one clock.
    Times(NaiveDateTime, NaiveDateTime, Clock),
}

/// What [`expand`] gives: the occurrences, and the zones to understand them by.
pub struct Expansion<'e, 't> {
    /// In the order of events.
    pub occurrences: Vec<Occurrence>,
    file: &'e CalendarFile<'t>,
    zones: TimeZones<'e>,
}

/// Works out the occurrences of the events that are `wanted` and not called off, where one cannot be read with an
/// error. `named` gives the zone of an IANA name.
pub fn expand<'e, 't>(
    file: &'e CalendarFile<'t>,
    wanted: &dyn Fn(&Event<'t>) -> bool,
    bounds: Bounds,
    named: &'e dyn Fn(&str) -> Option<Zone>,
    report: &Report<'_>,
) -> Expansion<'e, 't> {
    let mut expander = Expander {
        expansion: Expansion { occurrences: Vec::new(), file, zones: TimeZones::new(named) },
        replaced: replaced(file, report),
        bounds,
        allowance: Allowance::default(),
        days: 0,
        report,
    };
    for (n, event) in file.events.iter().enumerate() {
        if event.is_cancelled() || !wanted(event) {
            continue;
        }
        if let Err(exhausted) = expander.event(n, event) {
            let help = format!("a calendar may have {} days up to {}", bounds.days, bounds.last.year());
            report.error("too-many-days", event.span.clone(), exhausted.to_string(), &help);
            break;
        }
    }
    expander.expansion
}

/// By UID, the instances that another event of the file replaces or calls off.
type Replaced<'e> = BTreeMap<&'e str, Vec<At<Stamp>>>;

fn replaced<'e>(file: &'e CalendarFile<'_>, report: &Report<'_>) -> Replaced<'e> {
    let mut replaced = Replaced::new();
    for event in &file.events {
        if let (Some(uid), Ok(Some(instance))) = (event.uid(), event::instance(event, report)) {
            replaced.entry(uid).or_default().push(instance);
        }
    }
    replaced
}

struct Expander<'e, 't, 'r> {
    expansion: Expansion<'e, 't>,
    replaced: Replaced<'e>,
    bounds: Bounds,
    allowance: Allowance,
    days: u64,
    report: &'r Report<'r>,
}

/// Dates and times that are left out of a recurrence.
#[derive(Default)]
struct Except {
    days: BTreeSet<NaiveDate>,
    times: BTreeSet<NaiveDateTime>,
}

impl Expander<'_, '_, '_> {
    fn event(&mut self, n: usize, event: &Event<'_>) -> Result<(), Exhausted> {
        let Some(times) = Times::read(event, self.report) else { return Ok(()) };
        let replaced = event.uid().and_then(|uid| self.replaced.get(uid)).map_or(0, Vec::len);
        self.allowance.take(u64::try_from(replaced).unwrap_or(u64::MAX))?;
        let is_instance = event.line("RECURRENCE-ID").is_some();
        let Some(own_length) = self.own_length(&times, event) else { return Ok(()) };
        let starts =
            if is_instance { Some([times.start.value.local()].into()) } else { self.starts(&times, event)? };
        let Some(starts) = starts else { return Ok(()) };
        let repeats = match times.rules.as_slice() {
            _ if is_instance => Repeats::Instance,
            [] => Repeats::Dated,
            rules
                if rules
                    .iter()
                    .all(|rule| rule.value.count.or(rule.value.until.as_ref().map(|_| 0)).is_some()) =>
            {
                Repeats::Bounded
            }
            _ => Repeats::Forever,
        };
        let whole_day = matches!(times.start.value, Stamp::Date(_));
        for start in starts {
            let Some(end) = times.end.of(whole_day, start, own_length) else { continue };
            self.push(n, &times.start.value, (start, end), repeats)?;
        }
        Ok(())
    }

    fn push(
        &mut self,
        event: usize,
        like: &Stamp,
        (start, end): (NaiveDateTime, NaiveDateTime),
        repeats: Repeats,
    ) -> Result<(), Exhausted> {
        if start.date() > self.bounds.last || end.date() < self.bounds.first {
            return Ok(());
        }
        let days = u64::try_from((end.date() - start.date()).num_days()).unwrap_or(0).max(1);
        self.days += days;
        if self.days > self.bounds.days {
            return Err(Exhausted::Days);
        }
        let span = match like {
            Stamp::Date(_) => {
                // Some programs write the last day, which is the first, for the day after it.
                let last = (end - TimeDelta::nanoseconds(1)).date().max(start.date());
                Span::Days(start.date(), last)
            }
            Stamp::Time(_, clock) => Span::Times(start, end, clock.clone()),
        };
        self.expansion.occurrences.push(Occurrence { event, span, repeats });
        Ok(())
    }

    /// The length of an event that says when it ends; `None`, told, where it ends before it starts or its zones are
    /// not known.
    fn own_length(&self, times: &Times, event: &Event<'_>) -> Option<Option<TimeDelta>> {
        let End::At(end) = &times.end else { return Some(None) };
        let length = self.on_clock(end, &times.start.value, event)? - times.start.value.local();
        if length < TimeDelta::zero() {
            let help = "DTEND is the first moment, or the day, after the event";
            self.report.error("inverted-event", end.span.clone(), "this event ends before it starts", help);
            return None;
        }
        Some(Some(length))
    }

    /// When the occurrences start, on the event's clock; `None`, told, where a zone is not known.
    fn starts(
        &mut self,
        times: &Times,
        event: &Event<'_>,
    ) -> Result<Option<BTreeSet<NaiveDateTime>>, Exhausted> {
        let start = &times.start.value;
        let (date, time) = (start.local().date(), start.local().time());
        let Some(except) = self.except(times, event) else { return Ok(None) };
        let mut starts: BTreeSet<NaiveDateTime> = [start.local()].into();
        for rule in &times.rules {
            let until = rule.value.until.as_deref().and_then(event::until);
            let until = match until {
                Some((until, true)) => {
                    let stamp = At { value: Stamp::Time(until, Clock::Utc), span: rule.span.clone() };
                    let Some(until) = self.on_clock(&stamp, start, event) else { return Ok(None) };
                    Some(until)
                }
                Some((until, false)) => Some(until),
                None => None,
            };
            let last = until.map_or(self.bounds.last, |until| until.date().min(self.bounds.last));
            let dates = recur::dates(&rule.value, date, last, &mut self.allowance)?;
            let ends = |at: &NaiveDateTime| {
                matches!(start, Stamp::Date(_)) || until.is_none_or(|until| *at <= until)
            };
            starts.extend(dates.into_iter().map(|date| date.and_time(time)).filter(ends));
        }
        for also in &times.also {
            let Some(at) = self.on_clock(also, start, event) else { return Ok(None) };
            let whole_day = matches!((start, &also.value), (Stamp::Date(_), _) | (_, Stamp::Date(_)));
            starts.insert(if whole_day { at.date().and_time(time) } else { at });
        }
        starts.retain(|at| !except.times.contains(at) && !except.days.contains(&at.date()));
        Ok(Some(starts))
    }

    /// `EXDATE`s and instances that other events stand for.
    fn except(&self, times: &Times, event: &Event<'_>) -> Option<Except> {
        let mut except = Except::default();
        let replaced = event.uid().and_then(|uid| self.replaced.get(uid));
        for stamp in times.except.iter().chain(replaced.into_iter().flatten()) {
            match (&times.start.value, &stamp.value) {
                (Stamp::Date(_), other) => drop(except.days.insert(other.local().date())),
                (_, Stamp::Date(date)) => drop(except.days.insert(*date)),
                (start, _) => drop(except.times.insert(self.on_clock(stamp, start, event)?)),
            }
        }
        Some(except)
    }

    /// What the clock of `like` shows at `stamp`; `None`, told, where a zone is not known. Dates and floating times
    /// are taken for what they say.
    fn on_clock(&self, stamp: &At<Stamp>, like: &Stamp, event: &Event<'_>) -> Option<NaiveDateTime> {
        let (Stamp::Time(local, from), Stamp::Time(_, to)) = (&stamp.value, like) else {
            return Some(stamp.value.local());
        };
        if from == to || *from == Clock::Floating || *to == Clock::Floating {
            return Some(*local);
        }
        let expansion = &self.expansion;
        let instant = match from {
            Clock::Named(tzid) => expansion.zone(tzid, event, &stamp.span, self.report)?.instant(*local),
            Clock::Utc | Clock::Floating => local.and_utc(),
        };
        match to {
            Clock::Named(tzid) => Some(expansion.zone(tzid, event, &stamp.span, self.report)?.local(instant)),
            Clock::Utc | Clock::Floating => Some(instant.naive_utc()),
        }
    }
}

impl<'e, 't> Expansion<'e, 't> {
    /// The event of an occurrence.
    pub fn event(&self, occurrence: &Occurrence) -> Option<&'e Event<'t>> {
        self.event_at(occurrence.event)
    }

    /// The event at that place in [`CalendarFile::events`].
    pub fn event_at(&self, place: usize) -> Option<&'e Event<'t>> {
        self.file.events.get(place)
    }

    /// The days of an occurrence, first and last, if it has whole days only: dates, or midnight to midnight on its
    /// own clock; times in UTC are looked at on the clock of the calendar's `X-WR-TIMEZONE`, if it has one.
    pub fn whole_days(&self, occurrence: &Occurrence) -> Option<(NaiveDate, NaiveDate)> {
        match &occurrence.span {
            Span::Days(first, last) => Some((*first, *last)),
            Span::Times(start, end, Clock::Utc) => {
                let zone = self.calendar_zone(occurrence);
                let local = |at: &NaiveDateTime| zone.as_ref().map_or(*at, |zone| zone.local(at.and_utc()));
                midnights(local(start), local(end))
            }
            Span::Times(start, end, _) => midnights(*start, *end),
        }
    }

    /// The instants of an occurrence, for somebody who lives in `own`: whole days are days there, wherever their
    /// calendar was kept, and so is the clock of times without a zone. `None` for one that takes no time, or, told,
    /// one whose zone is not known.
    pub fn period(&self, occurrence: &Occurrence, own: &Zone, report: &Report<'_>) -> Option<Period> {
        // In UTC midnight means something only on the clock of the calendar.
        let in_utc = matches!(occurrence.span, Span::Times(_, _, Clock::Utc));
        let whole_days = self.whole_days(occurrence);
        if let Some((first, last)) =
            whole_days.filter(|_| !in_utc || self.calendar_zone(occurrence).is_some())
        {
            return Period::new(own.first_instant(first), own.first_instant(last.succ_opt()?));
        }
        let Span::Times(start, end, clock) = &occurrence.span else { return None };
        match clock {
            Clock::Utc => Period::new(start.and_utc(), end.and_utc()),
            Clock::Floating => Period::new(own.instant(*start), own.instant(*end)),
            Clock::Named(tzid) => {
                let event = self.event(occurrence)?;
                let place = event.line("DTSTART").map_or(event.span.clone(), super::line::Line::span);
                let zone = self.zone(tzid, event, &place, report)?;
                Period::new(zone.instant(*start), zone.instant(*end))
            }
        }
    }

    fn calendar_zone(&self, occurrence: &Occurrence) -> Option<Zone> {
        let calendar = self.calendar(occurrence)?;
        self.zones.find(&calendar.zone.as_ref()?.value, Some(calendar))
    }

    fn calendar(&self, occurrence: &Occurrence) -> Option<&'e Calendar> {
        self.event(occurrence).and_then(|event| self.file.calendars.get(event.calendar))
    }

    fn zone(
        &self,
        tzid: &str,
        event: &Event<'_>,
        place: &toml_reader::Span,
        report: &Report<'_>,
    ) -> Option<Zone> {
        let zone = self.zones.find(tzid, self.file.calendars.get(event.calendar));
        if zone.is_none() {
            let help = "a TZID is an IANA name such as `America/New_York`, or a Windows name";
            report.error("unknown-zone", place.clone(), "the time zone of this time is not known", help);
        }
        zone
    }
}

/// From one midnight to another: the days between.
fn midnights(start: NaiveDateTime, end: NaiveDateTime) -> Option<(NaiveDate, NaiveDate)> {
    let whole = start.time() == NaiveTime::MIN && end.time() == NaiveTime::MIN && start < end;
    whole.then_some(())?;
    Some((start.date(), end.date().pred_opt()?))
}
