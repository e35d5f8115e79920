//! What a team is checked against.

use crate::config::run_books::RunBooks;
use crate::config::time_off::TimeOffFiles;
use crate::config::zones::Zones;
use crate::holidays::Library;
use crate::rota::{Instant, Period};

/// What stands behind `@` in event UIDs unless the file says otherwise.
pub(super) const UID_DOMAIN: &str = "oncal";

/// What a team is checked against.
pub(in crate::config) struct Context<'a> {
    pub(in crate::config) zones: &'a Zones,
    pub(in crate::config) library: &'a Library,
    /// For warnings about what is over, and for how far recurrences are followed.
    pub(in crate::config) now: Instant,
    /// What feeds show around now, within which zone data has to agree.
    pub(in crate::config) window: Option<Period>,
    /// Of this team.
    pub(in crate::config) run_books: &'a RunBooks,
    /// Of this team.
    pub(in crate::config) time_off: &'a TimeOffFiles,
}
