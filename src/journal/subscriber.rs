//! Which calendar client last fetched which feed, kept beside the journals.

use super::connection::Connection;
use super::database::Database;
use super::error::JournalError;
use super::sql::{Param, Result, Row};
use crate::rota::{Instant, TeamId};

/// Servers that share a database count together.
const ADD: &str = "INSERT INTO subscriber (team, path, client, given, confirmed, last_at, version) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (team, path, client) DO UPDATE SET \
    given = subscriber.given + excluded.given, confirmed = subscriber.confirmed + excluded.confirmed, \
    version = CASE WHEN excluded.last_at >= subscriber.last_at THEN excluded.version ELSE subscriber.version END, \
    last_at = CASE WHEN excluded.last_at >= subscriber.last_at THEN excluded.last_at ELSE subscriber.last_at END";

/// Counts only ever grow, so of two the higher is the newer.
const REWRITE: &str = "INSERT INTO subscriber (team, path, client, given, confirmed, last_at, version) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (team, path, client) DO UPDATE SET \
    given = excluded.given, confirmed = excluded.confirmed, last_at = excluded.last_at, version = excluded.version \
    WHERE subscriber.given + subscriber.confirmed < excluded.given + excluded.confirmed";

/// One kind of calendar client at one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Whose feed.
    pub team: TeamId,
    /// Where the feed is below `/{team}/`.
    pub path: String,
    /// The kind of client, as the caller names it.
    pub client: String,
    /// How often it was sent the whole feed.
    pub given: i64,
    /// How often it was answered that the feed has not changed.
    pub confirmed: i64,
    /// When it last asked, in seconds since 1970.
    pub last: i64,
    /// Which version of the feed it has since then, as the caller numbers them.
    pub version: i64,
}

impl Subscriber {
    fn params(&self) -> Vec<Param<'_>> {
        vec![
            self.team.as_str().into(),
            self.path.as_str().into(),
            self.client.as_str().into(),
            self.given.into(),
            self.confirmed.into(),
            self.last.into(),
            self.version.into(),
        ]
    }
}

impl Database {
    /// All subscribers of all teams.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn subscribers(&self) -> std::result::Result<Vec<Subscriber>, JournalError> {
        self.read(|connection| {
            let select = "SELECT team, path, client, given, confirmed, last_at, version FROM subscriber";
            connection.query_all(select)?.iter().filter_map(|row| read(row).transpose()).collect()
        })
    }

    /// Adds the counts of `more` to those in the database, in one transaction.
    ///
    /// # Errors
    ///
    /// If the database cannot be written; then nothing of it is.
    pub fn count_subscribers(&self, more: &[Subscriber]) -> std::result::Result<(), JournalError> {
        let lists: Vec<_> = more.iter().map(Subscriber::params).collect();
        self.transaction(|connection| connection.execute_each(ADD, &lists).map(drop))
    }

    /// Deletes the subscribers that last asked before `since`: those of removed teams and engineers among them.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn delete_subscribers(&self, since: Instant) -> std::result::Result<(), JournalError> {
        let delete = "DELETE FROM subscriber WHERE last_at < $1";
        self.transaction(|connection| connection.execute(delete, &[since.timestamp().into()]).map(drop))
    }
}

/// Writes the counts of `all` in place of lower ones.
pub(super) fn rewrite(connection: &mut Connection, all: &[Subscriber]) -> Result<()> {
    let lists: Vec<_> = all.iter().map(Subscriber::params).collect();
    connection.execute_each(REWRITE, &lists).map(drop)
}

fn read(row: &Row) -> Result<Option<Subscriber>> {
    let Some(team) = TeamId::new(row.text(0)?) else { return Ok(None) };
    Ok(Some(Subscriber {
        team,
        path: row.text(1)?.to_owned(),
        client: row.text(2)?.to_owned(),
        given: row.int(3)?,
        confirmed: row.int(4)?,
        last: row.int(5)?,
        version: row.int(6)?,
    }))
}
