//! The snapshot in service, behind one pointer.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::snapshot::Snapshot;

/// Holds the one [`Snapshot`] in service.
#[derive(Debug)]
pub struct Store {
    current: ArcSwap<Snapshot>,
    /// Held while a successor is put in place, so that none is lost.
    writing: Mutex<()>,
}

impl Store {
    /// Puts the first snapshot in service.
    pub fn new(first: Snapshot) -> Store {
        Store { current: ArcSwap::from_pointee(first), writing: Mutex::new(()) }
    }

    /// The snapshot in service. A request takes it once.
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// Puts what `successor` makes of the snapshot in service in its place; nothing where it makes nothing. One
    /// successor is made at a time, while requests go on with the snapshot before.
    pub fn replace(&self, successor: impl FnOnce(&Snapshot) -> Option<Snapshot>) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = successor(&self.current.load()) {
            self.current.store(Arc::new(next));
        }
    }
}
