//! A PostgreSQL server for tests, from Debian's package.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use tempfile::TempDir;

use super::machine::stdout_of;
use super::running::PATIENCE;
use super::wait::wait;

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

    /// Runs these statements, each by itself.
    #[track_caller]
    pub(crate) fn run(&self, statements: &[&str]) {
        stdout_of(&mut self.psql(statements));
    }

    /// Sets what `postgresql.conf` may have, such as `fsync = on`, for all sessions.
    #[track_caller]
    pub(crate) fn set(&self, settings: &[&str]) {
        let settings = settings.iter().map(|setting| format!("ALTER SYSTEM SET {setting}"));
        let statements: Vec<String> = settings.chain(["SELECT pg_reload_conf()".to_owned()]).collect();
        self.run(&statements.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// Its main process; `None` if it has ended.
    pub(crate) fn pid(&self) -> Option<u32> {
        let file = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).ok()?;
        file.lines().next()?.parse().ok()
    }

    /// The process that works for oncal, while it is connected.
    pub(crate) fn session(&self) -> Option<u32> {
        let pid = "SELECT pid FROM pg_stat_activity WHERE application_name = 'oncal'";
        let output = self.psql(&[pid]).args(["-A", "-t"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().next()?.parse().ok()
    }

    /// Waits until it answers, and starts it again if it has ended.
    #[track_caller]
    pub(crate) fn revive(&self) {
        wait(PATIENCE, "an answer of PostgreSQL", || {
            if self.pid().is_none() {
                self.restart();
            }
            self.psql(&["SELECT 1"]).output().unwrap().status.success()
        });
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
