//! Copies of fetched calendars, stored beside the journals, so that a start without network has them, and servers that
//! share a database use the same. One server at a time fetches an address; the others read what it stored.

use chrono::DateTime;

use super::connection::Connection;
use super::database::Database;
use super::error::JournalError;
use super::gzip::{packed, unpacked};
use super::sql::{Param, Result, Row};
use crate::rota::Instant;

const STATES: &str = "SELECT address, number, purpose, etag, last_modified, fetched_at, tried_at, failures, last_error \
                      FROM kept_calendar";

const INSERT: &str = "INSERT INTO kept_calendar (address, number, content, history, purpose, etag, last_modified, \
    fetched_at, tried_at, used_at, failures, last_error, lease, leased_until) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0) ON CONFLICT (address) DO UPDATE SET \
    number = excluded.number, content = excluded.content, history = excluded.history, purpose = excluded.purpose, \
    etag = excluded.etag, last_modified = excluded.last_modified, fetched_at = excluded.fetched_at, \
    tried_at = excluded.tried_at, failures = excluded.failures, last_error = excluded.last_error \
    WHERE kept_calendar.number < excluded.number";

/// A lease that ends later than any lease can comes from a clock that was wrong.
const LEASE: &str = "UPDATE kept_calendar SET lease = $2, leased_until = $3 WHERE address = $1 AND tried_at = $4 \
    AND (leased_until <= $5 OR leased_until > $6)";

const WRITE_STATE: &str = "UPDATE kept_calendar SET purpose = $3, etag = $4, last_modified = $5, fetched_at = $6, \
    tried_at = $7, failures = $8, last_error = $9, leased_until = 0 WHERE address = $1 AND lease = $2";

/// Another server that took the lease meanwhile, or added to the history, has newer data.
const WRITE_CONTENT: &str = "UPDATE kept_calendar SET number = number + 1, content = $3, history = $4 \
    WHERE address = $1 AND lease = $2 AND number = $5";

const WRITE_HISTORY: &str =
    "UPDATE kept_calendar SET number = number + 1, history = $3 WHERE address = $1 AND number = $2";

/// What is known of a calendar that is fetched, without its content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalendarState {
    /// The SHA-256 of its address.
    pub address: String,
    /// Rises whenever the content changes; 0 until a fetch succeeds.
    pub number: i64,
    /// What it was reduced for.
    pub purpose: String,
    /// The ETag that the server sent with it; empty if none.
    pub etag: String,
    /// The Last-Modified that the server sent with it; empty if none.
    pub last_modified: String,
    /// When it was last fetched, or found unchanged.
    pub fetched_at: Option<Instant>,
    /// When that was last tried.
    pub tried_at: Option<Instant>,
    /// How often it failed since.
    pub failures: i64,
    /// Why it last failed; empty if it did not.
    pub last_error: String,
}

/// The content of a calendar that was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalendarCopy {
    /// See [`CalendarState::number`].
    pub number: i64,
    /// The calendar, reduced; `None` if what is stored is damaged.
    pub text: Option<String>,
    /// The past, which counts whatever the text says.
    pub history: String,
}

/// The right to fetch a calendar.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    /// Identifies the holder: each lease has another number.
    pub holder: i64,
    /// When it begins.
    pub from: Instant,
    /// When others may take it.
    pub until: Instant,
}

