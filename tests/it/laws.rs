//! What is true of every team, whatever its zones, calendars, absences, swaps and overrides.

use crate::support::random::{SPAN_DAYS, epoch, teams};
use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use oncal::rota::{
    Instant, Period, Periods, ProposalStatus, Role, RowStatus, Schedule, ShiftKind, Team, TimeOffRule,
    coverage, expand, fairness, occasions, open_conflicts, weeks,
};
use proptest::prelude::*;

fn whole(team: &Team) -> Period {
    let end = team.zone.first_instant(epoch() + Days::new(SPAN_DAYS));
    Period::new(team.zone.first_instant(epoch()), end).unwrap()
}

fn windows(team: &Team) -> impl Strategy<Value = Period> + use<> {
    let span = whole(team);
    (0..span.seconds(), 1..span.seconds() / 3).prop_map(move |(from, length)| {
        let start = span.start() + TimeDelta::seconds(from);
        Period::new(start, start + TimeDelta::seconds(length)).unwrap()
    })
}

fn teams_with_windows() -> impl Strategy<Value = (Team, Period)> {
    teams().prop_flat_map(|team| {
        let windows = windows(&team);
        (Just(team), windows)
    })
}

fn held(schedule: &Schedule, role: Role) -> Periods {
    let shifts = schedule.weeks.iter().flat_map(|planned| &planned.shifts);
    shifts.filter(|shift| shift.role == role).map(|shift| shift.period).collect()
}

