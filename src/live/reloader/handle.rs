//! Starts and stops the reloader's threads.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use super::calendar_monitor::CalendarMonitor;
use super::faults::check_journals;
use super::journal_monitor::JournalMonitor;
use super::notice::Notice;
use super::options::Options;
use super::watch::Watch;
use super::worker::Worker;

/// A running reloader. It stops when it is dropped.
#[derive(Debug)]
pub struct Reloader {
    notices: Sender<Notice>,
    thread: Option<JoinHandle<()>>,
    /// Dropped after the thread has ended, so that everything it counted is written.
    _journal: JournalMonitor,
    _calendars: CalendarMonitor,
}

impl Reloader {
    /// Starts to keep the snapshot current.
    ///
    /// # Errors
    ///
    /// If the operating system provides no thread.
    pub fn start(options: Options) -> std::io::Result<Reloader> {
        let options = Arc::new(options);
        // Here and not in the thread, so that it shows from the first request on.
        check_journals(&options.store, (options.now)());
        let (notices, received) = mpsc::channel();
        let watch = Watch::new(&options.folder, &options.state, notices.clone());
        let journal = JournalMonitor::start(Arc::clone(&options), notices.clone())?;
        let calendars = CalendarMonitor::start(Arc::clone(&options), notices.clone())?;
        let run = move || Worker::new(options, watch).run(&received);
        let thread = thread::Builder::new().name("reloader".to_owned()).spawn(run)?;
        Ok(Reloader { notices, thread: Some(thread), _journal: journal, _calendars: calendars })
    }

    /// Reads the configuration again.
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
