//! A hash of a team's input files and their newest time: they decide whether a team must be read again, and which of
//! two configurations is the newer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::configuration::{SETTINGS, SharedInput};
use super::files::read_bytes;
use super::{holiday_files, run_books, time_off};
use crate::rota::{Instant, TeamId};

/// The input of a team, or of what all teams share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inputs {
    /// A hash of every byte read.
    pub(super) fingerprint: String,
    /// The same without copies of fetched calendars, which make no newer configuration.
    pub(super) own: String,
    /// The newest time of a file or folder.
    pub(super) modified: Instant,
}

impl Inputs {
    /// The input that all teams share: the holiday calendars, and what `input` describes.
    pub(super) fn shared(config: &Path, input: &SharedInput) -> Inputs {
        let mut inputs = Walk::default();
        inputs.hash.update(&input.zones);
        inputs.folder(&config.join(holiday_files::FOLDER));
        inputs.time(&config.join(SETTINGS));
        inputs.done(&input.copies, "")
    }

    /// The input of team `id`, whose file is `file`, including the shared input. Call this before the files are read,
    /// so that a file that changes in between counts as changed.
    pub(super) fn of_team(config: &Path, id: &TeamId, file: &str, shared: &Inputs) -> Inputs {
        let mut inputs = Walk { newest: shared.modified, ..Walk::default() };
        inputs.file(&config.join(file));
        for folder in [run_books::FOLDER, time_off::FOLDER] {
            inputs.folder(&config.join(folder).join(id.as_str()));
        }
        inputs.done(&shared.fingerprint, &shared.own)
    }

    /// What [`Inputs::fingerprint`] is for a team whose `file` has this `text` and is its only one.
    pub(super) fn fingerprint_of_one(file: &str, text: &str, shared: &Inputs) -> String {
        let mut inputs = Walk::default();
        inputs.name(Path::new(file));
        inputs.content(text.as_bytes());
        hex::encode(inputs.hash.chain_update(&shared.fingerprint).finalize())
    }
}

struct Walk {
    hash: Sha256,
    newest: Instant,
}

impl Default for Walk {
    fn default() -> Walk {
        Walk { hash: Sha256::new(), newest: Instant::UNIX_EPOCH }
    }
}

impl Walk {
    /// Adds to each hash the input that is given for it.
    fn done(self, rest: &str, rest_of_own: &str) -> Inputs {
        let with = |rest: &str| hex::encode(self.hash.clone().chain_update(rest).finalize());
        Inputs { fingerprint: with(rest), own: with(rest_of_own), modified: self.newest }
    }

    fn time(&mut self, path: &Path) {
        let modified = fs::metadata(path).and_then(|found| found.modified());
        self.newest = self.newest.max(modified.unwrap_or(SystemTime::UNIX_EPOCH).into());
    }

    fn file(&mut self, path: &Path) {
        self.time(path);
        self.name(path);
        match read_bytes(path) {
            Ok(bytes) => self.content(&bytes),
            Err(fault) => self.hash.update(fault.to_string()),
        }
    }

    fn name(&mut self, path: &Path) {
        self.hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
    }

    fn content(&mut self, bytes: &[u8]) {
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
    }

    /// The files in `folder`, without those of folders within it, which oncal does not read.
    fn folder(&mut self, folder: &Path) {
        let Ok(listed) = fs::read_dir(folder) else { return };
        self.time(folder);
        let mut paths: Vec<PathBuf> = listed.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.is_file()) {
            self.file(path);
        }
    }
}
