//! Everybody’s duty in each calendar year, by the actual rota.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::years::span;
use crate::rota::absence::{HolidayOn, holidays_of_all};
use crate::rota::period::Period;
use crate::rota::planning::planned_week::PlannedWeek;
use crate::rota::planning::schedule::Schedule;
use crate::rota::team::{EngineerIdx, Role, Team};
use crate::rota::zone::Zone;

/// What one engineer had in one calendar year: with swaps, covers, proposals and overrides, as the rota really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The engineer.
    pub engineer: EngineerIdx,
    /// The calendar year in the team's zone.
    pub year: i32,
    /// Weeks of which they held the primary role longest; of equals, the first counts. A week that a new rotation cuts
    /// short counts too. Each counts whole in the year in which it starts, as its name says.
    pub primary_weeks: u32,
    /// Weeks of which they held the secondary role longest, counted alike.
    pub secondary_weeks: u32,
    /// How long they held the primary role between the first instants of the year and of the next.
    pub primary_seconds: i64,
    /// How long they held the secondary role, counted alike.
    pub secondary_seconds: i64,
    /// Weekends during any part of which they held the primary role. A weekend is Saturday and Sunday, whole local
    /// days of the team's zone, and counts in the year of its Saturday.
    pub weekends: u32,
    /// Holidays of their own that meet a week of which the pair (swaps applied) makes them primary. A holiday is
    /// one date, whatever names it has, and counts in the year of that date.
    pub own_holidays: u32,
    /// Holidays of a week's primary during any part of which they held the primary role instead, by cover,
    /// proposal or override. Each counts in the year of its date, for everybody who took a part of it.
    pub holidays_covered: u32,
    /// Conflicts not agreed on in which they hold the primary role, tentatively; each in the year in which it starts.
    pub proposals_taken: u32,
}

impl Tally {
    fn new(engineer: EngineerIdx, year: i32) -> Tally {
        Tally {
            engineer,
            year,
            primary_weeks: 0,
            secondary_weeks: 0,
            primary_seconds: 0,
            secondary_seconds: 0,
            weekends: 0,
            own_holidays: 0,
            holidays_covered: 0,
            proposals_taken: 0,
        }
    }

    /// The two together, under the year of this one.
    #[must_use]
    pub fn and(&self, other: &Tally) -> Tally {
        Tally {
            engineer: self.engineer,
            year: self.year,
            primary_weeks: self.primary_weeks + other.primary_weeks,
            secondary_weeks: self.secondary_weeks + other.secondary_weeks,
            primary_seconds: self.primary_seconds + other.primary_seconds,
            secondary_seconds: self.secondary_seconds + other.secondary_seconds,
            weekends: self.weekends + other.weekends,
            own_holidays: self.own_holidays + other.own_holidays,
            holidays_covered: self.holidays_covered + other.holidays_covered,
            proposals_taken: self.proposals_taken + other.proposals_taken,
        }
    }

    fn is_nothing(&self) -> bool {
        *self == Tally::new(self.engineer, self.year)
    }
}

/// The tallies of `years`, out of a schedule that reaches beyond them on both sides.
pub(super) fn tallies(team: &Team, schedule: &Schedule, years: &RangeInclusive<i32>) -> Vec<Tally> {
    let mut sheet = Sheet::new(team, years);
    for planned in &schedule.weeks {
        sheet.weeks(planned);
        sheet.seconds(planned);
        sheet.weekends(planned);
        sheet.holidays(planned);
        for conflict in &planned.conflicts {
            let year = team.zone.date(conflict.period.start()).year();
            sheet.count(conflict.primary, year, |tally| &mut tally.proposals_taken);
        }
    }
    let is_member = |tally: &Tally| {
        let year = span(&team.zone, &(tally.year..=tally.year));
        year.is_some_and(|year| team.engineer(tally.engineer).member_within(year).is_some())
    };
    let mut tallies: Vec<Tally> = sheet.tallies.into_values().collect();
    tallies.retain(|tally| !tally.is_nothing() || is_member(tally));
    tallies
}

struct Sheet<'t> {
    team: &'t Team,
    tallies: BTreeMap<(i32, EngineerIdx), Tally>,
    /// By engineer: the holidays that may count, in order of time as far as one calendar gives them.
    holidays: Vec<Vec<(NaiveDate, Period)>>,
    weekends: BTreeSet<(EngineerIdx, NaiveDate)>,
    own: BTreeSet<(EngineerIdx, NaiveDate)>,
    /// Who covered which holiday of whom.
    covered: BTreeSet<(EngineerIdx, EngineerIdx, NaiveDate)>,
}

