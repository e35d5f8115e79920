//! R6: who should take a conflict, and the figures that explain the choice.

use std::collections::VecDeque;

use chrono::{Days, NaiveDate};

use super::duty::Shift;
use crate::rota::absence::Absences;
use crate::rota::period::Period;
use crate::rota::team::{EngineerIdx, Pair, Role, Team};
use crate::rota::week::{Week, WeekId};

/// The status of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProposalStatus {
    /// The proposed person has no holiday in the period.
    Proposed,
    /// Everybody who could take it has a holiday in the period.
    NeedsVolunteer,
    /// Nobody can take it: the secondary keeps the role, tentatively.
    Nobody,
}

impl ProposalStatus {
    /// As it is stored: `proposed`, `needs-volunteer` or `nobody`.
    pub fn as_str(self) -> &'static str {
        match self {
            ProposalStatus::Proposed => "proposed",
            ProposalStatus::NeedsVolunteer => "needs-volunteer",
            ProposalStatus::Nobody => "nobody",
        }
    }
}

/// Somebody who could take a period, with the figures they are ranked by, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The engineer.
    pub engineer: EngineerIdx,
    /// How much of the period is a holiday of theirs.
    pub own_holiday_seconds: i64,
    /// Their holiday load over the weeks that R6 counts.
    pub load_before_seconds: i64,
    /// Their holiday load if they took the period.
    pub load_after_seconds: i64,
    /// How long they have been primary in these weeks.
    pub primary_seconds: i64,
}

impl Candidate {
    /// Whether they have no holiday in the period.
    pub fn is_free(&self) -> bool {
        self.own_holiday_seconds == 0
    }
}

/// For how many days R6 looks back from a week's start: 56 weeks, since the same holiday falls up to 55 weeks after the
/// last one.
pub const LEDGER_DAYS: u64 = 392;

/// Holiday load and time as primary of each engineer over the weeks that R6 counts for some week.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    /// The weeks counted, in order of time, with what was held in them: of one engineer once for each shift.
    weeks: VecDeque<(NaiveDate, Vec<(EngineerIdx, Held)>)>,
    /// Their sums, by engineer.
    sums: Vec<Held>,
}

/// What somebody held as primary, in whole seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Held {
    load_seconds: i64,
    primary_seconds: i64,
}

/// What holding the primary role for `period` adds to somebody's load: holidays of their own count twice.
pub(super) fn load_seconds(period: Period, absences: &Absences) -> i64 {
    period.seconds() + absences.holidays(period).seconds()
}

impl Ledger {
    /// The ledger at the first duty change of a team of `engineers` people.
    pub(super) fn new(engineers: usize) -> Ledger {
        Ledger { weeks: VecDeque::new(), sums: vec![Held::default(); engineers] }
    }

    /// Drops the weeks that start too long before `week`, by local date, for R6 to count them.
    pub(super) fn advance_to(&mut self, week: WeekId) {
        let Some(first) = week.0.checked_sub_days(Days::new(LEDGER_DAYS)) else { return };
        while self.weeks.front().is_some_and(|(date, _)| *date < first) {
            let Some((_, dropped)) = self.weeks.pop_front() else { return };
            for (engineer, held) in dropped {
                let sum = &mut self.sums[engineer.0];
                sum.load_seconds -= held.load_seconds;
                sum.primary_seconds -= held.primary_seconds;
            }
        }
    }

    /// Adds the shifts of `week`. A proposal counts for the person proposed.
    pub(super) fn add(&mut self, week: WeekId, shifts: &[Shift], absences: &[Absences]) {
        let primary = shifts.iter().filter(|shift| shift.role == Role::Primary);
        let held = primary.map(|shift| {
            let engineer = shift.holder.engineer;
            let is_load = shift.holder.kind.is_load();
            let load_seconds = if is_load { load_seconds(shift.period, &absences[engineer.0]) } else { 0 };
            (engineer, Held { load_seconds, primary_seconds: shift.period.seconds() })
        });
        self.push(week, held.collect());
    }

    /// Adds a week without covers, in which the pair's primary holds the role throughout: it adds hours and no load.
    pub(super) fn add_plain(&mut self, week: &Week) {
        let held = Held { load_seconds: 0, primary_seconds: week.period.seconds() };
        self.push(week.id, vec![(week.pair.primary, held)]);
    }

