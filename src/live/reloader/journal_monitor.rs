//! A thread that checks now and then that the journal can be written, and does its maintenance. So an outage shows
//! before somebody changes a file, and whoever waits for a database that does not answer is this thread alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as Moment};

use super::maintenance::Maintenance;
use super::notice::Notice;
use super::options::Options;
use crate::journal::JournalError;

/// How often the journal is checked. With the time that a database may take to answer this is less than 15 seconds.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// The same while it cannot be written.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// A running monitor. It stops when it is dropped.
#[derive(Debug)]
pub(super) struct JournalMonitor {
    /// Nothing is sent: the thread ends when this is dropped.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl JournalMonitor {
    /// Starts to check the journal of `options`, and sends each result to `notices`.
    ///
    /// # Errors
    ///
    /// If the operating system provides no thread.
    pub(super) fn start(options: Arc<Options>, notices: Sender<Notice>) -> std::io::Result<JournalMonitor> {
        let (stop, stopped) = mpsc::channel();
        let run = move || run(&options, &notices, &stopped);
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(run)?;
        Ok(JournalMonitor { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for JournalMonitor {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(options: &Options, notices: &Sender<Notice>, stopped: &Receiver<()>) {
    let mut maintenance = Maintenance::new(Moment::now());
    let mut pause = CHECK_EVERY;
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        // A panic is logged by the panic hook, and the next check is made all the same.
        let checked = catch_unwind(AssertUnwindSafe(|| {
            maintenance.run(&options.builder, Moment::now(), (options.now)());
            let current = options.store.load();
            let checked = options.builder.check_journal(&current)?;
            options.builder.write_missing_sources(&current)?;
            Ok::<_, JournalError>(checked)
        }));
        pause = if matches!(checked, Ok(Ok(_))) { CHECK_EVERY } else { RETRY_EVERY };
        if let Ok(checked) = checked {
            let _ = notices.send(Notice::JournalChecked(checked));
        }
    }
    maintenance.end(&options.builder);
}
