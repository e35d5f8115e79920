//! `oncal export`: the feeds as files in a folder, once or as they change.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant as Moment};

use anyhow::Context;
use chrono::TimeDelta;

use super::args::{self, Common};
use super::output::{Exit, Output, failed};
use super::{logging, plan, serve};
use crate::access::Scope;
use crate::calendars::{Calendars, FetchWait};
use crate::clock::Clock;
use crate::config::{self, Configuration, Scope as Files, Settings};
use crate::export::{Folder, Written, write};
use crate::live::{Builder, Reloader, Snapshot, Store, reloader};
use crate::publish::Publisher;
use crate::rota::{Instant, TeamId};
use crate::state_dir::StateDir;

/// How long a running server may take to publish what its files say. It reads them within a second or two.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// How often it is asked meanwhile.
const WAIT_STEP: Duration = Duration::from_millis(200);

/// How often an export that goes on looks for something new.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often it reads the files and the journal beside a running server.
const READ_EVERY: Duration = Duration::from_secs(5);

/// How soon an export that failed is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(10);

/// Pages say as of when they are, so they are written again now and then.
const RENEW_EVERY: TimeDelta = TimeDelta::hours(1);

pub(super) fn run(common: &Common, args: &args::Export, output: &mut Output) -> anyhow::Result<Exit> {
    let revision = serve::revision()?;
    let configuration = serve::load(common, "exporting", output)?;
    refuse_as_root(plan::state(common).path())?;
    logging::start();
    let folder = Folder::open(&args.folder).map_err(failed)?;
    let clock = plan::clock(common);
    let source = Source::new(common, &configuration.settings, revision, clock)?;
    let first = source.first(configuration)?;
    // A folder that was exported to keeps its files, but not those of links that were revoked.
    if first.teams().len() == 0 && folder.is_new() {
        return Err(serve::refused(first.configuration(), output, "exporting", serve::NO_TEAM));
    }
    warn(&first, output);
    let mut export = Export { folder, has_downloads: args.download, clock, last: None };
    let Written { files, written, deleted } = export.write(&first).map_err(failed)?;
    let shown = args.folder.display();
    output.data(&format!("{files} files in {shown}: {written} written, {deleted} deleted\n"))?;
    if args.watch {
        return source.watch(&mut export, first);
    }
    Ok(if first.configuration().has_errors() { Exit::Failed } else { Exit::Fine })
}

/// Refuses to write as root to a state folder of another user: their server could not open what root creates there.
fn refuse_as_root(state: &Path) -> anyhow::Result<()> {
    let owner = |path: &Path| fs::metadata(path).map(|found| found.uid()).unwrap_or_default();
    let user = owner(state);
    if user == 0 || owner(Path::new("/proc/self")) != 0 {
        return Ok(());
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == user.to_string()).then(|| name.to_owned())
    });
    let (shown, how) = match name {
        Some(name) => (format!("`{name}`"), format!("runuser -u {name} -- oncal export …")),
        None => (format!("number {user}"), format!("setpriv --reuid {user} --clear-groups oncal export …")),
    };
    anyhow::bail!(
        "not exporting as root: the state folder {} belongs to user {shown}, who could not read what root creates there; write `{how}`",
        state.display()
    );
}

/// Says what readers of the folder will miss.
fn warn(first: &Snapshot, output: &mut Output) {
    let configuration = first.configuration();
    for id in configuration.broken.keys() {
        let what = match first.is_broken(id.as_str()) {
            true => "is not exported: its file has errors; its files stay as they are",
            false => "is exported as last published: its file has errors",
        };
        output.error(format_args!("team `{id}` {what}. `oncal check` shows them"));
    }
    // Their leave or holidays are missing in what is exported, or may be old.
    configuration.diagnostics.iter().filter(|found| found.is_of_fetch()).for_each(|found| output.note(found));
    let url = &configuration.settings.public_url;
    if url.is_loopback() {
        let url = url.as_str();
        output.warn(format_args!(
            "only this machine can open {url}; set `public_url` in oncal.toml to the address at which the folder is served"
        ));
    }
}

