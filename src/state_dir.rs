//! The state folder: which files it holds, who may read them, and which process uses it.
//!
//! Everything in it is private data: the journal has names and times off, and the secret opens every link. So the
//! folder and its files belong to their owner alone. What the journal and the secret contain is not known here.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Permission bits of the file's group.
pub const GROUP: u32 = 0o070;

/// Permission bits of everybody who is neither the file's owner nor in its group.
pub const OTHERS: u32 = 0o007;

const JOURNAL: &str = "journal.sqlite";
const SECRET: &str = "secret";
const LOCK: &str = "lock";

/// Where a running server listens for monitoring. If servers share the folder, the last one to start wrote it.
const ADMIN_ADDRESS: &str = "admin-address";

/// The state folder of one process. Clones share what they know of it.
#[derive(Debug, Clone)]
pub struct StateDir(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// Open as long as this process holds the folder's lock.
    lock: Mutex<Option<File>>,
    /// Open as long as this process shares the folder's lock.
    shared_lock: Mutex<Option<File>>,
    /// The secret as it is in its file, so that it can be written again.
    secret: Mutex<Option<Vec<u8>>>,
}

/// Which file is at a path: another file under the same name has another identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileIdentity {
    device: u64,
    inode: u64,
}

/// Why the state folder cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another server uses the folder.
    #[error(
        "use the state folder {}: {holder} uses it; stop that server, or name another folder with --state DIR",
        folder.display()
    )]
    Held {
        /// As given.
        folder: PathBuf,
        /// The other process, as it describes itself.
        holder: String,
    },
    /// The folder or the lock file in it cannot be written.
    #[error("lock the state folder {}: {source}", folder.display())]
    File {
        /// As given.
        folder: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Why the state folder is not as this process left it.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The folder or a file in it cannot be read or written.
    #[error(transparent)]
    File(#[from] io::Error),
    /// Another process uses the folder that is at the path now, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The secret was another one.
    #[error(
        "use the state folder {}: another secret was put there while the server runs; the secret that the server \
         started with is written again, and the other one is now in {}. To change all links, stop the server first",
        folder.display(), kept.display()
    )]
    Secret {
        /// As given.
        folder: PathBuf,
        /// Where the other secret is.
        kept: PathBuf,
    },
}

