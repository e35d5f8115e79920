//! How long a change waits before it is reported, so that one that is quickly undone is never sent.

use chrono::TimeDelta;

use crate::rota::Instant;

/// A shift that begins within this time is urgent.
const URGENT: TimeDelta = TimeDelta::hours(24);

/// How long there must be no further change, and how long a change waits at most while more follow.
#[derive(Debug, Clone, Copy)]
struct Wait {
    quiet: TimeDelta,
    longest: TimeDelta,
}

const USUAL: Wait = Wait { quiet: TimeDelta::minutes(2), longest: TimeDelta::minutes(10) };

/// A minute of continuous edits must not send two batches.
const IF_URGENT: Wait = Wait { quiet: TimeDelta::seconds(15), longest: TimeDelta::minutes(2) };

/// Whether something that starts at `start` is urgent at `now`.
pub(super) fn is_urgent(start: Instant, now: Instant) -> bool {
    start < now + URGENT
}

/// When the changes that were published at `edits` after `since` have settled; `None` if they have at `now`. Something
/// that became near by the passing of time is settled.
pub(super) fn settles(
    edits: impl Iterator<Item = Instant>,
    since: Instant,
    is_urgent: bool,
    now: Instant,
) -> Option<Instant> {
    let wait = if is_urgent { IF_URGENT } else { USUAL };
    // The journal has whole seconds, so a change in the same second as the last report may not have been reported. A
    // time in the future comes from a clock that was ahead, or a burst of changes; waiting for it would delay all
    // others.
    let edits = edits.map(|at| at.min(now));
    let mut edits: Vec<Instant> = edits.filter(|at| since < *at + TimeDelta::seconds(1)).collect();
    edits.sort();
    let last = *edits.last()?;
    let starts_burst = |at: Instant, next: Instant| next - at > wait.quiet;
    let first = edits.windows(2).rev().find_map(|two| match two {
        [at, next] if starts_burst(*at, *next) => Some(*next),
        _ => None,
    });
    let first = first.or(edits.first().copied()).unwrap_or(last);
    let settled = (last + wait.quiet).min(first + wait.longest);
    (now < settled).then_some(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[track_caller]
    fn settled(edits: &[i64], is_urgent: bool, now: i64, expected: Option<i64>) {
        let edits = edits.iter().map(|seconds| at(*seconds));
        assert_eq!(settles(edits, at(-5000), is_urgent, at(now)), expected.map(at), "{now}");
    }

    #[test]
    fn a_change_waits_two_minutes_after_the_last_and_ten_at_most_or_fifteen_seconds_if_urgent() {
        settled(&[], false, 0, None);
        settled(&[0], false, 0, Some(120));
        settled(&[0], false, 119, Some(120));
        settled(&[0], false, 120, None);
        settled(&[0, 60], false, 120, Some(180));
        let many: Vec<i64> = (0..60).map(|minute| minute * 10).collect();
        settled(&many, false, 595, Some(600));
        settled(&[-4000, 0, 60], false, 120, Some(180));
        settled(&[0], true, 14, Some(15));
        settled(&[0], true, 15, None);
        settled(&(0..119).collect::<Vec<_>>(), true, 119, Some(120));
        assert_eq!(settles([at(0)].into_iter(), at(2), false, at(3)), None, "reported already");
    }

    #[test]
    fn a_change_in_the_future_is_one_of_now() {
        settled(&[86_400], false, 0, Some(120));
        settled(&[86_400], true, 0, Some(15));
        settled(&[0, 30, 86_400], false, 60, Some(180));
        let ahead: Vec<i64> = (0..300).map(|number| number * 10).collect();
        settled(&ahead, false, 599, Some(600));
        settled(&ahead, false, 600, None);
    }
}
