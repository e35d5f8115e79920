//! One list of events, which every feed is a filter of.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use sha2::{Digest, Sha256};

use crate::rota::{EngineerId, Instant, Period, Role, WeekId, Zone};

use super::colour;
use super::name::Feed;
use super::plan::{Links, Plan};
use super::writer::Writer;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Somebody holds a role.
    Shift(Role),
    /// A handover meeting.
    Handover,
    /// The day by which a conflict must be agreed.
    Deadline,
    /// A holiday or time off, and who is on call through it.
    Occasion,
    /// From here on an engineer's holidays are not known.
    HolidaysUnknown,
}

/// The time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// From instant to instant.
    Instants(Period),
    /// Whole days, from the first to before `end`.
    Days {
        /// The first date.
        start: NaiveDate,
        /// The first date after it.
        end: NaiveDate,
    },
}

/// The status of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is certain.
    Confirmed,
    /// The team has not agreed to it yet.
    Tentative,
    /// It no longer exists; only downloads contain such events.
    Cancelled,
}

/// One event: its identity, its text, and whose feeds contain it.
///
/// All texts are clean (`feed::clean`); only `description` has line breaks, as `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its identity, which depends on the slot and not on the person.
    pub uid: String,
    /// Its kind.
    pub kind: Kind,
    /// When it is.
    pub when: When,
    /// The instant that decides whether a window contains it; within its week, if it has one.
    pub anchor: Instant,
    /// The week it belongs to; a meeting to the week it hands over to. `None` for [`Kind::HolidaysUnknown`].
    pub week: Option<WeekId>,
    /// The one line people see in a month.
    pub summary: String,
    /// All details, as plain text.
    pub description: String,
    /// Categories that clients can filter by.
    pub categories: Vec<&'static str>,
    /// A CSS3 colour name.
    pub colour: &'static str,
    /// The team page at the event's week.
    pub url: Option<String>,
    /// Its status.
    pub status: Status,
    /// Whether it is shown as busy time; only meetings are.
    pub busy: bool,
    /// The engineers whose feeds contain it; for a shift, the holder of the role.
    pub engineers: Vec<EngineerId>,
    /// The reason of a shift that differs from the rotation.
    pub reason: Option<String>,
    /// Status, holders and reason, used only for hashing.
    pub(super) facts: String,
}

impl Event {
    /// The cancellation, in downloads, of an event that was withdrawn or went to somebody else. `summary` is its former
    /// summary, and `why` a sentence.
    pub fn cancelled(
        uid: &str,
        kind: Kind,
        (when, anchor): (When, Instant),
        summary: &str,
        why: &str,
    ) -> Event {
        Event {
            uid: uid.to_owned(),
            kind,
            when,
            anchor,
            week: None,
            summary: format!("CANCELLED {summary}"),
            description: why.to_owned(),
            categories: vec!["On-call"],
            colour: colour::TEAM.name,
            url: None,
            status: Status::Cancelled,
            busy: false,
            engineers: Vec::new(),
            reason: None,
            facts: String::new(),
        }
    }

    /// Its sort key within a feed: by start, then UID.
    pub(super) fn order(&self) -> (NaiveDateTime, &str) {
        (self.when.order(), &self.uid)
    }

    /// Whether `feed` has the event.
    pub fn is_in(&self, feed: &Feed) -> bool {
        match feed {
            Feed::Team => matches!(self.kind, Kind::Shift(_) | Kind::Handover | Kind::Deadline),
            Feed::Engineer(id) => self.engineers.contains(id),
            Feed::Coverage => matches!(self.kind, Kind::Occasion | Kind::HolidaysUnknown | Kind::Deadline),
            Feed::Role(role) => self.kind == Kind::Shift(*role),
        }
    }

