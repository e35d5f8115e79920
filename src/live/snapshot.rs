//! All teams as they are served, immutable.

use std::sync::Arc;

use chrono::SubsecRound;

use crate::config::Configuration;
use crate::rota::{Instant, TeamId};

use super::team::TeamSnapshot;

/// What every request is answered from: a configuration, and its teams each in its current week.
#[derive(Debug)]
pub struct Snapshot {
    generation: u64,
    built_at: Instant,
    loaded_at: Instant,
    configuration: Arc<Configuration>,
    /// By id.
    teams: Vec<Arc<TeamSnapshot>>,
}

impl Snapshot {
    /// The first snapshot of `configuration`, loaded at `now`.
    pub fn new(configuration: Configuration, now: Instant) -> Snapshot {
        // What a feed tells, HTTP and iCalendar say in whole seconds.
        let now = now.trunc_subsecs(0);
        let settings = &configuration.settings;
        let configs = configuration.teams.values();
        let teams = configs
            .filter_map(|config| TeamSnapshot::new(Arc::clone(config), settings, now, now))
            .map(Arc::new)
            .collect();
        Snapshot {
            generation: 1,
            built_at: now,
            loaded_at: now,
            configuration: Arc::new(configuration),
            teams,
        }
    }

    /// The same configuration at `now`. Teams whose week is not over are shared, not built again.
    pub fn rolled(&self, now: Instant) -> Snapshot {
        let settings = &self.configuration.settings;
        let roll = |team: &Arc<TeamSnapshot>| match team.frame().week.end() <= now {
            true => team.rolled(settings, now).map(Arc::new),
            false => Some(Arc::clone(team)),
        };
        Snapshot {
            generation: self.generation + 1,
            built_at: now,
            loaded_at: self.loaded_at,
            configuration: Arc::clone(&self.configuration),
            teams: self.teams.iter().filter_map(roll).collect(),
        }
    }

    /// The first duty change at which this snapshot is no longer right; `None` with no team.
    pub fn valid_until(&self) -> Option<Instant> {
        self.teams.iter().map(|team| team.frame().week.end()).min()
    }

    /// Counts the snapshots of this process, from 1.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The instant that this snapshot was built for: its load, or its duty change.
    pub fn built_at(&self) -> Instant {
        self.built_at
    }

    /// When the configuration was loaded.
    pub fn loaded_at(&self) -> Instant {
        self.loaded_at
    }

    /// What the snapshot was made from.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The teams in service, by id.
    pub fn teams(&self) -> impl ExactSizeIterator<Item = &TeamSnapshot> {
        self.teams.iter().map(|team| &**team)
    }

    /// Whether `id` names a team that cannot be served.
    pub fn is_broken(&self, id: &str) -> bool {
        self.team(id).is_none()
            && TeamId::new(id).is_some_and(|id| self.configuration.broken.contains_key(&id))
    }

    /// The team called `id`, unless it is broken or there is none.
    pub fn team(&self, id: &str) -> Option<&TeamSnapshot> {
        let place = self.teams.binary_search_by(|team| team.team().id.as_str().cmp(id)).ok()?;
        self.teams.get(place).map(|team| &**team)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};

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
        let after = before.rolled(change);
        assert_eq!(after.valid_until(), Some(at("2026-02-13T17:00:00Z")));
        assert_eq!((before.generation(), after.generation()), (1, 2));
        assert!(!Arc::ptr_eq(&before.teams[0], &after.teams[0]), "the early team");
        assert!(Arc::ptr_eq(&before.teams[1], &after.teams[1]), "the late team");
    }

    #[test]
    fn times_are_whole_seconds() {
        assert_eq!(three_teams("2026-02-10T12:00:00.75Z").loaded_at(), at("2026-02-10T12:00:00Z"));
    }

    #[test]
    fn a_snapshot_without_teams_is_valid_for_ever() {
        let now = at("2026-02-10T12:00:00Z");
        assert_eq!(Snapshot::new(configuration("", &[], now), now).valid_until(), None);
    }
}
