//! Where the occurrences of a repeating event start, and which of them were changed (RECURRENCE-ID), moved together
//! with all later ones (RANGE=THISANDFUTURE), or left out (EXDATE).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::bounds::Bounds;
use super::component::{CalendarFile, Event};
use super::event::{self, End, Fault, Recurrence, Times};
use super::recur::{self, Allowance, Exhausted};
use super::rule::Rule;
use super::series;
use super::shape::{self, Clocks, Shape, Shaped, Span};
use super::time_zone::TimeZones;
use super::value::{self, Clock, Entry, Stamp};
use crate::rota::Instant;
use crate::toml_reader::{self, At};

/// By what an occurrence is known in its series: a date where the event takes whole days, otherwise an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Date(NaiveDate),
    Instant(Instant),
}

/// Why the occurrences of an event cannot be worked out.
pub(super) enum Failure {
    Fault(Fault),
    Exhausted(Exhausted),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Fault(fault)
    }
}

impl From<Exhausted> for Failure {
    fn from(exhausted: Exhausted) -> Failure {
        Failure::Exhausted(exhausted)
    }
}

/// The changed instances of an event.
#[derive(Debug, Default)]
pub(super) struct Changes {
    all: Vec<Change>,
    /// The places of those of one instance, where its newest version has several times.
    same_versions: Vec<BTreeSet<usize>>,
}

/// A component with RECURRENCE-ID.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// Its place in the file.
    pub(super) event: usize,
    of: At<Stamp>,
    is_range: bool,
}

/// Where one occurrence starts.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) key: Key,
    /// On the event's own clock.
    local: NaiveDateTime,
    /// Of an RDATE with PERIOD, its own times.
    period: Option<Box<Shaped>>,
}

/// Where the unchanged occurrences of an event start, and from where on all are moved.
pub(super) struct Starts {
    /// In order.
    pub(super) list: Vec<Start>,
    /// Whether they go on beyond the bounds.
    pub(super) is_endless: bool,
    /// In order.
    ranges: Vec<(Key, Change)>,
}

impl Changes {
    /// Reads the components at `places`, of each instance the newest version. Also what cannot be read.
    pub(super) fn read(
        file: &CalendarFile<'_>,
        places: &[usize],
        zones: &TimeZones<'_>,
    ) -> (Changes, Vec<(usize, Fault)>) {
        let (mut by_instance, mut faults) = (BTreeMap::<_, Vec<Change>>::new(), Vec::new());
        for (place, event) in places.iter().filter_map(|place| Some((*place, file.events.get(*place)?))) {
            let clocks = Clocks { zones, calendar: event.calendar };
            let read = event::instance(event).and_then(|of| {
                let Some((of, is_range)) = of else { return Ok(None) };
                let instant = match &of.value {
                    Stamp::Date(_) | Stamp::Time(_, Clock::Floating) => None,
                    Stamp::Time(..) => Some(clocks.instant(&of.value, None, &of.span)?),
                };
                let id = (instant, instant.is_none().then(|| of.value.local()));
                Ok(Some((id, Change { event: place, of, is_range })))
            });
            match read {
                Ok(Some((id, change))) => by_instance.entry(id).or_default().push(change),
                Ok(None) => {}
                Err(fault) => faults.push((place, fault)),
            }
        }
        let mut read = Changes::default();
        for changes in by_instance.into_values() {
            let places: Vec<usize> = changes.iter().map(|change| change.event).collect();
            let newest = series::newest(&file.events, &places);
            read.all.extend(changes.into_iter().filter(|change| newest.contains(&change.event)));
            read.same_versions.extend(Some(newest).filter(|newest| newest.len() > 1));
        }
        (read, faults)
    }

    /// The places of the components of each instance of which several count.
    pub(super) fn same_versions(&self) -> impl Iterator<Item = &BTreeSet<usize>> {
        self.same_versions.iter()
    }

    /// The places of the components that count.
    pub(super) fn events(&self) -> impl Iterator<Item = usize> {
        self.all.iter().map(|change| change.event)
    }

    /// How much work it is to look at each of them, in steps.
    pub(super) fn work(&self) -> u64 {
        u64::try_from(self.all.len()).unwrap_or(u64::MAX)
    }

    /// The places of those that change all later instances too.
    pub(super) fn ranges(&self) -> impl Iterator<Item = usize> {
        self.all.iter().filter(|change| change.is_range).map(|change| change.event)
    }
}

