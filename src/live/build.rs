//! Builds one snapshot: which teams it has, and what must be published for it.
//!
//! Not here: from what and when a snapshot is built (`builder`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::keys::Keys;
use super::snapshot::Snapshot;
use super::subscribers::Subscribers;
use super::team::TeamSnapshot;
use crate::access::Secret;
use crate::calendars::Calendars;
use crate::config::{Access, BaseUrl, Configuration, Settings, TeamConfig, TeamFiles};
use crate::feed::Links;
use crate::journal::JournalError;
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

/// A team of the snapshot that is being built.
enum NextTeam {
    /// The same as in the previous snapshot.
    Unchanged(Arc<TeamSnapshot>),
    /// It must be published first.
    Changed(TeamToPublish),
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
        let teams = self.teams(true);
        let files = TeamFiles::new(&self.configuration);
        let published = self.context.publisher.publish(&changed(&teams), &files, (self.trigger, self.at))?;
        Ok(self.snapshot(teams, published))
    }

    /// Builds the snapshot without writing the journal: new revisions in it are provisional.
    pub fn provisional(&self) -> Snapshot {
        let teams = self.teams(false);
        let publisher = &self.context.publisher;
        let published = publisher.publish_provisionally(&changed(&teams), self.trigger, self.at);
        self.snapshot(teams, published)
    }

    fn previous(&self) -> Option<&Snapshot> {
        match self.origin {
            Origin::Journal(_) => None,
            Origin::Previous(previous) => Some(previous),
        }
    }

    /// Every team to be served, by id: as configured, otherwise as it was.
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
        let unchanged = self.previous().and_then(|previous| Unchanged::new(self, previous, is_written));
        let mut old = self.previous().map(Snapshot::shared_teams).unwrap_or_default().iter().peekable();
        let next = |(id, config): (&TeamId, &Arc<TeamConfig>)| {
            // Both are in order of id; nearly always they have the same teams.
            while old.next_if(|old| old.team().id != *id && old.team().id < *id).is_some() {}
            let old = old.next_if(|old| old.team().id == *id);
            match (old, &unchanged) {
                (Some(old), Some(unchanged)) if unchanged.admits(old, config) => {
                    Some(NextTeam::Unchanged(Arc::clone(old)))
                }
                _ => {
                    let team = self.changed_team(old, config, &links)?;
                    let has_same_files = old.is_some_and(|old| old.config().own_files == config.own_files);
                    let has_same_files = has_same_files && unchanged.is_some();
                    Some(NextTeam::Changed(TeamToPublish { has_same_files, ..team }))
                }
            }
        };
        teams.into_iter().filter_map(next).collect()
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
            Origin::Previous(_) => old.map(|old| Arc::clone(old.published())),
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

    fn snapshot(&self, teams: Vec<NextTeam>, published: Vec<Published>) -> Snapshot {
        let mut published = published.into_iter();
        let team = |team| match team {
            NextTeam::Unchanged(team) => Some(team),
            NextTeam::Changed(team) => published.next().map(|published| self.team_snapshot(team, published)),
        };
        let teams = teams.into_iter().filter_map(team).collect();
        self.assemble(teams)
    }

    pub(super) fn team_snapshot(&self, team: TeamToPublish, published: Published) -> Arc<TeamSnapshot> {
        let subscribers = self.context.subscribers.team(&team.config.team.id);
        Arc::new(TeamSnapshot::new(team, published, subscribers, self.at))
    }

    pub(super) fn assemble(&self, teams: Vec<Arc<TeamSnapshot>>) -> Snapshot {
        let keys = (self.configuration.settings.access == Access::Links).then(|| {
            let known = self.previous().and_then(Snapshot::shared_keys);
            let secret = self.context.secret.as_ref();
            Keys::new(secret, &self.configuration, &self.removed, &teams, known)
        });
        let generation = self.previous().map_or(1, |previous| previous.generation() + 1);
        let configuration = Arc::clone(&self.configuration);
        let times = (self.at, self.loaded_at);
        let next = Snapshot::assemble(generation, times, configuration, teams, self.removed.clone());
        next.with_keys(keys).with_outdated_teams(self.previous())
    }
}

/// The generation of the configuration that this server published, unless another server has a newer one.
pub(super) fn own_generation(published: &PublishedTeam) -> Option<i64> {
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
