//! Where the server that keeps its state in a folder listens for monitoring, so that `oncal health` need not believe a
//! configuration that may have been edited since, or be gone.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process;

/// Its name in the state folder. Of servers that share one, the last to start has written it.
const FILE: &str = "admin-address";

/// A note of a server that runs. Dropped, it is taken away, unless another server has written its own since. One that is
/// killed leaves it behind, so nobody may rely on it.
#[derive(Debug)]
pub(super) struct Note {
    path: PathBuf,
    text: String,
}

/// Notes in the folder `state` that monitoring is on `address`.
///
/// # Errors
///
/// Where the folder is missing or cannot be written.
pub(super) fn note(state: &Path, address: SocketAddr) -> io::Result<Note> {
    let (path, aside) = (state.join(FILE), state.join(format!("{FILE}-{}", process::id())));
    let text = format!("{address}\n");
    fs::write(&aside, &text)?;
    fs::rename(&aside, &path).inspect_err(|_| drop(fs::remove_file(&aside)))?;
    Ok(Note { path, text })
}

/// What was noted in the folder `state`, if anything.
pub(super) fn noted(state: &Path) -> Option<SocketAddr> {
    fs::read_to_string(state.join(FILE)).ok()?.trim().parse().ok()
}

impl Drop for Note {
    fn drop(&mut self) {
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_server_to_start_is_noted_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["127.0.0.1:1", "[::1]:2"].map(|text| text.parse::<SocketAddr>().unwrap());
        assert_eq!(noted(folder.path()), None);
        let first = note(folder.path(), one).unwrap();
        assert_eq!(noted(folder.path()), Some(one));
        let second = note(folder.path(), two).unwrap();
        drop(first);
        assert_eq!(noted(folder.path()), Some(two));
        drop(second);
        assert_eq!((noted(folder.path()), fs::read_dir(folder.path()).unwrap().count()), (None, 0));
    }

    #[test]
    fn nothing_is_noted_in_a_folder_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        assert!(note(&state, "127.0.0.1:1".parse().unwrap()).is_err() && !state.exists());
        assert_eq!(noted(&state), None);
        fs::write(folder.path().join(FILE), "nonsense").unwrap();
        assert_eq!(noted(folder.path()), None);
    }
}
