//! The journal of each team as the database keeps it, and the log of changes.
//!
//! Whoever writes names the version that it built upon, so that of two servers that publish at once the second learns
//! of the first and reads again. Rows of `publication` are never deleted: that is how a loss is noticed.

use std::collections::BTreeMap;

use chrono::DateTime;

use super::connection::Connection;
use super::copies::Copies;
use super::database::Database;
use super::error::JournalError;
use super::packed::Packed;
use super::revision::{Hash, Highest, Journal};
use super::source::{self, SourceFile};
use super::sql::{Param, Result, Row};
use crate::rota::{Instant, TeamId};

const SELECT: &str = "SELECT team, version, generation, fingerprint, journal, highest_sequence, \
                      latest_modified, checksum, copies FROM publication";

const INSERT: &str = "INSERT INTO publication \
    (team, version, generation, fingerprint, journal, highest_sequence, latest_modified, checksum, copies) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (team) DO NOTHING";

const UPDATE: &str = "UPDATE publication SET version = $2, generation = $3, fingerprint = $4, journal = $5, \
    highest_sequence = $6, latest_modified = $7, checksum = $8, copies = $9 WHERE team = $1 AND version = $2 - 1";

/// Of two rows the one with the higher version is the newer.
const REWRITE: &str = "INSERT INTO publication \
    (team, version, generation, fingerprint, journal, highest_sequence, latest_modified, checksum, copies) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (team) DO UPDATE SET version = excluded.version, \
    generation = excluded.generation, fingerprint = excluded.fingerprint, journal = excluded.journal, \
    highest_sequence = excluded.highest_sequence, latest_modified = excluded.latest_modified, \
    checksum = excluded.checksum, copies = excluded.copies WHERE publication.version < excluded.version";

const INSERT_CHANGE: &str = "INSERT INTO change (team, version, position, published_at, record) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (team, version, position) DO NOTHING";

const REWRITE_CHANGE: &str = "INSERT INTO change (team, version, position, published_at, record) \
    SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS \
    (SELECT 1 FROM change WHERE team = $1 AND published_at = $4 AND record = $5) \
    ON CONFLICT (team, version, position) DO NOTHING";

/// After any position that a publication gives.
const REWRITTEN_POSITION: i64 = 1_000_000;

/// The journal of a team as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// How often it was written.
    pub version: i64,
    /// See [`Journal::generation`].
    pub generation: i64,
    /// See [`Journal::fingerprint`].
    pub fingerprint: Hash,
    /// The journal.
    pub journal: Packed,
    /// What is known of its events even if the journal cannot be read.
    pub highest: Highest,
    /// The copies of fetched calendars that it was made of.
    pub copies: Copies,
}

/// A journal that is to be written.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The team.
    pub team: TeamId,
    /// The journal. Its version is one higher than that which it was built upon.
    pub stored: Stored,
    /// What changed with it, in order.
    pub changes: Vec<ChangeRecord>,
    /// The files that it was made of; `None` to leave those that are stored as they are.
    pub sources: Option<Vec<SourceFile>>,
}

/// An entry of the log of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRecord {
    /// When the change was published, in whole seconds.
    pub at: Instant,
    /// What changed, in the publisher's format.
    pub record: String,
}

impl Stored {
    /// `journal` as `version`.
    pub fn new(version: i64, journal: &Journal) -> Stored {
        let revisions = || journal.entries.values().map(|entry| entry.revision);
        Stored {
            version,
            generation: journal.generation,
            fingerprint: journal.fingerprint.clone(),
            journal: Packed::new(journal),
            highest: Highest {
                sequence: revisions().map(|revision| revision.sequence).max().unwrap_or_default(),
                modified: revisions().map(|revision| revision.modified).max().unwrap_or_default(),
            },
            copies: Copies::default(),
        }
    }

    fn params<'p>(&'p self, team: &'p TeamId, copies: &'p str) -> Vec<Param<'p>> {
        vec![
            team.as_str().into(),
            self.version.into(),
            self.generation.into(),
            self.fingerprint.as_str().into(),
            Param::Bytes(&self.journal.0),
            i64::from(self.highest.sequence).into(),
            self.highest.modified.timestamp().into(),
            i64::from(crc32fast::hash(&self.journal.0)).into(),
            copies.into(),
        ]
    }
}