impl<'t> Sheet<'t> {
    fn new(team: &'t Team, years: &RangeInclusive<i32>) -> Sheet<'t> {
        let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap_or(NaiveDate::MIN);
        let last = NaiveDate::from_ymd_opt(*years.end(), 12, 31).unwrap_or(NaiveDate::MAX);
        let holidays = holidays_of_all(&team.engineers, |_| (first, last)).into_iter();
        let days = |found: Vec<HolidayOn<'_>>| found.into_iter().map(|(date, day, _)| (date, day)).collect();
        let entries = years.clone().flat_map(|year| team.indices().map(move |idx| (year, idx)));
        Sheet {
            team,
            tallies: entries.map(|(year, idx)| ((year, idx), Tally::new(idx, year))).collect(),
            holidays: holidays.map(days).collect(),
            weekends: BTreeSet::new(),
            own: BTreeSet::new(),
            covered: BTreeSet::new(),
        }
    }

    /// Adds one to what `figure` names; does nothing for a year that was not requested.
    fn count(&mut self, idx: EngineerIdx, year: i32, figure: impl Fn(&mut Tally) -> &mut u32) {
        if let Some(tally) = self.tallies.get_mut(&(year, idx)) {
            *figure(tally) += 1;
        }
    }

    fn weeks(&mut self, planned: &PlannedWeek) {
        let year = planned.week.id.0.year();
        if let Some(idx) = longest(planned, Role::Primary) {
            self.count(idx, year, |tally| &mut tally.primary_weeks);
        }
        if let Some(idx) = longest(planned, Role::Secondary) {
            self.count(idx, year, |tally| &mut tally.secondary_weeks);
        }
    }

    fn seconds(&mut self, planned: &PlannedWeek) {
        for shift in &planned.shifts {
            let zone = &self.team.zone;
            let (first, last) =
                (zone.date(shift.period.start()).year(), zone.date(shift.period.end()).year());
            for year in first..=last {
                let within = span(zone, &(year..=year)).and_then(|year| year.intersection(shift.period));
                let tally = self.tallies.get_mut(&(year, shift.holder.engineer));
                if let Some((within, tally)) = within.zip(tally) {
                    match shift.role {
                        Role::Primary => tally.primary_seconds += within.seconds(),
                        Role::Secondary => tally.secondary_seconds += within.seconds(),
                    }
                }
            }
        }
    }

    fn weekends(&mut self, planned: &PlannedWeek) {
        for shift in planned.shifts.iter().filter(|shift| shift.role == Role::Primary) {
            let idx = shift.holder.engineer;
            for saturday in saturdays(&self.team.zone, shift.period) {
                if self.weekends.insert((idx, saturday)) {
                    self.count(idx, saturday.year(), |tally| &mut tally.weekends);
                }
            }
        }
    }

    fn holidays(&mut self, planned: &PlannedWeek) {
        let primary = planned.week.pair.primary;
        let met: Vec<(NaiveDate, Period)> = self.holidays[primary.0]
            .iter()
            .filter_map(|(date, day)| Some((*date, day.intersection(planned.week.period)?)))
            .collect();
        for (date, day) in met {
            if self.own.insert((primary, date)) {
                self.count(primary, date.year(), |tally| &mut tally.own_holidays);
            }
            for duty in planned.duties.iter().filter(|duty| duty.period.overlaps(day)) {
                let idx = duty.primary.engineer;
                if idx != primary && self.covered.insert((idx, primary, date)) {
                    self.count(idx, date.year(), |tally| &mut tally.holidays_covered);
                }
            }
        }
    }
}

/// The Saturdays of the weekends that `period` meets.
fn saturdays(zone: &Zone, period: Period) -> Vec<NaiveDate> {
    let (first, last) = (zone.date(period.start()), zone.date(period.end()));
    let near = first.pred_opt().unwrap_or(first).iter_days().take_while(|date| *date <= last);
    let is_met = |saturday: &NaiveDate| {
        let monday = saturday.checked_add_days(Days::new(2));
        let ends = monday.map(|monday| (zone.first_instant(*saturday), zone.first_instant(monday)));
        ends.and_then(|(start, end)| Period::new(start, end)).is_some_and(|weekend| weekend.overlaps(period))
    };
    near.filter(|date| date.weekday() == Weekday::Sat).filter(is_met).collect()
}

/// Who held `role` longest in a week; of equals, who held it first.
fn longest(planned: &PlannedWeek, role: Role) -> Option<EngineerIdx> {
    let mut held: Vec<(EngineerIdx, i64)> = Vec::new();
    for shift in planned.shifts.iter().filter(|shift| shift.role == role) {
        let (idx, seconds) = (shift.holder.engineer, shift.period.seconds());
        match held.iter_mut().find(|(holder, _)| *holder == idx) {
            Some((_, sum)) => *sum += seconds,
            None => held.push((idx, seconds)),
        }
    }
    // `max_by_key` gives the last of equals.
    held.into_iter().rev().max_by_key(|(_, seconds)| *seconds).map(|(idx, _)| idx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::sample::{
        A, B, C, D, at, calendar, date, given, holiday, local, pair, period, team, with_holiday, zone,
    };
    use crate::rota::{Rotation, Swap, TimeOffRule, fairness};

    const HOUR: i64 = 3600;

    fn of(team: &Team, year: i32, idx: EngineerIdx) -> Tally {
        let found = fairness(team, year..=year, at("2026-01-01T00:00:00Z"));
        found.tallies.into_iter().find(|tally| tally.engineer == idx).unwrap()
    }

    /// A and B have every week from `starts` on.
    fn alone(starts: &str) -> Team {
        let mut team = team();
        team.rotations = vec![Rotation { starts: local(starts), weeks: vec![pair(A, B)] }];
        team
    }

    #[test]
    fn a_week_counts_in_the_year_in_which_it_starts_and_its_hours_in_the_year_in_which_they_are() {
        let mut team = team();
        team.rotations[0].starts = local("2027-12-31T10:00:00");
        let (before, after) = (of(&team, 2027, A), of(&team, 2028, A));
        assert_eq!(
            (before.primary_weeks, before.primary_seconds),
            (1, 14 * HOUR),
            "Friday 10:00 to midnight"
        );
        assert_eq!(of(&team, 2027, B).secondary_weeks, 1);
        assert_eq!(after.primary_weeks, 13, "without the one that was begun in 2027");
        let sum: i64 = team.indices().map(|idx| of(&team, 2028, idx).primary_seconds).sum();
        assert_eq!(sum, 366 * 24 * HOUR, "a leap year");
    }

    #[test]
    fn one_pair_has_the_whole_year_even_a_leap_year() {
        let team = alone("2026-01-02T10:00:00");
        for (year, days, weeks) in [(2027, 365, 53), (2028, 366, 52), (2029, 365, 52)] {
            let (primary, secondary) = (of(&team, year, A), of(&team, year, B));
            assert_eq!(primary.primary_seconds, days * 24 * HOUR, "{year}");
            assert_eq!(secondary.secondary_seconds, days * 24 * HOUR, "{year}");
            assert_eq!((primary.primary_weeks, secondary.secondary_weeks), (weeks, weeks), "{year}");
            assert_eq!((primary.secondary_seconds, secondary.primary_weeks, secondary.weekends), (0, 0, 0));
        }
        let none = of(&team, 2025, A);
        assert!(none.is_nothing(), "before the first duty change");
    }

    #[test]
    fn a_week_in_which_clocks_change_has_an_hour_more_or_less() {
        for (starts, ends, hours) in [
            ("2026-10-30T10:00:00", "2026-11-06T10:00:00", 7 * 24 + 1),
            ("2026-03-06T10:00:00", "2026-03-13T10:00:00", 7 * 24 - 1),
            ("2026-05-01T10:00:00", "2026-05-08T10:00:00", 7 * 24),
        ] {
            let mut team = alone(starts);
            team.rotations.push(Rotation { starts: local(ends), weeks: vec![pair(C, D)] });
            let tally = of(&team, 2026, A);
            assert_eq!((tally.primary_seconds, tally.primary_weeks), (hours * HOUR, 1), "{starts}");
        }
    }

    #[test]
    fn a_weekend_counts_in_the_year_of_its_saturday_for_everybody_who_is_primary_in_it() {
        let mut team = alone("2022-12-30T10:00:00");
        assert_eq!((of(&team, 2022, A).weekends, of(&team, 2023, A).weekends), (1, 52));
        team.rotations[0].weeks = vec![pair(A, B), pair(B, A)];
        team.rotations[0].starts = local("2023-01-01T23:59:59");
        assert_eq!(of(&team, 2022, A).weekends, 1, "the last second of a Sunday, in 2023");
        team.rotations[0].starts = local("2023-01-02T00:00:00");
        assert_eq!(of(&team, 2022, A).weekends, 0);
        team.rotations[0].starts = local("2023-01-01T12:00:00");
        let both = [A, B].map(|idx| of(&team, 2023, idx).weekends);
        assert_eq!(both, [52, 52], "each Sunday noon one hands over to the other");
    }

    #[test]
    fn whoever_holds_a_role_longest_has_the_week_and_of_equals_who_held_it_first() {
        let mut team = team();
        team.policy.time_off = TimeOffRule::Report;
        let week = period("2026-01-02T15:00:00Z", "2026-01-09T15:00:00Z");
        let middle = at("2026-01-06T03:00:00Z");
        for (from, winner) in [("2026-01-06T02:59:59Z", C), ("2026-01-06T03:00:00Z", A)] {
            team.overrides = vec![given(Period::new(at(from), week.end()).unwrap(), C)];
            let weeks = [A, C].map(|idx| of(&team, 2026, idx).primary_weeks);
            assert_eq!(weeks, if winner == A { [13, 13] } else { [12, 14] }, "{from}");
        }
        team.overrides = vec![given(Period::new(week.start(), middle).unwrap(), C)];
        assert_eq!(of(&team, 2026, C).primary_weeks, 14, "halves: C was first");
    }

    #[test]
    fn a_holiday_counts_as_own_for_whoever_has_the_week_and_as_covered_for_whoever_takes_it() {
        let mut team = with_holiday();
        let counts = |team: &Team| {
            [A, B, C, D].map(|idx| {
                let tally = of(team, 2026, idx);
                (tally.own_holidays, tally.holidays_covered, tally.proposals_taken)
            })
        };
        assert_eq!(counts(&team), [(1, 0, 0), (0, 1, 0), (0, 0, 0), (0, 0, 0)]);
        team.overrides = vec![given(holiday(), C)];
        assert_eq!(counts(&team), [(1, 0, 0), (0, 0, 0), (0, 1, 0), (0, 0, 0)]);
        team.overrides = vec![given(period("2026-01-07T05:00:00Z", "2026-01-07T12:00:00Z"), C)];
        assert_eq!(counts(&team), [(1, 0, 0), (0, 1, 0), (0, 1, 0), (0, 0, 0)], "each took a part");
        team.overrides = vec![given(holiday(), A)];
        assert_eq!(
            counts(&team),
            [(1, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0)],
            "A works on it, for nobody else"
        );
        team.overrides.clear();
        team.engineers[B.0].time_off = vec![holiday()];
        team.engineers[D.0].works_on = vec![date("2026-01-07")];
        assert_eq!(counts(&team), [(1, 0, 0), (0, 0, 0), (0, 0, 0), (0, 1, 1)]);
    }

    #[test]
    fn two_names_on_one_date_are_one_holiday_and_a_date_that_spans_a_duty_change_is_too() {
        let mut team = alone("2026-01-02T10:00:00");
        let names = [("2026-01-07", "One"), ("2026-01-07", "Other"), ("2026-01-09", "On a Friday")];
        team.engineers[A.0].calendars = vec![calendar(&names)];
        let (own, covered) = (of(&team, 2026, A).own_holidays, of(&team, 2026, B).holidays_covered);
        assert_eq!((own, covered), (2, 2));
    }

    #[test]
    fn a_holiday_counts_in_the_year_of_its_own_date_wherever_it_is_kept() {
        let mut team = alone("2026-01-02T10:00:00");
        team.engineers[A.0].zone = zone("Pacific/Auckland");
        team.engineers[A.0].calendars = vec![calendar(&[("2028-01-01", "New Year's Day")])];
        let counts = |year| (of(&team, year, A).own_holidays, of(&team, year, B).holidays_covered);
        assert_eq!((counts(2027), counts(2028)), ((0, 0), (1, 1)), "in New York it is still 2027");
    }

    #[test]
    fn a_swap_gives_the_week_and_its_holiday_to_the_new_pair() {
        let mut team = with_holiday();
        team.swaps.insert(date("2026-01-02"), Swap { pair: pair(C, D), reason: None });
        let (a, c, d) = (of(&team, 2026, A), of(&team, 2026, C), of(&team, 2026, D));
        assert_eq!((a.primary_weeks, a.own_holidays), (12, 0));
        assert_eq!((c.primary_weeks, c.own_holidays, d.holidays_covered), (14, 1, 1));
    }

    #[test]
    fn somebody_who_left_has_no_entry_for_the_years_after() {
        let mut team = team();
        team.engineers[D.0].left = Some(date("2027-01-01"));
        let weeks = vec![pair(A, B), pair(B, C), pair(C, A)];
        team.rotations.push(Rotation { starts: local("2026-12-25T10:00:00"), weeks });
        let found = fairness(&team, 2026..=2027, at("2026-01-01T00:00:00Z")).tallies;
        let who: Vec<_> = found.iter().map(|tally| (tally.year, tally.engineer)).collect();
        assert_eq!(who, [(2026, A), (2026, B), (2026, C), (2026, D), (2027, A), (2027, B), (2027, C)]);
        team.engineers[D.0].left = Some(date("2027-01-02"));
        assert_eq!(fairness(&team, 2027..=2027, at("2026-01-01T00:00:00Z")).tallies.len(), 4);
    }
}
