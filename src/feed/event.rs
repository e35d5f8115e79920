//! One list of events, which every feed is a filter of.

use chrono::NaiveDate;

use crate::rota::{EngineerId, Period, Role, WeekId};

use super::name::Feed;
use super::plan::{Links, Plan};

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Somebody holds a role.
    Shift(Role),
    /// A handover meeting.
    Handover,
    /// The day by which a conflict must be agreed.
    Deadline,
    /// An absence, and who covers it.
    Holiday,
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
    /// Whether the team has still to agree.
    pub tentative: bool,
    /// Whether it blocks a diary: the meeting alone does.
    pub busy: bool,
    /// Whose feeds have it.
    pub engineers: Vec<EngineerId>,
}

impl Event {
    /// Whether `feed` has the event.
    pub fn is_in(&self, feed: &Feed) -> bool {
        match feed {
            Feed::Team => matches!(self.kind, Kind::Shift(_) | Kind::Handover | Kind::Deadline),
            Feed::Engineer(id) => self.engineers.contains(id),
            Feed::Coverage => matches!(self.kind, Kind::Holiday | Kind::HolidaysUnknown | Kind::Deadline),
            Feed::Role(role) => self.kind == Kind::Shift(*role),
        }
    }

    /// A hash of what raises SEQUENCE: time, status, holder and reason. The same in every process.
    pub fn substance(&self) -> [u8; 32] {
        [0; 32]
    }

    /// A hash of all that the event shows. The same in every process.
    pub fn content(&self) -> [u8; 32] {
        [0; 32]
    }
}

/// Every event of `plan`, by start, then UID.
pub fn events(_plan: &Plan<'_>, _links: &Links) -> Vec<Event> {
    Vec::new()
}
