//! Decides the revisions of events and writes them to the journal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use chrono::SubsecRound;
use sha2::{Digest, Sha256};

use super::event_record::{fact, head_fact, holding, logged};
use super::frame::Frame;
use super::published_team::{JournalState, PublishedTeam};
use crate::config::{TeamConfig, TeamFile, TeamFiles};
use crate::feed::{Event, Feed, Head, Links, Plan, events};
use crate::journal::{
    Database, Journal, JournalError, Publication, Retention, SourceFile, Stored, Subscriber, Unreadable,
    consult, publish,
};
use crate::rota::{Holding, Instant, Period, TeamId, changes};

/// How often a publication is repeated because other servers wrote first.
const MAX_ATTEMPTS: usize = 20;

/// Why something is published. This decides which of two configurations counts as the newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// The server starts: the times of the files say how new its configuration is.
    Start,
    /// Files changed while the server runs: they are newer than anything published before.
    FileChange,
    /// A week ended, or something that could not be written is tried again.
    Time,
}

/// A team that is to be published.
#[derive(Debug, Clone)]
pub(crate) struct TeamToPublish {
    pub(crate) config: Arc<TeamConfig>,
    pub(crate) frame: Frame,
    pub(crate) links: Links,
    /// What was published before, by this server or another.
    pub(crate) known: Option<Arc<PublishedTeam>>,
    /// How new the configuration was that this server published before.
    pub(crate) own_generation: Option<i64>,
    /// Whether this is what was published last, because the files of now have errors. Then nothing is published.
    pub(crate) is_restored: bool,
    /// Whether its feeds are in use, so that its events will soon be rendered.
    pub(crate) is_in_use: bool,
}

impl TeamToPublish {
    fn id(&self) -> &TeamId {
        &self.config.team.id
    }
}

/// A team that was published. Its events are included if its feeds are in use and the events had to be computed.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) team: Arc<PublishedTeam>,
    pub(crate) events: Option<Vec<Event>>,
}

/// Publishes teams.
#[derive(Debug)]
pub struct Publisher {
    database: Option<Database>,
    revision: Option<i64>,
    build: String,
    retention: Retention,
}

impl Publisher {
    /// Publishes to the journal in `database`. `revision` (`ONCAL_REVISION`) says how new the configuration is, for
    /// deployments whose file times do not; `build` identifies the program, since another version may word events
    /// differently.
    pub fn new(database: Database, revision: Option<i64>, build: String) -> Publisher {
        Publisher { database: Some(database), revision, build, retention: Retention::default() }
    }

    /// Remembers nothing beyond this process.
    pub fn without_journal() -> Publisher {
        Publisher { database: None, revision: None, build: String::new(), retention: Retention::default() }
    }

