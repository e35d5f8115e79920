//! R8 and R10: every absence that meets the rota, with who covers it and whether that is settled.

use std::sync::Arc;

use chrono::NaiveDate;

use super::period::{Instant, Period, Periods, merge_adjacent};
use super::planning::duty::{Holder, ShiftKind};
use super::planning::planned_week::{Conflict, PlannedWeek};
use super::planning::proposal::{Candidate, ProposalStatus};
use super::planning::schedule::Schedule;
use super::team::{EngineerIdx, Role, Team, TimeOffRule};
use super::week::WeekId;

/// The status of an absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowStatus {
    /// The secondary covers.
    Covered,
    /// A conflict with somebody free proposed.
    Proposed,
    /// A conflict for which everybody has a holiday of their own.
    NeedsVolunteer,
    /// A conflict that nobody can take.
    Nobody,
    /// Settled by an override in time.
    Agreed,
    /// A conflict settled by an override after its deadline.
    AgreedLate,
    /// Time off of a primary that moves nothing.
    Reported,
    /// The secondary could not cover, and nobody stands in.
    NoBackup,
    /// Somebody stands in for the secondary, who could not cover.
    Backfilled,
    /// On duty on a holiday of their own.
    Working,
    /// Not on duty.
    Unaffected,
}

impl RowStatus {
    /// All of them, worst first (R11): the first three need somebody.
    pub const ALL: [RowStatus; 11] = [
        RowStatus::Nobody,
        RowStatus::NeedsVolunteer,
        RowStatus::Proposed,
        RowStatus::NoBackup,
        RowStatus::AgreedLate,
        RowStatus::Reported,
        RowStatus::Working,
        RowStatus::Covered,
        RowStatus::Backfilled,
        RowStatus::Agreed,
        RowStatus::Unaffected,
    ];

    /// As in JSON: `covered`, `needs-volunteer`, …
    pub fn as_str(self) -> &'static str {
        match self {
            RowStatus::Covered => "covered",
            RowStatus::Proposed => "proposed",
            RowStatus::NeedsVolunteer => "needs-volunteer",
            RowStatus::Nobody => "nobody",
            RowStatus::Agreed => "agreed",
            RowStatus::AgreedLate => "agreed-late",
            RowStatus::Reported => "reported",
            RowStatus::NoBackup => "no-backup",
            RowStatus::Backfilled => "backfilled",
            RowStatus::Working => "working",
            RowStatus::Unaffected => "unaffected",
        }
    }

    /// Whether the team still has to agree.
    pub fn is_open(self) -> bool {
        matches!(self, RowStatus::Proposed | RowStatus::NeedsVolunteer | RowStatus::Nobody)
    }
}

/// One absence, or the part of it during which both roles stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The week it lies in.
    pub week: WeekId,
    /// The period, clipped to the week.
    pub period: Period,
    /// The role that the absent person has in the week's pair.
    pub role: Option<Role>,
    /// Who is away.
    pub away: EngineerIdx,
    /// The names of the absences, in order of time.
    pub reasons: Vec<Arc<str>>,
    /// Its status.
    pub status: RowStatus,
    /// Who holds the primary role throughout.
    pub primary: EngineerIdx,
    /// Who holds the secondary role throughout, if anybody.
    pub secondary: Option<EngineerIdx>,
    /// The status of the proposal by which the roles are held during any part of it; `None` if nothing is proposed.
    pub proposal: Option<ProposalStatus>,
    /// By when the team must agree, or had to; only where there is a conflict.
    pub deadline: Option<Instant>,
    /// When the team agreed.
    pub agreed_on: Option<NaiveDate>,
    /// Who could take an open conflict, in rank order.
    pub candidates: Vec<Candidate>,
}

impl Row {
    /// R8: whether the row is open, past its deadline and not yet over at `now`.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.status.is_open()
            && now < self.period.end()
            && self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Who would be secondary of a conflict that `primary` takes: by R6, the first other candidate without a holiday.
    pub fn backup_for(&self, primary: EngineerIdx) -> Option<EngineerIdx> {
        let free = self.candidates.iter().filter(|candidate| candidate.is_free());
        free.map(|candidate| candidate.engineer).find(|engineer| *engineer != primary)
    }

    /// Whole days from `now` to the deadline, rounded down; open rows only.
    pub fn days_left(&self, now: Instant) -> Option<i64> {
        let deadline = self.deadline.filter(|_| self.status.is_open())?;
        Some((deadline - now).num_seconds().div_euclid(24 * 60 * 60))
    }
}