impl Draft {
    fn change_params(&self, first_position: i64) -> impl Iterator<Item = Vec<Param<'_>>> {
        (first_position..).zip(&self.changes).map(|(position, change)| {
            vec![
                self.team.as_str().into(),
                self.stored.version.into(),
                position.into(),
                change.at.timestamp().into(),
                change.record.as_str().into(),
            ]
        })
    }
}

/// Adds `changes` to the log. Where a team's journal was lost and its log was not, versions are used again: then they
/// follow the earlier changes of their version.
fn insert_changes(connection: &mut Connection, changes: Vec<Vec<Param<'_>>>) -> Result<()> {
    let rows = connection.execute_each(INSERT_CHANGE, &changes)?;
    let mut refused: Vec<_> =
        changes.into_iter().zip(rows).filter(|(_, rows)| *rows == 0).map(|(list, _)| list).collect();
    for list in &mut refused {
        if let Some(Param::Int(position)) = list.get_mut(2) {
            *position += REWRITTEN_POSITION;
        }
    }
    connection.execute_each(REWRITE_CHANGE, &refused).map(drop)
}

impl Database {
    /// The journals of all teams.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn read_all(&self) -> std::result::Result<BTreeMap<TeamId, Stored>, JournalError> {
        self.read(|connection| {
            let mut all = BTreeMap::new();
            for row in connection.query_all(SELECT)? {
                if let Some(team) = TeamId::new(row.text(0)?) {
                    all.insert(team, stored(&row)?);
                }
            }
            Ok(all)
        })
    }

    /// The journal of `team`, if it ever had one.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn read_team(&self, team: &TeamId) -> std::result::Result<Option<Stored>, JournalError> {
        self.read(|connection| {
            let rows = connection.query(&format!("{SELECT} WHERE team = $1"), &[team.as_str().into()])?;
            rows.first().map(stored).transpose()
        })
    }

    /// How often the journal of each team was written.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn versions(&self) -> std::result::Result<BTreeMap<TeamId, i64>, JournalError> {
        self.read(|connection| {
            let mut all = BTreeMap::new();
            for row in connection.query_all("SELECT team, version FROM publication")? {
                if let Some(team) = TeamId::new(row.text(0)?) {
                    all.insert(team, row.int(1)?);
                }
            }
            Ok(all)
        })
    }

    /// The changes of each team that has any, in the order in which they were published.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn changes(&self) -> std::result::Result<BTreeMap<TeamId, Vec<ChangeRecord>>, JournalError> {
        self.read(|connection| {
            let select = "SELECT published_at, record, team FROM change ORDER BY team, version, position";
            let mut all: BTreeMap<TeamId, Vec<ChangeRecord>> = BTreeMap::new();
            for row in connection.query_all(select)? {
                if let Some(team) = TeamId::new(row.text(2)?) {
                    all.entry(team).or_default().push(change(&row)?);
                }
            }
            Ok(all)
        })
    }

    /// The changes of `team`, in the order in which they were published.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn changes_of(&self, team: &TeamId) -> std::result::Result<Vec<ChangeRecord>, JournalError> {
        self.read(|connection| {
            let select = "SELECT published_at, record FROM change WHERE team = $1 ORDER BY version, position";
            connection.query(select, &[team.as_str().into()])?.iter().map(change).collect()
        })
    }

    /// Writes `drafts` in one transaction, except those of teams that somebody else wrote to since: these are returned,
    /// and are to be made anew.
    ///
    /// # Errors
    ///
    /// If the database cannot be written; then nothing of it is.
    pub fn write<'d>(&self, drafts: &'d [Draft]) -> std::result::Result<Vec<&'d TeamId>, JournalError> {
        let (first, later): (Vec<&Draft>, Vec<&Draft>) =
            drafts.iter().partition(|draft| draft.stored.version == 1);
        self.write_versions(|connection| {
            let (mut outdated, mut changes, mut written) = (Vec::new(), Vec::new(), 0);
            let mut sources = Vec::new();
            for (statement, drafts) in [(INSERT, &first), (UPDATE, &later)] {
                let copies = copies(drafts.iter().copied());
                let lists = params(drafts.iter().copied(), &copies);
                for (rows, draft) in connection.execute_each(statement, &lists)?.into_iter().zip(drafts) {
                    if rows == 0 {
                        outdated.push(&draft.team);
                    } else {
                        written += 1;
                        changes.extend(draft.change_params(0));
                        sources.extend(draft.sources.as_deref().map(|files| (&draft.team, files)));
                    }
                }
            }
            insert_changes(connection, changes)?;
            source::write(connection, sources.into_iter())?;
            Ok((outdated, written))
        })
    }

    /// Writes again what was gone, in one transaction: `drafts` with the versions that they had, and their changes,
    /// unless the database has newer ones; and the counts of `subscribers`.
    ///
    /// # Errors
    ///
    /// If the database cannot be written; then nothing of it is.
    pub fn rewrite(
        &self,
        drafts: &[Draft],
        subscribers: &[super::Subscriber],
    ) -> std::result::Result<(), JournalError> {
        self.regain(|connection| {
            let copies = copies(drafts.iter());
            let lists = params(drafts.iter(), &copies);
            connection.execute_each(REWRITE, &lists)?;
            let changes: Vec<_> =
                drafts.iter().flat_map(|draft| draft.change_params(REWRITTEN_POSITION)).collect();
            connection.execute_each(REWRITE_CHANGE, &changes)?;
            super::subscriber::rewrite(connection, subscribers)
        })
    }

    /// Deletes the changes that were published before `since`.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn delete_changes(&self, since: Instant) -> std::result::Result<(), JournalError> {
        let delete = "DELETE FROM change WHERE published_at < $1";
        self.transaction(|connection| connection.execute(delete, &[since.timestamp().into()]).map(drop))
    }
}

