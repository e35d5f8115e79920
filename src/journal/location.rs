//! Where journals are kept.

use std::path::PathBuf;

use crate::state_dir::StateDir;

/// Where journals are kept.
#[derive(Debug, Clone)]
pub enum Location {
    /// In SQLite in this folder, which is created if it is missing.
    Folder(StateDir),
    /// In the PostgreSQL database at this URL, which servers may share.
    Postgres(String),
}

impl Location {
    /// In SQLite in the folder at `path`.
    pub fn folder(path: impl Into<PathBuf>) -> Location {
        Location::Folder(StateDir::new(path))
    }
}
