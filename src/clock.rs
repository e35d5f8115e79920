//! The clock: the only place that reads it. Everywhere else the time is an argument.

use chrono::Utc;

use crate::rota::Instant;

/// Where "now" comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// An instant that never passes: `--now`, and tests.
    Fixed(Instant),
}

impl Clock {
    /// The time it is.
    pub fn now(&self) -> Instant {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            Clock::System => Utc::now(),
            Clock::Fixed(instant) => *instant,
        }
    }
}
