//! Parameters, rows and failures, the same for SQLite and PostgreSQL. Failures are distinguished by their codes.

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
    /// An older oncal made the tables, and they are only to be read.
    Older,
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
