//! Watching the configuration folder: what the operating system says of it.
//!
//! Not here: what is done about it (`keep`), and waiting until it is quiet. Symbolic links that lead out of the folder are not followed; a look at the
//! contents now and then finds what is missed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, recommended_watcher};

/// What the keeper is told.
#[derive(Debug)]
pub(super) enum Notice {
    /// Something happened to these; to anything, where there are none.
    Changed(Vec<PathBuf>),
    /// The configuration is to be read again, whatever happened (SIGHUP).
    Reload,
    /// The server ends.
    Stop,
}

/// A watch over one folder, as long as it lives.
pub(super) struct Watch {
    folder: PathBuf,
    identity: Option<Identity>,
    watcher: Option<RecommendedWatcher>,
    notices: Sender<Notice>,
}

/// Which folder a path leads to: another one after a swap of links, or once it was made anew.
type Identity = (PathBuf, u64);

impl Watch {
    /// Watches `folder`, once it is [renewed](Watch::renew).
    pub(super) fn new(folder: &Path, notices: Sender<Notice>) -> Watch {
        Watch { folder: folder.to_owned(), identity: None, watcher: None, notices }
    }

    /// Watches what the path leads to now, if that is not watched yet.
    ///
    /// # Errors
    ///
    /// Where there is nothing, or the operating system does not watch it: on some network file systems, or when its
    /// number of watches is used up.
    pub(super) fn renew(&mut self) -> Result<(), String> {
        let identity = identity(&self.folder).map_err(|error| error.to_string())?;
        if self.watcher.is_some() && self.identity.as_ref() == Some(&identity) {
            return Ok(());
        }
        self.watcher = None;
        let notices = self.notices.clone();
        let tell = move |event: notify::Result<Event>| {
            // Reading is an event too: heeded, each look at the folder would ask for the next.
            let paths = match event {
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
                Ok(event) if event.need_rescan() => Vec::new(),
                Ok(event) => event.paths,
                Err(_) => Vec::new(),
            };
            let _ = notices.send(Notice::Changed(paths));
        };
        let mut watcher = recommended_watcher(tell).map_err(|error| error.to_string())?;
        watcher.watch(&identity.0, RecursiveMode::Recursive).map_err(|error| error.to_string())?;
        // A folder that vanishes, or a link that is swapped, is an event of the folder around it.
        if let Ok(parent) = fs::canonicalize(parent(&self.folder)) {
            let _ = watcher.watch(&parent, RecursiveMode::NonRecursive);
        }
        self.watcher = Some(watcher);
        self.identity = Some(identity);
        Ok(())
    }

    /// Watches nothing, until it is renewed.
    pub(super) fn end(&mut self) {
        self.watcher = None;
    }

    /// `path` below the folder, empty for the folder itself; `None` for one that is elsewhere.
    pub(super) fn within<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        path.strip_prefix(&self.identity.as_ref()?.0).ok()
    }

    /// Whether `path`, in the folder around it, is the folder itself.
    pub(super) fn is_folder(&self, path: &Path) -> bool {
        path.file_name().is_some() && path.file_name() == self.folder.file_name()
    }
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
