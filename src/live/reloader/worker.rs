//! The reloader's thread: what it does, and in which order.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant as Moment};

use chrono::{SubsecRound, TimeDelta};

use super::calendar_monitor;
use super::debounce::{Debounce, QUIET, is_read, scope_of};
use super::faults::{self, FULL_READ_EVERY_UNWATCHED, check_journals};
use super::journal_health::JournalHealth;
use super::load_report::{LoadReport, report_new};
use super::notice::Notice;
use super::options::Options;
use super::removed_teams::RemovedTeams;
use super::watch::Watch;
use crate::config::{self, Configuration, Scope};
use crate::journal::JournalError;
use crate::live::build::Build;
use crate::live::builder::JournalCheck;
use crate::live::snapshot::Snapshot;
use crate::live::store::{FaultKind, Load};
use crate::rota::{Instant, TeamId};

/// How long before a duty change its snapshot is built: enough time for thousands of teams.
const BUILT_AHEAD: TimeDelta = TimeDelta::seconds(30);

/// The longest time without a look at the clock: it may be set, and the machine may sleep.
const MAX_SLEEP: Duration = Duration::from_secs(15);

/// How often to read all files, since file systems lose events, and some have none.
const FULL_READ_EVERY: Duration = Duration::from_secs(30);

/// How soon something that failed is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// How soon everything is tried again after a defect of the program.
const RETRY_AFTER_PANIC: Duration = Duration::from_secs(5);

/// What a check of the journal found that this server does not serve yet.
enum Found {
    Nothing,
    /// Newer copies of fetched calendars.
    Copies,
    /// Newer revisions, in a snapshot with them.
    Revisions(Arc<Snapshot>),
}

/// The state of the reloader's thread.
pub(super) struct Worker {
    options: Arc<Options>,
    watch: Watch,
    debounce: Debounce,
    /// When all files were last read.
    last_full_read: Moment,
    journal: JournalHealth,
    last_retry: Moment,
    /// Until when, after a panic, only notices are handled.
    pause_until: Moment,
    removed_teams: RemovedTeams,
    load_report: LoadReport,
    /// The snapshot of the next duty change, built before it.
    ahead: Option<Arc<Snapshot>>,
    /// The thread that fetches calendars failed unexpectedly.
    is_calendar_monitor_defective: bool,
}

impl Worker {
    pub(super) fn new(options: Arc<Options>, watch: Watch) -> Worker {
        let now = Moment::now();
        let load_report = LoadReport::at_start(&options.store.load());
        let removed_teams = RemovedTeams::at_start(&options.store.load(), now);
        Worker {
            options,
            watch,
            // A file may have changed since the first load.
            debounce: Debounce::everything(now),
            last_full_read: now,
            journal: JournalHealth::default(),
            last_retry: now,
            pause_until: now,
            removed_teams,
            load_report,
            ahead: None,
            is_calendar_monitor_defective: false,
        }
    }

