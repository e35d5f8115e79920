//! What a reloader works on, and with.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Diagnostic;
use crate::live::builder::Builder;
use crate::live::store::Store;
use crate::rota::Instant;

/// What a reloader works on, and with.
pub struct Options {
    /// Holds the snapshot in service.
    pub store: Arc<Store>,
    /// Builds and publishes snapshots.
    pub builder: Builder,
    /// The configuration folder.
    pub folder: PathBuf,
    /// The state folder. What the server writes to it is not a change of the configuration, even if it lies in the
    /// configuration folder.
    pub state: PathBuf,
    /// Returns the current time.
    pub now: Box<dyn Fn() -> Instant + Send + Sync>,
    /// Logs an error or warning that the load before did not have.
    pub report: fn(&Diagnostic),
}
