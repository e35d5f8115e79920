//! The JSON of the API and of `--json`, made from what the rota and the holiday calendars say.
//!
//! One shape for each file, fields in the order in which they are written; command line and web API share them, so a
//! script that reads one reads the other. Not here: which window or instant is requested, and how the text is sent.
//! Nothing reads these shapes back. Defaults are the same everywhere, so they are here too.

mod changes;
mod coverage;
mod fairness;
mod holidays;
mod occasion;
mod oncall;
mod pipelines;
mod schedule;
mod subscribers;
mod teams;
mod words;

use chrono::{NaiveDate, SecondsFormat};
use serde::Serialize;

use crate::rota::{EngineerIdx, Instant, Period, Team, Zone};

pub use changes::{Balance, Change, Changes, Diff, Held, Move, days_ahead};
pub use coverage::{Candidate, Coverage, Row, Warning};
pub use fairness::{Doubled, Era, Fairness, Rebalance, Streak, Tally};
pub use holidays::{CalendarEntry, Calendars, Holiday, Holidays};
pub use occasion::{Holders, Occasion, OccasionRow};
pub use oncall::{OnCall, OnDuty};
pub use pipelines::{Pipeline, Pipelines, RunBook};
pub use schedule::{Agreement, Handover, PairIds, Schedule, Shift};
pub use subscribers::{FeedClient, FeedClients, Subscribers};
pub use teams::{ConfigurationProblem, FeedEntry, Member, TeamEntry, TeamList, TeamStatus, TeamSummary};

/// How many weeks of a schedule are returned by default.
pub const SCHEDULE_WEEKS: u16 = 8;

/// How many weeks of coverage are returned by default.
pub const COVERAGE_WEEKS: u16 = 26;

/// How many calendar years of fairness are returned by default, the current one being the first.
pub const FAIRNESS_YEARS: u8 = 5;

/// How many calendar years of fairness can be shown at once.
pub const MAX_FAIRNESS_YEARS: u8 = 10;

/// The dates `[from, to)` that a schedule or coverage is asked for, in the team's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// The first date.
    pub from: NaiveDate,
    /// The first date after the range.
    pub to: NaiveDate,
}

impl Dates {
    /// From the first instant of `from` up to that of `to`; `None` unless `from` is before `to`.
    pub fn period(self, zone: &Zone) -> Option<Period> {
        Period::new(zone.first_instant(self.from), zone.first_instant(self.to))
    }
}

/// The results of several teams, in order of their ids.
#[derive(Debug, Clone, Serialize)]
pub struct Teams<T> {
    /// One entry for each team.
    pub teams: Vec<T>,
}

/// `value` as indented JSON that ends with a line feed.
///
/// # Errors
/// Only if a value cannot be written as JSON, which does not happen with the shapes here.
pub fn text(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}

/// `2026-01-23T10:00:00Z`: whole seconds, as everything in a rota is.
fn instant(instant: Instant) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn id(team: &Team, idx: EngineerIdx) -> String {
    team.engineer(idx).id.to_string()
}
