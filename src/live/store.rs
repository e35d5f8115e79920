//! The snapshot in service, behind one pointer, and what keeps it from being current.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};

use super::snapshot::Snapshot;
use super::team::TeamSnapshot;
use crate::rota::Instant;

/// Holds the one [`Snapshot`] in service.
#[derive(Debug)]
pub struct Store {
    current: ArcSwap<Snapshot>,
    faults: Mutex<Faults>,
    last_load: Mutex<Option<Load>>,
    prepare: OnceLock<Prepare>,
}

/// Gets a team as it was and as it will be, and computes ahead what requests will need.
struct Prepare(Box<PrepareTeam>);

type PrepareTeam = dyn Fn(&TeamSnapshot, &TeamSnapshot) + Send + Sync;

impl fmt::Debug for Prepare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepare")
    }
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
        Store {
            current: ArcSwap::from_pointee(first),
            faults: Mutex::default(),
            last_load: Mutex::default(),
            prepare: OnceLock::new(),
        }
    }

    /// The snapshot in service. A request takes it once.
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// Has `prepare` called with each team before it changes, as it was and as it will be. The first call of this counts.
    pub fn prepare_with(&self, prepare: impl Fn(&TeamSnapshot, &TeamSnapshot) + Send + Sync + 'static) {
        // A second caller would serve from this store too, and computes what it needs when it is requested.
        let _ = self.prepare.set(Prepare(Box::new(prepare)));
    }

    /// Computes ahead what requests will need of `next`, judging by what was in use of `before`.
    pub fn prepare(&self, before: &Snapshot, next: &Snapshot) {
        next.prepare_like(before, |before, next| {
            if let Some(Prepare(prepare)) = self.prepare.get() {
                prepare(before, next);
            }
        });
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
