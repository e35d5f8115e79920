//! The reloader's thread: what it does in which order.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant as Moment};

use chrono::{SubsecRound, TimeDelta};

use super::Options;
use super::debounce::{Debounce, QUIET, scope_of};
use super::load_report::{LoadReport, Outcome};
use super::maintenance::Maintenance;
use super::removed_teams::RemovedTeams;
use super::watch::{Notice, Watch};
use crate::config::{self, Configuration, Diagnostic, LoadError, Scope, TeamConfig};
use crate::journal::JournalError;
use crate::live::snapshot::Snapshot;
use crate::live::store::{Fault, Load};
use crate::live::team::TeamSnapshot;
use crate::rota::{Instant, TeamId};

/// How long before a duty change its snapshot is built: enough time for thousands of teams.
const BUILT_AHEAD: TimeDelta = TimeDelta::seconds(30);

/// The longest time without a look at the clock: it may be set, and the machine may sleep.
const MAX_SLEEP: Duration = Duration::from_secs(15);

/// How often all files are read, since file systems lose events, and some have none.
const FULL_READ_EVERY: Duration = Duration::from_secs(30);

/// The same if the folder cannot be watched.
const FULL_READ_EVERY_UNWATCHED: Duration = Duration::from_secs(5);

/// How soon something that failed is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// How long a new rota waits for the journal before it is served with provisional revisions.
const MAX_JOURNAL_WAIT: Duration = Duration::from_secs(60);

pub(super) struct Worker {
    options: Options,
    watch: Watch,
    debounce: Debounce,
    /// When all files were last read.
    last_full_read: Moment,
    /// When the journal became impossible to write.
    journal_failing_since: Option<Moment>,
    last_retry: Moment,
    maintenance: Maintenance,
    removed_teams: RemovedTeams,
    load_report: LoadReport,
    /// The snapshot of the next duty change, built before it.
    ahead: Option<Arc<Snapshot>>,
}

impl Worker {
    pub(super) fn new(options: Options, watch: Watch) -> Worker {
        let now = Moment::now();
        let load_report = LoadReport::at_start(&options.store.load());
        Worker {
            options,
            watch,
            // A file may have changed since the first load.
            debounce: Debounce::everything(now),
            last_full_read: now,
            journal_failing_since: None,
            last_retry: now,
            maintenance: Maintenance::new(now),
            removed_teams: RemovedTeams::default(),
            load_report,
            ahead: None,
        }
    }

