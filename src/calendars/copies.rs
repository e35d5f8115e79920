//! All copies of fetched calendars: in memory for loads, and in the journal's database, where other servers find them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use super::job::{Job, Wanted, purpose, stored_purpose, wanted};
use super::judge::InService;
use super::options::Options;
use super::others::missing_past;
use super::schedule::is_due;
use super::stored::{Stored, shows_the_same, stored, without_validators};
use crate::config::{AsOf, CalendarUse, KeptCalendar, KeptCalendars};
use crate::fetch::Fetcher;
use crate::journal::{CalendarCopy, CalendarNotes, CalendarState, Database, JournalError, Lease};
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
pub(super) struct State {
    pub(super) kept: Arc<KeptCalendars>,
    /// By digest.
    pub(super) known: BTreeMap<String, CalendarState>,
    /// See [`Stored::notes`].
    notes: CalendarNotes,
    /// The digests of those in use.
    used: BTreeSet<String>,
    /// The failures that were logged, by digest.
    pub(super) logged: BTreeMap<String, String>,
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

    /// Whether the calendar was never fetched, or not for all that `usage` needs of it.
    pub(super) fn is_lacking(&self, usage: &CalendarUse) -> bool {
        let (known, _) = self.known(usage.address.digest().as_str());
        let has_text = self.kept().get(&usage.address).is_some_and(|kept| kept.text.is_some());
        !has_text || known.is_none_or(|known| !stored_purpose(&known).includes(&purpose(usage)))
    }

    /// What is known of a calendar, and what servers have noted of it.
    fn known(&self, digest: &str) -> (Option<CalendarState>, BTreeSet<String>) {
        let state = self.lock();
        (state.known.get(digest).cloned(), state.notes.get(digest).cloned().unwrap_or_default())
    }

    pub(super) fn database(&self) -> Option<&Arc<Database>> {
        self.database.as_ref()
    }

    pub(super) fn kept(&self) -> Arc<KeptCalendars> {
        Arc::clone(&self.lock().kept)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what this server or others have stored. Returns whether anything changed that a load would show.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn read(&self) -> Result<bool, JournalError> {
        Ok(self.stored()?.is_some_and(|stored| self.take(stored)))
    }

    /// [`Calendars::read`] for a running server. Where another server stored a copy without knowing all of this one's
    /// readers, this one adds to their past what had begun by the copy before.
    ///
    /// # Errors
    ///
    /// If the database cannot be read or written.
    pub fn read_with(&self, in_service: InService<'_>) -> Result<bool, JournalError> {
        let Some(database) = self.database.as_ref().filter(|database| database.is_shared()) else {
            return self.read();
        };
        let Some(stored) = self.stored()? else { return Ok(false) };
        let missing = missing_past(&self.kept(), &stored.kept, in_service);
        for (digest, number, history) in &missing {
            if !database.write_calendar_history(digest, *number, history)? {
                // Another server was faster; what it wrote is looked at the next time.
                return Ok(false);
            }
        }
        if missing.is_empty() { Ok(self.take(stored)) } else { self.read() }
    }

    fn stored(&self) -> Result<Option<Stored>, JournalError> {
        let Some(database) = &self.database else { return Ok(None) };
        let before = self.kept();
        let found = stored(database, &before)?;
        let lost: Vec<_> = self.lock().lost(&found.known, &before);
        if lost.is_empty() || !before.is_server() {
            return Ok(Some(found));
        }
        let tried_at = lost.iter().filter_map(|(state, _)| state.tried_at).max().unwrap_or_default();
        database.add_calendars(&lost, tried_at)?;
        stored(database, &before).map(Some)
    }

    /// Returns whether anything changed that a load would show.
    fn take(&self, stored: Stored) -> bool {
        let Stored { kept, known, notes } = stored;
        let mut state = self.lock();
        let is_changed = !shows_the_same(&state.kept, &kept);
        state.known = known;
        state.notes = notes;
        state.kept = Arc::new(kept);
        is_changed
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
        let notes: CalendarNotes =
            wanted(uses).into_iter().map(|(digest, wanted)| (digest, wanted.notes())).collect();
        let used: BTreeSet<String> = notes.keys().cloned().collect();
        self.lock().used.clone_from(&used);
        let unused = |state: &State| state.known.keys().any(|digest| !used.contains(digest));
        if used.is_empty() && !unused(&self.lock()) {
            return Ok(());
        }
        let unused_since = if database.is_shared() { now - UNUSED } else { now };
        database.note_calendar_use(&notes, now, is_complete.then_some(unused_since))?;
        self.lock().forget_unused(&used, is_complete && !database.is_shared());
        Ok(())
    }

    /// The right to fetch one of the calendars of `uses` that are due at `now`, besides those at `busy` digests; `None`
    /// if none is, or other servers fetch them.
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
            let (known, notes) = self.known(&digest);
            let state = known
                .clone()
                .unwrap_or_else(|| CalendarState { address: digest.clone(), ..Default::default() });
            if busy.contains(&digest) || !is_due(&state, &wanted.purpose, &self.options, now) {
                continue;
            }
            let wanted = wanted.and_for(notes);
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
}

impl State {
    /// The copies in memory that are missing in the database, or older there: it lost them, or was restored from a
    /// backup.
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
