//! The tables of the journal: made where they are missing, brought up to date, and left alone if they are newer.

use super::connection::Connection;
use super::sql::{Failure, FailureKind, Result};

/// In the order in which they are made; none of them ever changes. Each stands in a database in which the earlier ones
/// were made by an oncal that had no table `layout` yet, so each takes what is there.
const STEPS: [&str; 10] = [
    include_str!("migrations/0001_journal.sql"),
    include_str!("migrations/0002_subscriber.sql"),
    include_str!("migrations/0003_highest.sql"),
    include_str!("migrations/0004_source.sql"),
    include_str!("migrations/0005_kept_calendar.sql"),
    include_str!("migrations/0006_notice.sql"),
    include_str!("migrations/0007_calendar_use.sql"),
    include_str!("migrations/0008_refused_notice.sql"),
    include_str!("migrations/0009_change_published.sql"),
    include_str!("migrations/0010_notice_batch.sql"),
];

/// Two servers that start at once on one PostgreSQL change its tables one after the other. Any number that no other
/// program uses.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7310293351)";

/// How many of the steps the database has had.
fn version(connection: &mut Connection) -> Result<i64> {
    if !connection.has_table("layout")? {
        return Ok(0);
    }
    let rows = connection.query("SELECT version FROM layout", &[])?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

/// Whether the tables are those of this oncal; `false` if they are older. Writes nothing.
pub(super) fn is_current(connection: &mut Connection) -> Result<bool> {
    let (found, own) = (version(connection)?, STEPS.len() as i64);
    if found > own {
        let reason =
            format!("a newer oncal wrote it: its tables have version {found}, and this oncal knows {own}");
        return Err(Failure::new(FailureKind::Newer, reason));
    }
    Ok(found == own)
}

/// Makes whatever tables are missing.
pub(super) fn prepare(connection: &mut Connection) -> Result<()> {
    if is_current(connection)? {
        return Ok(());
    }
    connection.begin()?;
    if matches!(connection, Connection::Postgres(_)) {
        connection.run(LOCK)?;
    }
    connection.run("CREATE TABLE IF NOT EXISTS layout (version BIGINT NOT NULL)")?;
    // Another server may have been faster.
    let done = usize::try_from(version(connection)?).unwrap_or_default();
    for step in STEPS.iter().skip(done) {
        connection.run(step)?;
    }
    connection.execute("DELETE FROM layout", &[])?;
    connection.execute("INSERT INTO layout (version) VALUES ($1)", &[(STEPS.len() as i64).into()])?;
    connection.commit()
}