impl Database {
    /// What is known of every calendar.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn calendar_states(&self) -> std::result::Result<Vec<CalendarState>, JournalError> {
        self.read(|connection| connection.query_all(STATES)?.iter().map(state).collect())
    }

    /// The stored copy of the calendar at `address`, if there is one.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn calendar_copy(&self, address: &str) -> std::result::Result<Option<CalendarCopy>, JournalError> {
        self.read(|connection| {
            let select =
                "SELECT number, content, history FROM kept_calendar WHERE address = $1 AND number > 0";
            connection.query(select, &[address.into()])?.first().map(copy).transpose()
        })
    }

    /// The newest source file stored under `path` for any team, which can replace a damaged copy.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn source_at(&self, path: &str) -> std::result::Result<Option<Vec<u8>>, JournalError> {
        self.read(|connection| {
            let select = "SELECT source.content FROM team_source JOIN source ON source.hash = team_source.hash \
                          WHERE team_source.path = $1";
            let rows = connection.query(select, &[path.into()])?;
            let contents = rows.iter().map(|row| row.bytes(0)).collect::<Result<Vec<&[u8]>>>()?;
            Ok(contents.into_iter().find_map(unpacked))
        })
    }

    /// Adds calendars that the database does not have, or has with a lower number, each with its copy.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn add_calendars(
        &self,
        calendars: &[(CalendarState, CalendarCopy)],
        now: Instant,
    ) -> std::result::Result<(), JournalError> {
        let contents: Vec<Vec<u8>> = calendars
            .iter()
            .map(|(_, copy)| packed(copy.text.as_deref().unwrap_or_default().as_bytes()))
            .collect();
        let lists: Vec<Vec<Param<'_>>> = calendars
            .iter()
            .zip(&contents)
            .map(|((state, copy), content)| {
                vec![
                    state.address.as_str().into(),
                    copy.number.into(),
                    Param::Bytes(content),
                    copy.history.as_str().into(),
                    state.purpose.as_str().into(),
                    state.etag.as_str().into(),
                    state.last_modified.as_str().into(),
                    milliseconds(state.fetched_at).into(),
                    milliseconds(state.tried_at).into(),
                    now.timestamp_millis().into(),
                    state.failures.into(),
                    state.last_error.as_str().into(),
                ]
            })
            .collect();
        self.transaction(|connection| connection.execute_each(INSERT, &lists).map(drop))
    }

    /// Takes the right to fetch a calendar whose last known state is `state`. Returns `false` if another server has it,
    /// or has fetched the calendar since.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn lease_calendar(
        &self,
        state: &CalendarState,
        lease: Lease,
    ) -> std::result::Result<bool, JournalError> {
        let longest = lease.until + (lease.until - lease.from);
        let params = [
            state.address.as_str().into(),
            lease.holder.into(),
            lease.until.timestamp_millis().into(),
            milliseconds(state.tried_at).into(),
            lease.from.timestamp_millis().into(),
            longest.timestamp_millis().into(),
        ];
        self.transaction(|connection| Ok(connection.execute(LEASE, &params)? > 0))
    }

    /// Writes the result of a fetch and ends the lease: the new state, and the content if it changed. Writes nothing
    /// and returns `false` if another server took the lease meanwhile or, if the content changed, wrote another copy or
    /// history than the one with the number in `state`.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn write_calendar(
        &self,
        state: &CalendarState,
        content: Option<(&str, &str)>,
        holder: i64,
    ) -> std::result::Result<bool, JournalError> {
        self.transaction(|connection| {
            if let Some((text, history)) = content {
                let content = packed(text.as_bytes());
                let params = [
                    state.address.as_str().into(),
                    holder.into(),
                    Param::Bytes(&content),
                    history.into(),
                    state.number.into(),
                ];
                if connection.execute(WRITE_CONTENT, &params)? == 0 {
                    return Ok(false);
                }
            }
            write_state(connection, state, holder)
        })
    }

    /// Replaces the history of the copy with that number, which makes it the next. `false`, and nothing is written, if
    /// there is a newer one.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn write_calendar_history(
        &self,
        address: &str,
        number: i64,
        history: &str,
    ) -> std::result::Result<bool, JournalError> {
        let params = [address.into(), number.into(), history.into()];
        self.transaction(|connection| Ok(connection.execute(WRITE_HISTORY, &params)? > 0))
    }
}

fn write_state(connection: &mut Connection, state: &CalendarState, holder: i64) -> Result<bool> {
    let params = [
        state.address.as_str().into(),
        holder.into(),
        state.purpose.as_str().into(),
        state.etag.as_str().into(),
        state.last_modified.as_str().into(),
        milliseconds(state.fetched_at).into(),
        milliseconds(state.tried_at).into(),
        state.failures.into(),
        state.last_error.as_str().into(),
    ];
    Ok(connection.execute(WRITE_STATE, &params)? > 0)
}

fn state(row: &Row) -> Result<CalendarState> {
    Ok(CalendarState {
        address: row.text(0)?.to_owned(),
        number: row.int(1)?,
        purpose: row.text(2)?.to_owned(),
        etag: row.text(3)?.to_owned(),
        last_modified: row.text(4)?.to_owned(),
        fetched_at: instant(row.int(5)?),
        tried_at: instant(row.int(6)?),
        failures: row.int(7)?,
        last_error: row.text(8)?.to_owned(),
    })
}

fn copy(row: &Row) -> Result<CalendarCopy> {
    let text = unpacked(row.bytes(1)?).and_then(|content| String::from_utf8(content).ok());
    Ok(CalendarCopy { number: row.int(0)?, text, history: row.text(2)?.to_owned() })
}

fn milliseconds(at: Option<Instant>) -> i64 {
    at.map_or(0, |at| at.timestamp_millis())
}

fn instant(milliseconds: i64) -> Option<Instant> {
    DateTime::from_timestamp_millis(milliseconds).filter(|_| milliseconds != 0)
}
