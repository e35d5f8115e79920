//! What fetched calendars are used for, as every server that shares the database notes it, so that one copy has what
//! all of them need, and is deleted with the last use.

use std::collections::{BTreeMap, BTreeSet};

use super::database::Database;
use super::error::JournalError;
use super::sql::{Param, Result, Row};
use crate::rota::Instant;

const NOTE: &str = "INSERT INTO calendar_use (address, used_for, used_at) VALUES ($1, $2, $3) \
    ON CONFLICT (address, used_for) DO UPDATE SET used_at = excluded.used_at";

/// What calendars are used for, by the SHA-256 of their addresses.
pub type CalendarNotes = BTreeMap<String, BTreeSet<String>>;

impl Database {
    /// What every server has noted.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn calendar_notes(&self) -> std::result::Result<CalendarNotes, JournalError> {
        self.read(|connection| notes(&connection.query_all("SELECT address, used_for FROM calendar_use")?))
    }

    /// Notes at `now` what calendars are `used` for, and deletes whatever else nobody used since `unused_since`: copies
    /// of calendars and notes.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn note_calendar_use(
        &self,
        used: &CalendarNotes,
        now: Instant,
        unused_since: Option<Instant>,
    ) -> std::result::Result<(), JournalError> {
        let now = now.timestamp_millis();
        let addresses: Vec<Vec<Param<'_>>> =
            used.keys().map(|address| vec![address.as_str().into(), now.into()]).collect();
        let own: Vec<Vec<Param<'_>>> = pairs(used)
            .map(|(address, used_for)| vec![address.into(), used_for.into(), now.into()])
            .collect();
        self.transaction(|connection| {
            connection
                .execute_each("UPDATE kept_calendar SET used_at = $2 WHERE address = $1", &addresses)?;
            connection.execute_each(NOTE, &own)?;
            let Some(since) = unused_since else { return Ok(()) };
            let since = [since.timestamp_millis().into()];
            let rows = connection.query("SELECT address FROM kept_calendar WHERE used_at <= $1", &since)?;
            let stored = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<&str>>>()?;
            let unused = stored.into_iter().filter(|address| !used.contains_key(*address));
            let unused: Vec<Vec<Param<'_>>> = unused.map(|address| vec![address.into()]).collect();
            connection.execute_each("DELETE FROM kept_calendar WHERE address = $1", &unused)?;
            let rows =
                connection.query("SELECT address, used_for FROM calendar_use WHERE used_at <= $1", &since)?;
            let noted = notes(&rows)?;
            let is_own = |address: &str, note: &str| used.get(address).is_some_and(|own| own.contains(note));
            let unused = pairs(&noted).filter(|(address, used_for)| !is_own(address, used_for));
            let unused: Vec<Vec<Param<'_>>> =
                unused.map(|(address, used_for)| vec![address.into(), used_for.into()]).collect();
            let delete = "DELETE FROM calendar_use WHERE address = $1 AND used_for = $2";
            connection.execute_each(delete, &unused).map(drop)
        })
    }
}

fn notes(rows: &[Row]) -> Result<CalendarNotes> {
    let mut all = CalendarNotes::new();
    for row in rows {
        all.entry(row.text(0)?.to_owned()).or_default().insert(row.text(1)?.to_owned());
    }
    Ok(all)
}

fn pairs(notes: &CalendarNotes) -> impl Iterator<Item = (&str, &str)> {
    notes.iter().flat_map(|(address, used)| used.iter().map(|used_for| (address.as_str(), used_for.as_str())))
}
