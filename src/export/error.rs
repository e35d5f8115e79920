//! Why nothing, or not everything, was exported.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a snapshot was not exported.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The folder has files but no list of what oncal wrote.
    #[error("export to {}: it has files that oncal did not write; name an empty folder, or a new one", .0.display())]
    NotEmpty(
        /// The folder.
        PathBuf,
    ),
    /// A file that oncal did not write is where one is to be written.
    #[error("write {}: oncal did not write the file that is there; move it away", .0.display())]
    Foreign(
        /// The file.
        PathBuf,
    ),
    /// Another process exports to the folder.
    #[error("export to {}: another oncal is writing to it", .0.display())]
    Locked(
        /// The folder.
        PathBuf,
    ),
    /// The list cannot be understood.
    #[error(
        "read {}: unknown format; use the version of oncal that wrote it, or a new folder",
        .0.display()
    )]
    List(
        /// The list.
        PathBuf,
    ),
    /// An operation on a file failed.
    #[error("write {}: {source}", path.display())]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The content could not be made, which is a bug in oncal.
    #[error("write JSON: {0}")]
    Json(
        /// What was wrong.
        #[from]
        serde_json::Error,
    ),
}

impl ExportError {
    /// Turns an error of the operating system into one about `path`.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> ExportError {
        let path = path.to_owned();
        move |source| ExportError::File { path, source }
    }
}
