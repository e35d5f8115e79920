//! One list of events, which every feed is a filter of.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use sha2::{Digest, Sha256};

use crate::rota::{EngineerId, Instant, Period, Role, WeekId, Zone};

use super::colour;
use super::name::Feed;
use super::plan::{Links, Plan};
use super::uid::Compact;
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
    /// From here on nobody knows somebody's holidays.
    HolidaysUnknown,
}

/// When an event is.
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

/// Whether an event holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Confirmed,
    /// The team has still to agree.
    Tentative,
    /// Not any more; only downloads tell.
    Cancelled,
}

/// One event: its identity, its text, and who sees it.
///
/// All texts are clean (`feed::clean`); only `description` has line breaks, as `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The identity, of the slot rather than the person.
    pub uid: String,
    /// What it is about.
    pub kind: Kind,
    /// When it is.
    pub when: When,
    /// The instant by which a window has it or not; within its week, where it has one.
    pub anchor: Instant,
    /// The week it belongs to; a meeting to the week it hands over to. `None` for [`Kind::HolidaysUnknown`].
    pub week: Option<WeekId>,
    /// The one line people see in a month.
    pub summary: String,
    /// Everything else there is to know, as plain text.
    pub description: String,
    /// What clients may filter by.
    pub categories: Vec<&'static str>,
    /// A CSS3 colour name.
    pub colour: &'static str,
    /// The team page at the event's week.
    pub url: Option<String>,
    /// Whether it holds.
    pub status: Status,
    /// Whether it blocks a diary: the meeting alone does.
    pub busy: bool,
    /// Whose feeds have it; of a shift, who holds the role.
    pub engineers: Vec<EngineerId>,
    /// Why, of a shift that is not plain rotation.
    pub reason: Option<String>,
    /// Status, holders and reason, as only hashing reads them.
    pub(super) facts: String,
}

impl Event {
    /// What is told, in downloads alone, of an event that is no more, or is somebody else's now: that it is cancelled.
    /// `summary` is what it was called and `why` a sentence.
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

    /// Where it stands in a feed: by start, then UID.
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

    /// What tells the event from what it was before.
    pub fn hashes(&self) -> Hashes {
        let mut hash = Sha256::new();
        for part in [&*self.uid, &*self.when.as_text(), self.status.as_str(), &self.facts] {
            hash_part(&mut hash, part);
        }
        let substance = hash.clone().finalize().into();
        let categories = self.categories.join(",");
        let url = self.url.as_deref().unwrap_or_default();
        for part in [&*self.summary, &*self.description, self.colour, &*categories, url] {
            hash_part(&mut hash, part);
        }
        Hashes { substance, content: hash.finalize().into() }
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
    /// The first instant after it; whole days end with their last in `zone`.
    pub fn end(self, zone: &Zone) -> Instant {
        match self {
            When::Instants(period) => period.end(),
            When::Days { end, .. } => zone.first_instant(end),
        }
    }

    /// Where it stands in a list; a whole day as if it began at midnight UTC.
    fn order(self) -> NaiveDateTime {
        match self {
            When::Instants(period) => period.start().naive_utc(),
            When::Days { start, .. } => start.and_time(NaiveTime::MIN),
        }
    }

    fn as_text(self) -> String {
        match self {
            When::Instants(period) => format!("{}/{}", Compact(period.start()), Compact(period.end())),
            When::Days { start, end } => format!("{start}/{end}"),
        }
    }
}

/// Hashes of the parts of an event, the same in every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashes {
    /// Of what raises SEQUENCE: time, status, holder and reason.
    pub substance: [u8; 32],
    /// Of all that the event shows, its substance included.
    pub content: [u8; 32],
}

pub(super) fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash_part(&mut hash, part));
    hash.finalize().into()
}

/// Its length goes in with a part, so that no text can pass for two.
fn hash_part(hash: &mut Sha256, part: &str) {
    hash.update((part.len() as u64).to_be_bytes());
    hash.update(part.as_bytes());
}

/// Every event of `plan`, by start, then UID.
pub fn events(plan: &Plan<'_>, links: &Links) -> Vec<Event> {
    let writer = Writer::new(plan, links);
    let within = |period: Period| period.overlaps(plan.window);
    let mut events = Vec::new();
    for planned in plan.schedule.weeks.iter().filter(|planned| within(planned.week.period)) {
        let shifts = planned.shifts.iter().filter(|shift| within(shift.period));
        events.extend(shifts.map(|shift| writer.shift(planned, shift)));
        let conflicts = planned.conflicts.iter().filter(|conflict| within(conflict.period));
        events.extend(conflicts.map(|conflict| writer.deadline(planned, conflict)));
    }
    let meetings = plan.schedule.handovers.iter().filter(|meeting| within(meeting.period));
    events.extend(meetings.map(|meeting| writer.handover(meeting)));
    let occasions = plan.occasions.iter().filter(|occasion| within(occasion.period));
    events.extend(occasions.map(|occasion| writer.occasion(occasion)));
    events.extend(plan.coverage.unknown.iter().flat_map(|unknown| writer.unknown(unknown)));
    events.sort_by(|one, other| one.order().cmp(&other.order()));
    events
}
