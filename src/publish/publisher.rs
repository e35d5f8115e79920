//! Publishes teams: decides the revisions of their events and writes them to the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::comparer::{Comparer, Writers, merged};
use super::published_team::{JournalState, PublishedTeam};
use super::team_to_publish::{Published, TeamToPublish, Trigger};
use crate::config::{TeamConfig, TeamFile, TeamFiles};
use crate::journal::{Database, JournalError, Retention, SourceFile, Subscriber};
use crate::parallel;
use crate::rota::{Instant, TeamId};

/// How often a publication is repeated because other servers wrote first.
const MAX_ATTEMPTS: usize = 20;

/// Publishes teams.
#[derive(Debug)]
pub struct Publisher {
    database: Option<Arc<Database>>,
    comparer: Comparer,
}

impl Publisher {
    /// Publishes to the journal in `database`. `revision` (`ONCAL_REVISION`) says how new the configuration is, for
    /// deployments whose file times do not; `build` identifies the program, since another version may word events
    /// differently.
    pub fn new(database: impl Into<Arc<Database>>, revision: Option<i64>, build: String) -> Publisher {
        let database = database.into();
        let writers = if database.is_shared() { Writers::Several } else { Writers::One };
        let comparer = Comparer { writers, revision, build, retention: Retention::default() };
        Publisher { database: Some(database), comparer }
    }

    /// One of several servers that publish to the same `database`.
    #[cfg(test)]
    pub(crate) fn of_several(database: &Arc<Database>) -> Publisher {
        let publisher = Publisher::new(Arc::clone(database), None, String::new());
        Publisher { comparer: Comparer { writers: Writers::Several, ..publisher.comparer }, ..publisher }
    }

    /// Keeps nothing beyond this process.
    pub fn without_journal() -> Publisher {
        let (writers, retention) = (Writers::Nobody, Retention::default());
        let comparer = Comparer { writers, revision: None, build: String::new(), retention };
        Publisher { database: None, comparer }
    }

