//! The journals of all teams in a database: SQLite in the state folder, or PostgreSQL by URL.
//!
//! The SQL is of the kind that both understand. Whoever writes names the version it built upon, so that of two
//! servers that publish at once the second learns of the first and reads again.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, AnyRow};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, ConnectOptions, Row, SqlStr};
use tokio::runtime::{Builder, Runtime};

use super::encoding::Packed;
use super::failure::JournalError;
use super::place::{FILE, Place};
use super::revision::Hash;
use crate::rota::{Instant, TeamId};

/// In the order in which they are made; none of them ever changes.
const TABLES: [(&str, &str); 2] = [
    ("journal", include_str!("migrations/0001_journal.sql")),
    ("subscriber", include_str!("migrations/0002_subscriber.sql")),
];

/// The permissions of those who are neither the owner of a file nor of its group, which some volumes are shared with.
const OF_OTHERS: u32 = 0o007;

/// How long a database may take to answer before it counts as out of reach.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long what moved is remembered.
const REMEMBERED: TimeDelta = TimeDelta::weeks(104);

/// The journal of a team as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// How often it was written.
    pub version: i64,
    /// See [`Journal::generation`](super::Journal::generation).
    pub generation: i64,
    /// See [`Journal::fingerprint`](super::Journal::fingerprint).
    pub fingerprint: Hash,
    /// The journal.
    pub journal: Packed,
}

/// The journal of a team as it should be kept from now on.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Whose.
    pub team: TeamId,
    /// The journal, its version one more than that which it was built upon.
    pub stored: Stored,
    /// What moved with it, in order.
    pub moved: Vec<Logged>,
}

/// Something that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// When it was published, in whole seconds.
    pub at: Instant,
    /// What moved, in the publisher's words.
    pub record: String,
}

/// A connection to where journals are kept. Its calls wait for the database; none may be made from async code.
#[derive(Debug)]
pub struct Database {
    runtime: Runtime,
    pub(super) pool: AnyPool,
    place: Place,
}