    /// Works until it receives [`Notice::Stop`]. A panic is a defect of the program, which the panic hook logs; it
    /// shows as a fault, and everything is tried again soon.
    pub(super) fn run(mut self, notices: &Receiver<Notice>) {
        loop {
            let notice = match notices.recv_timeout(self.sleep()) {
                Ok(Notice::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(notice) => Some(notice),
                Err(RecvTimeoutError::Timeout) => None,
            };
            if catch_unwind(AssertUnwindSafe(|| self.step(notice))).is_err() {
                self.panicked();
            } else if self.debounce.is_idle()
                && !self.is_calendar_monitor_defective
                && self.options.store.clear(FaultKind::Reloader)
            {
                tracing::info!("the reloader works again");
            }
            self.options.store.record_look();
        }
    }

    fn step(&mut self, notice: Option<Notice>) {
        match notice {
            Some(Notice::Reload | Notice::CalendarsChanged) => {
                self.debounce.add(Moment::now(), Scope::All, Duration::ZERO);
            }
            Some(Notice::Changed(paths)) => self.changed(&paths),
            Some(Notice::BeingWritten(path)) if self.watch.within(&path).is_some_and(is_read) => {
                self.debounce.open(Moment::now(), path);
            }
            Some(Notice::Closed(path)) => self.debounce.close(&path),
            Some(Notice::JournalChecked(result)) => self.journal_checked(result),
            Some(Notice::CalendarMonitor { is_defective }) => self.calendar_monitor_checked(is_defective),
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

    fn calendar_monitor_checked(&mut self, is_defective: bool) {
        self.is_calendar_monitor_defective = is_defective;
        if is_defective {
            let message =
                "fetching calendars failed unexpectedly and is tried again; the log has the details";
            self.options.store.raise(FaultKind::Reloader, (self.options.now)(), message.to_owned());
        }
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
        let retries = provisional && !self.journal.is_failing();
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

    fn changed(&mut self, paths: &[PathBuf]) {
        if paths.is_empty() {
            self.debounce.add(Moment::now(), Scope::All, QUIET);
        }
        for path in paths {
            let scope = match self.watch.within(path) {
                Some(within) if !within.as_os_str().is_empty() => scope_of(within),
                // In its parent only the configuration folder itself matters.
                None if !self.watch.is_folder(path) => continue,
                // It may be gone, or replaced by another folder of the same name.
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
            faults::watched(&self.options.store, self.watch.renew(), at);
        }
        let current = Arc::clone(&self.options.store.load());
        let options = Arc::clone(&self.options);
        let configuration = match config::reload(
            &options.folder,
            options.builder.as_of(at),
            current.configuration(),
            scope,
        ) {
            Ok(configuration) => Arc::new(configuration),
            Err(error) => {
                faults::configuration_unreadable(&self.options.store, &error, at);
                return self.debounce.add(Moment::now(), Scope::All, RETRY_EVERY);
            }
        };
        if self.options.store.clear(FaultKind::Configuration) {
            tracing::info!("the configuration folder can be read again");
        }
        let (removed, newly_removed) = self.removed_teams.update(&current, &configuration, started);
        self.options.store.count_removed_teams(newly_removed);
        if is_in_service(&current, &configuration, &removed) {
            if !Arc::ptr_eq(current.links(), current.shared_configuration()) {
                // An edit was undone that revoked links and waited for the journal.
                self.revoke_links(&current, &configuration, at);
            }
            self.journal.nothing_to_publish(&options.store);
            self.options.store.record_load(Load { at, took: started.elapsed() });
            return;
        }
        // Revoked links stop working at once, even if the rest cannot be served yet.
        let current = self.revoke_links(&current, &configuration, at).unwrap_or(current);
        let build = options.builder.reload(&current, configuration, removed, at);
        self.journal.set_rota_waiting(false);
        let next = match self.written(&build, at) {
            Some(next) => next,
            None if self.journal.is_given_up(Moment::now()) => build.provisional(),
            None => {
                self.journal.set_rota_waiting(true);
                return self.debounce.add(Moment::now(), Scope::All, RETRY_EVERY);
            }
        };
        let next = Arc::new(next);
        report_new(&current, &next, self.options.report);
        self.serve(&next, at);
        let load = Load { at, took: started.elapsed() };
        self.options.store.record_load(load);
        self.load_report.log(&current, &next, load);
        // Only now: requests that arrive meanwhile get their feeds rendered first.
        self.options.store.prepare(&current, &next);
    }

    /// Serves a snapshot in which the keys that `configuration` revokes no longer open anything; `None` if it revokes
    /// none.
    fn revoke_links(
        &mut self,
        current: &Snapshot,
        configuration: &Arc<Configuration>,
        at: Instant,
    ) -> Option<Arc<Snapshot>> {
        let next = Arc::new(self.options.builder.revoke_links(current, configuration)?);
        self.serve(&next, at);
        tracing::info!("secret links were revoked or renewed");
        Some(next)
    }

    fn serve(&mut self, next: &Arc<Snapshot>, at: Instant) {
        self.ahead = None;
        self.options.store.replace(Arc::clone(next));
        self.journal.clear_fault(&self.options.store);
        check_journals(&self.options.store, at);
    }

    /// Builds and publishes a snapshot, unless the journal is known to fail.
    fn written(&mut self, build: &Build<'_>, at: Instant) -> Option<Snapshot> {
        if self.journal.is_failing() {
            return None;
        }
        self.journal.check_published(build.written(), &self.options.store, at)
    }

    fn journal_checked(&mut self, result: Result<JournalCheck, JournalError>) {
        let at = (self.options.now)();
        let current = Arc::clone(&self.options.store.load());
        let found = result.and_then(|check| self.read_others(&current, &check, at));
        match self.journal.check(found, &self.options.store, at) {
            // Another server may have published from newer copies, which this one has now too.
            Some(Found::Copies) => self.debounce.add(Moment::now(), Scope::All, Duration::ZERO),
            Some(Found::Revisions(next)) => {
                self.options.store.prepare(&current, &next);
                self.serve(&next, at);
            }
            Some(Found::Nothing) | None => {}
        }
    }

    /// Reads what other servers wrote.
    fn read_others(
        &self,
        current: &Snapshot,
        check: &JournalCheck,
        at: Instant,
    ) -> Result<Found, JournalError> {
        let builder = &self.options.builder;
        if let Some(calendars) = builder.calendars()
            && calendar_monitor::read(calendars, &self.options, current)?
        {
            return Ok(Found::Copies);
        }
        let next = builder.refresh(current, check, at)?;
        Ok(next.map_or(Found::Nothing, |next| Found::Revisions(Arc::new(next))))
    }

    /// At a duty change, serves the snapshot that was built ahead. If the clock was set back, serves one of that time.
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
        self.written(&build, at).unwrap_or_else(|| build.provisional())
    }

    /// Writes what is served with provisional revisions, once the journal can be written again.
    fn write_provisional(&mut self) {
        let current = Arc::clone(&self.options.store.load());
        let is_due = !self.journal.is_failing() && self.last_retry.elapsed() >= RETRY_EVERY;
        if !is_due || !current.has_provisional_teams() {
            return;
        }
        self.last_retry = Moment::now();
        let at = (self.options.now)();
        let options = Arc::clone(&self.options);
        if let Some(next) = self.written(&options.builder.renew(&current, at), at) {
            let next = Arc::new(next);
            self.options.store.prepare(&current, &next);
            self.serve(&next, at);
        }
    }
}

/// Whether a load found exactly what is already in service.
fn is_in_service(current: &Snapshot, loaded: &Configuration, removed: &BTreeSet<TeamId>) -> bool {
    let served = current.configuration();
    served.settings == loaded.settings
        && served.diagnostics == loaded.diagnostics
        && served.has_same_copies(loaded)
        && served.broken == loaded.broken
        && current.removed() == removed
        && has_same_teams(served, loaded)
}

fn has_same_teams(served: &Configuration, loaded: &Configuration) -> bool {
    let is_same = |id: &TeamId| match (served.teams.get(id), loaded.teams.get(id)) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one.fingerprint == other.fingerprint,
        (one, other) => one.is_none() && other.is_none(),
    };
    match loaded.reread_since(served) {
        Some(only) => only.iter().all(is_same),
        None => served.teams.len() == loaded.teams.len() && loaded.teams.keys().all(is_same),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::{Mutex, mpsc};

    use super::*;
    use crate::journal::{Database, Location};
    use crate::live::Builder;
    use crate::live::sample::{TEAM, at, configuration};
    use crate::publish::Publisher;

    #[test]
    fn an_edit_that_waits_for_the_journal_waits_no_longer_because_a_week_ends_meanwhile() {
        let (folder, now) = (tempfile::tempdir().unwrap(), at("2026-02-10T12:00:00Z"));
        let database = Database::open(Location::folder(folder.path().join("state"))).unwrap();
        let builder = Builder::new(Publisher::new(database, None, String::new()));
        let (clock, first) = (Arc::new(Mutex::new(now)), configuration("", &[("sample", TEAM)], now));
        let time = Arc::clone(&clock);
        let options = Options::sample(builder, first, folder.path(), move || *time.lock().unwrap());
        let (options, watch) =
            (Arc::new(options), Watch::new(folder.path(), folder.path(), mpsc::channel().0));
        let mut worker = Worker::new(Arc::clone(&options), watch);
        let generation = || options.store.load().generation();
        let run = |statement: &str| {
            let file = folder.path().join("state/journal.sqlite");
            rusqlite::Connection::open(file).unwrap().execute_batch(statement).unwrap();
        };
        fs::create_dir(folder.path().join("teams")).unwrap();
        let edited = TEAM.replace("Sample", "Moved on").replace("holidays = [\"house\"]\n", "");
        fs::write(folder.path().join("teams/sample.toml"), edited).unwrap();

        run("CREATE TRIGGER refuse BEFORE UPDATE ON publication BEGIN SELECT RAISE(ABORT, 'no room'); END");
        worker.reload(&Scope::All);
        let since = Moment::now();
        assert!(generation() == 1 && worker.journal.is_failing());
        // A week needs less room than an edit.
        run("DROP TRIGGER refuse");
        worker.journal.check(Ok(()), &options.store, now).unwrap();
        *clock.lock().unwrap() = options.store.load().valid_until().unwrap();
        worker.roll_over();
        assert!(generation() == 2 && !options.store.load().has_provisional_teams());
        assert!(options.store.faults().journal.is_some(), "the edit still waits");
        assert!(worker.journal.is_given_up(since + Duration::from_secs(60)));

        worker.reload(&Scope::All);
        assert!(generation() == 3 && !options.store.faults().any());
        assert!(!worker.journal.is_given_up(since + Duration::from_secs(600)));
    }

    #[test]
    fn a_defect_of_the_thread_that_fetches_calendars_is_a_fault_until_it_works_again() {
        let (folder, now) = (tempfile::tempdir().unwrap(), at("2026-02-10T12:00:00Z"));
        fs::create_dir(folder.path().join("teams")).unwrap();
        let builder = Builder::new(Publisher::without_journal());
        let options = Options::sample(builder, configuration("", &[], now), folder.path(), move || now);
        let options = Arc::new(options);
        for (states, is_fault) in [(&[true][..], true), (&[true, false], false)] {
            let (notices, received) = mpsc::channel();
            // Only these notices are in the channel, and the last one ends the thread.
            for is_defective in states {
                notices.send(Notice::CalendarMonitor { is_defective: *is_defective }).unwrap();
            }
            notices.send(Notice::Stop).unwrap();
            let watch = Watch::new(folder.path(), folder.path(), mpsc::channel().0);
            Worker::new(Arc::clone(&options), watch).run(&received);
            assert_eq!(options.store.faults().reloader.is_some(), is_fault, "{states:?}");
        }
    }
}
