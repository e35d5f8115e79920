//! Values by team. A copy shares all of them with its original and then differs in what changes alone, so that a change
//! of one team costs the same however many there are.

use std::ops::Index;

use rpds::RedBlackTreeMapSync;

use crate::rota::TeamId;

/// Values by team, in order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMap<T>(RedBlackTreeMapSync<TeamId, T>);

impl<T> TeamMap<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.size()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the team `id`.
    pub fn get(&self, id: &TeamId) -> Option<&T> {
        self.0.get(id)
    }

    /// The value of the team whose id is `text`.
    pub fn named(&self, text: &str) -> Option<&T> {
        self.0.get(text)
    }

    /// Whether the team `id` has a value.
    pub fn contains_key(&self, id: &TeamId) -> bool {
        self.0.contains_key(id)
    }

    /// Each team with its value, in order of id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&TeamId, &T)> {
        self.0.iter()
    }

    /// The teams, in order of id.
    pub fn keys(&self) -> impl Iterator<Item = &TeamId> {
        self.0.keys()
    }

    /// The values, in order of their teams' ids.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }

    /// Gives the team `id` this value.
    pub fn insert(&mut self, id: TeamId, value: T) {
        self.0.insert_mut(id, value);
    }
}

impl<T: Clone> TeamMap<T> {
    /// Takes away the value of the team `id`.
    pub fn remove(&mut self, id: &TeamId) -> Option<T> {
        let value = self.0.get(id).cloned()?;
        self.0.remove_mut(id);
        Some(value)
    }

    /// Keeps the values that `is_kept` says alone.
    pub fn retain(&mut self, is_kept: impl Fn(&TeamId, &T) -> bool) {
        let others = self.iter().filter(|(id, value)| !is_kept(id, value)).map(|(id, _)| id.clone());
        let others: Vec<TeamId> = others.collect();
        for id in others {
            self.remove(&id);
        }
    }
}

impl<T> Default for TeamMap<T> {
    fn default() -> TeamMap<T> {
        TeamMap(RedBlackTreeMapSync::new_sync())
    }
}

/// Of a team that has a value.
impl<T> Index<&TeamId> for TeamMap<T> {
    type Output = T;

    fn index(&self, id: &TeamId) -> &T {
        &self.0[id]
    }
}

impl<T> Extend<(TeamId, T)> for TeamMap<T> {
    fn extend<I: IntoIterator<Item = (TeamId, T)>>(&mut self, values: I) {
        for (id, value) in values {
            self.insert(id, value);
        }
    }
}

impl<T> FromIterator<(TeamId, T)> for TeamMap<T> {
    fn from_iter<I: IntoIterator<Item = (TeamId, T)>>(values: I) -> TeamMap<T> {
        let mut map = TeamMap::default();
        map.extend(values);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_changes_alone_and_both_are_in_order_of_id() {
        let id = |text: &str| TeamId::new(text).unwrap();
        let map: TeamMap<u32> =
            [("b", 2), ("c", 3), ("a", 1)].map(|(text, n)| (id(text), n)).into_iter().collect();
        let mut copy = map.clone();
        copy.insert(id("b"), 20);
        assert_eq!((copy.remove(&id("a")), copy.remove(&id("a"))), (Some(1), None));
        let list = |map: &TeamMap<u32>| map.iter().map(|(id, n)| format!("{id}{n}")).collect::<Vec<_>>();
        assert_eq!(
            (list(&map), list(&copy)),
            (vec!["a1".into(), "b2".into(), "c3".into()], vec!["b20".into(), "c3".into()])
        );
        assert_eq!((map.len(), copy.named("c"), copy.named("C")), (3, Some(&3), None));
    }
}
