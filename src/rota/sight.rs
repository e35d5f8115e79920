//! How far ahead the rota must be worked out to know when those who hold the roles stop.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::absence::last_absence;
use super::period::{Instant, Period};
use super::schedule::{Schedule, expand};
use super::team::{Role, Team};

/// How far ahead an end is looked for at first: nearly every role changes hands within a year.
const NEAR: TimeDelta = TimeDelta::days(371);

/// The rota of `team` from `at` on until whoever holds a role then stops, however far that is. Where one of them never
/// does, it reaches as far as anything is known that could change it.
///
/// `None` only where `at` is out of the calendar's reach.
pub fn sight(team: &Team, at: Instant) -> Option<Schedule> {
    let near = expand(team, Period::new(at, at.checked_add_signed(NEAR)?)?);
    let endless = |role| {
        let holder = near.on_call(at).and_then(|duty| duty.holder(role));
        holder.is_some() && near.held_until(role, at).is_none()
    };
    if !Role::ALL.into_iter().any(endless) {
        return Some(near);
    }
    let settled = settled_after(team, at)?;
    Some(if settled <= near.window.end() { near } else { expand(team, Period::new(at, settled)?) })
}

/// By when all that is known to come after `at` has shown: whoever has held a role from `at` to there holds it for ever.
///
/// Who holds the roles depends on the turns of the rotations, on swaps and overrides, and on when those are away who are
/// primary of a week. Other people's absences matter only while one of these is away.
fn settled_after(team: &Team, at: Instant) -> Option<Instant> {
    let turns = || team.rotations.iter().flat_map(|rotation| &rotation.weeks);
    let pairs = turns().chain(team.swaps.values().map(|swap| &swap.pair));
    let primaries: BTreeSet<_> = pairs.map(|pair| pair.primary).collect();

    let rotations = team.rotations.iter().map(|rotation| team.zone.instant(rotation.starts));
    let swaps = team.swaps.keys().map(|week| team.zone.first_instant(*week));
    let overrides = team.overrides.iter().map(|given| given.period.end());
    let absences = primaries.into_iter().filter_map(|seat| last_absence(team.engineer(seat)));
    let last = rotations.chain(swaps).chain(overrides).chain(absences).chain([at]).max()?;

    // Every turn once more, the week that `last` lies in and the one in which a swap ends.
    let weeks = i64::try_from(turns().count()).ok()?.checked_add(2)?;
    last.checked_add_signed(TimeDelta::try_weeks(weeks)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::sample::{A, B, C, D, at, calendar, date, given, local, pair, period, team};
    use crate::rota::{Rotation, Swap};

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
        let schedule = sight(team, now).unwrap();
        Role::ALL.map(|role| schedule.held_until(role, now))
    }

    #[test]
    fn who_never_changes_has_no_end() {
        assert_eq!(until(&constant()), [None, None]);
    }

    #[test]
    fn an_override_years_ahead_ends_it() {
        let mut team = constant();
        team.overrides = vec![given(period("2031-05-01T00:00:00Z", "2031-05-01T00:00:01Z"), C)];
        assert_eq!(until(&team), [Some(at("2031-05-01T00:00:00Z")), None]);
    }

    #[test]
    fn so_do_a_swap_and_a_later_rotation() {
        let mut team = constant();
        team.swaps.insert(date("2030-01-04"), Swap { pair: pair(A, D), reason: None });
        assert_eq!(until(&team), [None, Some(at("2030-01-04T15:00:00Z"))]);
        team.rotations.push(Rotation { starts: local("2029-03-02T10:00:00"), weeks: vec![pair(C, B)] });
        assert_eq!(until(&team), [Some(at("2029-03-02T15:00:00Z")), Some(at("2030-01-04T15:00:00Z"))]);
    }

    #[test]
    fn so_does_an_absence_of_the_primary() {
        let mut team = constant();
        team.engineers[A.0].calendars = vec![calendar(&[("2040-07-02", "Far")])];
        let away = Some(at("2040-07-02T04:00:00Z"));
        assert_eq!(until(&team), [away, away], "B covers");
        let leave = period("2035-01-01T05:00:00Z", "2035-01-02T05:00:00Z");
        team.engineers[A.0].time_off = vec![leave];
        assert_eq!(until(&team), [Some(leave.start()); 2]);
    }

    #[test]
    fn so_does_the_last_turn_of_a_rotation_of_years() {
        let mut team = constant();
        team.rotations[0].weeks = vec![pair(A, B); 150];
        team.rotations[0].weeks.push(pair(A, C));
        assert_eq!(until(&team), [None, Some(at("2028-11-17T15:00:00Z"))]);
    }

    #[test]
    fn absences_of_others_are_not_looked_through() {
        let mut team = constant();
        team.engineers[B.0].calendars = vec![calendar(&[("2199-07-02", "Far")])];
        let schedule = sight(&team, at("2026-02-01T00:00:00Z")).unwrap();
        assert!(schedule.window.end() < at("2028-01-01T00:00:00Z"));
    }
}
