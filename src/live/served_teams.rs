//! The teams of a snapshot, with what is asked of all of them again and again. There may be thousands: the teams of the
//! next snapshot share all that stays the same, and know which do not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::team::TeamSnapshot;
use crate::publish::JournalState;
use crate::rota::{Instant, TeamId};
use crate::team_map::TeamMap;

/// The teams in service.
#[derive(Debug)]
pub(super) struct ServedTeams {
    by_id: TeamMap<Arc<TeamSnapshot>>,
    /// How many teams are in a week that began then. A few instants, since most teams change duty at the same time.
    starts: BTreeMap<Instant, usize>,
    /// How many teams are in a week that ends then.
    ends: BTreeMap<Instant, usize>,
    provisional: BTreeSet<TeamId>,
    older: BTreeSet<TeamId>,
    /// With whether a newer oncal wrote the journal.
    unreadable: BTreeMap<TeamId, bool>,
    /// Tells these teams from all others of this process.
    serial: u64,
    /// The number of the teams that these were made from, and which differ from those.
    changed: Option<(u64, BTreeSet<TeamId>)>,
}

static NEXT_SERIAL: AtomicU64 = AtomicU64::new(0);

impl ServedTeams {
    /// No teams yet.
    pub(super) fn none() -> ServedTeams {
        ServedTeams {
            by_id: TeamMap::default(),
            starts: BTreeMap::new(),
            ends: BTreeMap::new(),
            provisional: BTreeSet::new(),
            older: BTreeSet::new(),
            unreadable: BTreeMap::new(),
            serial: NEXT_SERIAL.fetch_add(1, Ordering::Relaxed),
            changed: None,
        }
    }

    /// The teams of the next snapshot, for now the same.
    pub(super) fn next(&self) -> ServedTeams {
        ServedTeams {
            by_id: self.by_id.clone(),
            starts: self.starts.clone(),
            ends: self.ends.clone(),
            provisional: self.provisional.clone(),
            older: self.older.clone(),
            unreadable: self.unreadable.clone(),
            serial: NEXT_SERIAL.fetch_add(1, Ordering::Relaxed),
            changed: Some((self.serial, BTreeSet::new())),
        }
    }

    /// Puts `team` in service, in place of what it was.
    pub(super) fn put(&mut self, team: Arc<TeamSnapshot>) {
        let id = team.team().id.clone();
        self.remove(&id);
        if let Some(from) = team.valid_from() {
            *self.starts.entry(from).or_default() += 1;
        }
        *self.ends.entry(team.frame().week.end()).or_default() += 1;
        let state = team.journal_state();
        match state {
            JournalState::Provisional => drop(self.provisional.insert(id.clone())),
            JournalState::Older => drop(self.older.insert(id.clone())),
            JournalState::Written | JournalState::Newer => {}
        }
        if state == JournalState::Newer || team.published().is_rebuilt {
            self.unreadable.insert(id.clone(), state == JournalState::Newer);
        }
        self.by_id.insert(id, team);
    }

    /// Takes the team `id` out of service.
    pub(super) fn remove(&mut self, id: &TeamId) {
        if let Some((_, changed)) = &mut self.changed {
            changed.insert(id.clone());
        }
        let Some(team) = self.by_id.remove(id) else { return };
        if let Some(from) = team.valid_from() {
            count_down(&mut self.starts, from);
        }
        count_down(&mut self.ends, team.frame().week.end());
        self.provisional.remove(id);
        self.older.remove(id);
        self.unreadable.remove(id);
    }

    /// The team `id`.
    pub(super) fn get(&self, id: &TeamId) -> Option<&Arc<TeamSnapshot>> {
        self.by_id.get(id)
    }

    /// The team whose id is `text`.
    pub(super) fn named(&self, text: &str) -> Option<&Arc<TeamSnapshot>> {
        self.by_id.named(text)
    }

    /// All teams, by id.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<TeamSnapshot>> {
        self.by_id.iter().map(|(_, team)| team)
    }

    /// See [`Snapshot::valid_from`](super::snapshot::Snapshot::valid_from).
    pub(super) fn valid_from(&self) -> Option<Instant> {
        self.starts.last_key_value().map(|(from, _)| *from)
    }

    /// See [`Snapshot::valid_until`](super::snapshot::Snapshot::valid_until).
    pub(super) fn valid_until(&self) -> Option<Instant> {
        self.ends.first_key_value().map(|(until, _)| *until)
    }

    /// The teams whose revisions are not in the journal yet, by id.
    pub(super) fn provisional(&self) -> &BTreeSet<TeamId> {
        &self.provisional
    }

    /// The teams of which another server published a newer configuration, by id.
    pub(super) fn older(&self) -> &BTreeSet<TeamId> {
        &self.older
    }

    /// The teams of which the journal could not be read, with whether a newer oncal wrote it.
    pub(super) fn unreadable(&self) -> &BTreeMap<TeamId, bool> {
        &self.unreadable
    }

    /// The teams that are not shared with `before`, each with what it was there, by id.
    pub(super) fn changed_since<'s>(
        &'s self,
        before: &'s ServedTeams,
    ) -> Vec<(Option<&'s TeamSnapshot>, &'s TeamSnapshot)> {
        let changed = |id: &TeamId| {
            let (old, new) = (before.get(id), self.get(id)?);
            let is_shared = old.is_some_and(|old| Arc::ptr_eq(old, new));
            (!is_shared).then(|| (old.map(|old| &**old), &**new))
        };
        match &self.changed {
            Some((serial, ids)) if *serial == before.serial => ids.iter().filter_map(changed).collect(),
            _ => self.by_id.keys().filter_map(changed).collect(),
        }
    }
}

fn count_down(counts: &mut BTreeMap<Instant, usize>, instant: Instant) {
    if let Some(count) = counts.get_mut(&instant) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&instant);
        }
    }
}
