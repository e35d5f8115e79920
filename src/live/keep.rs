//! Keeps the snapshot current: files change, weeks end, and the journal may be out of reach.
//!
//! One thread does it all, one thing after the other, while requests go on with the snapshot before. Nothing that can
//! fail happens after the pointer was swapped.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as Moment};

use chrono::{SubsecRound, TimeDelta};

use crate::config::{self, Configuration, Diagnostic, LoadError, Scope, TeamConfig};
use crate::journal::JournalError;
use crate::rota::{Instant, TeamId};

use super::amiss::{Amiss, Said};
use super::due::{Due, QUIET, scope_of};
use super::gone::Gone;
use super::publish::{Cause, Publisher, Terms};
use super::snapshot::Snapshot;
use super::store::{Fault, Load, Store};
use super::upkeep::Upkeep;
use super::watch::{Notice, Watch};

/// How long before a duty change its snapshot is built: time enough for thousands of teams.
const BUILT_AHEAD: TimeDelta = TimeDelta::seconds(30);

/// The longest that nothing is looked at: the clock may be set, and a machine may sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);

/// How often the contents are looked at: file systems lose events, and some have none.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The same where the folder cannot be watched.
const LOOK_EVERY_UNWATCHED: Duration = Duration::from_secs(5);

/// How often what failed is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// How long a new rota waits for the journal before it is served all the same.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A running keeper. Dropped, it stops.
#[derive(Debug)]
pub struct Keeper {
    notices: Sender<Notice>,
    thread: Option<JoinHandle<()>>,
}

/// What a keeper keeps, and with what.
pub struct Duties {
    /// Where the snapshot in service is.
    pub store: Arc<Store>,
    /// The journal.
    pub publisher: Publisher,
    /// The configuration folder.
    pub folder: PathBuf,
    /// Tells the time.
    pub now: Box<dyn Fn() -> Instant + Send>,
    /// Tells those who run the server of an error or warning that was not there before.
    pub report: fn(&Diagnostic),
}

impl Keeper {
    /// Starts to keep the snapshot current.
    ///
    /// # Errors
    ///
    /// If the operating system gives no thread.
    pub fn start(duties: Duties) -> std::io::Result<Keeper> {
        let (notices, noticed) = mpsc::channel();
        let watch = Watch::new(&duties.folder, notices.clone());
        let work = move || Work::new(duties, watch).run(&noticed);
        let thread = thread::Builder::new().name("keeper".to_owned()).spawn(work)?;
        Ok(Keeper { notices, thread: Some(thread) })
    }

