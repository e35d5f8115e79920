//! What becomes of a fetch: a new copy that is stored, or a failure that is noted and logged once.

use std::sync::Arc;

use super::copies::Calendars;
use super::job::{Job, Wanted};
use super::judge::{InService, Judgement, judge};
use super::stored::{shows_the_same, with_state, without_validators};
use crate::config::{KeptCalendar, KeptCalendars};
use crate::fetch::{FetchError, Fetched};
use crate::journal::{CalendarState, JournalError};
use crate::rota::Instant;

impl Calendars {
    /// Stores the result of `job` at `now`. A new copy is used only if the configuration can be loaded with it. Returns
    /// whether anything changed that a load would show.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn finish(
        &self,
        job: Job,
        result: Result<Fetched, FetchError>,
        in_service: InService<'_>,
        now: Instant,
    ) -> Result<bool, JournalError> {
        let Job { wanted, state: before, holder } = job;
        let kept = self.kept();
        let old_text = kept.get(&wanted.address).and_then(|kept| kept.text.clone());
        let confirmed = CalendarState {
            fetched_at: Some(now),
            tried_at: Some(now),
            failures: 0,
            last_error: String::new(),
            ..before.clone()
        };
        let failed = |error: String, failures| {
            let purpose = wanted.purpose_text();
            // The kept copy was reduced for another purpose: it must not be confirmed for this one.
            let before = match before.purpose == purpose {
                true => before.clone(),
                false => CalendarState { purpose, ..without_validators(before.clone()) },
            };
            CalendarState { tried_at: Some(now), failures, last_error: error, ..before }
        };
        let (state, content) = match result {
            Err(error) => (failed(error.to_string(), before.failures + 1), None),
            Ok(Fetched::NotModified) => (confirmed, None),
            Ok(Fetched::Calendar { text, validators }) => {
                let text: Arc<str> = text.into();
                let fetched = CalendarState {
                    purpose: wanted.purpose_text(),
                    etag: validators.etag.unwrap_or_default(),
                    last_modified: validators.last_modified.unwrap_or_default(),
                    ..confirmed
                };
                match old_text
                    .is_none_or(|old| old != text)
                    .then(|| judge(&wanted, &text, &kept, in_service, now))
                {
                    None => (fetched, None),
                    Some(Judgement::Good(history)) => (fetched, Some((text, history))),
                    Some(Judgement::Unreadable(code)) => {
                        let error = format!(
                            "the calendar has an error ({code}); `oncal check` shows its place in a calendar that is saved as a file"
                        );
                        (failed(error, before.failures + 1), None)
                    }
                    Some(Judgement::Later) => (failed(before.last_error.clone(), 1), None),
                }
            }
        };
        self.log(&wanted, &state);
        let content = content.map(|(text, history)| {
            let number = before.number + 1;
            KeptCalendar { number, text: Some(text), history, ..KeptCalendar::default() }
        });
        self.store(&state, content, holder, in_service)
    }

    fn store(
        &self,
        state: &CalendarState,
        content: Option<KeptCalendar>,
        holder: i64,
        in_service: InService<'_>,
    ) -> Result<bool, JournalError> {
        if let Some(database) = self.database() {
            let history = content.as_ref().map(KeptCalendar::history_text).unwrap_or_default();
            let text = content.as_ref().and_then(|content| content.text.as_deref());
            // A server that took the lease meanwhile has fetched it too.
            database.write_calendar(state, text.map(|text| (text, &*history)), holder)?;
            return self.read_with(in_service);
        }
        let mut all = self.lock();
        let number = content.as_ref().map_or(state.number, |content| content.number);
        let state = CalendarState { number, ..state.clone() };
        let mut kept = KeptCalendars::clone(&all.kept);
        let old = || {
            kept.iter()
                .find(|(digest, _)| *digest == state.address)
                .map(|(_, kept)| KeptCalendar::clone(kept))
        };
        let content = content.or_else(old).unwrap_or_default();
        kept.insert(&state.address, with_state(content, &state));
        let is_changed = !shows_the_same(&all.kept, &kept);
        all.kept = Arc::new(kept);
        all.known.insert(state.address.clone(), state);
        Ok(is_changed)
    }

    /// Logs a failure once, and its end.
    fn log(&self, wanted: &Wanted, state: &CalendarState) {
        let mut all = self.lock();
        let readers: Vec<String> = wanted.readers.iter().map(ToString::to_string).collect();
        let (calendar, readers, named_at) = (&wanted.address, readers.join(", "), wanted.named_at.join(", "));
        if state.last_error.is_empty() {
            if state.failures == 0 && all.logged.remove(&wanted.digest).is_some() {
                tracing::info!(%calendar, readers, named_at, "the calendar can be fetched again");
            }
        } else if all.logged.insert(wanted.digest.clone(), state.last_error.clone()).as_ref()
            != Some(&state.last_error)
        {
            let copy = if state.number > 0 { "the kept copy stays in use" } else { "there is no copy" };
            let error = &state.last_error;
            tracing::warn!(%calendar, readers, named_at, error, "failed to fetch a calendar; {copy}");
        }
    }
}
