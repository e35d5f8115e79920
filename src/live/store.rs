//! The snapshot in service, behind one pointer, and what keeps it from being current.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};

use super::snapshot::Snapshot;
use crate::rota::Instant;

/// Holds the one [`Snapshot`] in service.
#[derive(Debug)]
pub struct Store {
    current: ArcSwap<Snapshot>,
    faults: Mutex<Faults>,
    last_load: Mutex<Option<Load>>,
}

/// A load of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// When it began.
    pub at: Instant,
    /// How long it took until all of it was in service.
    pub took: Duration,
}

/// What keeps the snapshot from being current.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The journal cannot be written.
    pub journal: Option<Fault>,
    /// The configuration folder cannot be read.
    pub configuration: Option<Fault>,
    /// The folder cannot be watched, so that changes show late.
    pub watch: Option<Fault>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// When it began.
    pub since: Instant,
    /// What is wrong, for those who run the server.
    pub message: String,
}

impl Faults {
    /// Whether anything is wrong.
    pub fn any(&self) -> bool {
        self.journal.is_some() || self.configuration.is_some() || self.watch.is_some()
    }
}

impl Store {
    /// Puts the first snapshot in service.
    pub fn new(first: Snapshot) -> Store {
        Store { current: ArcSwap::from_pointee(first), faults: Mutex::default(), last_load: Mutex::default() }
    }

    /// The snapshot in service. A request takes it once.
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// Puts `next` in service for all requests from now on.
    pub fn replace(&self, next: Arc<Snapshot>) {
        self.current.store(next);
    }

    /// What is wrong now.
    pub fn faults(&self) -> Faults {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last time that the files were read successfully, whether or not they had changed.
    pub fn last_load(&self) -> Option<Load> {
        *self.last_load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a load.
    pub(super) fn record_load(&self, load: Load) {
        *self.last_load.lock().unwrap_or_else(PoisonError::into_inner) = Some(load);
    }

    /// Changes what is recorded as wrong.
    pub(super) fn update_faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
