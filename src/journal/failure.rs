//! Why a journal cannot be read or written, and what to do about it.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::path::PathBuf;

use thiserror::Error;

use super::place::{FILE, Place};

/// Why a journal cannot be read or written. Never quotes the URL, which may hold a password.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The state folder cannot be made or read.
    #[error("use the state folder {}: {source}; name another with --state DIR, or make this one writable", folder.display())]
    Folder {
        /// As given.
        folder: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is there and is no journal, or part of one.
    #[error(
        "read the journal {}: it is damaged ({reason}); move it away and start again: a new journal is begun, and no \
         feed goes back",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// The file cannot be written.
    #[error("write the journal {}: {reason}; {}", file.display(), what_to_do(reason))]
    File {
        /// The file.
        file: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// PostgreSQL does not do what it is asked.
    #[error("use the journal in PostgreSQL: {0}; `journal` in oncal.toml names it")]
    Server(String),
    /// The process has no means to speak to a database at all.
    #[error("start the journal: {0}")]
    Start(io::Error),
}

fn what_to_do(reason: &str) -> &'static str {
    if reason.contains("readonly") || reason.contains("unable to open") {
        "let this user write to its folder, or name another with --state DIR"
    } else if reason.contains("full") {
        "make room on its disk"
    } else if reason.contains("locked") {
        "another program holds it: stop that, or name another folder with --state DIR"
    } else {
        "see that its disk and folder can be written"
    }
}

impl JournalError {
    /// What `error` of the database at `place` means for whoever runs the server.
    pub(super) fn of(place: &Place, error: &sqlx::Error) -> JournalError {
        let reason = match error {
            // It quotes what it does not understand, and that may be a password.
            error if is_of_url(error) => "its URL, or a parameter in it, is not understood".to_owned(),
            sqlx::Error::Database(error) => error.message().to_owned(),
            sqlx::Error::Migrate(error) => error.to_string(),
            sqlx::Error::PoolTimedOut => "no answer in time".to_owned(),
            other => other.to_string(),
        };
        let file = match place {
            Place::Folder(folder) => folder.join(FILE),
            Place::Postgres(_) => return JournalError::Server(reason),
        };
        let damage = ["malformed", "not a database", "previously applied", "no column", "decod"];
        if damage.iter().any(|sign| reason.contains(sign)) {
            JournalError::Damaged { file, reason }
        } else {
            JournalError::File { file, reason }
        }
    }
}

/// Whether `error`, or what it comes from, is that a URL was not understood.
fn is_of_url(error: &sqlx::Error) -> bool {
    let mut causes = successors(Some(error as &dyn Error), |error| (**error).source());
    causes.any(|cause| matches!(cause.downcast_ref(), Some(sqlx::Error::Configuration(_))))
}
