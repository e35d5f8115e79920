//! Builds snapshots: the first one, and each that follows another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use chrono::{SubsecRound, TimeDelta};

use super::build::{Build, Context, Origin};
use super::keys::{Keys, Known};
use super::last_good::restore;
use super::snapshot::Snapshot;
use super::subscribers::Subscribers;
use super::team::TeamSnapshot;
use crate::access::Secret;
use crate::calendars::Calendars;
use crate::config::{AsOf, BrokenTeam, Configuration, LeavesOut, TeamConfig, TeamFiles};
use crate::journal::{Database, JournalError, Retention};
use crate::publish::{JournalState, Published, PublishedTeam, Publisher, TeamToPublish, Trigger};
use crate::rota::{Instant, TeamId};

/// How long before a start a team must have been published for its file to count as missing. Each team is published at
/// least once a week, so one that was not was removed, or its server did not run.
const MISSED: TimeDelta = TimeDelta::weeks(2);

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
        Builder(Context {
            publisher,
            subscribers: Subscribers::default(),
            secret: None,
            calendars: None,
            unserved: Mutex::default(),
        })
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
        let missing: Vec<&TeamId> = known.keys().filter(is_missing).collect();
        let is_missed = |id: &&TeamId| known.get(*id).is_some_and(|team| team.is_of_week_since(now - MISSED));
        let removed: BTreeSet<TeamId> = missing.iter().copied().filter(is_missed).cloned().collect();
        if removed.len() < missing.len() {
            let teams = missing.len() - removed.len();
            tracing::info!(teams, "teams that were last published more than two weeks ago have no file");
        }
        let restored = self.restore(&mut configuration, &known, now)?;
        let is_unserved = |id: &TeamId| removed.contains(id) || configuration.broken.contains_key(id);
        let unserved = known.iter().filter(|(id, _)| is_unserved(id));
        self.0.unserved().extend(unserved.map(|(id, team)| (id.clone(), Arc::clone(team))));
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
    /// [`JournalState::Older`]; and without the notes of damage that is over. `None` if nothing changed.
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
            let (id, known) = (&team.team().id, team.published());
            let is_newer = check.versions.get(id).is_some_and(|version| *version > known.version());
            let newer = match is_newer && known.state != JournalState::Provisional {
                true => self.with_newer(previous, team, at)?,
                false => None,
            };
            let without_note = || {
                let known = Arc::new(known.without_note_of_damage()?);
                let published = Published { team: Arc::clone(&known), events: None };
                Some((to_publish_again(previous, team, known), published))
            };
            if let Some((to_publish, published)) = newer.or_else(without_note) {
                teams.put(build.team_snapshot(to_publish, published));
                is_changed = true;
            }
        }
        Ok(is_changed.then(|| build.assemble(teams)))
    }

    /// `team` with what another server published of it; `None` if nothing changes.
    fn with_newer(
        &self,
        previous: &Snapshot,
        team: &TeamSnapshot,
        at: Instant,
    ) -> Result<Option<(TeamToPublish, Published)>, JournalError> {
        let Some(known) = self.0.publisher.known_team(&team.team().id)? else { return Ok(None) };
        let to_publish = to_publish_again(previous, team, Arc::new(known));
        Ok(self.0.publisher.compare(&to_publish, at).map(|published| (to_publish, published)))
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
        configuration: &Arc<Configuration>,
    ) -> Option<Snapshot> {
        let known = previous.shared_keys()?;
        let (secret, teams) = (self.0.secret.as_ref(), previous.served_teams());
        let only = configuration.reread_since(previous.links());
        let before = Known { keys: known, only };
        let keys = Keys::new(secret, configuration, previous.removed(), teams, Some(before));
        (!Arc::ptr_eq(&keys, known)).then(|| previous.with_other_keys(keys, Arc::clone(configuration)))
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

/// `team` as it is in `previous`, after `known` was published of it.
fn to_publish_again(previous: &Snapshot, team: &TeamSnapshot, known: Arc<PublishedTeam>) -> TeamToPublish {
    TeamToPublish {
        config: Arc::clone(team.config()),
        frame: team.frame(),
        links: team.links().clone(),
        copies: previous.configuration().copies_of(team.config()).into_iter().collect(),
        has_same_files: true,
        known: Some(known),
        own: Some(Arc::clone(team.published())),
        is_restored: team.is_restored(),
        is_in_use: team.is_in_use(),
    }
}

impl Snapshot {
    /// The first snapshot of `configuration`, loaded at `now`, without a journal.
    pub fn new(configuration: Configuration, now: Instant) -> Snapshot {
        let builder = Builder::new(Publisher::without_journal());
        builder.start(configuration, BTreeMap::new(), now).provisional()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::config::load;
    use crate::journal::Location;
    use crate::live::sample::{TEAM, at, configuration, files};

    const NOW: &str = "2026-02-10T12:00:00Z";

    /// Another holder for every shift.
    fn edited(number: usize) -> String {
        let other = TEAM.replace("weeks = [\n", "weeks = [\n  { primary = \"d\", secondary = \"b\" },\n");
        if number.is_multiple_of(2) { TEAM.to_owned() } else { other }
    }

    fn with(text: &str) -> Arc<Configuration> {
        Arc::new(configuration("", &[("sample", text), ("other", TEAM)], at(NOW)))
    }

    fn without() -> Arc<Configuration> {
        Arc::new(configuration("", &[("other", TEAM)], at(NOW)))
    }

    fn builder(state: &Path) -> Builder {
        let database = Database::open(Location::folder(state.to_owned())).unwrap();
        Builder::new(Publisher::new(database, None, String::new()))
    }

    /// The highest SEQUENCE in the team's feed.
    fn highest(snapshot: &Snapshot) -> u32 {
        let team = snapshot.team("sample").unwrap();
        let feed = team.source(team.feed_at("team.ics").unwrap()).calendar(None, false);
        let feed = String::from_utf8(feed).unwrap();
        feed.lines().filter_map(|line| line.strip_prefix("SEQUENCE:")?.parse().ok()).max().unwrap()
    }

    /// The first snapshot, and those after each of three edits.
    fn published(builder: &Builder) -> Snapshot {
        let first = configuration("", &[("sample", TEAM), ("other", TEAM)], at(NOW));
        let mut snapshot = builder.first(first, at(NOW)).unwrap();
        for number in 1..4 {
            let build = builder.reload(&snapshot, with(&edited(number)), BTreeSet::new(), at(NOW));
            snapshot = build.written().unwrap();
        }
        snapshot
    }

    fn returned(builder: &Builder, previous: &Snapshot, now: &str) -> Snapshot {
        builder.reload(previous, with(&edited(4)), BTreeSet::new(), at(now)).provisional()
    }

    #[test]
    fn a_team_that_returns_while_the_journal_cannot_be_written_continues_its_revisions() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let before = highest(&published(&builder(&state)));
        assert!(before >= 3, "{before}");
        // Its file was missing at the start. After two weeks it is not waited for, and read when it is needed.
        for (now, is_waited_for) in [("2026-02-24T12:00:00Z", false), (NOW, true)] {
            let builder = builder(&state);
            let first = builder.first(configuration("", &[("other", TEAM)], at(now)), at(now)).unwrap();
            assert_eq!(first.is_broken("sample"), is_waited_for);
            if is_waited_for {
                fs::remove_dir_all(&state).unwrap();
                fs::write(&state, "no folder can be made here").unwrap();
            }
            assert!(highest(&returned(&builder, &first, now)) > before, "{now}");
        }
    }

    #[test]
    fn a_team_that_returns_after_its_grace_continues_its_revisions() {
        let builder = Builder::new(Publisher::without_journal());
        let snapshot = published(&builder);
        let gone = builder.reload(&snapshot, without(), BTreeSet::new(), at(NOW)).written().unwrap();
        assert!(gone.team("sample").is_none());
        assert!(highest(&returned(&builder, &gone, NOW)) > highest(&snapshot));
    }

    #[test]
    fn a_team_that_was_removed_weeks_ago_does_not_count_as_missing() {
        let state = tempfile::tempdir().unwrap();
        published(&builder(state.path()));
        for (now, is_missing) in
            [("2026-02-17T12:00:00Z", true), ("2026-02-24T12:00:00Z", false), ("2027-02-10T12:00:00Z", false)]
        {
            let first = builder(state.path()).first(configuration("", &[], at(now)), at(now)).unwrap();
            assert_eq!(first.is_broken("sample"), is_missing, "{now}");
            assert_eq!(first.removed().is_empty(), !is_missing, "{now}");
        }
    }

    /// The shared journal of servers, and one of them.
    fn shared(state: &Path) -> (Arc<Database>, impl Fn() -> Builder) {
        let database = Arc::new(Database::open(Location::folder(state.to_owned())).unwrap());
        let server = {
            let database = Arc::clone(&database);
            move || Builder::new(Publisher::of_several(&database))
        };
        (database, server)
    }

    fn damage(state: &Path) {
        let journal = rusqlite::Connection::open(state.join("journal.sqlite")).unwrap();
        assert_eq!(journal.execute("UPDATE publication SET journal = x'00'", []).unwrap(), 1);
    }

    /// `snapshot` after a look at the shared journal, in the same week.
    fn refreshed(builder: &Builder, database: &Database, snapshot: &Snapshot) -> Option<Snapshot> {
        let check = JournalCheck { versions: database.versions().unwrap() };
        builder.refresh(snapshot, &check, snapshot.valid_from().unwrap()).unwrap()
    }

    fn sample(text: &str) -> Configuration {
        configuration("", &[("sample", text)], at(NOW))
    }

    fn state_of(snapshot: &Snapshot) -> (JournalState, bool) {
        let team = snapshot.team("sample").unwrap();
        (team.journal_state(), team.published().is_rebuilt)
    }

    #[test]
    fn a_server_with_older_files_leaves_a_damaged_entry_to_the_one_with_newer_files() {
        let (folder, id) = (tempfile::tempdir().unwrap(), TeamId::new("sample").unwrap());
        let (database, server) = shared(folder.path());
        let (old, running) = (sample(&edited(1)), sample(&TEAM.replace("\"Sample\"", "\"Once\"")));
        let stored = || database.read_team(&id).unwrap().unwrap();
        let [newer, older, ran] = [(); 3].map(|()| server());
        let ran_before = ran.first(running, at(NOW)).unwrap();
        let newest = newer.first(sample(&edited(3)), at(NOW)).unwrap();
        let newest =
            newer.reload(&newest, Arc::new(sample(TEAM)), BTreeSet::new(), at(NOW)).written().unwrap();
        let before = refreshed(&ran, &database, &ran_before).unwrap();
        assert_eq!(state_of(&before), (JournalState::Older, false));
        damage(folder.path());
        let damaged = stored();

        let started = older.first(old, at(NOW)).unwrap();
        assert_eq!(state_of(&started), (JournalState::Older, true));
        let week = before.valid_until().unwrap();
        for (builder, snapshot) in [(&older, &started), (&ran, &before), (&ran, &ran_before)] {
            let next = builder.renew(snapshot, week).written().unwrap();
            assert_eq!(state_of(&next), (JournalState::Older, true));
            assert!(highest(snapshot) <= highest(&next), "no revision falls");
        }
        assert_eq!(stored(), damaged);

        newer.renew(&newest, week).written().unwrap();
        assert!(stored().journal.open().is_ok() && stored().generation == damaged.generation);
        let next = refreshed(&older, &database, &started).unwrap();
        assert_eq!(state_of(&next), (JournalState::Older, false));
        assert!(highest(&started) <= highest(&next), "no revision falls");
    }

    #[test]
    fn a_restored_team_is_behind_once_another_server_has_published_a_newer_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let (database, server) = shared(folder.path());
        let (behind, other) = (server(), server());
        let good = files("", &[("sample", TEAM)]);
        let before = other.first(load(good.path(), at(NOW)).unwrap(), at(NOW)).unwrap();
        let restored = behind.first(sample("no TOML"), at(NOW)).unwrap();
        assert_eq!(state_of(&restored), (JournalState::Written, false));
        // Another week of the same configuration is nothing newer.
        let week = before.valid_until().unwrap();
        let other_week = other.renew(&before, week).written().unwrap();
        let restored = refreshed(&behind, &database, &restored).unwrap();
        assert_eq!(state_of(&restored), (JournalState::Written, false));
        assert_eq!(restored.team("sample").unwrap().version(), 2);
        assert!(refreshed(&behind, &database, &restored).is_none());

        let edit = |snapshot: &Snapshot, number| {
            let build = other.reload(snapshot, Arc::new(sample(&edited(number))), BTreeSet::new(), week);
            build.written().unwrap()
        };
        let first_edit = edit(&other_week, 1);
        let older = refreshed(&behind, &database, &restored).unwrap();
        assert_eq!(state_of(&older), (JournalState::Older, false));
        assert!(older.team("sample").unwrap().is_restored());
        assert!(highest(&restored) <= highest(&older), "no revision falls");
        for next in [behind.renew(&older, week).written().unwrap(), behind.renew(&older, week).provisional()]
        {
            assert_eq!(state_of(&next), (JournalState::Older, false), "it stays behind in another week");
        }
        edit(&first_edit, 2);
        let older = refreshed(&behind, &database, &older).unwrap();
        assert_eq!(state_of(&older), (JournalState::Older, false));
        assert_eq!(older.team("sample").unwrap().version(), 4, "only the other server published");
    }

    #[test]
    fn the_note_that_the_journal_of_a_restored_team_was_damaged_ends_when_another_server_publishes() {
        let folder = tempfile::tempdir().unwrap();
        let (database, server) = shared(folder.path());
        let (behind, other) = (server(), server());
        let good = files("", &[("sample", TEAM)]);
        let before = other.first(load(good.path(), at(NOW)).unwrap(), at(NOW)).unwrap();
        damage(folder.path());
        let restored = behind.first(sample("no TOML"), at(NOW)).unwrap();
        assert_eq!(state_of(&restored), (JournalState::Written, true));
        other.renew(&before, before.valid_until().unwrap()).written().unwrap();
        let next = refreshed(&behind, &database, &restored).unwrap();
        assert_eq!(state_of(&next), (JournalState::Written, false));
    }

    #[test]
    fn what_a_restored_team_takes_over_from_another_server_with_higher_revisions_is_written() {
        let (folder, id) = (tempfile::tempdir().unwrap(), TeamId::new("sample").unwrap());
        let (database, server) = shared(folder.path());
        let (behind, other) = (server(), server());
        let good = files("", &[("sample", TEAM)]);
        let before = other.first(load(good.path(), at(NOW)).unwrap(), at(NOW)).unwrap();
        damage(folder.path());
        let restored = behind.first_without_writing(sample("no TOML"), at(NOW)).unwrap();
        assert_eq!(state_of(&restored), (JournalState::Provisional, true));
        other.renew(&before, before.valid_until().unwrap()).written().unwrap();
        let written = behind.renew(&restored, at(NOW)).written().unwrap();
        assert_eq!(state_of(&written).0, JournalState::Written);
        assert!(highest(&restored) <= highest(&written), "no revision falls");
        let stored = database.read_team(&id).unwrap().unwrap();
        assert_eq!(stored.highest.sequence, highest(&written), "what is served is in the journal");
    }

    fn secret() -> Secret {
        Secret::of(b"0123456789abcdef0123456789abcdef")
    }

    fn with_secret() -> Builder {
        Builder::new(Publisher::without_journal()).with_secret(secret())
    }

    /// A configuration whose team, with `lines` at its beginning, can be read through secret links alone.
    fn linked(settings: &str, lines: &str) -> Arc<Configuration> {
        let settings = format!("access = \"links\"\npublic_url = \"https://rota.example\"\n{settings}");
        let text = TEAM.replace("name = \"Sample\"", &format!("name = \"Sample\"\n{lines}"));
        let teams = [("sample", &*text)];
        let teams = if lines == GONE { &[][..] } else { &teams };
        Arc::new(configuration(&settings, teams, at(NOW)))
    }

    /// In place of a team's lines: there is no such team.
    const GONE: &str = "gone";

    /// Whether the team's links of these generations work: the organisation's, and its own.
    fn valid<const N: usize>(snapshot: &Snapshot, generations: [(u32, u32); N]) -> [bool; N] {
        let (keyring, team) = (snapshot.keyring().unwrap(), TeamId::new("sample").unwrap());
        generations.map(|(organisation, own)| {
            keyring.scope(&secret().team(organisation, &team, own), at(NOW)).is_some()
        })
    }

    #[test]
    fn links_revoked_while_the_journal_fails_stay_revoked_if_the_file_then_has_a_syntax_error() {
        let builder = with_secret();
        let valid = |snapshot: &Snapshot| valid(snapshot, [(1, 1), (1, 2), (2, 1)]);
        let first = builder.first(Arc::into_inner(linked("", "")).unwrap(), at(NOW)).unwrap();
        assert_eq!(valid(&first), [true, false, false]);
        for (edit, broken, expected) in [
            (linked("", "link_generation = 2"), linked("", "no TOML"), [false, true, false]),
            (linked("link_generation = 2", ""), linked("bad = 1", ""), [false, false, true]),
        ] {
            let waiting = builder.revoke_links(&first, &edit).unwrap();
            assert_eq!(valid(&waiting), expected);
            let broken = builder.reload(&waiting, broken, BTreeSet::new(), at(NOW)).written().unwrap();
            assert_eq!(valid(&broken), expected);
            let undone = builder.reload(&broken, linked("", ""), BTreeSet::new(), at(NOW)).written().unwrap();
            assert_eq!(valid(&undone), [true, false, false], "a file without errors undoes it");
        }
    }

    #[test]
    fn links_revoked_in_a_file_with_errors_stay_revoked_when_it_is_gone() {
        let builder = with_secret();
        let mut snapshot = builder.first(configuration("", &[], at(NOW)), at(NOW)).unwrap();
        for (lines, expected) in [
            ("", [true, false]),
            ("bad = 1\nlink_generation = 2", [false, true]),
            (GONE, [false, true]),
            ("no TOML", [false, true]),
            ("bad = 1", [false, true]),
            (GONE, [false, true]),
            ("", [true, false]),
            (GONE, [true, false]),
        ] {
            let removed = (lines == GONE).then(|| TeamId::new("sample").unwrap()).into_iter().collect();
            snapshot = builder.reload(&snapshot, linked("", lines), removed, at(NOW)).written().unwrap();
            assert_eq!(valid(&snapshot, [(1, 1), (1, 2)]), expected, "{lines}");
        }
    }

    #[test]
    fn revoked_links_stay_revoked_while_their_edit_waits_for_the_journal() {
        let builder = with_secret();
        let load = |generation: u32| linked("", &format!("link_generation = {generation}"));
        let valid = |snapshot: &Snapshot| valid(snapshot, [(1, 1), (1, 2)]);
        let first = builder.first(Arc::into_inner(load(1)).unwrap(), at(NOW)).unwrap();
        assert_eq!(valid(&first), [true, false]);
        let revoked = builder.revoke_links(&first, &load(2)).unwrap();
        assert_eq!(valid(&revoked), [false, true]);
        for now in [NOW, "2026-02-13T15:00:00Z"] {
            let renewed = builder.renew(&revoked, at(now)).written().unwrap();
            assert_eq!(valid(&renewed), [false, true], "{now}");
            // Whoever undoes the edit undoes what it revoked.
            let undone = builder.revoke_links(&renewed, &load(1)).unwrap();
            assert_eq!(valid(&undone), [true, false], "{now}");
        }
    }
}
