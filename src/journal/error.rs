//! Why a journal cannot be read or written, and what to do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::location::Location;
use super::sql::{Failure, FailureKind};
use crate::state_dir::RestoreError;

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
    /// The file is there and is no journal, or part of it is destroyed.
    #[error(
        "read the journal {}: it is damaged: {reason}; restore it from a backup. Without one, keep the file under another \
         name and start again: a new journal begins, and no LAST-MODIFIED goes back",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// A newer oncal wrote it.
    #[error(
        "use the journal {place}: {reason}; run that oncal, or a newer one. The journal is left as it is"
    )]
    Newer {
        /// The file, or "in PostgreSQL".
        place: String,
        /// What is newer.
        reason: String,
    },
    /// An older oncal made its tables, and whoever opened it may not change them.
    #[error("read the journal {place}: {reason}; start `oncal serve` of this version first")]
    Older {
        /// The file, or "in PostgreSQL".
        place: String,
        /// What is older.
        reason: String,
    },
    /// The file cannot be written.
    #[error("write the journal {}: {reason}; {help}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the database says.
        reason: String,
        /// What to do about it.
        help: &'static str,
    },
    /// PostgreSQL does not do what it is asked.
    #[error("use the journal in PostgreSQL: {reason}; {help}")]
    Server {
        /// What it says.
        reason: String,
        /// What to do about it.
        help: &'static str,
    },
    /// Something else is in the place of the state folder or of a file in it.
    #[error("{0}")]
    Replaced(RestoreError),
    /// A defect of the program.
    #[error("check the journal: the check ended unexpectedly; the log has the details")]
    Defect,
    /// The journal does not have what was written to it. It is written again from memory.
    #[error("use the journal: it was removed or replaced, and is written again from memory")]
    Lost,
}

impl JournalError {
    /// What `failure` of the database at `location` means for whoever runs the server.
    pub(super) fn new(location: &Location, failure: Failure) -> JournalError {
        let Failure { kind, reason } = failure;
        if kind == FailureKind::Lost {
            return JournalError::Lost;
        }
        let file = match location {
            Location::Folder(state) => state.journal_file(),
            Location::Postgres(_) if kind == FailureKind::Newer => {
                return JournalError::Newer { place: "in PostgreSQL".to_owned(), reason };
            }
            Location::Postgres(_) if kind == FailureKind::Older => {
                return JournalError::Older { place: "in PostgreSQL".to_owned(), reason };
            }
            Location::Postgres(_) => return JournalError::Server { reason, help: server_help(kind) },
        };
        match kind {
            FailureKind::Newer => JournalError::Newer { place: file.display().to_string(), reason },
            FailureKind::Older => JournalError::Older { place: file.display().to_string(), reason },
            FailureKind::Damaged | FailureKind::Foreign => JournalError::Damaged { file, reason },
            kind => JournalError::File { file, reason, help: file_help(kind) },
        }
    }
}

fn file_help(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::ReadOnly | FailureKind::CannotOpen => {
            "let this user write to its folder, or name another with --state DIR"
        }
        FailureKind::Full => "free space on its disk",
        FailureKind::Locked => {
            "another program locks it: stop that program, or name another folder with --state DIR"
        }
        _ => "check its disk and folder",
    }
}

fn server_help(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::ReadOnly => "it must be a server that accepts writes, not a standby",
        FailureKind::Full => "free space on its disk",
        FailureKind::Locked => "another session locks its tables",
        FailureKind::Foreign => "the tables there are not oncal's: give it a database or schema of its own",
        _ => "`journal` in oncal.toml names it",
    }
}
