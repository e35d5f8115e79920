//! Calendars that are fetched from addresses by a running server: changes reach the feeds, copies are kept, the past
//! stays, and no calendar of one person stops a team.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::support::calendar_server::{CalendarServer, calendar};
use crate::support::fetching::{Serving, folder, team};
use crate::support::files::write;
use crate::support::postgres::Postgres;
use chrono::{Days, NaiveDate, TimeDelta};
use oncal::calendars::{Calendars, FetchWait, Options};
use oncal::config::{
    self, AsOf, CalendarReader, CalendarUse, Configuration, KeptCalendar, KeptCalendars, Scope, TeamFiles,
};
use oncal::journal::{Database, Location};
use oncal::live::Builder;
use oncal::publish::{JournalState, Publisher};
use oncal::rota::{Instant, Period, TeamId, changes, expand, holdings};

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
    let next: Instant = NOW.parse::<Instant>().unwrap() + TimeDelta::minutes(HOUR);
    server.until("the next fetch", |_| {
        let database = Database::open_to_read(state(folder.path())).unwrap();
        database.calendar_states().unwrap()[0].fetched_at == Some(next)
    });
    assert_eq!(calendars.requests(), 2);
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
    let snapshot = server.store.load();
    let warnings: Vec<_> =
        snapshot.configuration().copy_warnings(snapshot.team("data").unwrap().team()).collect();
    assert!(warnings.len() == 1 && warnings[0].message.contains("was last fetched at"), "{warnings:?}");
    drop(snapshot);
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
    let database = Database::open_to_read(state(folder.path())).unwrap();
    let known = format!("{:?} {:?}", database.calendar_states().unwrap(), copies());
    assert!(!known.contains("secret-path"), "a copy is stored under a hash: {known}");
    for file in database.sources(&TeamId::new("data").unwrap()).unwrap() {
        let text = String::from_utf8(file.content.unwrap().to_vec()).unwrap();
        assert_eq!(text.contains("secret-path"), file.path == "teams/data.toml", "{}: {text}", file.path);
    }
    drop(database);
    fs::write(server.folder.join("teams/data.toml"), team("")).unwrap();
    server.until("the end of the leave", |server| !server.is_away("20260310"));
    server.until("the end of the copy", |_| copies().is_empty());
}

#[test]
fn an_email_that_is_added_while_no_server_runs_counts_from_the_first_snapshot_on() {
    let declined = "UID:1\r\nATTENDEE;PARTSTAT=DECLINED:mailto:ann@example.org\r\n";
    let text = calendar(&[("1", "2026-03-10", "2026-03-11")]).replace("UID:1\r\n", declined);
    let calendars = CalendarServer::start(&text);
    let folder = folder(&calendars.url("a.ics"));
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert!(server.is_away("20260310"), "nobody knows whose answer it is");
    server.stop();
    let ann = format!("time_off_calendar = \"{}\"\nemail = \"Ann@example.org\"", calendars.url("a.ics"));
    fs::write(folder.path().join("teams/data.toml"), team(&ann)).unwrap();
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert!(!server.is_away("20260310") && calendars.requests() == 2, "{}", calendars.requests());
}

