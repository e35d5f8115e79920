//! A team's journal as it is in service.

use std::sync::Arc;

use super::record::{Change, change};
use crate::feed::Revision;
use crate::journal::{self, ChangeRecord, Draft, Journal, Stored};
use crate::rota::{Instant, TeamId};

/// How many changes of a team are at hand; older ones stay in the database.
const MAX_CHANGES: usize = 500;

/// How a [`Book`] stands to what the database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is kept.
    Kept,
    /// It is still to be written: its revisions are provisional.
    Unsaved,
    /// Another server published a newer configuration: this one reads the journal and changes nothing.
    Older,
}

/// What was published of a team, and what moved.
#[derive(Debug, Clone)]
pub(super) struct Book {
    /// What the database has, or should have but for its version.
    pub(super) stored: Stored,
    pub(super) standing: Standing,
    /// In the order in which they were published.
    pub(super) changes: Arc<[Change]>,
    /// Those that are still to be written.
    pub(super) pending: Vec<ChangeRecord>,
}

impl Book {
    /// As read from the database.
    pub(super) fn kept(stored: Stored, moved: &[ChangeRecord]) -> Book {
        let latest = moved.len().saturating_sub(MAX_CHANGES);
        let changes = moved.iter().skip(latest).filter_map(change).collect();
        Book { stored, standing: Standing::Kept, changes, pending: Vec::new() }
    }

    /// The successor of `known`, still to be written; of a team that was never published, the first.
    pub(super) fn next(known: Option<&Book>, journal: &Journal, moved: Vec<ChangeRecord>) -> Book {
        let stored = Stored::new(known.map_or(0, |book| book.stored.version), journal);
        let old = known.map(|book| &*book.changes).unwrap_or_default();
        let new: Vec<Change> = moved.iter().filter_map(change).collect();
        let latest = (old.len() + new.len()).saturating_sub(MAX_CHANGES);
        let changes = old.iter().cloned().chain(new).skip(latest).collect();
        let pending = known.map(|book| &*book.pending).unwrap_or_default();
        let pending = pending.iter().cloned().chain(moved).collect();
        Book { stored, standing: Standing::Unsaved, changes, pending }
    }

    /// What is to be written.
    pub(super) fn draft(&self, team: &TeamId) -> Draft {
        let stored = Stored { version: self.stored.version + 1, ..self.stored.clone() };
        Draft { team: team.clone(), stored, changes: self.pending.clone() }
    }

    /// It was written.
    pub(super) fn save(&mut self) {
        self.stored.version += 1;
        self.standing = Standing::Kept;
        self.pending.clear();
    }

    /// The journal. Damage, which the database did not see, is told once for each reading; then nothing is known, and
    /// all that there is counts as new in the current week.
    pub(super) fn open(&self, team: &TeamId, week_start: Instant) -> Journal {
        self.stored.journal.open().unwrap_or_else(|error| {
            tracing::error!(%team, %error, "journal");
            Journal {
                generation: self.stored.generation,
                fingerprint: String::new(),
                week_start,
                until: week_start,
                entries: std::collections::BTreeMap::new(),
            }
        })
    }
}

/// The revision of an event that the journal knows; of another, as the current week brought it.
pub(super) fn revision(journal: &Journal, uid: &str, week_start: Instant) -> Revision {
    let known = journal.entries.get(uid).map(|entry| entry.revision);
    let journal::Revision { sequence, created, modified } =
        known.unwrap_or(journal::Revision { sequence: 0, created: week_start, modified: week_start });
    Revision { sequence, created, modified }
}
