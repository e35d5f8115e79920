//! Decides when old data may be deleted.
//!
//! A clock that is wrong for a while must not cause anything to be deleted. So data counts as old only once two checks
//! agree, and the process ran for at least a day between them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant as Moment};

use crate::rota::Instant;

/// How long the process must run between two checks that agree.
const APART: Duration = Duration::from_secs(24 * 60 * 60);

/// Remembers the earlier checks.
#[derive(Debug, Default)]
pub struct Retention(Mutex<Checks>);

#[derive(Debug, Default)]
struct Checks {
    /// When the last check was made, and the time by the clock.
    last: Option<(Moment, Instant)>,
    /// The earlier of the clock's times at two checks.
    agreed: Option<Instant>,
}

impl Retention {
    /// Checks at `moment`, which the clock calls `now`. Returns [`Retention::agreed`].
    pub fn check(&self, moment: Moment, now: Instant) -> Option<Instant> {
        let mut checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match checks.last {
            Some((earlier, _)) if moment.saturating_duration_since(earlier) < APART => {}
            Some((_, then)) => {
                checks.agreed = Some(then.min(now));
                checks.last = Some((moment, now));
            }
            None => checks.last = Some((moment, now)),
        }
        checks.agreed
    }

    /// An instant that has certainly passed: two checks a day apart both found it in the past. `None` as long as there
    /// were no two.
    pub fn agreed(&self) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).agreed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_two_checks_a_day_of_uptime_apart_call_past_is_past() {
        let at = |day: u32| format!("2026-01-{day:02}T12:00:00Z").parse::<Instant>().unwrap();
        let (start, retention) = (Moment::now(), Retention::default());
        for (hours, day, expected) in [
            // The clock is a week ahead when the server starts, and is set right after an hour.
            (0, 17, None),
            (1, 10, None),
            (23, 11, None),
            (24, 11, Some(11)),
            (47, 30, Some(11)),
            (48, 30, Some(11)),
            (72, 13, Some(13)),
            (96, 14, Some(13)),
        ] {
            let moment = start + Duration::from_secs(hours * 3600);
            assert_eq!(retention.check(moment, at(day)), expected.map(at), "{hours} h");
        }
    }
}
