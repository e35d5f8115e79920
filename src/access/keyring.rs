//! All valid keys, each with what it gives access to.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::key::{Key, Scope};
use super::secret::Secret;
use crate::config::LinkGenerations;
use crate::rota::{Instant, TeamId};

/// Finds what a key gives access to. Timing does not reveal how many characters of a wrong key are right: the table
/// hashes with a random key of its own and compares in constant time.
#[derive(Clone, Default)]
pub struct Keyring {
    scopes: HashMap<Key, Grant>,
    lacks_teams: bool,
}

/// What a key gives access to, and until when.
#[derive(Clone)]
struct Grant {
    scope: Scope,
    ends: Option<Instant>,
}

impl Grant {
    fn is_valid(&self, now: Instant) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }
}

impl Keyring {
    /// The keys of the organisation, whose `link_generation` is `generation`, and of its teams.
    pub fn new<'t>(
        secret: &Secret,
        generation: u32,
        teams: impl Iterator<Item = (&'t TeamId, &'t LinkGenerations)>,
    ) -> Keyring {
        let for_good = |scope| Grant { scope, ends: None };
        let organisation = (secret.organisation(generation), for_good(Scope::Organisation));
        let mut scopes = HashMap::from([organisation]);
        for (team, generations) in teams {
            let key = secret.team(generation, team, generations.team);
            scopes.insert(key, for_good(Scope::Team(team.clone())));
            for link in &generations.engineers {
                let key = secret.engineer(generation, (team, generations.team), (&link.id, link.generation));
                let scope = Scope::Engineer(team.clone(), link.id.clone());
                scopes.insert(key, Grant { scope, ends: link.ends });
            }
        }
        Keyring { scopes, lacks_teams: false }
    }

    /// Records whether there are teams whose keys are unknown because their files have errors.
    #[must_use]
    pub fn lacking_teams(self, lacks_teams: bool) -> Keyring {
        Keyring { lacks_teams, ..self }
    }

    /// Whether an unknown key may belong to a team whose file has errors.
    pub fn lacks_teams(&self) -> bool {
        self.lacks_teams
    }

    /// What `key` gives access to at `now`.
    pub fn scope(&self, key: &Key, now: Instant) -> Option<&Scope> {
        self.scopes.get(key).filter(|grant| grant.is_valid(now)).map(|grant| &grant.scope)
    }

    /// Every key that is valid at `now`, as it is written in a link, with what it gives access to.
    pub fn valid(&self, now: Instant) -> BTreeMap<String, &Scope> {
        let valid = self.scopes.iter().filter(|(_, grant)| grant.is_valid(now));
        valid.map(|(key, grant)| (key.text(), &grant.scope)).collect()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring of {}", self.scopes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EngineerLink;
    use crate::rota::EngineerId;

    fn team(id: &str) -> TeamId {
        TeamId::new(id).unwrap()
    }

    fn engineer(id: &str) -> EngineerId {
        EngineerId::new(id).unwrap()
    }

    fn generations(team: u32, own: u32) -> LinkGenerations {
        let link = |id, generation| EngineerLink { id: engineer(id), generation, ends: None };
        LinkGenerations { team, engineers: vec![link("a", own), link("b", 1)] }
    }

    /// Keys of the organisation, of team x, of its engineers a and b, and of team y.
    fn keys(all: u32, of_x: &LinkGenerations) -> Vec<Key> {
        let secret = Secret::of(&[7; 32]);
        let x = team("x");
        let of = |place: usize| (&of_x.engineers[place].id, of_x.engineers[place].generation);
        vec![
            secret.organisation(all),
            secret.team(all, &x, of_x.team),
            secret.engineer(all, (&x, of_x.team), of(0)),
            secret.engineer(all, (&x, of_x.team), of(1)),
            secret.team(all, &team("y"), 1),
        ]
    }

    #[test]
    fn each_key_opens_its_own_scope() {
        let (x, y) = (generations(1, 1), LinkGenerations { team: 1, engineers: vec![] });
        let (x_id, y_id) = (team("x"), team("y"));
        let keyring = Keyring::new(&Secret::of(&[7; 32]), 1, [(&x_id, &x), (&y_id, &y)].into_iter());
        let scopes: Vec<_> =
            keys(1, &x).iter().map(|key| keyring.scope(key, Instant::UNIX_EPOCH).cloned()).collect();
        let expected = [
            Scope::Organisation,
            Scope::Team(team("x")),
            Scope::Engineer(team("x"), engineer("a")),
            Scope::Engineer(team("x"), engineer("b")),
            Scope::Team(team("y")),
        ];
        assert_eq!(scopes, expected.map(Some));
        let foreign = Secret::of(&[8; 32]).organisation(1);
        assert_eq!(keyring.scope(&foreign, Instant::UNIX_EPOCH), None);
    }

    #[test]
    fn a_generation_revokes_what_lies_below_it_and_nothing_else() {
        let before = keys(1, &generations(1, 1));
        for (all, x, changed) in [
            (2, generations(1, 1), [true, true, true, true, true]),
            (1, generations(2, 1), [false, true, true, true, false]),
            (1, generations(1, 2), [false, false, true, false, false]),
        ] {
            let after = keys(all, &x);
            let differ: Vec<bool> = before.iter().zip(&after).map(|(old, new)| old != new).collect();
            assert_eq!(differ, changed);
        }
    }

    #[test]
    fn the_key_of_an_engineer_opens_until_they_leave() {
        let ends: Instant = "2026-03-01T05:00:00Z".parse().unwrap();
        let mut links = generations(1, 1);
        links.engineers[0].ends = Some(ends);
        let x = team("x");
        let keyring = Keyring::new(&Secret::of(&[7; 32]), 1, [(&x, &links)].into_iter());
        let keys = keys(1, &links);
        let opens = |place: usize, now: Instant| keyring.scope(&keys[place], now).is_some();
        let second = chrono::TimeDelta::seconds(1);
        for (place, before, after) in [(0, true, true), (1, true, true), (2, true, false), (3, true, true)] {
            assert_eq!((opens(place, ends - second), opens(place, ends)), (before, after), "{place}");
        }
        let listed = |now| keyring.valid(now).into_keys().collect::<Vec<_>>();
        let mut all: Vec<String> = keys.iter().take(4).map(Key::text).collect();
        all.sort();
        assert_eq!(listed(ends - second), all);
        assert_eq!(listed(ends), all.into_iter().filter(|key| *key != keys[2].text()).collect::<Vec<_>>());
    }
}
