//! When each event's content last changed, as far as this process knows.
//!
//! An event's content is first loaded with its team's configuration, or later when time brings it into the window;
//! from then on its revision stays. It is never the time of a request.

use std::collections::BTreeMap;

use crate::feed::{Event, Rendered, Revision};
use crate::rota::Instant;

/// Gives events their revisions.
pub(super) struct Revisions<'a> {
    seen: BTreeMap<&'a str, &'a Rendered>,
    since: Instant,
}

impl<'a> Revisions<'a> {
    /// Nothing was seen before: all content is of `loaded_at`.
    pub(super) fn first(loaded_at: Instant) -> Revisions<'a> {
        Revisions { seen: BTreeMap::new(), since: loaded_at }
    }

    /// `before` was served; what is not in it is of `since`, the start of the week that brought it.
    pub(super) fn after(before: &'a [Rendered], since: Instant) -> Revisions<'a> {
        let seen = before.iter().map(|rendered| (rendered.event().uid.as_str(), rendered)).collect();
        Revisions { seen, since }
    }

    /// The revision of `event`.
    pub(super) fn of(&self, event: &Event) -> Revision {
        match self.seen.get(event.uid.as_str()) {
            Some(known) if known.event().content() == event.content() => known.revision(),
            Some(known) => {
                Revision { modified: self.since.max(known.revision().modified), ..known.revision() }
            }
            None => Revision { sequence: 0, created: self.since, modified: self.since },
        }
    }
}