impl StateDir {
    /// The folder at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> StateDir {
        let (lock, shared_lock, secret) = (Mutex::default(), Mutex::default(), Mutex::default());
        StateDir(Arc::new(Inner { path: path.into(), lock, shared_lock, secret }))
    }

    /// Where it is, as given.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Where the journal is, if it is kept in SQLite.
    pub fn journal_file(&self) -> PathBuf {
        self.0.path.join(JOURNAL)
    }

    /// Where SQLite has what is not in the journal's file yet.
    pub fn journal_log_file(&self) -> PathBuf {
        self.0.path.join(format!("{JOURNAL}-wal"))
    }

    /// Where the secret of the links is, if it is not given in another way.
    pub fn secret_file(&self) -> PathBuf {
        self.0.path.join(SECRET)
    }

    /// Creates the folder if it is missing, for its owner alone.
    ///
    /// # Errors
    ///
    /// If the operating system refuses.
    pub fn create(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(self.path())
    }

    /// Creates the folder and an empty journal file if they are missing, and takes the journal's permissions from
    /// others. SQLite gives the files beside it the same permissions.
    ///
    /// No existing journal file is opened here: closing it would release the locks that SQLite holds on it.
    ///
    /// # Errors
    ///
    /// If the folder cannot be created. For a file that cannot be written, opening the database gives the reason.
    pub fn prepare_journal(&self) -> io::Result<()> {
        self.create()?;
        let journal = self.journal_file();
        if !journal.exists() {
            let _ = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&journal);
        }
        for file in ["", "-wal", "-shm"].map(|end| self.0.path.join(format!("{JOURNAL}{end}"))) {
            if let Ok(found) = fs::metadata(&file) {
                let mode = found.permissions().mode();
                if mode & OTHERS != 0 {
                    let _ = fs::set_permissions(&file, fs::Permissions::from_mode(mode & !OTHERS));
                }
            }
        }
        Ok(())
    }

    /// The text of the secret's file with its permission bits; `None` if the file is missing or empty. An empty file is
    /// what a crash can leave, and no link was ever made of it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn read_secret(&self) -> io::Result<Option<(Vec<u8>, u32)>> {
        let path = self.secret_file();
        match fs::metadata(&path) {
            Ok(found) if found.len() == 0 => Ok(None),
            Ok(found) => Ok(Some((fs::read(&path)?, found.permissions().mode()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the secret's file, whole or not at all, unless there is one already.
    ///
    /// # Errors
    ///
    /// With [`ErrorKind::AlreadyExists`] if another process wrote one first, else if the file cannot be written.
    pub fn create_secret(&self, text: &[u8]) -> io::Result<()> {
        self.create()?;
        let path = self.secret_file();
        let aside = self.0.path.join(format!("{SECRET}-{}", random_suffix()?));
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside);
        let written = written.and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()?;
            match fs::metadata(&path) {
                Ok(found) if found.len() == 0 => fs::rename(&aside, &path),
                _ => fs::hard_link(&aside, &path).or_else(|error| rename_instead(&error, &aside, &path)),
            }
        });
        // After a link the file has two names, and after a failure it is of no use.
        let _ = fs::remove_file(&aside);
        written?;
        // A folder that cannot be synced is no reason not to serve.
        let _ = File::open(self.path()).and_then(|folder| folder.sync_all());
        Ok(())
    }

    /// Has [`restore`](StateDir::restore) write the secret again with this text.
    pub fn remember_secret(&self, text: &[u8]) {
        *self.0.secret.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.to_vec());
    }

    /// Creates again whatever this process had in the folder and what is missing or another file now: the folder, its
    /// lock, the secret. Another secret is kept under another name.
    ///
    /// # Errors
    ///
    /// If the folder or the secret cannot be written, another process has locked the folder since, or the secret was
    /// another one: then it is the right one again afterwards.
    pub fn restore(&self) -> Result<(), RestoreError> {
        self.restore_lock()?;
        self.restore_secret()
    }

    fn restore_lock(&self) -> Result<(), RestoreError> {
        let held = match &*self.0.lock.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(file) => FileIdentity::from(&file.metadata()?),
            None => return Ok(()),
        };
        if FileIdentity::of(&self.path().join(LOCK))? != Some(held) {
            self.lock()?;
        }
        Ok(())
    }

    fn restore_secret(&self) -> Result<(), RestoreError> {
        let own = self.0.secret.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(own) = own else { return Ok(()) };
        let (path, found) = (self.secret_file(), self.read_secret()?);
        let Some((found, _)) = found else {
            match self.create_secret(&own) {
                // The next look compares it.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                written => {
                    written?;
                    tracing::warn!(path = %path.display(), "the secret of the links was missing; written again");
                }
            }
            return Ok(());
        };
        if found.trim_ascii_end() == own.trim_ascii_end() {
            return Ok(());
        }
        // Whatever puts the same file there again and again leaves it once.
        let hash: String = hex::encode(Sha256::digest(&found)).chars().take(8).collect();
        let kept = self.0.path.join(format!("{SECRET}-found-{hash}"));
        fs::rename(&path, &kept)?;
        tracing::warn!(path = %path.display(), kept = %kept.display(), "another secret of the links was found");
        self.create_secret(&own)?;
        Err(RestoreError::Secret { folder: self.path().to_owned(), kept })
    }

    /// Locks the folder for this process until it ends. The lock file names the process.
    ///
    /// # Errors
    ///
    /// If another process holds the lock, or the lock file cannot be written.
    pub fn lock(&self) -> Result<(), LockError> {
        let failed = |source| LockError::File { folder: self.path().to_owned(), source };
        self.create().map_err(failed)?;
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).clone();
        let mut file = options.open(self.path().join(LOCK)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.take(200).read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process".to_owned(),
                    holder => holder.to_owned(),
                };
                return Err(LockError::Held { folder: self.path().to_owned(), holder });
            }
            // Some network file systems have no locks.
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "the state folder cannot be locked against other servers");
            }
        }
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let text = format!("process {} on {}\n", process::id(), host.trim());
        // A full disk must not prevent a start; then the lock file is empty.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
        *self.0.lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    /// Shares the folder's lock with other servers until this process ends: nobody else can [`lock`](StateDir::lock) it
    /// meanwhile. Called again, it does so for the folder that is at the path then. A folder that is missing stays so,
    /// and one that cannot be locked is no reason not to serve.
    pub fn share_lock(&self) {
        let mut shared = self.0.shared_lock.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path().join(LOCK);
        let held = shared.as_ref().and_then(|file| Some(FileIdentity::from(&file.metadata().ok()?)));
        if held.is_some() && FileIdentity::of(&path).is_ok_and(|found| found == held) {
            return;
        }
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).clone();
        *shared = options.open(path).ok().filter(|file| file.try_lock_shared().is_ok());
    }

    /// Writes where this server listens for monitoring, so that `oncal health` does not depend on a configuration that
    /// may have been edited since.
    ///
    /// # Errors
    ///
    /// If the folder is missing or cannot be written.
    pub fn write_admin_address(&self, address: SocketAddr) -> io::Result<AdminAddressFile> {
        let path = self.path().join(ADMIN_ADDRESS);
        let aside = self.path().join(format!("{ADMIN_ADDRESS}-{}", process::id()));
        let text = format!("{address}\n");
        let mut options = OpenOptions::new();
        let written = options.write(true).create(true).truncate(true).mode(0o600).open(&aside);
        let written = written.and_then(|mut file| file.write_all(text.as_bytes()));
        let written = written.and_then(|()| fs::rename(&aside, &path));
        written.inspect_err(|_| drop(fs::remove_file(&aside)))?;
        Ok(AdminAddressFile { path, text })
    }

    /// Where a server that uses the folder listens, or listened, for monitoring.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        fs::read_to_string(self.path().join(ADMIN_ADDRESS)).ok()?.trim().parse().ok()
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.fmt(f)
    }
}

