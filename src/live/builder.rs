//! Builds snapshots: the first one, and each that follows another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::SubsecRound;

use super::last_good::restore;
use super::snapshot::{Keys, Snapshot};
use super::subscribers::Subscribers;
use super::team::TeamSnapshot;
use crate::access::{Keyring, Secret};
use crate::config::{Access, BaseUrl, Configuration, LinkGenerations, Settings, TeamConfig, TeamFiles};
use crate::feed::Links;
use crate::journal::{Database, JournalError, Retention};
use crate::publish::{JournalState, Published, PublishedTeam, Publisher, TeamToPublish, Trigger, frame};
use crate::rota::{Instant, TeamId};

/// Builds snapshots, and has every team published before anybody is served it.
#[derive(Debug)]
pub struct Builder {
    publisher: Publisher,
    subscribers: Subscribers,
    secret: Option<Secret>,
}

/// What a check of the journal found.
#[derive(Debug, Default)]
pub(super) struct JournalCheck {
    /// The versions of the teams' journals, where other servers may write them.
    versions: BTreeMap<TeamId, i64>,
}

/// A snapshot about to be built: from what, after which other, and at what time.
#[derive(Debug, Clone)]
pub struct Build<'b> {
    builder: &'b Builder,
    configuration: Arc<Configuration>,
    loaded_at: Instant,
    /// The teams whose files are gone: those of the previous snapshot stay in service for now.
    removed: BTreeSet<TeamId>,
    /// The teams whose files have errors at the start, as they were published last.
    restored: BTreeMap<TeamId, Arc<TeamConfig>>,
    origin: Origin<'b>,
    trigger: Trigger,
    at: Instant,
}

/// What a snapshot is built on.
#[derive(Debug, Clone)]
enum Origin<'b> {
    /// What the journal knows of every team: it is the first snapshot.
    Journal(BTreeMap<TeamId, Arc<PublishedTeam>>),
    /// The snapshot in service.
    Previous(&'b Snapshot),
}

/// A team of the snapshot that is being built.
enum NextTeam {
    /// The same as in the previous snapshot.
    Unchanged(Arc<TeamSnapshot>),
    /// It must be published first.
    Changed(TeamToPublish),
}

impl Builder {
    /// Publishes with `publisher`.
    pub fn new(publisher: Publisher) -> Builder {
        Builder { publisher, subscribers: Subscribers::default(), secret: None }
    }

    /// Derives the keys of secret links from `secret`. Without it no key opens anything where `access = "links"`.
    #[must_use]
    pub fn with_secret(self, secret: Secret) -> Builder {
        Builder { secret: Some(secret), ..self }
    }

