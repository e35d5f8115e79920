//! `oncal serve`: the server, with the valid part of the configuration.

use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use sd_notify::NotifyState;

use super::args::Common;
use super::output::{Exit, Output, Usage, failed};
use super::{links, logging, notices, plan};
use crate::calendars::{self, Calendars, FetchWait};
use crate::clock::Clock;
use crate::config::{self, Access, AsOf, Configuration, Diagnostic, Settings, render};
use crate::journal::{Database, Location};
use crate::live::{Builder, Reloader, Snapshot, Store, reloader};
use crate::notifier::{self, Notifier};
use crate::publish::Publisher;
use crate::rota::Instant;
use crate::state_dir::{LockError, StateDir};
use crate::web;

/// The environment variable that says how new the configuration is, for servers that share a journal.
const REVISION: &str = "ONCAL_REVISION";

/// How long a start waits for calendars that were never fetched.
const FIRST_FETCH: Duration = Duration::from_secs(10);

/// The reason why nothing is served without a team.
pub(super) const NO_TEAM: &str = "no team could be loaded";

pub(super) fn run(common: &Common, output: &mut Output) -> anyhow::Result<Exit> {
    let revision = revision()?;
    let configuration = load(common, "serving", output)?;
    logging::start();
    let clock = plan::clock(common);
    let settings = &configuration.settings;
    let state = plan::state(common);
    let publisher = publisher(common, &state, settings, revision)?;
    let (builder, calendars) = builder(publisher, &state, settings)?;
    let wait = FetchWait::New(FIRST_FETCH);
    let configuration = with_calendars(configuration, &calendars, wait, common, clock.now())?;
    let first = builder.first(configuration, clock.now()).map_err(failed)?;
    if first.teams().len() == 0 {
        return Err(refused(first.configuration(), output, "serving", NO_TEAM));
    }
    log_start(&first);
    let store = Arc::new(Store::new(first));
    let notifier = start_notifier(&builder, &store, clock)?;
    let reloader = Reloader::start(reloader::Options {
        store: Arc::clone(&store),
        builder,
        folder: common.config.clone(),
        state: state.path().to_owned(),
        now: Box::new(move || clock.now()),
        report: log,
    });
    let reloader = reloader.context("failed to start the thread that reloads the configuration")?;
    let mut noted = None;
    let listening = |address| {
        // A what-if run must not be mistaken for the server.
        if !is_what_if(common) {
            let note = state.write_admin_address(address);
            noted = note
                .inspect_err(|error| {
                    tracing::info!(%error, "failed to write the address for monitoring into the state folder");
                })
                .ok();
        }
        tell_service_manager(&NotifyState::Ready);
    };
    let served = web::serve(&store, clock, move || reloader.reload(), listening);
    tell_service_manager(&NotifyState::Stopping);
    drop(notifier);
    drop(noted);
    served.map_err(failed)?;
    Ok(Exit::Fine)
}

/// The threads that send notices; `None` without a journal to keep them in.
fn start_notifier(builder: &Builder, store: &Arc<Store>, clock: Clock) -> anyhow::Result<Option<Notifier>> {
    let Some(database) = builder.database() else { return Ok(None) };
    let notifier = Notifier::start(notifier::Options {
        store: Arc::clone(store),
        database: Arc::clone(database),
        environment: notices::environment(),
        now: Box::new(move || clock.now()),
    });
    notifier.map(Some).context("failed to start the threads that send notices")
}

/// Records in the journal that `settings` and `common` name, if any.
fn publisher(
    common: &Common,
    state: &StateDir,
    settings: &Settings,
    revision: Option<i64>,
) -> anyhow::Result<Publisher> {
    let Some(location) = location(common, state, settings) else { return Ok(Publisher::without_journal()) };
    let database = match location {
        Location::Folder(_) => {
            lock(state).map_err(failed)?;
            Database::open(location)
        }
        // Several servers may publish to one PostgreSQL, but an export beside them must know of them.
        Location::Postgres(_) => {
            state.share_lock();
            Database::open(location).map(|database| database.sharing_lock(state.clone()))
        }
    };
    Ok(Publisher::new(database.map_err(failed)?, revision, build()))
}

/// The configuration, if it is good enough for `doing` this command's work.
pub(super) fn load(common: &Common, doing: &str, output: &mut Output) -> anyhow::Result<Configuration> {
    let configuration = plan::load_files(common)?;
    if configuration.settings_errors().next().is_some() {
        return Err(refused(&configuration, output, doing, "oncal.toml has errors"));
    }
    if configuration.teams.is_empty() && configuration.broken.is_empty() {
        return Err(refused(&configuration, output, doing, NO_TEAM));
    }
    Ok(configuration)
}

/// Prints the errors of the configuration; the error says that oncal is not `doing` its work because of `why`.
pub(super) fn refused(
    configuration: &Configuration,
    output: &mut Output,
    doing: &str,
    why: &str,
) -> anyhow::Error {
    for diagnostic in configuration.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
        // If standard error is not a terminal, it is stored like a log, so no source lines are shown.
        if io::stderr().is_terminal() {
            output.note(render(diagnostic, &configuration.sources, true));
        } else {
            output.note(diagnostic);
        }
    }
    anyhow::anyhow!("not {doing}: {why}")
}