#[test]
fn an_address_can_stand_in_a_file_of_its_own_and_holidays_can_be_fetched() {
    let leave = CalendarServer::start(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    let holidays = CalendarServer::start(&calendar(&[("1", "2026-03-20", "2026-03-20")]));
    let folder = folder("ann.url");
    let write = |below: &str, text: &str| write(folder.path(), below, text);
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
        server.store.load().configuration().calendar_uses().any(CalendarUse::is_known)
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

#[test]
fn while_one_leave_file_stays_broken_a_second_one_that_breaks_loses_nothing() {
    let folder = folder("ann.ics");
    let write = |below: &str, text: &str| write(folder.path(), below, text);
    let file = |bob: &str| {
        let more = format!("name = \"{bob}\"\ntime_off_calendar = \"bob.ics\"\n");
        team("time_off_calendar = \"ann.ics\"").replace("name = \"Bob\"\n", &more)
    };
    let broken = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n";
    let leave = |day: &str| calendar(&[("1", day, day)]);
    write("teams/data.toml", &file("Bob"));
    write("time-off/data/ann.ics", broken);
    write("time-off/data/bob.ics", &leave("2026-03-10"));
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    let id = TeamId::new("data").unwrap();
    let served = |server: &Serving| {
        let snapshot = server.store.load();
        let team = snapshot.team("data").unwrap();
        assert!(!team.team().engineers[0].leave_is_known, "the leave of Ann cannot be read");
        let bob = &team.team().engineers[1];
        let days = bob.time_off.iter().map(|period| period.start().date_naive().to_string());
        (bob.name.to_string(), days.collect::<Vec<_>>().join(" "), snapshot.is_outdated(&id))
    };
    let is = |name: &str, days: &str, is_outdated| (name.to_owned(), days.to_owned(), is_outdated);
    assert_eq!(served(&server), is("Bob", "2026-03-10", false));

    // Another edit is served; Bob's file, once broken, keeps all as it was until it is right.
    write("teams/data.toml", &file("Robert"));
    server.until("the edit", |server| served(server).0 == "Robert");
    write("time-off/data/bob.ics", broken);
    server.until("notice", |server| served(server).2);
    assert_eq!(served(&server), is("Robert", "2026-03-10", true));
    write("time-off/data/bob.ics", &leave("2026-03-17"));
    server.until("the correction", |server| !served(server).2);
    assert_eq!(served(&server), is("Robert", "2026-03-17", false));
    server.stop();

    // A restart changes none of that: what was served lacks the same leave.
    write("teams/data.toml", &file("Rob"));
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert_eq!(served(&server), is("Rob", "2026-03-17", false));
    write("teams/data.toml", &file("Bobby"));
    server.until("an edit after the restart", |server| served(server).0 == "Bobby");
    server.stop();
    write("time-off/data/bob.ics", broken);
    write("teams/data.toml", &file("Bert"));
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert_eq!(served(&server), is("Bobby", "2026-03-17", true), "as last published");
    write("time-off/data/bob.ics", &leave("2026-03-24"));
    server.until("the last correction", |server| !served(server).2);
    assert_eq!(served(&server), is("Bert", "2026-03-24", false));
}

#[test]
fn an_endless_calendar_that_is_fetched_again_is_known_as_far_as_before_and_no_new_copy() {
    let yearly = |stamp: &str, founded: &str| {
        let days = [("New Year", "2025-01-01", "2025-01-01"), ("Founders", founded, founded)];
        calendar(&days)
            .replace("SUMMARY", "RRULE:FREQ=YEARLY\r\nSUMMARY")
            .replace("DTSTAMP:20260101T000000Z", &format!("DTSTAMP:{stamp}"))
    };
    let holidays = CalendarServer::start(&yearly("20260210T110000Z", "2025-02-02"));
    let folder = folder("ann.ics");
    let write = |below: &str, text: &str| write(folder.path(), below, text);
    write("holidays/house.toml", &format!("[import]\nurl = \"{}\"\n", holidays.url("h.ics")));
    write("teams/data.toml", &team("").replace("us-federal", "house"));
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    let known = |server: &Serving| {
        let snapshot = server.store.load();
        let calendar = snapshot.configuration().library.get("house").unwrap();
        let dates = calendar.year(2027).into_iter().map(|holiday| holiday.date.to_string());
        (calendar.confirmed_through(), dates.collect::<Vec<_>>().join(" "))
    };
    let as_of = |dates: &str| (Some(2046), dates.to_owned());
    let copy = || {
        let database = Database::open_to_read(state(folder.path())).unwrap();
        let state = database.calendar_states().unwrap().remove(0);
        (state.number, state.fetched_at.unwrap())
    };
    let first = as_of("2027-01-01 2027-02-02");
    assert_eq!((known(&server), copy().0), (first.clone(), 1));
    // Some programs write the time of the request into each entry.
    holidays.serve(&yearly("20260210T130000Z", "2025-02-02"));
    server.pass(HOUR);
    let next = NOW.parse::<Instant>().unwrap() + TimeDelta::minutes(HOUR);
    server.until("the next fetch", |_| copy().1 == next);
    assert_eq!((known(&server), copy().0), (first, 1));
    // A new copy, in which one of them is on another day.
    holidays.serve(&yearly("20260210T150000Z", "2025-02-03"));
    server.pass(HOUR);
    server.until("the new copy", |server| known(server) == as_of("2027-01-01 2027-02-03"));
    assert_eq!(copy().0, 2);
}

#[test]
fn a_mistake_in_the_rules_can_be_undone_for_the_past_too_and_what_a_copy_omits_stays() {
    // At home every Thursday and Friday, and leave that a later copy has no more.
    let copy = |days: &[(&str, &str, &str)]| {
        let home = "UID:home\r\nRRULE:FREQ=WEEKLY;BYDAY=TH,FR\r\n";
        calendar(days).replace("UID:home\r\n", home).replace("SUMMARY:", "SUMMARY:At home ")
    };
    let title = |text: String| text.replacen("SUMMARY:At home ", "SUMMARY:Leave ", 1);
    let home = ("home", "2026-01-08", "2026-01-08");
    let calendars = CalendarServer::start(&title(copy(&[("1", "2026-01-27", "2026-01-28"), home])));
    let folder = folder(&calendars.url("a.ics"));
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    let past = |server: &Serving| {
        let snapshot = server.store.load();
        let ann = &snapshot.team("data").unwrap().team().engineers[0];
        let now: Instant = NOW.parse().unwrap();
        let begun = ann.time_off.iter().filter(|period| period.start() < now);
        begun.map(|period| period.start().date_naive().to_string()).collect::<Vec<_>>().join(" ")
    };
    let all = "2026-01-08 2026-01-15 2026-01-22 2026-01-27 2026-02-05";
    assert_eq!(past(&server), all);
    calendars.serve(&copy(&[home]));
    server.pass(HOUR);
    let number = || {
        let database = Database::open_to_read(state(folder.path())).unwrap();
        database.calendar_states().unwrap()[0].number
    };
    server.until("the second copy", |_| number() == 2);
    assert_eq!(past(&server), all, "what had begun stays");

    // The rules are the team's own. They change nothing about what the copy does not have.
    let address = format!("time_off_calendar = \"{}\"", calendars.url("a.ics"));
    let rules = "[time_off_calendars]\nexclude = [\"at home\"]\n";
    let with_rules = team(&address) + rules;
    fs::write(folder.path().join("teams/data.toml"), &with_rules).unwrap();
    server.until("the rules", |server| past(server) == "2026-01-27");
    calendars.serve(&copy(&[home, ("new", "2026-03-31", "2026-03-31")]));
    server.pass(HOUR);
    server.until("the third copy", |_| number() == 3);
    assert_eq!(past(&server), "2026-01-27");
    server.stop();
    let server = Serving::start(folder.path(), state(folder.path()), "2026-02-10T15:00:00Z");
    assert_eq!(past(&server), "2026-01-27");
}

#[test]
fn rules_of_holidays_that_change_are_those_of_the_past_too() {
    let copy = |more: &[(&str, &str, &str)]| {
        let days = [("1", "2026-01-01", "2026-01-01"), ("2", "2026-02-02", "2026-02-02")];
        calendar(&[&days[..], more].concat()).replacen("PRIVATE text", "Public", 1)
    };
    let holidays = CalendarServer::start(&copy(&[("3", "2026-02-03", "2026-02-03")]));
    let folder = folder("");
    let write = |below: &str, text: &str| write(folder.path(), below, text);
    let import = format!("[import]\nurl = \"{}\"\n", holidays.url("h.ics"));
    write("holidays/house.toml", &import);
    write("teams/data.toml", &team("").replace("us-federal", "house"));
    let shelf = Calendars::new(None, Options::DEFAULT);
    let fetched = |at: &str| year(folder.path(), &shelf, at);
    assert_eq!(fetched(NOW), ["2026-01-01", "2026-02-02", "2026-02-03"]);
    holidays.serve(&copy(&[]));
    assert_eq!(fetched("2026-02-10T14:00:00Z"), ["2026-01-01", "2026-02-02", "2026-02-03"]);
    write("holidays/house.toml", &format!("{import}exclude = [\"public\"]\n"));
    // The copy has the first day, which does not count now; the third one was only in an earlier copy.
    assert_eq!(fetched("2026-02-10T14:10:00Z"), ["2026-02-02", "2026-02-03"]);
    write("holidays/house.toml", &format!("{import}exclude = [\"private text\"]\n"));
    holidays.serve(&copy(&[("4", "2026-05-05", "2026-05-05")]));
    assert_eq!(fetched("2026-02-10T17:00:00Z"), ["2026-01-01", "2026-02-03"]);
}

/// Fetches what is due in `folder`, and gives the dates in 2026 of the holiday calendar `house`.
fn year(folder: &Path, shelf: &Calendars, at: &str) -> Vec<String> {
    let now: Instant = at.parse().unwrap();
    let kept = config::load(folder, shelf.as_of(now)).unwrap();
    let load = |calendars| config::reload(folder, AsOf { now, calendars }, &kept, &Scope::All).ok();
    assert_eq!(shelf.fetch_now(&kept, &load, FetchWait::All, now).unwrap(), []);
    let loaded = config::load(folder, shelf.as_of(now)).unwrap();
    let holidays = loaded.library.get("house").unwrap().year(2026);
    holidays.into_iter().map(|holiday| holiday.date.to_string()).collect()
}

#[test]
fn a_holiday_begins_where_those_live_who_have_it() {
    for (zone, moved_at, expected) in [
        ("Asia/Tokyo", "2026-05-24T20:00:00Z", vec!["2026-05-25", "2026-06-01"]),
        ("America/Los_Angeles", "2026-05-25T01:00:00Z", vec!["2026-06-01"]),
    ] {
        let holidays = CalendarServer::start(&calendar(&[("1", "2026-05-25", "2026-05-25")]));
        let folder = folder("");
        let write = |below: &str, text: &str| write(folder.path(), below, text);
        write("holidays/house.url", &holidays.url("h.ics"));
        write("holidays/ours.toml", "[calendar]\nname = \"Ours\"\nextends = \"house\"\n");
        write("teams/data.toml", &team("").replace("us-federal", "ours").replace("America/New_York", zone));
        let shelf = Calendars::new(None, Options::DEFAULT);
        assert_eq!(year(folder.path(), &shelf, "2026-05-24T12:00:00Z"), ["2026-05-25"]);
        holidays.serve(&calendar(&[("1", "2026-06-01", "2026-06-01")]));
        assert_eq!(year(folder.path(), &shelf, moved_at), expected, "{zone}");
    }
}

#[test]
fn a_feed_with_a_window_of_thirty_days_followed_for_a_year_changes_no_shift_that_has_begun() {
    let calendars = CalendarServer::start(&calendar(&[]));
    let folder = folder(&calendars.url("a.ics"));
    let first: NaiveDate = "2026-01-05".parse().unwrap();
    let day = |number: u64| first + Days::new(number);
    // Leave of one to four days every nine days, half of which is moved by two days a week ahead.
    let leave = |number: u64, seen_at: u64| {
        let is_moved = number % 2 == 1 && seen_at + 7 >= number * 9;
        let start = number * 9 + if is_moved { 2 } else { 0 };
        (start, start + number % 4)
    };
    let shown = |at: u64| {
        let all = (0..45).map(|number| (number, leave(number, at)));
        let within = all.filter(|(_, (start, end))| *end >= at && *start <= at + 30);
        let days = within
            .map(|(number, (start, end))| [number.to_string(), day(start).to_string(), day(end).to_string()]);
        let days: Vec<[String; 3]> = days.collect();
        let days: Vec<_> = days.iter().map(|[uid, start, end]| (&**uid, &**start, &**end)).collect();
        calendar(&days)
    };
    let instant = |number: u64| day(number).and_hms_opt(12, 0, 0).unwrap().and_utc();
    let whole = Period::new(instant(0), instant(400)).unwrap();
    let (mut before, mut begun_absences) = (Vec::new(), 0);
    for number in (0..365).step_by(2) {
        let now = instant(number);
        calendars.serve(&shown(number));
        // As after a restart: whatever is known of the calendar comes from the journal.
        let database = Arc::new(Database::open(state(folder.path())).unwrap());
        let shelf = Calendars::new(Some(database), Options::DEFAULT);
        shelf.read().unwrap();
        let kept = config::load(folder.path(), shelf.as_of(now)).unwrap();
        let load =
            |calendars| config::reload(folder.path(), AsOf { now, calendars }, &kept, &Scope::All).ok();
        assert_eq!(shelf.fetch_now(&kept, &load, FetchWait::All, now).unwrap(), [], "day {number}");
        shelf.note_use(kept.calendar_uses(), true, now).unwrap();
        drop(shelf);
        let database = Arc::new(Database::open(state(folder.path())).unwrap());
        let stored = Calendars::new(Some(database), Options::DEFAULT);
        stored.read().unwrap();
        let configuration = config::load(folder.path(), stored.as_of(now)).unwrap();
        let team = &configuration.teams.values().next().unwrap().team;
        let held = holdings(team, &expand(team, whole));
        if let Some(begun) = Period::new(whole.start(), now) {
            assert_eq!(changes(&before, &held, begun), [], "day {number}");
        }
        // Only what had begun by now must stay what it is.
        before = held;
        let begun = team.engineers[0].time_off.iter().filter(|period| period.start() < now).count();
        assert!(begun >= begun_absences, "day {number}: {begun} of {begun_absences}");
        begun_absences = begun;
    }
    assert!(begun_absences > 35, "a year of leave was seen and kept: {begun_absences}");
    assert_eq!(calendars.requests(), 183);
}

/// The configuration in `folder` at `now`, after `before`, with the copies of `shelf`.
fn reloaded(folder: &Path, shelf: &Calendars, before: &Configuration, now: Instant) -> Configuration {
    config::reload(folder, shelf.as_of(now), before, &Scope::All).unwrap()
}

#[test]
fn a_broken_team_keeps_no_other_from_a_new_copy_of_the_same_calendar() {
    let days = [("0", "2026-01-27", "2026-01-28"), ("1", "2026-03-10", "2026-03-11")];
    let calendars = CalendarServer::start(&calendar(&days));
    let address = format!("time_off_calendar = \"{}\"", calendars.url("a.ics"));
    let folder = folder(&calendars.url("a.ics"));
    let other = folder.path().join("teams/other.toml");
    fs::write(&other, team(&address)).unwrap();
    let server = Serving::start(folder.path(), state(folder.path()), NOW);
    assert!(server.is_away("20260310"));
    fs::write(&other, "name = \n").unwrap();
    let id = TeamId::new("other").unwrap();
    server.until("the error", |server| server.store.load().is_outdated(&id));
    calendars.serve(&calendar(&[("1", "2026-03-31", "2026-04-01")]));
    server.pass(HOUR);
    server.until("the change", |server| server.is_away("20260331"));

    // What had begun stays for the broken team too.
    fs::write(&other, team(&address)).unwrap();
    server.until("its correction", |server| !server.store.load().is_outdated(&id));
    let snapshot = server.store.load();
    let begins = |team: &str| {
        let engineer = &snapshot.team(team).unwrap().team().engineers[0];
        engineer.time_off.iter().map(|period| period.start().date_naive().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(begins("other"), ["2026-01-27", "2026-03-31"]);
    assert_eq!(begins("data"), begins("other"));
}

#[test]
fn a_team_with_leave_that_is_not_known_stores_its_own_files() {
    let folder = folder("https://calendar.example.org/a.ics");
    fs::create_dir(folder.path().join("holidays")).unwrap();
    let house = "[import]\nname = \"House\"\nurl = \"https://calendar.example.org/h.ics\"\n";
    fs::write(folder.path().join("holidays/house.toml"), house).unwrap();
    let shelf = Calendars::new(None, Options::DEFAULT);
    let now: Instant = NOW.parse().unwrap();
    let loaded = config::load(folder.path(), shelf.as_of(now)).unwrap();
    assert!(loaded.has_errors());
    let before = loaded.teams.values().next().unwrap();
    let files = TeamFiles::new(&loaded).of(before).unwrap();
    assert!(files.len() == 2 && files.iter().all(|file| file.content.is_some()), "{files:?}");

    // A copy of the holidays makes another team of the same files.
    let mut uses = loaded.calendar_uses();
    let usage = uses.find(|usage| matches!(usage.reader, CalendarReader::Holidays(_))).unwrap();
    let mut kept = KeptCalendars::clone(&loaded.calendars);
    let text = calendar(&[("1", "2026-03-20", "2026-03-20")]);
    let copy = KeptCalendar { number: 1, text: Some(text.into()), ..KeptCalendar::default() };
    kept.insert(usage.address.digest().as_str(), copy);
    let calendars = Arc::new(kept);
    let loaded = config::load(folder.path(), AsOf { now, calendars }).unwrap();
    let after = loaded.teams.values().next().unwrap();
    assert_ne!(after.files, before.files);
    assert_eq!(after.own_files, before.own_files);
}

#[test]
fn no_copy_is_deleted_while_a_file_with_an_error_may_name_it() {
    let folder = folder("ann.url");
    let write = |below: &str, text: &str| write(folder.path(), below, text);
    let address = "https://calendar.example.org/a.ics\n";
    let names_all = || {
        let shelf = Calendars::new(None, Options::DEFAULT);
        config::load(folder.path(), shelf.as_of(NOW.parse().unwrap())).unwrap().names_all_calendars()
    };
    write("time-off/data/ann.url", address);
    write("holidays/house.toml", "[import]\nurl = \"https://calendar.example.org/h.ics\"\n");
    write("holidays/other.url", address);
    assert!(names_all(), "what was never fetched is no such error");
    for (file, good, bad) in [
        ("holidays/house.toml", "[import]\nurl = \"https://calendar.example.org/h.ics\"\n", "[import\n"),
        ("holidays/other.url", address, ""),
        ("time-off/data/ann.url", address, "a\nb\n"),
    ] {
        write(file, bad);
        assert!(!names_all(), "{file}");
        write(file, good);
        assert!(names_all(), "{file}");
    }
    write("holidays/other.ics", &calendar(&[]));
    assert!(!names_all(), "two of one name");
}

#[test]
fn a_new_address_is_waited_for_only_so_long() {
    let folder = folder("");
    let file = folder.path().join("teams/data.toml");
    fs::write(&file, team("")).unwrap();
    let shelf = Calendars::new(None, Options::DEFAULT);
    let now: Instant = NOW.parse().unwrap();
    let mut configuration = config::load(folder.path(), shelf.as_of(now)).unwrap();
    fs::write(&file, team("time_off_calendar = \"https://calendar.example.org/a.ics\"")).unwrap();
    // Nobody fetches it, as while the journal cannot be written.
    for (second, is_known) in [(0, true), (29, true), (31, false), (90, false)] {
        let at = now + TimeDelta::seconds(second);
        configuration = reloaded(folder.path(), &shelf, &configuration, at);
        let engineers = &configuration.teams.values().next().unwrap().team.engineers;
        assert_eq!(engineers[0].leave_is_known, is_known, "after {second} seconds");
    }
    // Another edit is served at once: the address is not new any more.
    let text = fs::read_to_string(&file).unwrap().replace("\"Bob\"", "\"Robert\"");
    fs::write(&file, text).unwrap();
    configuration = reloaded(folder.path(), &shelf, &configuration, now + TimeDelta::seconds(91));
    assert_eq!(configuration.teams.values().next().unwrap().team.engineers[1].name, "Robert");
}

#[test]
fn after_a_failure_there_is_a_pause_and_a_backup_that_was_put_back_takes_nothing_away() {
    let calendars = CalendarServer::start(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    let (folder, now) = (folder(&calendars.url("a.ics")), NOW.parse::<Instant>().unwrap());
    let database = Arc::new(Database::open(state(folder.path())).unwrap());
    let shelf = Calendars::new(Some(Arc::clone(&database)), Options::DEFAULT);
    let fetched = |before: &Configuration, now: Instant| {
        let load =
            |calendars| config::reload(folder.path(), AsOf { now, calendars }, before, &Scope::All).ok();
        let unfetched = shelf.fetch_now(before, &load, FetchWait::All, now).unwrap();
        (unfetched.len(), reloaded(folder.path(), &shelf, before, now))
    };
    let (_, loaded) = fetched(&config::load(folder.path(), shelf.as_of(now)).unwrap(), now);
    let first = database.calendar_states().unwrap().remove(0);
    let backup = (first.clone(), database.calendar_copy(&first.address).unwrap().unwrap());
    let later = now + TimeDelta::hours(2);
    calendars.serve(&calendar(&[("1", "2026-03-31", "2026-03-31")]));
    let (_, loaded) = fetched(&loaded, later);
    let newest = database.calendar_copy(&first.address).unwrap().unwrap();
    assert_eq!((backup.1.number, newest.number), (1, 2));

    // An older row, as after a restore.
    shelf.note_use(loaded.calendar_uses(), true, later).unwrap();
    database.note_calendar_use(&[].into(), later, Some(later)).unwrap();
    database.add_calendars(&[backup], later).unwrap();
    shelf.read().unwrap();
    assert_eq!(database.calendar_copy(&first.address).unwrap(), Some(newest));

    // Wanted for more, and it fails.
    let address = calendars.url("a.ics");
    let ann = format!("time_off_calendar = \"{address}\"\nemail = \"a@example.org\"");
    fs::write(folder.path().join("teams/data.toml"), team(&ann)).unwrap();
    let loaded = reloaded(folder.path(), &shelf, &loaded, later);
    calendars.serve("");
    let requests = calendars.requests();
    let (failures, loaded) = fetched(&loaded, later);
    assert_eq!((failures, calendars.requests()), (1, requests + 1));
    let failed = database.calendar_states().unwrap().remove(0);
    assert!(failed.purpose != first.purpose && failed.etag.is_empty() && failed.failures == 1, "{failed:?}");
    assert_eq!((fetched(&loaded, later).0, calendars.requests()), (0, requests + 1), "there is a pause");
}

/// Two servers on one database: one fetches, both serve the same.
fn two_servers_agree(location: impl Fn() -> Location) {
    let calendars = CalendarServer::start(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    let folder = folder(&calendars.url("a.ics"));
    let [one, other] = [(), ()].map(|()| Serving::start(folder.path(), location(), NOW));
    assert_eq!(calendars.requests(), 1, "the second finds the copy of the first");
    assert_eq!(one.feeds(), other.feeds());
    let mut expected = 1;
    for (start, is_on) in [("2026-03-31", "20260331"), ("2026-03-08", "20260308"), ("2026-04-19", "20260419")]
    {
        calendars.serve(&calendar(&[("1", start, start)]));
        one.pass(HOUR);
        other.pass(HOUR);
        for server in [&one, &other] {
            server.until(is_on, |server| server.is_away(is_on));
        }
        expected += 1;
        assert_eq!(calendars.requests(), expected, "one of them fetches");
        one.until("agreement", |one| one.feeds() == other.feeds());
    }
    let states = [&one, &other].map(|server| server.store.load().team("data").unwrap().journal_state());
    assert_eq!(states, [JournalState::Written; 2]);
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn two_servers_on_one_postgresql_agree_and_an_older_copy_changes_nothing() {
    let postgres = Postgres::start();
    let location = || Location::Postgres(postgres.url.clone());
    two_servers_agree(location);

    // A server that has not seen the newest copy yet publishes nothing from the older one.
    let calendars = CalendarServer::start(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    let text = team(&format!("time_off_calendar = \"{}\"", calendars.url("b.ics")));
    let folder = folder(&calendars.url("b.ics"));
    fs::remove_file(folder.path().join("teams/data.toml")).unwrap();
    fs::write(folder.path().join("teams/late.toml"), text).unwrap();
    let now: Instant = NOW.parse().unwrap();
    let late: Instant = "2026-02-10T14:00:00Z".parse().unwrap();
    let load = |kept, now| config::load(folder.path(), AsOf { now, calendars: kept }).ok();
    let build = |database: &Arc<Database>, now| {
        let shelf = Arc::new(Calendars::new(Some(Arc::clone(database)), Options::DEFAULT));
        shelf.read().unwrap();
        let files = config::load(folder.path(), now).unwrap();
        shelf.fetch_now(&files, &|kept| load(kept, now), FetchWait::All, now).unwrap();
        let publisher = Publisher::new(Arc::clone(database), None, String::new());
        let builder = Builder::new(publisher).with_calendars(Arc::clone(&shelf));
        let first = builder.first(config::load(folder.path(), shelf.as_of(now)).unwrap(), now).unwrap();
        (builder, shelf, first)
    };
    let [one, other] = [(), ()].map(|()| Arc::new(Database::open(location()).unwrap()));
    let (behind, _, served) = build(&one, now);
    calendars.serve(&calendar(&[("1", "2026-03-31", "2026-03-31")]));
    // The other server starts an hour later, fetches what is due, and publishes.
    let shelf = Calendars::new(Some(Arc::clone(&other)), Options::DEFAULT);
    shelf.read().unwrap();
    let before = config::load(folder.path(), shelf.as_of(late)).unwrap();
    shelf.fetch_now(&before, &|kept| load(kept, late), FetchWait::All, late).unwrap();
    let (_, _, newest) = build(&other, late);
    let id = TeamId::new("late").unwrap();
    let stored = || other.read_team(&id).unwrap().unwrap();
    let published = stored();
    let week_later = "2026-02-14T12:00:00Z".parse().unwrap();
    let next = behind.renew(&served, week_later).written().unwrap();
    assert_eq!(next.team("late").unwrap().journal_state(), JournalState::Older);
    assert_eq!(stored(), published);
    assert_eq!(newest.team("late").unwrap().journal_state(), JournalState::Written);
}
