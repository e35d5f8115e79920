//! Occasions by example; what holds of all of them is in the laws.

use super::*;
use crate::rota::sample::{A, B, C, D, at, calendar, date, given, holiday, period, team, with_holiday, zone};
use crate::rota::{EngineerIdx, Instant, RowStatus, Team};

fn january(team: &Team) -> Vec<Occasion> {
    occasions(team, period("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"))
}

fn now() -> Instant {
    at("2025-12-01T00:00:00Z")
}

fn holders(occasion: &Occasion) -> Vec<(EngineerIdx, Option<EngineerIdx>)> {
    occasion.on_call.iter().map(|held| (held.primary, held.secondary)).collect()
}

#[test]
fn a_holiday_of_everybody_is_one_occasion() {
    let found = january(&with_holiday());
    assert_eq!(found.len(), 1);
    let founders = &found[0];
    assert_eq!((founders.first, founders.last), (date("2026-01-07"), date("2026-01-07")));
    assert_eq!((founders.status(now()), founders.needs_somebody(now())), (RowStatus::Working, false));
    let whose = [&founders.away, &founders.working, &founders.unaffected].map(|list| &list[..]);
    assert_eq!(whose, [&[A][..], &[B], &[C, D]]);
    assert_eq!((founders.period, holders(founders)), (holiday(), vec![(B, None)]));
    assert_eq!(founders.rows.len(), 4);
}

#[test]
fn consecutive_dates_are_one_run_named_as_most_have_its_first_and_a_gap_ends_it() {
    let mut team = team();
    let days = |names: &[(&str, &str)]| vec![calendar(names)];
    team.engineers[0].calendars = days(&[("2026-01-07", "Eve"), ("2026-01-09", "Third")]);
    team.engineers[1].calendars = days(&[("2026-01-07", "Day"), ("2026-01-08", "Second")]);
    team.engineers[2].calendars = days(&[("2026-01-07", "Day"), ("2026-01-11", "Alone")]);
    let found = january(&team);
    assert_eq!(found.len(), 2);
    let OccasionKind::Holiday { name, others } = &found[0].kind else { panic!("a holiday") };
    let others: Vec<&str> = others.iter().map(|other| &**other).collect();
    assert_eq!((&**name, &others[..]), ("Day", &["Eve", "Second", "Third"][..]));
    assert_eq!((found[0].first, found[0].last), (date("2026-01-07"), date("2026-01-09")));
    assert_eq!(found[1].first, date("2026-01-11"), "10 January is nobody's");
    team.engineers[2].calendars = days(&[]);
    let OccasionKind::Holiday { name, .. } = &january(&team)[0].kind else { panic!("a holiday") };
    assert_eq!(&**name, "Eve", "of equals the first in the file");
}

#[test]
fn a_holiday_that_spans_a_duty_change_shows_both_holders_in_order() {
    let mut team = team();
    for engineer in &mut team.engineers {
        engineer.calendars = vec![calendar(&[("2026-01-09", "On a Friday")])];
    }
    let found = january(&team);
    assert_eq!(found.len(), 1);
    assert_eq!(holders(&found[0]), [(B, None), (C, None)]);
    assert_eq!(found[0].on_call[0].period.end(), at("2026-01-09T15:00:00Z"));
    assert_eq!(
        (found[0].period.start(), found[0].period.end()),
        (at("2026-01-09T05:00:00Z"), at("2026-01-10T05:00:00Z"))
    );
}

#[test]
fn a_holiday_that_affects_nobody_on_duty_shows_who_is_on_call_on_its_dates() {
    let mut team = team();
    team.engineers[3].zone = zone("Asia/Kolkata");
    team.engineers[3].calendars = vec![calendar(&[("2026-01-07", "Elsewhere")])];
    let found = january(&team);
    assert!(found[0].is_unaffected());
    assert_eq!((found[0].period, holders(&found[0])), (holiday(), vec![(A, Some(B))]));
    assert_eq!(found[0].unaffected, [D]);
}

