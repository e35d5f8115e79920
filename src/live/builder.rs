//! Builds snapshots: the first one, and each that follows another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::SubsecRound;

use super::build::{Build, Context, Origin, own_generation};
use super::keys::{Keys, Known};
use super::last_good::restore;
use super::snapshot::Snapshot;
use super::subscribers::Subscribers;
use crate::access::Secret;
use crate::calendars::Calendars;
use crate::config::{AsOf, BrokenTeam, Configuration, LeavesOut, TeamConfig, TeamFiles};
use crate::journal::{Database, JournalError, Retention};
use crate::publish::{JournalState, PublishedTeam, Publisher, TeamToPublish, Trigger};
use crate::rota::{Instant, TeamId};

/// Builds snapshots, and publishes every team before it is served.
#[derive(Debug)]
pub struct Builder(Context);

/// What a check of the journal found.
#[derive(Debug, Default)]
pub(super) struct JournalCheck {
    /// The versions of the teams' journals, where other servers may write them.
    versions: BTreeMap<TeamId, i64>,
}

impl Builder {
    /// A builder that publishes with `publisher`.
    pub fn new(publisher: Publisher) -> Builder {
        Builder(Context { publisher, subscribers: Subscribers::default(), secret: None, calendars: None })
    }

    /// Derives the keys of secret links from `secret`. Without it no key opens anything where `access = "links"`.
    #[must_use]
    pub fn with_secret(self, secret: Secret) -> Builder {
        Builder(Context { secret: Some(secret), ..self.0 })
    }

    /// Loads the copies in `calendars` with the configuration.
    #[must_use]
    pub fn with_calendars(self, calendars: Arc<Calendars>) -> Builder {
        Builder(Context { calendars: Some(calendars), ..self.0 })
    }

    /// Copies of fetched calendars; `None` if none are fetched.
    pub(super) fn calendars(&self) -> Option<&Arc<Calendars>> {
        self.0.calendars.as_ref()
    }

    /// What a load at `now` depends on besides the files.
    pub(super) fn as_of(&self, now: Instant) -> AsOf {
        self.calendars().map_or_else(|| AsOf::from(now), |calendars| calendars.as_of(now))
    }