/// Dates from which nobody knows whether somebody is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAbsences {
    /// Whose.
    pub engineer: EngineerIdx,
    /// Whether it is their leave, at any time, that is not known; otherwise it is their holidays.
    pub is_leave: bool,
    /// The id and name of the calendar that ends; `None` for an engineer without any calendar.
    pub calendar: Option<(String, String)>,
    /// The first date not known; `None` for an engineer without any calendar.
    pub from: Option<NaiveDate>,
}

/// The coverage of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Where a missing entry does not mean that nobody is away: by engineer, then calendar.
    pub unknown: Vec<UnknownAbsences>,
    /// By start, role (primary, secondary, none), then file order.
    pub rows: Vec<Row>,
}

/// The coverage of `schedule`'s window. Rows that overlap the window are listed whole.
pub fn coverage(team: &Team, schedule: &Schedule) -> Coverage {
    let mut rows: Vec<Row> =
        schedule.weeks.iter().flat_map(|planned| rows(team, planned, schedule)).collect();
    rows.retain(|row| row.period.overlaps(schedule.window));
    rows.sort_by_key(|row| (row.period.start(), row.role.map_or(2, |role| role as u8), row.away));
    Coverage { unknown: unknown_absences(team, schedule.window), rows }
}

/// Where a missing entry does not mean that nobody is away within `window`: by engineer, then calendar.
pub fn unknown_absences(team: &Team, window: Period) -> Vec<UnknownAbsences> {
    let of = |idx: EngineerIdx| {
        let engineer = team.engineer(idx);
        let member = engineer.member_within(window);
        let ends = engineer.calendars.iter().filter_map(move |calendar| {
            let from = NaiveDate::from_ymd_opt(calendar.confirmed_through()? + 1, 1, 1)?;
            let calendar = (calendar.id().to_owned(), calendar.name().to_owned());
            (engineer.zone.first_instant(from) < member?.end()).then_some(UnknownAbsences {
                engineer: idx,
                is_leave: false,
                calendar: Some(calendar),
                from: Some(from),
            })
        });
        let none = engineer.calendars.is_empty() && member.is_some();
        let nothing = |is_leave| UnknownAbsences { engineer: idx, is_leave, calendar: None, from: None };
        let leave = !engineer.leave_is_known && member.is_some();
        let [none, leave] = [none.then(|| nothing(false)), leave.then(|| nothing(true))];
        leave.into_iter().chain(none).chain(ends)
    };
    team.indices().flat_map(of).collect()
}

fn rows(team: &Team, planned: &PlannedWeek, schedule: &Schedule) -> Vec<Row> {
    let sheet = Sheet { team, planned, schedule };
    let pair = planned.week.pair;
    let mut rows = sheet.of_primary(pair.primary);
    let (no_backup, backfilled) = (sheet.without_backup(pair.secondary), sheet.backfilled(pair.secondary));
    for (periods, status) in [(&no_backup, RowStatus::NoBackup), (&backfilled, RowStatus::Backfilled)] {
        rows.extend(periods.iter().flat_map(|period| sheet.rows(pair.secondary, period, |_| status)));
    }
    for idx in team.indices().filter(|idx| *idx != pair.primary) {
        let Some(member) = team.engineer(idx).member_within(sheet.week()) else { continue };
        let mut holidays = schedule.absences_of(idx).holidays(member);
        if idx == pair.secondary {
            holidays = holidays.minus(&no_backup).minus(&backfilled);
        }
        for period in holidays.iter() {
            let status = |hands: Hands| {
                let working = hands.primary == idx || hands.secondary == Some(idx);
                if working { RowStatus::Working } else { RowStatus::Unaffected }
            };
            rows.extend(sheet.rows(idx, period, status));
        }
    }
    rows
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Hands {
    primary: EngineerIdx,
    secondary: Option<EngineerIdx>,
}

/// One week, as its rows are written.
struct Sheet<'a> {
    team: &'a Team,
    planned: &'a PlannedWeek,
    schedule: &'a Schedule,
}

