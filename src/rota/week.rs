//! R1 and R2: the weeks of a team, across rotations, with swaps applied.

use std::fmt;
use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveDateTime};

use super::period::{Instant, Period};
use super::team::{Pair, Rotation, Team};

/// Names a week: the local date on which it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeekId(pub NaiveDate);

impl fmt::Display for WeekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// From one duty change to the next, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// The week's name.
    pub id: WeekId,
    /// From its duty change to the next; shorter than seven days where a new rotation takes over.
    pub period: Period,
    /// The duty change as written: on the team's clock, even where that time does not exist.
    pub starts: NaiveDateTime,
    /// Who has the week by rotation.
    pub rotation_pair: Pair,
    /// Who has the week, swaps applied.
    pub pair: Pair,
    /// The swap that gave the week to `pair`.
    pub swap: Option<SwapNote>,
}

/// A swap of a week, and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapNote {
    /// As given in the file.
    pub reason: Option<Arc<str>>,
}

/// The weeks of `team` from its first duty change on, in order of time, without end but for the last year a
/// date can have.
pub fn weeks(team: &Team) -> impl Iterator<Item = Week> + '_ {
    eras(team).flat_map(move |(rotation, end)| weeks_of(team, rotation, end, 0))
}

/// The week of `team` that holds `instant`; `None` before the first duty change.
pub fn week_at(team: &Team, instant: Instant) -> Option<Week> {
    let begun = eras(team).take_while(|(rotation, _)| team.zone.instant(rotation.starts) <= instant);
    let (rotation, end) = begun.last()?;
    let days = team.zone.local(instant).signed_duration_since(rotation.starts).num_days();
    // A clock change may move a duty change by a week's number.
    let near = u64::try_from(days / 7 - 1).unwrap_or(0);
    let weeks = weeks_of(team, rotation, end, near);
    weeks.take_while(|week| week.period.start() <= instant).last()
}

/// The rotations of `team`, each with the instant at which the next takes over.
fn eras(team: &Team) -> impl Iterator<Item = (&Rotation, Option<Instant>)> {
    let ends = team.rotations.iter().skip(1).map(|next| Some(team.zone.instant(next.starts)));
    team.rotations.iter().zip(ends.chain([None]))
}

/// The weeks of `rotation`, which ends at `end`, from its week of number `first` on.
fn weeks_of<'t>(
    team: &'t Team,
    rotation: &'t Rotation,
    end: Option<Instant>,
    first: u64,
) -> impl Iterator<Item = Week> + 't {
    let starts = move |k: u64| rotation.starts.checked_add_days(Days::new(k.checked_mul(7)?));
    let skipped = usize::try_from(first).unwrap_or(0) % rotation.weeks.len().max(1);
    let pairs = rotation.weeks.iter().copied().cycle().skip(skipped);
    // The end of one week is the start of the next.
    let mut known = None;
    pairs.zip(first..).map_while(move |(pair, k)| {
        let (start, next) = (starts(k)?, team.zone.instant(starts(k + 1)?));
        let begins = known.replace(next).unwrap_or_else(|| team.zone.instant(start));
        let period = Period::new(begins, end.map_or(next, |end| end.min(next)))?;
        Some(week(team, start, period, pair))
    })
}

