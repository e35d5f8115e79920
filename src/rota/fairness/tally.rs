//! What everybody had in each calendar year, out of the rota as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::span;
use crate::rota::absence::holidays;
use crate::rota::cover::PlannedWeek;
use crate::rota::period::Period;
use crate::rota::schedule::Schedule;
use crate::rota::team::{Role, Seat, Team};
use crate::rota::zone::Zone;

/// What one engineer had in one calendar year: with swaps, covers, proposals and overrides, as the rota really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Who.
    pub engineer: Seat,
    /// The calendar year in the team's zone.
    pub year: i32,
    /// Weeks of which they held the primary role longest; of equals, the first counts. A week is one also where a
    /// new rotation cuts it short, and counts whole in the year in which it starts, as its name says.
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
    fn new(engineer: Seat, year: i32) -> Tally {
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
    tallies: BTreeMap<(i32, Seat), Tally>,
    /// By seat: the holidays that may count, in order of time as far as one calendar gives them.
    holidays: Vec<Vec<(NaiveDate, Period)>>,
    weekends: BTreeSet<(Seat, NaiveDate)>,
    own: BTreeSet<(Seat, NaiveDate)>,
    /// Who covered which holiday of whom.
    covered: BTreeSet<(Seat, Seat, NaiveDate)>,
}

impl<'t> Sheet<'t> {
    fn new(team: &'t Team, years: &RangeInclusive<i32>) -> Sheet<'t> {
        let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap_or(NaiveDate::MIN);
        let last = NaiveDate::from_ymd_opt(*years.end(), 12, 31).unwrap_or(NaiveDate::MAX);
        let of = |engineer| holidays(engineer, first, last).map(|(date, day, _)| (date, day)).collect();
        let entries = years.clone().flat_map(|year| team.seats().map(move |seat| (year, seat)));
        Sheet {
            team,
            tallies: entries.map(|(year, seat)| ((year, seat), Tally::new(seat, year))).collect(),
            holidays: team.engineers.iter().map(of).collect(),
            weekends: BTreeSet::new(),
            own: BTreeSet::new(),
            covered: BTreeSet::new(),
        }
    }

    /// Adds one to what `figure` names; nothing in a year that was not asked for.
    fn count(&mut self, seat: Seat, year: i32, figure: impl Fn(&mut Tally) -> &mut u32) {
        if let Some(tally) = self.tallies.get_mut(&(year, seat)) {
            *figure(tally) += 1;
        }
    }

    fn weeks(&mut self, planned: &PlannedWeek) {
        let year = planned.week.id.0.year();
        if let Some(seat) = longest(planned, Role::Primary) {
            self.count(seat, year, |tally| &mut tally.primary_weeks);
        }
        if let Some(seat) = longest(planned, Role::Secondary) {
            self.count(seat, year, |tally| &mut tally.secondary_weeks);
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
            let seat = shift.holder.engineer;
            for saturday in saturdays(&self.team.zone, shift.period) {
                if self.weekends.insert((seat, saturday)) {
                    self.count(seat, saturday.year(), |tally| &mut tally.weekends);
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
                let seat = duty.primary.engineer;
                if seat != primary && self.covered.insert((seat, primary, date)) {
                    self.count(seat, date.year(), |tally| &mut tally.holidays_covered);
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
fn longest(planned: &PlannedWeek, role: Role) -> Option<Seat> {
    let mut held: Vec<(Seat, i64)> = Vec::new();
    for shift in planned.shifts.iter().filter(|shift| shift.role == role) {
        let (seat, seconds) = (shift.holder.engineer, shift.period.seconds());
        match held.iter_mut().find(|(holder, _)| *holder == seat) {
            Some((_, sum)) => *sum += seconds,
            None => held.push((seat, seconds)),
        }
    }
    // `max_by_key` gives the last of equals.
    held.into_iter().rev().max_by_key(|(_, seconds)| *seconds).map(|(seat, _)| seat)
}