/// What is exported, and where from.
struct Source<'c> {
    common: &'c Common,
    clock: Clock,
    builder: Builder,
    calendars: Arc<Calendars>,
    /// Whether a running server publishes; then this process only reads.
    has_server: bool,
}

impl<'c> Source<'c> {
    fn new(
        common: &'c Common,
        settings: &Settings,
        revision: Option<i64>,
        clock: Clock,
    ) -> anyhow::Result<Source<'c>> {
        let state = plan::state(common);
        let (publisher, has_server) = publisher(common, settings, revision, &state)?;
        let (builder, calendars) = serve::builder(publisher, &state, settings)?;
        Ok(Source { common, clock, builder, calendars, has_server })
    }

    /// What is exported first. Beside a running server that is what the server published, once it has published what
    /// its files say.
    fn first(&self, mut configuration: Configuration) -> anyhow::Result<Snapshot> {
        if !self.has_server {
            let now = self.clock.now();
            let configuration =
                serve::with_calendars(configuration, &self.calendars, FetchWait::All, self.common, now)?;
            return self.builder.first(configuration, now).map_err(failed);
        }
        configuration = self.load()?;
        let since = Moment::now();
        loop {
            let snapshot = self.builder.first_without_writing(configuration, self.clock.now());
            let snapshot = snapshot.map_err(failed)?;
            let unpublished = unpublished(&snapshot);
            if unpublished.is_empty() {
                return Ok(snapshot);
            }
            if MAX_WAIT < since.elapsed() {
                let teams = unpublished.join(", ");
                tracing::warn!(
                    teams,
                    "the running server has not published the current files yet; exporting them anyway"
                );
                return Ok(snapshot);
            }
            thread::sleep(WAIT_STEP);
            configuration = self.load()?;
        }
    }

    /// The configuration, with the copies of fetched calendars that the running server keeps.
    fn load(&self) -> anyhow::Result<Configuration> {
        self.calendars.read().map_err(failed)?;
        Ok(config::load(&self.common.config, self.calendars.as_of(self.clock.now()))?)
    }

    /// Exports what changes, for ever.
    fn watch(self, export: &mut Export, first: Snapshot) -> anyhow::Result<Exit> {
        if self.has_server { self.follow_server(export, first) } else { self.publish(export, first) }
    }

    /// As a server without HTTP: reads files as they change, and publishes.
    fn publish(self, export: &mut Export, first: Snapshot) -> anyhow::Result<Exit> {
        let (store, clock) = (Arc::new(Store::new(first)), self.clock);
        let _reloader = Reloader::start(reloader::Options {
            store: Arc::clone(&store),
            builder: self.builder,
            folder: self.common.config.clone(),
            state: plan::state(self.common).path().to_owned(),
            now: Box::new(move || clock.now()),
            report: serve::log,
        })
        .context("failed to start the thread that reloads the configuration")?;
        loop {
            thread::sleep(LOOK_EVERY);
            export.renew(&store.load());
        }
    }

    /// Reads what the running server publishes.
    fn follow_server(self, export: &mut Export, first: Snapshot) -> anyhow::Result<Exit> {
        let mut current = first;
        let mut versions = BTreeMap::new();
        let mut last_read = None;
        let mut was_readable = true;
        loop {
            thread::sleep(LOOK_EVERY);
            if last_read.is_none_or(|at: Moment| READ_EVERY <= at.elapsed()) {
                last_read = Some(Moment::now());
                let read = self.newer(&current, &mut versions);
                if let (Err(error), true) = (&read, was_readable) {
                    tracing::error!("failed to read what is to be exported; trying again: {error:#}");
                }
                was_readable = read.is_ok();
                current = read.ok().flatten().unwrap_or(current);
            }
            export.renew(&current);
        }
    }

    /// What is to be exported now, if that may be something else than `current`: files changed, a week ended, or the
    /// journal has other `versions`.
    fn newer(
        &self,
        current: &Snapshot,
        versions: &mut BTreeMap<TeamId, i64>,
    ) -> anyhow::Result<Option<Snapshot>> {
        let now = self.clock.now();
        let served = current.configuration();
        self.calendars.read().map_err(failed)?;
        let loaded = config::reload(&self.common.config, self.calendars.as_of(now), served, &Files::All)?;
        let found = self.builder.journal_versions().map_err(failed)?;
        let is_over = current.valid_until().is_some_and(|until| until <= now);
        if found == *versions && !is_over && is_same(served, &loaded) && unpublished(current).is_empty() {
            return Ok(None);
        }
        *versions = found;
        self.builder.first_without_writing(loaded, now).map(Some).map_err(failed)
    }
}

