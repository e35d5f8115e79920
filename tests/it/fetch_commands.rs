//! Commands and calendars that are fetched: what `--fetch` says and leaves alone, what an export does with them, and
//! how commands, pages and feeds show a calendar that was never fetched or in which all that was ahead is gone.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use insta::{assert_snapshot, with_settings};
use oncal::clock::Clock;
use oncal::journal::Location;
use oncal::web::{State, create_app};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::calendar_server::{CalendarServer, calendar, send};
use crate::support::fetching::{Serving, folder};
use crate::support::running::{Running, get, program};

const NOW: &str = "2026-02-10T12:00:00Z";

/// Two hours later.
const LATER: &str = "2026-02-10T14:00:00Z";

const LEAVE: [(&str, &str, &str); 1] = [("1", "2026-03-10", "2026-03-11")];

/// The program on the configuration in `folder` at `now`.
fn oncal(folder: &Path, now: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command.arg("--config").arg(folder).arg("--state").arg(folder.join("state"));
    command.args(["--now", now, "--color", "never"]).args(arguments);
    for name in ["ONCAL_CONFIG", "ONCAL_LOG", "RUST_LOG", "ONCAL_SECRET", "ONCAL_SECRET_FILE"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

/// What people read on standard error, with stable names for folder and port.
fn errors(folder: &Path, output: &Output) -> String {
    stable(folder, &String::from_utf8_lossy(&output.stderr))
}

fn stable(folder: &Path, text: &str) -> String {
    let mut text = text.replace(folder.to_str().unwrap(), "CONFIG");
    let host = "127.0.0.1:";
    let mut from = 0;
    while let Some(found) = text[from..].find(host) {
        let start = from + found + host.len();
        let length = text[start..].bytes().take_while(u8::is_ascii_digit).count();
        text.replace_range(start..start + length, "PORT");
        from = start;
    }
    text
}

#[track_caller]
fn is_as_in(name: &str, text: &str) {
    with_settings!({ snapshot_path => "snapshots/fetched", prepend_module_to_snapshot => false, omit_expression => true }, {
        assert_snapshot!(name, text);
    });
}

fn with_team(address: &str) -> TempDir {
    let folder = folder(address);
    fs::write(folder.path().join("oncal.toml"), "").unwrap();
    folder
}

#[test]
fn check_fetch_shows_where_the_address_stands_and_writes_nothing() {
    let calendars = CalendarServer::start(&calendar(&LEAVE));
    let folder = with_team(&calendars.url("secret-path.ics"));
    let check = |more: &[&str]| oncal(folder.path(), NOW, &[&["check"], more].concat());
    let output = check(&["--fetch"]);
    assert_eq!(output.status.code(), Some(0));
    is_as_in("check-fetched", &errors(folder.path(), &output));

    let output = check(&[]);
    assert_eq!((output.status.code(), calendars.requests()), (Some(0), 1), "only with --fetch");
    is_as_in("check-never-fetched", &errors(folder.path(), &output));

    calendars.respond(|_, stream| send(stream, "403 Forbidden", "", b"secret answer"));
    let output = check(&["--fetch"]);
    is_as_in("check-fetch-failed", &errors(folder.path(), &output));
    let output = check(&["--fetch", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = report["diagnostics"].as_array().unwrap().iter();
    let places: Vec<String> =
        found.map(|found| format!("{} {} {}", found["code"], found["file"], found["line"])).collect();
    assert_eq!(places, ["\"calendar-not-fetched\" \"teams/data.toml\" 7"]);
    assert!(!folder.path().join("state").exists(), "it stores nothing");
}

#[test]
fn check_fetch_falls_back_on_the_kept_copy_and_says_so() {
    let calendars = CalendarServer::start(&calendar(&LEAVE));
    let folder = with_team(&calendars.url("secret-path.ics"));
    let state = || Location::folder(folder.path().join("state"));
    Serving::start(folder.path(), state(), NOW).stop();
    calendars.respond(|_, stream| send(stream, "500 Internal Server Error", "", b"secret answer"));
    let output = oncal(folder.path(), LATER, &["check", "--fetch"]);
    assert_eq!(output.status.code(), Some(0));
    is_as_in("check-kept-copy", &errors(folder.path(), &output));
    let output = oncal(folder.path(), LATER, &["coverage", "--fetch"]);
    is_as_in("coverage-kept-copy", &errors(folder.path(), &output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("Time off of Ann"), "the copy is used");
}

#[test]
fn check_fetch_shows_the_place_of_an_address_of_holidays_and_of_a_calendar_that_cannot_be_read() {
    let broken =
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:2026secret\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let calendars = CalendarServer::start(broken);
    let folder = with_team(&calendars.url("secret-path.ics"));
    let text = fs::read_to_string(folder.path().join("teams/data.toml")).unwrap();
    let text = text.replace("\"us-federal\"", "\"house\", \"other\"");
    fs::write(folder.path().join("teams/data.toml"), text).unwrap();
    fs::create_dir(folder.path().join("holidays")).unwrap();
    let house = format!("[import]\nname = \"House\"\nurl = \"{}\"\n", calendars.url("secret-h.ics"));
    fs::write(folder.path().join("holidays/house.toml"), house).unwrap();
    fs::write(folder.path().join("holidays/other.url"), calendars.url("secret-o.ics")).unwrap();
    let output = oncal(folder.path(), NOW, &["check", "--fetch"]);
    let printed = errors(folder.path(), &output);
    assert!(!printed.contains("secret"), "{printed}");
    is_as_in("check-unreadable", &printed);
}

#[test]
fn an_export_fetches_and_keeps_a_copy_and_without_one_it_says_what_is_missing() {
    let calendars = CalendarServer::start("");
    let (folder, other) = (with_team(&calendars.url("secret-path.ics")), tempfile::tempdir().unwrap());
    let web = other.path().join("web");
    let export = |now: &str| oncal(folder.path(), now, &["export", web.to_str().unwrap()]);
    let coverage = || fs::read_to_string(web.join("data/coverage.ics")).unwrap();
    let output = export(NOW);
    let printed = errors(folder.path(), &output);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let missing = "teams/data.toml:7:21: error[calendar-not-fetched]: leave of `a` is not known: the calendar at \
                   127.0.0.1:PORT/… could not be fetched: the response is not a calendar";
    assert!(printed.lines().any(|line| line.starts_with(missing)), "{printed}");
    assert!(coverage().contains("SUMMARY:Ann: leave not known"), "{}", coverage());

    calendars.serve(&calendar(&LEAVE));
    let output = export(LATER);
    assert_eq!(output.status.code(), Some(0), "{}", errors(folder.path(), &output));
    assert!(
        coverage().contains("time-off.a.20260310") && !coverage().contains("not known"),
        "{}",
        coverage()
    );
    assert_eq!(calendars.requests(), 2);

    // The next run has what changed meanwhile.
    calendars.serve(&calendar(&[("1", "2026-03-31", "2026-04-01")]));
    let output = export("2026-02-10T16:00:00Z");
    assert_eq!(output.status.code(), Some(0), "{}", errors(folder.path(), &output));
    let before = coverage();
    assert!(before.contains("time-off.a.20260331") && !before.contains("time-off.a.20260310"), "{before}");

    // Without the server of calendars the copy in the state folder is used.
    calendars.stop();
    let output = export("2026-02-10T18:00:00Z");
    let printed = errors(folder.path(), &output);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    let failures: Vec<&str> = printed.lines().filter(|line| line.contains("failed to fetch")).collect();
    let [failure] = &failures[..] else { panic!("{printed}") };
    assert!(failure.contains("kept copy") && failure.contains("teams/data.toml:7:21"), "{failure}");
    assert!(failure.contains("time-off/data/a") && !printed.contains("secret"), "{printed}");
    assert_eq!(coverage(), before);
}

#[test]
fn beside_a_server_an_export_uses_what_the_server_fetched() {
    let calendars = CalendarServer::start(&calendar(&LEAVE));
    let folder = with_team(&calendars.url("secret-path.ics"));
    let settings = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";
    fs::write(folder.path().join("oncal.toml"), settings).unwrap();
    let options = ["--now", NOW, "--state", folder.path().join("state").to_str().unwrap()].map(str::to_owned);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let running = Running::start(&mut program(folder.path(), &options));
    let other = tempfile::tempdir().unwrap();
    let web = other.path().join("web");
    let output = oncal(folder.path(), NOW, &["export", web.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(folder.path(), &output));
    let served = get(running.address, "/data/coverage.ics").1;
    assert_eq!(fs::read(web.join("data/coverage.ics")).unwrap(), served);
    assert!(String::from_utf8(served).unwrap().contains("time-off.a.20260310"));
    assert_eq!(calendars.requests(), 1, "the export fetches nothing");
}

#[test]
fn monitoring_and_the_log_name_the_line_and_the_engineer_of_a_calendar_that_was_never_fetched() {
    let calendars = CalendarServer::start("");
    let folder = with_team(&calendars.url("secret-path.ics"));
    let settings = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";
    fs::write(folder.path().join("oncal.toml"), settings).unwrap();
    let running = Running::start(&mut program(folder.path(), &["--now", NOW]));
    let text = |target: &str| String::from_utf8(get(running.admin, target).1).unwrap();
    let readiness: Value = serde_json::from_str(&text("/readyz")).unwrap();
    let [found] = &readiness["diagnostics"].as_array().unwrap()[..] else { panic!("{readiness}") };
    assert_eq!((&found["code"], &found["file"]), (&"calendar-not-fetched".into(), &"teams/data.toml".into()));
    assert_eq!((&found["line"], &found["column"]), (&7.into(), &21.into()));
    assert!(found["message"].as_str().unwrap().starts_with("leave of `a` is not known"), "{found}");
    assert_eq!((&readiness["status"], &readiness["teams"]["good"]), (&"degraded".into(), &["data"].into()));
    let metrics = text("/metrics");
    for line in [
        "oncal_calendar_problems{problem=\"calendar-not-fetched\"} 1",
        "oncal_leave_unknown{team=\"data\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}: {metrics}");
    }
    let log = running.log();
    for (once, place) in [
        ("failed to fetch a calendar; there is no copy", "\"named_at\":\"teams/data.toml:7:21\""),
        ("calendar-not-fetched", "\"file\":\"teams/data.toml\",\"line\":7,\"column\":21"),
    ] {
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(once)).collect();
        let [line] = &lines[..] else { panic!("{once}: {log}") };
        assert!(line.contains(place), "{line}");
    }
    assert!(!format!("{readiness}{metrics}{log}").contains("secret"), "{log}");
}

/// The sections of a page that are notes or alerts, as they are sent.
fn notes(page: &str) -> String {
    let mut found = String::new();
    for section in page.split("<section").skip(1) {
        let section = section.split_inclusive("</section>").next().unwrap_or_default();
        if section.starts_with(" class=\"alert\"") || section.starts_with(" class=\"note unknown\"") {
            found += &format!("<section{section}\n");
        }
    }
    found
}

/// What `server` sends for `target` at `now`.
fn page(server: &Serving, target: &str, now: &str) -> String {
    let state = Data::new(State::new(Arc::clone(&server.store), Clock::Fixed(now.parse().unwrap())));
    actix_web::rt::System::new().block_on(async move {
        let app = init_service(create_app(state)).await;
        let request = TestRequest::with_uri(target).insert_header(("Host", "127.0.0.1:8080")).to_request();
        let response = call_service(&app, request).await;
        String::from_utf8(read_body(response).await.to_vec()).unwrap()
    })
}

/// The first event of a feed whose title has `text`, unfolded, and how many others there are.
fn events(feed: &str, text: &str) -> String {
    let feed = feed.replace("\r\n ", "");
    let events =
        feed.split("BEGIN:VEVENT\r\n").skip(1).map(|event| event.split("END:VEVENT").next().unwrap());
    let is_meant =
        |event: &&str| event.lines().any(|line| line.starts_with("SUMMARY:") && line.contains(text));
    let mut events = events.filter(is_meant);
    let first = events.next().map(|event| event.replace("\r\n", "\n")).unwrap_or_default();
    format!("{first}and {} more like it", events.count())
}

/// How pages, a feed and commands show the state of the calendar of `server`.
fn shown(server: &Serving, now: &str) -> String {
    let folder = server.folder.as_path();
    let mut all = String::new();
    for target in ["/data/", "/data/coverage", "/data/engineers/a", "/data/engineers/b"] {
        all += &format!("## {target}\n{}\n", notes(&page(server, target, now)));
    }
    all += &format!("## coverage.ics\n{}\n", events(&server.feed("coverage.ics"), "not known"));
    let agree = ["agree", "2026-03-10", "c", "--dry-run"];
    let cover = ["cover", "b", "2026-03-01T12:00", "2026-03-02T12:00", "--dry-run"];
    let diff = ["diff", folder.to_str().unwrap(), folder.to_str().unwrap()];
    for command in
        [&["coverage"][..], &["schedule"], &["now"], &["fairness"], &diff, &agree, &cover, &["check"]]
    {
        let output = oncal(folder, now, command);
        let arguments = command.join(" ");
        all += &format!("## oncal {arguments}\n{}\n", String::from_utf8_lossy(&output.stderr));
    }
    stable(folder, &all)
}

#[test]
fn a_calendar_that_was_never_fetched_shows_everywhere() {
    let calendars = CalendarServer::start("");
    let folder = with_team(&calendars.url("secret-path.ics"));
    let server = Serving::start(folder.path(), Location::folder(folder.path().join("state")), NOW);
    is_as_in("never-fetched-shown", &shown(&server, NOW));
}

#[test]
fn a_calendar_in_which_all_that_was_ahead_is_gone_shows_for_a_week() {
    let calendars = CalendarServer::start(&calendar(&LEAVE));
    let folder = with_team(&calendars.url("secret-path.ics"));
    let server = Serving::start(folder.path(), Location::folder(folder.path().join("state")), NOW);
    calendars.serve(&calendar(&[]));
    server.pass(120);
    server.until("the empty copy", |server| server.codes() == ["calendar-emptied"]);
    is_as_in("emptied-shown", &shown(&server, LATER));
    server.pass(6 * 24 * 60);
    // Until the next fetch the copy is old too.
    server.until("another fetch", |server| server.codes() == ["calendar-emptied"]);
    server.pass(24 * 60);
    server.until("the end of the warning", |server| server.codes().is_empty());
}