/// Whoever holds `role` at `instant` according to the shifts alone.
fn holder(schedule: &Schedule, role: Role, instant: Instant) -> Option<oncal::rota::EngineerIdx> {
    let shifts = schedule.weeks.iter().flat_map(|planned| &planned.shifts);
    let mut holders = shifts.filter(|shift| shift.role == role && shift.period.contains(instant));
    let first = holders.next().map(|shift| shift.holder.engineer);
    assert!(holders.next().is_none(), "two shifts of one role at {instant}");
    first
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_primary_role_is_held_at_every_instant_by_one_shift((team, window) in teams_with_windows()) {
        let schedule = expand(&team, window);
        let weeks: Periods = schedule.weeks.iter().map(|planned| planned.week.period).collect();
        prop_assert_eq!(&held(&schedule, Role::Primary), &weeks);
        let from = window.start().max(team.starts());
        if let Some(due) = Period::new(from, window.end()) {
            let one: Periods = [due].into_iter().collect();
            prop_assert_eq!(weeks.clip(due), one, "weeks leave no gap");
        }
        for role in [Role::Primary, Role::Secondary] {
            let shifts = schedule.weeks.iter().flat_map(|planned| &planned.shifts);
            let list: Vec<_> = shifts.filter(|shift| shift.role == role).collect();
            for pair in list.windows(2) {
                prop_assert!(pair[0].period.end() <= pair[1].period.start(), "{:?} overlaps {:?}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn the_two_roles_are_never_one_person((team, window) in teams_with_windows()) {
        let schedule = expand(&team, window);
        for duty in schedule.duties() {
            let (primary, secondary) = duty.hands();
            prop_assert_ne!(Some(primary), secondary, "{:?}", duty.period);
            prop_assert_eq!(holder(&schedule, Role::Primary, duty.period.start()), Some(primary));
            prop_assert_eq!(holder(&schedule, Role::Secondary, duty.period.start()), secondary);
        }
    }

    #[test]
    fn nobody_on_time_off_or_outside_the_team_is_proposed((team, window) in teams_with_windows()) {
        for planned in expand(&team, window).weeks {
            let nobody = |period: Period| {
                let conflict = planned.conflicts.iter().find(|conflict| conflict.period == period);
                conflict.is_some_and(|conflict| conflict.status == ProposalStatus::Nobody)
            };
            for shift in &planned.shifts {
                let chosen = matches!(shift.holder.kind, ShiftKind::Proposal | ShiftKind::Backfill);
                if !chosen || nobody(shift.period) {
                    continue;
                }
                let engineer = team.engineer(shift.holder.engineer);
                prop_assert!(engineer.time_off.iter().all(|off| !off.overlaps(shift.period)), "{:?}", shift);
                prop_assert!(engineer.is_member_throughout(shift.period), "{:?}", shift);
            }
        }
    }

    #[test]
    fn a_stand_in_is_outside_the_pair_and_has_no_absence_that_rules_out_covering(
        (team, window) in teams_with_windows(),
    ) {
        for planned in expand(&team, window).weeks {
            for duty in &planned.duties {
                let Some(secondary) = duty.secondary.as_ref().filter(|held| held.kind == ShiftKind::Backfill) else {
                    continue;
                };
                prop_assert!(team.policy.backfill);
                prop_assert_eq!(planned.week.pair.role_of(secondary.engineer), None);
                prop_assert_eq!(secondary.instead_of, Some(planned.week.pair.secondary));
                let engineer = team.engineer(secondary.engineer);
                prop_assert!(engineer.is_member_throughout(duty.period));
                let absences = oncal::rota::Absences::of(engineer, duty.period);
                prop_assert!(absences.cannot_cover(&team.policy, duty.period).is_empty(), "{:?}", duty);
                let replaced = oncal::rota::Absences::of(team.engineer(planned.week.pair.secondary), duty.period);
                let covers = duty.primary.kind == ShiftKind::Cover;
                let cannot_cover = replaced.cannot_cover(&team.policy, duty.period);
                let whole: Periods = [duty.period].into_iter().collect();
                prop_assert!(if covers { cannot_cover.is_empty() } else { cannot_cover == whole }, "{:?}", duty);
            }
        }
    }

    #[test]
    fn a_window_split_in_two_and_joined_is_the_whole(
        (team, window) in teams_with_windows(), share in 1i64..100,
    ) {
        let middle = window.start() + TimeDelta::seconds((window.seconds() * share / 100).max(1));
        prop_assume!(middle < window.end());
        let parts = [Period::new(window.start(), middle).unwrap(), Period::new(middle, window.end()).unwrap()];
        let (mut shifts, mut meetings, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for schedule in parts.map(|part| expand(&team, part)) {
            for shift in schedule.shifts().cloned() {
                if !shifts.contains(&shift) {
                    shifts.push(shift);
                }
            }
            for row in coverage(&team, &schedule).rows {
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
            for meeting in schedule.handovers {
                if !meetings.contains(&meeting) {
                    meetings.push(meeting);
                }
            }
        }
        let all = expand(&team, window);
        let order = |role: Option<Role>| role.map_or(2, |role| role as u8);
        shifts.sort_by_key(|shift| (shift.period.start(), shift.role));
        rows.sort_by_key(|row| (row.period.start(), order(row.role), row.away));
        meetings.sort_by_key(|meeting| meeting.change);
        prop_assert_eq!(shifts, all.shifts().cloned().collect::<Vec<_>>());
        prop_assert_eq!(rows, coverage(&team, &all).rows);
        prop_assert_eq!(meetings, all.handovers);
    }

    #[test]
    fn one_more_absence_changes_no_earlier_week_and_later_ones_only_by_ranking(
        team in teams(), idx in 0usize..7, day in 0..SPAN_DAYS, days in 1u64..9,
    ) {
        let idx = idx % team.engineers.len();
        let zone = team.engineers[idx].zone.clone();
        let from = epoch() + Days::new(day);
        let extra = Period::new(zone.first_instant(from), zone.first_instant(from + Days::new(days))).unwrap();
        let mut other = team.clone();
        other.engineers[idx].time_off.push(extra);
        let (before, after) = (expand(&team, whole(&team)), expand(&other, whole(&team)));
        prop_assert_eq!(before.weeks.len(), after.weeks.len());
        for (was, is) in before.weeks.iter().zip(&after.weeks) {
            let week = was.week.period;
            if week.end() <= extra.start() {
                prop_assert_eq!(was, is);
            } else if week.start() >= extra.end() {
                let ranked = |kind| kind == ShiftKind::Proposal;
                let plain = |planned: &oncal::rota::PlannedWeek| {
                    let shifts = planned.shifts.iter().filter(|shift| !ranked(shift.holder.kind));
                    shifts.cloned().collect::<Vec<_>>()
                };
                prop_assert_eq!(plain(was), plain(is));
                let periods = |planned: &oncal::rota::PlannedWeek| {
                    planned.conflicts.iter().map(|conflict| conflict.period).collect::<Vec<_>>()
                };
                prop_assert_eq!(periods(was), periods(is));
            }
        }
    }

    #[test]
    fn the_holders_in_a_coverage_row_hold_the_roles_throughout_it((team, window) in teams_with_windows()) {
        let schedule = expand(&team, window);
        for row in coverage(&team, &schedule).rows {
            let met: Vec<_> = schedule.duties().filter(|duty| duty.period.overlaps(row.period)).collect();
            prop_assert!(!met.is_empty());
            for duty in met {
                prop_assert_eq!(duty.hands(), (row.primary, row.secondary), "{:?}", &row);
            }
            let planned = schedule.weeks.iter().find(|planned| planned.week.id == row.week).unwrap();
            prop_assert!(planned.week.period.intersection(row.period) == Some(row.period), "clipped to the week");
            prop_assert!(!row.reasons.is_empty(), "every row says why: {:?}", row);
        }
    }

    #[test]
    fn the_primarys_rows_are_exactly_the_primarys_absences((team, window) in teams_with_windows()) {
        let schedule = expand(&team, window);
        let rows = coverage(&team, &schedule).rows;
        for planned in &schedule.weeks {
            let (week, primary) = (planned.week.period, planned.week.pair.primary);
            let covered: Periods = rows
                .iter()
                .filter(|row| row.week == planned.week.id && row.away == primary)
                .map(|row| row.period)
                .collect();
            let away = oncal::rota::Absences::of(team.engineer(primary), week).away(week);
            let covered_in_window = covered.clip(window);
            prop_assert_eq!(covered_in_window, away.clip(window), "no silent hole");
        }
    }

    #[test]
    fn an_absent_primary_is_on_duty_only_by_override_or_proposal((team, window) in teams_with_windows()) {
        let moved_by_time_off = team.policy.time_off == TimeOffRule::Cover;
        for planned in expand(&team, window).weeks {
            let (week, primary) = (planned.week.period, planned.week.pair.primary);
            let absences = oncal::rota::Absences::of(team.engineer(primary), week);
            let off_duty = if moved_by_time_off { absences.away(week) } else { absences.holidays(week) };
            for duty in planned.duties.iter().filter(|duty| duty.primary.engineer == primary) {
                let kind = duty.primary.kind;
                if !matches!(kind, ShiftKind::Override | ShiftKind::Proposal) {
                    prop_assert!(!off_duty.overlaps(duty.period), "{:?}", duty);
                }
            }
        }
    }

    #[test]
    fn a_meeting_that_is_not_flagged_has_both_primaries((team, window) in teams_with_windows()) {
        for meeting in expand(&team, window).handovers {
            prop_assert!(meeting.period.start() < meeting.change + TimeDelta::days(2));
            prop_assert!(!(meeting.moved && meeting.flagged));
            let missed = [meeting.outgoing.primary, meeting.incoming.primary].iter().any(|idx| {
                let absences = oncal::rota::Absences::of(team.engineer(*idx), meeting.period);
                !absences.away(meeting.period).is_empty()
            });
            prop_assert_eq!(missed, meeting.flagged, "{:?}", meeting);
        }
    }

    #[test]
    fn a_years_time_and_weeks_are_shared_out_whole(team in teams()) {
        let starts = |year| team.zone.first_instant(NaiveDate::from_ymd_opt(year, 1, 1).unwrap());
        let fairness_of_team = fairness(&team, 2026..=2027, starts(2026));
        for year in 2026..=2027 {
            let of_year: Vec<_> = fairness_of_team.tallies.iter().filter(|tally| tally.year == year).collect();
            let due = Period::new(starts(year).max(team.starts()), starts(year + 1)).map_or(0, Period::seconds);
            let held: i64 = of_year.iter().map(|tally| tally.primary_seconds).sum();
            prop_assert_eq!(held, due, "{}", year);
            let second: i64 = of_year.iter().map(|tally| tally.secondary_seconds).sum();
            prop_assert!(second <= due, "at most one secondary at a time");
            let started = weeks(&team).take_while(|week| week.id.0.year() <= year);
            let started = started.filter(|week| week.id.0.year() == year).count();
            let counted: u32 = of_year.iter().map(|tally| tally.primary_weeks).sum();
            prop_assert_eq!(usize::try_from(counted).unwrap(), started, "{}", year);
        }
    }

    #[test]
    fn the_same_input_gives_the_same_result((team, window) in teams_with_windows()) {
        prop_assert_eq!(expand(&team, window), expand(&team.clone(), window));
    }

    #[test]
    fn every_row_belongs_to_an_occasion_and_no_open_row_is_hidden_in_a_settled_one(
        (team, window) in teams_with_windows(), at in 0i64..40_000_000,
    ) {
        let rows = coverage(&team, &expand(&team, window)).rows;
        let found = occasions(&team, window);
        let now = whole(&team).start() + TimeDelta::seconds(at);
        for row in &rows {
            let of_row = found.iter().filter(|occasion| occasion.rows.contains(row));
            prop_assert!(of_row.clone().next().is_some(), "{:?} is in no occasion", row);
            if row.status.is_open() && now < row.period.end() {
                for occasion in of_row {
                    prop_assert!(occasion.needs_somebody(now) && occasion.status(now).is_open());
                    prop_assert!(occasion.deadline(now) <= row.deadline);
                    prop_assert_eq!(occasion.is_overdue(now) || !row.is_overdue(now), true);
                    prop_assert!(occasion.concerns(row.away) && occasion.concerns(row.primary));
                }
            }
        }
        let open = rows.iter().filter(|row| row.status.is_open() && now < row.period.end()).count();
        let counted = open_conflicts(&found, now);
        let in_window = counted.iter().filter(|row| row.period.overlaps(window)).count();
        prop_assert_eq!(in_window, open, "each conflict counts once");
    }

    #[test]
    fn the_holders_that_an_occasion_shows_hold_the_roles_throughout((team, window) in teams_with_windows()) {
        for occasion in occasions(&team, window) {
            let schedule = expand(&team, occasion.period);
            let parts: Periods = occasion.on_call.iter().map(|held| held.period).collect();
            let on_duty = Period::new(occasion.period.start().max(team.starts()), occasion.period.end()).unwrap();
            prop_assert_eq!(parts, [on_duty].into_iter().collect::<Periods>(), "without gap");
            for held in &occasion.on_call {
                for duty in schedule.duties_within(held.period) {
                    prop_assert_eq!(duty.hands(), (held.primary, held.secondary));
                    prop_assert!(!duty.primary.kind.is_tentative() || held.proposal.is_some());
                }
            }
            for parts in occasion.on_call.windows(2) {
                prop_assert_ne!((parts[0].primary, parts[0].secondary), (parts[1].primary, parts[1].secondary));
            }
            let affected = occasion.rows.iter().filter(|row| row.status != RowStatus::Unaffected);
            let is_named = |row: &&oncal::rota::Row| {
                occasion.away.contains(&row.away) || occasion.working.contains(&row.away)
            };
            prop_assert_eq!(affected.clone().filter(is_named).count(), affected.clone().count());
            prop_assert_eq!(affected.count() == 0, occasion.is_unaffected());
            prop_assert!(occasion.unaffected.iter().chain(&occasion.working).all(|idx| !occasion.away.contains(idx)));
        }
    }

    #[test]
    fn the_occasions_of_a_window_are_those_of_its_parts((team, window) in teams_with_windows(), share in 1i64..100) {
        let middle = window.start() + TimeDelta::seconds((window.seconds() * share / 100).max(1));
        prop_assume!(middle < window.end());
        let parts = [Period::new(window.start(), middle).unwrap(), Period::new(middle, window.end()).unwrap()];
        let mut joined = Vec::new();
        for occasion in parts.into_iter().flat_map(|part| occasions(&team, part)) {
            if !joined.contains(&occasion) {
                joined.push(occasion);
            }
        }
        let whole = occasions(&team, window);
        prop_assert_eq!(joined.len(), whole.len());
        prop_assert!(whole.iter().all(|occasion| joined.contains(occasion)));
    }

    #[test]
    fn only_open_rows_have_candidates_and_days_left((team, window) in teams_with_windows(), at in 0i64..40_000_000) {
        let schedule = expand(&team, window);
        let now = whole(&team).start() + TimeDelta::seconds(at);
        for row in coverage(&team, &schedule).rows {
            prop_assert_eq!(row.days_left(now).is_some(), row.status.is_open());
            prop_assert!(row.candidates.is_empty() || row.status.is_open());
            prop_assert_eq!(row.candidates.is_empty() && row.status.is_open(), row.status == RowStatus::Nobody);
            if row.is_overdue(now) {
                prop_assert!(row.days_left(now).unwrap() <= 0 && now < row.period.end());
            }
        }
    }
}
