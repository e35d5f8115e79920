//! The source files of each team's newest publication, so that a start which finds them broken can serve the team all
//! the same. A content is stored once, compressed, however many teams use it, and deleted with the last of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::connection::Connection;
use super::database::Database;
use super::error::JournalError;
use super::gzip::{packed, unpacked};
use super::sql::{Param, Result};
use crate::parallel;
use crate::rota::TeamId;

/// A file that a team was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below the configuration folder.
    pub path: String,
    /// Its bytes; `None` stands for what is stored already under this path.
    pub content: Option<Arc<[u8]>>,
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
                    files.push(SourceFile { path, content: Some(content.into()) });
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

/// Up to so many rows are asked for one by one; of more, the whole table is read.
const FEW: usize = 64;

/// The path and the hash of each file that is stored of a team.
type StoredLinks = Vec<(String, String)>;

/// Stores the source files of `teams` in place of those that they have. What that costs depends on these teams, and not
/// on how many others there are.
pub(super) fn write<'f>(
    connection: &mut Connection,
    teams: impl Iterator<Item = (&'f TeamId, &'f [SourceFile])>,
) -> Result<()> {
    let teams: Vec<(&TeamId, &[SourceFile])> = teams.collect();
    if teams.is_empty() {
        return Ok(());
    }
    let stored = stored_links(connection, &teams)?;
    let mut hashes = Hashes::default();
    let (mut links, mut contents) = (Vec::new(), BTreeMap::new());
    let (mut removed, mut dropped) = (Vec::new(), BTreeSet::new());
    for ((team, files), stored) in teams.iter().zip(&stored) {
        let is_listed = |path: &str| files.iter().any(|file| file.path == path);
        for (path, hash) in stored.iter().filter(|(path, _)| !is_listed(path)) {
            removed.push((*team, path.as_str()));
            dropped.insert(hash.as_str());
        }
        for file in *files {
            let Some(content) = &file.content else { continue };
            let hash = hashes.of(content);
            let known = stored.iter().find(|(path, _)| *path == file.path).map(|(_, hash)| hash.as_str());
            if known != Some(&*hash) {
                dropped.extend(known);
                links.push((*team, file.path.as_str(), Arc::clone(&hash)));
                contents.insert(hash, content);
            }
        }
    }
    write_contents(connection, contents)?;
    let removed: Vec<Vec<Param<'_>>> =
        removed.iter().map(|(team, path)| vec![team.as_str().into(), (*path).into()]).collect();
    connection.execute_each("DELETE FROM team_source WHERE team = $1 AND path = $2", &removed)?;
    let links: Vec<Vec<Param<'_>>> = links
        .iter()
        .map(|(team, path, hash)| vec![team.as_str().into(), (*path).into(), (&**hash).into()])
        .collect();
    let link = "INSERT INTO team_source (team, path, hash) VALUES ($1, $2, $3) \
                ON CONFLICT (team, path) DO UPDATE SET hash = excluded.hash";
    connection.execute_each(link, &links)?;
    let dropped: Vec<Vec<Param<'_>>> = dropped.iter().map(|hash| vec![(*hash).into()]).collect();
    let unused = "DELETE FROM source WHERE hash = $1 AND NOT EXISTS \
                  (SELECT 1 FROM team_source WHERE team_source.hash = source.hash)";
    connection.execute_each(unused, &dropped).map(drop)
}

/// What is stored of each of `teams`, in their order.
fn stored_links(connection: &mut Connection, teams: &[(&TeamId, &[SourceFile])]) -> Result<Vec<StoredLinks>> {
    if teams.len() <= FEW {
        let select = "SELECT path, hash FROM team_source WHERE team = $1";
        let mut all = Vec::new();
        for (team, _) in teams {
            let rows = connection.query(select, &[team.as_str().into()])?;
            let links = rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())));
            all.push(links.collect::<Result<_>>()?);
        }
        return Ok(all);
    }
    let mut by_team: BTreeMap<String, StoredLinks> = BTreeMap::new();
    for row in connection.query_all("SELECT team, path, hash FROM team_source")? {
        let link = (row.text(1)?.to_owned(), row.text(2)?.to_owned());
        by_team.entry(row.text(0)?.to_owned()).or_default().push(link);
    }
    Ok(teams.iter().map(|(team, _)| by_team.remove(team.as_str()).unwrap_or_default()).collect())
}

/// Stores those of `contents`, which are by hash, that are not stored yet.
fn write_contents(connection: &mut Connection, mut contents: BTreeMap<Arc<str>, &Arc<[u8]>>) -> Result<()> {
    if contents.len() <= FEW {
        let select = "SELECT hash FROM source WHERE hash = $1";
        for hash in contents.keys().cloned().collect::<Vec<_>>() {
            if !connection.query(select, &[(&*hash).into()])?.is_empty() {
                contents.remove(&hash);
            }
        }
    } else {
        for row in connection.query_all("SELECT hash FROM source")? {
            contents.remove(row.text(0)?);
        }
    }
    let new: Vec<(Arc<str>, &Arc<[u8]>)> = contents.into_iter().collect();
    let packed = parallel::map(&new, |(_, content)| packed(content));
    let new: Vec<Vec<Param<'_>>> = new
        .iter()
        .zip(&packed)
        .map(|((hash, _), packed)| vec![(&**hash).into(), Param::Bytes(packed)])
        .collect();
    let insert = "INSERT INTO source (hash, content) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    connection.execute_each(insert, &new).map(drop)
}

/// The hashes of contents. One that many teams share is hashed once.
#[derive(Default)]
struct Hashes(BTreeMap<*const u8, Arc<str>>);

impl Hashes {
    /// The hash of `content`, which must live as long as `self`.
    fn of(&mut self, content: &Arc<[u8]>) -> Arc<str> {
        let hash = self.0.entry(Arc::as_ptr(content).cast());
        Arc::clone(hash.or_insert_with(|| hex::encode(Sha256::digest(content)).into()))
    }
}
