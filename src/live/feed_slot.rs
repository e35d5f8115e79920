//! One feed of a team, and what it is written from.

use std::sync::{Arc, OnceLock};

use crate::feed::{Alarm, Feed, Head, Rendered, calendar};
use crate::rota::Instant;

use super::subscribers::FeedSubscribers;

/// A feed of one team.
#[derive(Debug)]
pub struct FeedSlot {
    /// Which feed.
    pub feed: Feed,
    /// Its path below `/{team}/`.
    pub path: String,
    pub(super) index: usize,
    pub(super) subscribers: OnceLock<Arc<FeedSubscribers>>,
}

impl FeedSlot {
    /// The feed at place `index` among those of its team.
    pub(super) fn new(feed: Feed, index: usize) -> FeedSlot {
        FeedSlot { path: feed.path(), feed, index, subscribers: OnceLock::new() }
    }

    /// Its place among the feeds of its team.
    pub fn index(&self) -> usize {
        self.index
    }
}

/// What a feed is written from.
#[derive(Debug, Clone, Copy)]
pub struct FeedSource<'a> {
    /// Its own properties. It last changed when a week began, an event left it, or one of these changed.
    pub head: Head<'a>,
    /// All events of the team, of which the feed picks its own.
    pub events: &'a [Rendered],
    /// The events that left it and are not over yet, which only downloads have.
    pub cancelled: &'a [Rendered],
}

impl FeedSource<'_> {
    /// When the feed last changed, in whole seconds.
    pub fn modified(&self) -> Instant {
        self.head.last_modified(self.events)
    }

    /// The feed as iCalendar; with `alarm` each shift has a display alarm, and for a `download` it has the cancelled
    /// events.
    pub fn calendar(&self, alarm: Option<Alarm>, is_download: bool) -> Vec<u8> {
        let cancelled = if is_download { self.cancelled } else { &[] };
        calendar(&self.head, self.events, cancelled, alarm)
    }
}
