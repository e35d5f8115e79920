//! On which holidays the rotation puts the same person year after year.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::around;
use crate::rota::absence::holidays;
use crate::rota::period::Period;
use crate::rota::team::{Pair, Role, Seat, Team};
use crate::rota::week::{Week, weeks};

/// From how many years in a row on the same person on the same holiday is a lock. Twice in a row happens now and
/// then in most rotations; the third time is a pattern, and early enough to do something about it.
pub const LOCKED_YEARS: usize = 3;

/// How the calendars name the substitute of a holiday.
const SUBSTITUTE: &str = " (observed)";

/// Somebody has the same role on the same holiday of their own in [`LOCKED_YEARS`] or more years in a row, by the
/// rotation alone: swaps and overrides mend one year and leave the pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Who.
    pub engineer: Seat,
    /// The role they have on it.
    pub role: Role,
    /// The name of the holiday.
    pub holiday: Arc<str>,
    /// The years in a row, in order: calendar years, but for those that do not have the holiday.
    pub years: Vec<i32>,
}

/// The weeks of a team up to the end of some years, and which holidays fall in them.
pub(super) struct Plan<'t> {
    pub(super) team: &'t Team,
    pub(super) years: RangeInclusive<i32>,
    /// From the first duty change on.
    pub(super) weeks: Vec<Week>,
    /// Which of the weeks is the first of the latest rotation.
    pub(super) latest: usize,
    yearly: Vec<Yearly>,
}

/// A holiday of one engineer, over the years.
struct Yearly {
    engineer: Seat,
    name: Arc<str>,
    /// Month and day on which it falls first.
    first: (u32, u32),
    /// In which weeks it falls, in each year that has it.
    weeks: BTreeMap<i32, Vec<usize>>,
}

impl<'t> Plan<'t> {
    /// The plan of `team` over `years`, which take `span`.
    pub(super) fn new(team: &'t Team, years: &RangeInclusive<i32>, span: Period) -> Plan<'t> {
        let end = around(span).end();
        let weeks: Vec<Week> = weeks(team).take_while(|week| week.period.start() < end).collect();
        let starts = team.rotations.last().map(|rotation| rotation.starts);
        let latest = weeks.partition_point(|week| starts.is_some_and(|starts| week.starts < starts));
        let yearly = team.seats().flat_map(|seat| holidays_of(team, seat, years, &weeks)).collect();
        Plan { team, years: years.clone(), weeks, latest, yearly }
    }

    /// Who has each week by rotation.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        self.weeks.iter().map(|week| week.rotation_pair).collect()
    }

    /// The locks where the weeks have these pairs.
    pub(super) fn locks(&self, pairs: &[Pair]) -> Vec<Lock> {
        let mut found: Vec<((u32, u32), Lock)> = Vec::new();
        for yearly in &self.yearly {
            for role in [Role::Primary, Role::Secondary] {
                let has =
                    |week: &usize| pairs.get(*week).map(|pair| pair.holder(role)) == Some(yearly.engineer);
                let years = yearly.weeks.iter().map(|(year, weeks)| (*year, weeks.iter().any(has)));
                found.extend(runs(years).into_iter().map(|years| {
                    let holiday = Arc::clone(&yearly.name);
                    (yearly.first, Lock { engineer: yearly.engineer, role, holiday, years })
                }));
            }
        }
        found.sort_by_key(|(first, lock)| (*first, Arc::clone(&lock.holiday), lock.role, lock.engineer));
        found.into_iter().map(|(_, lock)| lock).collect()
    }
}

/// The runs of at least [`LOCKED_YEARS`] years that are marked.
fn runs(years: impl Iterator<Item = (i32, bool)>) -> Vec<Vec<i32>> {
    let mut runs = vec![Vec::new()];
    for (year, is_marked) in years {
        match runs.last_mut() {
            Some(run) if is_marked => run.push(year),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| run.len() >= LOCKED_YEARS);
    runs
}

/// The holidays of one engineer by name, while a member and from the first duty change on.
fn holidays_of(team: &Team, seat: Seat, years: &RangeInclusive<i32>, weeks: &[Week]) -> Vec<Yearly> {
    let engineer = team.engineer(seat);
    let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap_or(NaiveDate::MIN);
    let last = NaiveDate::from_ymd_opt(*years.end(), 12, 31).unwrap_or(NaiveDate::MAX);
    let mut dated: Vec<(NaiveDate, Period, &Arc<str>)> = holidays(engineer, first, last)
        .filter(|(_, day, _)| engineer.member_within(*day).is_some())
        .collect();
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
                found.push(Yearly { engineer: seat, name, first, weeks: BTreeMap::new() });
                let Some(new) = found.last_mut() else { continue };
                new
            }
        };
        yearly.weeks.entry(date.year()).or_default().push(week);
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