impl FileIdentity {
    /// The identity of the file at `path`; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the operating system does not say.
    pub fn of(path: &Path) -> io::Result<Option<FileIdentity>> {
        match fs::metadata(path) {
            Ok(found) => Ok(Some(FileIdentity::from(&found))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl From<&Metadata> for FileIdentity {
    fn from(found: &Metadata) -> FileIdentity {
        FileIdentity { device: found.dev(), inode: found.ino() }
    }
}

/// The file with the address of a running server. Removed when dropped, unless another server has written its own
/// since; a server that is killed leaves it behind, so it is no more than a hint.
#[derive(Debug)]
pub struct AdminAddressFile {
    path: PathBuf,
    text: String,
}

impl Drop for AdminAddressFile {
    fn drop(&mut self) {
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Some file systems have no hard links.
fn rename_instead(error: &io::Error, aside: &Path, path: &Path) -> io::Result<()> {
    let exists = error.kind() == ErrorKind::AlreadyExists || path.exists();
    if exists { Err(ErrorKind::AlreadyExists.into()) } else { fs::rename(aside, path) }
}

/// Threads and processes that write at once each have a file of their own.
fn random_suffix() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| io::Error::other("the system has no random numbers"))?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_server_to_start_has_written_its_address_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        let [one, two] = ["127.0.0.1:1", "[::1]:2"].map(|text| text.parse::<SocketAddr>().unwrap());
        assert_eq!(state.admin_address(), None);
        let first = state.write_admin_address(one).unwrap();
        assert_eq!(state.admin_address(), Some(one));
        let mode = fs::metadata(folder.path().join(ADMIN_ADDRESS)).unwrap().permissions().mode();
        assert_eq!(mode & (GROUP | OTHERS), 0, "{mode:o}");
        let second = state.write_admin_address(two).unwrap();
        drop(first);
        assert_eq!(state.admin_address(), Some(two));
        drop(second);
        assert_eq!((state.admin_address(), fs::read_dir(folder.path()).unwrap().count()), (None, 0));
    }

    #[test]
    fn no_address_is_written_where_the_folder_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().join("state"));
        assert!(state.write_admin_address("127.0.0.1:1".parse().unwrap()).is_err());
        assert!(!state.path().exists());
        assert_eq!(state.admin_address(), None);
        fs::write(folder.path().join(ADMIN_ADDRESS), "nonsense").unwrap();
        assert_eq!(StateDir::new(folder.path()).admin_address(), None);
    }

    #[test]
    fn a_locked_folder_names_the_process_that_uses_it() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = [StateDir::new(folder.path()), StateDir::new(folder.path())];
        one.lock().unwrap();
        let refused = other.lock().unwrap_err().to_string();
        assert!(refused.contains(&format!("process {} on ", process::id())), "{refused}");
        drop(one);
        other.lock().unwrap();
    }

