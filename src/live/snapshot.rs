//! All teams as they are served, immutable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::keys::Keys;
use super::served_teams::ServedTeams;
use super::team::TeamSnapshot;
use crate::access::Keyring;
use crate::config::Configuration;
use crate::rota::{Instant, TeamId};

/// What every request is answered from: a configuration, and its teams each in its current week.
#[derive(Debug)]
pub struct Snapshot {
    generation: u64,
    built_at: Instant,
    loaded_at: Instant,
    configuration: Arc<Configuration>,
    teams: ServedTeams,
    removed: BTreeSet<TeamId>,
    /// The teams that are served from an earlier state of their files, and since when.
    outdated: BTreeMap<TeamId, Instant>,
    /// `None` if everybody may read everything.
    keys: Option<Arc<Keys>>,
    /// What says which links there are: a newer configuration than the one in service while that waits for the journal.
    links: Arc<Configuration>,
}

impl Snapshot {
    /// A snapshot of `teams`, built at the first and loaded at the second of the times. It has no keyring yet, and no
    /// outdated teams.
    pub(super) fn assemble(
        generation: u64,
        (built_at, loaded_at): (Instant, Instant),
        configuration: Arc<Configuration>,
        teams: ServedTeams,
        removed: BTreeSet<TeamId>,
    ) -> Snapshot {
        let (outdated, links) = (BTreeMap::new(), Arc::clone(&configuration));
        Snapshot {
            generation,
            built_at,
            loaded_at,
            configuration,
            teams,
            removed,
            outdated,
            keys: None,
            links,
        }
    }

    /// With the keys to what is served, which follow from `links`.
    pub(super) fn with_keys(self, keys: Option<Arc<Keys>>, links: Arc<Configuration>) -> Snapshot {
        Snapshot { keys, links, ..self }
    }

    /// The next snapshot, which differs only in its keys: those that follow from `links`.
    pub(super) fn with_other_keys(&self, keys: Arc<Keys>, links: Arc<Configuration>) -> Snapshot {
        Snapshot {
            generation: self.generation + 1,
            built_at: self.built_at,
            loaded_at: self.loaded_at,
            configuration: Arc::clone(&self.configuration),
            teams: self.teams.next(),
            removed: self.removed.clone(),
            outdated: self.outdated.clone(),
            keys: Some(keys),
            links,
        }
    }

    /// Notes which teams are outdated; those that were so in `previous` have been since then.
    pub(super) fn with_outdated_teams(self, previous: Option<&Snapshot>) -> Snapshot {
        let with_errors = self.configuration.outdated_teams();
        let ids: BTreeSet<&TeamId> =
            with_errors.chain(&self.removed).filter(|id| self.team(id.as_str()).is_some()).collect();
        let since = |id: &TeamId| {
            let before = previous.and_then(|previous| previous.outdated_since(id));
            (id.clone(), before.unwrap_or(self.loaded_at))
        };
        let outdated = ids.into_iter().map(since).collect();
        Snapshot { outdated, ..self }
    }

