//! What the journal knows of one team, as this process holds it.

use std::sync::Arc;

use super::event_record::{Change, change, logged};
use crate::journal::{ChangeRecord, Draft, Journal, Revision, SourceFile, Stored};
use crate::rota::{Instant, TeamId};

/// How many changes of a team are held in memory; older ones stay in the database.
const MAX_CHANGES: usize = 500;

/// How a team's revisions relate to what the database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalState {
    /// The database has them.
    Written,
    /// They are not written yet, so they are provisional.
    Provisional,
    /// Another server published a newer configuration: this one reads the journal and changes nothing.
    Older,
    /// A newer oncal wrote the journal: this one cannot read it and changes nothing.
    Newer,
}

/// What was published of a team, and what changed.
#[derive(Debug, Clone)]
pub(crate) struct PublishedTeam {
    /// What is in the database, or what is to be written to it apart from the version.
    pub(super) stored: Stored,
    pub(crate) state: JournalState,
    /// In the order in which they were published.
    pub(crate) changes: Arc<[Change]>,
    /// The changes that are not written yet.
    pub(super) pending: Vec<ChangeRecord>,
    /// The previous journal could not be read, so all events count as changed. A check of the journal ends this once
    /// the new one is written.
    pub(crate) is_rebuilt: bool,
}

impl PublishedTeam {
    /// As read from the database.
    pub(super) fn from_database(stored: Stored, changes: &[ChangeRecord]) -> PublishedTeam {
        let skipped = changes.len().saturating_sub(MAX_CHANGES);
        let changes = changes.iter().skip(skipped).filter_map(change).collect();
        PublishedTeam {
            stored,
            state: JournalState::Written,
            changes,
            pending: Vec::new(),
            is_rebuilt: false,
        }
    }

    /// What follows `known` (`None` for a team that was never published), not written yet.
    pub(super) fn next(
        known: Option<&PublishedTeam>,
        journal: &Journal,
        changed: Vec<ChangeRecord>,
    ) -> PublishedTeam {
        let stored = Stored::new(known.map_or(0, |known| known.stored.version), journal);
        let old = known.map(|known| &*known.changes).unwrap_or_default();
        let new: Vec<Change> = changed.iter().filter_map(change).collect();
        let skipped = (old.len() + new.len()).saturating_sub(MAX_CHANGES);
        let changes = old.iter().cloned().chain(new).skip(skipped).collect();
        let pending = known.map(|known| &*known.pending).unwrap_or_default();
        let pending = pending.iter().cloned().chain(changed).collect();
        PublishedTeam { stored, state: JournalState::Provisional, changes, pending, is_rebuilt: false }
    }

    /// How often the database has been written, as far as this process knows.
    pub(crate) fn version(&self) -> i64 {
        self.stored.version
    }

    /// Whether it was published in a week that began at or after `since`, as far as its journal says.
    pub(crate) fn is_of_week_since(&self, since: Instant) -> bool {
        self.stored.journal.open().map_or(true, |journal| since <= journal.week_start)
    }

    /// The same without the note that its journal was made anew, once that is written; `None` if nothing changes.
    pub(crate) fn without_note_of_damage(&self) -> Option<PublishedTeam> {
        let is_over = self.is_rebuilt && self.state == JournalState::Written;
        is_over.then(|| PublishedTeam { is_rebuilt: false, ..self.clone() })
    }

    /// A number that says how new the configuration is.
    pub(crate) fn generation(&self) -> i64 {
        self.stored.generation
    }

    /// What is to be written, with the files that the team was made of.
    pub(super) fn draft(&self, team: &TeamId, sources: Option<Vec<SourceFile>>) -> Draft {
        let stored = Stored { version: self.stored.version + 1, ..self.stored.clone() };
        Draft { team: team.clone(), stored, changes: self.pending.clone(), sources }
    }

    /// What the database should have, to be written again if it was lost. `None` if it was never written, or another
    /// server wrote it.
    pub(super) fn lost_draft(&self, team: &TeamId) -> Option<Draft> {
        let is_own = matches!(self.state, JournalState::Written | JournalState::Provisional);
        (is_own && self.stored.version > 0).then(|| {
            let written = self.changes.len().saturating_sub(self.pending.len());
            let changes = self.changes.iter().take(written).map(|change| logged(change.at, &change.moved));
            Draft {
                team: team.clone(),
                stored: self.stored.clone(),
                changes: changes.collect(),
                sources: None,
            }
        })
    }

    /// Notes that the draft was written.
    pub(super) fn mark_written(&mut self) {
        self.stored.version += 1;
        self.state = JournalState::Written;
        self.pending.clear();
    }

    /// The journal of what is served. It can always be read: a journal in the database that cannot be read is replaced
    /// before anything is served from it.
    pub(crate) fn open(&self, team: &TeamId, week_start: Instant) -> Journal {
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

/// The revision of an event according to the journal; for an unknown event, a first one as of the week's start.
pub(crate) fn revision(journal: &Journal, uid: &str, week_start: Instant) -> Revision {
    let known = journal.entries.get(uid).map(|entry| entry.revision);
    known.unwrap_or(Revision { sequence: 0, created: week_start, modified: week_start })
}
