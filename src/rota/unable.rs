//! Whoever holds a role and is away all the same (R4, R7, R10), so that calling them may not help.
//!
//! Not here: what being away does to duty (`cover`), and the rows that tell of it (`coverage`).

use std::sync::Arc;

use super::cover::{Duty, Holder, PlannedWeek, ShiftKind};
use super::period::{Instant, Period, Periods};
use super::proposal::ProposalStatus;
use super::schedule::Schedule;
use super::team::{EngineerIdx, Role, Team};

/// A part of somebody's duty during which they are away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unable {
    /// Who.
    pub engineer: EngineerIdx,
    /// For how long, within their duty.
    pub period: Period,
    /// The names of their absences in it, in order of time.
    pub reasons: Vec<Arc<str>>,
    /// Whether an override gave them the role: the team agreed on it with them.
    pub is_agreed: bool,
}

impl Schedule {
    /// When whoever holds `role` within `period` is away and does not work all the same: on time off, or on a holiday
    /// that keeps the team's secondaries from covering. For whom the team agreed on or oncal proposes, a holiday is none:
    /// they agreed to work on it, or are asked to.
    pub fn unable(&self, team: &Team, role: Role, period: Period) -> Vec<Unable> {
        let first = self.weeks.partition_point(|planned| planned.week.period.end() <= period.start());
        let weeks = self.weeks.iter().skip(first);
        let weeks = weeks.take_while(|planned| planned.week.period.start() < period.end());
        let duties = weeks.flat_map(|planned| &planned.duties);
        let mut found: Vec<Unable> = Vec::new();
        for duty in duties {
            let Some((part, holder)) = duty.period.intersection(period).zip(duty.holder(role)) else {
                continue;
            };
            let is_agreed = holder.kind == ShiftKind::Override;
            for period in self.away(team, holder, part).iter() {
                let same =
                    |last: &&mut Unable| last.engineer == holder.engineer && last.is_agreed == is_agreed;
                let last = found.last_mut().filter(same);
                let grown = last.as_ref().and_then(|last| last.period.joined_to(period));
                match last.zip(grown) {
                    Some((last, grown)) => last.period = grown,
                    None => {
                        let (engineer, reasons) = (holder.engineer, Vec::new());
                        found.push(Unable { engineer, period, reasons, is_agreed });
                    }
                }
            }
        }
        for unable in &mut found {
            unable.reasons = self.absences[unable.engineer.0].names(unable.period);
        }
        found
    }

    /// Until when whoever holds `role` at `instant` is away, by [`Schedule::unable`]: the end of the absence, also
    /// where their duty ends before. `None` where they are not away.
    pub fn away_until(&self, team: &Team, role: Role, instant: Instant) -> Option<Instant> {
        let holder = self.on_call(instant)?.holder(role)?;
        let from_here = Period::new(instant, Instant::MAX_UTC)?;
        let away = self.away(team, holder, from_here);
        away.iter().find(|period| period.contains(instant)).map(Period::end)
    }

    fn away(&self, team: &Team, holder: &Holder, period: Period) -> Periods {
        let absent = &self.absences[holder.engineer.0];
        match holder.kind {
            ShiftKind::Override | ShiftKind::Proposal => absent.time_off(period),
            _ => absent.unable(&team.policy, period),
        }
    }

    /// Whether `duty` is one that nobody is free to take, so that the secondary keeps it.
    pub fn is_uncovered(&self, duty: &Duty) -> bool {
        let at = self.weeks.partition_point(|planned| planned.week.period.end() <= duty.period.start());
        self.weeks.get(at).is_some_and(|planned| planned.is_uncovered(duty.period))
    }
}