    /// The first snapshot of a server. All of it is written to the journal before it is returned; if the journal can be
    /// read and not written, its revisions are provisional.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    pub fn first(&self, configuration: Configuration, now: Instant) -> Result<Snapshot, JournalError> {
        if let Some(database) = self.publisher.database() {
            self.subscribers.read(database)?;
        }
        let start = self.from_journal(configuration, now)?;
        // The last state that could be read is better than none: what cannot be written is tried again.
        Ok(start.written().unwrap_or_else(|error| {
            tracing::error!(%error, "failed to write the journal at the start; serving with provisional revisions");
            start.provisional()
        }))
    }

    /// What a server that publishes to the same journal serves, for a process that publishes nothing. The revisions of
    /// whatever that server has not published yet are provisional.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    pub fn first_without_writing(
        &self,
        configuration: Configuration,
        now: Instant,
    ) -> Result<Snapshot, JournalError> {
        Ok(self.from_journal(configuration, now)?.provisional())
    }

    /// The versions of all teams' journals, where others may write them; otherwise none.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    pub fn journal_versions(&self) -> Result<BTreeMap<TeamId, i64>, JournalError> {
        self.publisher.versions()
    }

    /// The start of a first snapshot, from what the journal knows.
    fn from_journal(&self, configuration: Configuration, now: Instant) -> Result<Build<'_>, JournalError> {
        let known = self.publisher.known()?;
        let is_missing =
            |id: &&TeamId| !configuration.teams.contains_key(*id) && !configuration.broken.contains_key(*id);
        let removed: BTreeSet<TeamId> = known.keys().filter(is_missing).cloned().collect();
        let restored = self.restore(&configuration, &known, now)?;
        Ok(Build { removed, restored, ..self.start(configuration, known, now) })
    }

    /// The teams that have errors in `configuration` and were published before: as they were published last.
    fn restore(
        &self,
        configuration: &Configuration,
        known: &BTreeMap<TeamId, Arc<PublishedTeam>>,
        now: Instant,
    ) -> Result<BTreeMap<TeamId, Arc<TeamConfig>>, JournalError> {
        let mut restored = BTreeMap::new();
        for id in configuration.broken.keys().filter(|id| known.contains_key(*id)) {
            let files = self.publisher.stored_sources(id)?;
            if let Some(team) = restore(id, &files, &configuration.settings, now) {
                tracing::warn!(team = %id, "the files of this team have errors; it is served as it was published last");
                restored.insert(id.clone(), Arc::new(team));
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
            builder: self,
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
            builder: self,
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
            builder: self,
            configuration: Arc::clone(previous.shared_configuration()),
            loaded_at: previous.loaded_at(),
            removed: previous.removed().clone(),
            restored: BTreeMap::new(),
            origin: Origin::Previous(previous),
            trigger: Trigger::Time,
            at: at.trunc_subsecs(0),
        }
    }

    /// Checks that the journal can be written, and finds the teams that it has in another version than any server of this
    /// process wrote or read, because another server published them.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub(super) fn check_journal(&self, current: &Snapshot) -> Result<JournalCheck, JournalError> {
        let teams = current.shared_teams().iter().map(|team| (&team.team().id, &**team.published()));
        self.publisher.check_journal(teams, || self.subscribers.all())?;
        Ok(JournalCheck { versions: self.publisher.versions()? })
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
        let mut teams = previous.shared_teams().to_vec();
        let mut is_changed = false;
        for team in &mut teams {
            let id = &team.team().id;
            let is_newer =
                check.versions.get(id).is_some_and(|version| *version > team.published().version());
            if !is_newer || team.journal_state() == JournalState::Provisional {
                continue;
            }
            let Some(known) = self.publisher.known_team(id)? else { continue };
            let to_publish = TeamToPublish {
                config: Arc::clone(team.config()),
                frame: team.frame(),
                links: team.links().clone(),
                known: Some(Arc::new(known)),
                own_generation: own_generation(team.published()),
                is_restored: team.is_restored(),
                is_in_use: team.is_in_use(),
            };
            if let Some(published) = self.publisher.compare(&to_publish, at) {
                *team = build.team_snapshot(to_publish, published);
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
        self.publisher.write_missing_sources(&TeamFiles::new(configuration), teams)
    }

    /// `previous` with the secret links of `configuration`; `None` if these are the same. Nothing has to be published
    /// for that.
    pub(super) fn revoke_links(
        &self,
        previous: &Snapshot,
        configuration: &Configuration,
    ) -> Option<Snapshot> {
        let known = previous.shared_keys()?;
        let links = effective_links(previous.shared_teams(), configuration);
        let keys = self.keys(configuration, previous.removed(), links, Some(known));
        (!Arc::ptr_eq(&keys, known)).then(|| previous.with_other_keys(keys))
    }

    /// The keys to teams with these `links`: `known` if nothing about them changed, since each key is a hash that must
    /// be computed.
    fn keys(
        &self,
        configuration: &Configuration,
        removed: &BTreeSet<TeamId>,
        links: Vec<(TeamId, LinkGenerations)>,
        known: Option<&Arc<Keys>>,
    ) -> Arc<Keys> {
        let generation = configuration.settings.link_generation;
        let mut unavailable = configuration.broken.keys().chain(removed);
        let lacks_teams =
            unavailable.any(|id| links.binary_search_by(|(team, _)| team.as_str().cmp(id.as_str())).is_err());
        if let Some(known) = known
            && (known.generation, &known.links, known.keyring.lacks_teams())
                == (generation, &links, lacks_teams)
        {
            return Arc::clone(known);
        }
        let teams = links.iter().map(|(id, links)| (id, links));
        let keyring = self.secret.as_ref().map(|secret| Keyring::new(secret, generation, teams));
        let keyring = keyring.unwrap_or_default().lacking_teams(lacks_teams);
        Arc::new(Keys { keyring, generation, links })
    }

    /// The journal's database, if there is a journal.
    pub(super) fn database(&self) -> Option<&Database> {
        self.publisher.database()
    }

    /// Decides when old data may be deleted.
    pub(super) fn retention(&self) -> &Retention {
        self.publisher.retention()
    }

    /// What was counted at every feed.
    pub(super) fn subscribers(&self) -> &Subscribers {
        &self.subscribers
    }
}

impl Build<'_> {
    /// Builds the snapshot; everything new in it is written to the journal before it is returned.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read or written.
    pub fn written(&self) -> Result<Snapshot, JournalError> {
        let teams = self.teams(true);
        let files = TeamFiles::new(&self.configuration);
        let published = self.builder.publisher.publish(&changed(&teams), &files, (self.trigger, self.at))?;
        Ok(self.snapshot(teams, published))
    }

    /// Builds the snapshot without the journal: the revisions of whatever is new in it are provisional.
    pub fn provisional(&self) -> Snapshot {
        let teams = self.teams(false);
        let publisher = &self.builder.publisher;
        let published = publisher.publish_provisionally(&changed(&teams), self.trigger, self.at);
        self.snapshot(teams, published)
    }

    fn previous(&self) -> Option<&Snapshot> {
        match self.origin {
            Origin::Journal(_) => None,
            Origin::Previous(previous) => Some(previous),
        }
    }

    /// Every team that is to be served, by id: as configured, otherwise as it was.
    fn teams(&self, is_written: bool) -> Vec<NextTeam> {
        let mut teams: BTreeMap<&TeamId, &Arc<TeamConfig>> = self.configuration.teams.iter().collect();
        for old in self.previous().into_iter().flat_map(Snapshot::shared_teams) {
            let id = &old.team().id;
            if self.configuration.broken.contains_key(id) || self.removed.contains(id) {
                teams.entry(id).or_insert_with(|| old.config());
            }
        }
        for (id, config) in &self.restored {
            teams.entry(id).or_insert(config);
        }
        let links = Links::new(self.configuration.settings.pages_url.as_ref().map(BaseUrl::as_str));
        teams.into_values().filter_map(|config| self.team(config, &links, is_written)).collect()
    }

    fn team(&self, config: &Arc<TeamConfig>, links: &Links, is_written: bool) -> Option<NextTeam> {
        let settings = &self.configuration.settings;
        let id = &config.team.id;
        let old = self.previous().and_then(|previous| previous.shared_team(id.as_str()));
        if let (Some(team), Some(previous)) = (old, self.previous()) {
            let reach = |settings: &Settings| (settings.past_weeks, settings.future_weeks);
            let is_same = team.config().fingerprint == config.fingerprint
                && team.links() == links
                && reach(&previous.configuration().settings) == reach(settings)
                && team.is_current(self.at);
            let must_write = is_written && team.journal_state() == JournalState::Provisional;
            if is_same && !must_write {
                return Some(NextTeam::Unchanged(Arc::clone(team)));
            }
        }
        let frame = frame(&config.team, weeks(settings.past_weeks), weeks(settings.future_weeks), self.at)?;
        let known = match &self.origin {
            Origin::Journal(known) => known.get(id).cloned(),
            Origin::Previous(_) => old.map(|old| Arc::clone(old.published())),
        };
        let is_restored = match old {
            Some(old) => old.is_restored() && Arc::ptr_eq(old.config(), config),
            None => self.restored.contains_key(id),
        };
        let own_generation = old.and_then(|old| own_generation(old.published()));
        let is_in_use = old.is_some_and(|team| team.is_in_use());
        let (config, links) = (Arc::clone(config), links.clone());
        Some(NextTeam::Changed(TeamToPublish {
            config,
            frame,
            links,
            known,
            own_generation,
            is_restored,
            is_in_use,
        }))
    }

    fn snapshot(&self, teams: Vec<NextTeam>, published: Vec<Published>) -> Snapshot {
        let mut published = published.into_iter();
        let team = |team| match team {
            NextTeam::Unchanged(team) => Some(team),
            NextTeam::Changed(team) => published.next().map(|published| self.team_snapshot(team, published)),
        };
        let teams = teams.into_iter().filter_map(team).collect();
        self.assemble(teams)
    }

    fn team_snapshot(&self, team: TeamToPublish, published: Published) -> Arc<TeamSnapshot> {
        let subscribers = self.builder.subscribers.team(&team.config.team.id);
        Arc::new(TeamSnapshot::new(team, published, subscribers, self.at))
    }

    fn assemble(&self, teams: Vec<Arc<TeamSnapshot>>) -> Snapshot {
        let keys = (self.configuration.settings.access == Access::Links).then(|| {
            let known = self.previous().and_then(Snapshot::shared_keys);
            let links = effective_links(&teams, &self.configuration);
            self.builder.keys(&self.configuration, &self.removed, links, known)
        });
        let generation = self.previous().map_or(1, |previous| previous.generation() + 1);
        let configuration = Arc::clone(&self.configuration);
        let times = (self.at, self.loaded_at);
        let next = Snapshot::assemble(generation, times, configuration, teams, self.removed.clone());
        next.with_keys(keys).with_outdated_teams(self.previous())
    }
}

