//! The reloader with a clock that the test sets: weeks end, machines sleep, files are removed and come back.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant as Moment};

use crate::support::logged;
use crate::support::pair::{TEAM, configuration};
use crate::support::running::PATIENCE;
use chrono::DateTime;
use oncal::config::{self, Diagnostic};
use oncal::journal::{Database, Location};
use oncal::live::reloader::{Options, Reloader};
use oncal::live::{Builder, Store};
use oncal::publish::{JournalState, Publisher};
use oncal::rota::{Instant, TeamId};
use tempfile::TempDir;

const CHANGE: &str = "2026-02-13T15:00:00Z";

/// How long a file that is open for writing is waited for.
const MAX_WRITE: Duration = Duration::from_secs(5);

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A reloader of a folder with one team, `data`, and its clock.
struct Reloading {
    folder: TempDir,
    store: Arc<Store>,
    clock: Arc<AtomicI64>,
    reloader: Reloader,
}

impl Reloading {
    fn new(now: &str, has_journal: bool) -> Reloading {
        Reloading::reporting(now, has_journal, |_| {})
    }

    fn reporting(now: &str, has_journal: bool, report: fn(&Diagnostic)) -> Reloading {
        let folder = configuration("config", "past_weeks = 1\nfuture_weeks = 3\n");
        let config = folder.path().join("config");
        let publisher = match has_journal {
            true => {
                let database = Database::open(Location::folder(folder.path().join("state"))).unwrap();
                Publisher::new(database, None, String::new())
            }
            false => Publisher::without_journal(),
        };
        let builder = Builder::new(publisher);
        let first = builder.first(config::load(&config, at(now)).unwrap(), at(now)).unwrap();
        let store = Arc::new(Store::new(first));
        let clock = Arc::new(AtomicI64::new(at(now).timestamp_millis()));
        let time = Arc::clone(&clock);
        let reloader = Reloader::start(Options {
            store: Arc::clone(&store),
            builder,
            folder: config,
            state: folder.path().join("state"),
            now: Box::new(move || DateTime::from_timestamp_millis(time.load(Ordering::SeqCst)).unwrap()),
            report,
        });
        Reloading { folder, store, clock, reloader: reloader.unwrap() }
    }

    /// Sets the clock, and wakes the reloader, which would otherwise look at it within some seconds.
    fn set(&self, now: &str) {
        self.clock.store(at(now).timestamp_millis(), Ordering::SeqCst);
        self.reloader.reload();
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("config/teams/data.toml")
    }

    fn week(&self) -> Instant {
        self.store.load().team("data").unwrap().frame().week.start()
    }

    fn feed(&self) -> String {
        let snapshot = self.store.load();
        let team = snapshot.team("data").unwrap();
        let slot = team.feed_at("team.ics").unwrap();
        String::from_utf8(team.source(slot).calendar(None, false)).unwrap()
    }

