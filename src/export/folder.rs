//! The folder that is exported to: which of its files are oncal's, and how they change.
//!
//! `.oncal-export` lists what oncal wrote, so that it deletes nothing else. It has hashes of the paths, because paths
//! contain keys and a web server may serve the list. A file is listed before it is written and until after it is
//! deleted, so the next export knows every file that a killed one left behind.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::error::ExportError;

/// The list of what oncal wrote.
const LIST: &str = ".oncal-export";

/// The first line of the list.
const FORMAT: &str = "oncal export 1";

/// A file that is being written, beside the one that it will replace.
const PART: &str = ".oncal-export-part";

/// A folder that is exported to, locked for this process.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Holds the lock.
    _lock: fs::File,
    /// The hashes of the paths in the list, as it is on the disk.
    listed: BTreeSet<String>,
    /// The hashes of the paths of the export under way.
    current: BTreeSet<String>,
}

impl Folder {
    /// Opens the folder at `path`, and creates it if it is missing. A folder with files must have the list of what
    /// oncal wrote.
    ///
    /// # Errors
    ///
    /// If it has files and no list, another process exports to it, or it cannot be read or created.
    pub fn open(path: &Path) -> Result<Folder, ExportError> {
        let path = path.to_owned();
        fs::create_dir_all(&path).map_err(ExportError::at(&path))?;
        let lock = fs::File::open(&path).map_err(ExportError::at(&path))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(ExportError::Locked(path)),
            // Some network file systems have no locks.
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "the folder cannot be locked against other exports");
            }
            Ok(()) => {}
        }
        let listed = read_list(&path)?;
        Ok(Folder { path, _lock: lock, listed, current: BTreeSet::new() })
    }

    /// Whether nothing was ever exported to it.
    pub fn is_new(&self) -> bool {
        self.listed.is_empty()
    }

    /// Whether an earlier export wrote the file at `path`, or was about to.
    pub(super) fn lists(&self, path: &str) -> bool {
        self.listed.contains(&hash(path))
    }

    /// Deletes every listed file whose path may not stay, and writes nothing. Returns how many files were deleted. If
    /// one cannot be deleted, the others still are.
    pub(super) fn revoke(&self, may_stay: impl Fn(&str) -> bool) -> Result<usize, ExportError> {
        let (mut deleted, mut failed) = (0, None);
        for path in walk(&self.path)? {
            if self.lists(&path) && !may_stay(&path) {
                match remove(&self.path, &self.path.join(&path)) {
                    Ok(()) => deleted += 1,
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
        }
        failed.map_or(Ok(deleted), Err)
    }

    /// Begins an export of the files at `paths`. Nothing is written if oncal did not write a file that is at one of
    /// them.
    pub(super) fn begin<'p>(&mut self, paths: impl Iterator<Item = &'p str>) -> Result<(), ExportError> {
        let mut current = BTreeSet::new();
        for path in paths {
            let (hash, full) = (hash(path), self.path.join(path));
            if !self.listed.contains(&hash) && fs::symlink_metadata(&full).is_ok() {
                return Err(ExportError::Foreign(full));
            }
            current.insert(hash);
        }
        self.current = current;
        let all = self.listed.union(&self.current).cloned().collect();
        self.write_list(all)
    }

    /// Makes `bytes` the content of the file at `path`. Returns whether it had another.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) -> Result<bool, ExportError> {
        put(&self.path.join(path), bytes)
    }

    /// Ends the export: deletes what is listed and no longer part of it, unless its path `is_kept`. Returns how many
    /// files were deleted.
    pub(super) fn finish(&mut self, is_kept: impl Fn(&str) -> bool) -> Result<usize, ExportError> {
        let mut listed = self.current.clone();
        let mut deleted = 0;
        for path in walk(&self.path)? {
            let full = self.path.join(&path);
            if full.file_name() == Some(OsStr::new(PART)) {
                remove(&self.path, &full)?;
                continue;
            }
            let hash = hash(&path);
            if self.current.contains(&hash) || !self.listed.contains(&hash) {
                continue;
            }
            if is_kept(&path) {
                listed.insert(hash);
            } else {
                remove(&self.path, &full)?;
                deleted += 1;
            }
        }
        self.write_list(listed)?;
        Ok(deleted)
    }

    fn write_list(&mut self, listed: BTreeSet<String>) -> Result<(), ExportError> {
        let lines = std::iter::once(FORMAT).chain(listed.iter().map(String::as_str));
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        put(&self.path.join(LIST), text.as_bytes())?;
        self.listed = listed;
        Ok(())
    }
}

/// The hashes in the list of the folder at `path`; none for an empty folder.
fn read_list(path: &Path) -> Result<BTreeSet<String>, ExportError> {
    let list = path.join(LIST);
    match fs::read_to_string(&list) {
        Ok(text) => match text.strip_prefix(FORMAT).and_then(|rest| rest.strip_prefix('\n')) {
            Some(hashes) => Ok(hashes.lines().map(str::to_owned).collect()),
            None => Err(ExportError::List(list)),
        },
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(ExportError::List(list)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut entries = fs::read_dir(path).map_err(ExportError::at(path))?;
            // A first export may have been killed before it wrote its list.
            let is_foreign = |entry: &io::Result<fs::DirEntry>| {
                entry.as_ref().is_ok_and(|entry| entry.file_name() != OsStr::new(PART))
            };
            match entries.find(is_foreign) {
                None => Ok(BTreeSet::new()),
                Some(_) => Err(ExportError::NotEmpty(path.to_owned())),
            }
        }
        Err(error) => Err(ExportError::at(&list)(error)),
    }
}

