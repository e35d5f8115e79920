//! What a load depends on besides the files.

use std::sync::Arc;

use super::kept_calendars::KeptCalendars;
use crate::rota::Instant;

/// The time of a load, and what is kept of fetched calendars. An [`Instant`] alone stands for no calendars.
#[derive(Debug, Clone)]
pub struct AsOf {
    /// Decides warnings about what is over, and how far recurrences are followed.
    pub now: Instant,
    /// What is kept of fetched calendars.
    pub calendars: Arc<KeptCalendars>,
}

impl From<Instant> for AsOf {
    fn from(now: Instant) -> AsOf {
        AsOf { now, calendars: Arc::default() }
    }
}
