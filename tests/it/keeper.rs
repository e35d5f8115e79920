//! The keeper by a clock that the test sets: weeks end, machines sleep, files go and come.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant as Moment};

use crate::support::pair::{TEAM, configuration};
use chrono::DateTime;
use oncal::config;
use oncal::journal::{Database, Location};
use oncal::live::{Coding, Duties, Keeper, Publisher, Snapshot, Standing, Store, Variant};
use oncal::rota::{Instant, TeamId};
use tempfile::TempDir;

const CHANGE: &str = "2026-02-13T15:00:00Z";

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A keeper of a folder with one team, `data`, and the hands of its clock.
struct Kept {
    folder: TempDir,
    store: Arc<Store>,
    hands: Arc<AtomicI64>,
    keeper: Keeper,
}

impl Kept {
    fn new(now: &str, has_journal: bool) -> Kept {
        let folder = configuration("config", "past_weeks = 1\nfuture_weeks = 3\n");
        let config = folder.path().join("config");
        let publisher = match has_journal {
            true => {
                let database = Database::open(Location::folder(folder.path().join("state"))).unwrap();
                Publisher::new(database, None, String::new())
            }
            false => Publisher::forgetful(),
        };
        let first = Snapshot::first(config::load(&config, at(now)).unwrap(), &publisher, at(now)).unwrap();
        let store = Arc::new(Store::new(first));
        let hands = Arc::new(AtomicI64::new(at(now).timestamp_millis()));
        let clock = Arc::clone(&hands);
        let keeper = Keeper::start(Duties {
            store: Arc::clone(&store),
            publisher,
            folder: config,
            now: Box::new(move || DateTime::from_timestamp_millis(clock.load(Ordering::SeqCst)).unwrap()),
            report: |_| {},
        });
        Kept { folder, store, hands, keeper: keeper.unwrap() }
    }

    /// Sets the clock, and wakes the keeper, which would else look at it within some seconds.
    fn set(&self, now: &str) {
        self.hands.store(at(now).timestamp_millis(), Ordering::SeqCst);
        self.keeper.reload();
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
        let body = &team.representation(slot, Variant::default(), Coding::Identity).body;
        String::from_utf8(body.to_vec()).unwrap()
    }

    fn until(&self, what: &str, is_so: impl Fn(&Kept) -> bool) {
        let since = Moment::now();
        while !is_so(self) {
            assert!(since.elapsed() < Duration::from_secs(20), "{what} never comes");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn database(folder: &Path) -> Database {
    Database::open(Location::folder(folder.join("state"))).unwrap()
}

#[test]
fn the_snapshot_rolls_at_the_duty_change_and_not_before() {
    let kept = Kept::new("2026-02-10T12:00:00Z", true);
    kept.set("2026-02-13T14:59:59.950Z");
    thread::sleep(Duration::from_millis(300));
    assert_eq!((kept.store.load().generation(), kept.week()), (1, at("2026-02-06T15:00:00Z")));
    kept.set(CHANGE);
    kept.until("the next week", |kept| kept.week() == at(CHANGE));
    assert_eq!(kept.store.load().generation(), 2);
    let created = "CREATED:20260213T150000Z";
    assert!(kept.feed().contains(created), "what the week brought is of its start");
}

#[test]
fn what_a_week_brings_is_in_the_journal_before_it_is_served() {
    let kept = Kept::new("2026-02-10T12:00:00Z", true);
    let id = TeamId::new("data").unwrap();
    let version = || database(kept.folder.path()).read_team(&id).unwrap().unwrap().version;
    assert_eq!(version(), 1);
    kept.set("2026-02-13T14:59:45Z");
    kept.until("the writing ahead", |_| version() == 2);
    assert_eq!(kept.week(), at("2026-02-06T15:00:00Z"), "and still the old week is served");
    kept.set(CHANGE);
    kept.until("the next week", |kept| kept.week() == at(CHANGE));
    assert_eq!(version(), 2);
    assert_eq!(kept.store.load().team("data").unwrap().standing(), Standing::Kept);
}

#[test]
fn a_machine_that_slept_through_weeks_wakes_in_the_right_one_at_once() {
    let kept = Kept::new("2026-02-10T12:00:00Z", false);
    kept.set("2026-04-01T00:00:00Z");
    kept.until("the right week", |kept| kept.week() == at("2026-03-27T14:00:00Z"));
    assert_eq!(kept.store.load().generation(), 2, "not week by week");
}

#[test]
fn a_change_between_building_ahead_and_the_duty_change_is_not_lost() {
    let kept = Kept::new("2026-02-10T12:00:00Z", true);
    kept.set("2026-02-13T14:59:45Z");
    thread::sleep(Duration::from_millis(200));
    fs::write(kept.file(), TEAM.replace("Ann", "Anna")).unwrap();
    kept.until("the change", |kept| kept.feed().contains("Anna"));
    kept.set(CHANGE);
    kept.until("the next week", |kept| kept.week() == at(CHANGE));
    assert!(kept.feed().contains("Anna"));
}

#[test]
fn a_team_whose_file_goes_is_served_on_and_told_of() {
    let kept = Kept::new("2026-02-10T12:00:00Z", false);
    let before = kept.feed();
    fs::remove_file(kept.file()).unwrap();
    kept.until("notice", |kept| !kept.store.load().gone().is_empty());
    assert!(kept.store.load().is_outdated(&TeamId::new("data").unwrap()));
    assert!(kept.feed() == before);
    fs::write(kept.file(), TEAM).unwrap();
    kept.until("its return", |kept| kept.store.load().gone().is_empty());
    assert!(kept.feed() == before, "nothing changed, so nothing is told as changed");
}

#[test]
fn a_folder_that_goes_is_told_of_and_noticed_when_it_is_back() {
    let kept = Kept::new("2026-02-10T12:00:00Z", false);
    let [config, away] = ["config", "away"].map(|name| kept.folder.path().join(name));
    fs::rename(&config, &away).unwrap();
    kept.until("the fault", |kept| kept.store.faults().configuration.is_some());
    assert!(kept.feed().contains("Ann"));
    fs::write(away.join("teams/data.toml"), TEAM.replace("Ann", "Anna")).unwrap();
    fs::rename(&away, &config).unwrap();
    kept.until("its return", |kept| kept.feed().contains("Anna"));
    assert!(!kept.store.faults().any());
    fs::write(kept.file(), TEAM.replace("Ann", "Annette")).unwrap();
    kept.until("a change after that", |kept| kept.feed().contains("Annette"));
}

#[test]
fn reading_files_is_no_change_and_has_nothing_read_again() {
    let kept = Kept::new("2026-02-10T12:00:00Z", false);
    // The watch is on once a change shows; what else the writing set off is over a second later.
    fs::write(kept.file(), TEAM.replace("Ann", "Anna")).unwrap();
    kept.until("the change", |kept| kept.feed().contains("Anna"));
    thread::sleep(Duration::from_secs(1));
    let before = kept.store.last_load().unwrap();
    for _ in 0..60 {
        assert!(Command::new("cat").arg(kept.file()).stdout(Stdio::null()).status().unwrap().success());
        fs::read_dir(kept.file().parent().unwrap()).unwrap().for_each(drop);
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(kept.store.last_load(), Some(before), "no two loads take equally long");
    fs::write(kept.file(), TEAM.replace("Ann", "Annette")).unwrap();
    kept.until("a change after that", |kept| kept.feed().contains("Annette"));
}