#[test]
fn a_holiday_that_ends_in_the_first_hours_of_the_rota_is_an_occasion_too() {
    let mut team = team();
    team.zone = zone("Pacific/Kiritimati");
    team.engineers[3].zone = zone("America/Havana");
    team.engineers[3].calendars = vec![calendar(&[("2026-01-01", "Far to the west")])];
    let (begins, day_ends) = (team.starts(), at("2026-01-02T05:00:00Z"));
    assert_eq!(begins, at("2026-01-01T20:00:00Z"), "2 January there");
    let found = january(&team);
    assert_eq!(found.len(), 1, "its date is over where the team is");
    assert_eq!((found[0].period.start(), found[0].period.end()), (begins, day_ends));
    assert_eq!((holders(&found[0]), &found[0].unaffected[..]), (vec![(A, Some(B))], &[D][..]));
}

#[test]
fn time_off_counts_in_weeks_of_a_pair_that_has_the_engineer_and_entries_that_touch_are_one() {
    let mut team = team();
    let days = |from: &str, to: &str| period(&format!("{from}T05:00:00Z"), &format!("{to}T05:00:00Z"));
    team.engineers[1].time_off = vec![days("2026-01-06", "2026-01-07"), days("2026-01-05", "2026-01-06")];
    team.engineers[3].time_off = vec![days("2026-01-06", "2026-01-07")];
    let found = january(&team);
    assert_eq!(found.len(), 1, "D is in no pair then");
    assert_eq!(found[0].kind, OccasionKind::TimeOff(B));
    assert_eq!((found[0].first, found[0].last), (date("2026-01-05"), date("2026-01-06")));
    assert_eq!(found[0].status(now()), RowStatus::NoBackup);
    team.engineers[1].time_off = vec![
        period("2026-01-06T14:00:00Z", "2026-01-06T15:00:00Z"),
        period("2026-01-06T18:00:00Z", "2026-01-06T20:00:00Z"),
    ];
    assert_eq!(january(&team).len(), 1, "two entries that start on one date");
    team.engineers[1].time_off[1] = period("2026-01-07T18:00:00Z", "2026-01-07T20:00:00Z");
    assert_eq!(january(&team).len(), 2);
}

#[test]
fn what_needs_somebody_comes_first_by_deadline_and_a_conflict_counts_once() {
    let mut team = with_holiday();
    for engineer in &mut team.engineers {
        let dates = [("2026-01-07", "Founders"), ("2026-01-14", "Quiet"), ("2026-01-21", "Later")];
        engineer.calendars = vec![calendar(&dates)];
    }
    team.engineers[1].time_off = vec![holiday()];
    team.engineers[0].time_off = vec![period("2026-01-06T05:00:00Z", "2026-01-07T05:00:00Z")];
    team.engineers[3].time_off = vec![period("2026-01-21T05:00:00Z", "2026-01-22T05:00:00Z")];
    let mut found = january(&team);
    assert_eq!(open_conflicts(&found, now()).len(), 2);
    sort_occasions(&mut found, now());
    let firsts: Vec<String> = found.iter().map(|occasion| occasion.first.to_string()).collect();
    assert_eq!(firsts[firsts.len() - 1], "2026-01-14", "{firsts:?}");
    let mine = found
        .iter()
        .filter(|occasion| occasion.rows.iter().any(|row| row.period.start() == at("2026-01-06T05:00:00Z")));
    assert_eq!(mine.count(), 2, "A's leave and A's holiday are one conflict in two occasions");
    assert!(found[0].is_overdue(at("2025-12-20T00:00:00Z")) && found[0].needs_somebody(now()));
    assert!(!found[0].needs_somebody(at("2026-01-08T05:00:00Z")), "over");
    team.overrides = vec![given(period("2026-01-06T05:00:00Z", "2026-01-08T05:00:00Z"), C)];
    assert_eq!(open_conflicts(&january(&team), now()).len(), 1);
}
