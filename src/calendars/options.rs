//! How often calendars are fetched, and at what cost.

use std::time::Duration;

use crate::fetch::Limits;

/// How often calendars are fetched, and at what cost.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long after a fetch that succeeded comes the next, up to a tenth more or less.
    pub interval: Duration,
    /// How long after one that failed; each further failure doubles it, up to the interval.
    pub first_retry: Duration,
    /// What one fetch may cost.
    pub limits: Limits,
}

impl Options {
    /// Those in use: see `docs/calendars.md`.
    pub const DEFAULT: Options = Options {
        interval: Duration::from_secs(60 * 60),
        first_retry: Duration::from_secs(60),
        limits: Limits::DEFAULT,
    };
}
