//! Opens the journals' database: to write, only to read where it cannot be written, or beside a running server.

use super::connection::Connection;
use super::layout;
use super::location::Location;
use super::postgres::PostgresConnection;
use super::sql::{Failure, FailureKind, Result};
use super::sqlite::SqliteConnection;

/// A connection that can write. The first time, a file is read in whole.
pub(super) fn open(location: &Location, is_first: bool) -> Result<Connection> {
    let mut connection = match location {
        Location::Folder(folder) => {
            let made = folder.prepare_journal();
            made.map_err(|error| Failure::new(FailureKind::CannotOpen, error.to_string()))?;
            let mut connection = SqliteConnection::open(folder)?;
            if is_first {
                connection.check_whole()?;
            }
            Connection::Sqlite(connection)
        }
        Location::Postgres(url) => Connection::Postgres(PostgresConnection::open(url)?),
    };
    layout::prepare(&mut connection)?;
    if let Connection::Sqlite(connection) = &mut connection {
        connection.wait_for_disk()?;
        if let Location::Folder(folder) = location {
            // From now on its log is known.
            connection.is_still_at(folder);
        }
    }
    Ok(connection)
}

/// A connection that can only read, where one that can write failed with `failure`.
pub(super) fn open_to_read(location: &Location, failure: &Failure) -> Option<Connection> {
    use FailureKind::{CannotOpen, Full, Locked, Other, ReadOnly};
    let Location::Folder(folder) = location else { return None };
    if !matches!(failure.kind, CannotOpen | Full | Locked | Other | ReadOnly) {
        return None;
    }
    let mut connection = Connection::Sqlite(SqliteConnection::open_to_read(folder).ok()?);
    layout::is_current(&mut connection).is_ok_and(|is_current| is_current).then_some(connection)
}

/// A connection that changes nothing, perhaps beside a running server.
pub(super) fn open_beside(location: &Location) -> Result<Connection> {
    let mut opened = match location {
        Location::Folder(folder) => Connection::Sqlite(SqliteConnection::open_beside(folder)?),
        Location::Postgres(url) => Connection::Postgres(PostgresConnection::open(url)?),
    };
    if !layout::is_current(&mut opened)? {
        return Err(Failure::new(FailureKind::Older, "an older oncal made its tables"));
    }
    Ok(opened)
}
