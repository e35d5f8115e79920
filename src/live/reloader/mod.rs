//! Keeps the snapshot current: it replaces it when files change and when weeks end, also while the journal cannot be
//! written.
//!
//! One thread does all of this, step by step (`worker`), while requests are answered from the previous snapshot: `watch`
//! reports changes of the configuration folder, `debounce` waits until it is quiet, `removed_teams` keeps a team in
//! service for a while after its file is gone, `load_report` says what has errors, and `maintenance` writes counts of
//! subscribers. Nothing that can fail happens after the pointer to the snapshot was swapped.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use crate::config::Diagnostic;
use crate::rota::Instant;

use super::builder::Builder;
use super::store::Store;
use watch::{Notice, Watch};
use worker::Worker;

mod debounce;
mod load_report;
mod maintenance;
mod removed_teams;
mod watch;
mod worker;

/// A running reloader. It stops when it is dropped.
#[derive(Debug)]
pub struct Reloader {
    notices: Sender<Notice>,
    thread: Option<JoinHandle<()>>,
}

/// What a reloader works on, and with.
pub struct Options {
    /// Holds the snapshot in service.
    pub store: Arc<Store>,
    /// Builds and publishes snapshots.
    pub builder: Builder,
    /// The configuration folder.
    pub folder: PathBuf,
    /// Returns the current time.
    pub now: Box<dyn Fn() -> Instant + Send>,
    /// Logs an error or warning that the load before did not have.
    pub report: fn(&Diagnostic),
}

impl Reloader {
    /// Starts to keep the snapshot current.
    ///
    /// # Errors
    ///
    /// If the operating system provides no thread.
    pub fn start(options: Options) -> std::io::Result<Reloader> {
        let (notices, received) = mpsc::channel();
        let watch = Watch::new(&options.folder, notices.clone());
        let run = move || Worker::new(options, watch).run(&received);
        let thread = thread::Builder::new().name("reloader".to_owned()).spawn(run)?;
        Ok(Reloader { notices, thread: Some(thread) })
    }

    /// Has the configuration read again.
    pub fn reload(&self) {
        let _ = self.notices.send(Notice::Reload);
    }
}

impl Drop for Reloader {
    fn drop(&mut self) {
        let _ = self.notices.send(Notice::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