    fn push(&mut self, week: WeekId, held: Vec<(EngineerIdx, Held)>) {
        for (engineer, held) in &held {
            let sum = &mut self.sums[engineer.0];
            sum.load_seconds += held.load_seconds;
            sum.primary_seconds += held.primary_seconds;
        }
        self.weeks.push_back((week.0, held));
    }

    /// Everybody who is a member for all of `period` and has no time off in it, best first. `earlier` is the load
    /// that each engineer takes by proposals made earlier in the same week, in seconds.
    pub(super) fn rank(
        &self,
        team: &Team,
        pair: Pair,
        absences: &[Absences],
        period: Period,
        earlier: &[i64],
    ) -> Vec<Candidate> {
        let able = team.indices().filter(|idx| {
            team.engineer(*idx).is_member_throughout(period) && absences[idx.0].time_off(period).is_empty()
        });
        let mut candidates: Vec<Candidate> = able
            .map(|engineer| {
                let own_holiday_seconds = absences[engineer.0].holidays(period).seconds();
                let load_before_seconds = self.sums[engineer.0].load_seconds + earlier[engineer.0];
                Candidate {
                    engineer,
                    own_holiday_seconds,
                    load_before_seconds,
                    load_after_seconds: load_before_seconds + load_seconds(period, &absences[engineer.0]),
                    primary_seconds: self.sums[engineer.0].primary_seconds,
                }
            })
            .collect();
        candidates.sort_by_key(|candidate| {
            (
                !candidate.is_free(),
                candidate.engineer == pair.primary,
                candidate.load_after_seconds,
                candidate.primary_seconds,
                team.steps_after(pair.secondary, candidate.engineer),
            )
        });
        candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::sample::{
        A, B, C, D, date, first_week, given, holiday, pair, period, team, with_holiday,
    };
    use crate::rota::{Absences, PlannedWeek, Rotation};

    /// The week of A and B with everybody on holiday but C and D, and B unable.
    fn conflict() -> Team {
        let mut team = with_holiday();
        team.engineers[1].time_off = vec![holiday()];
        for idx in [2, 3] {
            team.engineers[idx].works_on = vec![date("2026-01-07")];
        }
        team
    }

    fn ranking(planned: &PlannedWeek) -> Vec<EngineerIdx> {
        planned.conflicts[0].candidates.iter().map(|candidate| candidate.engineer).collect()
    }

    #[test]
    fn equals_are_taken_in_rota_order_from_the_secondary_on_and_the_primary_last() {
        let team = conflict();
        assert_eq!(ranking(&first_week(&team)), [C, D, A], "B is on leave");
        let planned = first_week(&team);
        assert_eq!((planned.conflicts[0].primary, planned.conflicts[0].secondary), (C, Some(D)));
    }

    #[test]
    fn whoever_has_no_holiday_comes_first() {
        let mut team = conflict();
        team.engineers[2].works_on.clear();
        assert_eq!(ranking(&first_week(&team)), [D, C, A]);
    }

    #[test]
    fn time_off_or_leaving_within_the_period_rules_out() {
        let mut team = conflict();
        team.engineers[2].time_off = vec![period("2026-01-08T04:00:00Z", "2026-01-09T05:00:00Z")];
        assert_eq!(ranking(&first_week(&team)), [D, A]);
        let mut team = conflict();
        team.engineers[2].left = Some(date("2026-01-08"));
        assert_eq!(ranking(&first_week(&team))[0], C, "up to the first instant of that day");
        team.engineers[2].left = Some(date("2026-01-07"));
        assert_eq!(ranking(&first_week(&team))[0], D);
        team.engineers[3].joined = Some(date("2026-01-08"));
        assert_eq!(ranking(&first_week(&team)), [A]);
    }

    #[test]
    fn less_holiday_load_comes_first_and_a_holiday_of_ones_own_counts_twice() {
        let mut team = conflict();
        let monday = period("2026-01-05T05:00:00Z", "2026-01-06T05:00:00Z");
        team.overrides = vec![given(monday, C)];
        assert_eq!(ranking(&first_week(&team))[0], C, "this week's overrides are not yet load");
        team.rotations[0].starts = team.rotations[0].starts - chrono::Days::new(28);
        team.overrides = vec![given(period("2025-12-24T05:00:00Z", "2025-12-25T05:00:00Z"), C)];
        let schedule = crate::rota::expand(&team, holiday());
        let candidates = &schedule.weeks[0].conflicts[0].candidates;
        assert_eq!(candidates[0].engineer, D);
        let figures: Vec<_> =
            candidates.iter().map(|c| (c.engineer, c.load_before_seconds, c.load_after_seconds)).collect();
        let day = 24 * 3600;
        assert_eq!(figures, [(D, 0, day), (C, day, 2 * day), (A, 0, 2 * day)]);
    }

    #[test]
    fn with_equal_load_fewer_hours_as_primary_come_first() {
        let mut team = conflict();
        let weeks = vec![pair(C, D), pair(C, D), pair(A, B)];
        let starts = team.rotations[0].starts - chrono::Days::new(14);
        team.rotations = vec![Rotation { starts, weeks }];
        let schedule = crate::rota::expand(&team, holiday());
        let candidates = &schedule.weeks[0].conflicts[0].candidates;
        assert_eq!(candidates[0].engineer, D);
        assert_eq!(candidates[1].primary_seconds, 14 * 24 * 3600, "C had both weeks so far");
    }

    #[test]
    fn an_earlier_proposal_of_the_same_week_counts_as_load() {
        let mut team = conflict();
        let friday = period("2026-01-09T05:00:00Z", "2026-01-09T15:00:00Z");
        for idx in [A, B] {
            team.engineers[idx.0].time_off.push(friday);
        }
        let planned = first_week(&team);
        assert_eq!(planned.conflicts.len(), 2);
        assert_eq!((planned.conflicts[0].primary, planned.conflicts[1].primary), (C, D));
        let second = planned.conflicts[1].candidates.iter().find(|c| c.engineer == C).unwrap();
        assert_eq!(second.load_before_seconds, 24 * 3600);
    }

    #[test]
    fn a_proposal_counts_for_the_person_proposed_in_later_weeks() {
        let team = conflict();
        let week = first_week(&team);
        let absences: Vec<_> =
            team.engineers.iter().map(|engineer| Absences::of(engineer, week.week.period)).collect();
        let mut ledger = Ledger::new(4);
        ledger.add(week.week.id, &week.shifts, &absences);
        let hours = |seconds: fn(&Held) -> i64| -> Vec<_> {
            ledger.sums.iter().map(|held| seconds(held) / 3600).collect()
        };
        assert_eq!(hours(|held| held.load_seconds), [0, 0, 24, 0]);
        assert_eq!(hours(|held| held.primary_seconds), [6 * 24, 0, 24, 0]);
        assert_eq!(load_seconds(holiday(), &absences[B.0]), 2 * 24 * 3600);
    }

    #[test]
    fn a_week_counts_until_392_days_after_its_start_and_not_one_day_longer() {
        let week = first_week(&conflict());
        let absences: Vec<_> =
            conflict().engineers.iter().map(|engineer| Absences::of(engineer, week.week.period)).collect();
        let mut ledger = Ledger::new(4);
        ledger.add(week.week.id, &week.shifts, &absences);
        let later = |days| WeekId(week.week.id.0 + Days::new(days));
        ledger.advance_to(later(392));
        assert_eq!(ledger.sums[C.0].load_seconds, 24 * 3600);
        ledger.advance_to(later(393));
        assert_eq!(ledger.sums, [Held::default(); 4]);
    }

    #[test]
    fn a_team_of_two_falls_back_on_the_primary() {
        let mut team = team();
        team.engineers.truncate(2);
        team.rotations[0].weeks = vec![pair(A, B)];
        team.engineers[0].also_off = vec![(date("2026-01-07"), "Founders".into())];
        team.engineers[1].time_off = vec![holiday()];
        let planned = first_week(&team);
        assert_eq!(
            (ranking(&planned), planned.conflicts[0].status),
            (vec![A], ProposalStatus::NeedsVolunteer)
        );
        assert_eq!(planned.conflicts[0].secondary, None);
    }
}
