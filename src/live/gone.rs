//! Teams whose files went: served on for a while, since editors and deployments take files away and put them back, and
//! calendar clients drop a calendar that is not found.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant as Moment};

use super::snapshot::Snapshot;
use crate::config::Configuration;
use crate::rota::TeamId;

/// How long a team is served on after its file went.
const GRACE: Duration = Duration::from_secs(300);

/// Since when each of them has been gone.
#[derive(Debug, Default)]
pub(super) struct Gone(BTreeMap<TeamId, Moment>);

impl Gone {
    /// The teams in service that `read` does not have any more, but for those that have been gone for long.
    pub(super) fn still_served(&mut self, current: &Snapshot, read: &Configuration) -> BTreeSet<TeamId> {
        let missing: BTreeSet<TeamId> = current
            .teams()
            .map(|team| &team.team().id)
            .filter(|id| !read.teams.contains_key(id) && !read.broken.contains_key(id))
            .cloned()
            .collect();
        self.0.retain(|id, _| missing.contains(id));
        for id in missing {
            self.0.entry(id).or_insert_with_key(|team| {
                tracing::warn!(%team, grace_seconds = GRACE.as_secs(), "the team's file is gone");
                Moment::now()
            });
        }
        let waits = self.0.iter().filter(|(_, since)| since.elapsed() < GRACE);
        waits.map(|(id, _)| id.clone()).collect()
    }
}
