//! Reading the folder: texts with a size cap, and listings in a fixed order.
//!
//! Not here: the meaning of the files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::diagnostic::Place;
use crate::ics;
use crate::toml_reader::Span;

/// The largest size of a configuration file, in bytes.
pub(super) const MAX_BYTES: u64 = 5_000_000;

/// Why a file gave no text.
#[derive(Debug, Error)]
pub(super) enum FileFault {
    #[error("no such file")]
    Missing,
    #[error("this is not a regular file")]
    NotAFile,
    #[error("the file is larger than {} MB", MAX_BYTES / 1_000_000)]
    TooLarge,
    #[error("a link leads out of the configuration folder")]
    Outside,
    #[error("the file is not UTF-8 text")]
    NotUtf8 { readable: String, bad: Span },
    #[error("this cannot be read: {0}")]
    Unreadable(io::Error),
}

impl FileFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            FileFault::TooLarge => "file-too-large",
            FileFault::Outside => "outside-configuration",
            FileFault::NotUtf8 { .. } => "not-utf-8",
            FileFault::Missing | FileFault::NotAFile | FileFault::Unreadable(_) => "unreadable-file",
        }
    }
}

impl FileFault {
    /// The line of the first character that is not UTF-8, counted from 1.
    pub(super) fn bad_line(&self) -> Option<usize> {
        let FileFault::NotUtf8 { readable, bad } = self else { return None };
        Some(Place::of(bad.clone(), readable).line)
    }
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            FileFault::Missing
        } else {
            FileFault::Unreadable(error)
        }
    }
}

/// The real path of the file or folder at `path`, with links followed. It must be within the folder `config`: the
/// configuration must not reveal other files of the machine.
pub(super) fn inside(config: &Path, path: &Path) -> Result<PathBuf, FileFault> {
    let real = fs::canonicalize(path)?;
    if real.starts_with(fs::canonicalize(config)?) { Ok(real) } else { Err(FileFault::Outside) }
}

/// The text of the file at `path`, read once, without a byte order mark.
pub(super) fn read_text(path: &Path) -> Result<Arc<str>, FileFault> {
    text(&read_bytes(path)?)
}

/// The text of the iCalendar file at `path`.
pub(super) fn read_calendar(path: &Path) -> Result<Arc<str>, FileFault> {
    match ics::decode(&read_bytes(path)?) {
        Ok(text) => Ok(text.into()),
        Err(error) => text(error.as_bytes()),
    }
}

/// The bytes of the file at `path`, read once.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, FileFault> {
    // Checked before opening: opening a named pipe would wait for a writer.
    if !fs::metadata(path)?.is_file() {
        return Err(FileFault::NotAFile);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES { Err(FileFault::TooLarge) } else { Ok(bytes) }
}

fn text(bytes: &[u8]) -> Result<Arc<str>, FileFault> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => {
            let start = error.valid_up_to();
            let bad = start..start + char::REPLACEMENT_CHARACTER.len_utf8();
            Err(FileFault::NotUtf8 { readable: String::from_utf8_lossy(bytes).into_owned(), bad })
        }
    }
}

/// One entry of a folder.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// As shown to people; a name that is not Unicode with replacement characters.
    pub(super) name: String,
    /// Whether it is a folder or leads to one.
    pub(super) is_folder: bool,
}

/// The entries of `folder` in order of name, without hidden files (a Kubernetes volume has `..data`) and backup files
/// of editors.
pub(super) fn list(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_leftover(&name) {
            // The kind from the listing saves a system call for each of thousands of files; it does not follow links.
            let kind = entry.file_type().ok().filter(|kind| !kind.is_symlink());
            let is_folder = kind.map_or_else(|| entry.path().is_dir(), |kind| kind.is_dir());
            entries.push(Entry { is_folder, name });
        }
    }
    entries.sort();
    Ok(entries)
}

/// [`list`], which is empty for a folder that does not exist.
pub(super) fn list_if_present(folder: &Path) -> io::Result<Vec<Entry>> {
    match list(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        listed => listed,
    }
}

/// Whether the name ends in one of `extensions`, in lower case or not.
pub(super) fn has_extension(name: &str, extensions: &[&str]) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

fn is_leftover(name: &str) -> bool {
    let ends = ["~", ".swp", ".swo", ".swx", ".tmp", ".bak", ".orig"];
    name.starts_with('.') || name.starts_with('#') || ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        fs::write(&path, "\u{feff}name = 1").unwrap();
        assert_eq!(&*read_text(&path).unwrap(), "name = 1");
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_placed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        fs::write(&path, b"ab\nc\xffd").unwrap();
        let Err(FileFault::NotUtf8 { readable, bad }) = read_text(&path) else { panic!("read") };
        assert_eq!(&readable[bad], "\u{fffd}");
    }

    #[test]
    fn a_file_may_have_exactly_the_maximum_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        fs::write(&path, vec![b'x'; usize::try_from(MAX_BYTES).unwrap()]).unwrap();
        assert!(read_text(&path).is_ok());
        fs::write(&path, vec![b'x'; usize::try_from(MAX_BYTES).unwrap() + 1]).unwrap();
        assert!(matches!(read_text(&path), Err(FileFault::TooLarge)));
    }

    #[test]
    fn a_folder_or_nothing_is_not_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read_text(folder.path()), Err(FileFault::NotAFile)));
        assert!(matches!(read_text(&folder.path().join("none")), Err(FileFault::Missing)));
    }

    #[test]
    fn hidden_files_and_editor_backups_are_not_listed() {
        let folder = tempfile::tempdir().unwrap();
        let ignored = [".hidden.toml", "a.toml~", ".#a.toml", ".a.toml.swp", "a.tmp", "#a.toml#", "..data"];
        for name in ignored.iter().chain(&["b.toml", "a.toml"]) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("c")).unwrap();
        for (target, link) in [("c", "d"), ("a.toml", "e"), ("none", "f")] {
            std::os::unix::fs::symlink(target, folder.path().join(link)).unwrap();
        }
        let listed = list(folder.path()).unwrap();
        let names: Vec<_> = listed.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["a.toml", "b.toml", "c", "d", "e", "f"]);
        let folders: Vec<_> = listed.iter().map(|entry| entry.is_folder).collect();
        assert_eq!(folders, [false, false, true, true, false, false], "a link is what it leads to");
    }
}
