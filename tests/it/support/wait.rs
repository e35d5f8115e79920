//! Waits for something that a test has to look for.

use std::thread;
use std::time::{Duration, Instant};

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until `found` finds something, and returns that.
#[track_caller]
pub(crate) fn within<T>(limit: Duration, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(since.elapsed() < limit, "{what} does not come within {limit:?}");
        thread::sleep(LOOK_EVERY);
    }
}

/// Waits until `is_so`.
#[track_caller]
pub(crate) fn wait(limit: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    within(limit, what, || is_so().then_some(()));
}