impl Database {
    /// Opens the database at `place`, makes its tables where they are missing, and sees that it can be written.
    ///
    /// # Errors
    ///
    /// Where it cannot be read and written. The message says what to do.
    pub fn open(place: Place) -> Result<Database, JournalError> {
        sqlx::any::install_default_drivers();
        let runtime = Builder::new_current_thread().enable_all().build().map_err(JournalError::Start)?;
        if let Place::Folder(folder) = &place {
            make(folder).map_err(|source| JournalError::Folder { folder: folder.clone(), source })?;
        }
        let options = AnyPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None);
        // What takes long is told where it fails; statements are no business of a log.
        let connection =
            AnyConnectOptions::from_str(&place.url()).map(ConnectOptions::disable_statement_logging);
        let connection = connection.map_err(|error| JournalError::of(&place, &error))?;
        let pool = {
            let _entered = runtime.enter();
            options.connect_lazy_with(connection)
        };
        let database = Database { runtime, pool, place };
        database.prepare()?;
        Ok(database)
    }

    /// Whether other servers may write to it too.
    pub fn is_shared(&self) -> bool {
        matches!(self.place, Place::Postgres(_))
    }

    /// The journals of all teams.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn read_all(&self) -> Result<BTreeMap<TeamId, Stored>, JournalError> {
        self.wait(async {
            let select = "SELECT team, version, generation, fingerprint, journal FROM publication";
            let rows = sqlx::query(select).fetch_all(&self.pool).await?;
            let mut all = BTreeMap::new();
            for row in &rows {
                if let Some(team) = TeamId::new(row.try_get("team")?) {
                    all.insert(team, stored(row)?);
                }
            }
            Ok(all)
        })
    }

    /// The journal of `team`, if it ever had one.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn read(&self, team: &TeamId) -> Result<Option<Stored>, JournalError> {
        self.wait(async {
            let select =
                "SELECT team, version, generation, fingerprint, journal FROM publication WHERE team = $1";
            let row = sqlx::query(select).bind(team.as_str()).fetch_optional(&self.pool).await?;
            row.as_ref().map(stored).transpose()
        })
    }

    /// What moved in each team that anything moved in, in the order in which it was published.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn moved(&self) -> Result<BTreeMap<TeamId, Vec<Logged>>, JournalError> {
        self.wait(async {
            let select = "SELECT team, published_at, record FROM change ORDER BY team, version, position";
            let rows = sqlx::query(select).fetch_all(&self.pool).await?;
            let mut all: BTreeMap<TeamId, Vec<Logged>> = BTreeMap::new();
            for row in &rows {
                if let Some(team) = TeamId::new(row.try_get("team")?) {
                    all.entry(team).or_default().push(logged(row)?);
                }
            }
            Ok(all)
        })
    }

    /// What moved in `team`, in the order in which it was published.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn moved_in(&self, team: &TeamId) -> Result<Vec<Logged>, JournalError> {
        self.wait(async {
            let select = "SELECT published_at, record FROM change WHERE team = $1 ORDER BY version, position";
            let rows = sqlx::query(select).bind(team.as_str()).fetch_all(&self.pool).await?;
            rows.iter().map(logged).collect()
        })
    }

    /// Writes `drafts` in one transaction, but for those of teams that somebody else wrote to since: these are given
    /// back, and are to be made anew.
    ///
    /// # Errors
    ///
    /// Where the database cannot be written; then nothing of it is.
    pub fn write<'d>(&self, drafts: &'d [Draft]) -> Result<Vec<&'d TeamId>, JournalError> {
        self.wait(async {
            let mut outdated = Vec::new();
            let mut transaction = self.pool.begin().await?;
            for Draft { team, stored, moved } in drafts {
                let statement = if stored.version == 1 {
                    "INSERT INTO publication (team, version, generation, fingerprint, journal) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (team) DO NOTHING"
                } else {
                    "UPDATE publication SET version = $2, generation = $3, fingerprint = $4, journal = $5 \
                     WHERE team = $1 AND version = $2 - 1"
                };
                let written = sqlx::query(statement)
                    .bind(team.as_str())
                    .bind(stored.version)
                    .bind(stored.generation)
                    .bind(stored.fingerprint.as_str())
                    .bind(&*stored.journal.0)
                    .execute(&mut *transaction)
                    .await?;
                if written.rows_affected() == 0 {
                    outdated.push(team);
                    continue;
                }
                for (position, logged) in (0i64..).zip(moved) {
                    let insert = "INSERT INTO change (team, version, position, published_at, record) \
                                  VALUES ($1, $2, $3, $4, $5)";
                    sqlx::query(insert)
                        .bind(team.as_str())
                        .bind(stored.version)
                        .bind(position)
                        .bind(logged.at.timestamp())
                        .bind(logged.record.as_str())
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            transaction.commit().await?;
            Ok(outdated)
        })
    }

    /// Forgets what moved long before `now`.
    ///
    /// # Errors
    ///
    /// Where the database cannot be written.
    pub fn forget(&self, now: Instant) -> Result<(), JournalError> {
        self.wait(async {
            let delete = sqlx::query("DELETE FROM change WHERE published_at < $1");
            delete.bind((now - REMEMBERED).timestamp()).execute(&self.pool).await?;
            Ok(())
        })
    }

    /// How often the journal of each team was written.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn versions(&self) -> Result<BTreeMap<TeamId, i64>, JournalError> {
        self.wait(async {
            let rows = sqlx::query("SELECT team, version FROM publication").fetch_all(&self.pool).await?;
            let mut all = BTreeMap::new();
            for row in &rows {
                if let Some(team) = TeamId::new(row.try_get("team")?) {
                    all.insert(team, row.try_get("version")?);
                }
            }
            Ok(all)
        })
    }

    /// Checks that the database can be written, by writing to it.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn probe(&self) -> Result<(), JournalError> {
        self.wait(async {
            let mut transaction = self.pool.begin().await?;
            sqlx::query("UPDATE publication SET version = version WHERE team = ''")
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        })
    }

    fn prepare(&self) -> Result<(), JournalError> {
        self.wait(async {
            if !self.is_shared() {
                sqlx::query("PRAGMA journal_mode = WAL").execute(&self.pool).await?;
                // In pages. What is committed is safe in the log; a first start need not wait until all of it is copied
                // from there into the file as well.
                sqlx::query("PRAGMA wal_autocheckpoint = 10000").execute(&self.pool).await?;
                let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(&self.pool).await?;
                let found: String = row.try_get(0)?;
                if found != "ok" {
                    return Err(sqlx::Error::Protocol(format!("malformed: {found}")));
                }
            }
            let tables = (1..).zip(TABLES).map(|(version, (name, sql))| {
                Migration::new(version, name.into(), MigrationType::Simple, SqlStr::from_static(sql), false)
            });
            Migrator::with_migrations(tables.collect()).run(&self.pool).await?;
            // Takes the lock that writing takes, and changes nothing.
            sqlx::query("UPDATE publication SET version = version WHERE team = ''")
                .execute(&self.pool)
                .await?;
            Ok(())
        })
    }

    pub(super) fn wait<T>(&self, work: impl Future<Output = sqlx::Result<T>>) -> Result<T, JournalError> {
        let done = self.runtime.block_on(async { tokio::time::timeout(4 * PATIENCE, work).await });
        match done {
            Ok(done) => done.map_err(|error| JournalError::of(&self.place, &error)),
            Err(_) => Err(JournalError::of(&self.place, &sqlx::Error::PoolTimedOut)),
        }
    }
}

