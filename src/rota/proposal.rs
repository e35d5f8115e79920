//! R6: who should take a conflict, and the figures that explain the choice.

use super::absence::Absences;
use super::cover::Shift;
use super::period::Period;
use super::team::{Pair, Role, Seat, Team};

/// How far a proposal carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The person proposed has no holiday in the period.
    Proposed,
    /// Everybody who could take it has a holiday in the period.
    NeedsVolunteer,
    /// Nobody can take it: the secondary keeps the role, tentatively.
    Nobody,
}

/// Somebody who could take a period, with the figures they are ranked by, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub engineer: Seat,
    /// How much of the period is a holiday of theirs.
    pub own_holiday_seconds: i64,
    /// Their holiday load so far.
    pub load_before_seconds: i64,
    /// Their holiday load if they took the period.
    pub load_after_seconds: i64,
    /// How long they have been primary so far.
    pub primary_seconds: i64,
}

impl Candidate {
    /// Whether they have no holiday in the period.
    pub fn is_free(&self) -> bool {
        self.own_holiday_seconds == 0
    }
}

/// Holiday load and time as primary of each engineer, from the first duty change to the start of some week.
#[derive(Debug, Clone)]
pub struct Ledger {
    load_seconds: Vec<i64>,
    primary_seconds: Vec<i64>,
}

impl Ledger {
    /// The ledger at the first duty change of a team of `engineers` people.
    pub(super) fn new(engineers: usize) -> Ledger {
        Ledger { load_seconds: vec![0; engineers], primary_seconds: vec![0; engineers] }
    }

    /// Adds the shifts of a week that is over. A proposal counts for the person proposed.
    pub(super) fn add(&mut self, shifts: &[Shift], absences: &[Absences]) {
        for shift in shifts.iter().filter(|shift| shift.role == Role::Primary) {
            let seat = shift.holder.engineer.0;
            self.primary_seconds[seat] += shift.period.seconds();
            if shift.holder.kind.is_load() {
                self.load_seconds[seat] += self.load_seconds_of(shift.period, &absences[seat]);
            }
        }
    }

    /// What holding the primary role for `period` adds to somebody's load: holidays of their own count twice.
    pub(super) fn load_seconds_of(&self, period: Period, absences: &Absences) -> i64 {
        period.seconds() + absences.holidays(period).seconds()
    }

    /// Everybody who is a member for all of `period` and has no time off in it, best first. `earlier` is the load
    /// that each seat takes by proposals made earlier in the same week, in seconds.
    pub(super) fn rank(
        &self,
        team: &Team,
        pair: Pair,
        absences: &[Absences],
        period: Period,
        earlier: &[i64],
    ) -> Vec<Candidate> {
        let able = team.seats().filter(|seat| {
            team.engineer(*seat).is_member_throughout(period) && absences[seat.0].time_off(period).is_empty()
        });
        let mut candidates: Vec<Candidate> = able
            .map(|engineer| {
                let own_holiday_seconds = absences[engineer.0].holidays(period).seconds();
                let load_before_seconds = self.load_seconds[engineer.0] + earlier[engineer.0];
                Candidate {
                    engineer,
                    own_holiday_seconds,
                    load_before_seconds,
                    load_after_seconds: load_before_seconds + period.seconds() + own_holiday_seconds,
                    primary_seconds: self.primary_seconds[engineer.0],
                }
            })
            .collect();
        let seats_after_secondary =
            |seat: Seat| (seat.0 + team.engineers.len() - pair.secondary.0) % team.engineers.len();
        candidates.sort_by_key(|candidate| {
            (
                !candidate.is_free(),
                candidate.engineer == pair.primary,
                candidate.load_after_seconds,
                candidate.primary_seconds,
                seats_after_secondary(candidate.engineer),
            )
        });
        candidates
    }
}
