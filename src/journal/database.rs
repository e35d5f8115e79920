//! The connection to the journals' database: opened when needed, closed after each failure.
//!
//! After a failed write nothing is known of a connection: SQLite may have ended the transaction by itself, a PostgreSQL
//! session may have become read-only. So each failure closes it, and the first transaction after a failure counts only
//! once it was read back through another connection.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::connection::Connection;
use super::error::JournalError;
use super::location::Location;
use super::opening::{open, open_beside, open_to_read};
use super::sql::{Failure, FailureKind, Result};
use crate::state_dir::{RestoreError, StateDir};

/// Of all teams' journals. It only ever grows, unless something that was written is gone.
const TOTAL: &str = "SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM publication";

/// A database that keeps the journals of all teams. Its calls wait for the database; none may be made from async code.
pub struct Database {
    location: Location,
    /// It was opened by a command, which changes nothing, perhaps beside a running server.
    only_reads: bool,
    /// The state folder of a server whose journal is elsewhere.
    shared_folder: Option<StateDir>,
    state: Mutex<State>,
}

/// What is known of the database.
#[derive(Debug, Default)]
struct State {
    /// Good as far as is known. It is not here while it is used: after a panic it is closed, which ends its
    /// transaction.
    connection: Option<Connection>,
    /// The connection can only read: the database could not be opened for writing.
    is_read_only: bool,
    /// Something failed since a transaction was last read back.
    is_suspect: bool,
    /// The sum of all versions is at least this.
    total: i64,
    /// Something that was written is gone, and is not yet written again.
    is_lost: bool,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_shared() { "Database in PostgreSQL" } else { "Database in SQLite" })
    }
}

impl Database {
    /// Opens the database at `location` and makes its tables where they are missing. One that can be read and not
    /// written is opened too: then each write fails until it can be written.
    ///
    /// # Errors
    ///
    /// If it cannot be read. The message says what to do.
    pub fn open(location: Location) -> std::result::Result<Database, JournalError> {
        if let Location::Folder(folder) = &location
            && let Err(source) = folder.create()
        {
            return Err(JournalError::Folder { folder: folder.path().to_owned(), source });
        }
        let mut state = State::default();
        let opened = state.connect(&location, true);
        state.connection = Some(opened.map_err(|failure| JournalError::new(&location, failure))?);
        Ok(Database { location, only_reads: false, shared_folder: None, state: Mutex::new(state) })
    }

    /// Opens the database at `location` for a command that changes nothing there, perhaps beside a running server.
    ///
    /// # Errors
    ///
    /// If there is none, it cannot be read, or another version of oncal made its tables.
    pub fn open_to_read(location: Location) -> std::result::Result<Database, JournalError> {
        let mut state = State::default();
        let opened = state.connect_to_read(&location);
        state.connection = Some(opened.map_err(|failure| JournalError::new(&location, failure))?);
        Ok(Database { location, only_reads: true, shared_folder: None, state: Mutex::new(state) })
    }

    /// The same, where each [`probe`](Database::probe) shares the lock of `folder`: another may have been put in its
    /// place.
    #[must_use]
    pub fn sharing_lock(self, folder: StateDir) -> Database {
        Database { shared_folder: Some(folder), ..self }
    }

    /// Whether others may write to it too.
    pub fn is_shared(&self) -> bool {
        matches!(self.location, Location::Postgres(_)) || self.only_reads
    }

    /// Checks that the database can be written, and still has what was written to it.
    ///
    /// # Errors
    ///
    /// If it cannot be written; with [`JournalError::Lost`] if something is gone, until all that is in memory was
    /// written again.
    pub fn probe(&self) -> std::result::Result<(), JournalError> {
        if let Location::Folder(folder) = &self.location {
            folder.restore().map_err(|error| match error {
                RestoreError::File(source) => {
                    JournalError::Folder { folder: folder.path().to_owned(), source }
                }
                error => JournalError::Replaced(error),
            })?;
        }
        if let Some(folder) = &self.shared_folder {
            folder.share_lock();
        }
        let mut state = self.lock();
        let found = self.transaction_in(&mut state, |connection| {
            // SQLite writes nothing if a row stays as it was.
            write_mark(connection, "probe", random())?;
            total(connection)
        })?;
        state.compare(found);
        let limited = match (&mut state.connection, &self.location) {
            (Some(Connection::Sqlite(connection)), Location::Folder(folder)) => connection.limit_log(folder),
            _ => Ok(()),
        };
        state.end(limited).map_err(|failure| JournalError::new(&self.location, failure))?;
        if state.is_lost { Err(JournalError::Lost) } else { Ok(()) }
    }

