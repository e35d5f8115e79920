//! What the recipients of notices know already. The journal keeps it as JSON.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveTime, TimeDelta, Weekday};
use serde::{Deserialize, Serialize};

use crate::rota::{EngineerId, Holding, Instant, Period, Role, Side, Team};

/// How long shifts and conflicts are remembered after their end. A clock that was ahead for a while must not make them
/// new once it is right again.
const REMEMBERED: TimeDelta = TimeDelta::weeks(8);

/// What the recipients of a team's notices know already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notified {
    /// How many batches of messages there were. Part of their keys.
    pub(super) batches: u64,
    /// The confirmed shifts that were last reported, by engineer.
    pub(super) duty: BTreeMap<String, KnownDuty>,
    /// The conflicts that were reported and are not closed.
    pub(super) conflicts: Vec<KnownConflict>,
    /// Whether the team had an address or a webhook.
    pub(super) has_team: bool,
    /// The last digest time that was handled.
    pub(super) digest: Option<Instant>,
    /// The day and time of digests that were configured then.
    #[serde(default)]
    pub(super) digest_terms: Option<(Weekday, NaiveTime)>,
    /// When a change was last reported.
    #[serde(default)]
    pub(super) reported: Option<Instant>,
}

/// The confirmed shifts of one engineer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownDuty {
    /// What to call the engineer, who may leave the file.
    #[serde(default)]
    pub(super) name: String,
    /// The end of what is known.
    pub(super) until: Instant,
    /// Whether the engineer had an address then.
    pub(super) has_address: bool,
    pub(super) primary: Vec<(Instant, Instant)>,
    pub(super) secondary: Vec<(Instant, Instant)>,
}

/// A conflict as it was last reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownConflict {
    pub(super) start: Instant,
    pub(super) end: Instant,
    /// The pair of its week.
    pub(super) pair: [String; 2],
    /// Who was proposed as primary.
    pub(super) proposed: String,
    /// The status of the proposal: `proposed`, `needs-volunteer` or `nobody`.
    pub(super) status: String,
    /// The names of the absences.
    pub(super) reasons: Vec<String>,
    /// The last stage that was reported.
    pub(super) stage: Stage,
}

/// How urgently a conflict must be agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Stage {
    /// There is time.
    Open,
    /// Seven days before the deadline.
    Week,
    /// Two days before the deadline.
    TwoDays,
    /// After the deadline.
    Overdue,
}

impl Notified {
    /// From the journal; `None` if this version cannot read it.
    pub fn read(json: &str) -> Option<Notified> {
        serde_json::from_str(json).ok()
    }

    /// For the journal.
    pub fn json(&self) -> String {
        // Strings, numbers and times can always be written as JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Keeps in mind that the team had an address, although this server may know of none: another one may.
    pub fn keep_team_of(&mut self, before: &Notified) {
        self.has_team |= before.has_team;
    }

    /// Forgets what ended long before `now`, and whoever is not in `team` any more once nothing of theirs is left.
    pub(super) fn forget(&mut self, team: &Team, now: Instant) {
        let old = now - REMEMBERED;
        self.conflicts.retain(|conflict| old < conflict.end);
        self.duty.values_mut().for_each(|duty| duty.forget_before(old));
        let proposed: BTreeSet<&str> = self.conflicts.iter().map(|known| known.proposed.as_str()).collect();
        let is_needed = |id: &str, duty: &KnownDuty| {
            !duty.primary.is_empty() || !duty.secondary.is_empty() || proposed.contains(id)
        };
        self.duty.retain(|id, duty| team.index_of(id).is_some() || is_needed(id, duty));
    }
}

/// Nothing is known, of an engineer without an address.
impl Default for KnownDuty {
    fn default() -> KnownDuty {
        let (name, until) = (String::new(), Instant::MIN_UTC);
        KnownDuty { name, until, has_address: false, primary: Vec::new(), secondary: Vec::new() }
    }
}

impl KnownDuty {
    fn shifts(&mut self, role: Role) -> &mut Vec<(Instant, Instant)> {
        match role {
            Role::Primary => &mut self.primary,
            Role::Secondary => &mut self.secondary,
        }
    }

    /// The shifts as holdings of `engineer`.
    pub(super) fn holdings(&self, engineer: &EngineerId) -> Vec<Holding> {
        let of = |role, shifts: &[(Instant, Instant)]| -> Vec<Holding> {
            let side = || Side { engineer: engineer.clone(), tentative: false, reason: None };
            let period = |(start, end): &(Instant, Instant)| Period::new(*start, *end);
            shifts.iter().filter_map(period).map(|period| Holding { role, period, side: side() }).collect()
        };
        [of(Role::Primary, &self.primary), of(Role::Secondary, &self.secondary)].concat()
    }

    /// Records whether the engineer holds `role` throughout `period`.
    pub(super) fn set(&mut self, role: Role, period: Period, holds: bool) {
        let (start, end) = (period.start(), period.end());
        let shifts = self.shifts(role);
        let rest = |(from, to): (Instant, Instant)| {
            [(from, to.min(start)), (from.max(end), to)].into_iter().filter(|(from, to)| from < to)
        };
        *shifts = std::mem::take(shifts).into_iter().flat_map(rest).collect();
        shifts.extend(holds.then_some((start, end)));
        shifts.sort();
    }

    /// Forgets what had ended by `instant`.
    fn forget_before(&mut self, instant: Instant) {
        for role in Role::ALL {
            self.shifts(role).retain(|(_, end)| instant < *end);
        }
    }
}

impl KnownConflict {
    pub(super) fn period(&self) -> Option<Period> {
        Period::new(self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32) -> Instant {
        format!("2026-01-01T{hour:02}:00:00Z").parse().unwrap()
    }

    #[test]
    fn a_part_of_a_shift_can_be_taken_out_and_put_back() {
        let period = |from, to| Period::new(at(from), at(to)).unwrap();
        let mut duty = KnownDuty {
            name: "Ann".to_owned(),
            until: at(23),
            has_address: true,
            primary: vec![(at(2), at(10))],
            secondary: Vec::new(),
        };
        duty.set(Role::Primary, period(4, 6), false);
        assert_eq!(duty.primary, [(at(2), at(4)), (at(6), at(10))]);
        duty.set(Role::Primary, period(3, 7), true);
        assert_eq!(duty.primary, [(at(2), at(3)), (at(3), at(7)), (at(7), at(10))]);
        duty.set(Role::Secondary, period(1, 2), true);
        duty.forget_before(at(3));
        assert_eq!((duty.primary.len(), duty.secondary.len()), (2, 0));
        let notified = Notified { duty: BTreeMap::from([("a".to_owned(), duty)]), ..Notified::default() };
        assert_eq!(Notified::read(&notified.json()), Some(notified));
    }
}