    /// The hashes that show whether the event has changed.
    pub fn hashes(&self) -> Hashes {
        // In one piece, since a hash does more for a call than for what it is given.
        let mut parts = Vec::with_capacity(1024);
        parts.extend(self.when.as_numbers().map(i64::to_be_bytes).as_flattened());
        for part in [&*self.uid, self.status.as_str(), &self.facts] {
            add_part(&mut parts, part);
        }
        let substance = Sha256::digest(&parts).into();
        let url = self.url.as_deref().unwrap_or_default();
        let texts = [&*self.summary, &*self.description, self.colour, url];
        for part in texts.into_iter().chain(self.categories.iter().copied()) {
            add_part(&mut parts, part);
        }
        Hashes { substance, content: Sha256::digest(&parts).into() }
    }
}

impl Status {
    /// In lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Confirmed => "confirmed",
            Status::Tentative => "tentative",
            Status::Cancelled => "cancelled",
        }
    }
}

impl When {
    /// The first instant after it; whole days are local days of `zone`.
    pub fn end(self, zone: &Zone) -> Instant {
        match self {
            When::Instants(period) => period.end(),
            When::Days { end, .. } => zone.first_instant(end),
        }
    }

    /// Its sort key; a whole day counts as if it began at midnight UTC.
    fn order(self) -> NaiveDateTime {
        match self {
            When::Instants(period) => period.start().naive_utc(),
            When::Days { start, .. } => start.and_time(NaiveTime::MIN),
        }
    }

    /// Different for any two that differ.
    fn as_numbers(self) -> [i64; 3] {
        match self {
            When::Instants(period) => [0, period.start().timestamp(), period.end().timestamp()],
            When::Days { start, end } => [1, start.num_days_from_ce().into(), end.num_days_from_ce().into()],
        }
    }
}

/// Hashes of the parts of an event, the same in every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashes {
    /// A hash of what raises SEQUENCE: time, status, holder and reason.
    pub substance: [u8; 32],
    /// A hash of everything that the event shows, including its substance.
    pub content: [u8; 32],
}

pub(super) fn digest(parts: &[&str]) -> [u8; 32] {
    let mut all = Vec::with_capacity(1024);
    parts.iter().for_each(|part| add_part(&mut all, part));
    Sha256::digest(&all).into()
}

/// Each part is hashed with its length, so that two parts never look like one.
fn add_part(parts: &mut Vec<u8>, part: &str) {
    parts.extend_from_slice(&(part.len() as u64).to_be_bytes());
    parts.extend_from_slice(part.as_bytes());
}

/// Every event of `plan`, by start, then UID.
pub fn events(plan: &Plan<'_>, links: &Links) -> Vec<Event> {
    let mut events = Vec::new();
    each_event(plan, links, |event| events.push(event));
    in_order(events)
}

/// `events` by start, then UID.
pub fn in_order(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by(|one, other| one.order().cmp(&other.order()));
    events
}

/// Calls `take` with every event of `plan`, in any order. Thousands of teams are published so, each event being dropped
/// before the next is written: memory that was just freed is the quickest to get.
pub fn each_event(plan: &Plan<'_>, links: &Links, mut take: impl FnMut(Event)) {
    let writer = Writer::new(plan, links);
    let within = |period: Period| period.overlaps(plan.window);
    for planned in plan.schedule.weeks.iter().filter(|planned| within(planned.week.period)) {
        let shifts = planned.shifts.iter().filter(|shift| within(shift.period));
        shifts.for_each(|shift| take(writer.shift(planned, shift)));
        let conflicts = planned.conflicts.iter().filter(|conflict| within(conflict.period));
        conflicts.for_each(|conflict| take(writer.deadline(planned, conflict)));
    }
    let meetings = plan.schedule.handovers.iter().filter(|meeting| within(meeting.period));
    meetings.for_each(|meeting| take(writer.handover(meeting)));
    let occasions = plan.occasions.iter().filter(|occasion| within(occasion.period));
    occasions.for_each(|occasion| take(writer.occasion(occasion)));
    plan.coverage.unknown.iter().flat_map(|unknown| writer.unknown(unknown)).for_each(take);
}
