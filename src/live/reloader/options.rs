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

#[cfg(test)]
mod sample {
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::config::Configuration;
    use crate::live::sample::at;

    impl Options {
        /// Those of a test, with `folder` as configuration folder and the state folder in it. The first snapshot is one of
        /// `configuration`.
        pub(in crate::live::reloader) fn sample(
            builder: Builder,
            configuration: Configuration,
            folder: &Path,
            now: impl Fn() -> Instant + Send + Sync + 'static,
        ) -> Options {
            let first = builder.first(configuration, at("2026-02-10T12:00:00Z")).unwrap();
            Options {
                store: Arc::new(Store::new(first)),
                builder,
                folder: folder.to_owned(),
                state: folder.join("state"),
                now: Box::new(now),
                report: |_| {},
            }
        }

        /// A clock that panics the first time it is read.
        pub(in crate::live::reloader) fn defective_clock(
            now: Instant,
        ) -> impl Fn() -> Instant + Send + Sync + 'static {
            let is_defective = AtomicBool::new(true);
            move || {
                assert!(!is_defective.swap(false, Ordering::Relaxed), "a defect");
                now
            }
        }
    }
}
