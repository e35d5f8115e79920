//! R4, R5 and R7: one week's absences and overrides become duty.
//!
//! The week is cut into [`Duty`] pieces that leave no instant out, so the primary role is always held.

use std::sync::Arc;

use super::duty::{Duty, Holder, Shift, ShiftKind};
use super::planned_week::{Conflict, PlannedWeek};
use super::proposal::{Ledger, ProposalStatus, load_seconds};
use crate::rota::absence::Absences;
use crate::rota::period::{Instant, Period, Periods, merge_adjacent};
use crate::rota::team::{EngineerIdx, Override, Pair, Role, Team};
use crate::rota::week::Week;

/// Computes one week. `absences` is by engineer; `ledger` holds the sums up to the week's start.
pub(super) fn plan(team: &Team, week: Week, absences: &[Absences], ledger: &Ledger) -> PlannedWeek {
    let planner = WeekPlanner { team, week: &week, absences, ledger };
    let agreed: Vec<(Period, &Override)> = team.overrides_within(week.period).collect();
    let away = planner.absences_of(week.pair.primary).off_duty(&team.policy, week.period);
    let open = away.minus(&agreed.iter().map(|(period, _)| *period).collect());

    let mut duties: Vec<Duty> = agreed.iter().map(|(period, by)| planner.overridden(*period, by)).collect();
    let mut conflicts = Vec::new();
    let mut earlier = vec![0; team.engineers.len()];
    for period in open.iter() {
        let reasons = planner.absences_of(week.pair.primary).names(period);
        if planner.secondary_cannot_cover(period) {
            let conflict = planner.conflict(period, reasons, &earlier);
            earlier[conflict.primary.0] += load_seconds(period, planner.absences_of(conflict.primary));
            duties.push(planner.proposed(&conflict));
            conflicts.push(conflict);
        } else {
            duties.push(planner.covered(period, &reasons));
        }
    }
    if team.policy.backfill {
        duties.extend(planner.backed_up(&remaining(week.period, &duties)));
    }
    duties.extend(remaining(week.period, &duties).iter().map(|period| planner.plain(period)));
    duties.sort_by_key(|duty| duty.period);

    let shifts = shifts(&week, &duties);
    let deadline = deadline(team, &week);
    PlannedWeek { deadline, duties, conflicts, shifts, week }
}

/// Whether the pair's primary is on call for all of `week` by the rotation or a swap.
pub(super) fn is_plain(team: &Team, week: &Week, absences: &[Absences]) -> bool {
    let primary = &absences[week.pair.primary.0];
    primary.off_duty(&team.policy, week.period).is_empty()
        && team.overrides_within(week.period).next().is_none()
}

/// The parts of `week` that no piece of `duties` takes.
fn remaining(week: Period, duties: &[Duty]) -> Periods {
    let decided: Periods = duties.iter().map(|duty| duty.period).collect();
    std::iter::once(week).collect::<Periods>().minus(&decided)
}

/// R8: the week's start less the days of notice, at the same wall clock.
fn deadline(team: &Team, week: &Week) -> Instant {
    let days = chrono::Days::new(u64::from(team.policy.notice_days));
    team.zone.instant(week.starts.checked_sub_days(days).unwrap_or(week.starts))
}

/// All that deciding about one week needs.
struct WeekPlanner<'a> {
    team: &'a Team,
    week: &'a Week,
    absences: &'a [Absences],
    ledger: &'a Ledger,
}

