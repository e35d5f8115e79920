//! The paths below which the export is written: one if everybody may read, otherwise one for each key.

use crate::access::{SEGMENT, Scope};
use crate::config::BaseUrl;
use crate::feed::Feed;
use crate::live::Snapshot;
use crate::rota::{Instant, TeamId};

/// A path below which everything is that one kind of reader may read.
#[derive(Debug)]
pub(super) struct Place {
    /// What paths start with: empty, or `k/<key>/`.
    pub(super) prefix: String,
    /// The base of its addresses.
    pub(super) base: BaseUrl,
    scope: Scope,
}

impl Place {
    /// Whether its readers see all teams.
    pub(super) fn has_all(&self) -> bool {
        self.scope == Scope::Organisation
    }

    /// Whether its readers see anything of `team`.
    pub(super) fn has_team(&self, team: &TeamId) -> bool {
        match &self.scope {
            Scope::Organisation => true,
            Scope::Team(own) | Scope::Engineer(own, _) => own == team,
        }
    }

    /// Whether it has the team's part of the API. A person's folder has only feeds.
    pub(super) fn has_api(&self, team: &TeamId) -> bool {
        !matches!(self.scope, Scope::Engineer(..)) && self.has_team(team)
    }

    /// Whether it has this feed of `team`. A person's folder has that person's and those of the team.
    pub(super) fn has_feed(&self, team: &TeamId, feed: &Feed) -> bool {
        let is_theirs = match (&self.scope, feed) {
            (Scope::Engineer(_, engineer), Feed::Engineer(of)) => engineer == of,
            _ => true,
        };
        is_theirs && self.has_team(team)
    }
}

/// Every place at `now`.
pub(super) fn places(snapshot: &Snapshot, now: Instant) -> Vec<Place> {
    let public_url = &snapshot.configuration().settings.public_url;
    let Some(keyring) = snapshot.keyring() else {
        return vec![Place { prefix: String::new(), base: public_url.clone(), scope: Scope::Organisation }];
    };
    let keys = keyring.valid(now).into_iter();
    let place = |(key, scope): (String, &Scope)| {
        let below = format!("{SEGMENT}/{key}");
        Place { base: public_url.below(&below), prefix: format!("{below}/"), scope: scope.clone() }
    };
    keys.map(place).collect()
}
