//! A snapshot written to a folder.

use super::error::ExportError;
use super::files::{File, files, is_of_team};
use super::folder::Folder;
use crate::access::SEGMENT;
use crate::live::Snapshot;
use crate::rota::{Instant, TeamId};

/// What an export did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// How many files the export has.
    pub files: usize,
    /// How many of them were written, since they were not there or had something else in them.
    pub written: usize,
    /// How many files of earlier exports were deleted.
    pub deleted: usize,
}

/// Writes `snapshot` to `folder`, with downloads if `has_downloads`; `now` decides which keys are valid, and is on the
/// pages.
///
/// Files of earlier exports that are no longer part of it are deleted, except those of teams that cannot be exported
/// because their files have errors: calendar programs drop a calendar that is gone.
///
/// # Errors
///
/// If a file cannot be written or deleted. All others are as they were, or as they are to be.
pub fn write(
    folder: &mut Folder,
    snapshot: &Snapshot,
    has_downloads: bool,
    now: Instant,
) -> Result<Written, ExportError> {
    let files = files(snapshot, has_downloads, now);
    folder.begin(paths(&files))?;
    let mut done = Written { files: paths(&files).count(), ..Written::default() };
    for file in files.iter().filter(|file| !file.paths.is_empty()) {
        let bytes = file.bytes(snapshot, now)?;
        for path in &file.paths {
            done.written += usize::from(folder.put(path, &bytes)?);
        }
    }
    let broken = snapshot.configuration().broken.keys();
    let broken: Vec<&TeamId> = broken.filter(|id| snapshot.is_broken(id.as_str())).collect();
    let has_keys = snapshot.keyring().is_some();
    done.deleted = folder.finish(|path| {
        let is_below_key = path.split('/').next() == Some(SEGMENT);
        is_below_key == has_keys && broken.iter().any(|team| is_of_team(path, team))
    })?;
    Ok(done)
}

fn paths<'f>(files: &'f [File<'_>]) -> impl Iterator<Item = &'f str> {
    files.iter().flat_map(|file| &file.paths).map(String::as_str)
}
