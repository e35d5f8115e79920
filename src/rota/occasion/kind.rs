//! One occasion, its status, and the order in which occasions are shown.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::rota::coverage::{Row, RowStatus};
use crate::rota::period::{Instant, Period};
use crate::rota::planning::proposal::ProposalStatus;
use crate::rota::team::EngineerIdx;

/// One holiday or one time off, with all the coverage rows that name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// What it is.
    pub kind: OccasionKind,
    /// Its first date: of a holiday as it stands in the members' calendars, of time off in the engineer's own zone.
    pub first: NaiveDate,
    /// Its last date, included.
    pub last: NaiveDate,
    /// The coverage rows that name its absences, in the order of R10; never empty. A row may be in two occasions.
    pub rows: Vec<Row>,
    /// Who is away from duty for some of it, in file order.
    pub away: Vec<EngineerIdx>,
    /// Who else is on call on a holiday of their own, in file order.
    pub working: Vec<EngineerIdx>,
    /// Who else is away, without effect on duty, in file order.
    pub unaffected: Vec<EngineerIdx>,
    /// The pairs of the weeks in which it makes a conflict, in file order: the primary, and the secondary who cannot
    /// cover.
    pub conflicting: Vec<EngineerIdx>,
    /// From the start of the first to the end of the last row in which somebody on duty is away; where there is none,
    /// its dates in the team's zone.
    pub period: Period,
    /// Who is on call through `period`, in order of time. No two pieces that follow each other have the same holders.
    pub on_call: Vec<OnCall>,
}

/// What an occasion is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OccasionKind {
    /// Consecutive dates on each of which some member has a holiday.
    Holiday {
        /// The name that most members have on the first date.
        name: Arc<str>,
        /// The other names, in order of time.
        others: Vec<Arc<str>>,
    },
    /// Time off of one engineer, in the week's pair for some of it.
    TimeOff(EngineerIdx),
}

/// A part of an occasion through which the same people hold the roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnCall {
    /// The part.
    pub period: Period,
    /// Who holds the primary role.
    pub primary: EngineerIdx,
    /// Who holds the secondary role, if anybody.
    pub secondary: Option<EngineerIdx>,
    /// Whether the secondary is there.
    pub backup: Backup,
    /// The status of the proposal by which they hold the roles during any part of it; `None` if it is certain.
    pub proposal: Option<ProposalStatus>,
}

/// Whether somebody stands behind the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// Nobody holds the secondary role.
    Nobody,
    /// The secondary is away throughout, although they hold the role.
    Away,
    /// The secondary is away for a part of it.
    PartlyAway,
    /// The secondary is there.
    There,
}

/// The status of an occasion, in the order of R11: the worst is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OccasionStatus {
    /// Nobody can take the primary role.
    Nobody,
    /// A conflict has not been agreed by its deadline.
    Overdue,
    /// Everybody who could take a conflict has a holiday.
    NeedsVolunteer,
    /// Somebody is proposed and the team has not agreed.
    Proposed,
    /// Nothing is open: the worst status of its rows, by its place in [`RowStatus::ALL`].
    Settled(usize),
}

impl OccasionStatus {
    fn of(row: &Row, now: Instant) -> OccasionStatus {
        match row.status {
            RowStatus::Nobody => OccasionStatus::Nobody,
            RowStatus::NeedsVolunteer | RowStatus::Proposed if row.is_overdue(now) => OccasionStatus::Overdue,
            RowStatus::NeedsVolunteer => OccasionStatus::NeedsVolunteer,
            RowStatus::Proposed => OccasionStatus::Proposed,
            settled => {
                let place = RowStatus::ALL.iter().position(|status| *status == settled);
                OccasionStatus::Settled(place.unwrap_or(RowStatus::ALL.len()))
            }
        }
    }
}

impl Occasion {
    /// The row with the worst status at `now`; of equals the first.
    pub fn worst_row(&self, now: Instant) -> Option<&Row> {
        self.rows.iter().min_by_key(|row| OccasionStatus::of(row, now))
    }

    /// The worst status of its rows.
    pub fn status(&self, now: Instant) -> RowStatus {
        self.worst_row(now).map_or(RowStatus::Unaffected, |row| row.status)
    }

    /// Whether some conflict of it is past its deadline, not agreed and not yet over.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.rows.iter().any(|row| row.is_overdue(now))
    }

    /// Its conflicts that the team has still to agree on and that are not over at `now`, in order of time: a row each.
    pub fn open_rows(&self, now: Instant) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.status.is_open() && now < row.period.end())
    }

    /// Whether somebody must be found or agreed on for it.
    pub fn needs_somebody(&self, now: Instant) -> bool {
        self.open_rows(now).next().is_some()
    }

    /// By when the first of its open conflicts must be agreed, or had to.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        self.open_rows(now).filter_map(|row| row.deadline).min()
    }

    /// Whether all of its absences are over.
    pub fn is_over(&self, now: Instant) -> bool {
        self.rows.iter().all(|row| row.period.end() <= now)
    }

    /// Sorts occasions as they are read (R11): first what needs somebody, by deadline, then the rest by date.
    pub fn reading_order(&self, now: Instant) -> impl Ord + use<> {
        let deadline = self.deadline(now);
        (deadline.is_none(), deadline, self.first, self.period.start())
    }

    /// Whether it changes nothing for anybody on duty.
    pub fn is_unaffected(&self) -> bool {
        self.away.is_empty() && self.working.is_empty()
    }

    /// Whether `engineer` is away from duty in it, works on it, is on call through it, or is in the pair of a week in
    /// which it makes a conflict.
    pub fn concerns(&self, engineer: EngineerIdx) -> bool {
        self.away.contains(&engineer)
            || self.working.contains(&engineer)
            || self.conflicting.contains(&engineer)
            || self.on_call.iter().any(|held| held.primary == engineer || held.secondary == Some(engineer))
    }
}

/// Sorts occasions by [`Occasion::reading_order`].
pub fn sort_occasions(occasions: &mut [Occasion], now: Instant) {
    occasions.sort_by_key(|occasion| occasion.reading_order(now));
}

/// The conflicts of `occasions` that the team has still to agree on, by deadline, each once.
pub fn open_conflicts<'o>(occasions: impl IntoIterator<Item = &'o Occasion>, now: Instant) -> Vec<&'o Row> {
    let mut open: Vec<&Row> = Vec::new();
    for row in occasions.into_iter().flat_map(|occasion| occasion.open_rows(now)) {
        if !open.iter().any(|other| other.period.start() == row.period.start()) {
            open.push(row);
        }
    }
    open.sort_by_key(|row| (row.deadline, row.period.start()));
    open
}
