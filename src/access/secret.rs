//! The secret from which all keys are derived.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use super::key::Key;
use crate::rota::{EngineerId, TeamId};
use crate::state_dir::{GROUP, OTHERS, StateDir};

/// A shorter secret could be guessed.
const MIN_BYTES: usize = 32;

/// A secret with fewer different characters is a word, or one key held down. 32 random hexadecimal digits always have
/// more.
const MIN_DIFFERENT: usize = 8;

/// A secret for HMAC-SHA-256. `Debug` does not show it.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

/// Where to look for the secret.
#[derive(Clone, Default)]
pub struct Sources {
    /// The secret itself: `ONCAL_SECRET`.
    pub given: Option<Vec<u8>>,
    /// A file that holds it: `ONCAL_SECRET_FILE`.
    pub file: Option<PathBuf>,
    /// Whether the service manager made that file for this process. Such a file shows its access list, which lets this
    /// process read it, as permissions of its group.
    pub is_credential: bool,
    /// The state folder, for a secret that is given in no other way; `None` if servers must share theirs.
    pub state: Option<StateDir>,
    /// Whether a missing secret is created in the state folder. Only a server may do that: links made from a new secret
    /// do not work with a running server.
    pub may_make: bool,
}

/// Why there is no usable secret.
#[derive(Debug, Error)]
pub enum SecretError {
    /// It is given in two ways.
    #[error("find the secret of the links: ONCAL_SECRET and ONCAL_SECRET_FILE are both set")]
    Twice,
    /// It is not given, and other servers would not have one that is made here.
    #[error(
        "find the secret of the links: servers that share a journal must share it too; set ONCAL_SECRET, or \
         ONCAL_SECRET_FILE, to the same {MIN_BYTES} bytes or more for all of them"
    )]
    NotShared,
    /// No server has made one yet.
    #[error(
        "read the secret of the links: there is none in {0}; `oncal serve` makes it when it first starts, so name its \
         state folder with --state DIR"
    )]
    Missing(
        /// Where it should be.
        String,
    ),
    /// It is too short.
    #[error("use the secret of the links: {place} has {bytes} bytes and must have {MIN_BYTES} or more")]
    Short {
        /// Where it is.
        place: String,
        /// How many bytes it has.
        bytes: usize,
    },
    /// It is long enough but too simple.
    #[error(
        "use the secret of the links: {0} could be guessed, since it has fewer than {MIN_DIFFERENT} different \
         characters; `openssl rand -hex 32` makes a good one"
    )]
    TooSimple(
        /// Where it is.
        String,
    ),
    /// Users who are neither the owner nor in the group can read the file.
    #[error("use the secret of the links: others can read {0}; run `chmod 600 {0}`")]
    Readable(
        /// The file.
        String,
    ),
    /// The file cannot be read or written.
    #[error("read or make the secret of the links in {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// The operating system has no random numbers.
    #[error("make a secret for the links: the system has no random numbers")]
    Random,
}

impl Secret {
    /// Finds the secret. The first start of a server creates one in the state folder.
    ///
    /// # Errors
    ///
    /// If there is none, or it must not be used.
    pub fn find(sources: &Sources) -> Result<Secret, SecretError> {
        let checked = |place: &str, bytes: &[u8]| match bytes.len() {
            MIN_BYTES.. if is_too_simple(bytes) => Err(SecretError::TooSimple(place.to_owned())),
            MIN_BYTES.. => Ok(Secret::of(bytes)),
            bytes => Err(SecretError::Short { place: place.to_owned(), bytes }),
        };
        match (&sources.given, &sources.file, &sources.state) {
            (Some(_), Some(_), _) => Err(SecretError::Twice),
            (Some(given), None, _) => checked("ONCAL_SECRET", given),
            (None, Some(path), _) => {
                let bytes = fs::read(path).map_err(in_file(path))?;
                // Container runtimes mount secrets so that everybody in the container can read them.
                let who = if sources.is_credential { OTHERS } else { GROUP | OTHERS };
                warn_of_readers(path, mode(path)?, who);
                checked(&path.display().to_string(), without_end_of_line(&bytes))
            }
            (None, None, Some(state)) => {
                let text = in_state(state, sources.may_make)?;
                let secret = checked(&state.secret_file().display().to_string(), without_end_of_line(&text))?;
                state.remember_secret(&text);
                Ok(secret)
            }
            (None, None, None) => Err(SecretError::NotShared),
        }
    }

