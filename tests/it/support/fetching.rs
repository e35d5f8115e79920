//! A server of a small team, one of whom has a calendar at an address, with a clock that the test sets.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant as Moment};

use chrono::{DateTime, TimeDelta};
use oncal::calendars::{Calendars, FetchWait, Options};
use oncal::config::{self, AsOf, Diagnostic};
use oncal::fetch::Limits;
use oncal::journal::{Database, Location};
use oncal::live::reloader;
use oncal::live::{Builder, Reloader, Store};
use oncal::publish::Publisher;
use oncal::rota::Instant;
use tempfile::TempDir;

use super::running::PATIENCE;

/// What may be fetched at an address that does what no server should.
pub(crate) const LIMITS: Limits = Limits { overall: Duration::from_secs(4), megabytes: 1, redirects: 5 };

/// A configuration folder with the team `data`: Ann, whose leave is at an address, Bob and Cy.
pub(crate) fn folder(address: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("teams")).unwrap();
    fs::write(folder.path().join("teams/data.toml"), team(&format!("time_off_calendar = \"{address}\"")))
        .unwrap();
    folder
}

/// The team, with something more about Ann.
pub(crate) fn team(ann: &str) -> String {
    let engineers: String = [("a", "Ann", ann), ("b", "Bob", ""), ("c", "Cy", "")]
        .map(|(id, name, more)| format!("[[engineer]]\nid = \"{id}\"\nname = \"{name}\"\n{more}\n"))
        .concat();
    format!(
        "name = \"Data\"\ntime_zone = \"America/New_York\"\nholidays = [\"us-federal\"]\n{engineers}\
         [[rotation]]\nstarts = 2026-01-02T10:00:00\nweeks = [\n\
         {{ primary = \"a\", secondary = \"b\" }}, {{ primary = \"b\", secondary = \"c\" }}, \
         {{ primary = \"c\", secondary = \"a\" }}]\n"
    )
}

/// A running server.
pub(crate) struct Serving {
    pub(crate) folder: PathBuf,
    pub(crate) store: Arc<Store>,
    clock: Arc<AtomicI64>,
    reloader: Option<Reloader>,
}

static REPORTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn report(diagnostic: &Diagnostic) {
    REPORTED.lock().unwrap().push(diagnostic.to_string());
}

/// Everything that any server of this process reported.
pub(crate) fn reported() -> Vec<String> {
    REPORTED.lock().unwrap().clone()
}

impl Serving {
    /// Starts on the configuration in `folder` at `now`, as `oncal serve` does.
    pub(crate) fn start(folder: impl Into<PathBuf>, location: Location, now: &str) -> Serving {
        let (folder, now) = (folder.into(), now.parse::<Instant>().unwrap());
        let database = Arc::new(Database::open(location).unwrap());
        let options = Options { limits: LIMITS, ..Options::DEFAULT };
        let calendars = Arc::new(Calendars::new(Some(Arc::clone(&database)), options));
        calendars.read().unwrap();
        let load = |calendars| config::load(&folder, AsOf { now, calendars }).ok();
        let kept = config::load(&folder, calendars.as_of(now)).unwrap();
        calendars.fetch_now(&kept, &load, FetchWait::New(PATIENCE), now).unwrap();
        let configuration = config::load(&folder, calendars.as_of(now)).unwrap();
        let publisher = Publisher::new(database, None, String::new());
        let builder = Builder::new(publisher).with_calendars(calendars);
        let store = Arc::new(Store::new(builder.first(configuration, now).unwrap()));
        let clock = Arc::new(AtomicI64::new(now.timestamp_millis()));
        let time = Arc::clone(&clock);
        let reloader = Reloader::start(reloader::Options {
            store: Arc::clone(&store),
            builder,
            folder: folder.clone(),
            state: folder.join("state"),
            now: Box::new(move || DateTime::from_timestamp_millis(time.load(Ordering::SeqCst)).unwrap()),
            report,
        });
        Serving { folder, store, clock, reloader: Some(reloader.unwrap()) }
    }

    /// Lets this many minutes pass.
    pub(crate) fn pass(&self, minutes: i64) {
        self.clock.fetch_add(TimeDelta::minutes(minutes).num_milliseconds(), Ordering::SeqCst);
        self.reloader.as_ref().unwrap().reload();
    }

    pub(crate) fn feed(&self, path: &str) -> String {
        let snapshot = self.store.load();
        let team = snapshot.team("data").unwrap();
        let slot = team.feed_at(path).unwrap();
        String::from_utf8(team.source(slot).calendar(None, false)).unwrap()
    }

    /// All that subscribers get.
    pub(crate) fn feeds(&self) -> Vec<String> {
        ["team.ics", "coverage.ics", "primary.ics", "secondary.ics", "engineers/a.ics"]
            .map(|path| self.feed(path))
            .into()
    }

    /// Whether Ann is away on a date, such as `20260308`, by the feed of what is covered.
    pub(crate) fn is_away(&self, date: &str) -> bool {
        self.feed("coverage.ics").contains(&format!("time-off.a.{date}"))
    }

    /// The codes of what is found in the configuration in service.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        let snapshot = self.store.load();
        let found = snapshot.configuration().diagnostics.iter().filter(|found| !found.is_note());
        found.map(|found| found.code).collect()
    }

    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Serving) -> bool) {
        let since = Moment::now();
        while !is_so(self) {
            // What is not used any more is deleted every minute.
            assert!(since.elapsed() < PATIENCE * 2, "{what} never comes: {:?}", self.codes());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops the server, so that only what is stored is left.
    pub(crate) fn stop(mut self) {
        drop(self.reloader.take());
    }
}
