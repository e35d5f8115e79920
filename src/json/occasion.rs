//! One holiday or one time off with all its effects on the rota, a part of `coverage`.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{id, instant, words};
use crate::rota::{self, EngineerIdx, Instant, OccasionKind, Team};

/// One holiday, or the time off of one engineer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Occasion {
    /// `holiday` or `time-off`.
    #[schema(value_type = words::OccasionKind)]
    pub kind: &'static str,
    /// The name of the holiday; null for time off.
    pub name: Option<String>,
    /// The other names of its dates, in order of time.
    pub others: Vec<String>,
    /// Whose time off it is; null for a holiday.
    pub engineer: Option<String>,
    /// Its first date.
    pub first: NaiveDate,
    /// Its last date, included.
    pub last: NaiveDate,
    /// From when `on_call` says who is on call.
    #[schema(format = DateTime)]
    pub start: String,
    /// The first instant after that.
    #[schema(format = DateTime)]
    pub end: String,
    /// The worst status of its rows.
    #[schema(value_type = words::RowStatus)]
    pub status: &'static str,
    /// Whether some conflict of it is past its deadline, not agreed and not over.
    pub overdue: bool,
    /// By when the first of its open conflicts must be agreed, or had to.
    #[schema(format = DateTime)]
    pub deadline: Option<String>,
    /// Who of those on duty is away.
    pub away: Vec<String>,
    /// Who is on call on a holiday of their own.
    pub working: Vec<String>,
    /// Who else is away, without effect.
    pub unaffected: Vec<String>,
    /// Who is on call through it, in order of time.
    pub on_call: Vec<Holders>,
    /// Its rows, as `rows` has those within the dates asked for.
    pub rows: Vec<OccasionRow>,
}

/// A part of an occasion through which the same people hold the roles.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Holders {
    /// The first instant.
    #[schema(format = DateTime)]
    pub start: String,
    /// The first instant after it.
    #[schema(format = DateTime)]
    pub end: String,
    /// Who holds the primary role.
    pub primary: String,
    /// Who holds the secondary role, if anybody.
    pub secondary: Option<String>,
}

/// Which row belongs to an occasion.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OccasionRow {
    /// The first instant.
    #[schema(format = DateTime)]
    pub start: String,
    /// The first instant after it.
    #[schema(format = DateTime)]
    pub end: String,
    /// Who is away.
    pub away: String,
    /// Its status.
    #[schema(value_type = words::RowStatus)]
    pub status: &'static str,
}

impl Occasion {
    /// `occasion`, of `team`, as it stands at `now`.
    pub fn new(team: &Team, occasion: &rota::Occasion, now: Instant) -> Occasion {
        let ids = |list: &[EngineerIdx]| list.iter().map(|idx| id(team, *idx)).collect();
        let text = |name: &std::sync::Arc<str>| name.as_ref().to_owned();
        let (kind, name, others, engineer) = match &occasion.kind {
            OccasionKind::Holiday { name, others } => {
                ("holiday", Some(text(name)), others.iter().map(text).collect(), None)
            }
            OccasionKind::TimeOff(idx) => ("time-off", None, Vec::new(), Some(id(team, *idx))),
        };
        Occasion {
            kind,
            name,
            others,
            engineer,
            first: occasion.first,
            last: occasion.last,
            start: instant(occasion.period.start()),
            end: instant(occasion.period.end()),
            status: occasion.status(now).as_str(),
            overdue: occasion.is_overdue(now),
            deadline: occasion.deadline(now).map(instant),
            away: ids(&occasion.away),
            working: ids(&occasion.working),
            unaffected: ids(&occasion.unaffected),
            on_call: occasion.on_call.iter().map(|held| Holders::new(team, held)).collect(),
            rows: occasion.rows.iter().map(|row| OccasionRow::new(team, row)).collect(),
        }
    }
}

impl Holders {
    fn new(team: &Team, held: &rota::OnCall) -> Holders {
        Holders {
            start: instant(held.period.start()),
            end: instant(held.period.end()),
            primary: id(team, held.primary),
            secondary: held.secondary.map(|idx| id(team, idx)),
        }
    }
}

impl OccasionRow {
    fn new(team: &Team, row: &rota::Row) -> OccasionRow {
        OccasionRow {
            start: instant(row.period.start()),
            end: instant(row.period.end()),
            away: id(team, row.away),
            status: row.status.as_str(),
        }
    }
}
