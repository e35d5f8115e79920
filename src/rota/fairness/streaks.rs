//! On which holidays the rotation puts the same person year after year.

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::years::around;
use crate::rota::absence::{HolidayOn, holidays_of_all};
use crate::rota::period::Period;
use crate::rota::team::{EngineerIdx, Pair, Role, Team};
use crate::rota::week::{Week, weeks};

/// How many years in a row with the same person on the same holiday make a streak. Twice in a row happens now and then
/// in most rotations; the third time is a pattern, and early enough to do something about it.
pub const MIN_STREAK_YEARS: usize = 3;

/// How the calendars name the substitute of a holiday.
const SUBSTITUTE: &str = " (observed)";

/// Somebody has the same role on the same holiday of their own in [`MIN_STREAK_YEARS`] or more years in a row, by the
/// rotation alone: swaps and overrides change one year and leave the pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streak {
    /// The engineer.
    pub engineer: EngineerIdx,
    /// The role they have on it.
    pub role: Role,
    /// The name of the holiday.
    pub holiday: Arc<str>,
    /// The years in a row, in order: calendar years, but for those that do not have the holiday.
    pub years: Vec<i32>,
}

impl Streak {
    /// Streaks as people read them: the streaks of secondaries go with the streak of the primary on the same holiday in
    /// the same years.
    pub fn together(streaks: &[Streak]) -> impl Iterator<Item = (&Streak, Vec<EngineerIdx>)> {
        let alone = streaks.iter().filter(|streak| !streaks.iter().any(|other| other.is_backed_by(streak)));
        alone.map(|streak| {
            let backing = streaks.iter().filter(|other| streak.is_backed_by(other));
            (streak, backing.map(|other| other.engineer).collect())
        })
    }

    fn is_backed_by(&self, other: &Streak) -> bool {
        (self.role, other.role) == (Role::Primary, Role::Secondary)
            && self.holiday == other.holiday
            && self.years == other.years
    }
}

/// Years in order, those in a row as one: `2026–2031`, `2026–2028, 2030`.
pub fn year_spans(years: &[i32]) -> String {
    let runs = years.chunk_by(|year, next| year + 1 == *next);
    let spans = runs.filter_map(|run| match (run.first()?, run.last()?) {
        (first, last) if first == last => Some(first.to_string()),
        (first, last) => Some(format!("{first}–{last}")),
    });
    spans.collect::<Vec<_>>().join(", ")
}

/// The weeks of a team up to the end of some years, and which holidays fall in them.
pub(super) struct Plan<'t> {
    pub(super) team: &'t Team,
    pub(super) years: RangeInclusive<i32>,
    /// From the first duty change on.
    pub(super) weeks: Vec<Week>,
    /// Which of the weeks is the first of the latest rotation.
    pub(super) latest: usize,
    pub(super) yearly: Vec<Yearly>,
}

/// A holiday of one engineer, over the years.
pub(super) struct Yearly {
    pub(super) engineer: EngineerIdx,
    name: Arc<str>,
    /// Month and day on which it falls first.
    first: (u32, u32),
    /// In which weeks it falls, in each year that has it, in order of time.
    pub(super) weeks: Vec<(i32, Vec<usize>)>,
}

impl<'t> Plan<'t> {
    /// The plan of `team` over `years`, which take `span`.
    pub(super) fn new(team: &'t Team, years: &RangeInclusive<i32>, span: Period) -> Plan<'t> {
        let end = around(span).end();
        let weeks: Vec<Week> = weeks(team).take_while(|week| week.period.start() < end).collect();
        let starts = team.rotations.last().map(|rotation| rotation.starts);
        let latest = weeks.partition_point(|week| starts.is_some_and(|starts| week.starts < starts));
        let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap_or(NaiveDate::MIN);
        let last = NaiveDate::from_ymd_opt(*years.end(), 12, 31).unwrap_or(NaiveDate::MAX);
        let holidays = team.indices().zip(holidays_of_all(&team.engineers, |_| (first, last)));
        let yearly = holidays.flat_map(|(idx, holidays)| by_name(team, idx, holidays, &weeks)).collect();
        Plan { team, years: years.clone(), weeks, latest, yearly }
    }

    /// Who has each week by rotation.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        self.weeks.iter().map(|week| week.rotation_pair).collect()
    }

    /// The streaks where the weeks have these pairs.
    pub(super) fn streaks(&self, pairs: &[Pair]) -> Vec<Streak> {
        let mut found: Vec<((u32, u32), Streak)> = Vec::new();
        for yearly in &self.yearly {
            for role in Role::ALL {
                let has =
                    |week: &usize| pairs.get(*week).map(|pair| pair.holder(role)) == Some(yearly.engineer);
                let years = yearly.weeks.iter().map(|(year, weeks)| (*year, weeks.iter().any(has)));
                found.extend(runs(years).into_iter().map(|years| {
                    let holiday = Arc::clone(&yearly.name);
                    (yearly.first, Streak { engineer: yearly.engineer, role, holiday, years })
                }));
            }
        }
        found.sort_by_key(|(first, streak)| {
            (*first, Arc::clone(&streak.holiday), streak.role, streak.engineer)
        });
        found.into_iter().map(|(_, streak)| streak).collect()
    }
}