/// Logs the diagnostics of the configuration, and each team that is not served.
fn log_start(first: &Snapshot) {
    let configuration = first.configuration();
    configuration.diagnostics.iter().filter(|found| !found.is_note()).for_each(log);
    for (id, broken) in configuration.broken.iter().filter(|(id, _)| first.is_broken(id.as_str())) {
        let mut errors = configuration.diagnostics_of(id).filter(|found| found.is_error());
        let reason = errors.next().map(ToString::to_string).unwrap_or_default();
        tracing::error!(team = %id, errors = broken.errors, reason, "this team is not served");
    }
}

/// The configuration with the copies of fetched calendars that are kept. Calendars that are due are fetched first, so
/// that the rota contains new ones from the start if they arrive within a moment.
pub(super) fn with_calendars(
    configuration: Configuration,
    calendars: &Calendars,
    wait: FetchWait,
    common: &Common,
    now: Instant,
) -> anyhow::Result<Configuration> {
    if configuration.calendar_uses().next().is_none() {
        return Ok(configuration);
    }
    let load = |calendars| config::load(&common.config, AsOf { now, calendars });
    let read = calendars.read();
    // A new copy is compared with what the kept one gives.
    let kept = load(calendars.as_of(now).calendars)?;
    let fetch = |_| calendars.fetch_now(&kept, &|calendars| load(calendars).ok(), wait, now);
    if let Err(error) = read.and_then(fetch) {
        tracing::error!(%error, "failed to store calendars; they are fetched again later");
    }
    let copies = calendars.as_of(now).calendars;
    if copies == kept.calendars { Ok(kept) } else { Ok(load(copies)?) }
}

/// Builds snapshots of what `publisher` publishes, with the calendars whose copies are kept beside its journal.
pub(super) fn builder(
    publisher: Publisher,
    state: &StateDir,
    settings: &Settings,
) -> anyhow::Result<(Builder, Arc<Calendars>)> {
    let database = publisher.database().cloned();
    let calendars = Arc::new(Calendars::new(database, calendars::Options::DEFAULT));
    let builder = Builder::new(publisher).with_calendars(Arc::clone(&calendars));
    let builder = match settings.access {
        Access::Links => builder.with_secret(links::secret(state, settings, true)?),
        Access::Open => builder,
    };
    Ok((builder, calendars))
}

/// Whether this only shows what would be at another time.
fn is_what_if(common: &Common) -> bool {
    common.now.is_some() && common.state.is_none()
}

/// Where the journal is; `None` for a what-if run, which must not be recorded in a journal.
pub(super) fn location(common: &Common, state: &StateDir, settings: &Settings) -> Option<Location> {
    (!is_what_if(common)).then(|| plan::location(state, settings))
}

/// Locks the state folder for this process.
///
/// # Errors
///
/// Only where another process holds the lock: where it cannot be written, what was published before can be served all
/// the same, if it can be read.
pub(super) fn lock(state: &StateDir) -> Result<(), LockError> {
    match state.lock() {
        Err(error @ LockError::Held { .. }) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "failed to lock the state folder");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Publishes to the journal at `location`.
pub(super) fn writer(location: Location, revision: Option<i64>) -> anyhow::Result<Publisher> {
    Ok(Publisher::new(Database::open(location).map_err(failed)?, revision, build()))
}

/// Knows what another process publishes to the journal at `location`, and publishes nothing.
pub(super) fn reader(location: Location) -> anyhow::Result<Publisher> {
    Ok(Publisher::new(Database::open_to_read(location).map_err(failed)?, None, build()))
}

/// Notifies systemd, if it started this process with `Type=notify`.
fn tell_service_manager(state: &NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(std::slice::from_ref(state)) {
        tracing::warn!(%error, "failed to notify the service manager");
    }
}

pub(super) fn revision() -> anyhow::Result<Option<i64>> {
    let Some(text) = env::var_os(REVISION).filter(|text| !text.is_empty()) else { return Ok(None) };
    let number = text.to_str().and_then(|text| text.parse().ok()).filter(|number| *number >= 0);
    let wrong = || Usage(format!("{REVISION} is not a whole number, such as 42"));
    Ok(Some(number.ok_or_else(wrong)?))
}

/// Identifies this build: another build may word the same events differently.
fn build() -> String {
    let program = env::current_exe().ok();
    let found = program.as_deref().map(Path::new).and_then(|path| fs::metadata(path).ok());
    let size = found.as_ref().map_or(0, fs::Metadata::len);
    let modified = found.and_then(|found| found.modified().ok());
    let since = modified.and_then(|modified| modified.duration_since(std::time::UNIX_EPOCH).ok());
    format!("{} {size} {}", env!("CARGO_PKG_VERSION"), since.unwrap_or_default().as_secs())
}

/// Logs code, position and message; never the source line, which may contain private values.
pub(super) fn log(diagnostic: &Diagnostic) {
    let (line, column) = diagnostic.place.as_ref().map(|place| (place.line, place.column)).unzip();
    let (code, file, message) = (diagnostic.code, &diagnostic.file, &diagnostic.message);
    if diagnostic.is_error() {
        tracing::error!(code, %file, line, column, "configuration: {message}");
    } else {
        tracing::warn!(code, %file, line, column, "configuration: {message}");
    }
}
