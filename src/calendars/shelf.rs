//! All copies of fetched calendars: in memory for loads, and in the journal's database, where other servers find them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use super::job::{Job, Wanted, wanted};
use super::judge::{Judgement, LoadWith, judge};
use super::options::Options;
use super::schedule::is_due;
use crate::config::{AsOf, CalendarUse, Configuration, KeptCalendar, KeptCalendars, read_history};
use crate::fetch::{FetchError, Fetched, Fetcher};
use crate::journal::{CalendarCopy, CalendarState, Database, JournalError, Lease};
use crate::rota::Instant;

/// How long one server alone may fetch a calendar: twice as long as a fetch can take.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// Where several servers share the database, a copy that none of them uses is deleted after this time.
const UNUSED: TimeDelta = TimeDelta::hours(1);

/// The copies of fetched calendars.
pub struct Calendars {
    /// `None` if nothing is kept beyond this process.
    database: Option<Arc<Database>>,
    options: Options,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Arc<KeptCalendars>,
    /// By digest.
    known: BTreeMap<String, CalendarState>,
    /// The digests of those in use.
    used: BTreeSet<String>,
    /// The failures that were logged, by digest.
    logged: BTreeMap<String, String>,
}

impl fmt::Debug for Calendars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendars({})", self.lock().known.len())
    }
}

impl Calendars {
    /// The copies in `database`, for a server. Nothing is read yet.
    pub fn new(database: Option<Arc<Database>>, options: Options) -> Calendars {
        let state = State { kept: Arc::new(KeptCalendars::for_server()), ..State::default() };
        Calendars { database, options, state: Mutex::new(state) }
    }

    /// The copies in `database`, if one can be read, for a command, which does not store what it fetches.
    pub fn for_command(database: Option<Database>) -> Calendars {
        let (database, options) = (database.map(Arc::new), Options::DEFAULT);
        let calendars = Calendars { database, options, state: Mutex::default() };
        // What cannot be read counts as missing.
        let _ = calendars.read();
        // A command fetches when asked to, however recently a server did.
        calendars.lock().known.values_mut().for_each(|state| state.tried_at = None);
        Calendars { database: None, ..calendars }
    }

    /// What a load at `now` depends on besides the files.
    pub fn as_of(&self, now: Instant) -> AsOf {
        AsOf { now, calendars: self.kept() }
    }

    /// How often calendars are fetched, and at what cost.
    pub fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn kept(&self) -> Arc<KeptCalendars> {
        Arc::clone(&self.lock().kept)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what this server or others have stored. Returns whether anything changed that a load would show.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn read(&self) -> Result<bool, JournalError> {
        let Some(database) = &self.database else { return Ok(false) };
        let before = self.kept();
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
        let lost: Vec<_> = self.lock().lost(&known, &before);
        if !lost.is_empty() && before.is_server() {
            database.add_calendars(
                &lost,
                lost.iter().filter_map(|(state, _)| state.tried_at).max().unwrap_or_default(),
            )?;
            return self.read();
        }
        let is_changed = !shows_the_same(&before, &kept);
        let mut state = self.lock();
        state.known = known;
        state.kept = Arc::new(kept);
        Ok(is_changed)
    }

    /// Notes which calendars the configuration uses, at `now`; those that are no longer used are deleted if the
    /// configuration `is_complete`.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn note_use<'u>(
        &self,
        uses: impl Iterator<Item = &'u CalendarUse>,
        is_complete: bool,
        now: Instant,
    ) -> Result<(), JournalError> {
        let Some(database) = &self.database else { return Ok(()) };
        let used: BTreeSet<String> = wanted(uses).into_keys().collect();
        self.lock().used.clone_from(&used);
        let unused = |state: &State| state.known.keys().any(|digest| !used.contains(digest));
        if used.is_empty() && !unused(&self.lock()) {
            return Ok(());
        }
        let unused_since = if database.is_shared() { now - UNUSED } else { now };
        database.note_calendar_use(&used, now, is_complete.then_some(unused_since))?;
        self.lock().forget_unused(&used, is_complete && !database.is_shared());
        Ok(())
    }