/// Makes the folder, and in it a file for the database, for nobody but their owner: a journal has names and who is away.
/// SQLite gives the files beside it the same permissions.
fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Where this is not to be had, opening the database says why and what to do.
    let _ = OpenOptions::new().append(true).create(true).mode(0o600).open(folder.join(FILE));
    for file in ["", "-wal", "-shm"].map(|end| folder.join(format!("{FILE}{end}"))) {
        if let Ok(found) = fs::metadata(&file) {
            let mode = found.permissions().mode();
            if mode & OF_OTHERS != 0 {
                let _ = fs::set_permissions(&file, fs::Permissions::from_mode(mode & !OF_OTHERS));
            }
        }
    }
    Ok(())
}

fn stored(row: &AnyRow) -> sqlx::Result<Stored> {
    let journal: Vec<u8> = row.try_get("journal")?;
    Ok(Stored {
        version: row.try_get("version")?,
        generation: row.try_get("generation")?,
        fingerprint: row.try_get("fingerprint")?,
        journal: Packed(journal.into()),
    })
}

fn logged(row: &AnyRow) -> sqlx::Result<Logged> {
    let seconds: i64 = row.try_get("published_at")?;
    let at = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    Ok(Logged { at, record: row.try_get("record")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(folder: &Path, expected: &[&str]) {
        let error = Database::open(Place::Folder(folder.to_owned())).unwrap_err().to_string();
        for part in expected {
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn a_state_that_is_of_no_use_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        refuses(&folder.path().join("file/state"), &["use the state folder", "--state DIR"]);
        for text in ["this is no database at all, it is text of some length", &"\0x".repeat(5000)] {
            fs::write(folder.path().join(FILE), text).unwrap();
            refuses(folder.path(), &["it is damaged", "move it away"]);
        }
        fs::remove_file(folder.path().join(FILE)).unwrap();
        fs::create_dir(folder.path().join(FILE)).unwrap();
        refuses(folder.path(), &["write the journal", "name another with --state DIR"]);
    }

    /// The permissions of everything in the state folder, and of itself.
    fn modes(state: &Path) -> Vec<u32> {
        let files = fs::read_dir(state).unwrap().map(|entry| entry.unwrap().path());
        let mode = |path: std::path::PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        [state.to_owned()].into_iter().chain(files).map(mode).collect()
    }

    #[test]
    fn the_journal_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("below/state");
        let open = || Database::open(Place::Folder(state.clone())).unwrap();
        let database = open();
        assert_eq!(modes(&state), [0o700, 0o600, 0o600, 0o600], "with what SQLite has beside it");
        drop(database);
        let file = state.join(FILE);
        for (before, after) in [(0o644, 0o640), (0o664, 0o660), (0o600, 0o600)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(before)).unwrap();
            drop(open());
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, after, "{before:o}");
        }
    }

    #[test]
    fn a_database_out_of_reach_is_told_without_its_password() {
        let place = Place::Postgres("postgres://oncal:geheim@127.0.0.1:1/oncal".to_owned());
        let error = Database::open(place).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL") && !error.contains("geheim"), "{error}");
    }

    #[test]
    fn a_url_that_is_not_understood_is_not_quoted() {
        for odd in ["@db/oncal?sslmode=geheim", "@db/oncal?port=geheim", "@db:geheim/oncal", "#@db"] {
            let place = Place::Postgres(format!("postgres://oncal:geheim{odd}"));
            let error = Database::open(place).unwrap_err().to_string();
            assert!(error.contains("not understood") && !error.contains("geheim"), "{odd}: {error}");
        }
    }
}
