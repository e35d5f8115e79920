//! What the recipients of notices know, written together with the notices that make it known.

use std::collections::BTreeMap;

use super::database::Database;
use super::error::JournalError;
use super::outbox::{Notice, insert};
use super::sql::Row;
use crate::rota::TeamId;

/// What the recipients of a team's notices know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownNotices {
    /// How often it was written.
    pub revision: i64,
    /// In the format of whoever plans notices.
    pub record: String,
}

/// What is to be written for one team.
#[derive(Debug, Clone)]
pub struct NoticeDraft<'d> {
    /// Whose.
    pub team: &'d TeamId,
    /// The version of the team's publication that it was worked out from.
    pub published: i64,
    /// The revision of [`KnownNotices`] that it was worked out from; 0 where there was none.
    pub revision: i64,
    /// What the recipients know once they have the notices.
    pub record: &'d str,
    /// The notices that are due.
    pub notices: &'d [Notice],
}

impl Database {
    /// What the recipients of each team's notices know.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn notified(&self) -> Result<BTreeMap<TeamId, KnownNotices>, JournalError> {
        self.read(|connection| {
            let rows = connection.query_all("SELECT revision, record, team FROM notified")?;
            let of = |row: &Row| Ok(TeamId::new(row.text(2)?).zip(Some(known(row)?)));
            rows.iter().filter_map(|row| of(row).transpose()).collect()
        })
    }

    /// What the recipients of one team's notices know.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn notified_of(&self, team: &TeamId) -> Result<Option<KnownNotices>, JournalError> {
        self.read(|connection| {
            let select = "SELECT revision, record FROM notified WHERE team = $1";
            let rows = connection.query(select, &[team.as_str().into()])?;
            rows.first().map(known).transpose()
        })
    }

    /// Writes `draft` in one transaction: the notices wait, and their recipients count as knowing. Returns `false`, and
    /// writes nothing, if the team was published anew since, or another server wrote notices of it.
    ///
    /// # Errors
    ///
    /// If the database cannot be written; then nothing of it is.
    pub fn write_notices(&self, draft: &NoticeDraft<'_>) -> Result<bool, JournalError> {
        self.transaction(|connection| {
            let team = draft.team.as_str();
            // Nobody publishes the team until this is written.
            let select = format!("SELECT version FROM publication WHERE team = $1{}", connection.for_share());
            let published = connection.query(&select, &[team.into()])?;
            if published.first().map(|row| row.int(0)).transpose()? != Some(draft.published) {
                return Ok(false);
            }
            let write = match draft.revision {
                0 => {
                    "INSERT INTO notified (team, revision, record) VALUES ($1, $2, $3) \
                     ON CONFLICT (team) DO NOTHING"
                }
                _ => "UPDATE notified SET revision = $2, record = $3 WHERE team = $1 AND revision = $2 - 1",
            };
            let params = [team.into(), (draft.revision + 1).into(), draft.record.into()];
            if connection.execute(write, &params)? == 0 {
                return Ok(false);
            }
            insert(connection, draft.team, draft.notices)?;
            Ok(true)
        })
    }

    /// Forgets what the recipients of a team's notices know, since it has none any more.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn forget_notified(&self, team: &TeamId) -> Result<(), JournalError> {
        let delete = "DELETE FROM notified WHERE team = $1";
        self.transaction(|connection| connection.execute(delete, &[team.as_str().into()]).map(drop))
    }
}

fn known(row: &Row) -> super::sql::Result<KnownNotices> {
    Ok(KnownNotices { revision: row.int(0)?, record: row.text(1)?.to_owned() })
}
