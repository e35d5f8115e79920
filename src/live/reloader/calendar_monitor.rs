//! A thread that fetches calendars when they are due. Each request has a thread of its own, so that a server that does
//! not answer delays neither other calendars nor the end of the program.

use std::collections::BTreeSet;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as Moment};

use super::notice::Notice;
use super::options::Options;
use crate::calendars::{Calendars, InService, Job};
use crate::config::{self, AsOf, CalendarUse, Configuration, KeptCalendars, Scope};
use crate::fetch::{FetchError, Fetched, Fetcher};
use crate::journal::JournalError;
use crate::live::snapshot::Snapshot;
use crate::rota::Instant;

/// How often to check whether a calendar is due; a newly configured one is.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How often to read what other servers stored.
const READ_EVERY: Duration = Duration::from_secs(5);

/// How often to store which calendars are in use.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// How long to wait after a failure of the database.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// How many calendars are fetched at once.
const MAX_AT_ONCE: usize = 8;

/// A running monitor. It stops when it is dropped.
#[derive(Debug)]
pub(super) struct CalendarMonitor {
    messages: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

/// What the monitor's thread receives.
#[derive(Debug)]
enum Message {
    Fetched(Box<Job>, Result<Fetched, FetchError>),
    Stop,
}

impl CalendarMonitor {
    /// Starts to fetch the calendars of `options`, if there are any, and notifies `notices` of new copies.
    ///
    /// # Errors
    ///
    /// If the operating system provides no thread.
    pub(super) fn start(options: Arc<Options>, notices: Sender<Notice>) -> std::io::Result<CalendarMonitor> {
        let (messages, received) = mpsc::channel();
        let Some(calendars) = options.builder.calendars().cloned() else {
            return Ok(CalendarMonitor { messages, thread: None });
        };
        let now = Moment::now();
        let worker = Worker {
            options,
            calendars,
            notices,
            messages: messages.clone(),
            busy: BTreeSet::new(),
            read_at: now,
            note_at: now,
            is_defective: false,
        };
        let run = move || worker.run(&received);
        let thread = thread::Builder::new().name("calendars".to_owned()).spawn(run)?;
        Ok(CalendarMonitor { messages, thread: Some(thread) })
    }
}

impl Drop for CalendarMonitor {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Worker {
    options: Arc<Options>,
    calendars: Arc<Calendars>,
    notices: Sender<Notice>,
    messages: Sender<Message>,
    /// The digests of calendars that are being fetched.
    busy: BTreeSet<String>,
    /// When to read next what others stored.
    read_at: Moment,
    /// When to store next what is in use.
    note_at: Moment,
    /// Whether the last step ended with a panic.
    is_defective: bool,
}

impl Worker {
    fn run(mut self, received: &Receiver<Message>) {
        let mut pause = LOOK_EVERY;
        loop {
            let message = match received.recv_timeout(pause) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
            };
            pause = self.checked_step(message);
        }
    }

    /// Takes a step, and returns how long to wait before the next. A panic is logged by the panic hook, and the next
    /// step is taken nevertheless. The journal's own monitor reports what is wrong with the journal.
    fn checked_step(&mut self, message: Option<Message>) -> Duration {
        let done = catch_unwind(AssertUnwindSafe(|| self.step(message)));
        let is_defective = done.is_err();
        if mem::replace(&mut self.is_defective, is_defective) != is_defective {
            let _ = self.notices.send(Notice::CalendarMonitor { is_defective });
        }
        if matches!(done, Ok(Ok(()))) { LOOK_EVERY } else { RETRY_AFTER }
    }

    fn step(&mut self, message: Option<Message>) -> Result<(), JournalError> {
        let snapshot = Arc::clone(&self.options.store.load());
        if let Some(Message::Fetched(job, result)) = message {
            self.busy.remove(job.digest());
            self.finish(*job, result, &snapshot)?;
        }
        let now = Moment::now();
        if self.read_at <= now {
            self.read_at = now + READ_EVERY;
            self.notify(read(&self.calendars, &self.options, &snapshot)?);
        }
        if self.note_at <= now {
            let at = (self.options.now)();
            let configuration = snapshot.configuration();
            let is_complete = configuration.names_all_calendars() && snapshot.removed().is_empty();
            self.calendars.note_use(uses(&snapshot), is_complete, at)?;
            self.note_at = now + NOTE_EVERY;
        }
        self.start_fetches(&snapshot)
    }

    /// Notifies the reloader if there is something new.
    fn notify(&self, is_changed: bool) {
        if is_changed {
            let _ = self.notices.send(Notice::CalendarsChanged);
        }
    }