/// The runs of at least [`MIN_STREAK_YEARS`] years that are marked.
fn runs(years: impl Iterator<Item = (i32, bool)>) -> Vec<Vec<i32>> {
    let mut runs = vec![Vec::new()];
    for (year, is_marked) in years {
        match runs.last_mut() {
            Some(run) if is_marked => run.push(year),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| run.len() >= MIN_STREAK_YEARS);
    runs
}

/// The holidays of one engineer by name, while a member and from the first duty change on.
fn by_name(team: &Team, idx: EngineerIdx, holidays: Vec<HolidayOn<'_>>, weeks: &[Week]) -> Vec<Yearly> {
    let engineer = team.engineer(idx);
    let mut dated = holidays;
    dated.retain(|(_, day, _)| engineer.member_within(*day).is_some());
    dated.sort_by_key(|(date, ..)| *date);
    let mut found: Vec<Yearly> = Vec::new();
    for (date, day, name) in &dated {
        let stands_for = name.strip_suffix(SUBSTITUTE);
        let has_itself =
            |of: &str| dated.iter().any(|(other, _, name)| ***name == *of && other.year() == date.year());
        if stands_for.is_some_and(has_itself) {
            continue;
        }
        let Some(week) = week_of(weeks, *day) else { continue };
        let known = stands_for.unwrap_or(name);
        let first = (date.month(), date.day());
        let yearly = match found.iter_mut().find(|yearly| &*yearly.name == known) {
            Some(yearly) => yearly,
            None => {
                let name = stands_for.map_or_else(|| Arc::clone(name), Arc::from);
                found.push(Yearly { engineer: idx, name, first, weeks: Vec::new() });
                let Some(new) = found.last_mut() else { continue };
                new
            }
        };
        match yearly.weeks.last_mut() {
            Some((year, weeks)) if *year == date.year() => weeks.push(week),
            _ => yearly.weeks.push((date.year(), vec![week])),
        }
    }
    found
}

/// The week that holds the greater part of `day`; of halves, the later one.
fn week_of(weeks: &[Week], day: Period) -> Option<usize> {
    let first = weeks.partition_point(|week| week.period.end() <= day.start());
    let met = weeks.iter().enumerate().skip(first).take_while(|(_, week)| week.period.start() < day.end());
    let parts = met.filter_map(|(index, week)| Some((index, week.period.intersection(day)?.seconds())));
    parts.max_by_key(|(_, seconds)| *seconds).map(|(index, _)| index)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::rota::fairness::years::span;
    use crate::rota::sample::{A, B, C, D, at, calendar, date, given, local, pair, period, team};
    use crate::rota::{Override, Rotation, Swap, fairness};

    /// The sample team with the first `length` pairs of a ring, who all have Christmas Day.
    pub(in crate::rota::fairness) fn ring(length: usize) -> Team {
        let mut team = team();
        let dates: Vec<String> = (2020..2080).map(|year| format!("{year}-12-25")).collect();
        let dates: Vec<(&str, &str)> = dates.iter().map(|date| (&**date, "Christmas Day")).collect();
        let size = length.max(2);
        team.engineers = ["a", "b", "c", "d", "e"].map(crate::rota::sample::engineer)[..size].to_vec();
        for engineer in &mut team.engineers {
            engineer.calendars = vec![calendar(&dates)];
        }
        team.rotations[0].weeks =
            (0..length).map(|n| pair(EngineerIdx(n), EngineerIdx((n + 1) % size))).collect();
        team
    }

    /// Streaks as `role of engineer: years`.
    fn streaks_of(team: &Team, years: RangeInclusive<i32>) -> Vec<String> {
        let streaks = fairness(team, years, at("2026-01-01T00:00:00Z")).streaks;
        let line = |streak: &Streak| {
            let (first, last) = (streak.years[0], streak.years[streak.years.len() - 1]);
            format!("{} {} {first}-{last}", team.engineer(streak.engineer).id, streak.role.as_str())
        };
        streaks.iter().map(line).collect()
    }

    #[test]
    fn christmas_has_a_streak_exactly_where_the_length_of_the_rotation_divides_52() {
        let none: &[&str] = &[];
        for (length, streaks) in [
            (1, &["a primary 2026-2037", "b secondary 2026-2037"][..]),
            (
                2,
                &[
                    "a primary 2032-2036",
                    "b primary 2026-2031",
                    "a secondary 2026-2031",
                    "b secondary 2032-2036",
                ],
            ),
            (3, none),
            (
                4,
                &[
                    "a primary 2032-2036",
                    "d primary 2026-2031",
                    "a secondary 2026-2031",
                    "b secondary 2032-2036",
                ],
            ),
            (5, none),
        ] {
            assert_eq!(streaks_of(&ring(length), 2026..=2037), streaks, "{length}");
        }
    }

    #[test]
    fn two_years_in_a_row_are_no_streak_and_three_are() {
        assert_eq!(streaks_of(&ring(4), 2030..=2031), [""; 0]);
        assert_eq!(streaks_of(&ring(4), 2029..=2031), ["d primary 2029-2031", "a secondary 2029-2031"]);
        assert_eq!(streaks_of(&ring(4), 2030..=2033), [""; 0], "two and two");
    }

    #[test]
    fn the_years_before_the_first_duty_change_are_in_no_streak() {
        assert_eq!(streaks_of(&ring(4), 2023..=2028), ["d primary 2026-2028", "a secondary 2026-2028"]);
    }

    #[test]
    fn a_day_belongs_to_the_week_with_its_greater_part_and_of_halves_to_the_later() {
        for (starts, holder) in
            [("2026-01-02T10:00:00", D), ("2026-01-02T12:00:00", D), ("2026-01-02T12:00:01", C)]
        {
            let mut team = ring(4);
            team.rotations[0].starts = local(starts);
            let years = 2026..=2026;
            let plan = Plan::new(&team, &years, span(&team.zone, &years).unwrap());
            let week = plan.yearly[0].weeks[0].1[0];
            assert_eq!(plan.pairs()[week].primary, holder, "Friday 2026-12-25, from {starts}");
        }
    }

    #[test]
    fn a_swap_or_an_override_changes_one_year_and_leaves_the_pattern() {
        let mut team = ring(4);
        let before = streaks_of(&team, 2026..=2030);
        team.swaps.insert(date("2028-12-22"), Swap { pair: pair(C, B), reason: None });
        let christmas = period("2027-12-25T05:00:00Z", "2027-12-26T05:00:00Z");
        team.overrides = vec![Override { secondary: Some(B), ..given(christmas, C) }];
        assert_eq!(streaks_of(&team, 2026..=2030), before);
    }

    #[test]
    fn a_later_rotation_ends_the_years_of_the_earlier() {
        let mut team = ring(4);
        let weeks = vec![pair(A, B), pair(B, C), pair(C, A)];
        team.rotations.push(Rotation { starts: local("2029-01-05T10:00:00"), weeks });
        let streaks = ["d primary 2026-2028", "a secondary 2026-2029"];
        assert_eq!(streaks_of(&team, 2026..=2031), streaks, "A is secondary in 2029 too, in the new week 50");
    }

    #[test]
    fn only_the_years_as_a_member_count() {
        let mut team = ring(4);
        team.engineers[D.0].joined = Some(date("2027-12-26"));
        assert_eq!(
            streaks_of(&team, 2026..=2031)[0],
            "d primary 2028-2031",
            "joined the day after Christmas"
        );
        team.engineers[D.0].joined = Some(date("2027-12-25"));
        team.engineers[D.0].left = Some(date("2030-12-25"));
        assert_eq!(streaks_of(&team, 2026..=2031)[0], "d primary 2027-2029", "gone from Christmas 2030 on");
    }

    #[test]
    fn the_streak_of_a_holiday_that_is_not_in_every_year_counts_the_years_that_have_it() {
        let mut team = ring(1);
        team.engineers[B.0].calendars.clear();
        let leap = [("2028-02-29", "Leap Day"), ("2032-02-29", "Leap Day"), ("2036-02-29", "Leap Day")];
        team.engineers[A.0].calendars = vec![calendar(&leap)];
        let streaks = fairness(&team, 2026..=2037, at("2026-01-01T00:00:00Z")).streaks;
        assert_eq!(streaks.len(), 1);
        assert_eq!(streaks[0].years, [2028, 2032, 2036]);
        assert_eq!(streaks_of(&team, 2026..=2035), [""; 0]);
    }

    #[test]
    fn a_substitute_counts_only_in_a_year_without_the_day_itself() {
        let mut team = ring(2);
        let dates = |substitute: &'static [(&str, &str)]| {
            let plain = [("2026-12-25", "Christmas Day"), ("2028-12-25", "Christmas Day")];
            vec![calendar(&[&plain, substitute].concat())]
        };
        let substitute = &[("2027-12-27", "Christmas Day (observed)")];
        team.engineers[B.0].calendars = dates(substitute);
        assert!(streaks_of(&team, 2026..=2028).contains(&"b primary 2026-2028".to_owned()));
        team.engineers[B.0].calendars =
            dates(&[("2027-12-25", "Christmas Day"), ("2027-12-31", "Christmas Day (observed)")]);
        let years = 2026..=2028;
        let plan = Plan::new(&team, &years, span(&team.zone, &years).unwrap());
        let of_b: Vec<_> = plan.yearly.iter().filter(|yearly| yearly.engineer == B).collect();
        assert_eq!(of_b.len(), 1);
        assert_eq!(
            of_b[0].weeks.iter().find(|(year, _)| *year == 2027).unwrap().1.len(),
            1,
            "31 December is not Christmas"
        );
    }

    #[test]
    fn years_in_a_row_are_one_span() {
        for (years, spans) in [
            (&[2026, 2027, 2028][..], "2026–2028"),
            (&[2026], "2026"),
            (&[2026, 2027, 2029], "2026–2027, 2029"),
            (&[2026, 2030, 2034], "2026, 2030, 2034"),
        ] {
            assert_eq!(year_spans(years), spans);
        }
    }
}
