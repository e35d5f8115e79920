//! What the checks of a team depend on besides its file.

use crate::config::run_books::RunBooks;
use crate::config::time_off::TimeOffFiles;
use crate::config::zones::Zones;
use crate::holidays::Library;
use crate::rota::{Instant, Period};

/// The part after `@` in event UIDs, unless the file says otherwise.
pub(super) const UID_DOMAIN: &str = "oncal";

/// What the checks of a team depend on besides its file.
pub(in crate::config) struct Context<'a> {
    pub(in crate::config) zones: &'a Zones,
    pub(in crate::config) library: &'a Library,
    /// Past entries get no warnings, and recurrences are expanded to some time after now.
    pub(in crate::config) now: Instant,
    /// The period that feeds show, within which zone data must agree.
    pub(in crate::config) window: Option<Period>,
    /// Of this team.
    pub(in crate::config) run_books: &'a RunBooks,
    /// Of this team.
    pub(in crate::config) time_off: &'a TimeOffFiles,
}
