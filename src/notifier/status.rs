//! Shows what keeps notices from being delivered.

use chrono::TimeDelta;

use super::planner::Looked;
use crate::journal::{Database, JournalError};
use crate::live::{FaultKind, Store};
use crate::rota::Instant;

/// How long notices that were given up are shown.
const GIVEN_UP_SHOWN: TimeDelta = TimeDelta::hours(24);

/// Reads what waits, and raises or clears the fault of notices.
///
/// # Errors
///
/// If the database cannot be read.
pub(super) fn show(
    store: &Store,
    database: &Database,
    looked: Looked,
    now: Instant,
) -> Result<(), JournalError> {
    store.notices().set_undelivered(database.undelivered_notices(now - GIVEN_UP_SHOWN)?);
    show_faults(store, looked, now);
    Ok(())
}

/// Raises or clears the fault of notices.
pub(super) fn show_faults(store: &Store, looked: Looked, now: Instant) {
    let mut problems = store.notices().problems();
    if looked.waiting_for_journal > 0 {
        problems.push("notices wait until the journal can be written".to_owned());
    }
    if problems.is_empty() {
        if store.clear(FaultKind::Notices) {
            tracing::info!("notices are delivered again");
        }
    } else {
        store.raise(FaultKind::Notices, now, problems.join("; "));
    }
}
