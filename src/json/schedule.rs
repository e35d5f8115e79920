//! `schedule`: shifts and handover meetings.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Dates, id, instant, words};
use crate::feed::uid;
use crate::rota::{self, Pair, Team};

/// The rota of one team over some dates.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Schedule {
    /// The team's id.
    pub team: String,
    /// The team's IANA zone.
    pub time_zone: String,
    /// The first date of the range, in that zone.
    pub from: NaiveDate,
    /// The first date after the range.
    pub to: NaiveDate,
    /// The shifts that overlap the dates, whole; by start, then primary first.
    pub shifts: Vec<Shift>,
    /// The meetings that overlap the dates, by duty change.
    pub handovers: Vec<Handover>,
}

/// One engineer in one role for one unbroken period for one reason.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Shift {
    /// The UID of its event in every feed.
    pub uid: String,
    /// The week it lies in.
    pub week: NaiveDate,
    /// `primary` or `secondary`.
    #[schema(value_type = words::Role)]
    pub role: &'static str,
    /// The engineer.
    pub engineer: String,
    /// The first instant.
    #[schema(format = DateTime)]
    pub start: String,
    /// The first instant after it.
    #[schema(format = DateTime)]
    pub end: String,
    /// Why they hold the role then: `rotation`, `swap`, …
    #[schema(value_type = words::ShiftKind)]
    pub kind: &'static str,
    /// Whether the team has agreed on it.
    pub status: Agreement,
    /// Whom the pair would have had, if somebody else.
    pub instead_of: Option<String>,
    /// The names of the absences, or the reason given in the file.
    pub reason: Option<String>,
}

/// Whether the team has agreed on a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Agreement {
    /// Agreed, or needs no agreement.
    Confirmed,
    /// It is only proposed.
    Tentative,
}

/// One handover meeting.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Handover {
    /// The week that it hands over to.
    pub week: NaiveDate,
    /// When it begins.
    #[schema(format = DateTime)]
    pub start: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub end: String,
    /// The date on which it would be if nobody were away.
    pub nominal_date: NaiveDate,
    /// Whether it was moved to an earlier date.
    pub moved: bool,
    /// Whether a primary is away during it.
    pub flagged: bool,
    /// Who hands over.
    pub outgoing: PairIds,
    /// Who takes over.
    pub incoming: PairIds,
}

/// The two people of a week.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PairIds {
    /// The primary.
    pub primary: String,
    /// The secondary.
    pub secondary: String,
}

impl Handover {
    /// Whether the engineer with this id is of either pair.
    pub fn attends(&self, id: &str) -> bool {
        [&self.outgoing, &self.incoming].iter().any(|pair| pair.primary == id || pair.secondary == id)
    }
}

impl Schedule {
    /// `schedule`, which is that of `team` over `dates`.
    pub fn new(team: &Team, dates: Dates, schedule: &rota::Schedule) -> Schedule {
        Schedule {
            team: team.id.to_string(),
            time_zone: team.zone.name().to_owned(),
            from: dates.from,
            to: dates.to,
            shifts: schedule.shifts().map(|shift| Shift::new(team, shift)).collect(),
            handovers: schedule.handovers.iter().map(|meeting| Handover::new(team, meeting)).collect(),
        }
    }
}

impl Shift {
    fn new(team: &Team, shift: &rota::Shift) -> Shift {
        let holder = &shift.holder;
        Shift {
            uid: uid::shift(team, shift),
            week: shift.week.0,
            role: shift.role.as_str(),
            engineer: id(team, holder.engineer),
            start: instant(shift.period.start()),
            end: instant(shift.period.end()),
            kind: holder.kind.as_str(),
            status: Agreement::new(holder.kind.is_tentative()),
            instead_of: holder.instead_of.map(|idx| id(team, idx)),
            reason: holder.reason.as_deref().map(str::to_owned),
        }
    }
}

impl Handover {
    fn new(team: &Team, meeting: &rota::Handover) -> Handover {
        Handover {
            week: meeting.week.0,
            start: instant(meeting.period.start()),
            end: instant(meeting.period.end()),
            nominal_date: meeting.nominal_date,
            moved: meeting.moved,
            flagged: meeting.flagged,
            outgoing: PairIds::new(team, meeting.outgoing),
            incoming: PairIds::new(team, meeting.incoming),
        }
    }
}

impl PairIds {
    pub(super) fn new(team: &Team, pair: Pair) -> PairIds {
        PairIds { primary: id(team, pair.primary), secondary: id(team, pair.secondary) }
    }
}

impl Agreement {
    pub(super) fn new(is_tentative: bool) -> Agreement {
        if is_tentative { Agreement::Tentative } else { Agreement::Confirmed }
    }
}
