//! The reloader's thread: what it does in which order.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant as Moment};

use chrono::{SubsecRound, TimeDelta};

use super::debounce::{Debounce, QUIET, scope_of};
use super::load_report::{LoadReport, Outcome};
use super::notice::Notice;
use super::options::Options;
use super::removed_teams::RemovedTeams;
use super::watch::Watch;
use crate::config::{self, Configuration, Diagnostic, LoadError, Scope, TeamConfig};
use crate::journal::JournalError;
use crate::live::builder::JournalCheck;
use crate::live::snapshot::Snapshot;
use crate::live::store::{FaultKind, Load};
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

/// How soon everything is tried again after a defect of the program.
const RETRY_AFTER_PANIC: Duration = Duration::from_secs(5);

/// How long a new rota waits for the journal before it is served with provisional revisions.
const MAX_JOURNAL_WAIT: Duration = Duration::from_secs(60);

/// How many changed teams a line of the log names.
const MAX_NAMED: usize = 10;

/// The state of the reloader's thread.
pub(super) struct Worker {
    options: Arc<Options>,
    watch: Watch,
    debounce: Debounce,
    /// When all files were last read.
    last_full_read: Moment,
    /// When the journal became impossible to write.
    journal_failing_since: Option<Moment>,
    last_retry: Moment,
    /// Nothing but notices is dealt with before this, after a panic.
    pause_until: Moment,
    removed_teams: RemovedTeams,
    load_report: LoadReport,
    /// The snapshot of the next duty change, built before it.
    ahead: Option<Arc<Snapshot>>,
}

impl Worker {
    pub(super) fn new(options: Arc<Options>, watch: Watch) -> Worker {
        let now = Moment::now();
        let load_report = LoadReport::at_start(&options.store.load());
        let removed_teams = RemovedTeams::at_start(&options.store.load(), now);
        let worker = Worker {
            options,
            watch,
            // A file may have changed since the first load.
            debounce: Debounce::everything(now),
            last_full_read: now,
            journal_failing_since: None,
            last_retry: now,
            pause_until: now,
            removed_teams,
            load_report,
            ahead: None,
        };
        worker.check_older((worker.options.now)());
        worker
    }