    /// Whether something that was written is gone, and is not yet written again.
    pub fn is_lost(&self) -> bool {
        self.lock().is_lost
    }

    /// Runs `work`, which only reads.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T>,
    ) -> std::result::Result<T, JournalError> {
        let mut state = self.lock();
        let done = state.read(&self.location, self.only_reads, work);
        state.end(done).map_err(|failure| JournalError::new(&self.location, failure))
    }

    /// Runs `work` in a transaction: either all that it writes is written, or nothing.
    pub(super) fn transaction<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T>,
    ) -> std::result::Result<T, JournalError> {
        self.transaction_in(&mut self.lock(), work)
    }

    /// The same with `work` that also returns how many versions of teams' journals it wrote.
    pub(super) fn write_versions<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<(T, usize)>,
    ) -> std::result::Result<T, JournalError> {
        // A check in between would find more or less than the total, and take that for a loss.
        let mut state = self.lock();
        let (done, versions) = self.transaction_in(&mut state, work)?;
        state.total += i64::try_from(versions).unwrap_or_default();
        Ok(done)
    }

    fn transaction_in<T>(
        &self,
        state: &mut State,
        work: impl FnOnce(&mut Connection) -> Result<T>,
    ) -> std::result::Result<T, JournalError> {
        let done = match self.only_reads {
            true => Err(Failure::new(FailureKind::ReadOnly, "it was opened to be read alone")),
            false => state.transaction(&self.location, false, work),
        };
        state.end(done).map_err(|failure| JournalError::new(&self.location, failure))
    }

    /// Runs `work` in a transaction that writes again what was gone.
    pub(super) fn regain(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<()>,
    ) -> std::result::Result<(), JournalError> {
        let mut state = self.lock();
        let done = state.transaction(&self.location, true, |connection| {
            work(connection)?;
            total(connection)
        });
        // Only what was seen to be written is there.
        let found = state.end(done).map_err(|failure| JournalError::new(&self.location, failure))?;
        (state.is_lost, state.total) = (false, found);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A connection that can read, and write unless [`State::is_read_only`].
    fn connect(&mut self, location: &Location, is_first: bool) -> Result<Connection> {
        self.close_if_dead(location)?;
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let mut opened = match open(location, is_first) {
            Ok(connection) => connection,
            Err(failure) => {
                self.is_read_only = true;
                open_to_read(location, &failure).ok_or(failure)?
            }
        };
        let found = total(&mut opened)?;
        self.compare(found);
        Ok(opened)
    }

    /// A connection that changes nothing.
    fn connect_to_read(&mut self, location: &Location) -> Result<Connection> {
        // How a file is opened depends on whether it has a log just now, and another file may be in its place.
        if matches!(location, Location::Folder(_)) {
            self.connection = None;
        }
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        open_beside(location)
    }

    fn read<T>(
        &mut self,
        location: &Location,
        only_reads: bool,
        work: impl FnOnce(&mut Connection) -> Result<T>,
    ) -> Result<T> {
        let mut connection = match only_reads {
            true => self.connect_to_read(location)?,
            false => self.connect(location, false)?,
        };
        let done = work(&mut connection)?;
        self.connection = Some(connection);
        Ok(done)
    }

    /// With `is_regain` what was gone is written again; until then nothing else is.
    fn transaction<T>(
        &mut self,
        location: &Location,
        is_regain: bool,
        work: impl FnOnce(&mut Connection) -> Result<T>,
    ) -> Result<T> {
        if self.is_read_only {
            self.connection = None;
            self.is_read_only = false;
        }
        self.close_if_dead(location)?;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let mut opened = open(location, false)?;
                let found = total(&mut opened)?;
                self.compare(found);
                opened
            }
        };
        if self.is_lost && !is_regain {
            return Err(Failure::new(FailureKind::Lost, "something that was written is gone"));
        }
        // It stays suspect if this ends with a panic.
        let mark = mem::replace(&mut self.is_suspect, true).then(random);
        let name = mark.map(|mark| match location {
            Location::Folder(_) => "read back".to_owned(),
            // Each server has its own.
            Location::Postgres(_) => format!("read back {mark}"),
        });
        connection.begin()?;
        let done = work(&mut connection)?;
        if let (Some(name), Some(mark)) = (&name, mark) {
            write_mark(&mut connection, name, mark)?;
        }
        connection.commit()?;
        self.connection = Some(connection);
        if let (Some(name), Some(mark)) = (&name, mark) {
            read_back(location, name, mark)?;
        }
        self.is_suspect = false;
        Ok(done)
    }

    /// After a failure the connection is not used again, whatever it was.
    fn end<T>(&mut self, done: Result<T>) -> Result<T> {
        if done.is_err() {
            self.connection = None;
            self.is_suspect = true;
        }
        done
    }

    /// A connection that was lost while nothing was asked of it is opened again without a word. So is a file that is no
    /// longer the one at its path, or whose log is not, with a warning.
    fn close_if_dead(&mut self, location: &Location) -> Result<()> {
        let is_good = match (&mut self.connection, location) {
            (Some(Connection::Sqlite(connection)), Location::Folder(folder)) => {
                connection.is_still_at(folder)
            }
            (Some(connection), _) => connection.is_alive()?,
            (None, _) => true,
        };
        if !is_good {
            if let (Some(Connection::Sqlite(connection)), Location::Folder(folder)) =
                (self.connection.take(), location)
            {
                connection.abandon(folder);
                tracing::warn!("files of the journal were removed or replaced; it is opened again");
            }
            self.is_suspect = true;
        }
        Ok(())
    }

    fn compare(&mut self, found: i64) {
        if found < self.total {
            self.is_lost = true;
        } else {
            self.total = found;
        }
    }
}

