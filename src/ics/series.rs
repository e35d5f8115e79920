//! Which components of a file are one event: those with one UID are its versions (RFC 5545 3.8.7.4, RFC 5546 2.1.5) and
//! its changed instances.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;

use super::component::Event;
use super::value;

/// An event by the places of its components in the file.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// Without RECURRENCE-ID, in the file's order.
    pub(super) masters: Vec<usize>,
    /// With RECURRENCE-ID, in the file's order.
    pub(super) instances: Vec<usize>,
}

/// The events of a file, in the order of their first components. A component without UID is an event of its own.
pub(super) fn series(events: &[Event<'_>]) -> Vec<Series> {
    let (mut all, mut by_uid) = (Vec::new(), BTreeMap::new());
    for (place, event) in events.iter().enumerate() {
        let new = all.len();
        let n = event.uid().map_or(new, |uid| *by_uid.entry(uid).or_insert(new));
        if n == new {
            all.push(Series::default());
        }
        if let Some(series) = all.get_mut(n) {
            if event.is_instance() { &mut series.instances } else { &mut series.masters }.push(place);
        }
    }
    all
}

/// What orders the versions of one event.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    sequence: u64,
    stamp: Option<NaiveDateTime>,
    modified: Option<NaiveDateTime>,
}

impl Version {
    fn of(event: &Event<'_>) -> Version {
        let time = |name| event.line(name).and_then(value::single).map(|stamp| stamp.local());
        Version { sequence: sequence(event), stamp: time("DTSTAMP"), modified: time("LAST-MODIFIED") }
    }
}

fn sequence(event: &Event<'_>) -> u64 {
    event.line("SEQUENCE").and_then(|line| line.value.trim().parse().ok()).unwrap_or(0)
}

/// Those of `instances` that were cancelled with the whole series (RFC 5546 3.2.5): it has `masters`, all of them
/// cancelled, and the instance was not changed after that.
pub(super) fn cancelled<'e>(
    events: &'e [Event<'_>],
    masters: &'e BTreeSet<usize>,
    instances: &'e [usize],
) -> impl Iterator<Item = usize> {
    let all = || masters.iter().filter_map(|place| events.get(*place));
    let cancelled_at = all().map(sequence).max().filter(|_| all().all(Event::is_cancelled));
    let is_cancelled = move |place: &usize| {
        let instance = events.get(*place).map(sequence);
        cancelled_at.zip(instance).is_some_and(|(at, instance)| instance <= at)
    };
    instances.iter().copied().filter(is_cancelled)
}

/// Of components with one UID and RECURRENCE-ID those that count: the newest version. Components of one version with
/// different times are different events, so that there may be several.
pub(super) fn newest(events: &[Event<'_>], candidates: &[usize]) -> BTreeSet<usize> {
    if candidates.len() < 2 {
        return candidates.iter().copied().collect();
    }
    let versions: Vec<(usize, Version)> =
        candidates.iter().filter_map(|place| Some((*place, Version::of(events.get(*place)?)))).collect();
    let newest = versions.iter().map(|(_, version)| version).max();
    let mut times = BTreeSet::new();
    let of_newest = versions.iter().filter(|(_, version)| Some(version) == newest).map(|(place, _)| *place);
    of_newest
        .filter(|place| events.get(*place).is_some_and(|event| times.insert(written_times(event))))
        .collect()
}

/// The times of an event as written.
fn written_times<'e>(event: &'e Event<'_>) -> Vec<&'e str> {
    let names = ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE"];
    names.into_iter().flat_map(|name| event.all(name)).map(|line| line.raw).collect()
}
