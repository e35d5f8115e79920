//! When old data may be deleted. A clock that is wrong for a while must not delete anything, so two checks at least 24 hours
//! of uptime apart have to agree on how late it is.

use std::time::{Duration, Instant as Moment};

use crate::rota::Instant;

/// How much uptime lies between two checks, at least.
pub(crate) const CHECK_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// The checks so far.
#[derive(Debug, Default)]
pub(crate) struct Retention(Option<Check>);

#[derive(Debug, Clone, Copy)]
struct Check {
    made: Moment,
    now: Instant,
}

impl Retention {
    /// Checks the clock, which shows `now`; `uptime` is the same time by a clock that cannot be set. Returns the time by
    /// which the age of data may be told: the earlier of the last two checks. `None` if there was no check before, or it
    /// was less than 24 hours ago.
    pub(crate) fn check(&mut self, uptime: Moment, now: Instant) -> Option<Instant> {
        let is_too_soon = |last: &Check| uptime.saturating_duration_since(last.made) < CHECK_EVERY;
        if self.0.as_ref().is_some_and(is_too_soon) {
            return None;
        }
        let last = self.0.replace(Check { made: uptime, now });
        last.map(|last| last.now.min(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::at;

    #[test]
    fn data_is_old_only_if_two_checks_a_day_of_uptime_apart_agree() {
        let (mut retention, start) = (Retention::default(), Moment::now());
        let mut check =
            |hours: u64, now: &str| retention.check(start + Duration::from_secs(hours * 3600), at(now));
        let (right, wrong) = ("2026-02-01T00:00:00Z", "2036-02-01T00:00:00Z");
        assert_eq!(check(0, wrong), None, "the first check of a process");
        assert_eq!(check(23, wrong), None, "too soon after it");
        assert_eq!(check(24, right), Some(at(right)), "the clock was put right");
        assert_eq!(check(48, wrong), Some(at(right)), "and is wrong again");
        assert_eq!(check(72, wrong), Some(at(wrong)), "twice, so it is right");
    }
}