    /// The secret that consists of these bytes.
    pub fn of(bytes: &[u8]) -> Secret {
        // HMAC accepts keys of any length, so the fallback is never used.
        Secret(Hmac::new_from_slice(bytes).unwrap_or_else(|_| Hmac::new(&Default::default())))
    }

    /// The key of the organisation. The number is its `link_generation`.
    pub fn organisation(&self, all: u32) -> Key {
        self.key(&["organisation", &all.to_string()])
    }

    /// The key of `team`. The numbers are the generations of the organisation and the team.
    pub fn team(&self, all: u32, team: &TeamId, generation: u32) -> Key {
        self.key(&["team", &all.to_string(), team.as_str(), &generation.to_string()])
    }

    /// The key of an engineer. The team and the engineer each come with their generation.
    pub fn engineer(&self, all: u32, team: (&TeamId, u32), engineer: (&EngineerId, u32)) -> Key {
        let numbers = [all, team.1, engineer.1].map(|number| number.to_string());
        let [all, of_team, own] = &numbers;
        self.key(&["engineer", all, team.0.as_str(), of_team, engineer.0.as_str(), own])
    }

    /// No part contains the zero byte that ends it, so different lists of parts are different messages.
    fn key(&self, parts: &[&str]) -> Key {
        let mut code = self.0.clone();
        for part in parts {
            code.update(part.as_bytes());
            code.update(&[0]);
        }
        Key::of(&code.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

fn in_file(path: &Path) -> impl FnOnce(io::Error) -> SecretError {
    let path = path.display().to_string();
    move |source| SecretError::File { path, source }
}

/// The permissions of the file at `path`.
fn mode(path: &Path) -> Result<u32, SecretError> {
    Ok(fs::metadata(path).map_err(in_file(path))?.permissions().mode())
}

fn warn_of_readers(path: &Path, mode: u32, who: u32) {
    if mode & who != 0 {
        let (path, mode) = (path.display(), mode & 0o777);
        tracing::warn!(%path, mode = format!("{mode:o}"), "users other than its owner can read the secret of the links");
    }
}

fn is_too_simple(bytes: &[u8]) -> bool {
    let different: BTreeSet<&u8> = bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    different.len() < MIN_DIFFERENT
}

/// The secret in the state folder, created if there is none and `may_make`.
fn in_state(state: &StateDir, may_make: bool) -> Result<Vec<u8>, SecretError> {
    let path = state.secret_file();
    if let Some(found) = readable(state)? {
        return Ok(found);
    }
    if !may_make {
        return Err(SecretError::Missing(path.display().to_string()));
    }
    let mut random = [0; MIN_BYTES];
    getrandom::fill(&mut random).map_err(|_| SecretError::Random)?;
    let text = format!("{}\n", hex::encode(random)).into_bytes();
    match state.create_secret(&text) {
        Ok(()) => Ok(text),
        // Another server was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            readable(state)?.ok_or_else(|| in_file(&path)(error))
        }
        Err(error) => Err(in_file(&path)(error)),
    }
}

/// The secret in the state folder, if there is one.
fn readable(state: &StateDir) -> Result<Option<Vec<u8>>, SecretError> {
    let path = state.secret_file();
    let Some((text, mode)) = state.read_secret().map_err(in_file(&path))? else { return Ok(None) };
    if mode & OTHERS != 0 {
        return Err(SecretError::Readable(path.display().to_string()));
    }
    // Kubernetes makes volumes readable by the pod's group at each start, so refusing this could never be fixed.
    warn_of_readers(&path, mode, GROUP);
    Ok(Some(text))
}

/// Without the line end that editors and `echo` add.
fn without_end_of_line(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_folder(folder: &Path) -> Sources {
        Sources { state: Some(StateDir::new(folder.join("state"))), may_make: true, ..Sources::default() }
    }

    fn key(sources: &Sources) -> Key {
        Secret::find(sources).unwrap().organisation(1)
    }

    #[test]
    fn the_first_start_makes_a_secret_that_only_its_owner_reads_and_later_ones_keep_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = key(&in_folder(folder.path()));
        let mode = fs::metadata(folder.path().join("state/secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mode = fs::metadata(folder.path().join("state")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(first, key(&in_folder(folder.path())));
        let other = tempfile::tempdir().unwrap();
        assert_ne!(first, key(&in_folder(other.path())));
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let sources = in_folder(folder.path());
        key(&sources);
        let path = folder.path().join("state/secret");
        for (mode, is_refused) in
            [(0o644, true), (0o604, true), (0o662, true), (0o640, false), (0o660, false), (0o400, false)]
        {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let found = Secret::find(&sources);
            assert_eq!(matches!(found, Err(SecretError::Readable(_))), is_refused, "{mode:o}");
            assert_eq!(found.is_ok(), !is_refused, "{mode:o}");
        }
    }

    /// What a crash left of an earlier version, or the disk of a file.
    #[test]
    fn an_empty_file_is_no_secret_and_a_new_one_is_made_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (sources, state) = (in_folder(folder.path()), folder.path().join("state"));
        fs::create_dir(&state).unwrap();
        fs::write(state.join("secret"), "").unwrap();
        let made = key(&sources);
        assert_eq!(made, key(&sources));
        assert_eq!(mode(&state.join("secret")).unwrap() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&state).unwrap().count(), 1, "nothing is left aside");
        fs::write(state.join("secret"), "half of one\n").unwrap();
        assert!(
            matches!(Secret::find(&sources), Err(SecretError::Short { bytes: 11, .. })),
            "links may be of it"
        );
    }

    #[test]
    fn servers_that_start_at_once_have_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        let sources = in_folder(folder.path());
        let keys: Vec<Key> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..16).map(|_| scope.spawn(|| key(&sources))).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|found| *found == keys[0]));
        assert_eq!(fs::read_dir(folder.path().join("state")).unwrap().count(), 1);
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        for plain in [" ".repeat(32), "a".repeat(64), "abc def\n".repeat(8), "1234567".repeat(8)] {
            fs::write(&file, &plain).unwrap();
            let given = Sources { given: Some(plain.clone().into_bytes()), ..Sources::default() };
            let of_file = Sources { file: Some(file.clone()), ..Sources::default() };
            for sources in [given, of_file] {
                assert!(matches!(Secret::find(&sources), Err(SecretError::TooSimple(_))), "{plain}");
            }
        }
    }

    #[test]
    fn a_given_secret_takes_precedence_over_the_state_folders_and_must_be_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = b"0123456789abcdef0123456789abcdef".to_vec();
        let given = Sources { given: Some(bytes.clone()), ..in_folder(folder.path()) };
        assert_eq!(key(&given), Secret::of(&bytes).organisation(1));
        assert!(!folder.path().join("state").exists());

        let file = folder.path().join("file");
        fs::write(&file, [&bytes[..], b"\n"].concat()).unwrap();
        let by_file = Sources { file: Some(file.clone()), ..in_folder(folder.path()) };
        assert_eq!(key(&by_file), key(&given), "the end of the line is no part of it");

        let short = Sources { given: Some(bytes[1..].to_vec()), ..Sources::default() };
        assert!(matches!(Secret::find(&short), Err(SecretError::Short { bytes: 31, .. })));
        let twice = Sources { given: Some(bytes), file: Some(file), ..Sources::default() };
        assert!(matches!(Secret::find(&twice), Err(SecretError::Twice)));
        assert!(matches!(Secret::find(&Sources::default()), Err(SecretError::NotShared)));
    }

    #[test]
    fn a_secret_is_not_shown_where_values_are_printed() {
        assert_eq!(format!("{:?}", Secret::of(&[7; 32])), "Secret");
    }
}