impl<'a> WeekPlanner<'a> {
    fn absences_of(&self, engineer: EngineerIdx) -> &'a Absences {
        &self.absences[engineer.0]
    }

    fn secondary_cannot_cover(&self, period: Period) -> bool {
        !self.absences_of(self.week.pair.secondary).cannot_cover(&self.team.policy, period).is_empty()
    }

    fn conflict(&self, period: Period, reasons: Vec<Arc<str>>, earlier: &[i64]) -> Conflict {
        let candidates = self.ledger.rank(self.team, self.week.pair, self.absences, period, earlier);
        let Some(first) = candidates.first() else {
            let (status, primary) = (ProposalStatus::Nobody, self.week.pair.secondary);
            return Conflict { period, reasons, status, primary, secondary: None, candidates };
        };
        let status = if first.is_free() { ProposalStatus::Proposed } else { ProposalStatus::NeedsVolunteer };
        let primary = first.engineer;
        let secondary = candidates.iter().skip(1).find(|next| next.is_free()).map(|next| next.engineer);
        Conflict { period, reasons, status, primary, secondary, candidates }
    }

    fn proposed(&self, conflict: &Conflict) -> Duty {
        let reason = Some(joined(&conflict.reasons));
        let hold = |role, engineer| self.hold(role, engineer, ShiftKind::Proposal, reason.clone());
        Duty {
            period: conflict.period,
            primary: hold(Role::Primary, conflict.primary),
            secondary: conflict.secondary.map(|engineer| hold(Role::Secondary, engineer)),
        }
    }

    fn covered(&self, period: Period, reasons: &[Arc<str>]) -> Duty {
        let reason = Some(joined(reasons));
        let secondary = self.stand_in(period);
        Duty {
            period,
            primary: self.hold(Role::Primary, self.week.pair.secondary, ShiftKind::Cover, reason.clone()),
            secondary: secondary
                .map(|engineer| self.hold(Role::Secondary, engineer, ShiftKind::Backfill, reason)),
        }
    }

    /// R4: the unbroken periods within `undecided` in which the secondary cannot cover and somebody stands in for them.
    fn backed_up(&self, undecided: &Periods) -> Vec<Duty> {
        let absences = self.absences_of(self.week.pair.secondary);
        let cannot_cover = absences.cannot_cover(&self.team.policy, self.week.period).intersect(undecided);
        let backed_up = cannot_cover.iter().filter_map(|period| {
            let reason = Some(joined(&absences.names(period)));
            let secondary = self.hold(Role::Secondary, self.stand_in(period)?, ShiftKind::Backfill, reason);
            Some(Duty { period, primary: self.by_pair(Role::Primary), secondary: Some(secondary) })
        });
        backed_up.collect()
    }

    /// R4: who holds the secondary role for all of `period` in place of the secondary: somebody outside the pair who
    /// could cover it. Those without a holiday of their own in it come first, then rota order after the secondary.
    fn stand_in(&self, period: Period) -> Option<EngineerIdx> {
        let (team, pair) = (self.team, self.week.pair);
        let could_cover = |engineer: &EngineerIdx| {
            pair.role_of(*engineer).is_none()
                && team.engineer(*engineer).is_member_throughout(period)
                && self.absences_of(*engineer).cannot_cover(&team.policy, period).is_empty()
        };
        let candidates = team.indices().filter(|_| team.policy.backfill).filter(could_cover);
        candidates.min_by_key(|engineer| {
            let has_holiday = !self.absences_of(*engineer).holidays(period).is_empty();
            (has_holiday, team.steps_after(pair.secondary, *engineer))
        })
    }

    fn overridden(&self, period: Period, by: &Override) -> Duty {
        let pair = self.week.pair;
        let hold = |role, engineer| self.hold(role, engineer, ShiftKind::Override, by.reason.clone());
        let unnamed = || {
            let away = self.absences_of(pair.primary).away(period);
            match unnamed_secondary(pair, by.primary, !away.is_empty())? {
                engineer if engineer == pair.secondary => Some(self.by_pair(Role::Secondary)),
                engineer => Some(hold(Role::Secondary, engineer)),
            }
        };
        let secondary = by.secondary.map_or_else(unnamed, |named| Some(hold(Role::Secondary, named)));
        Duty { period, primary: hold(Role::Primary, by.primary), secondary }
    }

    fn plain(&self, period: Period) -> Duty {
        Duty { period, primary: self.by_pair(Role::Primary), secondary: Some(self.by_pair(Role::Secondary)) }
    }

    /// Whoever the week's pair has in `role`.
    fn by_pair(&self, role: Role) -> Holder {
        let engineer = self.week.pair.holder(role);
        let rotation = self.week.rotation_pair.holder(role);
        let instead_of = (rotation != engineer).then_some(rotation);
        match &self.week.swap {
            Some(swap) => Holder { engineer, kind: ShiftKind::Swap, instead_of, reason: swap.reason.clone() },
            None => Holder { engineer, kind: ShiftKind::Rotation, instead_of, reason: None },
        }
    }

    fn hold(&self, role: Role, engineer: EngineerIdx, kind: ShiftKind, reason: Option<Arc<str>>) -> Holder {
        let planned = self.week.pair.holder(role);
        Holder { engineer, kind, instead_of: (planned != engineer).then_some(planned), reason }
    }
}