    /// Checks that the journal can be written and has what was written to it. If it is known to have lost that, `teams`
    /// and `subscribers`, which are what this process remembers, are written again first.
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
        &self.retention
    }

    /// The journal's database, if there is a journal.
    pub(crate) fn database(&self) -> Option<&Database> {
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

    /// The versions of all teams' journals, where other servers may write them; otherwise none.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub(crate) fn versions(&self) -> Result<BTreeMap<TeamId, i64>, JournalError> {
        self.database
            .as_ref()
            .filter(|database| database.is_shared())
            .map_or(Ok(BTreeMap::new()), Database::versions)
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

    /// What becomes of `team` after another server published it as `team.known`: that, if it has the same configuration;
    /// otherwise, if its configuration is newer, the revisions that it gives to this one's events. `None` if this
    /// server's configuration is as new, and nothing has to change. Publishes nothing.
    pub(crate) fn compare(&self, team: &TeamToPublish, at: Instant) -> Option<Published> {
        let known = team.known.as_ref().filter(|_| !team.is_restored)?;
        let is_same = known.stored.fingerprint == self.fingerprint(team);
        let is_older = self.generation(team, Some(known), Trigger::Time) < known.stored.generation;
        (is_same || is_older).then(|| self.publish_one(team, Some(known), Trigger::Time, at))
    }

    /// Publishes `teams`, in their order, without writing anything: their revisions are provisional.
    pub(crate) fn publish_provisionally(
        &self,
        teams: &[TeamToPublish],
        trigger: Trigger,
        at: Instant,
    ) -> Vec<Published> {
        let publish = |team: &TeamToPublish| self.publish_one(team, team.known.as_ref(), trigger, at);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        if teams.len() < 2 * threads {
            return teams.iter().map(publish).collect();
        }
        let parts = Mutex::new(BTreeMap::new());
        thread::scope(|scope| {
            for (position, part) in teams.chunks(teams.len().div_ceil(threads)).enumerate() {
                let (parts, publish) = (&parts, &publish);
                let publish_part = move || {
                    let done: Vec<Published> = part.iter().map(publish).collect();
                    parts.lock().unwrap_or_else(PoisonError::into_inner).insert(position, done);
                };
                // Where the system has no thread to spare, this one does the work.
                if thread::Builder::new().spawn_scoped(scope, publish_part).is_err() {
                    publish_part();
                }
            }
        });
        parts.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().flatten().collect()
    }

    /// The files that a team was made of, for the journal; `None` if they have changed since.
    fn sources(&self, files: &TeamFiles<'_>, team: &TeamConfig) -> Option<Vec<SourceFile>> {
        self.database.as_ref()?;
        let source = |TeamFile { path, content }| SourceFile { path, content };
        Some(files.of(team)?.into_iter().map(source).collect())
    }

    /// What the journal keeps of the files of the team `id` when it was published last.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub(crate) fn stored_sources(&self, id: &TeamId) -> Result<Vec<SourceFile>, JournalError> {
        self.database.as_ref().map_or(Ok(Vec::new()), |database| database.sources(id))
    }

    /// Stores the files of those of `teams` that the journal has no files of, since an earlier oncal published them, or
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

    /// Publishes `teams`, in their order. All of it is written in one transaction before this returns, with the `files`
    /// that the teams were made of.
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
            let draft = |(team, done): &(&TeamToPublish, &mut Published)| {
                done.team.draft(team.id(), self.sources(files, &team.config))
            };
            let drafts: Vec<_> = unwritten.iter().map(draft).collect();
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

    /// Of a team that had an older configuration, this process knows only its own events. They may be all that has to be
    /// published, or may have been published meanwhile.
    fn with_newest_known(&self, teams: &[TeamToPublish]) -> Result<Vec<TeamToPublish>, JournalError> {
        let newest = |team: &TeamToPublish| {
            let is_older = team.known.as_ref().is_some_and(|known| known.state == JournalState::Older);
            let read = if is_older { self.known_team(team.id())?.map(Arc::new) } else { None };
            Ok(TeamToPublish { known: read.or_else(|| team.known.clone()), ..team.clone() })
        };
        teams.iter().map(newest).collect()
    }

    /// Publishes after another server has written first, on top of what it wrote.
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
        Ok(self.publish_one(team, known.map(Arc::new).as_ref(), trigger, at))
    }

    fn publish_one(
        &self,
        to_publish: &TeamToPublish,
        known: Option<&Arc<PublishedTeam>>,
        trigger: Trigger,
        at: Instant,
    ) -> Published {
        let fingerprint = self.fingerprint(to_publish);
        let is_published =
            |known: &&Arc<PublishedTeam>| to_publish.is_restored || known.stored.fingerprint == fingerprint;
        if let Some(known) = known.filter(is_published) {
            return Published { team: Arc::clone(known), events: None };
        }
        let (team, frame) = (&to_publish.config.team, to_publish.frame);
        let plan = Plan::new(team, frame.window);
        let events = events(&plan, &to_publish.links);
        let mut facts: Vec<_> = events.iter().map(|event| fact(event, &team.zone)).collect();
        facts.extend(Feed::all(team).iter().map(|feed| {
            let head = Head { feed, team, links: &to_publish.links, changed: frame.week.start() };
            head_fact(&feed.path(), head.content(), frame.week.start())
        }));
        let (before, unreadable) = match known.map(|known| known.stored.journal.open()) {
            Some(Ok(before)) => (Some(before), None),
            Some(Err(error)) => {
                tracing::error!(team = %team.id, %error, "a team's journal cannot be read; all its events count as changed");
                (None, Some(error))
            }
            None => (None, None),
        };
        let is_newer = matches!(unreadable, Some(Unreadable::Newer(_)))
            || known.is_some_and(|known| known.state == JournalState::Newer);
        let generation = self.generation(to_publish, known, trigger);
        let publication = Publication {
            generation,
            fingerprint,
            at: at.trunc_subsecs(0),
            week_start: frame.week.start(),
            window: frame.window,
            above: known.filter(|_| unreadable.is_some()).map(|known| known.stored.highest),
            past: self.retention.agreed(),
        };
        let is_shared = self.database.as_ref().is_some_and(Database::is_shared);
        let known = known.map(|known| &**known);
        let published = match before {
            Some(before) if is_shared && generation < before.generation => {
                let journal = consult(&before, facts, &publication);
                let mut published = PublishedTeam::next(known, &journal, Vec::new());
                published.state = JournalState::Older;
                published
            }
            before => {
                let journal = publish(before.as_ref(), facts, &publication);
                let moved = before.map(|before| moved(&before, &journal, frame.window)).unwrap_or_default();
                let at = journal.entries.values().map(|entry| entry.revision.modified).max();
                let at = at.unwrap_or(publication.at);
                let moved = moved.iter().map(|moved| logged(at, moved)).collect();
                let mut published = PublishedTeam::next(known, &journal, moved);
                published.is_rebuilt = unreadable.is_some();
                if is_newer {
                    published.state = JournalState::Newer;
                } else if self.database.is_none() {
                    published.mark_written();
                }
                published
            }
        };
        Published { team: Arc::new(published), events: to_publish.is_in_use.then_some(events) }
    }

    /// Says how new the team's configuration is, compared with what other servers published.
    fn generation(&self, team: &TeamToPublish, known: Option<&Arc<PublishedTeam>>, trigger: Trigger) -> i64 {
        let newest_file = team.config.modified.timestamp_micros();
        match (trigger, team.own_generation, known) {
            (Trigger::Time, Some(own), _) => own,
            (Trigger::FileChange, _, Some(known)) if self.revision.is_none() => {
                newest_file.max(known.stored.generation.saturating_add(1))
            }
            _ => self.revision.unwrap_or(newest_file),
        }
    }

    /// Equal for whatever publishes equal events.
    fn fingerprint(&self, team: &TeamToPublish) -> String {
        let ends = [team.frame.week.start(), team.frame.window.start(), team.frame.window.end()];
        let text = format!("{}\n{}\n{:?}\n{ends:?}", self.build, team.config.fingerprint, team.links);
        hex::encode(Sha256::digest(text))
    }
}