    /// Has the configuration read again.
    pub fn reload(&self) {
        let _ = self.notices.send(Notice::Reload);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.notices.send(Notice::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Work {
    duties: Duties,
    watch: Watch,
    due: Due,
    looked: Moment,
    /// Since when the journal could not be written.
    failing: Option<Moment>,
    retried: Moment,
    upkeep: Upkeep,
    gone: Gone,
    amiss: Amiss,
    /// The snapshot of the next duty change.
    ahead: Option<Arc<Snapshot>>,
}

impl Work {
    fn new(duties: Duties, watch: Watch) -> Work {
        let now = Moment::now();
        let amiss = Amiss::at_start(&duties.store.load());
        Work {
            duties,
            watch,
            // A file may have changed between the first reading and now.
            due: Due::everything(now),
            looked: now,
            failing: None,
            retried: now,
            upkeep: Upkeep::new(now),
            gone: Gone::default(),
            amiss,
            ahead: None,
        }
    }

    fn run(mut self, notices: &Receiver<Notice>) {
        loop {
            match notices.recv_timeout(self.sleep()) {
                Ok(Notice::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    return self.upkeep.end(&self.duties.publisher);
                }
                Ok(Notice::Reload) => self.due.add(Moment::now(), Scope::All, Duration::ZERO),
                Ok(Notice::Changed(paths)) => self.changed(&paths),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.looked.elapsed() >= self.look_every() {
                self.due.add(Moment::now(), Scope::All, Duration::ZERO);
            }
            if let Some(scope) = self.due.take(Moment::now()) {
                self.reload(&scope);
            }
            self.keep_time();
            self.save();
            self.upkeep.work(&self.duties.publisher, Moment::now(), (self.duties.now)());
        }
    }

    /// How long nothing is to be done, unless there is notice.
    fn sleep(&self) -> Duration {
        let due = self.due.left(Moment::now());
        let unsaved = self.duties.store.load().has_unsaved();
        let retry = unsaved.then(|| RETRY_EVERY.saturating_sub(self.retried.elapsed()));
        let look = self.look_every().saturating_sub(self.looked.elapsed());
        let upkeep = self.upkeep.left(Moment::now());
        let times = [due, retry, self.until_next_week(), Some(look), Some(upkeep)];
        times.into_iter().flatten().fold(LONGEST_SLEEP, Duration::min)
    }

    fn until_next_week(&self) -> Option<Duration> {
        let change = self.duties.store.load().valid_until()?;
        let next = if self.ahead.is_some() { change } else { change - BUILT_AHEAD };
        Some((next - (self.duties.now)()).to_std().unwrap_or_default())
    }

    fn look_every(&self) -> Duration {
        if self.duties.store.faults().watch.is_some() { LOOK_EVERY_UNWATCHED } else { LOOK_EVERY }
    }

    fn changed(&mut self, paths: &[PathBuf]) {
        if paths.is_empty() {
            self.due.add(Moment::now(), Scope::All, QUIET);
        }
        for path in paths {
            let scope = match self.watch.within(path) {
                Some(within) if !within.as_os_str().is_empty() => scope_of(within),
                // Of the folder around it, nothing but the folder itself matters.
                None if !self.watch.is_folder(path) => continue,
                // It may have gone, or be another now, even where it comes back under its name.
                _ => {
                    self.watch.end();
                    Scope::All
                }
            };
            self.due.add(Moment::now(), scope, QUIET);
        }
    }

    /// Reads the configuration and puts it in service, or notes why not.
    fn reload(&mut self, scope: &Scope) {
        let started = Moment::now();
        let at = (self.duties.now)().trunc_subsecs(0);
        if *scope == Scope::All {
            self.looked = started;
            self.look_after_watch(at);
        }
        let current = Arc::clone(&self.duties.store.load());
        let configuration = match config::reload(&self.duties.folder, at, current.configuration(), scope) {
            Ok(configuration) => Arc::new(configuration),
            Err(error) => return self.unreadable(&error, at),
        };
        self.duties.store.note(|faults| faults.configuration = None);
        let gone = self.gone.still_served(&current, &configuration);
        let load = |started: Moment| Load { at, took: started.elapsed() };
        if is_in_service(&current, &configuration, &gone) {
            self.duties.store.loaded(load(started));
            return self.settled(&current);
        }
        let make = |publisher: &Publisher, is_written| {
            let terms = Terms { at, cause: Cause::Change, is_written };
            current.reloaded(Arc::clone(&configuration), gone.clone(), publisher, terms)
        };
        let made = make(&self.duties.publisher, true);
        let next = match self.heard(made, at) {
            Some(next) => next,
            None if self.failing.is_some_and(|since| since.elapsed() >= LONGEST_WAIT) => {
                match make(&self.duties.publisher, false) {
                    Ok(next) => next,
                    Err(_) => return self.again(),
                }
            }
            None => return self.again(),
        };
        report_new(&current, &next, self.duties.report);
        let shared = |team: &&crate::live::TeamSnapshot| {
            current.team(team.team().id.as_str()).is_some_and(|old| std::ptr::eq(old, *team))
        };
        let published = next.teams().len() - next.teams().filter(shared).count();
        let next = Arc::new(next);
        self.serve(&next);
        self.duties.store.loaded(load(started));
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let teams = next.teams().len();
        match self.amiss.say(&next, at) {
            Said::Whole => tracing::info!(published, teams, duration_ms, "configuration in service"),
            Said::Mended => {
                tracing::info!(published, teams, duration_ms, "configuration is without errors again");
            }
            Said::Errors(what) => {
                tracing::warn!(published, teams, duration_ms, "configuration has errors: {what}");
            }
        }
        // Only now: whoever asks meanwhile has the feed asked for written first.
        next.prepare_like(&current);
    }

    /// What failed is tried again soon; the files still say it.
    fn again(&mut self) {
        self.due.add(Moment::now(), Scope::All, RETRY_EVERY);
    }

    fn serve(&mut self, next: &Arc<Snapshot>) {
        self.ahead = None;
        self.duties.store.replace(Arc::clone(next));
    }

    /// What the journal answered, noted and logged once.
    fn heard<T>(&mut self, answer: Result<T, JournalError>, at: Instant) -> Option<T> {
        match answer {
            Ok(made) => {
                self.recovered();
                Some(made)
            }
            Err(error) => {
                if self.failing.is_none() {
                    tracing::error!(%error, "failed to write the journal; trying again");
                }
                self.failing.get_or_insert_with(Moment::now);
                let message = format!("failed to {error}");
                self.duties.store.note(|faults| {
                    let since = faults.journal.as_ref().map_or(at, |fault| fault.since);
                    faults.journal = Some(Fault { since, message });
                });
                None
            }
        }
    }

    fn recovered(&mut self) {
        if self.failing.take().is_some() {
            tracing::info!("the journal is written again");
            self.duties.store.note(|faults| faults.journal = None);
        }
    }

    /// Nothing waits for the journal any more.
    fn settled(&mut self, current: &Snapshot) {
        if !current.has_unsaved() {
            self.failing = None;
            self.duties.store.note(|faults| faults.journal = None);
        }
    }

    /// Replaces the snapshot at a duty change by one that was built ahead.
    fn keep_time(&mut self) {
        let current = Arc::clone(&self.duties.store.load());
        let Some(change) = current.valid_until() else { return };
        let at = (self.duties.now)();
        if at < change - BUILT_AHEAD || at < change && self.ahead.is_some() {
            return;
        }
        let fits = |next: &Arc<Snapshot>| next.valid_until().is_some_and(|until| at < until);
        let next = match self.ahead.take().filter(fits) {
            Some(next) => next,
            None => match self.renewed(&current, at.max(change)) {
                Some(next) => Arc::new(next),
                None => return,
            },
        };
        next.prepare_like(&current);
        if at < change {
            self.ahead = Some(next);
            return;
        }
        self.serve(&next);
        tracing::info!(generation = next.generation(), "rolled over to the next week");
    }

    /// The week is over whatever the journal says, so nothing waits for it.
    fn renewed(&mut self, current: &Snapshot, at: Instant) -> Option<Snapshot> {
        let terms = |is_written| Terms { at, cause: Cause::Time, is_written };
        let written = current.renewed(&self.duties.publisher, terms(true));
        let written = self.heard(written, at);
        written.or_else(|| current.renewed(&self.duties.publisher, terms(false)).ok())
    }

    /// Writes what was served with provisional revisions.
    fn save(&mut self) {
        let current = Arc::clone(&self.duties.store.load());
        if !current.has_unsaved() || self.retried.elapsed() < RETRY_EVERY {
            return;
        }
        self.retried = Moment::now();
        let at = (self.duties.now)();
        let terms = Terms { at, cause: Cause::Time, is_written: true };
        let saved = current.renewed(&self.duties.publisher, terms);
        if let Some(next) = self.heard(saved, at) {
            next.prepare_like(&current);
            self.serve(&Arc::new(next));
        }
    }

    fn unreadable(&mut self, error: &LoadError, at: Instant) {
        let message = error.to_string();
        if self.duties.store.faults().configuration.is_none() {
            tracing::error!(%error, "the configuration cannot be read; serving on what it was");
        }
        self.duties.store.note(|faults| {
            let since = faults.configuration.as_ref().map_or(at, |fault| fault.since);
            faults.configuration = Some(Fault { since, message });
        });
        self.again();
    }

    fn look_after_watch(&mut self, at: Instant) {
        let fault = self.watch.renew().err();
        if let Some(reason) = fault.as_ref().filter(|_| self.duties.store.faults().watch.is_none()) {
            tracing::warn!(%reason, "changes of the configuration are not noticed at once");
        }
        self.duties.store.note(|faults| {
            let since = faults.watch.as_ref().map_or(at, |fault| fault.since);
            faults.watch = fault.map(|message| Fault { since, message });
        });
    }
}

/// Whether a reading gave nothing that is not in service.
fn is_in_service(current: &Snapshot, read: &Configuration, gone: &BTreeSet<TeamId>) -> bool {
    let served = current.configuration();
    let same = |(one, other): (&Arc<TeamConfig>, &Arc<TeamConfig>)| one.fingerprint == other.fingerprint;
    served.settings == read.settings
        && served.diagnostics == read.diagnostics
        && served.broken == read.broken
        && current.gone() == gone
        && served.teams.keys().eq(read.teams.keys())
        && served.teams.values().zip(read.teams.values()).all(same)
}

/// Tells of what was not found before.
fn report_new(before: &Snapshot, after: &Snapshot, report: fn(&Diagnostic)) {
    let known = &before.configuration().diagnostics;
    let new =
        after.configuration().diagnostics.iter().filter(|found| !found.is_note() && !known.contains(found));
    new.for_each(report);
}