fn week(team: &Team, starts: NaiveDateTime, period: Period, rotation_pair: Pair) -> Week {
    let id = WeekId(team.zone.date(period.start()));
    let swap = team.swaps.get(&id.0);
    Week {
        id,
        period,
        starts,
        rotation_pair,
        pair: swap.map_or(rotation_pair, |swap| swap.pair),
        swap: swap.map(|swap| SwapNote { reason: swap.reason.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::Swap;
    use crate::rota::sample::{A, B, C, D, at, date, local, pair, team, zone};

    fn first(team: &Team, count: usize) -> Vec<Week> {
        weeks(team).take(count).collect()
    }

    #[test]
    fn the_pairs_repeat_after_the_last() {
        let pairs: Vec<_> = first(&team(), 6).iter().map(|week| week.pair).collect();
        assert_eq!(pairs, [pair(A, B), pair(B, C), pair(C, D), pair(D, A), pair(A, B), pair(B, C)]);
    }

    #[test]
    fn a_rotation_of_one_week_gives_every_week_to_one_pair() {
        let mut team = team();
        team.rotations[0].weeks.truncate(1);
        assert!(first(&team, 60).iter().all(|week| week.pair == pair(A, B)));
    }

    #[test]
    fn duty_changes_keep_their_wall_clock_through_a_clock_change() {
        let weeks = first(&team(), 60);
        let spring = weeks.iter().find(|week| week.id.0 == date("2026-03-06")).unwrap();
        assert_eq!(spring.period.start(), at("2026-03-06T15:00:00Z"));
        assert_eq!(spring.period.end(), at("2026-03-13T14:00:00Z"), "an hour shorter");
        let autumn = weeks.iter().find(|week| week.id.0 == date("2026-10-30")).unwrap();
        assert_eq!(autumn.period.seconds(), (7 * 24 + 1) * 3600);
        assert!(weeks.windows(2).all(|w| w[0].period.end() == w[1].period.start()));
    }

    #[test]
    fn weeks_run_on_over_the_years_end_and_a_leap_day() {
        let mut team = team();
        team.rotations[0].starts = local("2027-12-31T10:00:00");
        let ids: Vec<_> = first(&team, 10).iter().map(|week| week.id.to_string()).collect();
        assert_eq!(ids[0], "2027-12-31");
        assert_eq!(ids[8..], ["2028-02-25", "2028-03-03"]);
    }

    #[test]
    fn a_duty_change_in_the_gap_is_the_first_instant_after_it() {
        let mut team = team();
        team.rotations[0].starts = local("2026-03-01T02:30:00");
        let gap = &first(&team, 2)[1];
        assert_eq!((gap.id.0, gap.starts), (date("2026-03-08"), local("2026-03-08T02:30:00")));
        assert_eq!(gap.period.start(), at("2026-03-08T07:00:00Z"));
    }

    #[test]
    fn a_week_is_named_by_the_date_on_which_it_really_starts() {
        let mut team = team();
        team.zone = zone("Pacific/Apia");
        team.rotations[0].starts = local("2011-12-23T10:00:00");
        let ids: Vec<_> = first(&team, 3).iter().map(|week| week.id.to_string()).collect();
        assert_eq!(ids, ["2011-12-23", "2011-12-31", "2012-01-06"], "Apia had no 2011-12-30");
    }

    #[test]
    fn a_later_rotation_cuts_the_earlier_one_short_and_leaves_the_past() {
        let mut team = team();
        let before = first(&team, 3);
        let weeks = vec![pair(D, B), pair(B, D)];
        team.rotations.push(Rotation { starts: local("2026-01-26T09:00:00"), weeks });
        let after = first(&team, 6);
        assert_eq!(after[..3], before[..]);
        assert_eq!(after[3].pair, pair(D, A));
        assert_eq!(after[3].period.end(), at("2026-01-26T14:00:00Z"), "cut from 30 January");
        assert_eq!(after[4].id.0, date("2026-01-26"));
        assert_eq!((after[4].pair, after[5].pair), (pair(D, B), pair(B, D)));
    }

    #[test]
    fn a_rotation_that_takes_over_at_a_duty_change_leaves_no_empty_week() {
        let mut team = team();
        team.rotations.push(Rotation { starts: local("2026-01-16T10:00:00"), weeks: vec![pair(D, B)] });
        let ids: Vec<_> = first(&team, 4).iter().map(|week| week.id.to_string()).collect();
        assert_eq!(ids, ["2026-01-02", "2026-01-09", "2026-01-16", "2026-01-23"]);
    }

    #[test]
    fn a_swap_gives_one_week_to_another_pair() {
        let mut team = team();
        team.swaps.insert(date("2026-01-09"), Swap { pair: pair(D, A), reason: Some("Conference".into()) });
        let weeks = first(&team, 3);
        assert_eq!((weeks[1].pair, weeks[1].rotation_pair), (pair(D, A), pair(B, C)));
        assert_eq!(weeks[1].swap.as_ref().unwrap().reason.as_deref(), Some("Conference"));
        assert!(weeks[0].swap.is_none() && weeks[2].swap.is_none());
    }

    #[test]
    fn an_instant_is_in_the_week_that_starts_at_it() {
        let team = team();
        assert_eq!(week_at(&team, at("2026-01-02T14:59:59Z")), None, "before the first duty change");
        let id = |text: &str| week_at(&team, at(text)).unwrap().id.to_string();
        assert_eq!(id("2026-01-02T15:00:00Z"), "2026-01-02");
        assert_eq!(id("2026-01-09T14:59:59Z"), "2026-01-02");
        assert_eq!(id("2026-01-09T15:00:00Z"), "2026-01-09");
    }

    #[test]
    fn the_week_at_an_instant_is_the_last_that_has_begun() {
        let mut gap = team();
        gap.rotations[0].starts = local("2026-03-01T02:30:00");
        let mut skipped = team();
        skipped.zone = zone("Pacific/Apia");
        skipped.rotations[0].starts = local("2011-12-02T10:00:00");
        let mut cut = team();
        cut.rotations
            .push(Rotation { starts: local("2026-01-26T09:00:00"), weeks: vec![pair(D, B), pair(B, D)] });
        cut.rotations.push(Rotation { starts: local("2026-11-01T01:30:00"), weeks: vec![pair(A, B)] });
        for team in [team(), gap, skipped, cut] {
            for week in first(&team, 120) {
                let last = week.period.end() - chrono::TimeDelta::seconds(1);
                for instant in [week.period.start(), last] {
                    assert_eq!(week_at(&team, instant), Some(week.clone()), "{instant}");
                }
            }
        }
    }
}