    fn start_fetches(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        while self.busy.len() < MAX_AT_ONCE {
            let at = (self.options.now)();
            let Some(job) = self.calendars.next_job(uses(snapshot), &self.busy, at)? else { return Ok(()) };
            self.busy.insert(job.digest().to_owned());
            let (messages, limits) = (self.messages.clone(), self.calendars.options().limits);
            let run = move || {
                let result = caught(|| job.run(&Fetcher::with_limits(limits)));
                drop(messages.send(Message::Fetched(Box::new(job), result)));
            };
            // Without a thread the calendar is fetched once its lease is over.
            if thread::Builder::new().name("calendar".to_owned()).spawn(run).is_err() {
                self.busy.clear();
                return Ok(());
            }
        }
        Ok(())
    }

    fn finish(
        &mut self,
        job: Job,
        result: Result<Fetched, FetchError>,
        snapshot: &Snapshot,
    ) -> Result<(), JournalError> {
        let at = (self.options.now)();
        let (load, others) = (loader(&self.options.folder, snapshot, at), other_uses(snapshot));
        let in_service = InService { configuration: snapshot.configuration(), others: &others, load: &load };
        let is_changed = self.calendars.finish(job, result, in_service, at)?;
        self.notify(is_changed);
        Ok(())
    }
}

/// The result of `fetch`. A panic, which the panic hook logs, is a failure like others: the calendar is tried again.
fn caught(fetch: impl FnOnce() -> Result<Fetched, FetchError>) -> Result<Fetched, FetchError> {
    catch_unwind(AssertUnwindSafe(fetch)).unwrap_or(Err(FetchError::Defect))
}

/// Reads what this server or others have stored while `snapshot` is in service. Whether a load would show something
/// else.
pub(super) fn read(
    calendars: &Calendars,
    options: &Options,
    snapshot: &Snapshot,
) -> Result<bool, JournalError> {
    let (load, others) = (loader(&options.folder, snapshot, (options.now)()), other_uses(snapshot));
    calendars.read_with(InService { configuration: snapshot.configuration(), others: &others, load: &load })
}

/// Loads the configuration in `folder` at `at`, after the one in service.
fn loader(
    folder: &Path,
    snapshot: &Snapshot,
    at: Instant,
) -> impl Fn(Arc<KeptCalendars>) -> Option<Configuration> {
    move |calendars| {
        let as_of = AsOf { now: at, calendars };
        config::reload(folder, as_of, snapshot.configuration(), &Scope::All).ok()
    }
}

/// The calendars that the files name, and those of teams that stay in service as they were.
fn uses(snapshot: &Snapshot) -> impl Iterator<Item = &CalendarUse> {
    snapshot.configuration().calendar_uses().chain(unconfigured(snapshot))
}

/// The calendars of teams that stay in service as they were, since their files have errors.
fn unconfigured(snapshot: &Snapshot) -> impl Iterator<Item = &CalendarUse> {
    let configured: BTreeSet<_> =
        snapshot.configuration().calendar_uses().map(|usage| &usage.reader).collect();
    let served = snapshot.served_teams().iter().flat_map(|team| &*team.config().calendars);
    served.filter(move |usage| !configured.contains(&usage.reader))
}

/// See [`InService::others`].
fn other_uses(snapshot: &Snapshot) -> Vec<CalendarUse> {
    unconfigured(snapshot).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Builder;
    use crate::live::sample::{at, configuration};
    use crate::publish::Publisher;

    #[test]
    fn a_fetch_that_panics_has_failed_and_its_calendar_can_be_tried_again() {
        assert_eq!(caught(|| panic!("a defect")).unwrap_err(), FetchError::Defect);
        assert!(matches!(caught(|| Ok(Fetched::NotModified)), Ok(Fetched::NotModified)));
    }

    #[test]
    fn a_panic_is_reported_and_so_is_its_end() {
        let now = at("2026-02-10T12:00:00Z");
        let builder = Builder::new(Publisher::without_journal());
        let (first, clock) = (configuration("", &[], now), Options::defective_clock(now));
        let options = Options::sample(builder, first, Path::new(""), clock);
        let ((notices, received), moment) = (mpsc::channel(), Moment::now());
        let mut worker = Worker {
            options: Arc::new(options),
            calendars: Arc::new(Calendars::for_command(None)),
            notices,
            messages: mpsc::channel().0,
            busy: BTreeSet::new(),
            read_at: moment,
            note_at: moment,
            is_defective: false,
        };
        for pause in [RETRY_AFTER, LOOK_EVERY, LOOK_EVERY] {
            assert_eq!(worker.checked_step(None), pause);
        }
        let states = received.try_iter().filter_map(|notice| match notice {
            Notice::CalendarMonitor { is_defective } => Some(is_defective),
            _ => None,
        });
        assert_eq!(states.collect::<Vec<_>>(), [true, false]);
    }
}
