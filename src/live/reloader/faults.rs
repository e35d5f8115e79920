//! Faults that follow from what is served and read: raised and cleared in the store, and logged once each.
//!
//! Not here: the fault of the journal (`journal_health`).

use std::time::Duration;

use super::names::names;
use crate::config::LoadError;
use crate::live::snapshot::Snapshot;
use crate::live::store::{FaultKind, Store};
use crate::rota::{Instant, TeamId};

/// How often to read all files if the folder cannot be watched.
pub(super) const FULL_READ_EVERY_UNWATCHED: Duration = Duration::from_secs(5);

/// Raises or clears the faults that another server has a newer configuration, and that the journal has entries that
/// cannot be read.
pub(super) fn check_journals(store: &Store, at: Instant) {
    let snapshot = store.load();
    check_unreadable(store, &snapshot, at);
    let older: Vec<&str> = snapshot.older_teams().map(TeamId::as_str).collect();
    if older.is_empty() {
        if store.clear(FaultKind::Older) {
            tracing::info!("this server has the newest configuration again");
        }
        return;
    }
    let message = "another server has published a newer configuration than this one has";
    if store.raise(FaultKind::Older, at, message.to_owned()) {
        tracing::warn!(teams = names(&older), "{message}");
    }
}

fn check_unreadable(store: &Store, snapshot: &Snapshot, at: Instant) {
    let unreadable: Vec<(&str, bool)> =
        snapshot.unreadable_teams().map(|(id, is_newer)| (id.as_str(), is_newer)).collect();
    if unreadable.is_empty() {
        if store.clear(FaultKind::Unreadable) {
            tracing::info!("the journals of all teams can be read again");
        }
        return;
    }
    let ids: Vec<&str> = unreadable.iter().map(|(id, _)| *id).collect();
    let message = if unreadable.iter().any(|(_, is_newer)| *is_newer) {
        "a newer oncal wrote journals that this one cannot read; they are left as they are, and all events of these \
         teams count as changed"
    } else {
        "journals were damaged; all events of these teams count as changed"
    };
    let message = format!("{message}: {}", names(&ids));
    store.raise(FaultKind::Unreadable, at, message);
}

/// Shows that the configuration folder cannot be read.
pub(super) fn configuration_unreadable(store: &Store, error: &LoadError, at: Instant) {
    if store.raise(FaultKind::Configuration, at, error.to_string()) {
        tracing::error!(%error, "the configuration folder cannot be read; the last configuration stays in service");
    }
}

/// Shows whether the configuration folder is watched.
pub(super) fn watched(store: &Store, result: Result<(), String>, at: Instant) {
    match result {
        Ok(()) => {
            if store.clear(FaultKind::Watch) {
                tracing::info!("the configuration folder is watched again");
            }
        }
        Err(reason) => {
            if store.raise(FaultKind::Watch, at, reason.clone()) {
                let every_seconds = FULL_READ_EVERY_UNWATCHED.as_secs();
                tracing::warn!(
                    %reason,
                    every_seconds,
                    "the configuration folder cannot be watched; it is read at intervals instead"
                );
            }
        }
    }
}
