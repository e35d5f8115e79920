//! Which calendar client last fetched which feed, kept beside the journals.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::Database;
use super::failure::JournalError;
use crate::rota::{Instant, TeamId};

/// One kind of calendar client at one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Whose feed.
    pub team: TeamId,
    /// Where the feed is below `/{team}/`.
    pub path: String,
    /// The kind, in the words of whoever counts.
    pub client: String,
    /// How often it was given the feed.
    pub given: i64,
    /// How often it was told that what it has is still right.
    pub confirmed: i64,
    /// When it last asked, in seconds since 1970.
    pub last: i64,
    /// What it has since then, in the words of whoever counts.
    pub version: i64,
}

impl Database {
    /// All subscribers of all teams.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn subscribers(&self) -> Result<Vec<Subscriber>, JournalError> {
        self.wait(async {
            let select = "SELECT team, path, client, given, confirmed, last_at, version FROM subscriber";
            let rows = sqlx::query(select).fetch_all(&self.pool).await?;
            rows.iter().filter_map(|row| read(row).transpose()).collect()
        })
    }

    /// Adds what `more` says to what is kept, in one transaction: servers that share a database count together.
    ///
    /// # Errors
    ///
    /// Where the database cannot be written; then nothing of it is.
    pub fn count_subscribers(&self, more: &[Subscriber]) -> Result<(), JournalError> {
        self.wait(async {
            let mut transaction = self.pool.begin().await?;
            for one in more {
                let upsert = "INSERT INTO subscriber (team, path, client, given, confirmed, last_at, version) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (team, path, client) DO UPDATE SET \
                     given = subscriber.given + excluded.given, \
                     confirmed = subscriber.confirmed + excluded.confirmed, \
                     version = CASE WHEN excluded.last_at >= subscriber.last_at \
                       THEN excluded.version ELSE subscriber.version END, \
                     last_at = CASE WHEN excluded.last_at >= subscriber.last_at \
                       THEN excluded.last_at ELSE subscriber.last_at END";
                sqlx::query(upsert)
                    .bind(one.team.as_str())
                    .bind(one.path.as_str())
                    .bind(one.client.as_str())
                    .bind(one.given)
                    .bind(one.confirmed)
                    .bind(one.last)
                    .bind(one.version)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await
        })
    }

    /// Forgets whoever last asked before `since`: those of teams and engineers that are no more among them.
    ///
    /// # Errors
    ///
    /// Where the database cannot be written.
    pub fn forget_subscribers(&self, since: Instant) -> Result<(), JournalError> {
        self.wait(async {
            let delete = sqlx::query("DELETE FROM subscriber WHERE last_at < $1");
            delete.bind(since.timestamp()).execute(&self.pool).await?;
            Ok(())
        })
    }
}

fn read(row: &AnyRow) -> sqlx::Result<Option<Subscriber>> {
    let Some(team) = TeamId::new(row.try_get("team")?) else { return Ok(None) };
    Ok(Some(Subscriber {
        team,
        path: row.try_get("path")?,
        client: row.try_get("client")?,
        given: row.try_get("given")?,
        confirmed: row.try_get("confirmed")?,
        last: row.try_get("last_at")?,
        version: row.try_get("version")?,
    }))
}
