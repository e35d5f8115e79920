//! `fairness`: what everybody has in each year, which holidays always fall to the same person, and what ends that.

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::{PairIds, Warning, id, words};
use crate::rota::{self, Rotation, Team};

/// How the duty of some calendar years falls on the engineers of one team.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Fairness {
    /// The team's id.
    pub team: String,
    /// The first date of the first year, in the team's zone.
    pub from: NaiveDate,
    /// The first date of the year after the last.
    pub to: NaiveDate,
    /// Unknown holidays: no entry does not mean no holiday there.
    pub warnings: Vec<Warning>,
    /// The calendar years.
    pub years: Vec<i32>,
    /// One entry for each engineer and year in which they are a member: by year, then file order.
    pub engineers: Vec<Tally>,
    /// In order of the day of the year, then primary first, then file order.
    pub streaks: Vec<Streak>,
    /// The best single shift of the latest rotation; null where none leaves fewer streaks.
    pub shift: Option<Rebalance>,
    /// The best shift repeated each year; null where none leaves fewer streaks.
    pub yearly_shift: Option<Rebalance>,
}

/// What one engineer has in one calendar year, by the rota as it is, with covers, proposals, swaps and overrides.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tally {
    /// The engineer.
    pub engineer: String,
    /// The calendar year in the team's zone.
    pub year: i32,
    /// Weeks that start in the year and of which they hold the primary role longest.
    pub primary_weeks: u32,
    /// The same of the secondary role.
    pub secondary_weeks: u32,
    /// How long they hold the primary role within the year.
    pub primary_seconds: i64,
    /// The same of the secondary role.
    pub secondary_seconds: i64,
    /// Weekends during any part of which they hold the primary role.
    pub weekends: u32,
    /// Holidays of their own in weeks of which they are the pair's primary.
    pub own_holidays: u32,
    /// Holidays of other people's during which they hold the primary role in their place.
    pub holidays_covered: u32,
    /// Conflicts not agreed on in which they hold the primary role.
    pub proposals_taken: u32,
}

/// Somebody who has the same role on the same holiday of their own three or more years in a row.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Streak {
    /// The engineer.
    pub engineer: String,
    /// `primary` or `secondary`.
    #[schema(value_type = words::Role)]
    pub role: &'static str,
    /// The name of the holiday.
    pub holiday: String,
    /// The years in a row.
    pub years: Vec<i32>,
}

/// A shift of the latest rotation, and what it leaves.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Rebalance {
    /// By how many weeks the rotation goes forward at each shift: as many turns are skipped.
    pub by_weeks: usize,
    /// The `[[rotation]]` blocks to add to the team's file.
    pub rotations: Vec<Era>,
    /// Who is primary two weeks in a row across a shift.
    pub doubled: Vec<Doubled>,
    /// The streaks of the same years that are left, or made.
    pub streaks: Vec<Streak>,
}

/// A `[[rotation]]` block.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Era {
    /// The duty change at which it takes over: local time of the team, as in its file.
    #[serde(serialize_with = "local")]
    #[schema(value_type = String, example = "2027-01-01T10:00:00")]
    pub starts: NaiveDateTime,
    /// Its weeks.
    pub weeks: Vec<PairIds>,
}

/// A second week in a row.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Doubled {
    /// Who is primary.
    pub engineer: String,
    /// The second of the two weeks.
    pub week: NaiveDate,
}

impl Fairness {
    /// `fairness`, which is that of `team`. `None` where its years are not years of a calendar.
    pub fn new(team: &Team, fairness: &rota::Fairness) -> Option<Fairness> {
        let starts = |year| NaiveDate::from_ymd_opt(year, 1, 1);
        let years = &fairness.years;
        Some(Fairness {
            team: team.id.to_string(),
            from: starts(*years.start())?,
            to: starts(years.end().checked_add(1)?)?,
            warnings: fairness.unknown.iter().map(|unknown| Warning::new(team, unknown)).collect(),
            years: years.clone().collect(),
            engineers: fairness.tallies.iter().map(|tally| Tally::new(team, tally)).collect(),
            streaks: streaks(team, &fairness.streaks),
            shift: fairness.once.as_ref().map(|rebalance| Rebalance::new(team, rebalance)),
            yearly_shift: fairness.yearly.as_ref().map(|rebalance| Rebalance::new(team, rebalance)),
        })
    }
}

impl Tally {
    fn new(team: &Team, tally: &rota::Tally) -> Tally {
        Tally {
            engineer: id(team, tally.engineer),
            year: tally.year,
            primary_weeks: tally.primary_weeks,
            secondary_weeks: tally.secondary_weeks,
            primary_seconds: tally.primary_seconds,
            secondary_seconds: tally.secondary_seconds,
            weekends: tally.weekends,
            own_holidays: tally.own_holidays,
            holidays_covered: tally.holidays_covered,
            proposals_taken: tally.proposals_taken,
        }
    }
}

impl Rebalance {
    fn new(team: &Team, rebalance: &rota::Rebalance) -> Rebalance {
        let doubled = rebalance.doubled.iter();
        Rebalance {
            by_weeks: rebalance.by,
            rotations: rebalance.rotations.iter().map(|rotation| Era::new(team, rotation)).collect(),
            doubled: doubled.map(|(idx, week)| Doubled { engineer: id(team, *idx), week: *week }).collect(),
            streaks: streaks(team, &rebalance.streaks),
        }
    }
}

impl Era {
    fn new(team: &Team, rotation: &Rotation) -> Era {
        let weeks = rotation.weeks.iter().map(|pair| PairIds::new(team, *pair));
        Era { starts: rotation.starts, weeks: weeks.collect() }
    }
}

fn streaks(team: &Team, streaks: &[rota::Streak]) -> Vec<Streak> {
    let streak = |streak: &rota::Streak| Streak {
        engineer: id(team, streak.engineer),
        role: streak.role.as_str(),
        holiday: streak.holiday.as_ref().to_owned(),
        years: streak.years.clone(),
    };
    streaks.iter().map(streak).collect()
}

/// `2027-01-01T10:00:00`: no zone, as in the files.
fn local<S: Serializer>(local: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&local.format("%Y-%m-%dT%H:%M:%S"))
}
