//! The rota: who is on call when, and why. Pure: no I/O, no clock, no frameworks.
pub mod absence;
pub mod period;
pub mod team;
pub mod zone;

pub use absence::{Calendar, TIME_OFF};
pub use period::{Instant, Period, Periods};
pub use team::*;
pub use zone::Zone;
