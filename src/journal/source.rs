//! The source files of each team's newest publication, so that a start which finds them broken can serve the team all the
//! same. A content is stored once, compressed, however many teams use it, and deleted with the last of them.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::connection::Connection;
use super::database::Database;
use super::error::JournalError;
use super::gzip::{packed, unpacked};
use super::sql::{Param, Result};
use crate::rota::TeamId;

/// A file that a team was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below the configuration folder.
    pub path: String,
    /// Its bytes; `None` stands for what is stored already under this path.
    pub content: Option<Vec<u8>>,
}

impl Database {
    /// The stored source files of `team`, in order of path. Files that cannot be read any more are left out.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn sources(&self, team: &TeamId) -> std::result::Result<Vec<SourceFile>, JournalError> {
        self.read(|connection| {
            let select = "SELECT team_source.path, source.content FROM team_source \
                          JOIN source ON source.hash = team_source.hash \
                          WHERE team_source.team = $1 ORDER BY team_source.path";
            let mut files = Vec::new();
            for row in connection.query(select, &[team.as_str().into()])? {
                let path = row.text(0)?.to_owned();
                if let Some(content) = unpacked(row.bytes(1)?) {
                    files.push(SourceFile { path, content: Some(content) });
                }
            }
            Ok(files)
        })
    }

    /// The teams that were published and have no source files stored.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn teams_without_sources(&self) -> std::result::Result<BTreeSet<TeamId>, JournalError> {
        self.read(|connection| {
            let select = "SELECT team FROM publication WHERE NOT EXISTS \
                          (SELECT 1 FROM team_source WHERE team_source.team = publication.team)";
            let rows = connection.query(select, &[])?;
            let ids = rows.iter().map(|row| Ok(TeamId::new(row.text(0)?)));
            Ok(ids.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }

    /// Stores the source files of `teams` in place of those that they have.
    ///
    /// # Errors
    ///
    /// If the database cannot be written; then nothing of it is.
    pub fn write_sources(
        &self,
        teams: &[(TeamId, Vec<SourceFile>)],
    ) -> std::result::Result<(), JournalError> {
        self.transaction(|connection| write(connection, teams.iter().map(|(id, files)| (id, &files[..]))))
    }
}

/// Stores the source files of `teams` in place of those that they have.
pub(super) fn write<'f>(
    connection: &mut Connection,
    teams: impl Iterator<Item = (&'f TeamId, &'f [SourceFile])>,
) -> Result<()> {
    let is_first = connection.query("SELECT team FROM team_source LIMIT 1", &[])?.is_empty();
    let (mut is_changed, mut contents, mut links) = (false, Vec::new(), Vec::new());
    for (team, files) in teams {
        is_changed = true;
        if !is_first {
            delete_others(connection, team, files)?;
        }
        for file in files {
            let Some(content) = &file.content else { continue };
            let hash = hex::encode(Sha256::digest(content));
            contents.push((hash.clone(), content));
            links.push((team, file.path.as_str(), hash));
        }
    }
    if !is_changed {
        return Ok(());
    }
    contents.sort();
    contents.dedup();
    let known = connection.query("SELECT hash FROM source", &[])?;
    let known = known.iter().map(|row| row.text(0)).collect::<Result<BTreeSet<&str>>>()?;
    let new: Vec<(&str, Vec<u8>)> = contents
        .iter()
        .filter(|(hash, _)| !known.contains(hash.as_str()))
        .map(|(hash, content)| (hash.as_str(), packed(content)))
        .collect();
    let new: Vec<Vec<Param<'_>>> =
        new.iter().map(|(hash, content)| vec![(*hash).into(), Param::Bytes(content)]).collect();
    let insert = "INSERT INTO source (hash, content) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    connection.execute_each(insert, &new)?;
    let links: Vec<Vec<Param<'_>>> = links
        .iter()
        .map(|(team, path, hash)| vec![team.as_str().into(), (*path).into(), hash.as_str().into()])
        .collect();
    let link = "INSERT INTO team_source (team, path, hash) VALUES ($1, $2, $3) \
                ON CONFLICT (team, path) DO UPDATE SET hash = excluded.hash";
    connection.execute_each(link, &links)?;
    let unused = "DELETE FROM source WHERE NOT EXISTS \
                  (SELECT 1 FROM team_source WHERE team_source.hash = source.hash)";
    connection.execute(unused, &[]).map(drop)
}

/// Deletes what `team` has under other paths than those of `files`.
fn delete_others(connection: &mut Connection, team: &TeamId, files: &[SourceFile]) -> Result<()> {
    let rows = connection.query("SELECT path FROM team_source WHERE team = $1", &[team.as_str().into()])?;
    let stored = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<&str>>>()?;
    let others = stored.into_iter().filter(|path| files.iter().all(|file| file.path != *path));
    let others: Vec<Vec<Param<'_>>> = others.map(|path| vec![team.as_str().into(), path.into()]).collect();
    connection.execute_each("DELETE FROM team_source WHERE team = $1 AND path = $2", &others).map(drop)
}