/// What [`Stored::copies`] of each is as text.
fn copies<'d>(drafts: impl Iterator<Item = &'d Draft>) -> Vec<String> {
    drafts.map(|draft| draft.stored.copies.to_text()).collect()
}

fn params<'p>(drafts: impl Iterator<Item = &'p Draft>, copies: &'p [String]) -> Vec<Vec<Param<'p>>> {
    drafts.zip(copies).map(|(draft, copies)| draft.stored.params(&draft.team, copies)).collect()
}

fn stored(row: &Row) -> Result<Stored> {
    let (journal, checksum) = (row.bytes(4)?, row.int(7)?);
    // Without a fingerprint the team is published again, and the damage is noticed then.
    let is_whole = checksum == 0 || checksum == i64::from(crc32fast::hash(journal));
    let fingerprint = if is_whole { row.text(3)?.to_owned() } else { String::new() };
    Ok(Stored {
        version: row.int(1)?,
        generation: row.int(2)?,
        fingerprint,
        journal: Packed(journal.into()),
        highest: Highest {
            sequence: u32::try_from(row.int(5)?).unwrap_or_default(),
            modified: DateTime::from_timestamp(row.int(6)?, 0).unwrap_or_default(),
        },
        copies: Copies::from_text(row.text(8)?),
    })
}

fn change(row: &Row) -> Result<ChangeRecord> {
    let at = DateTime::from_timestamp(row.int(0)?, 0).unwrap_or_default();
    Ok(ChangeRecord { at, record: row.text(1)?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Location;

    #[test]
    fn writing_changes_again_does_not_search_all_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(Location::folder(folder.path())).unwrap();
        let plan = database.read(|connection| {
            let params: [Param<'_>; 5] = ["data".into(), 1.into(), 0.into(), 0.into(), "".into()];
            connection.query(&format!("EXPLAIN QUERY PLAN {REWRITE_CHANGE}"), &params)
        });
        let plan: Vec<String> = plan.unwrap().iter().map(|row| row.text(3).unwrap().to_owned()).collect();
        assert!(
            plan.iter().any(|step| step.contains("change_published (team=? AND published_at=?)")),
            "{plan:?}"
        );
    }
}