    fn until(&self, what: &str, is_so: impl Fn(&Reloading) -> bool) {
        let since = Moment::now();
        while !is_so(self) {
            assert!(since.elapsed() < PATIENCE, "{what} never comes");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn database(folder: &Path) -> Database {
    Database::open(Location::folder(folder.join("state"))).unwrap()
}

#[test]
fn the_snapshot_rolls_over_at_the_duty_change_and_not_before() {
    let server = Reloading::new("2026-02-10T12:00:00Z", true);
    server.set("2026-02-13T14:59:59.950Z");
    thread::sleep(Duration::from_millis(300));
    assert_eq!((server.store.load().generation(), server.week()), (1, at("2026-02-06T15:00:00Z")));
    server.set(CHANGE);
    server.until("the next week", |server| server.week() == at(CHANGE));
    assert_eq!(server.store.load().generation(), 2);
    let created = "CREATED:20260213T150000Z";
    assert!(server.feed().contains(created), "what the week brought is of its start");
}

#[test]
fn what_a_week_brings_is_in_the_journal_before_it_is_served() {
    let server = Reloading::new("2026-02-10T12:00:00Z", true);
    let id = TeamId::new("data").unwrap();
    let version = || database(server.folder.path()).read_team(&id).unwrap().unwrap().version;
    assert_eq!(version(), 1);
    server.set("2026-02-13T14:59:45Z");
    server.until("the writing ahead", |_| version() == 2);
    assert_eq!(server.week(), at("2026-02-06T15:00:00Z"), "and still the old week is served");
    server.set(CHANGE);
    server.until("the next week", |server| server.week() == at(CHANGE));
    assert_eq!(version(), 2);
    assert_eq!(server.store.load().team("data").unwrap().journal_state(), JournalState::Written);
}

#[test]
fn a_machine_that_slept_through_weeks_wakes_in_the_right_one_at_once() {
    let server = Reloading::new("2026-02-10T12:00:00Z", false);
    server.set("2026-04-01T00:00:00Z");
    server.until("the right week", |server| server.week() == at("2026-03-27T14:00:00Z"));
    assert_eq!(server.store.load().generation(), 2, "not week by week");
}

#[test]
fn a_change_between_building_ahead_and_the_duty_change_is_not_lost() {
    let server = Reloading::new("2026-02-10T12:00:00Z", true);
    server.set("2026-02-13T14:59:45Z");
    thread::sleep(Duration::from_millis(200));
    fs::write(server.file(), TEAM.replace("Ann", "Anna")).unwrap();
    server.until("the change", |server| server.feed().contains("Anna"));
    server.set(CHANGE);
    server.until("the next week", |server| server.week() == at(CHANGE));
    assert!(server.feed().contains("Anna"));
}

#[test]
fn a_team_whose_file_is_removed_stays_in_service_and_is_reported() {
    let server = Reloading::new("2026-02-10T12:00:00Z", false);
    let before = server.feed();
    assert_eq!(server.store.removed_teams(), 0);
    fs::remove_file(server.file()).unwrap();
    server.until("notice", |server| !server.store.load().removed().is_empty());
    assert_eq!(server.store.removed_teams(), 1);
    assert!(server.store.load().is_outdated(&TeamId::new("data").unwrap()));
    assert!(server.feed() == before);
    fs::write(server.file(), TEAM).unwrap();
    server.until("its return", |server| server.store.load().removed().is_empty());
    assert!(server.feed() == before, "nothing changed, so the feed is the same");
}

#[test]
fn a_folder_that_is_moved_away_is_reported_and_noticed_when_it_is_back() {
    let server = Reloading::new("2026-02-10T12:00:00Z", false);
    let [config, away] = ["config", "away"].map(|name| server.folder.path().join(name));
    fs::rename(&config, &away).unwrap();
    server.until("the fault", |server| server.store.faults().configuration.is_some());
    assert!(server.feed().contains("Ann"));
    fs::write(away.join("teams/data.toml"), TEAM.replace("Ann", "Anna")).unwrap();
    fs::rename(&away, &config).unwrap();
    server.until("its return", |server| server.feed().contains("Anna"));
    assert!(!server.store.faults().any());
    fs::write(server.file(), TEAM.replace("Ann", "Annette")).unwrap();
    server.until("a change after that", |server| server.feed().contains("Annette"));
}

#[test]
fn reading_files_is_not_a_change() {
    let server = Reloading::new("2026-02-10T12:00:00Z", false);
    // The watch is active once a change shows.
    fs::write(server.file(), TEAM.replace("Ann", "Anna")).unwrap();
    server.until("the change", |server| server.feed().contains("Anna"));
    // A load may be due for another reason: what else the write triggered, or the half minute after which all is read.
    let is_quiet = |_| {
        thread::sleep(Duration::from_secs(1));
        let before = server.store.last_load();
        for _ in 0..40 {
            assert!(Command::new("cat").arg(server.file()).stdout(Stdio::null()).status().unwrap().success());
            fs::read_dir(server.file().parent().unwrap()).unwrap().for_each(drop);
            thread::sleep(Duration::from_millis(50));
        }
        // No two loads take equally long.
        server.store.last_load() == before
    };
    assert!((0..4).any(is_quiet), "each time that it is read it is loaded");
    fs::write(server.file(), TEAM.replace("Ann", "Annette")).unwrap();
    server.until("a change after that", |server| server.feed().contains("Annette"));
}

#[test]
fn a_clock_that_was_ahead_at_the_start_is_corrected() {
    let server = Reloading::new("2026-06-10T12:00:00Z", true);
    let future = server.week();
    server.set("2026-02-10T12:00:00Z");
    server.until("the right week", |server| server.week() == at("2026-02-06T15:00:00Z"));
    assert!(future > server.week());
    server.set("2026-02-06T14:59:45Z");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(server.week(), at("2026-02-06T15:00:00Z"), "a correction by seconds changes nothing");
    server.set(CHANGE);
    server.until("the next week", |server| server.week() == at(CHANGE));
}

/// Panics while the file has an error.
fn fails(diagnostic: &Diagnostic) {
    assert!(!diagnostic.is_error(), "the test makes the reloader fail");
}

#[test]
fn a_reloader_that_fails_unexpectedly_is_reported_and_goes_on() {
    logged::start();
    let works_again = || logged::lines_with("the reloader works again").len();
    let server = Reloading::reporting("2026-02-10T12:00:00Z", false, fails);
    fs::write(server.file(), "name = 1").unwrap();
    server.until("the fault", |server| server.store.faults().reloader.is_some());
    assert!(server.feed().contains("Ann"), "and what was in service stays so");
    assert_eq!(works_again(), 0);
    fs::write(server.file(), TEAM.replace("Ann", "Anna")).unwrap();
    server.until("the change", |server| server.feed().contains("Anna"));
    server.until("its end", |server| !server.store.faults().any());
    assert!(server.store.look_age() < Duration::from_secs(16));
    server.until("its line", |_| works_again() == 1);
}

#[test]
fn a_file_is_not_read_while_somebody_writes_to_it() {
    let server = Reloading::new("2026-02-10T12:00:00Z", false);
    fs::write(server.file(), TEAM.replace("Ann", "Anna")).unwrap();
    server.until("the watch", |server| server.feed().contains("Anna"));
    // Each part is a valid team by itself.
    let since = Moment::now();
    let mut file = fs::File::create(server.file()).unwrap();
    file.write_all(TEAM.replace("Ann", "Half").as_bytes()).unwrap();
    while since.elapsed() < Duration::from_secs(2) {
        let is_published = server.feed().contains("Half");
        assert!(!is_published || since.elapsed() >= MAX_WRITE, "published after {:?}", since.elapsed());
        thread::sleep(Duration::from_millis(20));
    }
    file.write_all(b"[[swap]]\nweek = 2026-02-13\nprimary = \"a\"\nsecondary = \"b\"\n").unwrap();
    drop(file);
    server.until("the whole file", |server| server.feed().contains("swap"));
    assert!(server.feed().contains("Half"));

    let since = Moment::now();
    let mut file = fs::File::create(server.file()).unwrap();
    file.write_all(TEAM.replace("Ann", "Endless").as_bytes()).unwrap();
    server.until("a file that stays open", |server| server.feed().contains("Endless"));
    assert!(since.elapsed() >= MAX_WRITE, "it was waited for");
}