    /// Works until it receives [`Notice::Stop`].
    pub(super) fn run(mut self, notices: &Receiver<Notice>) {
        loop {
            match notices.recv_timeout(self.sleep()) {
                Ok(Notice::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    return self.maintenance.end(&self.options.builder);
                }
                Ok(Notice::Reload) => self.debounce.add(Moment::now(), Scope::All, Duration::ZERO),
                Ok(Notice::Changed(paths)) => self.changed(&paths),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.last_full_read.elapsed() >= self.full_read_every() {
                self.debounce.add(Moment::now(), Scope::All, Duration::ZERO);
            }
            if let Some(scope) = self.debounce.take(Moment::now()) {
                self.reload(&scope);
            }
            self.roll_over();
            self.write_provisional();
            self.maintenance.run(&self.options.builder, Moment::now(), (self.options.now)());
        }
    }

    /// How long there is nothing to do unless a notice arrives.
    fn sleep(&self) -> Duration {
        let changes = self.debounce.remaining(Moment::now());
        let provisional = self.options.store.load().has_provisional_teams();
        let retry = provisional.then(|| RETRY_EVERY.saturating_sub(self.last_retry.elapsed()));
        let full_read = self.full_read_every().saturating_sub(self.last_full_read.elapsed());
        let maintenance = self.maintenance.remaining(Moment::now());
        let times = [changes, retry, self.until_next_week(), Some(full_read), Some(maintenance)];
        times.into_iter().flatten().fold(MAX_SLEEP, Duration::min)
    }

    fn until_next_week(&self) -> Option<Duration> {
        let change = self.options.store.load().valid_until()?;
        let next = if self.ahead.is_some() { change } else { change - BUILT_AHEAD };
        Some((next - (self.options.now)()).to_std().unwrap_or_default())
    }

    fn full_read_every(&self) -> Duration {
        if self.options.store.faults().watch.is_some() { FULL_READ_EVERY_UNWATCHED } else { FULL_READ_EVERY }
    }

    fn changed(&mut self, paths: &[PathBuf]) {
        if paths.is_empty() {
            self.debounce.add(Moment::now(), Scope::All, QUIET);
        }
        for path in paths {
            let scope = match self.watch.within(path) {
                Some(within) if !within.as_os_str().is_empty() => scope_of(within),
                // In the folder around it only the configuration folder itself matters.
                None if !self.watch.is_folder(path) => continue,
                // It may be gone, or be another folder of the same name by now.
                _ => {
                    self.watch.stop();
                    Scope::All
                }
            };
            self.debounce.add(Moment::now(), scope, QUIET);
        }
    }

    /// Reads the configuration and puts it in service, or records why not.
    fn reload(&mut self, scope: &Scope) {
        let started = Moment::now();
        let at = (self.options.now)().trunc_subsecs(0);
        if *scope == Scope::All {
            self.last_full_read = started;
            self.renew_watch(at);
        }
        let current = Arc::clone(&self.options.store.load());
        let configuration = match config::reload(&self.options.folder, at, current.configuration(), scope) {
            Ok(configuration) => Arc::new(configuration),
            Err(error) => return self.unreadable(&error, at),
        };
        self.options.store.update_faults(|faults| faults.configuration = None);
        let removed = self.removed_teams.still_served(&current, &configuration);
        let load = |started: Moment| Load { at, took: started.elapsed() };
        if is_in_service(&current, &configuration, &removed) {
            self.options.store.record_load(load(started));
            return self.settled(&current);
        }
        let build = |worker: &Worker| {
            let builder = &worker.options.builder;
            builder.reload(&current, Arc::clone(&configuration), removed.clone(), at).written()
        };
        let written = build(self);
        let next = match self.check_journal(written, at) {
            Some(next) => next,
            None if self.journal_failing_since.is_some_and(|since| since.elapsed() >= MAX_JOURNAL_WAIT) => {
                self.options.builder.reload(&current, configuration, removed, at).provisional()
            }
            None => return self.retry_soon(),
        };
        report_new(&current, &next, self.options.report);
        let shared = |team: &&TeamSnapshot| {
            current.team(team.team().id.as_str()).is_some_and(|old| std::ptr::eq(old, *team))
        };
        let published = next.teams().len() - next.teams().filter(shared).count();
        let next = Arc::new(next);
        self.serve(&next);
        self.options.store.record_load(load(started));
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let teams = next.teams().len();
        match self.load_report.update(&next, at) {
            Outcome::NoErrors => tracing::info!(published, teams, duration_ms, "configuration in service"),
            Outcome::Fixed => {
                tracing::info!(published, teams, duration_ms, "configuration is without errors again");
            }
            Outcome::Errors(what) => {
                tracing::warn!(published, teams, duration_ms, "configuration has errors: {what}");
            }
        }
        // Only now: requests that arrive meanwhile get their feeds rendered first.
        next.prepare_like(&current);
    }

    /// Loads again soon, since the last load failed.
    fn retry_soon(&mut self) {
        self.debounce.add(Moment::now(), Scope::All, RETRY_EVERY);
    }

    fn serve(&mut self, next: &Arc<Snapshot>) {
        self.ahead = None;
        self.options.store.replace(Arc::clone(next));
    }

    /// The result of using the journal; a failure is recorded, and logged once.
    fn check_journal<T>(&mut self, result: Result<T, JournalError>, at: Instant) -> Option<T> {
        match result {
            Ok(value) => {
                self.journal_recovered();
                Some(value)
            }
            Err(error) => {
                if self.journal_failing_since.is_none() {
                    tracing::error!(%error, "failed to write the journal; trying again");
                }
                self.journal_failing_since.get_or_insert_with(Moment::now);
                let message = format!("failed to {error}");
                self.options.store.update_faults(|faults| {
                    let since = faults.journal.as_ref().map_or(at, |fault| fault.since);
                    faults.journal = Some(Fault { since, message });
                });
                None
            }
        }
    }

    fn journal_recovered(&mut self) {
        if self.journal_failing_since.take().is_some() {
            tracing::info!("the journal is written again");
            self.options.store.update_faults(|faults| faults.journal = None);
        }
    }

    /// Clears the fault of the journal if nothing waits for it any more.
    fn settled(&mut self, current: &Snapshot) {
        if !current.has_provisional_teams() {
            self.journal_failing_since = None;
            self.options.store.update_faults(|faults| faults.journal = None);
        }
    }

    /// At a duty change, replaces the snapshot by the one that was built ahead.
    fn roll_over(&mut self) {
        let current = Arc::clone(&self.options.store.load());
        let Some(change) = current.valid_until() else { return };
        let at = (self.options.now)();
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

    /// The snapshot of the next week. The week ends in any case, so this does not wait for the journal.
    fn renewed(&mut self, current: &Snapshot, at: Instant) -> Option<Snapshot> {
        let written = self.options.builder.renew(current, at).written();
        let written = self.check_journal(written, at);
        Some(written.unwrap_or_else(|| self.options.builder.renew(current, at).provisional()))
    }

    /// Writes what is served with provisional revisions.
    fn write_provisional(&mut self) {
        let current = Arc::clone(&self.options.store.load());
        if !current.has_provisional_teams() || self.last_retry.elapsed() < RETRY_EVERY {
            return;
        }
        self.last_retry = Moment::now();
        let at = (self.options.now)();
        let written = self.options.builder.renew(&current, at).written();
        if let Some(next) = self.check_journal(written, at) {
            next.prepare_like(&current);
            self.serve(&Arc::new(next));
        }
    }

    fn unreadable(&mut self, error: &LoadError, at: Instant) {
        let message = error.to_string();
        if self.options.store.faults().configuration.is_none() {
            tracing::error!(%error, "the configuration folder cannot be read; the last configuration stays in service");
        }
        self.options.store.update_faults(|faults| {
            let since = faults.configuration.as_ref().map_or(at, |fault| fault.since);
            faults.configuration = Some(Fault { since, message });
        });
        self.retry_soon();
    }

    fn renew_watch(&mut self, at: Instant) {
        let fault = self.watch.renew().err();
        if let Some(reason) = fault.as_ref().filter(|_| self.options.store.faults().watch.is_none()) {
            tracing::warn!(%reason, "the configuration folder cannot be watched; it is read every few seconds instead");
        }
        self.options.store.update_faults(|faults| {
            let since = faults.watch.as_ref().map_or(at, |fault| fault.since);
            faults.watch = fault.map(|message| Fault { since, message });
        });
    }
}

/// Whether a load found only what is in service already.
fn is_in_service(current: &Snapshot, loaded: &Configuration, removed: &BTreeSet<TeamId>) -> bool {
    let served = current.configuration();
    let same = |(one, other): (&Arc<TeamConfig>, &Arc<TeamConfig>)| one.fingerprint == other.fingerprint;
    served.settings == loaded.settings
        && served.diagnostics == loaded.diagnostics
        && served.broken == loaded.broken
        && current.removed() == removed
        && served.teams.keys().eq(loaded.teams.keys())
        && served.teams.values().zip(loaded.teams.values()).all(same)
}

/// Reports the diagnostics that the snapshot before did not have.
fn report_new(before: &Snapshot, after: &Snapshot, report: fn(&Diagnostic)) {
    let known = &before.configuration().diagnostics;
    let new = after.configuration().diagnostics.iter().filter(|found| !known.contains(found));
    new.for_each(report);
}