    /// The first snapshot of a server. It is written to the journal before it is returned; if the journal can be read
    /// but not written, its revisions are provisional.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    pub fn first(&self, configuration: Configuration, now: Instant) -> Result<Snapshot, JournalError> {
        if let Some(database) = self.0.publisher.database() {
            self.0.subscribers.read(database)?;
        }
        let start = self.start_from_journal(configuration, now)?;
        // The last state that could be read is better than none: what cannot be written is tried again.
        Ok(start.written().unwrap_or_else(|error| {
            tracing::error!(%error, "failed to write the journal at the start; serving with provisional revisions");
            start.provisional()
        }))
    }

    /// What a server with the same journal serves, for a process that publishes nothing. Revisions that the server has
    /// not published yet are provisional.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    pub fn first_without_writing(
        &self,
        configuration: Configuration,
        now: Instant,
    ) -> Result<Snapshot, JournalError> {
        Ok(self.start_from_journal(configuration, now)?.provisional())
    }

    /// The versions of all teams' journals, if other servers may write them; otherwise none.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    pub fn journal_versions(&self) -> Result<BTreeMap<TeamId, i64>, JournalError> {
        self.0.publisher.versions()
    }

    /// The start of a first snapshot, from what the journal knows.
    fn start_from_journal(
        &self,
        mut configuration: Configuration,
        now: Instant,
    ) -> Result<Build<'_>, JournalError> {
        let known = self.0.publisher.known()?;
        let is_missing =
            |id: &&TeamId| !configuration.teams.contains_key(id) && !configuration.broken.contains_key(*id);
        let removed: BTreeSet<TeamId> = known.keys().filter(is_missing).cloned().collect();
        let restored = self.restore(&mut configuration, &known, now)?;
        Ok(Build { removed, restored, ..self.start(configuration, known, now) })
    }

    /// The teams that have errors in `configuration` and were published before, as last published. They include teams
    /// with leave that could be read then and cannot be read now; these then count as broken.
    fn restore(
        &self,
        configuration: &mut Configuration,
        known: &BTreeMap<TeamId, Arc<PublishedTeam>>,
        now: Instant,
    ) -> Result<BTreeMap<TeamId, Arc<TeamConfig>>, JournalError> {
        let mut restored = BTreeMap::new();
        let incomplete = configuration.teams.iter().filter(|(_, team)| !team.left_out.is_empty());
        let incomplete: Vec<TeamId> = incomplete.map(|(id, _)| id.clone()).collect();
        let ids = configuration.broken.keys().chain(&incomplete).filter(|id| known.contains_key(*id));
        for id in ids {
            let files = self.0.publisher.stored_sources(id)?;
            let Some(team) = restore(id, &files, &configuration.settings, now) else { continue };
            let present = configuration.teams.get(id);
            if present.is_some_and(|present| present.left_out.is_subset(&team.left_out)) {
                // What was published lacks the same leave, so the present files are no worse.
                continue;
            }
            tracing::warn!(team = %id, "the files of this team have errors; it is served as last published");
            restored.insert(id.clone(), Arc::new(team));
        }
        for id in incomplete.into_iter().filter(|id| restored.contains_key(id)) {
            if let Some(team) = configuration.teams.remove(&id) {
                let errors = configuration.diagnostics_of(&id).filter(|found| found.is_error()).count();
                let (file, links) = (team.file.clone(), Some(team.links.clone()));
                let leaves_out = LeavesOut::default();
                configuration.broken.insert(id, BrokenTeam { file, errors, links, leaves_out });
            }
        }
        for (id, team) in &restored {
            if let Some(broken) = configuration.broken.get_mut(id) {
                broken.leaves_out = LeavesOut::Only(team.left_out.clone());
            }
        }
        Ok(restored)
    }

    fn start(
        &self,
        configuration: Configuration,
        known: BTreeMap<TeamId, Arc<PublishedTeam>>,
        now: Instant,
    ) -> Build<'_> {
        Build {
            context: &self.0,
            configuration: Arc::new(configuration),
            loaded_at: now.trunc_subsecs(0),
            removed: BTreeSet::new(),
            restored: BTreeMap::new(),
            origin: Origin::Journal(known),
            trigger: Trigger::Start,
            at: now.trunc_subsecs(0),
        }
    }

    /// The snapshot that follows `previous` with another configuration, read at `at`. Teams with errors in it stay as
    /// they are in `previous`, and so do those of `removed`, whose files are gone.
    pub fn reload<'b>(
        &'b self,
        previous: &'b Snapshot,
        configuration: Arc<Configuration>,
        removed: BTreeSet<TeamId>,
        at: Instant,
    ) -> Build<'b> {
        let at = at.trunc_subsecs(0);
        let origin = Origin::Previous(previous);
        Build {
            context: &self.0,
            configuration,
            loaded_at: at,
            removed,
            restored: BTreeMap::new(),
            origin,
            trigger: Trigger::FileChange,
            at,
        }
    }

    /// The snapshot that follows `previous` with the same configuration at the later time `at`. Teams whose week is not
    /// over are shared with `previous`, except those whose revisions are still provisional.
    pub fn renew<'b>(&'b self, previous: &'b Snapshot, at: Instant) -> Build<'b> {
        Build {
            context: &self.0,
            configuration: Arc::clone(previous.shared_configuration()),
            loaded_at: previous.loaded_at(),
            removed: previous.removed().clone(),
            restored: BTreeMap::new(),
            origin: Origin::Previous(previous),
            trigger: Trigger::Time,
            at: at.trunc_subsecs(0),
        }
    }

    /// Checks that the journal can be written, and reads the versions of its teams, to find those that another server
    /// has published.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub(super) fn check_journal(&self, current: &Snapshot) -> Result<JournalCheck, JournalError> {
        let teams = current.served_teams().iter().map(|team| (&team.team().id, &**team.published()));
        self.0.publisher.check_journal(teams, || self.0.subscribers.all())?;
        Ok(JournalCheck { versions: self.0.publisher.versions()? })
    }

    /// `previous` with what other servers published since, according to `check`: a team with the same configuration
    /// takes over its revisions, and one whose configuration is older than that in the journal is marked as
    /// [`JournalState::Older`]. `None` if nothing changed.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    pub(super) fn refresh(
        &self,
        previous: &Snapshot,
        check: &JournalCheck,
        at: Instant,
    ) -> Result<Option<Snapshot>, JournalError> {
        let build = self.renew(previous, at);
        let mut teams = previous.served_teams().next();
        let mut is_changed = false;
        for team in previous.served_teams().iter() {
            let id = &team.team().id;
            let is_newer =
                check.versions.get(id).is_some_and(|version| *version > team.published().version());
            if !is_newer || team.journal_state() == JournalState::Provisional {
                continue;
            }
            let Some(known) = self.0.publisher.known_team(id)? else { continue };
            let to_publish = TeamToPublish {
                config: Arc::clone(team.config()),
                frame: team.frame(),
                links: team.links().clone(),
                copies: previous.configuration().copies_of(team.config()).into_iter().collect(),
                has_same_files: true,
                known: Some(Arc::new(known)),
                own_generation: own_generation(team.published()),
                is_restored: team.is_restored(),
                is_in_use: team.is_in_use(),
            };
            if let Some(published) = self.0.publisher.compare(&to_publish, at) {
                teams.put(build.team_snapshot(to_publish, published));
                is_changed = true;
            }
        }
        Ok(is_changed.then(|| build.assemble(teams)))
    }

    /// Stores the source files of those teams of `snapshot` that the journal has no files of.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read or written.
    pub(super) fn write_missing_sources(&self, snapshot: &Snapshot) -> Result<(), JournalError> {
        let configuration = snapshot.configuration();
        let teams = configuration.teams.values().map(|team| &**team);
        self.0.publisher.write_missing_sources(&TeamFiles::new(configuration), teams)
    }

    /// `previous` with the secret links of `configuration`; `None` if these are the same. Nothing has to be published
    /// for that.
    pub(super) fn revoke_links(
        &self,
        previous: &Snapshot,
        configuration: &Configuration,
    ) -> Option<Snapshot> {
        let known = previous.shared_keys()?;
        let (secret, teams) = (self.0.secret.as_ref(), previous.served_teams());
        let only = configuration.reread_since(previous.configuration());
        let before = Known { keys: known, only };
        let keys = Keys::new(secret, configuration, previous.removed(), teams, Some(before));
        (!Arc::ptr_eq(&keys, known)).then(|| previous.with_other_keys(keys))
    }

    /// The journal's database, if there is a journal.
    pub fn database(&self) -> Option<&Arc<Database>> {
        self.0.publisher.database()
    }

    /// Decides when old data may be deleted.
    pub(super) fn retention(&self) -> &Retention {
        self.0.publisher.retention()
    }

    /// The counts of every feed's subscribers.
    pub(super) fn subscribers(&self) -> &Subscribers {
        &self.0.subscribers
    }
}

impl Snapshot {
    /// The first snapshot of `configuration`, loaded at `now`, without a journal.
    pub fn new(configuration: Configuration, now: Instant) -> Snapshot {
        let builder = Builder::new(Publisher::without_journal());
        builder.start(configuration, BTreeMap::new(), now).provisional()
    }
}
