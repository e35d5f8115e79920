//! Builds one snapshot: which teams it has, and what must be published for it.
//!
//! Not here: from what and when a snapshot is built (`builder`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::keys::{Keys, Known};
use super::served_teams::ServedTeams;
use super::snapshot::Snapshot;
use super::subscribers::Subscribers;
use super::team::TeamSnapshot;
use crate::access::Secret;
use crate::calendars::Calendars;
use crate::config::{Access, BaseUrl, Configuration, Settings, TeamConfig, TeamFiles};
use crate::feed::Links;
use crate::journal::JournalError;
use crate::parallel;
use crate::publish::{JournalState, Published, PublishedTeam, Publisher, TeamToPublish, Trigger, frame};
use crate::rota::{Instant, TeamId};

/// What every snapshot of a server is built with.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) publisher: Publisher,
    pub(super) subscribers: Subscribers,
    /// Keys of secret links are derived from it.
    pub(super) secret: Option<Secret>,
    /// Copies of fetched calendars; `None` if none are fetched.
    pub(super) calendars: Option<Arc<Calendars>>,
    /// What was published of teams that are not served, since their files are gone or have errors. It is needed if they
    /// return while the journal cannot be used.
    pub(super) unserved: Mutex<BTreeMap<TeamId, Arc<PublishedTeam>>>,
}

impl Context {
    pub(super) fn unserved(&self) -> MutexGuard<'_, BTreeMap<TeamId, Arc<PublishedTeam>>> {
        self.unserved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A snapshot about to be built: from what, after which other, and at what time.
#[derive(Debug, Clone)]
pub struct Build<'b> {
    pub(super) context: &'b Context,
    pub(super) configuration: Arc<Configuration>,
    pub(super) loaded_at: Instant,
    /// The teams whose files are gone: those of the previous snapshot stay in service for now.
    pub(super) removed: BTreeSet<TeamId>,
    /// The teams whose files have errors at the start, as last published.
    pub(super) restored: BTreeMap<TeamId, Arc<TeamConfig>>,
    pub(super) origin: Origin<'b>,
    pub(super) trigger: Trigger,
    pub(super) at: Instant,
}

/// What a snapshot is built from, besides the configuration.
#[derive(Debug, Clone)]
pub(super) enum Origin<'b> {
    /// What the journal knows of every team: it is the first snapshot.
    Journal(BTreeMap<TeamId, Arc<PublishedTeam>>),
    /// The snapshot in service.
    Previous(&'b Snapshot),
}

/// The teams of the snapshot that is being built.
struct NextTeams {
    /// Those that are the same as in the previous snapshot; of the others, what they were.
    served: ServedTeams,
    /// Those that must be published first.
    changed: Vec<TeamToPublish>,
}

/// Decides which teams of the previous snapshot can be reused as they are.
struct Unchanged {
    at: Instant,
    is_written: bool,
}

impl Unchanged {
    /// `None` if no team can be reused.
    fn new(build: &Build<'_>, previous: &Snapshot, is_written: bool) -> Option<Unchanged> {
        let of = |settings: &Settings| {
            (
                settings.past_weeks,
                settings.future_weeks,
                settings.pages_url.as_ref().map(BaseUrl::as_str).map(str::to_owned),
            )
        };
        let is_same = of(&previous.configuration().settings) == of(&build.configuration.settings);
        is_same.then_some(Unchanged { at: build.at, is_written })
    }

    /// Whether `team`, which now has `config`, can be reused.
    fn admits(&self, team: &TeamSnapshot, config: &Arc<TeamConfig>) -> bool {
        let must_write = self.is_written && team.journal_state() == JournalState::Provisional;
        let is_same = Arc::ptr_eq(team.config(), config) || team.config().fingerprint == config.fingerprint;
        is_same && team.is_current(self.at) && !must_write
    }
}