/// R7: who is secondary while an override gives the primary role to `primary` in a week of `pair` and names nobody
/// beside them; `primary_is_away` says whether the pair's primary is away for any of it.
pub fn unnamed_secondary(pair: Pair, primary: EngineerIdx, primary_is_away: bool) -> Option<EngineerIdx> {
    match pair.secondary == primary {
        false => Some(pair.secondary),
        true => Some(pair.primary).filter(|_| !primary_is_away),
    }
}

/// The names of absences as one reason.
pub(super) fn joined(names: &[Arc<str>]) -> Arc<str> {
    names.join(", ").into()
}

fn shifts(week: &Week, duties: &[Duty]) -> Vec<Shift> {
    let mut shifts: Vec<Shift> = Vec::new();
    for role in Role::ALL {
        let held = duties.iter().filter_map(|duty| Some((duty.period, duty.holder(role)?)));
        shifts.extend(merge_adjacent(held).into_iter().map(|(period, holder)| Shift {
            week: week.id,
            role,
            period,
            holder: holder.clone(),
        }));
    }
    shifts.sort_by_key(|shift| (shift.period.start(), shift.role));
    shifts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::sample::{
        A, B, C, D, at, date, first_week, given, holiday, pair, period, team, with_holiday,
    };
    use crate::rota::{SecondaryOnHoliday, Swap, TimeOffRule, sample};

    fn during(
        planned: &PlannedWeek,
        instant: &str,
    ) -> (EngineerIdx, ShiftKind, Option<EngineerIdx>, Option<ShiftKind>) {
        let duty = planned.duties.iter().find(|duty| duty.period.contains(at(instant))).unwrap();
        let (primary, secondary) = (&duty.primary, duty.secondary.as_ref());
        (primary.engineer, primary.kind, secondary.map(|held| held.engineer), secondary.map(|held| held.kind))
    }

    const NOON: &str = "2026-01-07T17:00:00Z";
    use ShiftKind::{Backfill, Cover, Override as Given, Proposal, Rotation};

    #[test]
    fn without_absences_the_pair_has_the_whole_week() {
        let planned = first_week(&team());
        assert_eq!(planned.shifts.len(), 2);
        assert!(planned.shifts.iter().all(|shift| shift.period == planned.week.period));
    }

    #[test]
    fn the_secondary_covers_a_public_holiday_even_one_that_both_have() {
        let planned = first_week(&with_holiday());
        assert_eq!(during(&planned, NOON), (B, Cover, None, None));
        assert_eq!(during(&planned, "2026-01-07T04:59:59Z"), (A, Rotation, Some(B), Some(Rotation)));
        assert_eq!(during(&planned, "2026-01-07T05:00:00Z"), (B, Cover, None, None));
        assert_eq!(during(&planned, "2026-01-08T04:59:59Z"), (B, Cover, None, None));
        assert_eq!(during(&planned, "2026-01-08T05:00:00Z"), (A, Rotation, Some(B), Some(Rotation)));
        let cover = planned.shifts.iter().find(|shift| shift.holder.kind == Cover).unwrap();
        assert_eq!((cover.holder.instead_of, cover.holder.reason.as_deref()), (Some(A), Some("Founders")));
    }

    #[test]
    fn a_secondary_on_leave_makes_it_a_conflict_as_a_whole() {
        let mut team = with_holiday();
        team.engineers[1].time_off = vec![period("2026-01-07T20:00:00Z", "2026-01-07T21:00:00Z")];
        let planned = first_week(&team);
        assert_eq!(planned.conflicts.len(), 1);
        assert_eq!(planned.conflicts[0].period, holiday(), "one hand-off in, one out");
        assert_eq!(during(&planned, "2026-01-07T06:00:00Z").1, Proposal);
    }

    #[test]
    fn leave_that_only_touches_the_holiday_leaves_it_covered() {
        let mut team = with_holiday();
        team.engineers[1].time_off = vec![period("2026-01-08T05:00:00Z", "2026-01-09T05:00:00Z")];
        assert_eq!(during(&first_week(&team), NOON), (B, Cover, None, None));
    }

    #[test]
    fn a_secondary_on_a_holiday_cannot_cover_only_where_the_policy_says_so() {
        let mut team = with_holiday();
        team.policy.secondary_on_holiday = SecondaryOnHoliday::Unavailable;
        assert_eq!(first_week(&team).conflicts[0].status, ProposalStatus::NeedsVolunteer);
        team.engineers[3].works_on = vec![date("2026-01-07")];
        let planned = first_week(&team);
        assert_eq!(planned.conflicts[0].status, ProposalStatus::Proposed);
        assert_eq!(during(&planned, NOON), (D, Proposal, None, None));
    }

    #[test]
    fn nothing_moves_while_only_the_secondary_is_away() {
        let mut team = team();
        team.engineers[1].time_off = vec![holiday()];
        assert_eq!(first_week(&team).shifts.len(), 2);
    }

    #[test]
    fn reported_time_off_moves_nothing_for_the_primary() {
        let mut team = team();
        team.engineers[0].time_off = vec![holiday()];
        assert_eq!(during(&first_week(&team), NOON), (B, Cover, None, None));
        team.policy.time_off = TimeOffRule::Report;
        assert_eq!(during(&first_week(&team), NOON), (A, Rotation, Some(B), Some(Rotation)));
    }

    #[test]
    fn a_stand_in_is_whoever_could_cover_next_first_those_without_a_holiday() {
        let mut team = with_holiday();
        team.policy.backfill = true;
        assert_eq!(
            during(&first_week(&team), NOON),
            (B, Cover, Some(C), Some(Backfill)),
            "on a holiday of C's"
        );
        team.engineers[3].works_on = vec![date("2026-01-07")];
        assert_eq!(during(&first_week(&team), NOON), (B, Cover, Some(D), Some(Backfill)));
        team.policy.secondary_on_holiday = SecondaryOnHoliday::Unavailable;
        team.engineers[1].works_on = vec![date("2026-01-07")];
        team.engineers[3].works_on.clear();
        assert_eq!(during(&first_week(&team), NOON), (B, Cover, None, None), "nobody covers on a holiday");
    }

    #[test]
    fn somebody_stands_in_for_a_secondary_who_cannot_cover() {
        let mut team = team();
        let afternoon = period("2026-01-07T18:00:00Z", "2026-01-07T22:00:00Z");
        team.engineers[1].time_off = vec![afternoon];
        let at_three = |team: &Team| during(&first_week(team), "2026-01-07T20:00:00Z");
        assert_eq!(at_three(&team), (A, Rotation, Some(B), Some(Rotation)), "not unless the team wants it");
        team.policy.backfill = true;
        assert_eq!(at_three(&team), (A, Rotation, Some(C), Some(Backfill)));
        let planned = first_week(&team);
        let stand_in = planned.shifts.iter().find(|shift| shift.holder.kind == Backfill).unwrap();
        assert_eq!((stand_in.period, stand_in.role), (afternoon, Role::Secondary));
        assert_eq!(
            (stand_in.holder.instead_of, stand_in.holder.reason.as_deref()),
            (Some(B), Some("Time off"))
        );
        team.engineers[2].time_off = vec![period("2026-01-07T21:59:59Z", "2026-01-08T00:00:00Z")];
        assert_eq!(at_three(&team).2, Some(D), "C is away for the last second");
        team.engineers[3].left = Some(date("2026-01-07"));
        assert_eq!(at_three(&team), (A, Rotation, Some(B), Some(Rotation)), "nobody could");
    }

    #[test]
    fn the_search_for_a_stand_in_wraps_round_the_end_of_the_file() {
        let mut team = with_holiday();
        team.policy.backfill = true;
        team.rotations[0].weeks = vec![pair(B, D)];
        assert_eq!(during(&first_week(&team), NOON), (D, Cover, Some(A), Some(Backfill)));
    }

    #[test]
    fn nobody_left_means_the_secondary_keeps_it_tentatively() {
        let mut team = with_holiday();
        for engineer in &mut team.engineers {
            engineer.time_off = vec![holiday()];
        }
        let planned = first_week(&team);
        assert_eq!(planned.conflicts[0].status, ProposalStatus::Nobody);
        assert!(planned.conflicts[0].candidates.is_empty());
        assert_eq!(during(&planned, NOON), (B, Proposal, None, None));
    }

    #[test]
    fn an_override_wins_over_cover_and_may_name_anybody() {
        let mut team = with_holiday();
        team.overrides = vec![Override { secondary: Some(D), ..given(holiday(), A) }];
        assert_eq!(during(&first_week(&team), NOON), (A, Given, Some(D), Some(Given)));
    }

    #[test]
    fn an_override_without_secondary_leaves_the_secondary_in_place() {
        let mut team = with_holiday();
        team.overrides = vec![given(holiday(), C)];
        let planned = first_week(&team);
        assert_eq!(during(&planned, NOON), (C, Given, Some(B), Some(Rotation)));
        let secondaries = planned.shifts.iter().filter(|shift| shift.role == Role::Secondary);
        assert_eq!(secondaries.count(), 1, "the shift runs through untouched");
    }

    #[test]
    fn an_override_by_the_secondary_makes_the_primary_secondary_unless_away() {
        let mut team = with_holiday();
        let day_before = period("2026-01-06T05:00:00Z", "2026-01-07T05:00:00Z");
        team.overrides = vec![given(day_before, B)];
        assert_eq!(during(&first_week(&team), "2026-01-06T17:00:00Z"), (B, Given, Some(A), Some(Given)));
        team.overrides = vec![given(period("2026-01-06T05:00:00Z", "2026-01-07T06:00:00Z"), B)];
        assert_eq!(during(&first_week(&team), "2026-01-06T17:00:00Z"), (B, Given, None, None));
    }

    #[test]
    fn an_override_across_a_duty_change_is_taken_week_by_week() {
        let mut team = team();
        team.overrides = vec![given(period("2026-01-08T05:00:00Z", "2026-01-10T05:00:00Z"), C)];
        let schedule = sample::first_weeks(&team);
        let first = during(&schedule.weeks[0], "2026-01-08T17:00:00Z");
        let second = during(&schedule.weeks[1], "2026-01-09T17:00:00Z");
        assert_eq!((first, second), ((C, Given, Some(B), Some(Rotation)), (C, Given, Some(B), Some(Given))));
    }

    #[test]
    fn a_swap_reruns_the_rules_on_the_new_pair() {
        let mut team = team();
        team.engineers[2].time_off = vec![holiday()];
        team.swaps.insert(date("2026-01-02"), Swap { pair: pair(C, D), reason: None });
        let planned = first_week(&team);
        assert_eq!(during(&planned, NOON), (D, Cover, None, None));
        assert_eq!(
            during(&planned, "2026-01-03T12:00:00Z"),
            (C, ShiftKind::Swap, Some(D), Some(ShiftKind::Swap))
        );
        let first = &planned.shifts[0];
        assert_eq!((first.holder.instead_of, first.holder.reason.as_deref()), (Some(A), None));
    }

    #[test]
    fn touching_overrides_to_the_same_people_are_one_shift() {
        let mut team = team();
        let (noon, night) = (at("2026-01-07T17:00:00Z"), at("2026-01-08T05:00:00Z"));
        let halves = [(holiday().start(), noon), (noon, night)];
        team.overrides = halves.map(|(from, to)| given(Period::new(from, to).unwrap(), C)).to_vec();
        let planned = first_week(&team);
        assert_eq!(planned.shifts.iter().filter(|shift| shift.holder.kind == Given).count(), 1);
    }

    #[test]
    fn the_deadline_keeps_the_wall_clock() {
        let mut team = team();
        team.policy.notice_days = 14;
        let schedule = crate::rota::expand(&team, period("2026-03-13T14:00:00Z", "2026-03-14T14:00:00Z"));
        assert_eq!(schedule.weeks[0].deadline, at("2026-02-27T15:00:00Z"), "10:00 in winter time");
    }
}
