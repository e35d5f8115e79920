//! R4 to R9: what a team's weeks, absences and overrides make of its rota.
//!
//! In reading order: [`Duty`], [`Holder`] and [`Shift`] say who holds a role and why (`duty`); `week_planner` decides
//! one week (R4, R5, R7) with the ranking of `proposal` (R6) into a [`PlannedWeek`]; `handover` places the meetings
//! (R9); [`expand`] does so for every week of a window and gives a [`Schedule`].

pub(super) mod duty;
pub(super) mod handover;
pub(super) mod planned_week;
pub(super) mod proposal;
pub(super) mod schedule;
#[cfg(test)]
mod schedule_tests;
mod week_planner;

pub use duty::{Duty, Holder, Shift, ShiftKind};
pub use handover::Handover;
pub use planned_week::{Conflict, PlannedWeek};
pub use proposal::{Candidate, LEDGER_DAYS, ProposalStatus};
pub use schedule::{Schedule, expand, expand_until_change};
pub use week_planner::unnamed_secondary;
