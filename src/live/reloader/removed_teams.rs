//! Teams whose files are gone. They stay in service for a while, since editors and deployments remove files and put
//! them back, and calendar clients drop a calendar that is not found.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant as Moment};

use crate::config::Configuration;
use crate::live::snapshot::Snapshot;
use crate::rota::TeamId;

/// How long a team stays in service after its file is gone.
const GRACE: Duration = Duration::from_secs(300);

/// The teams whose files are gone, and since when.
#[derive(Debug, Default)]
pub(super) struct RemovedTeams(BTreeMap<TeamId, Moment>);

impl RemovedTeams {
    /// The teams of the first snapshot that only the journal knows.
    pub(super) fn at_start(first: &Snapshot, now: Moment) -> RemovedTeams {
        let warn = |team: &TeamId| {
            let grace_seconds = GRACE.as_secs();
            tracing::warn!(
                %team,
                grace_seconds,
                "this team was published before, and its file is missing: its calendars answer 503, and 404 once this \
                 time is over; nothing has to be done if the team was removed on purpose"
            );
        };
        RemovedTeams(first.removed().iter().inspect(|team| warn(team)).map(|id| (id.clone(), now)).collect())
    }

    /// The teams that are gone from `loaded`, were in `current` and may still return; and how many of them are newly
    /// gone.
    pub(super) fn update(
        &mut self,
        current: &Snapshot,
        loaded: &Configuration,
        now: Moment,
    ) -> (BTreeSet<TeamId>, usize) {
        let before = current.configuration();
        // With thousands of teams this is nearly always so, and quickly checked: if only teams with files were read,
        // none of the others is missing.
        if self.0.is_empty()
            && current.removed().is_empty()
            && (loaded.reread_since(before).is_some()
                || before.teams.keys().eq(loaded.teams.keys())
                    && before.broken.keys().eq(loaded.broken.keys()))
        {
            return (BTreeSet::new(), 0);
        }
        let served = current.teams().map(|team| &team.team().id);
        let missing: BTreeSet<TeamId> = served
            .chain(current.removed())
            .filter(|id| !loaded.teams.contains_key(id) && !loaded.broken.contains_key(*id))
            .cloned()
            .collect();
        self.0.retain(|id, _| missing.contains(id));
        let before = self.0.len();
        for id in missing {
            self.0.entry(id).or_insert_with_key(|team| {
                tracing::warn!(
                    %team,
                    grace_seconds = GRACE.as_secs(),
                    "the team's file is gone: the team is served until this time is over, then its calendars answer \
                     404; nothing has to be done if it was removed on purpose"
                );
                now
            });
        }
        let in_grace = self.0.iter().filter(|(_, since)| now.saturating_duration_since(**since) < GRACE);
        (in_grace.map(|(id, _)| id.clone()).collect(), self.0.len() - before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};

    #[test]
    fn a_team_whose_file_is_gone_is_given_five_minutes_to_return() {
        let now = at("2026-02-10T12:00:00Z");
        let both = || configuration("", &[("one", TEAM), ("other", TEAM)], now);
        let one = configuration("", &[("one", TEAM)], now);
        let snapshot = Snapshot::new(both(), now);
        let (mut removed, start) = (RemovedTeams::default(), Moment::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let other = BTreeSet::from([TeamId::new("other").unwrap()]);
        assert_eq!(removed.update(&snapshot, &one, start), (other.clone(), 1));
        assert_eq!(removed.update(&snapshot, &one, after(299)), (other.clone(), 0), "counted once");
        assert_eq!(removed.update(&snapshot, &one, after(300)), (BTreeSet::new(), 0));
        assert_eq!(removed.update(&snapshot, &both(), after(301)), (BTreeSet::new(), 0));
        assert_eq!(removed.update(&snapshot, &one, after(302)), (other, 1), "it was back");
    }
}