/// Makes `bytes` the content of the file at `path`. Returns whether it had another. A reader gets either the whole old
/// file or the whole new one.
fn put(path: &Path, bytes: &[u8]) -> Result<bool, ExportError> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(ExportError::at(folder))?;
    let part = folder.join(PART);
    let write = || {
        let mut file = fs::File::create(&part)?;
        file.write_all(bytes)?;
        // Web servers distinguish versions by length and time in whole seconds.
        let before = fs::metadata(path).and_then(|found| found.modified());
        if let Ok(before) = before
            && whole_seconds(file.metadata()?.modified()?) <= whole_seconds(before)
        {
            file.set_modified(before + Duration::from_secs(1))?;
        }
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(ExportError::at(path))?;
    Ok(true)
}

fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Deletes `file`, and the folders below `top` that are then empty.
fn remove(top: &Path, file: &Path) -> Result<(), ExportError> {
    fs::remove_file(file).map_err(ExportError::at(file))?;
    let mut folder = file.parent();
    // A folder that is not empty cannot be removed.
    while let Some(path) = folder.filter(|path| *path != top && fs::remove_dir(path).is_ok()) {
        folder = path.parent();
    }
    Ok(())
}

/// The paths of all files below `top`. Symbolic links count as files.
fn walk(top: &Path) -> Result<Vec<String>, ExportError> {
    let mut found = Vec::new();
    let mut folders = vec![(top.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(ExportError::at(&folder))? {
            let entry = entry.map_err(ExportError::at(&folder))?;
            // oncal writes only names in UTF-8.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{prefix}{name}");
            let is_folder = entry.file_type().map_err(ExportError::at(&entry.path()))?.is_dir();
            if is_folder {
                folders.push((entry.path(), format!("{path}/")));
            } else if path != LIST {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn hash(path: &str) -> String {
    hex::encode(Sha256::digest(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exports these paths, each with its own text; what was written and what was deleted.
    fn export(folder: &mut Folder, paths: &[&str]) -> (usize, usize) {
        folder.begin(paths.iter().copied()).unwrap();
        let written = paths.iter().filter(|path| folder.put(path, path.as_bytes()).unwrap()).count();
        (written, folder.finish(|path| path.starts_with("kept/")).unwrap())
    }

    fn all(folder: &Path) -> Vec<String> {
        let mut all = walk(folder).unwrap();
        all.sort();
        all
    }

    #[test]
    fn what_an_export_wrote_and_the_next_one_lacks_is_deleted_and_nothing_else() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("below/web");
        let mut folder = Folder::open(&path).unwrap();
        assert_eq!(export(&mut folder, &["a.ics", "kept/b.ics", "x/y/c.ics"]), (3, 0));
        assert_eq!(export(&mut folder, &["a.ics", "kept/b.ics", "x/y/c.ics"]), (0, 0));
        fs::write(path.join("robots.txt"), "mine").unwrap();
        drop(folder);
        let mut folder = Folder::open(&path).unwrap();
        assert_eq!(export(&mut folder, &["a.ics"]), (0, 1));
        assert_eq!(all(&path), ["a.ics", "kept/b.ics", "robots.txt"]);
        assert!(!path.join("x").exists(), "a folder without files goes too");
        assert_eq!(export(&mut folder, &["kept/b.ics"]), (0, 1), "what was kept is still listed");
        assert_eq!(all(&path), ["kept/b.ics", "robots.txt"]);
    }

    #[test]
    fn files_of_others_are_not_replaced_and_then_nothing_is_written() {
        let temporary = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(temporary.path()).unwrap();
        export(&mut folder, &["a.ics"]);
        fs::write(temporary.path().join("b.ics"), "mine").unwrap();
        let error = folder.begin(["c.ics", "b.ics"].into_iter()).unwrap_err();
        assert!(matches!(error, ExportError::Foreign(path) if path.ends_with("b.ics")));
        assert_eq!(all(temporary.path()), ["a.ics", "b.ics"]);
    }

    #[test]
    fn a_folder_with_files_and_without_a_list_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path();
        fs::write(path.join("mine"), "").unwrap();
        assert!(matches!(Folder::open(path), Err(ExportError::NotEmpty(_))));
        for text in ["", "oncal export 2\n", "oncal export 11\n"] {
            fs::write(path.join(LIST), text).unwrap();
            assert!(matches!(Folder::open(path), Err(ExportError::List(_))), "{text}");
        }
        fs::remove_file(path.join(LIST)).unwrap();
        fs::rename(path.join("mine"), path.join(PART)).unwrap();
        Folder::open(path).unwrap();
    }

    #[test]
    fn two_processes_do_not_export_to_one_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        assert!(matches!(Folder::open(temporary.path()), Err(ExportError::Locked(_))));
        drop(folder);
        Folder::open(temporary.path()).unwrap();
    }

    #[test]
    fn what_a_killed_export_left_is_known_to_the_next() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path();
        let mut folder = Folder::open(path).unwrap();
        export(&mut folder, &["old.ics"]);
        // Killed after one file of two, and in the middle of the second.
        folder.begin(["x/new.ics", "x/never.ics"].into_iter()).unwrap();
        folder.put("x/new.ics", b"new").unwrap();
        fs::write(path.join("x").join(PART), "half").unwrap();
        drop(folder);
        let mut folder = Folder::open(path).unwrap();
        assert_eq!(export(&mut folder, &["other.ics"]), (1, 2));
        assert_eq!(all(path), ["other.ics"]);
        assert!(!path.join("x").exists());
    }

    #[test]
    fn a_file_that_changes_twice_within_a_second_has_two_times() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("a.ics");
        let times = [b"one", b"two", b"six"].map(|text| {
            assert!(put(&path, text).unwrap());
            whole_seconds(fs::metadata(&path).unwrap().modified().unwrap())
        });
        assert!(times[0] < times[1] && times[1] < times[2], "{times:?}");
    }
}
