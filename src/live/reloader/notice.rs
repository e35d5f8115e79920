//! What the reloader's thread is notified of.

use std::path::PathBuf;

use crate::journal::JournalError;
use crate::live::builder::JournalCheck;

/// What the reloader's thread is notified of.
#[derive(Debug)]
pub(super) enum Notice {
    /// These changed; if there are none, anything may have.
    Changed(Vec<PathBuf>),
    /// Somebody writes to this file, and has not closed it yet.
    BeingWritten(PathBuf),
    /// Nobody writes to this file any more.
    Closed(PathBuf),
    /// Whether the journal could be written, as just tried.
    JournalChecked(Result<JournalCheck, JournalError>),
    /// There are other copies of fetched calendars, or something else to report of them.
    CalendarsChanged,
    /// The configuration must be read again in any case (SIGHUP).
    Reload,
    /// The server stops.
    Stop,
}
