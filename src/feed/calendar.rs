//! Events as iCalendar bytes.

use crate::rota::{Instant, Team};

use super::alarm::Alarm;
use super::event::Event;
use super::name::Feed;
use super::plan::Links;

/// When an event's content changed, as the journal tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// How often time, status, holder or reason have changed.
    pub sequence: u32,
    /// When the event first appeared.
    pub created: Instant,
    /// When anything of it last changed.
    pub modified: Instant,
}

/// An event written once, to be copied into each feed that has it.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The event.
    pub event: Event,
    /// Its revision.
    pub revision: Revision,
    vevent: Vec<u8>,
}

impl Rendered {
    /// Writes `event`.
    pub fn new(event: Event, revision: Revision) -> Rendered {
        Rendered { event, revision, vevent: Vec::new() }
    }
}

/// What stands at the head of a feed.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Which feed.
    pub feed: &'a Feed,
    /// Whose.
    pub team: &'a Team,
    /// Where its links lead.
    pub links: &'a Links,
    /// The feed has not changed before this: the current week's start, or the last departure of an event if later.
    pub changed: Instant,
}

impl Head<'_> {
    /// LAST-MODIFIED of the feed, and what HTTP should say: the latest of its events' and `changed`.
    pub fn last_modified(&self, events: &[Rendered]) -> Instant {
        let own = events.iter().filter(|rendered| rendered.event.is_in(self.feed));
        own.map(|rendered| rendered.revision.modified).fold(self.changed, Instant::max)
    }
}

/// The bytes of one feed. `events` is the team's whole list; the feed picks its own, in that order.
pub fn calendar(_head: &Head<'_>, events: &[Rendered], _alarm: Option<Alarm>) -> Vec<u8> {
    events.iter().flat_map(|rendered| rendered.vevent.iter().copied()).collect()
}
