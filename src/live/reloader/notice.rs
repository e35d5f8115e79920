//! What the reloader's thread is notified of.

use std::path::PathBuf;

use crate::journal::JournalError;
use crate::live::builder::JournalCheck;

/// What the reloader's thread is notified of.
#[derive(Debug)]
pub(super) enum Notice {
    /// These changed; if there are none, anything may have.
    Changed(Vec<PathBuf>),
    /// This file is open for writing.
    BeingWritten(PathBuf),
    /// This file was closed after writing.
    Closed(PathBuf),
    /// The result of a check of the journal.
    JournalChecked(Result<JournalCheck, JournalError>),
    /// The copies of fetched calendars changed, or there is something else to report about them.
    CalendarsChanged,
    /// The thread that fetches calendars failed unexpectedly, or works again.
    CalendarMonitor {
        /// Whether it failed.
        is_defective: bool,
    },
    /// The configuration must be read again in any case (SIGHUP).
    Reload,
    /// The server stops.
    Stop,
}
