//! Servers that share a PostgreSQL, each with a configuration folder of its own, and calendars that they fetch: the
//! same bytes from both, one fetch for both, and nothing lost where their files differ.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use oncal::calendars::{Calendars, FetchWait, InService, Options};
use oncal::config::{self, AsOf, Configuration, Scope};
use oncal::journal::{Database, Location};
use oncal::rota::Instant;
use tempfile::TempDir;

use crate::support::calendar_server::{CalendarServer, calendar};
use crate::support::fetching::{folder, team};
use crate::support::passing_clock::PassingClock;
use crate::support::postgres::Postgres;
use crate::support::running::{PATIENCE, Running, get, program};
use crate::support::wait::wait;

const FEEDS: [&str; 5] = ["team.ics", "coverage.ics", "primary.ics", "secondary.ics", "engineers/a.ics"];

/// More than an hour and the jitter.
const HOUR: i64 = 67;

/// A server on a folder of its own.
struct Side {
    folder: TempDir,
    running: Option<Running>,
}

impl Side {
    fn new(postgres: &Postgres, address: &str, clock: &PassingClock) -> Side {
        let folder = folder(address);
        let settings =
            format!("bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\njournal = \"{}\"\n", postgres.url);
        fs::write(folder.path().join("oncal.toml"), settings).unwrap();
        let mut side = Side { folder, running: None };
        side.restart(clock);
        side
    }

    fn restart(&mut self, clock: &PassingClock) {
        drop(self.running.take());
        let mut command = program(self.folder.path(), &[]);
        clock.clock.apply(&mut command, false);
        self.running = Some(Running::start(&mut command));
    }

    fn log(&self) -> String {
        self.running.as_ref().unwrap().log()
    }

    /// ETag and bytes of every feed.
    fn feeds(&self) -> Vec<(String, String)> {
        let feed = |path: &&str| {
            let (head, body) = get(self.running.as_ref().unwrap().address, &format!("/data/{path}"));
            assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
            let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
            (tag.to_owned(), String::from_utf8(body).unwrap())
        };
        FEEDS.iter().map(feed).collect()
    }
}

/// The feeds of both, once they say that Ann is away from `date` on and are the same.
#[track_caller]
fn agreed(sides: [&Side; 2], date: NaiveDate) -> Vec<(String, String)> {
    let mark = format!("time-off.a.{}", date.format("%Y%m%d"));
    wait(PATIENCE, &mark, || {
        let [one, other] = sides.map(Side::feeds);
        one == other && one[1].1.contains(&mark)
    });
    sides[0].feeds()
}

#[test]
#[ignore = "needs PostgreSQL and faketime, which tests/run.sh installs"]
fn two_running_servers_agree_throughout() {
    let (postgres, clocks) = (Postgres::start(), tempfile::tempdir().unwrap());
    let clock = PassingClock::new(clocks.path().join("clock"));
    // Three weeks, in one of which at least Ann is on duty.
    let leave = |first: u64| {
        let days = [first, first + 20].map(|after| clock.day(after).to_string());
        calendar(&[("1", &days[0], &days[1])])
    };
    let calendars = CalendarServer::start(&leave(30));
    let address = calendars.url("a.ics");
    let [mut one, mut other] = [(); 2].map(|()| Side::new(&postgres, &address, &clock));
    agreed([&one, &other], clock.day(30));
    assert_eq!(calendars.requests(), 1, "the second finds the copy of the first");

    calendars.serve(&leave(37));
    clock.pass(HOUR);
    let before = agreed([&one, &other], clock.day(37));
    assert_eq!(calendars.requests(), 2, "one of them fetches");

    calendars.stop();
    clock.pass(HOUR);
    wait(PATIENCE, "a failure", || {
        [&one, &other].iter().any(|side| side.log().contains("failed to fetch a calendar"))
    });
    assert_eq!(agreed([&one, &other], clock.day(37)), before, "the kept copy is in use");
    one.restart(&clock);
    assert_eq!(agreed([&one, &other], clock.day(37)), before, "also after a restart without the source");

    calendars.restart(&leave(44));
    clock.pass(HOUR);
    let before = agreed([&one, &other], clock.day(44));
    other.restart(&clock);
    assert_eq!(agreed([&one, &other], clock.day(44)), before);
}

/// A server without threads: the test lets it look.
struct Looking {
    folder: TempDir,
    shelf: Calendars,
    configuration: Configuration,
}

impl Looking {
    /// One of the team `id`, in which Ann reads the calendar at `address` and has this mail address.
    fn new(location: Location, id: &str, address: &str, email: &str) -> Looking {
        let folder = folder(address);
        let ann = format!("time_off_calendar = \"{address}\"\nemail = \"{email}\"");
        fs::remove_file(folder.path().join("teams/data.toml")).unwrap();
        fs::write(folder.path().join(format!("teams/{id}.toml")), team(&ann)).unwrap();
        let shelf = Calendars::new(Some(Arc::new(Database::open(location).unwrap())), Options::DEFAULT);
        let configuration = config::load(folder.path(), shelf.as_of(at(0))).unwrap();
        Looking { folder, shelf, configuration }
    }