impl Snapshot {
    /// The first snapshot of `configuration`, loaded at `now`, without a journal.
    pub fn new(configuration: Configuration, now: Instant) -> Snapshot {
        let builder = Builder::new(Publisher::without_journal());
        builder.start(configuration, BTreeMap::new(), now).provisional()
    }
}

/// The link generations that count for each of `teams`. A team whose file has errors is served as it was, but not to
/// those whose links were revoked in that file.
fn effective_links(
    teams: &[Arc<TeamSnapshot>],
    configuration: &Configuration,
) -> Vec<(TeamId, LinkGenerations)> {
    let links = |team: &Arc<TeamSnapshot>| {
        let (id, own) = (&team.team().id, &team.config().links);
        let edited = configuration.broken.get(id).and_then(|broken| broken.links.as_ref());
        let links = match (configuration.teams.get(id), edited) {
            (Some(loaded), _) => loaded.links.clone(),
            (None, Some(edited)) => own.raised_by(edited),
            (None, None) => own.clone(),
        };
        (id.clone(), links)
    };
    teams.iter().map(links).collect()
}

/// The generation of the configuration that this server published, unless another server has a newer one.
fn own_generation(published: &PublishedTeam) -> Option<i64> {
    (!matches!(published.state, JournalState::Older | JournalState::Newer)).then(|| published.generation())
}

fn changed(teams: &[NextTeam]) -> Vec<TeamToPublish> {
    let changed = |team: &NextTeam| match team {
        NextTeam::Changed(team) => Some(team.clone()),
        NextTeam::Unchanged(_) => None,
    };
    teams.iter().filter_map(changed).collect()
}

fn weeks(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
