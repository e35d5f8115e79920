//! One week with all that the rules decide about it.

use std::sync::Arc;

use super::duty::{Duty, Shift};
use super::proposal::{Candidate, ProposalStatus};
use crate::rota::period::{Instant, Period};
use crate::rota::team::EngineerIdx;
use crate::rota::week::Week;

/// R5: the primary is away and the secondary cannot cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The unbroken period that needs somebody else.
    pub period: Period,
    /// The names of the primary's absences in it.
    pub reasons: Vec<Arc<str>>,
    /// The status of the proposal.
    pub status: ProposalStatus,
    /// Who was proposed as primary; in [`ProposalStatus::Nobody`] the secondary, who keeps the role.
    pub primary: EngineerIdx,
    /// Who was proposed as secondary.
    pub secondary: Option<EngineerIdx>,
    /// Everybody who could take it, in rank order.
    pub candidates: Vec<Candidate>,
}

/// One week, computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedWeek {
    /// The week and its pair.
    pub week: Week,
    /// By when its conflicts must be agreed (R8).
    pub deadline: Instant,
    /// The whole week without gap or overlap, in order of time.
    pub duties: Vec<Duty>,
    /// In order of time.
    pub conflicts: Vec<Conflict>,
    /// By start, then primary first.
    pub shifts: Vec<Shift>,
}

impl PlannedWeek {
    /// Whether nobody is free to take the primary role, so that the secondary keeps it, for any of `period`.
    pub fn is_uncovered(&self, period: Period) -> bool {
        let mut nobody = self.conflicts.iter().filter(|conflict| conflict.status == ProposalStatus::Nobody);
        nobody.any(|conflict| conflict.period.overlaps(period))
    }
}