    /// What a server does every few seconds: reads what others stored, notes what it uses, and fetches what is due.
    fn look(&mut self, now: Instant) {
        let (before, path) = (&self.configuration, self.folder.path());
        let load = |calendars| reload(path, AsOf { now, calendars }, before);
        self.shelf.read_with(InService { configuration: before, others: &[], load: &load }).unwrap();
        let current = reload(path, self.shelf.as_of(now), before).unwrap();
        self.shelf.note_use(current.calendar_uses(), true, now).unwrap();
        let load = |calendars| reload(path, AsOf { now, calendars }, &current);
        assert_eq!(self.shelf.fetch_now(&current, &load, FetchWait::All, now).unwrap(), []);
        self.configuration = reload(path, self.shelf.as_of(now), &current).unwrap();
    }

    /// The days on which Ann's absences begin.
    fn absences(&self) -> Vec<String> {
        let team = &self.configuration.teams.values().next().unwrap().team;
        team.engineers[0].time_off.iter().map(|period| period.start().date_naive().to_string()).collect()
    }
}

fn reload(path: &Path, as_of: AsOf, before: &Configuration) -> Option<Configuration> {
    config::reload(path, as_of, before, &Scope::All).ok()
}

/// So many minutes after noon of 10 February 2026.
fn at(minutes: i64) -> Instant {
    "2026-02-10T12:00:00Z".parse::<Instant>().unwrap() + TimeDelta::minutes(minutes)
}

/// A calendar of whole days, each with whoever declined it.
fn invitations(days: &[(&str, &str)]) -> String {
    let all: Vec<_> = days.iter().map(|(date, _)| (*date, *date, *date)).collect();
    let mut text = calendar(&all);
    for (date, email) in days.iter().filter(|(_, email)| !email.is_empty()) {
        let uid = format!("UID:{date}\r\n");
        let declined = format!("{uid}ATTENDEE;CN=X;PARTSTAT=DECLINED:mailto:{email}\r\n");
        text = text.replace(&uid, &declined);
    }
    text
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn servers_with_different_files_take_turns_with_one_copy_that_is_right_for_both() {
    let postgres = Postgres::start();
    let calendars = CalendarServer::start("");
    let days = |days: &[(&str, &str)]| calendars.serve(&invitations(days));
    days(&[
        ("2026-02-09", ""),
        ("2026-03-10", "ann@example.org"),
        ("2026-03-31", "ann@example.com"),
        ("2026-04-21", ""),
    ]);
    let address = calendars.url("a.ics");
    let looking = |id, email| Looking::new(Location::Postgres(postgres.url.clone()), id, &address, email);
    let (mut data, mut ops) = (looking("data", "Ann@example.org"), looking("ops", "ann@example.com"));
    let mut minutes = 0;
    while minutes < 5 * 60 {
        data.look(at(minutes));
        ops.look(at(minutes + 1));
        data.look(at(minutes + 2));
        // Neither reads what the other declined, and both know their own answers.
        assert_eq!(data.absences(), ["2026-02-09", "2026-03-31", "2026-04-21"], "{minutes}");
        assert_eq!(ops.absences(), ["2026-02-09", "2026-03-10", "2026-04-21"], "{minutes}");
        minutes += 12;
    }
    let requests = calendars.requests();
    assert!(
        (5..=9).contains(&requests),
        "{requests} in five hours: one to begin with, one for more, then one an hour"
    );

    // Whoever fetches, what had begun stays, for each by what it read.
    for (date, is_first) in [("2026-05-05", true), ("2026-08-04", false)] {
        days(&[(date, "")]);
        minutes += 60 * 24 * 75;
        let (first, second) = if is_first { (&mut data, &mut ops) } else { (&mut ops, &mut data) };
        first.look(at(minutes));
        second.look(at(minutes + 1));
        first.look(at(minutes + 2));
        second.look(at(minutes + 3));
        let expected = |own: &str| {
            // When the next copy came, the one before was over.
            let all = ["2026-02-09", own, "2026-04-21", "2026-05-05"];
            let begun = all.into_iter().filter(|begun| *begun < date);
            begun.chain([date]).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(data.absences(), expected("2026-03-31"), "{date}");
        assert_eq!(ops.absences(), expected("2026-03-10"), "{date}");
    }

    // What one server alone needed goes when it has not asked for it for an hour.
    let database = Database::open(Location::Postgres(postgres.url.clone())).unwrap();
    let notes = || database.calendar_notes().unwrap().into_values().next().unwrap();
    assert!(notes().contains("time-off/data/a") && notes().contains("time-off/ops/a"), "{:?}", notes());
    drop(ops);
    data.look(at(minutes + 70));
    assert_eq!(notes().len(), 2, "who reads it and what is kept for it: {:?}", notes());
    days(&[("2026-08-11", "")]);
    data.look(at(minutes + 140));
    let state = database.calendar_states().unwrap().remove(0);
    assert!(!state.purpose.contains('@') && state.purpose.split(' ').count() == 1, "{state:?}");
    let copy = database.calendar_copy(&state.address).unwrap().unwrap();
    assert!(!copy.history.contains("time-off/ops"), "{}", copy.history);
}
