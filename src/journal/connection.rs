//! One connection, to whichever kind of database.

use super::postgres::PostgresConnection;
use super::sql::{Param, Result, Row};
use super::sqlite::SqliteConnection;

/// An open connection to a database.
#[derive(Debug)]
pub(super) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PostgresConnection),
}

impl Connection {
    /// Runs one statement and returns how many rows it changed.
    pub(super) fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64> {
        match self {
            Connection::Sqlite(connection) => connection.execute(statement, params),
            Connection::Postgres(connection) => connection.execute(statement, params),
        }
    }

    /// Runs one statement once for each list of parameters and returns how many rows each changed.
    pub(super) fn execute_each(&mut self, statement: &str, lists: &[Vec<Param<'_>>]) -> Result<Vec<u64>> {
        match self {
            Connection::Sqlite(connection) => connection.execute_each(statement, lists),
            Connection::Postgres(connection) => connection.execute_each(statement, lists),
        }
    }

    /// Runs one statement and returns its rows.
    pub(super) fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        match self {
            Connection::Sqlite(connection) => connection.query(statement, params),
            Connection::Postgres(connection) => connection.query(statement, params),
        }
    }

    /// Runs one statement that may return every row of a table.
    pub(super) fn query_all(&mut self, statement: &str) -> Result<Vec<Row>> {
        match self {
            Connection::Sqlite(connection) => connection.query(statement, &[]),
            Connection::Postgres(connection) => connection.query_all(statement),
        }
    }

    /// Runs several statements without parameters.
    pub(super) fn run(&mut self, statements: &str) -> Result<()> {
        match self {
            Connection::Sqlite(connection) => connection.run(statements),
            Connection::Postgres(connection) => connection.run(statements),
        }
    }

    /// Begins a transaction that writes.
    pub(super) fn begin(&mut self) -> Result<()> {
        match self {
            // The lock is taken at once: a transaction that only wants it later can fail halfway.
            Connection::Sqlite(connection) => connection.run("BEGIN IMMEDIATE"),
            Connection::Postgres(connection) => connection.run("BEGIN"),
        }
    }

    /// Ends the transaction. After an error the connection must not be used again.
    pub(super) fn commit(&mut self) -> Result<()> {
        self.run("COMMIT")
    }

    /// What makes a `SELECT` skip rows that another transaction changes, and keep its own from others.
    pub(super) fn skipping_locked(&self) -> &'static str {
        match self {
            // A transaction that writes is alone.
            Connection::Sqlite(_) => "",
            Connection::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// What keeps the rows of a `SELECT` as they are until the transaction ends.
    pub(super) fn for_share(&self) -> &'static str {
        match self {
            Connection::Sqlite(_) => "",
            Connection::Postgres(_) => " FOR SHARE",
        }
    }

    /// Whether there is a table of this name.
    pub(super) fn has_table(&mut self, name: &str) -> Result<bool> {
        let count = match self {
            Connection::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
            Connection::Postgres(_) => {
                "SELECT COUNT(*) FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_name = $1"
            }
        };
        Ok(self.query(count, &[name.into()])?.first().map_or(Ok(0), |row| row.int(0))? > 0)
    }

    /// Whether it is still there. `false` is no failure: the server may have been started again since the last use.
    pub(super) fn is_alive(&mut self) -> Result<bool> {
        match self {
            Connection::Sqlite(_) => Ok(true),
            Connection::Postgres(connection) => connection.is_alive(),
        }
    }
}
