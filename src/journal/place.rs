//! Where journals are kept.

use std::path::PathBuf;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The file within the state folder.
pub(super) const FILE: &str = "journal.sqlite";

/// Where journals are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this folder, which is made if need be.
    Folder(PathBuf),
    /// In the PostgreSQL database at this URL, which servers may share.
    Postgres(String),
}

impl Place {
    /// The address that the database is reached at. May hold a password.
    pub(super) fn url(&self) -> String {
        match self {
            Place::Folder(folder) => {
                let file = folder.join(FILE);
                let file = utf8_percent_encode(&file.to_string_lossy(), NON_ALPHANUMERIC).to_string();
                format!("sqlite:{}?mode=rwc", file.replace("%2F", "/").replace("%2E", "."))
            }
            Place::Postgres(url) => url.clone(),
        }
    }
}