    /// The teams that are not shared with `before`, each with its previous state, by id.
    pub(super) fn changed_since<'s>(
        &'s self,
        before: &'s Snapshot,
    ) -> Vec<(Option<&'s TeamSnapshot>, &'s TeamSnapshot)> {
        self.teams.changed_since(&before.teams)
    }

    /// Computes ahead what was in use of `before`, so that no request waits for it, and calls `prepare` with the old
    /// and the new state of each team that changed.
    pub(super) fn prepare_like(&self, before: &Snapshot, prepare: impl Fn(&TeamSnapshot, &TeamSnapshot)) {
        for (before, team) in self.changed_since(before) {
            if let Some(before) = before {
                team.prepare_like(before);
                prepare(before, team);
            }
        }
    }

    /// The first duty change, at which this snapshot is no longer right; `None` without teams.
    pub fn valid_until(&self) -> Option<Instant> {
        self.teams.valid_until()
    }

    /// The time from which this snapshot is right: before it some team is still in an earlier week. `None` without
    /// teams, and if each team is in the first week of its rota.
    pub fn valid_from(&self) -> Option<Instant> {
        self.teams.valid_from()
    }

    /// Counts the snapshots of this process, from 1.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The instant for which this snapshot was built: its load, or its duty change.
    pub fn built_at(&self) -> Instant {
        self.built_at
    }

    /// When the configuration was loaded.
    pub fn loaded_at(&self) -> Instant {
        self.loaded_at
    }

    /// What the snapshot was made from. Teams with errors in it may be in service as they were before.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    pub(super) fn shared_configuration(&self) -> &Arc<Configuration> {
        &self.configuration
    }

    /// The teams in service, by id.
    pub fn teams(&self) -> impl ExactSizeIterator<Item = &TeamSnapshot> {
        self.teams.iter().map(|team| &**team)
    }

    /// Whether `id` names a team that cannot be served now: its file has errors, or is gone for less than five minutes.
    pub fn is_broken(&self, id: &str) -> bool {
        let is_known = |id: TeamId| self.configuration.broken.contains_key(&id) || self.removed.contains(&id);
        self.team(id).is_none() && TeamId::new(id).is_some_and(is_known)
    }

    /// The teams that are not served because their files have errors.
    pub fn broken_teams(&self) -> impl Iterator<Item = &TeamId> {
        self.configuration.broken.keys().filter(|id| self.is_broken(id.as_str()))
    }

    /// Whether the team, or a calendar that it uses, is served from an earlier state of its files, since they have
    /// errors or are gone.
    pub fn is_outdated(&self, id: &TeamId) -> bool {
        self.outdated.contains_key(id)
    }

    /// The load since which a team has been outdated; `None` for one that is current.
    pub fn outdated_since(&self, id: &TeamId) -> Option<Instant> {
        self.outdated.get(id).copied()
    }

    /// The teams whose files have been gone for less than five minutes. They are still served, except those that were
    /// gone at the start: only the journal knows them.
    pub fn removed(&self) -> &BTreeSet<TeamId> {
        &self.removed
    }

    /// The keys to what is served; `None` if everybody may read it.
    pub fn keyring(&self) -> Option<&Keyring> {
        self.keys.as_ref().map(|keys| &keys.keyring)
    }

    /// The keys to teams that have errors and are not served, as far as their files say, and to the organisation;
    /// `None` if everybody may read it.
    pub fn unserved_keyring(&self) -> Option<&Keyring> {
        self.keys.as_ref().map(|keys| &keys.unserved)
    }

    pub(super) fn shared_keys(&self) -> Option<&Arc<Keys>> {
        self.keys.as_ref()
    }

    /// The configuration that says which links there are.
    pub(super) fn links(&self) -> &Arc<Configuration> {
        &self.links
    }

    /// The teams of which another server published a newer configuration than this one has.
    pub fn older_teams(&self) -> impl Iterator<Item = &TeamId> {
        self.teams.older().iter()
    }

    /// The teams of which the journal could not be read, with whether a newer oncal wrote it. If it was damaged, this
    /// lasts until a check of the journal after the new one was written.
    pub fn unreadable_teams(&self) -> impl Iterator<Item = (&TeamId, bool)> {
        self.teams.unreadable().iter().map(|(id, is_newer)| (id, *is_newer))
    }

    /// Whether the revisions of any team are not in the journal yet.
    pub fn has_provisional_teams(&self) -> bool {
        !self.teams.provisional().is_empty()
    }

    /// The teams whose revisions are not in the journal yet.
    pub fn provisional_teams(&self) -> impl Iterator<Item = &TeamId> {
        self.teams.provisional().iter()
    }

    /// The team `id`, if it is in service.
    pub fn team(&self, id: &str) -> Option<&TeamSnapshot> {
        self.shared_team(id).map(|team| &**team)
    }

    pub(super) fn shared_team(&self, id: &str) -> Option<&Arc<TeamSnapshot>> {
        self.teams.named(id)
    }

    pub(super) fn served_teams(&self) -> &ServedTeams {
        &self.teams
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Builder;
    use crate::live::sample::{TEAM, at, configuration};
    use crate::publish::Publisher;

    fn three_teams(now: &str) -> Snapshot {
        let later = TEAM.replace("T10:00:00", "T12:00:00");
        let teams = [("early", TEAM), ("late", &*later), ("lost", "name = 1")];
        Snapshot::new(configuration("", &teams, at(now)), at(now))
    }

    #[test]
    fn a_team_is_in_service_broken_or_unknown() {
        let snapshot = three_teams("2026-02-10T12:00:00Z");
        let ids: Vec<_> = snapshot.teams().map(|team| team.team().id.as_str()).collect();
        assert_eq!(ids, ["early", "late"]);
        for (id, in_service, broken) in [
            ("early", true, false),
            ("late", true, false),
            ("lost", false, true),
            ("none", false, false),
            ("", false, false),
            ("Early", false, false),
        ] {
            assert_eq!((snapshot.team(id).is_some(), snapshot.is_broken(id)), (in_service, broken), "{id}");
        }
    }

    #[test]
    fn a_duty_change_rolls_the_teams_it_concerns_and_shares_the_others() {
        let before = three_teams("2026-02-10T12:00:00Z");
        let change = at("2026-02-13T15:00:00Z");
        assert_eq!(before.valid_until(), Some(change));
        let after = Builder::new(Publisher::without_journal()).renew(&before, change).written().unwrap();
        assert_eq!(after.valid_until(), Some(at("2026-02-13T17:00:00Z")));
        assert_eq!((before.generation(), after.generation()), (1, 2));
        let is_shared = |id| Arc::ptr_eq(before.shared_team(id).unwrap(), after.shared_team(id).unwrap());
        assert_eq!((is_shared("early"), is_shared("late")), (false, true));
    }

    #[test]
    fn a_team_is_outdated_since_the_first_load_that_had_errors() {
        let mut snapshot = three_teams("2026-02-10T12:00:00Z");
        let early = TeamId::new("early").unwrap();
        for (hour, text, since) in [
            ("2026-02-10T13:00:00Z", "name = 1", Some("2026-02-10T13:00:00Z")),
            ("2026-02-10T14:00:00Z", "name = 2", Some("2026-02-10T13:00:00Z")),
            ("2026-02-10T15:00:00Z", TEAM, None),
            ("2026-02-10T16:00:00Z", "name = 1", Some("2026-02-10T16:00:00Z")),
        ] {
            let configuration = Arc::new(configuration("", &[("early", text)], at(hour)));
            let builder = Builder::new(Publisher::without_journal());
            let next = builder.reload(&snapshot, configuration, BTreeSet::new(), at(hour)).written();
            snapshot = next.unwrap();
            assert_eq!(snapshot.outdated_since(&early), since.map(at), "{hour}");
        }
    }

    #[test]
    fn times_are_whole_seconds() {
        assert_eq!(three_teams("2026-02-10T12:00:00.75Z").loaded_at(), at("2026-02-10T12:00:00Z"));
    }

    #[test]
    fn a_snapshot_without_teams_never_expires() {
        let now = at("2026-02-10T12:00:00Z");
        assert_eq!(Snapshot::new(configuration("", &[], now), now).valid_until(), None);
    }
}
