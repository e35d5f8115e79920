//! Whether the journal can be written, as far as the reloader's thread knows.

use std::time::{Duration, Instant as Moment};

use crate::journal::JournalError;
use crate::live::store::{FaultKind, Store};
use crate::rota::Instant;

/// How long a new rota waits for the journal before it is served with provisional revisions.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Whether the journal can be written.
#[derive(Debug, Default)]
pub(super) struct JournalHealth {
    failing_since: Option<Moment>,
}

impl JournalHealth {
    /// Whether the last attempt to write it failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    /// Whether it has failed long enough for a new rota to be served without it.
    pub(super) fn is_given_up(&self) -> bool {
        self.failing_since.is_some_and(|since| since.elapsed() >= MAX_WAIT)
    }

    /// The result of using the journal; a failure is recorded in `store`, and logged once.
    pub(super) fn check<T>(
        &mut self,
        result: Result<T, JournalError>,
        store: &Store,
        at: Instant,
    ) -> Option<T> {
        match result {
            Ok(value) => {
                self.failing_since = None;
                self.clear_fault(store);
                Some(value)
            }
            Err(error) => {
                if self.failing_since.is_none() {
                    tracing::error!(%error, "failed to write the journal; trying again");
                }
                self.failing_since.get_or_insert_with(Moment::now);
                store.raise(FaultKind::Journal, at, format!("failed to {error}"));
                None
            }
        }
    }

    /// Clears the fault once the journal can be written and has all that is served.
    pub(super) fn clear_fault(&self, store: &Store) {
        let is_written = !store.load().has_provisional_teams();
        if self.failing_since.is_none() && is_written && store.clear(FaultKind::Journal) {
            tracing::info!("the journal is written again");
        }
    }
}
