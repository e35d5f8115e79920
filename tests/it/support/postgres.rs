//! A PostgreSQL server for tests, from Debian's package.

use std::fs;
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

    /// One that also listens on `port` of 127.0.0.1, with TLS only, with this certificate and key in PEM.
    pub(crate) fn start_with_tls(port: u16, certificate: &str, key: &str) -> Postgres {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.crt"), certificate).unwrap();
        fs::write(folder.path().join("server.key"), key).unwrap();
        let url = run("start", folder.path(), &[&port.to_string()]);
        Postgres { folder, url }
    }

    /// Ends at once, as if the machine had failed.
    pub(crate) fn kill(&self) {
        tell("kill", self.folder.path());
    }

    /// Stops answering and keeps its connections.
    pub(crate) fn pause(&self) {
        tell("pause", self.folder.path());
    }

    /// Ends a pause.
    pub(crate) fn go_on(&self) {
        tell("go-on", self.folder.path());
    }

    /// `psql` that runs these statements, each by itself.
    pub(crate) fn psql(&self, statements: &[&str]) -> Command {
        let mut command = Command::new("psql");
        command.args(["-X", "-q", "-U", "oncal", "-d", "postgres", "-h"]).arg(self.folder.path());
        command.args(statements.iter().flat_map(|statement| ["-c", statement]));
        command
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
    run(verb, folder, &[])
}

fn run(verb: &str, folder: &Path, more: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/postgres.sh");
    let output = Command::new(script).arg(verb).arg(folder).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
