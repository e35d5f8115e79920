//! A PostgreSQL of the tests' own, from Debian's package.

use std::path::Path;
use std::process::Command;
use std::thread;

use tempfile::TempDir;

/// A running server with an empty database; stopped when dropped.
pub(crate) struct Postgres {
    folder: TempDir,
    /// Where it is reached.
    pub(crate) url: String,
}

impl Postgres {
    pub(crate) fn start() -> Postgres {
        let folder = tempfile::tempdir().unwrap();
        let url = tell("start", folder.path());
        Postgres { folder, url }
    }

    pub(crate) fn stop(&self) {
        tell("stop", self.folder.path());
    }

    /// Starts it again, with what it had.
    pub(crate) fn restart(&self) {
        tell("start", self.folder.path());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.stop();
        }
    }
}

fn tell(verb: &str, folder: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/postgres.sh");
    let output = Command::new(script).arg(verb).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
