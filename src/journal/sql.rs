//! What oncal asks of a database, whichever it is: parameters, rows, failures told apart by their codes.

use super::postgres::PostgresConnection;
use super::sqlite::SqliteConnection;

/// A value for `$1`, `$2` and so on in a statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Param<'p> {
    /// For `BIGINT`.
    Int(i64),
    /// For `TEXT`.
    Text(&'p str),
    /// For `BYTEA`, which SQLite calls a blob.
    Bytes(&'p [u8]),
}

/// A value that the database returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row that the database returned. Columns are counted from 0, in the order of the `SELECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row(pub(super) Vec<Value>);

/// What kind of failure it was, by the database's own code for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// The file is no database, or part of it is destroyed.
    Damaged,
    /// A newer oncal wrote the tables.
    Newer,
    /// The tables are not those of any oncal.
    Foreign,
    /// It can be read and not written.
    ReadOnly,
    /// The disk is full.
    Full,
    /// Another connection holds a lock for too long.
    Locked,
    /// The file or its folder cannot be opened.
    CannotOpen,
    /// Something that was written is gone.
    Lost,
    /// The URL is not understood.
    Url,
    /// Whatever else: input and output, the network, authentication.
    Other,
}

/// Why the database did not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    /// In the database's words. Never quotes a URL, which may hold a password.
    pub(super) reason: String,
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// An open connection to a database.
#[derive(Debug)]
pub(super) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PostgresConnection),
}

impl Failure {
    pub(super) fn new(kind: FailureKind, reason: impl Into<String>) -> Failure {
        Failure { kind, reason: reason.into() }
    }
}

impl<'p> From<&'p str> for Param<'p> {
    fn from(text: &'p str) -> Param<'p> {
        Param::Text(text)
    }
}

impl From<i64> for Param<'_> {
    fn from(number: i64) -> Self {
        Param::Int(number)
    }
}

impl<'p> From<&'p [u8]> for Param<'p> {
    fn from(bytes: &'p [u8]) -> Param<'p> {
        Param::Bytes(bytes)
    }
}

impl Row {
    pub(super) fn int(&self, column: usize) -> Result<i64> {
        match self.0.get(column) {
            Some(Value::Int(number)) => Ok(*number),
            other => Err(unexpected(column, other)),
        }
    }

    pub(super) fn text(&self, column: usize) -> Result<&str> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(unexpected(column, other)),
        }
    }

    pub(super) fn bytes(&self, column: usize) -> Result<&[u8]> {
        match self.0.get(column) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            other => Err(unexpected(column, other)),
        }
    }
}

fn unexpected(column: usize, found: Option<&Value>) -> Failure {
    let found = match found {
        None => "missing",
        Some(Value::Null) => "NULL",
        Some(Value::Int(_)) => "a number",
        Some(Value::Text(_)) => "text",
        Some(Value::Bytes(_)) => "bytes",
    };
    Failure::new(FailureKind::Damaged, format!("column {column} of a row is {found}"))
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
            Connection::Sqlite(connection) => {
                lists.iter().map(|params| connection.execute(statement, params)).collect()
            }
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
