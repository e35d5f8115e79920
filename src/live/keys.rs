//! The keys of secret links to what is served.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::served_teams::ServedTeams;
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

/// The keys before.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) keys: &'a Arc<Keys>,
    /// The teams that alone may have other links than then, if that is known.
    pub(super) only: Option<&'a BTreeSet<TeamId>>,
}

impl Keys {
    /// The keys to `teams`, and to the teams of `configuration` and `removed` that these lack. Returns `known` if
    /// nothing changed, since each key is a hash that must be computed. Without a `secret` no key opens anything.
    pub(super) fn new(
        secret: Option<&Secret>,
        configuration: &Configuration,
        removed: &BTreeSet<TeamId>,
        teams: &ServedTeams,
        known: Option<Known<'_>>,
    ) -> Arc<Keys> {
        let generation = configuration.settings.link_generation;
        let has_team = |id: &TeamId| teams.get(id).is_some();
        let lacks_teams = configuration.broken.keys().chain(removed).any(|id| !has_team(id));
        let unserved = || {
            let broken = configuration.broken.iter().filter(|(id, _)| !has_team(id));
            broken.filter_map(|(id, broken)| Some((id, broken.links.as_ref()?)))
        };
        let earlier = known.map(|known| &**known.keys);
        let links = || teams.iter().map(|team| effective_links(team, configuration, earlier));
        if let Some(Known { keys: known, only }) = known
            && (known.generation, known.keyring.lacks_teams()) == (generation, lacks_teams)
            && match only {
                Some(only) => only.iter().all(|id| known.has_links_of(id, teams, configuration)),
                None => links().eq(known.links.iter().map(|(id, links)| (id, Cow::Borrowed(links)))),
            }
            && known.links.len() == teams.iter().len()
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

    /// Whether the team `id` has the links that these keys were made from.
    fn has_links_of(&self, id: &TeamId, teams: &ServedTeams, configuration: &Configuration) -> bool {
        let links = teams.get(id).map(|team| effective_links(team, configuration, Some(self)).1);
        links.as_deref() == self.links_of(id)
    }

    /// The links of the served team `id` that these keys were made from.
    fn links_of(&self, id: &TeamId) -> Option<&LinkGenerations> {
        let place = self.links.binary_search_by(|(known, _)| known.cmp(id)).ok()?;
        self.links.get(place).map(|(_, links)| links)
    }
}

/// The link generations that count for `team`. If its file has errors or is gone it is served as it was, but not to
/// those whose links were revoked in that file, or were no longer valid with the `earlier` keys.
fn effective_links<'t>(
    team: &'t TeamSnapshot,
    configuration: &'t Configuration,
    earlier: Option<&'t Keys>,
) -> (&'t TeamId, Cow<'t, LinkGenerations>) {
    let id = &team.team().id;
    if let Some(loaded) = configuration.teams.get(id) {
        return (id, Cow::Borrowed(&loaded.links));
    }
    let last = earlier.and_then(|keys| keys.links_of(id)).unwrap_or(&team.config().links);
    let edited = configuration.broken.get(id).and_then(|broken| broken.links.as_ref());
    (id, edited.map_or(Cow::Borrowed(last), |edited| Cow::Owned(last.raised_by(edited))))
}
