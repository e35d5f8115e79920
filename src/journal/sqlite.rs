//! SQLite in the state folder.

use std::path::Path;
use std::time::Duration;

use rusqlite::ffi::ErrorCode;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement, ToSql};

use super::sql::{Failure, FailureKind, Param, Result, Row, Value};
use crate::state_dir::{FileIdentity, StateDir};

/// How long another program may hold the file before that counts as a failure.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);

/// In pages. What is committed is safe in the write-ahead log; a first start need not wait until all of it is copied
/// from there into the file as well.
const CHECKPOINT_PAGES: u32 = 10_000;

/// Above this size the log is copied into the file at the next check, so that it does not fill a small disk.
const MAX_LOG_BYTES: u64 = 1_000_000;

/// An open SQLite file.
#[derive(Debug)]
pub(super) struct SqliteConnection {
    connection: Connection,
    /// Of the file that is open.
    identity: Option<FileIdentity>,
    /// Of the write-ahead log beside it, which stays the same as long as the file is open.
    log: Option<FileIdentity>,
}

impl SqliteConnection {
    /// Opens the journal in `folder` for reading and writing; see [`SqliteConnection::wait_for_disk`].
    pub(super) fn open(folder: &StateDir) -> Result<SqliteConnection> {
        let file = folder.journal_file();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&file, flags).map_err(failure)?;
        connection.busy_timeout(LOCK_TIMEOUT).map_err(failure)?;
        let mut opened = SqliteConnection { connection, identity: identity(&file)?, log: None };
        opened.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
        opened.run(&format!("PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}"))?;
        Ok(opened)
    }

    /// From now on what is committed is on the disk. Before that a power failure may take tables that were just made,
    /// as long as nothing is in them; so the first start waits once for the disk and not twice.
    pub(super) fn wait_for_disk(&mut self) -> Result<()> {
        self.run("PRAGMA synchronous = FULL")
    }

    /// Opens the journal in `folder` where it cannot be written: on a full disk, in a folder of somebody else, on a
    /// file system that is mounted read-only.
    pub(super) fn open_to_read(folder: &StateDir) -> Result<SqliteConnection> {
        // A log that was left behind is read through an index, which needs a file beside it, or a lock on the whole.
        if has_log(folder) {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let prepare = "PRAGMA locking_mode = EXCLUSIVE";
            let exclusive = SqliteConnection::open_as(folder, &folder.journal_file(), flags, prepare);
            return exclusive.or_else(|_| SqliteConnection::open_beside(folder));
        }
        SqliteConnection::open_beside(folder)
    }

    /// Opens the journal in `folder`, which a running server may be writing to. Nothing in the folder is changed.
    pub(super) fn open_beside(folder: &StateDir) -> Result<SqliteConnection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let file = folder.journal_file();
        if has_log(folder) {
            return SqliteConnection::open_as(folder, &file, flags, "PRAGMA query_only = ON");
        }
        // Without a log the file is all there is, and nothing beside it has to be made.
        let uri = format!("file:{}?immutable=1", escaped(&file));
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        SqliteConnection::open_as(folder, Path::new(&uri), flags, "PRAGMA query_only = ON")
    }

    /// Opens `file`, which is the journal in `folder` or a URI of it, to read it.
    fn open_as(folder: &StateDir, file: &Path, flags: OpenFlags, prepare: &str) -> Result<SqliteConnection> {
        let connection = Connection::open_with_flags(file, flags).map_err(failure)?;
        connection.busy_timeout(LOCK_TIMEOUT).map_err(failure)?;
        let identity = identity(&folder.journal_file())?;
        let mut opened = SqliteConnection { connection, identity, log: None };
        opened.run(prepare)?;
        opened.query("SELECT COUNT(*) FROM sqlite_master", &[])?;
        Ok(opened)
    }

    /// Whether the file and the log at the path are those that are open: they may have been removed, emptied, or
    /// replaced by others. What is only in a log that was removed, or whose file is empty, is gone with this process,
    /// unless closing copies it into the file.
    pub(super) fn is_still_at(&mut self, folder: &StateDir) -> bool {
        let is_still_there = self.identity.is_some()
            && identity(&folder.journal_file()).is_ok_and(|identity| identity == self.identity)
            && std::fs::metadata(folder.journal_file()).is_ok_and(|found| found.len() > 0);
        let log = FileIdentity::of(&folder.journal_log_file()).unwrap_or_default();
        if is_still_there && self.log.is_none() {
            self.log = log;
        }
        is_still_there && self.log == log
    }

    /// Closes a connection to files that are no longer at their paths. Its log may still be beside the file that is
    /// there now, to which it must not be applied.
    pub(super) fn abandon(self, folder: &StateDir) {
        let (log, path) = (self.log, folder.journal_log_file());
        drop(self);
        if log.is_some() && FileIdentity::of(&path).is_ok_and(|found| found == log) {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Copies the write-ahead log into the file if it has become long; then the log is written from its beginning
    /// again.
    pub(super) fn limit_log(&mut self, folder: &StateDir) -> Result<()> {
        let is_long = std::fs::metadata(folder.journal_log_file()).is_ok_and(|log| log.len() > MAX_LOG_BYTES);
        if is_long { self.query("PRAGMA wal_checkpoint(PASSIVE)", &[]).map(drop) } else { Ok(()) }
    }

    /// Reads all of the file and fails if it contradicts itself.
    pub(super) fn check_whole(&mut self) -> Result<()> {
        let rows = self.query("PRAGMA quick_check(1)", &[])?;
        match rows.first().map(|row| row.text(0)).transpose()? {
            Some("ok") => Ok(()),
            found => Err(Failure::new(FailureKind::Damaged, found.unwrap_or("it is empty"))),
        }
    }

    pub(super) fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64> {
        let mut statement = self.prepare(statement)?;
        bind(&mut statement, params)?;
        statement.raw_execute().map(|changed| changed as u64).map_err(failure)
    }

    pub(super) fn execute_each(&mut self, statement: &str, lists: &[Vec<Param<'_>>]) -> Result<Vec<u64>> {
        let mut statement = self.prepare(statement)?;
        let execute = |params: &Vec<Param<'_>>| {
            bind(&mut statement, params)?;
            statement.raw_execute().map(|changed| changed as u64).map_err(failure)
        };
        lists.iter().map(execute).collect()
    }

    pub(super) fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let mut statement = self.prepare(statement)?;
        bind(&mut statement, params)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failure)? {
            let values = (0..columns).map(|column| row.get_ref(column).map(value).map_err(failure));
            all.push(Row(values.collect::<Result<_>>()?));
        }
        Ok(all)
    }

    pub(super) fn run(&mut self, statements: &str) -> Result<()> {
        self.connection.execute_batch(statements).map_err(failure)
    }

    /// `$1` is PostgreSQL's; SQLite numbers parameters with `?1`. No statement of oncal has a dollar sign elsewhere.
    fn prepare(&self, statement: &str) -> Result<rusqlite::CachedStatement<'_>> {
        self.connection.prepare_cached(&statement.replace('$', "?")).map_err(failure)
    }
}

