//! When a calendar is fetched next.

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::job::stored_purpose;
use super::options::Options;
use crate::fetch::Purpose;
use crate::journal::CalendarState;
use crate::rota::Instant;

/// More doublings than any interval allows.
const MAX_DOUBLINGS: i64 = 20;

/// Whether the calendar is to be fetched at `now`: at once if that was never tried, or if the copy was not reduced for
/// all of `purpose`. After a failure the pause applies in any case.
pub(super) fn is_due(state: &CalendarState, purpose: &Purpose, options: &Options, now: Instant) -> bool {
    let Some(tried_at) = state.tried_at else { return true };
    // A time in the future comes from a clock that was wrong.
    let is_wanted_for_more =
        state.number > 0 && state.failures == 0 && !stored_purpose(state).includes(purpose);
    now >= tried_at + pause(state, options) || tried_at > now || is_wanted_for_more
}

/// How long after the last attempt.
fn pause(state: &CalendarState, options: &Options) -> TimeDelta {
    let interval = TimeDelta::from_std(options.interval).unwrap_or(TimeDelta::MAX);
    let pause = match state.failures {
        ..=0 => interval,
        failures => {
            let first = TimeDelta::from_std(options.first_retry).unwrap_or(interval);
            let doublings = i32::try_from((failures - 1).min(MAX_DOUBLINGS)).unwrap_or_default();
            first.checked_mul(1 << doublings).map_or(interval, |pause| pause.min(interval))
        }
    };
    pause * (90 + jitter(state)) / 100
}

/// From 0 to 20, so that calendars that were fetched together drift apart. Servers that share a database get the same.
fn jitter(state: &CalendarState) -> i32 {
    let at = state.tried_at.map_or(0, |at| at.timestamp_millis());
    let digest = Sha256::new().chain_update(&state.address).chain_update(at.to_be_bytes()).finalize();
    i32::from(digest[0]) * 20 / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose(email: &str) -> Purpose {
        Purpose::time_off([email])
    }

    fn state(failures: i64, address: &str) -> CalendarState {
        CalendarState {
            address: address.to_owned(),
            number: 1,
            purpose: purpose("p").words().collect(),
            tried_at: Some("2026-01-01T00:00:00Z".parse().unwrap()),
            failures,
            ..CalendarState::default()
        }
    }

    #[test]
    fn calendars_are_fetched_hourly_and_after_failures_with_growing_pauses() {
        for (failures, minutes) in
            [(0, 60), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (99, 60)]
        {
            for address in ["a", "b", "c", "d"] {
                let state = state(failures, address);
                let after = |tenths: i64| {
                    let at = state.tried_at.unwrap() + TimeDelta::seconds(minutes * 6 * tenths);
                    is_due(&state, &purpose("p"), &Options::DEFAULT, at)
                };
                assert!(!after(8) && after(11), "{failures} {address}");
            }
        }
        let pauses: Vec<_> =
            ["a", "b", "c", "d"].map(|address| pause(&state(0, address), &Options::DEFAULT)).into();
        assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{pauses:?}");
    }

    #[test]
    fn a_calendar_that_is_new_or_wanted_for_more_is_fetched_at_once() {
        let now = "2026-01-01T00:00:01Z".parse().unwrap();
        let due = |state: &CalendarState, email| is_due(state, &purpose(email), &Options::DEFAULT, now);
        assert!(due(&CalendarState::default(), "p"));
        assert!(!due(&state(0, "a"), "p") && due(&state(0, "a"), "another"));
        assert!(!due(&state(1, "a"), "another"), "after a failure there is a pause");
        let ahead =
            CalendarState { tried_at: Some("2030-01-01T00:00:00Z".parse().unwrap()), ..state(0, "a") };
        assert!(due(&ahead, "p"), "the clock was set back");
    }
}