impl Sheet<'_> {
    fn week(&self) -> Period {
        self.planned.week.period
    }

    /// The primary's rows: cover, conflict, override, report.
    fn of_primary(&self, primary: EngineerIdx) -> Vec<Row> {
        let (policy, absent) = (&self.team.policy, &self.schedule.absences_of(primary));
        let overridden: Periods = self.team.overrides_within(self.week()).map(|(period, _)| period).collect();
        let moving = absent.off_duty(policy, self.week());

        let mut rows = Vec::new();
        for period in moving.minus(&overridden).iter() {
            match self.planned.conflicts.iter().find(|conflict| conflict.period == period) {
                Some(conflict) => rows.extend(self.conflict(primary, conflict)),
                None => rows.extend(self.rows(primary, period, |_| RowStatus::Covered)),
            }
        }
        for (period, by) in self.team.overrides_within(self.week()) {
            for part in absent.away(period).iter() {
                let deadline = self.was_conflict(&moving, part).then_some(self.planned.deadline);
                let late = deadline
                    .zip(by.agreed_on)
                    .is_some_and(|(deadline, agreed_on)| agreed_on > self.team.zone.date(deadline));
                let status = if late { RowStatus::AgreedLate } else { RowStatus::Agreed };
                let agreed = self.rows(primary, part, |_| status);
                rows.extend(agreed.into_iter().map(|row| Row { deadline, agreed_on: by.agreed_on, ..row }));
            }
        }
        if policy.time_off == TimeOffRule::Report {
            let holidays = absent.holidays(self.week());
            let reported = absent.time_off(self.week()).minus(&holidays).minus(&overridden);
            rows.extend(
                reported.iter().flat_map(|period| self.rows(primary, period, |_| RowStatus::Reported)),
            );
        }
        rows
    }

    fn conflict(&self, primary: EngineerIdx, conflict: &Conflict) -> Vec<Row> {
        let status = match conflict.status {
            ProposalStatus::Proposed => RowStatus::Proposed,
            ProposalStatus::NeedsVolunteer => RowStatus::NeedsVolunteer,
            ProposalStatus::Nobody => RowStatus::Nobody,
        };
        let rows = self.rows(primary, conflict.period, |_| status);
        let deadline = Some(self.planned.deadline);
        rows.into_iter().map(|row| Row { deadline, candidates: conflict.candidates.clone(), ..row }).collect()
    }

    /// Whether the absence that `part` is of, overrides aside, was a conflict.
    fn was_conflict(&self, moving: &Periods, part: Period) -> bool {
        let secondary = &self.schedule.absences_of(self.planned.week.pair.secondary);
        moving
            .iter()
            .filter(|absence| absence.overlaps(part))
            .any(|absence| !secondary.cannot_cover(&self.team.policy, absence).is_empty())
    }

    /// R10: where the pair's secondary holds that role, no override naming them for it, and could not cover.
    fn without_backup(&self, secondary: EngineerIdx) -> Periods {
        self.could_not_cover(secondary, |holder| {
            holder.engineer == secondary && holder.kind != ShiftKind::Override
        })
    }

    /// R10: where somebody stands in for the pair's secondary, who could not cover.
    fn backfilled(&self, secondary: EngineerIdx) -> Periods {
        self.could_not_cover(secondary, |holder| holder.kind == ShiftKind::Backfill)
    }

    /// Where the pair's secondary could not cover while somebody whom `is_held_by` accepts holds the secondary role.
    fn could_not_cover(&self, secondary: EngineerIdx, is_held_by: impl Fn(&Holder) -> bool) -> Periods {
        let cannot_cover = self.schedule.absences_of(secondary).cannot_cover(&self.team.policy, self.week());
        if cannot_cover.is_empty() {
            return cannot_cover;
        }
        let held = self.planned.duties.iter().filter(|duty| duty.secondary.as_ref().is_some_and(&is_held_by));
        let held: Periods = held.map(|duty| duty.period).collect();
        held.intersect(&cannot_cover)
    }

    /// The status of the first proposal that applies during any part of `part`.
    fn proposal(&self, part: Period) -> Option<ProposalStatus> {
        let conflict = self.planned.conflicts.iter().find(|conflict| conflict.period.overlaps(part));
        conflict.map(|conflict| conflict.status)
    }

    /// `period` as rows, cut where a role changes hands.
    fn rows(&self, away: EngineerIdx, period: Period, status: impl Fn(Hands) -> RowStatus) -> Vec<Row> {
        let parts = self.planned.duties.iter().filter_map(|duty| {
            let (primary, secondary) = duty.hands();
            Some((duty.period.intersection(period)?, Hands { primary, secondary }))
        });
        let parts = merge_adjacent(parts).into_iter();
        parts.map(|(period, hands)| self.row(away, period, hands, status(hands))).collect()
    }

    fn row(&self, away: EngineerIdx, period: Period, hands: Hands, status: RowStatus) -> Row {
        let absences = self.schedule.absences_of(away);
        let reasons = match status {
            RowStatus::Working | RowStatus::Unaffected => absences.holiday_names(period),
            _ => absences.names(period),
        };
        Row {
            week: self.planned.week.id,
            period,
            role: self.planned.week.pair.role_of(away),
            away,
            reasons,
            status,
            primary: hands.primary,
            secondary: hands.secondary,
            proposal: self.proposal(period),
            deadline: None,
            agreed_on: None,
            candidates: Vec::new(),
        }
    }
}

