//! A thread that checks at intervals that the journal can be written, and does its maintenance. So an outage shows
//! before somebody changes a file, and only this thread waits for a database that does not answer.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as Moment};

use super::maintenance::Maintenance;
use super::notice::Notice;
use super::options::Options;
use crate::journal::JournalError;
use crate::live::builder::JournalCheck;

/// How often the journal is checked. Together with the database's timeout this is less than 15 seconds.
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

/// What the monitor's thread works with.
struct Worker<'o> {
    options: &'o Options,
    maintenance: Maintenance,
    /// Whether it was reported that the journal is lost.
    is_loss_reported: bool,
}

impl<'o> Worker<'o> {
    fn new(options: &'o Options, now: Moment) -> Worker<'o> {
        Worker { options, maintenance: Maintenance::new(now), is_loss_reported: false }
    }

    /// The same as [`Worker::look`]; a panic is logged by the panic hook, and is a fault like any other.
    fn check(&mut self, now: Moment) -> Result<JournalCheck, JournalError> {
        catch_unwind(AssertUnwindSafe(|| self.look(now))).unwrap_or(Err(JournalError::Defect))
    }

    /// Does what maintenance is due by `now`, and checks that the journal can be written.
    fn look(&mut self, now: Moment) -> Result<JournalCheck, JournalError> {
        let Options { builder, store, .. } = self.options;
        let is_lost = || builder.database().is_some_and(|database| database.is_lost());
        let maintained = self.maintenance.run(builder, now, (self.options.now)());
        // A loss must be reported before the check repairs it, whichever thread noticed it first, such as one that
        // sends notices.
        if is_lost() && !mem::replace(&mut self.is_loss_reported, true) {
            return Err(maintained.err().unwrap_or(JournalError::Lost));
        }
        let current = store.load();
        let checked = builder.check_journal(&current);
        self.is_loss_reported = is_lost();
        let checked = checked?;
        builder.write_missing_sources(&current)?;
        Ok(checked)
    }
}

fn run(options: &Options, notices: &Sender<Notice>, stopped: &Receiver<()>) {
    let mut worker = Worker::new(options, Moment::now());
    let mut pause = CHECK_EVERY;
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let checked = worker.check(Moment::now());
        pause = if checked.is_ok() { CHECK_EVERY } else { RETRY_EVERY };
        let _ = notices.send(Notice::JournalChecked(checked));
    }
    worker.maintenance.end(&options.builder);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::feed::Client;
    use crate::journal::{Database, Location};
    use crate::live::Builder;
    use crate::live::sample::{TEAM, at, configuration};
    use crate::publish::Publisher;
    use crate::rota::TeamId;

    /// A loss that something other than the check notices first.
    fn is_reported(meet: impl FnOnce(&Builder)) {
        let (folder, now) = (tempfile::tempdir().unwrap(), at("2026-02-10T12:00:00Z"));
        let state = folder.path().join("state");
        let database = Database::open(Location::folder(state.clone())).unwrap();
        let builder = Builder::new(Publisher::new(database, None, String::new()));
        let first = configuration("", &[("sample", TEAM)], now);
        let options = Options::sample(builder, first, folder.path(), move || now);
        let start = Moment::now();
        let mut worker = Worker::new(&options, start);
        assert!(worker.look(start).is_ok());
        fs::remove_dir_all(&state).unwrap();
        meet(&options.builder);
        let due = start + Duration::from_secs(10);
        assert!(worker.look(due).is_err(), "the fault");
        assert!(worker.look(due + RETRY_EVERY).is_ok(), "and its end");
        let database = options.builder.database().unwrap();
        assert!(database.read_team(&TeamId::new("sample").unwrap()).unwrap().is_some());
    }

    #[test]
    fn a_panic_of_a_check_is_a_fault_until_the_next_check_succeeds() {
        let now = at("2026-02-10T12:00:00Z");
        let builder = Builder::new(Publisher::without_journal());
        let (first, clock) = (configuration("", &[], now), Options::defective_clock(now));
        let options = Options::sample(builder, first, Path::new(""), clock);
        let mut worker = Worker::new(&options, Moment::now());
        assert!(matches!(worker.check(Moment::now()), Err(JournalError::Defect)));
        assert!(worker.check(Moment::now()).is_ok());
    }

    #[test]
    fn a_loss_is_reported_before_it_is_made_up_for_whoever_is_the_first_to_meet_it() {
        is_reported(|_| {});
        let team = TeamId::new("sample").unwrap();
        is_reported(|builder| {
            // Its count has to be written.
            let feed = builder.subscribers().team(&team).feed("team.ics");
            feed.count(Client::Google, false, 7, at("2026-02-10T12:00:00Z"));
        });
        // As the threads do that send notices and fetch calendars.
        is_reported(|builder| assert!(builder.database().unwrap().read_team(&team).unwrap().is_none()));
    }
}
