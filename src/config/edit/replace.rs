//! Replaces a file atomically.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use thiserror::Error;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A file as it was when it was read.
#[derive(Debug)]
pub struct Original {
    /// The real path of the file, with links followed.
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Why a file was not replaced. The file is unchanged.
#[derive(Debug, Error)]
pub enum ReplaceError {
    /// Somebody else wrote to it after it was read.
    #[error("{} changed meanwhile; nothing was written. Run the command again", .0.display())]
    Changed(PathBuf),
    /// Nobody may write to it, though a new file could take its place.
    #[error("{} is read-only; nothing was written. If it may change, make it writable: chmod u+w", .0.display())]
    ReadOnly(PathBuf),
    /// It belongs to another user, which a new file would not.
    #[error("{} belongs to user {owner} and group {group}, which the new version cannot keep; run this as that user", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// The number of its owner.
        owner: u32,
        /// The number of its group.
        group: u32,
    },
    /// The operating system refused.
    #[error("failed to write {}: {cause}", path.display())]
    Io {
        /// The file, or the folder that it is in.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
}

impl Original {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn read(path: &Path) -> io::Result<Original> {
        let path = fs::canonicalize(path)?;
        let bytes = fs::read(&path)?;
        Ok(Original { path, bytes })
    }

    /// Its text without a byte order mark; `None` where it is not UTF-8.
    pub fn text(&self) -> Option<&str> {
        let bytes = self.bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.bytes);
        std::str::from_utf8(bytes).ok()
    }

    /// Replaces the file by one with `text`, the same owner and the same mode. At any moment, even after a power
    /// failure, the path leads to the complete old file or the complete new one. A byte order mark is kept.
    ///
    /// # Errors
    ///
    /// If the file has changed since it was read, or cannot be written.
    pub fn replace(&self, text: &str) -> Result<(), ReplaceError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |cause| ReplaceError::Io { path, cause }
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        // Two commands at once: the second waits here, and then sees that the file has changed.
        let old = File::open(&self.path).map_err(io(&self.path))?;
        old.lock().map_err(io(&self.path))?;
        let found = old.metadata().map_err(io(&self.path))?;
        if found.permissions().readonly() {
            return Err(ReplaceError::ReadOnly(self.path.clone()));
        }
        let (aside, mut new) = self.aside(folder).map_err(io(folder))?;
        let written = self.write(&mut new, &found, text).and_then(|()| {
            // As late as possible: editors do not lock files.
            if fs::read(&self.path).map_err(io(&self.path))? != self.bytes {
                return Err(ReplaceError::Changed(self.path.clone()));
            }
            fs::rename(&aside, &self.path).map_err(io(&self.path))
        });
        written.inspect_err(|_| drop(fs::remove_file(&aside)))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
    }

    /// A new file beside it, under a hidden name that the loader does not read.
    fn aside(&self, folder: &Path) -> io::Result<(PathBuf, File)> {
        let name = self.path.file_name().unwrap_or_default();
        for number in 0..100 {
            let mut aside = OsString::from(".");
            aside.push(name);
            aside.push(format!(".{}-{number}.tmp", std::process::id()));
            let aside = folder.join(aside);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => return opened.map(|file| (aside, file)),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn write(&self, new: &mut File, found: &fs::Metadata, text: &str) -> Result<(), ReplaceError> {
        let failed = |cause| ReplaceError::Io { path: self.path.clone(), cause };
        let made = new.metadata().map_err(failed)?;
        if (made.uid(), made.gid()) != (found.uid(), found.gid()) {
            let (path, owner, group) = (self.path.clone(), found.uid(), found.gid());
            let refused = |_| ReplaceError::Owner { path, owner, group };
            fchown(&*new, Some(found.uid()), Some(found.gid())).map_err(refused)?;
        }
        new.set_permissions(fs::Permissions::from_mode(found.mode() & 0o7777)).map_err(failed)?;
        let mark = if self.bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK } else { &[] };
        new.write_all(mark).and_then(|()| new.write_all(text.as_bytes())).map_err(failed)?;
        new.sync_all().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn owner_mode_link_and_byte_order_mark_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.toml"), folder.path().join("team.toml"));
        fs::write(&real, "\u{feff}old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real.toml", &link).unwrap();
        let original = Original::read(&link).unwrap();
        assert_eq!(original.text(), Some("old"));
        original.replace("new").unwrap();
        assert_eq!(fs::read_to_string(&link).unwrap(), "\u{feff}new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_changed_since_it_was_read_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("team.toml");
        fs::write(&path, "old").unwrap();
        let original = Original::read(&path).unwrap();
        fs::write(&path, "of somebody else").unwrap();
        assert!(matches!(original.replace("new"), Err(ReplaceError::Changed(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "of somebody else");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
