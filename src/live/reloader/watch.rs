//! Watches the configuration folder for changes, by the means of the operating system.
//!
//! Not here: what is done about a change (`worker`), and waiting until the folder is quiet (`debounce`). Symbolic links
//! that lead out of the folder are not followed; reading all files at intervals finds what was missed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, recommended_watcher};

use super::notice::Notice;

/// Watches one folder until it is dropped.
pub(super) struct Watch {
    folder: PathBuf,
    /// A folder that may lie in it, and whose changes do not matter.
    ignored: PathBuf,
    identity: Option<Identity>,
    watcher: Option<RecommendedWatcher>,
    notices: Sender<Notice>,
}

/// Which folder a path leads to: it changes when a link is replaced, or the folder is removed and created again.
type Identity = (PathBuf, u64);

impl Watch {
    /// Watches `folder` from the first call of [`Watch::renew`] on, except for what is in `ignored`.
    pub(super) fn new(folder: &Path, ignored: &Path, notices: Sender<Notice>) -> Watch {
        let (folder, ignored) = (folder.to_owned(), ignored.to_owned());
        Watch { folder, ignored, identity: None, watcher: None, notices }
    }

    /// Watches the folder that the path leads to now, if it is not watched yet.
    ///
    /// # Errors
    ///
    /// If there is none, or the operating system cannot watch it: on some network file systems, or when the limit of
    /// watches is reached.
    pub(super) fn renew(&mut self) -> Result<(), String> {
        let identity = identity(&self.folder).map_err(|error| error.to_string())?;
        if self.watcher.is_some() && self.identity.as_ref() == Some(&identity) {
            return Ok(());
        }
        self.watcher = None;
        let notices = self.notices.clone();
        // If it is the folder itself, or contains it, nothing can be ignored.
        let ignored = fs::canonicalize(&self.ignored).ok();
        let ignored = ignored.filter(|ignored| *ignored != identity.0 && ignored.starts_with(&identity.0));
        let is_ignored =
            move |path: &PathBuf| ignored.as_ref().is_some_and(|ignored| path.starts_with(ignored));
        let notify = move |event: notify::Result<Event>| {
            if let Ok(Event { paths, .. }) = &event
                && !paths.is_empty()
                && paths.iter().all(&is_ignored)
            {
                return;
            }
            for notice in to_notices(event) {
                let _ = notices.send(notice);
            }
        };
        let mut watcher = recommended_watcher(notify).map_err(|error| error.to_string())?;
        watcher.watch(&identity.0, RecursiveMode::Recursive).map_err(|error| error.to_string())?;
        // Removing the folder, or replacing a link to it, is an event of its parent.
        if let Ok(parent) = fs::canonicalize(parent(&self.folder)) {
            let _ = watcher.watch(&parent, RecursiveMode::NonRecursive);
        }
        self.watcher = Some(watcher);
        self.identity = Some(identity);
        Ok(())
    }

    /// Watches nothing until it is renewed.
    pub(super) fn stop(&mut self) {
        self.watcher = None;
    }

    /// `path` relative to the folder, empty for the folder itself; `None` if it is elsewhere.
    pub(super) fn within<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        path.strip_prefix(&self.identity.as_ref()?.0).ok()
    }

    /// Whether `path`, in the parent of the folder, is the folder itself.
    pub(super) fn is_folder(&self, path: &Path) -> bool {
        path.file_name().is_some() && path.file_name() == self.folder.file_name()
    }
}

fn to_notices(event: notify::Result<Event>) -> Vec<Notice> {
    let Ok(event) = event else { return vec![Notice::Changed(Vec::new())] };
    if event.need_rescan() {
        return vec![Notice::Changed(Vec::new())];
    }
    let path = event.paths.first().cloned();
    let writing = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => path.map(Notice::Closed),
        // Reading is an event too: without this each load would cause the next.
        EventKind::Access(_) => return Vec::new(),
        EventKind::Modify(ModifyKind::Data(_)) => path.map(Notice::BeingWritten),
        // A link is complete as soon as it appears, and is not opened.
        EventKind::Create(CreateKind::File) => {
            path.filter(|path| is_unlinked_file(path)).map(Notice::BeingWritten)
        }
        _ => None,
    };
    let changed = Notice::Changed(event.paths);
    // A file is known as open before it is known as changed, and as changed before it is known as closed.
    match writing {
        Some(closed @ Notice::Closed(_)) => vec![changed, closed],
        writing => writing.into_iter().chain([changed]).collect(),
    }
}

fn is_unlinked_file(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.nlink() == 1)
}

fn parent(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn identity(folder: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    let real = fs::canonicalize(folder)?;
    let inode = fs::metadata(&real)?.ino();
    Ok((real, inode))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_written_to_an_ignored_folder_is_not_reported() {
        // The folder around it is watched too, and others use that of temporary files.
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("config");
        let [state, teams] = ["state", "teams"].map(|name| folder.join(name));
        fs::create_dir_all(&state).unwrap();
        fs::create_dir(&teams).unwrap();
        let (notices, received) = mpsc::channel();
        let mut watch = Watch::new(&folder, &state, notices);
        watch.renew().unwrap();
        // SQLite keeps its files open for as long as the server runs.
        let mut journal = File::create(state.join("journal.sqlite-wal")).unwrap();
        journal.write_all(b"a page").unwrap();
        fs::write(teams.join("data.toml"), "a team").unwrap();
        loop {
            let paths = match received.recv_timeout(Duration::from_secs(60)).unwrap() {
                Notice::Changed(paths) => paths,
                Notice::BeingWritten(path) => vec![path],
                Notice::Closed(path) => {
                    assert!(path.ends_with("teams/data.toml"), "{path:?}");
                    break;
                }
                other => panic!("{other:?}"),
            };
            assert!(paths.iter().all(|path| path.ends_with("teams/data.toml")), "{paths:?}");
        }
    }
}