impl Build<'_> {
    /// Builds the snapshot; everything new in it is written to the journal before it is returned.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read or written.
    pub fn written(&self) -> Result<Snapshot, JournalError> {
        let next = self.teams(true);
        let files = TeamFiles::new(&self.configuration);
        let published = self.context.publisher.publish(&next.changed, &files, (self.trigger, self.at))?;
        Ok(self.snapshot(next, published))
    }

    /// Builds the snapshot without writing the journal: new revisions in it are provisional.
    pub fn provisional(&self) -> Snapshot {
        let mut next = self.teams(false);
        if let Some(previous) = self.previous() {
            let served = previous.served_teams();
            self.read_known(
                next.changed.iter_mut().filter(|team| served.get(&team.config.team.id).is_none()),
            );
        }
        let publisher = &self.context.publisher;
        let published = publisher.publish_provisionally(&next.changed, self.trigger, self.at);
        self.snapshot(next, published)
    }

    /// Adds to `teams`, which were not in service, what the journal knows of them, if it can be read. Where it is
    /// written, a conflict shows that it knows them.
    fn read_known<'t>(&self, teams: impl Iterator<Item = &'t mut TeamToPublish>) {
        for team in teams {
            let version = team.known.as_ref().map(|known| known.version());
            match self.context.publisher.known_team(&team.config.team.id) {
                Ok(Some(found)) if version < Some(found.version()) => team.known = Some(Arc::new(found)),
                Ok(_) => {}
                // The others cannot be read either, and each attempt may take some seconds.
                Err(_) => return,
            }
        }
    }

    fn previous(&self) -> Option<&Snapshot> {
        match self.origin {
            Origin::Journal(_) => None,
            Origin::Previous(previous) => Some(previous),
        }
    }

    /// Every team to be served: as configured, otherwise as it was.
    fn teams(&self, is_written: bool) -> NextTeams {
        let links = Links::new(self.configuration.settings.pages_url.as_ref().map(BaseUrl::as_str));
        let previous = self.previous();
        let unchanged = previous.and_then(|previous| Unchanged::new(self, previous, is_written));
        let only = previous.zip(unchanged.as_ref());
        let only = only.and_then(|(previous, unchanged)| self.only_changed(previous, unchanged));
        let served = previous.map_or_else(ServedTeams::none, |previous| previous.served_teams().next());
        let (mut next, mut changed) = (NextTeams { served, changed: Vec::new() }, Vec::new());
        let end = |served: &mut ServedTeams, id: &TeamId| {
            if let Some(team) = served.get(id) {
                self.context.unserved().insert(id.clone(), Arc::clone(team.published()));
            }
            served.remove(id);
        };
        for id in only.unwrap_or_else(|| self.all_teams()) {
            let old = previous.and_then(|previous| previous.served_teams().get(&id));
            let Some(config) = self.config(&id, old) else {
                end(&mut next.served, &id);
                continue;
            };
            if !old.zip(unchanged.as_ref()).is_some_and(|(old, unchanged)| unchanged.admits(old, config)) {
                changed.push((old, config));
            }
        }
        let to_publish = parallel::map(&changed, |(old, config)| {
            let has_same_files = old.is_some_and(|old| old.config().own_files == config.own_files);
            let has_same_files = has_same_files && unchanged.is_some();
            Some(TeamToPublish { has_same_files, ..self.changed_team(*old, config, &links)? })
        });
        for ((_, config), team) in changed.into_iter().zip(to_publish) {
            match team {
                Some(team) => next.changed.push(team),
                None => end(&mut next.served, &config.team.id),
            }
        }
        next
    }

    /// All teams that are configured or were in service.
    fn all_teams(&self) -> BTreeSet<TeamId> {
        let served = self.previous().into_iter().flat_map(|previous| previous.served_teams().iter());
        let served = served.map(|team| &team.team().id);
        served.chain(self.configuration.teams.keys()).chain(self.restored.keys()).cloned().collect()
    }

    /// The teams that alone may not be in the snapshot as they are in `previous`, if that is known: then nothing looks
    /// at thousands of others.
    fn only_changed(&self, previous: &Snapshot, unchanged: &Unchanged) -> Option<BTreeSet<TeamId>> {
        let mut ids = self.configuration.reread_since(previous.configuration())?.clone();
        let is_same_week = previous.valid_from().is_none_or(|from| from <= self.at)
            && previous.valid_until().is_none_or(|until| self.at < until);
        let has_removed = !self.removed.is_empty() || !previous.removed().is_empty();
        if !is_same_week || has_removed {
            return None;
        }
        if unchanged.is_written {
            ids.extend(previous.provisional_teams().cloned());
        }
        Some(ids)
    }

    /// What the team `id` is to be served from: as configured, otherwise as it was; `None` if it is not to be served.
    fn config<'a>(&'a self, id: &TeamId, old: Option<&'a Arc<TeamSnapshot>>) -> Option<&'a Arc<TeamConfig>> {
        let stays = || self.configuration.broken.contains_key(id) || self.removed.contains(id);
        let configured = self.configuration.teams.get(id);
        configured
            .or_else(|| old.filter(|_| stays()).map(|old| old.config()))
            .or_else(|| self.restored.get(id))
    }

    fn changed_team(
        &self,
        old: Option<&Arc<TeamSnapshot>>,
        config: &Arc<TeamConfig>,
        links: &Links,
    ) -> Option<TeamToPublish> {
        let (settings, id) = (&self.configuration.settings, &config.team.id);
        let frame = frame(&config.team, weeks(settings.past_weeks), weeks(settings.future_weeks), self.at)?;
        let known = match &self.origin {
            Origin::Journal(known) => known.get(id).cloned(),
            Origin::Previous(_) => match old {
                Some(old) => Some(Arc::clone(old.published())),
                None => self.context.unserved().get(id).cloned(),
            },
        };
        let is_restored = match old {
            Some(old) => old.is_restored() && Arc::ptr_eq(old.config(), config),
            None => self.restored.contains_key(id),
        };
        let own_generation = old.and_then(|old| own_generation(old.published()));
        let is_in_use = old.is_some_and(|team| team.is_in_use());
        let copies = self.configuration.copies_of(config).into_iter().collect();
        let (config, links) = (Arc::clone(config), links.clone());
        Some(TeamToPublish {
            config,
            frame,
            links,
            copies,
            has_same_files: false,
            known,
            own_generation,
            is_restored,
            is_in_use,
        })
    }

    fn snapshot(&self, next: NextTeams, published: Vec<Published>) -> Snapshot {
        let NextTeams { mut served, changed } = next;
        for (team, published) in changed.into_iter().zip(published) {
            served.put(self.team_snapshot(team, published));
        }
        self.assemble(served)
    }

    pub(super) fn team_snapshot(&self, team: TeamToPublish, published: Published) -> Arc<TeamSnapshot> {
        let subscribers = self.context.subscribers.team(&team.config.team.id);
        Arc::new(TeamSnapshot::new(team, published, subscribers, self.at))
    }

    pub(super) fn assemble(&self, teams: ServedTeams) -> Snapshot {
        let links = self.links();
        let keys = (self.configuration.settings.access == Access::Links).then(|| {
            let known = self.previous().and_then(|previous| {
                let only = links.reread_since(previous.links());
                Some(Known { keys: previous.shared_keys()?, only })
            });
            Keys::new(self.context.secret.as_ref(), links, &self.removed, &teams, known)
        });
        let generation = self.previous().map_or(1, |previous| previous.generation() + 1);
        let configuration = Arc::clone(&self.configuration);
        let times = (self.at, self.loaded_at);
        let next = Snapshot::assemble(generation, times, configuration, teams, self.removed.clone());
        next.with_keys(keys, Arc::clone(links)).with_outdated_teams(self.previous())
    }

    /// The configuration that says which links there are. With the configuration in service that is the one that last
    /// revoked some, which may still wait for the journal: otherwise its links would work again.
    fn links(&self) -> &Arc<Configuration> {
        let is_same =
            |previous: &&Snapshot| Arc::ptr_eq(previous.shared_configuration(), &self.configuration);
        self.previous().filter(is_same).map_or(&self.configuration, Snapshot::links)
    }
}

/// The generation of the configuration that this server published, unless another server has a newer one.
pub(super) fn own_generation(published: &PublishedTeam) -> Option<i64> {
    (!matches!(published.state, JournalState::Older | JournalState::Newer)).then(|| published.generation())
}

fn weeks(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
