//! R11: an occasion is one holiday, or one time off, with all its effects on the rota.
//!
//! Not here: the words in which an occasion is shown (`text`).

mod find;
mod kind;
#[cfg(test)]
mod tests;

pub use find::{OccasionAbsences, coverage_by_occasion, occasions};
pub use kind::{Backup, Occasion, OccasionKind, OccasionStatus, OnCall, open_conflicts, sort_occasions};