/// Rows as people read them: the unaffected of one holiday and period are one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'r> {
    /// The row, of the first person in `away`.
    pub row: &'r Row,
    /// Everybody of the line, in file order.
    pub away: Vec<EngineerIdx>,
}

/// The rows of `rows` as lines, in the same order.
pub fn lines(rows: &[Row]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for row in rows {
        let same = lines.iter_mut().rev().take_while(|line| line.row.period.start() == row.period.start());
        let same = same.filter(|_| row.status == RowStatus::Unaffected).find(|line| {
            line.row.status == RowStatus::Unaffected
                && line.row.period == row.period
                && line.row.reasons == row.reasons
        });
        match same {
            Some(line) => line.away.push(row.away),
            None => lines.push(Line { row, away: vec![row.away] }),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::sample::{
        A, B, C, D, at, calendar, date, first_weeks, given, holiday, period, team, with_holiday,
    };
    use crate::rota::{Calendar, Override, SecondaryOnHoliday};

    fn rows_of(team: &Team) -> Vec<Row> {
        coverage(team, &first_weeks(team)).rows
    }

    fn statuses(rows: &[Row]) -> Vec<(EngineerIdx, RowStatus)> {
        rows.iter().map(|row| (row.away, row.status)).collect()
    }

    /// A conflict over the holiday: B is on leave.
    fn conflict() -> Team {
        let mut team = with_holiday();
        team.engineers[1].time_off = vec![holiday()];
        team
    }

    #[test]
    fn a_holiday_of_everybody_is_covered_worked_and_unaffected() {
        let rows = rows_of(&with_holiday());
        use RowStatus::{Covered, Unaffected, Working};
        assert_eq!(statuses(&rows), [(A, Covered), (B, Working), (C, Unaffected), (D, Unaffected)]);
        assert_eq!(rows[0].role, Some(Role::Primary));
        assert_eq!((rows[1].role, rows[2].role), (Some(Role::Secondary), None));
    }

    #[test]
    fn a_conflict_is_overdue_from_its_deadline_until_it_is_over() {
        let row = rows_of(&conflict()).remove(0);
        assert_eq!(row.status, RowStatus::NeedsVolunteer);
        assert_eq!(row.deadline, Some(at("2025-12-19T15:00:00Z")));
        assert!(!row.is_overdue(at("2025-12-19T14:59:59Z")) && row.is_overdue(at("2025-12-19T15:00:00Z")));
        assert!(row.is_overdue(at("2026-01-08T04:59:59Z")) && !row.is_overdue(at("2026-01-08T05:00:00Z")));
    }

    #[test]
    fn days_left_are_whole_and_rounded_down() {
        let row = rows_of(&conflict()).remove(0);
        for (now, left) in [
            ("2025-12-17T15:00:00Z", 2),
            ("2025-12-17T15:00:01Z", 1),
            ("2025-12-19T15:00:00Z", 0),
            ("2025-12-19T15:00:01Z", -1),
        ] {
            assert_eq!(row.days_left(at(now)), Some(left), "{now}");
        }
        assert_eq!(rows_of(&with_holiday())[0].days_left(at("2025-12-17T15:00:00Z")), None);
    }

    #[test]
    fn an_agreement_is_in_time_up_to_the_deadlines_local_date() {
        let mut team = conflict();
        let agreed = |agreed_on: Option<&str>| Override {
            secondary: Some(D),
            agreed_on: agreed_on.map(date),
            ..given(holiday(), C)
        };
        for (agreed_on, status) in [
            (Some("2025-12-19"), RowStatus::Agreed),
            (Some("2025-12-20"), RowStatus::AgreedLate),
            (None, RowStatus::Agreed),
        ] {
            team.overrides = vec![agreed(agreed_on)];
            let rows = rows_of(&team);
            assert_eq!((rows[0].status, rows[0].deadline.is_some()), (status, true), "{agreed_on:?}");
        }
        team.engineers[1].time_off.clear();
        team.overrides = vec![agreed(Some("2026-01-06"))];
        let rows = rows_of(&team);
        assert_eq!((rows[0].status, rows[0].deadline), (RowStatus::Agreed, None), "it was no conflict");
    }

    #[test]
    fn an_override_over_part_of_an_absence_leaves_the_rest_to_the_rules() {
        let mut team = conflict();
        team.overrides = vec![given(period("2026-01-07T12:00:00Z", "2026-01-07T17:00:00Z"), C)];
        let of_a: Vec<_> =
            rows_of(&team).into_iter().filter(|row| row.away == A).map(|row| row.status).collect();
        use RowStatus::{Agreed, NeedsVolunteer};
        assert_eq!(of_a, [NeedsVolunteer, Agreed, NeedsVolunteer]);
    }

    #[test]
    fn reported_time_off_is_shown_outside_holidays_and_overrides() {
        let mut team = with_holiday();
        team.policy.time_off = TimeOffRule::Report;
        team.engineers[0].time_off = vec![period("2026-01-06T05:00:00Z", "2026-01-09T05:00:00Z")];
        team.overrides = vec![given(period("2026-01-08T05:00:00Z", "2026-01-09T05:00:00Z"), C)];
        let of_a: Vec<_> = rows_of(&team).into_iter().filter(|row| row.away == A).collect();
        use RowStatus::{Agreed, Covered, Reported};
        assert_eq!(statuses(&of_a), [(A, Reported), (A, Covered), (A, Agreed)]);
        assert_eq!(of_a[1].reasons.len(), 2, "the holiday and the time off around it");
    }

    #[test]
    fn a_secondary_who_cannot_cover_is_no_backup_unless_an_override_names_them() {
        let mut team = team();
        team.engineers[1].time_off = vec![holiday()];
        assert_eq!(statuses(&rows_of(&team)), [(B, RowStatus::NoBackup)]);
        team.overrides = vec![given(holiday(), C)];
        assert_eq!(statuses(&rows_of(&team)), [(B, RowStatus::NoBackup)], "left in place, not named");
        team.overrides = vec![Override { secondary: Some(B), ..given(holiday(), C) }];
        assert!(rows_of(&team).is_empty());
    }

    #[test]
    fn a_row_is_cut_where_a_role_changes_hands() {
        let mut team = team();
        team.engineers[3].also_off = vec![(date("2026-01-07"), "Founders".into())];
        team.overrides = vec![given(period("2026-01-07T12:00:00Z", "2026-01-07T17:00:00Z"), D)];
        use RowStatus::{Unaffected, Working};
        assert_eq!(statuses(&rows_of(&team)), [(D, Unaffected), (D, Working), (D, Unaffected)]);
    }

    #[test]
    fn holidays_of_former_and_future_members_are_not_shown() {
        let mut team = with_holiday();
        team.engineers[3].left = Some(date("2026-01-07"));
        team.engineers[2].joined = Some(date("2026-01-08"));
        assert!(rows_of(&team).iter().all(|row| ![C, D].contains(&row.away)));
    }

    #[test]
    fn the_unaffected_of_one_holiday_and_period_are_one_line() {
        let mut team = with_holiday();
        team.policy.secondary_on_holiday = SecondaryOnHoliday::Covers;
        team.engineers[2].calendars = vec![calendar(&[("2026-01-07", "Other")])];
        let rows = rows_of(&team);
        assert_eq!(lines(&rows).len(), 4, "another name is another line");
        let rows = rows_of(&with_holiday());
        let away: Vec<_> = lines(&rows).into_iter().map(|line| line.away).collect();
        assert_eq!(away, [vec![A], vec![B], vec![C, D]]);
    }

    #[test]
    fn an_unstated_calendar_does_not_mean_no_holidays() {
        let mut team = team();
        let dated =
            |through| vec![std::sync::Arc::new(Calendar::new("dated", "Dated", Some(through), Vec::new()))];
        team.engineers[0].calendars = dated(2025);
        team.engineers[1].calendars = dated(2026);
        team.engineers[2].calendars.clear();
        let unknown = coverage(&team, &first_weeks(&team)).unknown;
        let found: Vec<_> = unknown.iter().map(|unknown| (unknown.engineer, unknown.from)).collect();
        assert_eq!(found, [(A, Some(date("2026-01-01"))), (C, None)]);
        team.engineers[2].left = Some(date("2026-01-01"));
        assert_eq!(coverage(&team, &first_weeks(&team)).unknown.len(), 1, "no longer a member");
        team.engineers[2].leave_is_known = false;
        team.engineers[3].leave_is_known = false;
        let unknown = coverage(&team, &first_weeks(&team)).unknown;
        let leave: Vec<_> = unknown.iter().filter(|unknown| unknown.is_leave).collect();
        assert_eq!(leave.iter().map(|unknown| unknown.engineer).collect::<Vec<_>>(), [D]);
    }
}
