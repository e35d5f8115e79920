//! One team to be published, and the result.

use std::sync::Arc;

use super::frame::Frame;
use super::published_team::{JournalState, PublishedTeam};
use crate::config::TeamConfig;
use crate::feed::{Event, Links};
use crate::journal::Copies;
use crate::rota::TeamId;

/// Why something is published. This decides which of two configurations counts as the newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// The server starts: the times of the files say how new its configuration is.
    Start,
    /// Files changed while the server runs: they are newer than anything published before.
    FileChange,
    /// A week ended, or a failed write is tried again.
    Time,
}

/// A team that is to be published.
#[derive(Debug, Clone)]
pub(crate) struct TeamToPublish {
    pub(crate) config: Arc<TeamConfig>,
    pub(crate) frame: Frame,
    pub(crate) links: Links,
    /// The copies of fetched calendars that its configuration is made from.
    pub(crate) copies: Copies,
    /// Whether this server published it before from the same files: other copies do not make a newer configuration.
    pub(crate) has_same_files: bool,
    /// What was published before, by this server or another.
    pub(crate) known: Option<Arc<PublishedTeam>>,
    /// What this server serves of it. Of a restored team at the start, what it was restored from.
    pub(crate) own: Option<Arc<PublishedTeam>>,
    /// Whether this is the last published version, because the current files have errors. If so, nothing is
    /// published unless the journal's entry cannot be read.
    pub(crate) is_restored: bool,
    /// Whether its feeds are in use, so that its events will soon be rendered.
    pub(crate) is_in_use: bool,
}

impl TeamToPublish {
    pub(super) fn id(&self) -> &TeamId {
        &self.config.team.id
    }

    /// The generation of the configuration that this server published, unless another server has a newer one.
    pub(super) fn own_generation(&self) -> Option<i64> {
        let is_behind = |own: &PublishedTeam| matches!(own.state, JournalState::Older | JournalState::Newer);
        self.own.as_ref().filter(|own| !is_behind(own)).map(|own| own.generation())
    }

    /// The copies of fetched calendars that its events are made from.
    pub(super) fn own_copies(&self) -> &Copies {
        match &self.own {
            Some(own) if self.is_restored => &own.stored.copies,
            _ => &self.copies,
        }
    }
}

/// A team that was published. Its events are included if its feeds are in use and the events had to be computed.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) team: Arc<PublishedTeam>,
    pub(crate) events: Option<Vec<Event>>,
}
