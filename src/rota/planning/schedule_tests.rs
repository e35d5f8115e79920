//! Questions that a [`Schedule`](super::Schedule) answers: who is away although on call, and until when a role is held.

use crate::rota::sample::{
    A, B, C, D, at, calendar, date, engineer, first_weeks, given, holiday, local, pair, period, team,
    with_holiday, zone,
};
use crate::rota::zone::lookups;
use crate::rota::{
    Engineer, EngineerIdx, Instant, Override, Period, Role, Rotation, SecondaryOnHoliday, Swap, TIME_OFF,
    Team, TimeOffRule, expand, expand_until_change, week_at,
};

fn week() -> Period {
    period("2026-01-02T15:00:00Z", "2026-01-09T15:00:00Z")
}

fn found(team: &Team, role: Role) -> Vec<(EngineerIdx, Period, bool)> {
    let absences = first_weeks(team).unavailable(team, role, week());
    absences.into_iter().map(|absence| (absence.engineer, absence.period, absence.is_agreed)).collect()
}

#[test]
fn a_secondary_on_leave_is_no_backup_exactly_while_away() {
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
    let reasons = &schedule.unavailable(&team, Role::Secondary, week())[0].reasons;
    assert_eq!(reasons.iter().map(|reason| &**reason).collect::<Vec<_>>(), [TIME_OFF]);
}

#[test]
fn leave_may_continue_past_the_duty_and_past_the_computed_window() {
    let mut team = team();
    let months = period("2026-01-05T05:00:00Z", "2026-09-01T04:00:00Z");
    team.engineers[1].time_off = vec![months];
    let schedule = expand(&team, week());
    let until = schedule.away_until(&team, Role::Secondary, at("2026-01-06T00:00:00Z"));
    assert_eq!(until, Some(months.end()));
}