    /// Works until it receives [`Notice::Stop`]. A panic is a defect of the program, which the panic hook logs; it shows
    /// as a fault, and everything is tried again soon.
    pub(super) fn run(mut self, notices: &Receiver<Notice>) {
        loop {
            let notice = match notices.recv_timeout(self.sleep()) {
                Ok(Notice::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(notice) => Some(notice),
                Err(RecvTimeoutError::Timeout) => None,
            };
            if catch_unwind(AssertUnwindSafe(|| self.step(notice))).is_err() {
                self.panicked();
            } else if self.debounce.is_idle() && self.options.store.clear(FaultKind::Reloader) {
                tracing::info!("the reloader works again");
            }
            self.options.store.record_look();
        }
    }

    fn step(&mut self, notice: Option<Notice>) {
        match notice {
            Some(Notice::Reload) => self.debounce.add(Moment::now(), Scope::All, Duration::ZERO),
            Some(Notice::Changed(paths)) => self.changed(&paths),
            Some(Notice::BeingWritten(path)) if self.is_read(&path) => {
                self.debounce.open(Moment::now(), path);
            }
            Some(Notice::Closed(path)) => self.debounce.close(&path),
            Some(Notice::JournalChecked(result)) => self.journal_checked(result),
            Some(Notice::BeingWritten(_) | Notice::Stop) | None => {}
        }
        if Moment::now() < self.pause_until {
            return;
        }
        if self.last_full_read.elapsed() >= self.full_read_every() {
            self.debounce.add(Moment::now(), Scope::All, Duration::ZERO);
        }
        if let Some(scope) = self.debounce.take(Moment::now()) {
            self.reload(&scope);
        }
        self.roll_over();
        self.write_provisional();
    }

    fn panicked(&mut self) {
        let message = "the reloader failed unexpectedly and tries again; the log has the details".to_owned();
        self.options.store.raise(FaultKind::Reloader, (self.options.now)(), message);
        let now = Moment::now();
        self.pause_until = now + RETRY_AFTER_PANIC;
        self.ahead = None;
        self.debounce.add(now, Scope::All, RETRY_AFTER_PANIC);
    }

    /// How long there is nothing to do unless a notice arrives.
    fn sleep(&mut self) -> Duration {
        let now = Moment::now();
        let changes = self.debounce.remaining(now);
        let provisional = self.options.store.load().has_provisional_teams();
        let retries = provisional && self.journal_failing_since.is_none();
        let retry = retries.then(|| RETRY_EVERY.saturating_sub(self.last_retry.elapsed()));
        let full_read = self.full_read_every().saturating_sub(self.last_full_read.elapsed());
        let times = [changes, retry, self.until_next_week(), Some(full_read)];
        let sleep = times.into_iter().flatten().fold(MAX_SLEEP, Duration::min);
        sleep.max(self.pause_until.saturating_duration_since(now))
    }

    fn until_next_week(&self) -> Option<Duration> {
        let change = self.options.store.load().valid_until()?;
        let next = if self.ahead.is_some() { change } else { change - BUILT_AHEAD };
        Some((next - (self.options.now)()).to_std().unwrap_or_default())
    }

    fn full_read_every(&self) -> Duration {
        if self.options.store.faults().watch.is_some() { FULL_READ_EVERY_UNWATCHED } else { FULL_READ_EVERY }
    }

    /// Whether the file at `path` is one of the configuration folder.
    fn is_read(&self, path: &Path) -> bool {
        self.watch.within(path).is_some_and(|within| !within.as_os_str().is_empty())
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
        if self.options.store.clear(FaultKind::Configuration) {
            tracing::info!("the configuration folder can be read again");
        }
        let (removed, newly_removed) = self.removed_teams.update(&current, &configuration, started);
        self.options.store.count_removed_teams(newly_removed);
        if is_in_service(&current, &configuration, &removed) {
            self.options.store.record_load(Load { at, took: started.elapsed() });
            return;
        }
        // Links that were revoked are dead at once, whatever becomes of the rest.
        let current = self.revoke_links(&current, &configuration, at).unwrap_or(current);
        let written = match self.journal_failing_since {
            None => {
                let builder = &self.options.builder;
                let build = builder.reload(&current, Arc::clone(&configuration), removed.clone(), at);
                let written = build.written();
                self.check_journal(written, at)
            }
            Some(_) => None,
        };
        let next = match (written, self.journal_failing_since) {
            (Some(next), _) => next,
            (None, Some(since)) if since.elapsed() >= MAX_JOURNAL_WAIT => {
                self.options.builder.reload(&current, configuration, removed, at).provisional()
            }
            (None, _) => return self.debounce.add(Moment::now(), Scope::All, RETRY_EVERY),
        };
        let next = Arc::new(next);
        report_new(&current, &next, self.options.report);
        self.serve(&next, at);
        let load = Load { at, took: started.elapsed() };
        self.options.store.record_load(load);
        self.log_load(&current, &next, load);
        // Only now: requests that arrive meanwhile get their feeds rendered first.
        self.options.store.prepare(&current, &next);
    }

    /// Puts the snapshot in service in which the keys that `configuration` revokes open nothing any more; `None` if it
    /// revokes none.
    fn revoke_links(
        &mut self,
        current: &Snapshot,
        configuration: &Configuration,
        at: Instant,
    ) -> Option<Arc<Snapshot>> {
        let next = Arc::new(self.options.builder.revoke_links(current, configuration)?);
        self.serve(&next, at);
        tracing::info!("secret links were revoked or renewed");
        Some(next)
    }

    fn log_load(&mut self, current: &Snapshot, next: &Snapshot, load: Load) {
        let is_new = |team: &&TeamSnapshot| {
            current.team(team.team().id.as_str()).is_none_or(|old| !std::ptr::eq(old, *team))
        };
        let ids: Vec<&str> = next.teams().filter(is_new).map(|team| team.team().id.as_str()).collect();
        let (published, teams) = (ids.len(), next.teams().len());
        let changed = names(&ids);
        let duration_ms = u64::try_from(load.took.as_millis()).unwrap_or(u64::MAX);
        match self.load_report.update(next, load.at) {
            Outcome::NoErrors => {
                tracing::info!(published, changed, teams, duration_ms, "configuration in service");
            }
            Outcome::Fixed => {
                tracing::info!(
                    published,
                    changed,
                    teams,
                    duration_ms,
                    "configuration is without errors again"
                );
            }
            Outcome::Errors(what) => {
                tracing::warn!(published, changed, teams, duration_ms, "configuration has errors: {what}");
            }
        }
    }

    fn serve(&mut self, next: &Arc<Snapshot>, at: Instant) {
        self.ahead = None;
        self.options.store.replace(Arc::clone(next));
        self.clear_journal_fault();
        self.check_older(at);
    }

    /// Shows whether another server has a newer configuration, and whether the journal has entries that cannot be read,
    /// as long as that is so.
    fn check_older(&self, at: Instant) {
        let snapshot = self.options.store.load();
        self.check_unreadable(&snapshot, at);
        let older: Vec<&str> = snapshot.older_teams().map(TeamId::as_str).collect();
        if older.is_empty() {
            if self.options.store.clear(FaultKind::Older) {
                tracing::info!("this server has the newest configuration again");
            }
            return;
        }
        let message = "another server has published a newer configuration than this one has";
        if self.options.store.raise(FaultKind::Older, at, message.to_owned()) {
            tracing::warn!(teams = names(&older), "{message}");
        }
    }

    fn check_unreadable(&self, snapshot: &Snapshot, at: Instant) {
        let unreadable: Vec<(&str, bool)> =
            snapshot.unreadable_teams().map(|(id, is_newer)| (id.as_str(), is_newer)).collect();
        if unreadable.is_empty() {
            if self.options.store.clear(FaultKind::Unreadable) {
                tracing::info!("the journals of all teams can be read again");
            }
            return;
        }
        let ids: Vec<&str> = unreadable.iter().map(|(id, _)| *id).collect();
        let message = if unreadable.iter().any(|(_, is_newer)| *is_newer) {
            "a newer oncal wrote journals that this one cannot read; they are left as they are, and all events of these \
             teams count as changed"
        } else {
            "journals were damaged; all events of these teams count as changed"
        };
        let message = format!("{message}: {}", names(&ids));
        self.options.store.raise(FaultKind::Unreadable, at, message);
    }

    fn journal_checked(&mut self, result: Result<JournalCheck, JournalError>) {
        let at = (self.options.now)();
        let Some(check) = self.check_journal(result.map(Some), at).flatten() else { return };
        let current = Arc::clone(&self.options.store.load());
        let refreshed = self.options.builder.refresh(&current, &check, at);
        if let Some(Some(next)) = self.check_journal(refreshed, at) {
            let next = Arc::new(next);
            self.options.store.prepare(&current, &next);
            self.serve(&next, at);
        }
    }

    /// Clears the fault of the journal once it can be written and has all that is served.
    fn clear_journal_fault(&self) {
        let is_written = !self.options.store.load().has_provisional_teams();
        if self.journal_failing_since.is_none() && is_written && self.options.store.clear(FaultKind::Journal)
        {
            tracing::info!("the journal is written again");
        }
    }

    /// The result of using the journal; a failure is recorded, and logged once.
    fn check_journal<T>(&mut self, result: Result<T, JournalError>, at: Instant) -> Option<T> {
        match result {
            Ok(value) => {
                self.journal_failing_since = None;
                self.clear_journal_fault();
                Some(value)
            }
            Err(error) => {
                if self.journal_failing_since.is_none() {
                    tracing::error!(%error, "failed to write the journal; trying again");
                }
                self.journal_failing_since.get_or_insert_with(Moment::now);
                self.options.store.raise(FaultKind::Journal, at, format!("failed to {error}"));
                None
            }
        }
    }

    /// At a duty change, replaces the snapshot by the one that was built ahead; likewise where the clock was set back.
    fn roll_over(&mut self) {
        let current = Arc::clone(&self.options.store.load());
        let at = (self.options.now)();
        let is_too_new = current.valid_from().is_some_and(|from| at < from - BUILT_AHEAD);
        if is_too_new {
            let next = self.renewed(&current, at);
            let next = Arc::new(next);
            self.options.store.prepare(&current, &next);
            self.serve(&next, at);
            tracing::warn!("the clock was set back; rolled back to the current week");
            return;
        }
        let Some(change) = current.valid_until() else { return };
        if at < change - BUILT_AHEAD || at < change && self.ahead.is_some() {
            return;
        }
        let fits = |next: &Arc<Snapshot>| next.valid_until().is_some_and(|until| at < until);
        let next = match self.ahead.take().filter(fits) {
            Some(next) => next,
            None => Arc::new(self.renewed(&current, at.max(change))),
        };
        self.options.store.prepare(&current, &next);
        if at < change {
            self.ahead = Some(next);
            return;
        }
        self.serve(&next, at);
        tracing::info!(generation = next.generation(), "rolled over to the next week");
    }

    /// The same configuration at another time. The week ends in any case, so this does not wait for the journal.
    fn renewed(&mut self, current: &Snapshot, at: Instant) -> Snapshot {
        let options = Arc::clone(&self.options);
        let build = options.builder.renew(current, at);
        let written = self.journal_failing_since.is_none().then(|| build.written());
        let written = written.and_then(|written| self.check_journal(written, at));
        written.unwrap_or_else(|| build.provisional())
    }

    /// Writes what is served with provisional revisions, once the journal can be written again.
    fn write_provisional(&mut self) {
        let current = Arc::clone(&self.options.store.load());
        let is_due = self.journal_failing_since.is_none() && self.last_retry.elapsed() >= RETRY_EVERY;
        if !is_due || !current.has_provisional_teams() {
            return;
        }
        self.last_retry = Moment::now();
        let at = (self.options.now)();
        let written = self.options.builder.renew(&current, at).written();
        if let Some(next) = self.check_journal(written, at) {
            let next = Arc::new(next);
            self.options.store.prepare(&current, &next);
            self.serve(&next, at);
        }
    }

    fn unreadable(&mut self, error: &LoadError, at: Instant) {
        if self.options.store.raise(FaultKind::Configuration, at, error.to_string()) {
            tracing::error!(%error, "the configuration folder cannot be read; the last configuration stays in service");
        }
        self.debounce.add(Moment::now(), Scope::All, RETRY_EVERY);
    }

    fn renew_watch(&mut self, at: Instant) {
        let store = &self.options.store;
        match self.watch.renew() {
            Ok(()) => {
                if store.clear(FaultKind::Watch) {
                    tracing::info!("the configuration folder is watched again");
                }
            }
            Err(reason) => {
                if store.raise(FaultKind::Watch, at, reason.clone()) {
                    let every_seconds = FULL_READ_EVERY_UNWATCHED.as_secs();
                    tracing::warn!(
                        %reason,
                        every_seconds,
                        "the configuration folder cannot be watched; it is read again and again instead"
                    );
                }
            }
        }
    }
}

/// The first of `ids`, and how many more there are.
fn names(ids: &[&str]) -> String {
    let (first, rest) = ids.split_at(ids.len().min(MAX_NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("{}{more}", first.join(", "))
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
    let new =
        after.configuration().diagnostics.iter().filter(|found| !found.is_note() && !known.contains(found));
    new.for_each(report);
}