    #[test]
    fn a_folder_that_was_removed_is_restored_with_its_secret_and_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().join("state"));
        state.create_secret(b"abc\n").unwrap();
        state.remember_secret(b"abc\n");
        state.lock().unwrap();
        fs::remove_dir_all(state.path()).unwrap();
        state.restore().unwrap();
        assert_eq!(state.read_secret().unwrap().unwrap().0, b"abc\n");
        assert!(StateDir::new(state.path()).lock().is_err(), "it is locked again");
    }

    #[test]
    fn another_folder_in_its_place_gets_the_secret_and_the_lock_and_keeps_what_was_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().join("state"));
        state.create_secret(b"abc\n").unwrap();
        state.remember_secret(b"abc\n");
        state.lock().unwrap();
        fs::rename(state.path(), folder.path().join("before")).unwrap();
        fs::create_dir(state.path()).unwrap();
        fs::write(state.secret_file(), "another\n").unwrap();
        fs::write(state.path().join(LOCK), "process 1 elsewhere\n").unwrap();
        let error = state.restore().unwrap_err();
        let RestoreError::Secret { kept, .. } = &error else { panic!("{error}") };
        assert!(error.to_string().contains(kept.to_str().unwrap()), "{error}");
        assert_eq!(fs::read(kept).unwrap(), b"another\n");
        assert_eq!(state.read_secret().unwrap().unwrap().0, b"abc\n");
        assert!(StateDir::new(state.path()).lock().is_err(), "the new folder is locked");
        state.restore().unwrap();
        fs::write(state.secret_file(), "abc").unwrap();
        state.restore().unwrap();
        assert_eq!(fs::read(state.secret_file()).unwrap(), b"abc", "the same secret without an end of line");
    }

    #[test]
    fn another_server_on_a_folder_in_its_place_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = [(); 2].map(|()| StateDir::new(folder.path().join("state")));
        one.lock().unwrap();
        fs::remove_dir_all(one.path()).unwrap();
        other.lock().unwrap();
        let refused = one.restore().unwrap_err().to_string();
        assert!(refused.contains(&format!("process {} on ", process::id())), "{refused}");
        drop(other);
        one.restore().unwrap();
        assert!(StateDir::new(one.path()).lock().is_err(), "it is locked again");
    }

    #[test]
    fn a_shared_lock_is_taken_again_in_another_folder_at_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two, export] = [(); 3].map(|()| StateDir::new(folder.path().join("state")));
        one.share_lock();
        assert!(!one.path().exists(), "a missing folder stays so");
        for place in ["first", "second"] {
            one.create().unwrap();
            for server in [&one, &two, &one] {
                server.share_lock();
            }
            assert!(export.lock().is_err(), "{place}");
            fs::rename(one.path(), folder.path().join(place)).unwrap();
        }
        assert!(export.lock().is_ok(), "nobody shares it yet");
    }

    #[test]
    fn an_address_that_cannot_be_written_leaves_no_file_behind() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        // Everything that is written there fails as on a full disk.
        let aside = folder.path().join(format!("{ADMIN_ADDRESS}-{}", process::id()));
        std::os::unix::fs::symlink("/dev/full", aside).unwrap();
        assert!(state.write_admin_address("127.0.0.1:1".parse().unwrap()).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
