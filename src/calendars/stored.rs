//! Copies of calendars as the journal's database has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{KeptCalendar, KeptCalendars, read_history};
use crate::journal::{CalendarNotes, CalendarState, Database, JournalError};

/// What the database has.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) kept: KeptCalendars,
    /// By digest.
    pub(super) known: BTreeMap<String, CalendarState>,
    /// What every server uses calendars for, by digest.
    pub(super) notes: CalendarNotes,
}

/// Reads all of it; what did not change is taken from `before`.
pub(super) fn stored(database: &Database, before: &KeptCalendars) -> Result<Stored, JournalError> {
    let mut kept = match before.is_server() {
        true => KeptCalendars::for_server(),
        false => KeptCalendars::default(),
    };
    let mut known = BTreeMap::new();
    for state in database.calendar_states()? {
        let old = before.iter().find(|(digest, _)| *digest == state.address).map(|(_, kept)| kept);
        let content = match old.filter(|old| old.number == state.number) {
            Some(old) => KeptCalendar::clone(old),
            None => copy(database, &state.address)?,
        };
        if state.tried_at.is_some() {
            kept.insert(&state.address, with_state(content, &state));
        }
        known.insert(state.address.clone(), state);
    }
    // Read after the copies: a server notes what a copy is for before it writes it.
    Ok(Stored { kept, known, notes: database.calendar_notes()? })
}

/// The stored copy. One that is damaged is taken from among the files that teams were last published with.
fn copy(database: &Database, digest: &str) -> Result<KeptCalendar, JournalError> {
    let Some(copy) = database.calendar_copy(digest)? else { return Ok(KeptCalendar::default()) };
    let number = copy.number;
    if let Some(text) = copy.text {
        let history = read_history(&copy.history);
        return Ok(KeptCalendar { number, text: Some(text.into()), history, ..KeptCalendar::default() });
    }
    let stored = database.source_at(&KeptCalendar::file(digest))?;
    let last_good = stored.and_then(|content| KeptCalendar::from_file(&content));
    tracing::error!(
        is_replaced = last_good.is_some(),
        "the stored copy of a calendar is damaged; the copy that was last published is used if there is one"
    );
    Ok(KeptCalendar { number, ..last_good.unwrap_or_default() })
}

pub(super) fn without_validators(state: CalendarState) -> CalendarState {
    CalendarState { purpose: String::new(), etag: String::new(), last_modified: String::new(), ..state }
}

pub(super) fn with_state(content: KeptCalendar, state: &CalendarState) -> KeptCalendar {
    KeptCalendar {
        fetched_at: state.fetched_at,
        failure: Some(state.last_error.clone()).filter(|error| !error.is_empty()),
        ..content
    }
}

/// Whether a load would show the same with either, apart from how long ago fetches were.
pub(super) fn shows_the_same(one: &KeptCalendars, other: &KeptCalendars) -> bool {
    let shown = |(digest, kept): (&str, &Arc<KeptCalendar>)| {
        let has_text = kept.text.is_some();
        (digest.to_owned(), kept.number, has_text, kept.failure.clone())
    };
    one.iter().map(shown).eq(other.iter().map(shown))
}
