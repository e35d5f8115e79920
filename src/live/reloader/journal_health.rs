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
    /// Since when every use of it has failed.
    failing_since: Option<Moment>,
    /// Since when something has waited to be published. A check that succeeds does not end this: it writes a few bytes,
    /// which may fit on a disk that is nearly full, and into another table.
    unpublished_since: Option<Moment>,
    /// A new rota waits to be published. Writing the one in service, such as its next week, does not end that.
    is_rota_waiting: bool,
}

impl JournalHealth {
    /// Whether the last attempt to use it failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    /// Whether it has failed long enough by `now` for a new rota to be served without it.
    pub(super) fn is_given_up(&self, now: Moment) -> bool {
        let since = [self.failing_since, self.unpublished_since].into_iter().flatten().min();
        since.is_some_and(|since| now.saturating_duration_since(since) >= MAX_WAIT)
    }

    /// Notes that a new rota waits for the journal, or no longer does.
    pub(super) fn set_rota_waiting(&mut self, is_waiting: bool) {
        self.is_rota_waiting = is_waiting;
        if is_waiting {
            self.unpublished_since.get_or_insert_with(Moment::now);
        }
    }

    /// The result of using the journal otherwise than to publish; a failure is recorded in `store`, and logged once.
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
                self.failing_since.get_or_insert_with(Moment::now);
                if store.raise(FaultKind::Journal, at, format!("failed to {error}")) {
                    tracing::error!(%error, "failed to write the journal; trying again");
                }
                None
            }
        }
    }

    /// The same for the result of a publication.
    pub(super) fn check_published<T>(
        &mut self,
        result: Result<T, JournalError>,
        store: &Store,
        at: Instant,
    ) -> Option<T> {
        match result {
            Ok(_) if self.is_rota_waiting => {}
            Ok(_) => self.unpublished_since = None,
            Err(_) => {
                self.unpublished_since.get_or_insert_with(Moment::now);
            }
        }
        self.check(result, store, at)
    }

    /// Notes that what is configured is what is in service.
    pub(super) fn nothing_to_publish(&mut self, store: &Store) {
        self.is_rota_waiting = false;
        if !store.load().has_provisional_teams() && self.unpublished_since.take().is_some() {
            self.clear_fault(store);
        }
    }

    /// Clears the fault once the journal can be written and has all that is served or waits to be.
    pub(super) fn clear_fault(&self, store: &Store) {
        let is_well = self.failing_since.is_none() && self.unpublished_since.is_none();
        let is_written = !store.load().has_provisional_teams();
        if is_well && is_written && store.clear(FaultKind::Journal) {
            tracing::info!("the journal is written again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Snapshot;
    use crate::live::sample::{at, configuration};

    #[test]
    fn checks_that_succeed_neither_end_the_fault_nor_the_wait_of_a_failed_publication() {
        let now = at("2026-02-10T12:00:00Z");
        let store = Store::new(Snapshot::new(configuration("", &[], now), now));
        let (mut health, start) = (JournalHealth::default(), Moment::now());
        let has_fault = || store.faults().journal.is_some();
        for _ in 0..3 {
            assert!(health.check_published::<()>(Err(JournalError::Lost), &store, now).is_none());
            assert!(health.is_failing() && has_fault());
            assert!(health.check(Ok(()), &store, now).is_some());
            assert!(!health.is_failing() && has_fault(), "the next attempt may be made, and the fault stays");
        }
        assert!(!health.is_given_up(start + Duration::from_secs(30)));
        assert!(health.is_given_up(Moment::now() + MAX_WAIT));
        assert!(health.check_published(Ok(()), &store, now).is_some());
        assert!(!has_fault() && !health.is_given_up(Moment::now() + MAX_WAIT));
        assert!(health.check_published::<()>(Err(JournalError::Lost), &store, now).is_none());
        health.nothing_to_publish(&store);
        assert!(health.is_failing() && has_fault(), "the last use of the journal failed");
        assert!(health.check(Ok(()), &store, now).is_some() && !has_fault());
    }
}
