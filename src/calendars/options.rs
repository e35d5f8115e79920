//! How often calendars are fetched, and at what cost.

use std::time::Duration;

use crate::fetch::Limits;

/// How often calendars are fetched, and at what cost.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The time from a successful fetch to the next, give or take a tenth.
    pub interval: Duration,
    /// The time from a failed fetch to the next; each further failure doubles it, up to the interval.
    pub first_retry: Duration,
    /// What one fetch may cost.
    pub limits: Limits,
}

impl Options {
    /// The ones in use: see `docs/calendars.md`.
    pub const DEFAULT: Options = Options {
        interval: Duration::from_secs(60 * 60),
        first_retry: Duration::from_secs(60),
        limits: Limits::DEFAULT,
    };
}