impl Change {
    /// When the occurrence at `start` of an event of the shape `master` takes place after this change, itself of the
    /// shape `changed`: moved by as much as the instance of the change.
    pub(super) fn span(
        &self,
        start: &Start,
        master: &Shaped,
        changed: &Shaped,
        clocks: Clocks<'_>,
    ) -> Option<Span> {
        let new = changed.times.start.value.local();
        if let (Shape::Days { count, .. }, Ok(of)) =
            (changed.shape, clocks.date(&self.of.value, &self.of.span))
        {
            let moved = changed.date(new) - of;
            let first = master.date(start.local).checked_add_signed(moved)?;
            return Some(Span::Days(first, shape::shifted(first, count - 1)?));
        }
        let zone = changed.zone.as_ref()?;
        let of = match &self.of.value {
            Stamp::Date(date) => date.and_time(NaiveTime::MIN),
            of @ Stamp::Time(..) => zone.local(clocks.instant(of, master.zone.as_ref(), &self.of.span).ok()?),
        };
        let at = match start.key {
            Key::Date(date) => date.and_time(NaiveTime::MIN),
            Key::Instant(instant) => zone.local(instant),
        };
        changed.span(at.checked_add_signed(new - of)?)
    }
}

impl Start {
    /// When the occurrence takes place that starts here, of an event of the shape `master`.
    pub(super) fn span(&self, master: &Shaped) -> Option<Span> {
        match &self.period {
            Some(own) => own.span(own.times.start.value.local()),
            None => master.span(self.local),
        }
    }
}

impl Starts {
    /// Works them out for `event`, which is of the shape `shaped`, without those that are left out or changed.
    pub(super) fn of(
        event: &Event<'_>,
        shaped: &Shaped,
        clocks: Clocks<'_>,
        changes: &Changes,
        (bounds, allowance): (Bounds, &Allowance),
    ) -> Result<Starts, Failure> {
        let recurrence = Recurrence::read(event, &shaped.times.start.value)?;
        let series = SeriesClock { shaped, clocks, allowance };
        let mut starts: BTreeMap<NaiveDateTime, Option<Box<Shaped>>> = BTreeMap::new();
        starts.insert(shaped.times.start.value.local(), None);
        for rule in &recurrence.rules {
            starts.extend(series.of_rule(rule, bounds)?.into_iter().map(|start| (start, None)));
        }
        for At { value, span } in &recurrence.also {
            let (start, period) = series.of_entry(value, span)?;
            starts.insert(start, period);
        }
        for rule in &recurrence.except_rules {
            for start in series.of_rule(rule, bounds)? {
                starts.remove(&start);
            }
        }
        let left_out = recurrence.except.iter().map(|at| (&at.value.start, &at.span));
        let changed = changes.all.iter().map(|change| (&change.of.value, &change.of.span));
        let mut except = Except::default();
        for (stamp, span) in left_out.chain(changed) {
            allowance.take(1)?;
            except.add(stamp, span, &series, &starts)?;
        }
        let mut ranges = Vec::new();
        for change in changes.all.iter().filter(|change| change.is_range) {
            ranges.push((series.key_of(&change.of)?, change.clone()));
        }
        ranges.sort_by_key(|(key, _)| *key);
        let list = starts.into_iter().filter(|(local, _)| !except.has(*local, shaped));
        let list = list.map(|(local, period)| Start { key: series.key(local), local, period }).collect();
        Ok(Starts { list, is_endless: recurrence.is_endless(), ranges })
    }

    /// The change that the occurrence of that key is moved with, if there is one.
    pub(super) fn range_at(&self, key: Key) -> Option<&Change> {
        let begun = self.ranges.partition_point(|(from, _)| *from < key);
        self.ranges.get(begun.checked_sub(1)?).map(|(_, change)| change)
    }
}

/// An event of known shape, on whose clock dates are worked out.
struct SeriesClock<'a> {
    shaped: &'a Shaped,
    clocks: Clocks<'a>,
    allowance: &'a Allowance,
}

