//! The rota: who is on call when, and why. Pure: no I/O, no clock, no frameworks.
//!
//! [`expand`] a team over a window, then ask the [`Schedule`] or its [`coverage`](fn@coverage). Where the rules are:
//!
//! | rule | module |
//! |---|---|
//! | R1 weeks, R2 swaps | [`week`] |
//! | R3 who is away | [`absence`] |
//! | R4 covers, R5 conflicts, R7 overrides, R8 notice | `planning/week_planner` |
//! | R6 proposals | `planning/proposal` |
//! | R10 coverage rows | [`coverage`](mod@coverage) |
//! | R9 handover meetings | `planning/handover` |
//! | R11 occasions | [`occasion`] |
//!
//! Who is on call although away: [`availability`]. What differs between two rotas: [`changes`](mod@changes). How duty
//! is shared out over the years: [`fairness`](mod@fairness). All arithmetic is on UTC instants; a [`Zone`] resolves
//! wall clocks.

pub mod absence;
pub mod availability;
pub mod calendar;
pub mod changes;
pub mod coverage;
pub mod fairness;
pub mod occasion;
pub mod period;
pub mod planning;
#[cfg(test)]
mod sample;
pub mod team;
pub mod week;
pub mod zone;

pub use absence::{Absences, TIME_OFF};
pub use availability::Unavailable;
pub use calendar::{Calendar, HolidayName};
pub use changes::{Holding, RoleChange, Side, changes, holdings};
pub use coverage::{Coverage, Line, Row, RowStatus, UnknownAbsences, coverage, lines, unknown_absences};
pub use fairness::{Fairness, MIN_STREAK_YEARS, Rebalance, Streak, Tally, fairness, year_spans};
pub use occasion::{
    Backup, Occasion, OccasionAbsences, OccasionKind, OnCall, coverage_by_occasion, occasions,
    open_conflicts, sort_occasions,
};
pub use period::{Instant, Period, Periods, merge_adjacent};
pub use planning::*;
pub use team::*;
pub use week::{SwapNote, Week, WeekId, week_at, weeks};
pub use zone::Zone;