#[test]
fn a_day_of_leave_on_which_clocks_go_back_has_twenty_five_hours() {
    let mut team = team();
    let sunday = period("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z");
    for engineer in &mut team.engineers {
        engineer.time_off = vec![sunday];
    }
    let week = period("2026-10-30T14:00:00Z", "2026-11-06T15:00:00Z");
    let schedule = expand(&team, week);
    let absences = schedule.unavailable(&team, Role::Primary, week);
    assert_eq!(absences.iter().map(|absence| absence.period).collect::<Vec<_>>(), [sunday]);
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
fn a_primary_whose_leave_moves_nothing_is_shown_away() {
    let mut team = team();
    team.policy.time_off = TimeOffRule::Report;
    team.engineers[0].time_off = vec![holiday()];
    assert_eq!(found(&team, Role::Primary), [(A, holiday(), false)]);
}

#[test]
fn an_override_on_a_holiday_is_fine_and_during_leave_is_a_warning() {
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

#[test]
fn what_is_agreed_ends_where_a_proposal_begins_although_the_holder_stays() {
    let mut team = with_holiday();
    for engineer in &mut team.engineers {
        engineer.time_off = vec![holiday()];
    }
    team.overrides = vec![given(period("2026-01-05T05:00:00Z", "2026-01-07T05:00:00Z"), B)];
    let schedule = first_weeks(&team);
    let on = |instant| {
        let instant = at(instant);
        let holder = schedule.on_call(instant).unwrap().primary.clone();
        let until = schedule.unchanged_until(&[Role::Primary], instant).unwrap();
        (holder.engineer, holder.kind.is_tentative(), until, schedule.held_until(Role::Primary, instant))
    };
    let (start, end) = (holiday().start(), holiday().end());
    assert_eq!(on("2026-01-06T00:00:00Z"), (B, false, start, Some(end)));
    assert_eq!(on("2026-01-07T12:00:00Z"), (B, true, end, Some(end)));
    assert_eq!(schedule.unchanged_until(&Role::ALL, at("2026-01-06T00:00:00Z")), Some(start));
}

/// A is primary and B secondary for ever, without a holiday.
fn constant() -> Team {
    let mut team = team();
    team.rotations[0].weeks.truncate(1);
    team
}

/// When the two who are on call on 2026-02-01 stop.
#[track_caller]
fn until(team: &Team) -> [Option<Instant>; 2] {
    let now = at("2026-02-01T00:00:00Z");
    let schedule = expand_until_change(team, now).unwrap();
    Role::ALL.map(|role| schedule.held_until(role, now))
}

#[test]
fn a_role_that_never_changes_hands_has_no_end() {
    assert_eq!(until(&constant()), [None, None]);
}

#[test]
fn an_override_years_ahead_ends_it() {
    let mut team = constant();
    team.overrides = vec![given(period("2031-05-01T00:00:00Z", "2031-05-01T00:00:01Z"), C)];
    assert_eq!(until(&team), [Some(at("2031-05-01T00:00:00Z")), None]);
}

#[test]
fn a_swap_or_a_later_rotation_ends_it() {
    let mut team = constant();
    team.swaps.insert(date("2030-01-04"), Swap { pair: pair(A, D), reason: None });
    assert_eq!(until(&team), [None, Some(at("2030-01-04T15:00:00Z"))]);
    team.rotations.push(Rotation { starts: local("2029-03-02T10:00:00"), weeks: vec![pair(C, B)] });
    assert_eq!(until(&team), [Some(at("2029-03-02T15:00:00Z")), Some(at("2030-01-04T15:00:00Z"))]);
}

#[test]
fn an_absence_of_the_primary_ends_it() {
    let mut team = constant();
    team.engineers[A.0].calendars = vec![calendar(&[("2040-07-02", "Far")])];
    let away = Some(at("2040-07-02T04:00:00Z"));
    assert_eq!(until(&team), [away, away], "B covers");
    let leave = period("2035-01-01T05:00:00Z", "2035-01-02T05:00:00Z");
    team.engineers[A.0].time_off = vec![leave];
    assert_eq!(until(&team), [Some(leave.start()); 2]);
}

#[test]
fn the_last_turn_of_a_rotation_of_years_ends_it() {
    let mut team = constant();
    team.rotations[0].weeks = vec![pair(A, B); 150];
    team.rotations[0].weeks.push(pair(A, C));
    assert_eq!(until(&team), [None, Some(at("2028-11-17T15:00:00Z"))]);
}

#[test]
fn absences_of_others_are_not_searched() {
    let mut team = constant();
    team.engineers[B.0].calendars = vec![calendar(&[("2199-07-02", "Far")])];
    let schedule = expand_until_change(&team, at("2026-02-01T00:00:00Z")).unwrap();
    assert!(schedule.window.end() < at("2028-01-01T00:00:00Z"));
}

/// Fifty engineers in five places, each with five holidays a year, from 2026 to 2040.
fn fifty() -> Team {
    let mut team = team();
    let days = ["01-01", "05-01", "07-04", "11-11", "12-25"];
    let dates: Vec<String> = (2026..=2040).flat_map(|year| days.map(|day| format!("{year}-{day}"))).collect();
    let dates: Vec<(&str, &str)> = dates.iter().map(|date| (&**date, "Holiday")).collect();
    let zones = ["America/New_York", "Europe/London", "Europe/Berlin", "Asia/Tokyo", "Australia/Sydney"];
    let places = zones.map(|name| (zone(name), calendar(&dates)));
    team.engineers = (0..50)
        .map(|number| {
            let (zone, calendar) = &places[number % places.len()];
            Engineer {
                zone: zone.clone(),
                calendars: vec![calendar.clone()],
                ..engineer(&format!("e{number}"))
            }
        })
        .collect();
    team.rotations[0].weeks = (0..50).map(|n| pair(EngineerIdx(n), EngineerIdx((n + 1) % 50))).collect();
    team
}

#[test]
fn a_week_far_ahead_costs_no_more_for_people_who_share_a_calendar() {
    let (many, mut few) = (fifty(), fifty());
    few.engineers.truncate(5);
    few.rotations[0].weeks = (0..5).map(|n| pair(EngineerIdx(n), EngineerIdx((n + 1) % 5))).collect();
    let ahead = period("2036-01-04T15:00:00Z", "2036-01-11T15:00:00Z");
    let [many, few] = [many, few].map(|team| lookups::during(|| expand(&team, ahead)));
    assert!(many < few + 500, "{many} for fifty, {few} for five");
    // Three for each week, two for each holiday of the five places.
    assert!(few < 3 * 530 + 2 * 5 * 5 * 11 + 500, "{few}");
}

#[test]
fn the_week_at_an_instant_is_found_without_going_through_those_before() {
    let team = fifty();
    let of = |instant| lookups::during(|| week_at(&team, at(instant)));
    assert!(of("2036-01-04T15:00:00Z") <= of("2026-02-06T15:00:00Z") + 4);
}