impl SeriesClock<'_> {
    fn start(&self) -> NaiveDateTime {
        self.shaped.times.start.value.local()
    }

    fn is_whole_days(&self) -> bool {
        matches!(self.shaped.shape, Shape::Days { .. })
    }

    fn key(&self, local: NaiveDateTime) -> Key {
        match &self.shaped.zone {
            Some(zone) if !self.is_whole_days() => Key::Instant(zone.instant(local)),
            _ => Key::Date(self.shaped.date(local)),
        }
    }

    fn key_of(&self, at: &At<Stamp>) -> Result<Key, Fault> {
        if self.is_whole_days() {
            return self.clocks.date(&at.value, &at.span).map(Key::Date);
        }
        self.clocks.instant(&at.value, self.shaped.zone.as_ref(), &at.span).map(Key::Instant)
    }

    /// What the event's own clock shows at a stamp; of a date, the event's own time on it.
    fn on_own_clock(&self, stamp: &Stamp, span: &toml_reader::Span) -> Result<NaiveDateTime, Failure> {
        self.allowance.take(1)?;
        let Some(zone) = &self.shaped.zone else {
            return Ok(self.clocks.date(stamp, span)?.and_time(NaiveTime::MIN));
        };
        Ok(match stamp {
            Stamp::Date(date) => date.and_time(self.start().time()),
            Stamp::Time(local, Clock::Floating) => *local,
            Stamp::Time(..) => zone.local(self.clocks.instant(stamp, Some(zone), span)?),
        })
    }

    fn of_rule(&self, rule: &At<Rule>, bounds: Bounds) -> Result<Vec<NaiveDateTime>, Failure> {
        let start = self.start();
        let until = match rule.value.until.as_deref().and_then(value::until) {
            // The whole of the day, whatever the time of the event.
            Some(Stamp::Date(date)) => date.and_hms_opt(23, 59, 59),
            Some(until) => Some(self.on_own_clock(&until, &rule.span)?),
            None => None,
        };
        // An occurrence may begin on another date than the event's own clock shows, and long before the bounds.
        let margin = TimeDelta::days(self.shaped.days() + 2);
        let first = bounds.first.checked_sub_signed(margin).unwrap_or(bounds.first);
        let last = bounds.last.checked_add_signed(TimeDelta::days(2)).unwrap_or(bounds.last);
        let last = until.map_or(last, |until| until.date().min(last));
        let dates = recur::dates(&rule.value, start.date(), (first, last), self.allowance)?;
        let starts = dates.into_iter().map(|date| date.and_time(start.time()));
        Ok(starts.filter(|start| until.is_none_or(|until| *start <= until)).collect())
    }

    fn of_entry(
        &self,
        entry: &Entry,
        span: &toml_reader::Span,
    ) -> Result<(NaiveDateTime, Option<Box<Shaped>>), Failure> {
        let start = self.on_own_clock(&entry.start, span)?;
        let Some(end) = entry.end.clone() else { return Ok((start, None)) };
        let times = Times {
            start: At { value: entry.start.clone(), span: span.clone() },
            end: At { value: End::from(end), span: span.clone() },
        };
        Ok((start, Some(Box::new(self.clocks.shaped(times)?))))
    }
}

/// Occurrences that are left out.
#[derive(Default)]
struct Except {
    dates: BTreeSet<NaiveDate>,
    locals: BTreeSet<NaiveDateTime>,
    instants: BTreeSet<Instant>,
}

impl Except {
    fn add(
        &mut self,
        stamp: &Stamp,
        span: &toml_reader::Span,
        series: &SeriesClock<'_>,
        starts: &BTreeMap<NaiveDateTime, Option<Box<Shaped>>>,
    ) -> Result<(), Failure> {
        let (Some(zone), Stamp::Time(..)) = (&series.shaped.zone, stamp) else {
            self.dates.insert(series.clocks.date(stamp, span)?);
            return Ok(());
        };
        let local = series.on_own_clock(stamp, span)?;
        if !series.is_whole_days() {
            // Compared as instants: in the hour that a clock change skips, two readings may be one.
            self.instants.insert(series.clocks.instant(stamp, Some(zone), span)?);
        } else if starts.contains_key(&local) {
            self.locals.insert(local);
        } else {
            self.dates.insert(series.clocks.date(stamp, span)?);
        }
        Ok(())
    }

    fn has(&self, local: NaiveDateTime, shaped: &Shaped) -> bool {
        let by_instant = || {
            let zone = shaped.zone.as_ref().filter(|_| !self.instants.is_empty());
            zone.is_some_and(|zone| self.instants.contains(&zone.instant(local)))
        };
        self.dates.contains(&shaped.date(local)) || self.locals.contains(&local) || by_instant()
    }
}