/// Publishes as a server would, or, beside a running server, publishes nothing; and which of the two it is.
fn publisher(
    common: &Common,
    settings: &Settings,
    revision: Option<i64>,
    state: &StateDir,
) -> anyhow::Result<(Publisher, bool)> {
    match serve::location(common, state, settings) {
        None => Ok((Publisher::without_journal(), false)),
        Some(location) if serve::lock(state).is_err() => Ok((serve::reader(location)?, true)),
        Some(location) => Ok((serve::writer(location, revision)?, false)),
    }
}

/// The teams whose present files the running server has not published.
fn unpublished(snapshot: &Snapshot) -> Vec<String> {
    let provisional = snapshot.provisional_teams().chain(snapshot.older_teams());
    provisional.map(ToString::to_string).collect()
}

fn is_same(served: &Configuration, loaded: &Configuration) -> bool {
    let fingerprints = |configuration: &Configuration| -> Vec<String> {
        configuration.teams.values().map(|team| format!("{} {}", team.team.id, team.fingerprint)).collect()
    };
    served.settings == loaded.settings
        && served.broken == loaded.broken
        && fingerprints(served) == fingerprints(loaded)
}

/// An export that is repeated.
struct Export {
    folder: Folder,
    has_downloads: bool,
    clock: Clock,
    last: Option<Last>,
}

/// What was exported last.
struct Last {
    /// Which snapshot; `None` where that failed.
    exported: Option<Exported>,
    tried: Moment,
}

/// What decides whether the folder is as it should be.
#[derive(PartialEq, Eq)]
struct Exported {
    teams: Vec<u64>,
    broken: Vec<TeamId>,
    keys: Option<BTreeMap<String, Scope>>,
    /// In spans of [`RENEW_EVERY`].
    span: i64,
}

impl Exported {
    fn of(snapshot: &Snapshot, now: Instant) -> Exported {
        let keyrings = snapshot.keyring().zip(snapshot.unserved_keyring());
        let keys = keyrings.map(|(served, unserved)| {
            let mut keys = unserved.valid(now);
            keys.extend(served.valid(now));
            keys
        });
        let owned = |keys: BTreeMap<String, &Scope>| {
            keys.into_iter().map(|(key, scope)| (key, scope.clone())).collect()
        };
        Exported {
            teams: snapshot.teams().map(crate::live::TeamSnapshot::serial).collect(),
            broken: snapshot.configuration().broken.keys().cloned().collect(),
            keys: keys.map(owned),
            span: now.timestamp().div_euclid(RENEW_EVERY.num_seconds()),
        }
    }
}

impl Export {
    fn write(&mut self, snapshot: &Snapshot) -> Result<Written, crate::export::ExportError> {
        let now = self.clock.now();
        let written = write(&mut self.folder, snapshot, self.has_downloads, now);
        let exported = written.is_ok().then(|| Exported::of(snapshot, now));
        self.last = Some(Last { exported, tried: Moment::now() });
        written
    }

    /// Writes `snapshot` if the folder may not be as it should be. A failure is logged once, and so is its end.
    fn renew(&mut self, snapshot: &Snapshot) {
        let now = self.clock.now();
        let had_failed = self.last.as_ref().is_some_and(|last| last.exported.is_none());
        let is_due = match &self.last {
            Some(Last { exported: Some(exported), .. }) => *exported != Exported::of(snapshot, now),
            Some(Last { exported: None, tried }) => RETRY_EVERY <= tried.elapsed(),
            None => true,
        };
        if !is_due {
            return;
        }
        match self.write(snapshot) {
            Ok(Written { files, written, deleted }) => {
                if had_failed || written + deleted > 0 {
                    tracing::info!(files, written, deleted, "exported");
                }
            }
            Err(error) if !had_failed => tracing::error!(%error, "failed to export; trying again"),
            Err(_) => {}
        }
    }
}