/// Who gained and lost which duty, over the part of `window` that both journals cover.
fn moved(before: &Journal, after: &Journal, window: Period) -> Vec<crate::rota::RoleChange> {
    let held = |journal: &Journal| -> Vec<Holding> { journal.entries.values().filter_map(holding).collect() };
    let (old, new) = (held(before), held(after));
    let first = old.iter().map(|holding| holding.period.start()).min();
    let start = first.map_or(window.start(), |first| first.max(window.start()));
    Period::new(start, before.until.min(window.end())).map_or_else(Vec::new, |both| changes(&old, &new, both))
}

/// What another server wrote, joined with the provisional revisions that this one served meanwhile, so that none of them
/// goes back.
fn merged(mut written: PublishedTeam, provisional: &PublishedTeam, team: &TeamToPublish) -> PublishedTeam {
    let week_start = team.frame.week.start();
    let (mut journal, served) =
        (written.open(team.id(), week_start), provisional.open(team.id(), week_start));
    for (uid, served) in served.entries {
        match journal.entries.get_mut(&uid) {
            Some(known) => {
                known.revision.sequence = known.revision.sequence.max(served.revision.sequence);
                known.revision.modified = known.revision.modified.max(served.revision.modified);
            }
            None => drop(journal.entries.insert(uid, served)),
        }
    }
    written.stored = Stored::new(written.stored.version, &journal);
    // No publication has this fingerprint, so the result is always written.
    written.stored.fingerprint.clear();
    written
}