    /// The right to fetch one of the calendars of `uses` that are due at `now`, besides those at `busy` digests; `None` if
    /// none is, or other servers fetch them.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn next_job<'u>(
        &self,
        uses: impl Iterator<Item = &'u CalendarUse>,
        busy: &BTreeSet<String>,
        now: Instant,
    ) -> Result<Option<Job>, JournalError> {
        for (digest, wanted) in wanted(uses) {
            let known = self.lock().known.get(&digest).cloned();
            let state = known
                .clone()
                .unwrap_or_else(|| CalendarState { address: digest.clone(), ..Default::default() });
            if busy.contains(&digest) || !is_due(&state, &wanted.purpose_hash(), &self.options, now) {
                continue;
            }
            let is_known = known.is_some();
            let has_text = self.kept().get(&wanted.address).is_some_and(|kept| kept.text.is_some());
            // Without a copy, a server must not answer that nothing changed: it was never fetched, or is damaged.
            let state = if has_text { state } else { without_validators(state) };
            if let Some(job) = self.lease(wanted, state, is_known, now)? {
                return Ok(Some(job));
            }
        }
        Ok(None)
    }

    fn lease(
        &self,
        wanted: Wanted,
        state: CalendarState,
        is_known: bool,
        now: Instant,
    ) -> Result<Option<Job>, JournalError> {
        let holder = RandomState::new().hash_one(0).cast_signed();
        if let Some(database) = &self.database {
            if !is_known {
                database.add_calendars(&[(state.clone(), CalendarCopy::default())], now)?;
            }
            if !database.lease_calendar(&state, Lease { holder, from: now, until: now + LEASE })? {
                return Ok(None);
            }
        }
        Ok(Some(Job { wanted, state, holder }))
    }

    /// A fetcher with the limits of these calendars.
    pub fn fetcher(&self) -> Fetcher {
        Fetcher::with_limits(self.options.limits)
    }

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
        context: (&Configuration, &LoadWith<'_>),
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
            let purpose = wanted.purpose_hash();
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
                    purpose: wanted.purpose_hash(),
                    etag: validators.etag.unwrap_or_default(),
                    last_modified: validators.last_modified.unwrap_or_default(),
                    ..confirmed
                };
                match old_text
                    .is_none_or(|old| old != text)
                    .then(|| judge(&wanted, &text, &kept, context, now))
                {
                    None => (fetched, None),
                    Some(Judgement::Good(history)) => (fetched, Some((text, history))),
                    Some(Judgement::Unreadable(code)) => {
                        let error = format!("the calendar that was fetched has an error ({code})");
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
        self.store(&state, content, holder)
    }

    fn store(
        &self,
        state: &CalendarState,
        content: Option<KeptCalendar>,
        holder: i64,
    ) -> Result<bool, JournalError> {
        if let Some(database) = &self.database {
            let history = content.as_ref().map(KeptCalendar::history_text).unwrap_or_default();
            let text = content.as_ref().and_then(|content| content.text.as_deref());
            // A server that took the lease meanwhile has fetched it too.
            database.write_calendar(state, text.map(|text| (text, &*history)), holder)?;
            return self.read();
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
        let (calendar, readers) = (&wanted.address, readers.join(", "));
        if state.last_error.is_empty() {
            if state.failures == 0 && all.logged.remove(&wanted.digest).is_some() {
                tracing::info!(%calendar, readers, "the calendar can be fetched again");
            }
        } else if all.logged.insert(wanted.digest.clone(), state.last_error.clone()).as_ref()
            != Some(&state.last_error)
        {
            let copy = if state.number > 0 { "the kept copy stays in use" } else { "there is no copy" };
            tracing::warn!(%calendar, readers, error = state.last_error, "failed to fetch a calendar; {copy}");
        }
    }
}

impl State {
    /// What this process remembers and the database has no more, or not as new: it was lost there, or a backup put back.
    fn lost(
        &self,
        stored: &BTreeMap<String, CalendarState>,
        kept: &KeptCalendars,
    ) -> Vec<(CalendarState, CalendarCopy)> {
        let is_lost = |digest: &str, number: i64| {
            self.used.contains(digest) && stored.get(digest).is_none_or(|stored| stored.number < number)
        };
        let lost = kept.iter().filter(|(digest, kept)| kept.text.is_some() && is_lost(digest, kept.number));
        lost.filter_map(|(digest, kept)| {
            let copy = CalendarCopy {
                number: kept.number,
                text: kept.text.as_deref().map(str::to_owned),
                history: kept.history_text(),
            };
            Some((self.known.get(digest)?.clone(), copy))
        })
        .collect()
    }

    fn forget_unused(&mut self, used: &BTreeSet<String>, are_deleted: bool) {
        let is_used = |digest: &str| used.contains(digest);
        self.logged.retain(|digest, _| is_used(digest));
        if are_deleted {
            self.known.retain(|digest, _| is_used(digest));
            let kept = self.kept.iter().filter(|(digest, _)| is_used(digest));
            let kept: Vec<_> =
                kept.map(|(digest, kept)| (digest.to_owned(), KeptCalendar::clone(kept))).collect();
            let mut all = KeptCalendars::for_server();
            kept.into_iter().for_each(|(digest, kept)| all.insert(&digest, kept));
            self.kept = Arc::new(all);
        }
    }
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

fn without_validators(state: CalendarState) -> CalendarState {
    CalendarState { purpose: String::new(), etag: String::new(), last_modified: String::new(), ..state }
}

fn with_state(content: KeptCalendar, state: &CalendarState) -> KeptCalendar {
    KeptCalendar {
        fetched_at: state.fetched_at,
        failure: Some(state.last_error.clone()).filter(|error| !error.is_empty()),
        ..content
    }
}

/// Whether a load would show the same with either, apart from how long ago fetches were.
fn shows_the_same(one: &KeptCalendars, other: &KeptCalendars) -> bool {
    let shown = |(digest, kept): (&str, &Arc<KeptCalendar>)| {
        let has_text = kept.text.is_some();
        (digest.to_owned(), kept.number, has_text, kept.failure.clone())
    };
    one.iter().map(shown).eq(other.iter().map(shown))
}
