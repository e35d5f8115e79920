//! `coverage`: every absence that meets the rota, and where holidays or leave are not known.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Dates, Occasion, id, instant, words};
use crate::rota::{self, Instant, Role, Team, UnknownAbsences};
use crate::text::by_calendar;

/// The coverage of one team over some dates.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Coverage {
    /// The team's id.
    pub team: String,
    /// The first date of the range, in the team's zone.
    pub from: NaiveDate,
    /// The first date after the range.
    pub to: NaiveDate,
    /// Where a missing entry does not mean that nobody is away.
    pub warnings: Vec<Warning>,
    /// By start, role (primary, secondary, none), then file order.
    pub rows: Vec<Row>,
    /// The same by holiday and time off, by first date; each is whole, also beyond the dates asked for.
    pub occasions: Vec<Occasion>,
}

/// Dates from which it is not known whether somebody is away.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Warning {
    /// Whose holidays or leave.
    pub engineer: String,
    /// The holiday calendar that ends; null for an engineer without any, and for leave.
    pub calendar: Option<String>,
    /// The first date not known; null if none is.
    pub from: Option<NaiveDate>,
    /// The warning as a sentence.
    pub message: String,
}

/// One absence, or the part of it during which both roles stay as they are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Row {
    /// The week it lies in.
    pub week: NaiveDate,
    /// The first instant.
    #[schema(format = DateTime)]
    pub start: String,
    /// The first instant after it.
    #[schema(format = DateTime)]
    pub end: String,
    /// The role that the absent person has that week, if any.
    #[schema(value_type = Option<words::Role>)]
    pub role: Option<&'static str>,
    /// Who is away.
    pub away: String,
    /// The names of the absences, in order of time.
    pub reasons: Vec<String>,
    /// `covered`, `proposed`, `needs-volunteer`, …
    #[schema(value_type = words::RowStatus)]
    pub status: &'static str,
    /// Whether it is still to be agreed, past its deadline and not over.
    pub overdue: bool,
    /// Who holds the primary role throughout.
    pub primary: String,
    /// Who holds the secondary role throughout, if anybody.
    pub secondary: Option<String>,
    /// By when the team must agree, or had to.
    #[schema(format = DateTime)]
    pub deadline: Option<String>,
    /// Whole days to the deadline, rounded down, negative once past; open rows only.
    pub days_left: Option<i64>,
    /// When the team agreed.
    pub agreed_on: Option<NaiveDate>,
    /// Who could take an open conflict, best first.
    pub candidates: Vec<Candidate>,
}

/// Somebody who could take a conflict, and the figures that rank them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Candidate {
    /// The engineer.
    pub engineer: String,
    /// 1 for the first.
    pub rank: usize,
    /// How much of the period is a holiday of theirs.
    pub own_holiday_seconds: i64,
    /// Their holiday load so far.
    pub load_before_seconds: i64,
    /// Their holiday load with this period.
    pub load_after_seconds: i64,
    /// How long they have been primary so far.
    pub primary_seconds: i64,
}

impl Coverage {
    /// `coverage` and `occasions`, which are those of `team` over `dates`, as they stand at `now`.
    pub fn new(
        team: &Team,
        dates: Dates,
        coverage: &rota::Coverage,
        occasions: &[rota::Occasion],
        now: Instant,
    ) -> Coverage {
        Coverage {
            team: team.id.to_string(),
            from: dates.from,
            to: dates.to,
            warnings: coverage.unknown.iter().map(|unknown| Warning::new(team, unknown)).collect(),
            rows: coverage.rows.iter().map(|row| Row::new(team, row, now)).collect(),
            occasions: occasions.iter().map(|occasion| Occasion::new(team, occasion, now)).collect(),
        }
    }
}

impl Warning {
    /// `unknown`, of `team`, with a sentence for people.
    pub fn new(team: &Team, unknown: &UnknownAbsences) -> Warning {
        let calendars = by_calendar(std::slice::from_ref(unknown));
        let message = calendars.first().map(|unknown| unknown.sentence(team)).unwrap_or_default();
        Warning {
            engineer: id(team, unknown.engineer),
            calendar: unknown.calendar.as_ref().map(|(id, _)| id.clone()),
            from: unknown.from,
            message,
        }
    }
}

impl Row {
    /// `row`, of `team`, as it stands at `now`.
    pub fn new(team: &Team, row: &rota::Row, now: Instant) -> Row {
        Row {
            week: row.week.0,
            start: instant(row.period.start()),
            end: instant(row.period.end()),
            role: row.role.map(Role::as_str),
            away: id(team, row.away),
            reasons: row.reasons.iter().map(|reason| reason.as_ref().to_owned()).collect(),
            status: row.status.as_str(),
            overdue: row.is_overdue(now),
            primary: id(team, row.primary),
            secondary: row.secondary.map(|idx| id(team, idx)),
            deadline: row.deadline.map(instant),
            days_left: row.days_left(now),
            agreed_on: row.agreed_on,
            candidates: candidates(team, &row.candidates),
        }
    }
}

fn candidates(team: &Team, ranked: &[rota::Candidate]) -> Vec<Candidate> {
    let ranked = ranked.iter().zip(1..);
    let candidates = ranked.map(|(candidate, rank)| Candidate {
        engineer: id(team, candidate.engineer),
        rank,
        own_holiday_seconds: candidate.own_holiday_seconds,
        load_before_seconds: candidate.load_before_seconds,
        load_after_seconds: candidate.load_after_seconds,
        primary_seconds: candidate.primary_seconds,
    });
    candidates.collect()
}