fn bind(statement: &mut Statement<'_>, params: &[Param<'_>]) -> Result<()> {
    for (index, param) in (1..).zip(params) {
        statement.raw_bind_parameter(index, param).map_err(failure)?;
    }
    Ok(())
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Int(number) => ValueRef::Integer(*number),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Real(_) => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

fn has_log(folder: &StateDir) -> bool {
    std::fs::metadata(folder.journal_log_file()).is_ok_and(|found| found.len() > 0)
}

fn identity(file: &Path) -> Result<Option<FileIdentity>> {
    FileIdentity::of(file).map_err(|error| Failure::new(FailureKind::CannotOpen, error.to_string()))
}

/// For an SQLite URI, in which `?`, `#` and `%` mean something.
fn escaped(file: &Path) -> String {
    file.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// By SQLite's result code.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes it so")]
fn failure(error: rusqlite::Error) -> Failure {
    let rusqlite::Error::SqliteFailure(code, text) = &error else {
        return Failure::new(FailureKind::Other, error.to_string());
    };
    let kind = match code.code {
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => FailureKind::Damaged,
        ErrorCode::ReadOnly => FailureKind::ReadOnly,
        ErrorCode::DiskFull => FailureKind::Full,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => FailureKind::Locked,
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => FailureKind::CannotOpen,
        // SQLITE_ERROR: a table or a column is missing.
        ErrorCode::Unknown if code.extended_code == rusqlite::ffi::SQLITE_ERROR => FailureKind::Foreign,
        _ => FailureKind::Other,
    };
    let text = text.as_deref().unwrap_or("no further text");
    Failure::new(kind, format!("{text} (SQLite error {})", code.extended_code))
}
