//! The keys of secret links to what is served.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::team::TeamSnapshot;
use crate::access::{Keyring, Secret};
use crate::config::{Configuration, LinkGenerations};
use crate::rota::TeamId;

/// The keys to what is served, and what they were made from.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) keyring: Keyring,
    /// The `link_generation` of the organisation.
    generation: u32,
    /// Those of the teams and their engineers.
    links: Vec<(TeamId, LinkGenerations)>,
}

impl Keys {
    /// The keys to `teams` and to what they lack of `configuration` and `removed`: `known` if nothing about them changed,
    /// since each key is a hash that must be computed. Without a `secret` no key opens anything.
    pub(super) fn new(
        secret: Option<&Secret>,
        configuration: &Configuration,
        removed: &BTreeSet<TeamId>,
        teams: &[Arc<TeamSnapshot>],
        known: Option<&Arc<Keys>>,
    ) -> Arc<Keys> {
        let links = effective_links(teams, configuration);
        let generation = configuration.settings.link_generation;
        let mut unavailable = configuration.broken.keys().chain(removed);
        let lacks_teams =
            unavailable.any(|id| links.binary_search_by(|(team, _)| team.as_str().cmp(id.as_str())).is_err());
        if let Some(known) = known
            && (known.generation, &known.links, known.keyring.lacks_teams())
                == (generation, &links, lacks_teams)
        {
            return Arc::clone(known);
        }
        let teams = links.iter().map(|(id, links)| (id, links));
        let keyring = secret.map(|secret| Keyring::new(secret, generation, teams));
        let keyring = keyring.unwrap_or_default().lacking_teams(lacks_teams);
        Arc::new(Keys { keyring, generation, links })
    }
}

/// The link generations that count for each of `teams`. A team whose file has errors is served as it was, but not to
/// those whose links were revoked in that file.
fn effective_links(
    teams: &[Arc<TeamSnapshot>],
    configuration: &Configuration,
) -> Vec<(TeamId, LinkGenerations)> {
    let links = |team: &Arc<TeamSnapshot>| {
        let (id, own) = (&team.team().id, &team.config().links);
        let edited = configuration.broken.get(id).and_then(|broken| broken.links.as_ref());
        let links = match (configuration.teams.get(id), edited) {
            (Some(loaded), _) => loaded.links.clone(),
            (None, Some(edited)) => own.raised_by(edited),
            (None, None) => own.clone(),
        };
        (id.clone(), links)
    };
    teams.iter().map(links).collect()
}