/// Another number each time.
fn random() -> i64 {
    RandomState::new().hash_one(0).cast_signed()
}

fn total(connection: &mut Connection) -> Result<i64> {
    connection.query(TOTAL, &[])?.first().map_or(Ok(0), |row| row.int(0))
}

fn write_mark(connection: &mut Connection, name: &str, mark: i64) -> Result<()> {
    let upsert = "INSERT INTO write_check (name, mark) VALUES ($1, $2) \
                  ON CONFLICT (name) DO UPDATE SET mark = excluded.mark";
    connection.execute(upsert, &[name.into(), mark.into()]).map(drop)
}

/// Sees through another connection that `mark` was written.
fn read_back(location: &Location, name: &str, mark: i64) -> Result<()> {
    let mut other = open(location, false)?;
    let rows = other.query("SELECT mark FROM write_check WHERE name = $1", &[name.into()])?;
    if rows.first().map(|row| row.int(0)).transpose()? != Some(mark) {
        return Err(Failure::new(FailureKind::Other, "what was written cannot be read back"));
    }
    if matches!(location, Location::Postgres(_)) {
        other.execute("DELETE FROM write_check WHERE name = $1", &[name.into()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::{Path, PathBuf};
    use std::thread;

    use super::*;

    const FILE: &str = "journal.sqlite";

    #[track_caller]
    fn refuses(folder: &Path, expected: &[&str]) {
        let error = Database::open(Location::folder(folder)).unwrap_err().to_string();
        for part in expected {
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn a_state_folder_that_cannot_be_used_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        refuses(&folder.path().join("file/state"), &["use the state folder", "--state DIR"]);
        for text in ["this is no database at all, it is text of some length", &"\0x".repeat(5000)] {
            fs::write(folder.path().join(FILE), text).unwrap();
            refuses(folder.path(), &["it is damaged", "restore it from a backup"]);
        }
        fs::remove_file(folder.path().join(FILE)).unwrap();
        fs::create_dir(folder.path().join(FILE)).unwrap();
        refuses(folder.path(), &["write the journal", "name another with --state DIR"]);
    }

    #[test]
    fn a_journal_of_a_newer_oncal_is_called_newer_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Database::open(Location::folder(folder.path()));
        let database = open().unwrap();
        let newer = "UPDATE layout SET version = 1000";
        database.transaction(|connection| connection.execute(newer, &[])).unwrap();
        drop(database);
        let before = fs::read(folder.path().join(FILE)).unwrap();
        let error = open().unwrap_err().to_string();
        assert!(error.contains("a newer oncal wrote it") && !error.contains("damaged"), "{error}");
        assert!(!error.contains("start again") && !error.contains("away"), "{error}");
        assert!(fs::read(folder.path().join(FILE)).unwrap() == before);
    }

    #[test]
    fn the_first_write_after_a_failure_counts_only_once_it_was_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(Location::folder(folder.path())).unwrap();
        let run = |statements: &str| database.transaction(|connection| connection.run(statements));
        let write = || database.transaction(|connection| write_mark(connection, "test", 1));
        // From now on nothing that is written to this table stays.
        let lose = "CREATE TRIGGER lose AFTER INSERT ON write_check BEGIN \
                    DELETE FROM write_check WHERE name = new.name; END";
        run(lose).unwrap();
        write().unwrap();
        run("nonsense").unwrap_err();
        for _ in 0..2 {
            let error = write().unwrap_err().to_string();
            assert!(error.contains("what was written cannot be read back"), "{error}");
        }
        run("DROP TRIGGER lose").unwrap();
        write().unwrap();
        assert_eq!(mark(&database), 1);
    }

    #[test]
    fn a_panic_ends_the_transaction_that_it_happens_in() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(Location::folder(folder.path())).unwrap();
        let write = |mark| database.transaction(|connection| write_mark(connection, "test", mark));
        write(1).unwrap();
        let panics = || {
            database.transaction(|connection| -> Result<()> {
                write_mark(connection, "test", 2)?;
                panic!("a defect")
            })
        };
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(mark(&database), 1);
        write(3).unwrap();
        assert_eq!(mark(&Database::open_to_read(Location::folder(folder.path())).unwrap()), 3);
    }

    #[test]
    fn what_is_published_while_the_database_is_checked_is_no_loss() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(Location::folder(folder.path())).unwrap();
        let publish = "INSERT INTO publication (team, version, generation, fingerprint, journal) \
                       VALUES ('data', 1, 0, '', x'') ON CONFLICT (team) DO UPDATE SET version = version + 1";
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for _ in 0..300 {
                    database.write_versions(|connection| Ok((connection.execute(publish, &[])?, 1))).unwrap();
                }
            });
            while !writer.is_finished() {
                database.probe().unwrap();
            }
        });
    }

    /// The permissions of the state folder and of everything in it.
    fn modes(state: &Path) -> Vec<u32> {
        let files = fs::read_dir(state).unwrap().map(|entry| entry.unwrap().path());
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        [state.to_owned()].into_iter().chain(files).map(mode).collect()
    }

    #[test]
    fn only_its_owner_can_read_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("below/state");
        let open = || Database::open(Location::folder(&state)).unwrap();
        let database = open();
        assert_eq!(modes(&state), [0o700, 0o600, 0o600, 0o600], "with the files that SQLite has beside it");
        drop(database);
        assert_eq!(modes(&state), [0o700, 0o600], "closed, it is one whole file");
        let file = state.join(FILE);
        for (before, after) in [(0o644, 0o640), (0o664, 0o660), (0o600, 0o600)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(before)).unwrap();
            drop(open());
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, after, "{before:o}");
        }
    }

    #[test]
    fn the_write_ahead_log_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(Location::folder(folder.path())).unwrap();
        for _ in 0..600 {
            database.probe().unwrap();
        }
        let log = fs::metadata(folder.path().join("journal.sqlite-wal")).unwrap().len();
        assert!((500_000..1_200_000).contains(&log), "{log}");
    }

    #[test]
    fn what_another_process_writes_can_be_read_and_nothing_written() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Database::open(Location::folder(folder.path())).unwrap();
        let writer = open();
        let reader = Database::open_to_read(Location::folder(folder.path())).unwrap();
        for number in [1, 2] {
            writer.transaction(|connection| write_mark(connection, "test", number)).unwrap();
            assert_eq!(mark(&reader), number);
        }
        reader.transaction(|connection| write_mark(connection, "test", 3)).unwrap_err();
        reader.read(|connection| write_mark(connection, "test", 3)).unwrap_err();
        drop(writer);
        assert_eq!(mark(&reader), 2, "the log is gone");
        let writer = open();
        writer.transaction(|connection| write_mark(connection, "test", 4)).unwrap();
        assert_eq!(mark(&reader), 4, "and is there again");
        assert!(reader.is_shared() && !writer.is_shared());
        let older = "UPDATE layout SET version = 1";
        writer.transaction(|connection| connection.execute(older, &[])).unwrap();
        let error = Database::open_to_read(Location::folder(folder.path())).unwrap_err().to_string();
        assert!(error.contains("an older oncal made its tables; start `oncal serve`"), "{error}");
    }

    fn mark(database: &Database) -> i64 {
        let found = database.read(|connection| {
            let rows = connection.query("SELECT mark FROM write_check WHERE name = 'test'", &[])?;
            rows[0].int(0)
        });
        found.unwrap()
    }

    #[test]
    fn an_error_of_a_database_that_cannot_be_reached_does_not_quote_its_password() {
        let location = Location::Postgres("postgres://oncal:geheim@127.0.0.1:1/oncal".to_owned());
        let error = Database::open(location).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL") && !error.contains("geheim"), "{error}");
    }

    #[test]
    fn a_url_that_is_not_understood_is_not_quoted() {
        for odd in ["@db/oncal?sslmode=geheim", "@db/oncal?port=geheim", "@db:geheim/oncal"] {
            let location = Location::Postgres(format!("postgres://oncal:geheim{odd}"));
            let error = Database::open(location).unwrap_err().to_string();
            assert!(error.contains("not understood") && !error.contains("geheim"), "{odd}: {error}");
        }
    }
}
