//! Teams whose files are gone. They stay in service for a while, since editors and deployments remove files and put them
//! back, and calendar clients drop a calendar that is not found.

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
    /// The teams of `current` that `loaded` does not have any more and that stay in service for now.
    pub(super) fn still_served(&mut self, current: &Snapshot, loaded: &Configuration) -> BTreeSet<TeamId> {
        let missing: BTreeSet<TeamId> = current
            .teams()
            .map(|team| &team.team().id)
            .filter(|id| !loaded.teams.contains_key(id) && !loaded.broken.contains_key(id))
            .cloned()
            .collect();
        self.0.retain(|id, _| missing.contains(id));
        for id in missing {
            self.0.entry(id).or_insert_with_key(|team| {
                tracing::warn!(%team, grace_seconds = GRACE.as_secs(), "the team's file is gone");
                Moment::now()
            });
        }
        let in_grace = self.0.iter().filter(|(_, since)| since.elapsed() < GRACE);
        in_grace.map(|(id, _)| id.clone()).collect()
    }
}
