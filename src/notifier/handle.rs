//! Starts and stops the notifier's threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant as Moment};

use super::destinations::Environment;
use super::planner::{Looked, Planner};
use super::sender::Sender;
use super::status::{show, show_faults};
use crate::delivery::Network;
use crate::journal::{Channel, Database, JournalError};
use crate::live::Store;
use crate::rota::Instant;

/// How often to check whether anybody must be notified.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often to look for waiting notices unasked: another server may have written some, or a pause may be over.
const SEND_EVERY: Duration = Duration::from_secs(5);

/// How long not to look for waiting notices after some were left: these are due again after ten seconds, and each other
/// server looks before this one does.
const LEAVE_FOR: Duration = Duration::from_secs(15);

/// How often to read what could not be delivered.
const SHOW_EVERY: Duration = Duration::from_secs(2);

/// How soon everything is tried again after a failure of the database.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How long a message that is being sent may take once the server stops: longer than one step of the conversation with
/// a mail server. A message that takes longer may be sent again. The service manager must wait longer than this.
const STOP_TIMEOUT: Duration = Duration::from_secs(25);

/// What a notifier works on, and with.
pub struct Options {
    /// Holds the snapshot in service.
    pub store: Arc<Store>,
    /// Holds the outbox.
    pub database: Arc<Database>,
    /// Holds secrets.
    pub environment: Environment,
    /// Returns the current time.
    pub now: Box<dyn Fn() -> Instant + Send + Sync>,
}

/// A running notifier. It stops when it is dropped.
#[derive(Debug)]
pub struct Notifier {
    /// Nothing is sent: the planner ends when this is dropped, and the senders with it.
    stop: Option<mpsc::Sender<()>>,
    /// Makes the senders end after the message that they are sending.
    is_stopping: Arc<AtomicBool>,
    /// Ends once no thread uses the database, so that a stop can close it.
    ended: Receiver<()>,
}

impl Notifier {
    /// Starts to notify people.
    ///
    /// # Errors
    ///
    /// If the operating system provides no thread.
    pub fn start(options: Options) -> std::io::Result<Notifier> {
        let options = Arc::new(options);
        let (stop, stopped) = mpsc::channel();
        let (alive, ended) = mpsc::channel();
        let (mut wake, is_stopping) = (Vec::new(), Arc::<AtomicBool>::default());
        for channel in Channel::ALL {
            let (waker, woken) = mpsc::channel();
            wake.push(waker);
            let (options, alive) = (Arc::clone(&options), alive.clone());
            let (database, environment) = (Arc::clone(&options.database), options.environment.clone());
            let sender = Sender::new(channel, database, environment, Network).until(Arc::clone(&is_stopping));
            let run = move || {
                run_sender(&options, channel, sender, &woken);
                drop(options);
                drop(alive);
            };
            thread::Builder::new().name(format!("notices-{}", channel.as_str())).spawn(run)?;
        }
        let planner = Planner::new(Arc::clone(&options.database), options.environment.clone());
        let (looked, shown, is_released) = (Looked::default(), None, false);
        let mut work = Work { options, planner, wake, looked, shown, is_released };
        let mut failing = Failing::default();
        // Before anybody edits anything, people know what is served now.
        let mut pause = work.try_step(&mut failing);
        let run = move || {
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                pause = work.try_step(&mut failing);
            }
            drop(work);
            drop(alive);
        };
        thread::Builder::new().name("notices".to_owned()).spawn(run)?;
        Ok(Notifier { stop: Some(stop), is_stopping, ended })
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.stop = None;
        // This returns an error, since nothing is ever sent.
        let _ = self.ended.recv_timeout(STOP_TIMEOUT);
    }
}

/// What the planner's thread works with.
struct Work {
    options: Arc<Options>,
    planner: Planner,
    /// Wakes the senders.
    wake: Vec<mpsc::Sender<()>>,
    looked: Looked,
    shown: Option<Moment>,
    /// Whether what an earlier process had claimed is free again.
    is_released: bool,
}

impl Work {
    fn step(&mut self) -> Result<(), JournalError> {
        let Options { store, database, now, .. } = &*self.options;
        let (snapshot, now) = (store.load(), now());
        if !self.is_released {
            database.release_notices(now)?;
            self.is_released = true;
        }
        self.looked = self.planner.step(&snapshot, now)?;
        if self.looked.is_due {
            for wake in &self.wake {
                let _ = wake.send(());
            }
        }
        let is_used = self.looked.teams > 0 || !store.notices().problems().is_empty();
        if is_used && self.shown.is_none_or(|shown| shown.elapsed() >= SHOW_EVERY) {
            show(store, database, self.looked, now)?;
            self.shown = Some(Moment::now());
        }
        Ok(())
    }

    /// Does what is due. A panic is logged by the panic hook, and everything is tried again.
    fn try_step(&mut self, failing: &mut Failing) -> Duration {
        let step = catch_unwind(AssertUnwindSafe(|| self.step()));
        if !matches!(step, Ok(Ok(()))) {
            // Notices that wait for the journal are shown even if nothing can be read.
            show_faults(&self.options.store, self.looked, (self.options.now)());
        }
        failing.pause_after(step.ok(), LOOK_EVERY)
    }
}

fn run_sender(options: &Options, channel: Channel, mut sender: Sender<Network>, woken: &Receiver<()>) {
    let mut failing = Failing::default();
    let mut pause = SEND_EVERY;
    loop {
        match woken.recv_timeout(pause) {
            Err(RecvTimeoutError::Disconnected) => return,
            // Nothing is claimed while nothing is known to wait.
            Err(RecvTimeoutError::Timeout) if !options.store.notices().has_waiting(channel) => continue,
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) => sender.hurry(),
        }
        let step = catch_unwind(AssertUnwindSafe(|| {
            let snapshot = options.store.load_full();
            sender.step(&snapshot, options.store.notices().counts(), || (options.now)())
        }));
        let usual = if sender.has_left_some() { LEAVE_FOR } else { SEND_EVERY };
        pause = failing.pause_after(step.ok(), usual);
    }
}

/// Logs the first failure in a row.
#[derive(Debug, Default)]
struct Failing(bool);

impl Failing {
    /// How long to wait after a step with this result; `None` is a panic.
    fn pause_after(&mut self, step: Option<Result<(), JournalError>>, usual: Duration) -> Duration {
        let is_failing = !matches!(step, Some(Ok(())));
        if let Some(Err(error)) = step
            && !self.0
        {
            tracing::warn!(%error, "the journal cannot be used for notices; trying again");
        }
        self.0 = is_failing;
        if is_failing { RETRY_AFTER } else { usual }
    }
}
