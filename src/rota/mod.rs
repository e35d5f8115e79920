//! The rota: who is on call when, and why. Pure: no I/O, no clock, no frameworks.
//!
//! One entry: [`expand`] a team over a window, then ask [`coverage`] about it. To find a rule of the design:
//! R1, R2 [`week`]; R3 [`absence`]; R4, R5, R7 [`cover`]; R6 [`proposal`]; R8, R10 [`coverage`](mod@coverage);
//! R9 [`handover`]. Who is on duty and away all the same: [`unable`]. When who is on call now stops:
//! [`sight`](mod@sight). What the years make of it: [`fairness`](mod@fairness). All arithmetic is on UTC instants;
//! wall clocks are resolved by a [`Zone`].

pub mod absence;
pub mod cover;
pub mod coverage;
pub mod fairness;
pub mod handover;
pub mod moves;
pub mod period;
pub mod proposal;
#[cfg(test)]
mod sample;
pub mod schedule;
pub mod sight;
pub mod team;
pub mod unable;
pub mod week;
pub mod zone;

pub use absence::{Absences, Calendar, TIME_OFF};
pub use cover::{Conflict, Duty, Holder, PlannedWeek, Shift, ShiftKind, unnamed_secondary};
pub use coverage::{Coverage, Line, Row, RowStatus, UnknownHolidays, coverage, lines, unknown_holidays};
pub use fairness::{Fairness, LOCKED_YEARS, Lock, Remedy, Tally, fairness, year_spans};
pub use handover::Handover;
pub use moves::{Holding, Move, Side, holdings, moves};
pub use period::{Instant, Period, Periods};
pub use proposal::{Candidate, ProposalStatus};
pub use schedule::{Schedule, expand};
pub use sight::sight;
pub use team::*;
pub use unable::Unable;
pub use week::{SwapNote, Week, WeekId, week_at, weeks};
pub use zone::Zone;
