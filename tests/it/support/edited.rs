//! A configuration of one team that is edited again and again, and the server on it as a client and monitoring see it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::pair::{TEAM, configuration};
use super::running::{PATIENCE, Running, get, program};

/// What a server logs when the fault of the journal begins, and when it ends.
pub(crate) const BEGUN: &str = "failed to write the journal; trying again";
pub(crate) const ENDED: &str = "the journal is written again";

/// A folder with a configuration.
pub(crate) struct Edited {
    pub(crate) folder: TempDir,
}

impl Edited {
    /// With these settings besides the addresses.
    pub(crate) fn new(settings: &str) -> Edited {
        let free = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";
        Edited { folder: configuration("config", &format!("{free}{settings}")) }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// A server on it with its state at `state`.
    pub(crate) fn start(&self, state: &Path) -> Running {
        Running::start(&mut program(&self.config(), &["--state", state.to_str().unwrap()]))
    }

    /// Edit number `number`: each has another holder for every shift, so that each SEQUENCE rises.
    pub(crate) fn edit(&self, number: usize) {
        self.try_edit(number).unwrap();
    }

    /// The same where the folder may be away.
    pub(crate) fn try_edit(&self, number: usize) -> io::Result<()> {
        let text = TEAM.replace("name = \"Data\"", &format!("name = \"Edit {number}.\""));
        let text = if number.is_multiple_of(2) {
            text
        } else {
            text.replace("weeks = [{ primary = \"a\", secondary = \"b\" }, ", "weeks = [").replace(
                "secondary = \"a\" }]",
                "secondary = \"a\" }, { primary = \"a\", secondary = \"b\" }]",
            )
        };
        let (aside, path) = (self.config().join("teams/.data"), self.config().join("teams/data.toml"));
        fs::write(&aside, text)?;
        fs::rename(aside, path)
    }
}

/// The team's feed, as a download: that is not counted, so no count has to be written to the journal.
pub(crate) fn feed(running: &Running) -> String {
    let (head, body) = get(running.address, "/data/team.ics?download=1");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    String::from_utf8(body).unwrap()
}

/// Whether edit number `number` is in service.
pub(crate) fn serves(running: &Running, number: usize) -> bool {
    feed(running).contains(&format!("Edit {number}."))
}

/// The faults that `/readyz` shows, by what they concern.
pub(crate) fn faults(running: &Running) -> Vec<String> {
    let (_, body) = get(running.admin, "/readyz");
    let readiness: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let faults = readiness["faults"].as_array().unwrap();
    faults.iter().map(|fault| fault["what"].as_str().unwrap().to_owned()).collect()
}

/// Waits until `is_so`, at most `limit`; then how long it took.
#[track_caller]
pub(crate) fn wait(
    what: &str,
    limit: Duration,
    running: &Running,
    mut is_so: impl FnMut() -> bool,
) -> Duration {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < limit, "no {what} within {limit:?}: {}", running.log());
        thread::sleep(Duration::from_millis(20));
    }
    since.elapsed()
}

/// Whether `/readyz` shows a fault of this kind.
pub(crate) fn has_fault(running: &Running, what: &str) -> bool {
    faults(running).iter().any(|fault| fault == what)
}

/// Waits until the fault of the journal shows. One that lasts only for a second may be over before a busy machine
/// looks; then the log has its beginning and its end.
#[track_caller]
pub(crate) fn wait_for_fault(what: &str, running: &Running) {
    let is_over = || {
        let log = running.log();
        log.contains(BEGUN) && log.contains(ENDED)
    };
    wait(&format!("fault: {what}"), PATIENCE, running, || has_fault(running, "journal") || is_over());
}