    /// Checks that the journal can be written and has what was written to it. If it is known to have lost that, `teams`
    /// and `subscribers` are first written again from this process's memory.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or a loss was found just now.
    pub(crate) fn check_journal<'t>(
        &self,
        teams: impl Iterator<Item = (&'t TeamId, &'t PublishedTeam)>,
        subscribers: impl FnOnce() -> Vec<Subscriber>,
    ) -> Result<(), JournalError> {
        let Some(database) = &self.database else { return Ok(()) };
        if database.is_lost() {
            let drafts: Vec<_> = teams.filter_map(|(id, team)| team.lost_draft(id)).collect();
            database.rewrite(&drafts, &subscribers())?;
            tracing::warn!(teams = drafts.len(), "the journal was written again from memory");
        }
        database.probe()
    }

    /// Decides when old data may be deleted.
    pub(crate) fn retention(&self) -> &Retention {
        &self.comparer.retention
    }

    /// The journal's database, if there is a journal.
    pub(crate) fn database(&self) -> Option<&Arc<Database>> {
        self.database.as_ref()
    }

    /// What the journal knows of every team.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub(crate) fn known(&self) -> Result<BTreeMap<TeamId, Arc<PublishedTeam>>, JournalError> {
        let Some(database) = &self.database else { return Ok(BTreeMap::new()) };
        let changes = database.changes()?;
        let all = database.read_all()?.into_iter();
        Ok(all
            .map(|(team, stored)| {
                let changes = changes.get(&team).map(Vec::as_slice).unwrap_or_default();
                (team, Arc::new(PublishedTeam::from_database(stored, changes)))
            })
            .collect())
    }

    /// The versions of all teams' journals, if other servers may write them; otherwise none.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub(crate) fn versions(&self) -> Result<BTreeMap<TeamId, i64>, JournalError> {
        self.database
            .as_ref()
            .filter(|database| database.is_shared())
            .map_or(Ok(BTreeMap::new()), |database| database.versions())
    }

    /// What the journal knows of one team.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub(crate) fn known_team(&self, id: &TeamId) -> Result<Option<PublishedTeam>, JournalError> {
        let Some(database) = &self.database else { return Ok(None) };
        let Some(stored) = database.read_team(id)? else { return Ok(None) };
        Ok(Some(PublishedTeam::from_database(stored, &database.changes_of(id)?)))
    }

    /// How to serve `team` after another server published it as `team.known`: the same, if the configurations are
    /// equal; with its revisions for this server's events, if its configuration is newer; `None` if nothing has to
    /// change. Publishes nothing.
    pub(crate) fn compare(&self, team: &TeamToPublish, at: Instant) -> Option<Published> {
        let known = team.known.as_ref()?;
        let comparer = &self.comparer;
        // A restored team is what was published, unless that is of a newer configuration.
        let is_same = team.is_restored || known.stored.fingerprint == comparer.fingerprint(team);
        let generation = comparer.generation(team, Some(known), Trigger::Time);
        let is_older = comparer.is_older(team, Some(known), generation);
        (is_same || is_older).then(|| comparer.publish(team, Some(known), Trigger::Time, at))
    }

    /// Publishes `teams`, in their order, without writing anything: their revisions are provisional.
    pub(crate) fn publish_provisionally(
        &self,
        teams: &[TeamToPublish],
        trigger: Trigger,
        at: Instant,
    ) -> Vec<Published> {
        parallel::map(teams, |team| self.comparer.publish(team, team.known.as_ref(), trigger, at))
    }

    /// The files that a team was made of, for the journal; `None` if they have changed since.
    fn sources(&self, files: &TeamFiles<'_>, team: &TeamConfig) -> Option<Vec<SourceFile>> {
        self.database.as_ref()?;
        let source = |TeamFile { path, content }| SourceFile { path, content };
        Some(files.of(team)?.into_iter().map(source).collect())
    }

    /// The files of the team `id` as of its last publication, as the journal has them.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub(crate) fn stored_sources(&self, id: &TeamId) -> Result<Vec<SourceFile>, JournalError> {
        self.database.as_ref().map_or(Ok(Vec::new()), |database| database.sources(id))
    }

    /// Stores the files of those of `teams` whose files the journal lacks, because an earlier oncal published them or
    /// the journal was lost.
    ///
    /// # Errors
    ///
    /// If the database cannot be read or written.
    pub(crate) fn write_missing_sources<'t>(
        &self,
        files: &TeamFiles<'_>,
        teams: impl Iterator<Item = &'t TeamConfig>,
    ) -> Result<(), JournalError> {
        let Some(database) = &self.database else { return Ok(()) };
        let missing = database.teams_without_sources()?;
        let teams = teams.filter(|team| missing.contains(&team.team.id));
        let sources = |team: &TeamConfig| Some((team.team.id.clone(), self.sources(files, team)?));
        let sources: Vec<_> = teams.filter_map(sources).collect();
        if sources.is_empty() { Ok(()) } else { database.write_sources(&sources) }
    }

    /// Publishes `teams`, in their order. Everything is written in one transaction before this returns, with the
    /// `files` that the teams were made from.
    ///
    /// # Errors
    ///
    /// If the database cannot be read or written; then nothing is written.
    pub(crate) fn publish(
        &self,
        teams: &[TeamToPublish],
        files: &TeamFiles<'_>,
        (trigger, at): (Trigger, Instant),
    ) -> Result<Vec<Published>, JournalError> {
        let teams = &self.with_newest_known(teams)?[..];
        let mut published = self.publish_provisionally(teams, trigger, at);
        let Some(database) = &self.database else { return Ok(published) };
        for _ in 0..MAX_ATTEMPTS {
            let mut unwritten: Vec<(&TeamToPublish, &mut Published)> = teams
                .iter()
                .zip(&mut published)
                .filter(|(_, done)| done.team.state == JournalState::Provisional)
                .collect();
            if unwritten.is_empty() {
                return Ok(published);
            }
            let drafts = parallel::map(&unwritten, |(team, done)| {
                done.team.draft(team.id(), self.sources(files, &team.config))
            });
            let refused: Vec<TeamId> = database.write(&drafts)?.into_iter().cloned().collect();
            for (team, done) in &mut unwritten {
                if refused.contains(team.id()) {
                    **done = self.publish_again(team, done, (trigger, at))?;
                } else {
                    Arc::make_mut(&mut done.team).mark_written();
                }
            }
        }
        Ok(published)
    }

    /// Reads what is known of teams that had an older configuration again: of these this process knows only its own
    /// events.
    fn with_newest_known(&self, teams: &[TeamToPublish]) -> Result<Vec<TeamToPublish>, JournalError> {
        let newest = |team: &TeamToPublish| {
            let is_older = team.known.as_ref().is_some_and(|known| known.state == JournalState::Older);
            let read = if is_older { self.known_team(team.id())?.map(Arc::new) } else { None };
            Ok(TeamToPublish { known: read.or_else(|| team.known.clone()), ..team.clone() })
        };
        teams.iter().map(newest).collect()
    }

    /// Publishes again, on top of what another server wrote first.
    fn publish_again(
        &self,
        team: &TeamToPublish,
        done: &Published,
        (trigger, at): (Trigger, Instant),
    ) -> Result<Published, JournalError> {
        let was_provisional =
            team.known.as_ref().is_some_and(|known| known.state == JournalState::Provisional);
        let known = match (self.known_team(team.id())?, &team.known) {
            // The database has lost what this process knows.
            (None, Some(known)) => {
                let mut known = PublishedTeam::clone(known);
                known.stored.version = 0;
                Some(known)
            }
            (Some(found), Some(known))
                if (was_provisional || found.version() < known.version())
                    && found.stored.journal.open().is_ok() =>
            {
                Some(merged(found, &done.team, team))
            }
            (found, _) => found,
        };
        Ok(self.comparer.publish(team, known.map(Arc::new).as_ref(), trigger, at))
    }
}