impl PlannedWeek {
    /// Whether nobody is free to take the primary role, so that the secondary keeps it, for any of `period`.
    pub fn is_uncovered(&self, period: Period) -> bool {
        let mut nobody = self.conflicts.iter().filter(|conflict| conflict.standing == ProposalStatus::Nobody);
        nobody.any(|conflict| conflict.period.overlaps(period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::sample::{A, B, C, at, first_weeks, given, holiday, period, team, with_holiday};
    use crate::rota::{Override, SecondaryOnHoliday, TIME_OFF, TimeOffRule, expand};

    fn week() -> Period {
        period("2026-01-02T15:00:00Z", "2026-01-09T15:00:00Z")
    }

    fn found(team: &Team, role: Role) -> Vec<(EngineerIdx, Period, bool)> {
        let unable = first_weeks(team).unable(team, role, week());
        unable.into_iter().map(|unable| (unable.engineer, unable.period, unable.is_agreed)).collect()
    }

    #[test]
    fn a_secondary_on_leave_is_no_backup_for_exactly_that_part() {
        let mut team = team();
        let afternoon = period("2026-01-07T18:00:00Z", "2026-01-07T22:30:00Z");
        team.engineers[1].time_off = vec![afternoon];
        assert_eq!(found(&team, Role::Secondary), [(B, afternoon, false)]);
        assert!(found(&team, Role::Primary).is_empty());
        let schedule = first_weeks(&team);
        let until = |instant| schedule.away_until(&team, Role::Secondary, at(instant));
        assert_eq!(until("2026-01-07T17:59:59Z"), None);
        assert_eq!(until("2026-01-07T18:00:00Z"), Some(afternoon.end()));
        assert_eq!(until("2026-01-07T22:30:00Z"), None);
        let reasons = &schedule.unable(&team, Role::Secondary, week())[0].reasons;
        assert_eq!(reasons.iter().map(|reason| &**reason).collect::<Vec<_>>(), [TIME_OFF]);
    }

    #[test]
    fn leave_goes_on_past_the_duty_and_past_what_was_worked_out() {
        let mut team = team();
        let months = period("2026-01-05T05:00:00Z", "2026-09-01T04:00:00Z");
        team.engineers[1].time_off = vec![months];
        let schedule = expand(&team, week());
        let until = schedule.away_until(&team, Role::Secondary, at("2026-01-06T00:00:00Z"));
        assert_eq!(until, Some(months.end()));
    }

    #[test]
    fn a_day_of_leave_in_which_clocks_change_has_twenty_five_hours() {
        let mut team = team();
        let sunday = period("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z");
        for engineer in &mut team.engineers {
            engineer.time_off = vec![sunday];
        }
        let week = period("2026-10-30T14:00:00Z", "2026-11-06T15:00:00Z");
        let schedule = expand(&team, week);
        let unable = schedule.unable(&team, Role::Primary, week);
        assert_eq!(unable.iter().map(|unable| unable.period).collect::<Vec<_>>(), [sunday]);
        let until = |instant| schedule.away_until(&team, Role::Primary, at(instant));
        assert_eq!(until("2026-11-02T04:59:59Z"), Some(sunday.end()));
        assert_eq!(until("2026-11-02T05:00:00Z"), None);
    }

    #[test]
    fn whoever_covers_on_a_holiday_of_their_own_is_there() {
        let mut team = with_holiday();
        team.engineers[0].works_on = vec!["2026-01-07".parse().unwrap()];
        assert!(found(&team, Role::Secondary).is_empty(), "the secondary would cover a holiday");
        team.policy.secondary_on_holiday = SecondaryOnHoliday::Unavailable;
        assert_eq!(found(&team, Role::Secondary), [(B, holiday(), false)]);
    }

    #[test]
    fn a_primary_whose_leave_moves_nothing_is_away() {
        let mut team = team();
        team.policy.time_off = TimeOffRule::Report;
        team.engineers[0].time_off = vec![holiday()];
        assert_eq!(found(&team, Role::Primary), [(A, holiday(), false)]);
    }

    #[test]
    fn whom_an_override_names_agreed_to_work_on_a_holiday_and_is_told_of_leave() {
        let mut team = with_holiday();
        team.policy.secondary_on_holiday = SecondaryOnHoliday::Unavailable;
        team.overrides = vec![Override { secondary: Some(C), ..given(holiday(), A) }];
        assert!(found(&team, Role::Primary).is_empty() && found(&team, Role::Secondary).is_empty());
        team.engineers[2].time_off = vec![holiday()];
        assert_eq!(found(&team, Role::Secondary), [(C, holiday(), true)]);
    }

    #[test]
    fn a_secondary_whom_an_override_leaves_in_place_is_still_no_backup() {
        let mut team = with_holiday();
        team.engineers[1].time_off = vec![week()];
        team.overrides = vec![given(holiday(), C)];
        assert_eq!(found(&team, Role::Secondary), [(B, week(), false)], "one part, not three");
    }
}
