//! Builds snapshots: the first one, and each that follows another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use chrono::{SubsecRound, TimeDelta};

use super::build::{Build, Context, Origin, own_generation};
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
            let next = match known.without_note_of_damage() {
                _ if is_newer && known.state != JournalState::Provisional => {
                    self.with_newer(previous, team, at)?
                }
                Some(known) => {
                    let known = Arc::new(known);
                    let published = Published { team: Arc::clone(&known), events: None };
                    Some((to_publish_again(previous, team, known), published))
                }
                None => None,
            };
            if let Some((to_publish, published)) = next {
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
        own_generation: own_generation(team.published()),
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
    use crate::journal::Location;
    use crate::live::sample::{TEAM, at, configuration};

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

    #[test]
    fn links_revoked_in_a_file_with_errors_stay_revoked_when_it_is_gone() {
        let team = TeamId::new("sample").unwrap();
        let secret = || Secret::of(b"0123456789abcdef0123456789abcdef");
        let load = |lines: &str| {
            let text = TEAM.replace("name = \"Sample\"", &format!("name = \"Sample\"\n{lines}"));
            let teams = [("sample", &*text)];
            let teams = if lines == "gone" { &[][..] } else { &teams };
            let settings = "access = \"links\"\npublic_url = \"https://rota.example\"";
            Arc::new(configuration(settings, teams, at(NOW)))
        };
        let valid = |snapshot: &Snapshot| {
            let keyring = snapshot.keyring().unwrap();
            [1, 2].map(|generation| keyring.scope(&secret().team(1, &team, generation), at(NOW)).is_some())
        };
        let builder = Builder::new(Publisher::without_journal()).with_secret(secret());
        let mut snapshot = builder.first(configuration("", &[], at(NOW)), at(NOW)).unwrap();
        for (lines, expected) in [
            ("", [true, false]),
            ("bad = 1\nlink_generation = 2", [false, true]),
            ("gone", [false, true]),
            ("no TOML", [false, true]),
            ("bad = 1", [false, true]),
            ("gone", [false, true]),
            ("", [true, false]),
            ("gone", [true, false]),
        ] {
            let removed = if lines == "gone" { BTreeSet::from([team.clone()]) } else { BTreeSet::new() };
            snapshot = builder.reload(&snapshot, load(lines), removed, at(NOW)).written().unwrap();
            assert_eq!(valid(&snapshot), expected, "{lines}");
        }
    }

    #[test]
    fn revoked_links_stay_revoked_while_their_edit_waits_for_the_journal() {
        let team = TeamId::new("sample").unwrap();
        let secret = || Secret::of(b"0123456789abcdef0123456789abcdef");
        let load = |generation: u32| {
            let text = TEAM
                .replace("name = \"Sample\"", &format!("name = \"Sample\"\nlink_generation = {generation}"));
            configuration(
                "access = \"links\"\npublic_url = \"https://rota.example\"",
                &[("sample", &text)],
                at(NOW),
            )
        };
        let valid = |snapshot: &Snapshot| {
            let keyring = snapshot.keyring().unwrap();
            [1, 2].map(|generation| keyring.scope(&secret().team(1, &team, generation), at(NOW)).is_some())
        };
        let builder = Builder::new(Publisher::without_journal()).with_secret(secret());
        let first = builder.first(load(1), at(NOW)).unwrap();
        assert_eq!(valid(&first), [true, false]);
        let revoked = builder.revoke_links(&first, &Arc::new(load(2))).unwrap();
        assert_eq!(valid(&revoked), [false, true]);
        for now in [NOW, "2026-02-13T15:00:00Z"] {
            let renewed = builder.renew(&revoked, at(now)).written().unwrap();
            assert_eq!(valid(&renewed), [false, true], "{now}");
            // Whoever undoes the edit undoes what it revoked.
            let undone = builder.revoke_links(&renewed, &Arc::new(load(1))).unwrap();
            assert_eq!(valid(&undone), [true, false], "{now}");
        }
    }
}
