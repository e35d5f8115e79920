//! The keys of secret links to what is served.

use std::borrow::Cow;
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
    /// The keys to teams that have errors and are not served, as far as their files say.
    pub(super) unserved: Keyring,
    /// What `unserved` was made from.
    unserved_links: Vec<(TeamId, LinkGenerations)>,
}

impl Keys {
    /// The keys to `teams`, and to the teams of `configuration` and `removed` that these lack. Returns `known` if
    /// nothing changed, since each key is a hash that must be computed. Without a `secret` no key opens anything.
    pub(super) fn new(
        secret: Option<&Secret>,
        configuration: &Configuration,
        removed: &BTreeSet<TeamId>,
        teams: &[Arc<TeamSnapshot>],
        known: Option<&Arc<Keys>>,
    ) -> Arc<Keys> {
        let generation = configuration.settings.link_generation;
        let has_team = |id: &TeamId| teams.binary_search_by(|team| team.team().id.cmp(id)).is_ok();
        let lacks_teams = configuration.broken.keys().chain(removed).any(|id| !has_team(id));
        let unserved = || {
            let broken = configuration.broken.iter().filter(|(id, _)| !has_team(id));
            broken.filter_map(|(id, broken)| Some((id, broken.links.as_ref()?)))
        };
        let links = || teams.iter().map(|team| effective_links(team, configuration));
        if let Some(known) = known
            && (known.generation, known.keyring.lacks_teams()) == (generation, lacks_teams)
            && links().eq(known.links.iter().map(|(id, links)| (id, Cow::Borrowed(links))))
            && unserved().eq(known.unserved_links.iter().map(|(id, links)| (id, links)))
        {
            return Arc::clone(known);
        }
        let links: Vec<_> = links().map(|(id, links)| (id.clone(), links.into_owned())).collect();
        let teams = links.iter().map(|(id, links)| (id, links));
        let keyring = secret.map(|secret| Keyring::new(secret, generation, teams));
        let keyring = keyring.unwrap_or_default().lacking_teams(lacks_teams);
        let unserved_links: Vec<_> = unserved().map(|(id, links)| (id.clone(), links.clone())).collect();
        let unserved = unserved_links.iter().map(|(id, links)| (id, links));
        let unserved = secret.map(|secret| Keyring::new(secret, generation, unserved)).unwrap_or_default();
        Arc::new(Keys { keyring, generation, links, unserved, unserved_links })
    }
}

/// The link generations that count for `team`. If its file has errors it is served as it was, but not to those whose links
/// were revoked in that file.
fn effective_links<'t>(
    team: &'t TeamSnapshot,
    configuration: &'t Configuration,
) -> (&'t TeamId, Cow<'t, LinkGenerations>) {
    let (id, own) = (&team.team().id, &team.config().links);
    let edited = configuration.broken.get(id).and_then(|broken| broken.links.as_ref());
    let links = match (configuration.teams.get(id), edited) {
        (Some(loaded), _) => Cow::Borrowed(&loaded.links),
        (None, Some(edited)) => Cow::Owned(own.raised_by(edited)),
        (None, None) => Cow::Borrowed(own),
    };
    (id, links)
}
