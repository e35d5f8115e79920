//! A snapshot written to a folder.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ExportError;
use super::files::{File, PAGE, files, is_of_team};
use super::folder::Folder;
use crate::access::{SEGMENT, Scope};
use crate::live::Snapshot;
use crate::rota::{Instant, TeamId};

/// What an export did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// How many files the export has.
    pub files: usize,
    /// How many of them were written, because they were missing or had other content.
    pub written: usize,
    /// How many files of earlier exports were deleted.
    pub deleted: usize,
}

/// Writes `snapshot` to `folder`, with downloads if `has_downloads`; `now` decides which keys are valid, and is on the
/// pages.
///
/// Files below keys that are not valid any more are deleted first, even if something fails later. Files of earlier
/// exports that are no longer part of it are deleted, except those of teams that cannot be exported because their files
/// have errors: calendar programs drop a calendar that is gone.
///
/// # Errors
/// If a file cannot be written or deleted. Every other file is in its old or its new state.
pub fn write(
    folder: &mut Folder,
    snapshot: &Snapshot,
    has_downloads: bool,
    now: Instant,
) -> Result<Written, ExportError> {
    let lives = StillValid::new(folder, snapshot, now);
    let revoked = folder.revoke(|path| lives.may_stay(path))?;
    let files = files(snapshot, has_downloads, now);
    folder.begin(paths(&files))?;
    let mut done = Written { files: paths(&files).count(), ..Written::default() };
    for file in files.iter().filter(|file| !file.paths.is_empty()) {
        let bytes = file.bytes(snapshot, now)?;
        for path in &file.paths {
            done.written += usize::from(folder.put(path, &bytes)?);
        }
    }
    done.deleted =
        revoked + folder.finish(|path| lives.broken.iter().any(|(team, _)| is_of_team(path, team)))?;
    Ok(done)
}

/// Which files of earlier exports somebody may still read.
struct StillValid<'s> {
    /// The valid keys; `None` if everybody may read.
    keys: Option<BTreeSet<String>>,
    /// The teams that are not exported, with whether their files say which links work.
    broken: Vec<(&'s TeamId, bool)>,
    /// Whether the organisation's key is another one than in the export before, which ends all other keys too.
    is_all_new: bool,
}

impl<'s> StillValid<'s> {
    fn new(folder: &Folder, snapshot: &'s Snapshot, now: Instant) -> StillValid<'s> {
        let broken = snapshot.configuration().broken.iter().filter(|(id, _)| snapshot.is_broken(id.as_str()));
        let broken = broken.map(|(id, broken)| (id, broken.links.is_some())).collect();
        let keyrings = snapshot.keyring().zip(snapshot.unserved_keyring());
        let keys = keyrings.map(|(served, unserved)| [served.valid(now), unserved.valid(now)]);
        let all = keys.iter().flatten().flatten().find(|(_, scope)| **scope == &Scope::Organisation);
        let is_all_new = all.is_some_and(|(key, _)| !folder.lists(&format!("{SEGMENT}/{key}/{PAGE}")));
        let keys = keys.map(|keys| keys.into_iter().flat_map(BTreeMap::into_keys).collect());
        StillValid { keys, broken, is_all_new }
    }

    fn may_stay(&self, path: &str) -> bool {
        let key = path.strip_prefix(SEGMENT).and_then(|rest| rest.strip_prefix('/')?.split('/').next());
        match (&self.keys, key) {
            (None, None) => true,
            (Some(keys), Some(key)) => {
                // If a file is not valid TOML, its links are not known.
                let is_unknown =
                    || self.broken.iter().any(|(team, is_known)| !is_known && is_of_team(path, team));
                keys.contains(key) || !self.is_all_new && is_unknown()
            }
            _ => false,
        }
    }
}

fn paths<'f>(files: &'f [File<'_>]) -> impl Iterator<Item = &'f str> {
    files.iter().flat_map(|file| &file.paths).map(String::as_str)
}
