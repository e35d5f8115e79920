//! The snapshot in service, behind one pointer, and what keeps it from being current.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant as Moment};

use arc_swap::{ArcSwap, Guard};

use super::notice_status::NoticeStatus;
use super::snapshot::Snapshot;
use super::team::TeamSnapshot;
use crate::rota::Instant;

/// Holds the one [`Snapshot`] in service.
#[derive(Debug)]
pub struct Store {
    current: ArcSwap<Snapshot>,
    faults: Mutex<Faults>,
    last_load: Mutex<Option<Load>>,
    last_look: Mutex<Moment>,
    removed_teams: AtomicU64,
    prepare: OnceLock<Prepare>,
    notices: NoticeStatus,
}

/// Computes ahead what requests will need, given a team's old and new state.
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
    /// Another server has published a newer configuration than this one has.
    pub older: Option<Fault>,
    /// The journals of some teams cannot be read.
    pub unreadable: Option<Fault>,
    /// The reloader failed unexpectedly, and tries again.
    pub reloader: Option<Fault>,
    /// Some notices could not be delivered, or wait for the journal.
    pub notices: Option<Fault>,
}

/// What can keep the snapshot from being current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// See [`Faults::journal`].
    Journal,
    /// See [`Faults::configuration`].
    Configuration,
    /// See [`Faults::watch`].
    Watch,
    /// See [`Faults::older`].
    Older,
    /// See [`Faults::unreadable`].
    Unreadable,
    /// See [`Faults::reloader`].
    Reloader,
    /// See [`Faults::notices`].
    Notices,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// When it began.
    pub since: Instant,
    /// What is wrong, for those who run the server.
    pub message: String,
}

impl FaultKind {
    /// All kinds.
    pub const ALL: [FaultKind; 7] = [
        FaultKind::Journal,
        FaultKind::Configuration,
        FaultKind::Watch,
        FaultKind::Older,
        FaultKind::Unreadable,
        FaultKind::Reloader,
        FaultKind::Notices,
    ];

    /// Its name in `/readyz` and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::Journal => "journal",
            FaultKind::Configuration => "configuration",
            FaultKind::Watch => "watch",
            FaultKind::Older => "older",
            FaultKind::Unreadable => "unreadable-journal",
            FaultKind::Reloader => "reloader",
            FaultKind::Notices => "notices",
        }
    }
}

impl Faults {
    /// The fault of one kind, if there is one.
    pub fn get(&self, kind: FaultKind) -> Option<&Fault> {
        match kind {
            FaultKind::Journal => &self.journal,
            FaultKind::Configuration => &self.configuration,
            FaultKind::Watch => &self.watch,
            FaultKind::Older => &self.older,
            FaultKind::Unreadable => &self.unreadable,
            FaultKind::Reloader => &self.reloader,
            FaultKind::Notices => &self.notices,
        }
        .as_ref()
    }

    fn slot(&mut self, kind: FaultKind) -> &mut Option<Fault> {
        match kind {
            FaultKind::Journal => &mut self.journal,
            FaultKind::Configuration => &mut self.configuration,
            FaultKind::Watch => &mut self.watch,
            FaultKind::Older => &mut self.older,
            FaultKind::Unreadable => &mut self.unreadable,
            FaultKind::Reloader => &mut self.reloader,
            FaultKind::Notices => &mut self.notices,
        }
    }

    /// Whether anything is wrong.
    pub fn any(&self) -> bool {
        FaultKind::ALL.iter().any(|kind| self.get(*kind).is_some())
    }
}

impl Store {
    /// Puts the first snapshot in service.
    pub fn new(first: Snapshot) -> Store {
        Store {
            current: ArcSwap::from_pointee(first),
            faults: Mutex::default(),
            last_load: Mutex::default(),
            last_look: Mutex::new(Moment::now()),
            removed_teams: AtomicU64::new(0),
            prepare: OnceLock::new(),
            notices: NoticeStatus::default(),
        }
    }

    /// The snapshot in service. A request takes it once.
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// The snapshot in service, for longer use.
    pub fn load_full(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Whether notices are delivered.
    pub fn notices(&self) -> &NoticeStatus {
        &self.notices
    }

    /// Calls `prepare` with the old and the new state of each team before it changes. Only the first call of this
    /// counts.
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

    /// Records that something is wrong. It began at `at`, unless it was wrong before. Returns whether it is new.
    pub(crate) fn raise(&self, kind: FaultKind, at: Instant, message: String) -> bool {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults.slot(kind);
        let since = fault.as_ref().map_or(at, |fault| fault.since);
        fault.replace(Fault { since, message }).is_none()
    }

    /// Records that something is right again. Returns whether it was wrong before.
    pub(crate) fn clear(&self, kind: FaultKind) -> bool {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).slot(kind).take().is_some()
    }

    /// Counts teams whose files were removed.
    pub(super) fn count_removed_teams(&self, count: usize) {
        self.removed_teams.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// How many times the file of a team was removed since the start.
    pub fn removed_teams(&self) -> u64 {
        self.removed_teams.load(Ordering::Relaxed)
    }

    /// Records that the reloader has just checked whether anything must be done.
    pub(super) fn record_look(&self) {
        *self.last_look.lock().unwrap_or_else(PoisonError::into_inner) = Moment::now();
    }

    /// How long ago the reloader last checked whether anything must be done, which it does at least every 15 seconds.
    pub fn look_age(&self) -> Duration {
        self.last_look.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
