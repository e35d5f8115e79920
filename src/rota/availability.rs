//! Holders of a role who are away nevertheless (R4, R7, R10), so that calling them may not help.
//!
//! Not here: how absences affect duty (`planning`), and the rows that report it (`coverage`).

use std::sync::Arc;

use super::absence::Absences;
use super::period::{Period, Periods};
use super::planning::duty::{Holder, ShiftKind};
use super::team::{EngineerIdx, HolidayPolicy};

/// A part of somebody's duty during which they are away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// The engineer.
    pub engineer: EngineerIdx,
    /// The period, within their duty.
    pub period: Period,
    /// The names of their absences in it, in order of time.
    pub reasons: Vec<Arc<str>>,
    /// Whether an override gave them the role: the team agreed on it with them.
    pub is_agreed: bool,
}

/// When somebody who holds a role as `holder` does is away within `period` and does not work all the same: on time off,
/// or on a holiday that keeps the team's secondaries from covering. For a person whom the team agreed on or oncal
/// proposes a holiday does not count: they agreed to work on it, or are asked to.
pub(super) fn unavailability(
    absences: &Absences,
    policy: &HolidayPolicy,
    holder: &Holder,
    period: Period,
) -> Periods {
    match holder.kind {
        ShiftKind::Override | ShiftKind::Proposal => absences.time_off(period),
        _ => absences.cannot_cover(policy, period),
    }
}
