//! The codes of diagnostics about fetched calendars. They depend on the time and on fetches, not on files alone.

/// Those about copies, which each load reports anew.
pub const FETCH_PROBLEMS: [&str; 3] = [NOT_FETCHED, OUTDATED_COPY, EMPTIED];

/// The calendar was never fetched.
pub(super) const NOT_FETCHED: &str = "calendar-not-fetched";

/// It was not fetched for a day.
pub(super) const OUTDATED_COPY: &str = "calendar-outdated-copy";

/// Everything ahead in it is gone.
pub(super) const EMPTIED: &str = "calendar-emptied";

/// A command failed to fetch it, and there is a copy.
pub(super) const NOT_FETCHED_NOW: &str = "calendar-fetch-failed";
