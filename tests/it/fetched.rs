//! Calendars that are fetched from addresses by a running server: changes reach the feeds, copies are kept, the past stays,
//! and no calendar of one person stops a team.

use std::fs;
use std::path::Path;

use crate::support::calendar_server::{CalendarServer, calendar};
use crate::support::fetching::{Serving, folder, team};
use oncal::journal::{Database, Location};

const NOW: &str = "2026-02-10T12:00:00Z";

const HOUR: i64 = 67;

fn state(folder: &Path) -> Location {
    Location::folder(folder.join("state"))
}

#[test]
fn a_change_reaches_the_feeds_within_a_fetch_and_a_restart_without_network_changes_no_byte() {
    let calendars = CalendarServer::start(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    let folder = folder(&calendars.url("secret-path.ics"));
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert!(server.is_away("20260310"), "fetched before anybody is served");
    let before = server.feeds();
    server.pass(HOUR);
    server.until("the next fetch", |_| calendars.requests() == 2);
    assert_eq!(server.feeds(), before, "nothing changed");

    calendars.serve(&calendar(&[("1", "2026-03-31", "2026-04-01")]));
    server.pass(HOUR);
    server.until("the change", |server| server.is_away("20260331"));
    assert!(!server.is_away("20260310"));
    let before = server.feeds();
    server.stop();
    calendars.stop();
    let server = Serving::start(folder.path(), state(folder.path()), "2026-02-10T15:00:00Z");
    assert_eq!(server.feeds(), before);
    assert!(server.codes().is_empty(), "{:?}", server.codes());

    // After a day without a fetch it is said; the copy stays in use.
    server.pass(25 * 60);
    server.until("a warning", |server| server.codes() == ["calendar-outdated-copy"]);
    assert_eq!(server.feeds(), before);
    let everything = format!("{:?}", server.store.load().configuration().diagnostics);
    assert!(!everything.contains("secret-path") && everything.contains("127.0.0.1:"), "{everything}");
}

#[test]
fn a_calendar_that_cannot_be_fetched_is_left_out_and_shown_and_then_used() {
    let calendars = CalendarServer::start("");
    let folder = folder(&calendars.url("a.ics"));
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert_eq!(server.codes(), ["calendar-not-fetched"]);
    let message = server.store.load().configuration().diagnostics[0].clone();
    assert!(message.is_error() && message.message.contains("leave of `a` is not known"), "{message}");
    assert!(message.message.contains("not a calendar"), "why: {message}");
    assert!(server.feed("coverage.ics").contains("SUMMARY:Ann: leave not known"));
    let snapshot = server.store.load();
    assert!(!snapshot.is_outdated(&snapshot.team("data").unwrap().team().id), "the team itself is current");
    drop(snapshot);

    calendars.serve(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    server.pass(2);
    server.until("the calendar", |server| server.is_away("20260310"));
    assert!(server.codes().is_empty() && !server.feed("coverage.ics").contains("leave not known"));
}

#[test]
fn what_had_begun_stays_and_only_what_lies_ahead_is_replaced() {
    let days = [("past", "2026-01-27", "2026-01-28"), ("ahead", "2026-03-10", "2026-03-11")];
    let calendars = CalendarServer::start(&calendar(&days));
    let folder = folder(&calendars.url("a.ics"));
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert!(server.is_away("20260127") && server.is_away("20260310"));

    calendars.serve(&calendar(&[]));
    server.pass(HOUR);
    server.until("the empty copy", |server| !server.is_away("20260310"));
    assert!(server.is_away("20260127"), "it had begun");
    server.until("a warning", |server| server.codes() == ["calendar-emptied"]);

    // A later copy adds to the past, and a restart forgets nothing of it.
    calendars.serve(&calendar(&[("added", "2026-01-06", "2026-01-06"), ("new", "2026-03-31", "2026-03-31")]));
    server.pass(HOUR);
    server.until("another copy", |server| server.is_away("20260331"));
    assert!(server.is_away("20260127") && server.is_away("20260106") && server.codes().is_empty());
    let before = server.feeds();
    server.stop();
    let server = Serving::start(folder.path(), state(folder.path()), "2026-02-10T16:00:00Z");
    assert_eq!(server.feeds(), before);
}

#[test]
fn a_copy_is_private_and_goes_with_the_last_engineer_who_uses_it() {
    let calendars = CalendarServer::start(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    let address = calendars.url("secret-path.ics");
    let folder = folder(&address);
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    let copies = || {
        let database = Database::open_to_read(state(folder.path())).unwrap();
        let states = database.calendar_states().unwrap();
        states
            .into_iter()
            .map(|state| database.calendar_copy(&state.address).unwrap().unwrap())
            .collect::<Vec<_>>()
    };
    let text = copies()[0].text.clone().unwrap();
    assert!(text.contains("20260310") && !text.contains("DESCRIPTION"), "{text}");
    for file in fs::read_dir(folder.path().join("state")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("secret-path"), "the address is stored nowhere");
    }
    fs::write(server.folder.join("teams/data.toml"), team("")).unwrap();
    server.until("the end of the leave", |server| !server.is_away("20260310"));
    server.until("the end of the copy", |_| copies().is_empty());
}

#[test]
fn an_address_can_stand_in_a_file_of_its_own_and_holidays_can_be_fetched() {
    let leave = CalendarServer::start(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    let holidays = CalendarServer::start(&calendar(&[("1", "2026-03-20", "2026-03-20")]));
    let folder = folder("ann.url");
    let write = |below: &str, text: &str| {
        let path = folder.path().join(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("time-off/data/ann.url", &format!("{}\n", leave.url("secret-a.ics")));
    write(
        "holidays/house.toml",
        &format!("[import]\nname = \"House\"\nurl = \"{}\"\n", holidays.url("secret-h.ics")),
    );
    write("holidays/other.url", &holidays.url("secret-o.ics"));
    let text = team("time_off_calendar = \"ann.url\"").replace("\"us-federal\"", "\"house\", \"other\"");
    write("teams/data.toml", &text);
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert!(server.is_away("20260310"));
    assert!(server.feed("coverage.ics").contains("occasion.20260320"), "{}", server.feed("coverage.ics"));
    assert_eq!((leave.requests(), holidays.requests()), (1, 2));
    assert!(server.codes().is_empty(), "{:?}", server.codes());

    // A year later in a feed that goes on, what was a holiday stays one under its name.
    holidays.serve(&calendar(&[("1", "2026-04-20", "2026-04-20")]));
    server.pass(60 * 24 * 45);
    server.until("the next holiday", |server| server.feed("coverage.ics").contains("occasion.20260420"));
    assert!(server.feed("coverage.ics").contains("occasion.20260320"));
}

#[test]
fn a_calendar_that_a_running_server_is_given_is_fetched_before_anything_moves() {
    let calendars = CalendarServer::start(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    let folder = folder("ann.ics");
    fs::create_dir_all(folder.path().join("time-off/data")).unwrap();
    fs::write(folder.path().join("time-off/data/ann.ics"), calendar(&[("1", "2026-03-10", "2026-03-11")]))
        .unwrap();
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    let sequences = |server: &Serving| {
        let feed = server.feed("team.ics");
        feed.lines().filter(|line| line.starts_with("SEQUENCE:")).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = sequences(&server);
    assert!(server.is_away("20260310") && before.iter().all(|line| line.trim() == "SEQUENCE:0"));
    let address = format!("time_off_calendar = \"{}\"", calendars.url("a.ics"));
    fs::write(folder.path().join("teams/data.toml"), team(&address)).unwrap();
    server.until("the copy", |server| {
        assert!(server.is_away("20260310"), "the leave is known throughout");
        server.store.load().configuration().calendar_uses().any(|usage| usage.is_known())
    });
    server.until("its use", |server| server.codes() != ["time-off-unnamed"] || calendars.requests() == 1);
    assert_eq!(sequences(&server), before, "and nothing moved");
}

#[test]
fn a_leave_file_that_is_broken_at_a_first_start_is_left_out_and_later_keeps_what_was() {
    let folder = folder("ann.ics");
    let file = folder.path().join("time-off/data/ann.ics");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let broken =
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:2026\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    fs::write(&file, broken).unwrap();
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert!(server.feed("coverage.ics").contains("SUMMARY:Ann: leave not known"), "{:?}", server.codes());
    let good = calendar(&[("1", "2026-03-10", "2026-03-11")]);
    fs::write(&file, &good).unwrap();
    server.until("the leave", |server| server.is_away("20260310"));
    let before = server.feeds();

    // Broken again, the server keeps the last good version, and so does its next start.
    fs::write(&file, broken).unwrap();
    let id = server.store.load().team("data").unwrap().team().id.clone();
    server.until("notice", |server| server.store.load().is_outdated(&id));
    assert_eq!(server.feeds(), before);
    server.stop();
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert_eq!(server.feeds(), before);
    assert!(server.store.load().team("data").unwrap().is_restored());
    fs::write(&file, &good).unwrap();
    server.until("its end", |server| !server.store.load().is_outdated(&id));
    assert_eq!(server.feeds(), before);
}
