//! A start with broken files serves their teams as last published.

use std::fs;
use std::path::Path;

use crate::support::files::write;
use crate::support::running::{PATIENCE, Running, get, program};
use crate::support::wait::wait;
use oncal::journal::{Database, Location};
use oncal::rota::TeamId;
use serde_json::Value;
use tempfile::TempDir;

const SETTINGS: &str = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";

fn team(name: &str, holidays: &str, more: &str) -> String {
    format!(
        "name = \"{name}\"\ntime_zone = \"America/New_York\"\nholidays = [\"{holidays}\"]\n\
         engineer = [{{ id = \"a\", name = \"Ann\", time_off_calendar = \"ann.ics\", email = \"Ann@example.org\" }}, \
         {{ id = \"b\", name = \"Bob\" }}]\n\
         [[rotation]]\nstarts = 2026-01-02T10:00:00\n\
         weeks = [{{ primary = \"a\", secondary = \"b\" }}, {{ primary = \"b\", secondary = \"a\" }}]\n{more}"
    )
}

const HOUSE: &str = "[calendar]\nname = \"House\"\n[[holiday]]\nname = \"Founders\"\non = \"03-07\"\n";

const PIPELINE: &str =
    "[[pipeline]]\nid = \"p\"\nname = \"P\"\nprimary = \"a\"\nsecondary = \"b\"\nrun_book = \"p.md\"\n";

const LEAVE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n\
    DTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20990105\r\nDTEND;VALUE=DATE:20990109\r\nSUMMARY:Leave\r\n\
    DESCRIPTION:secret clinic\r\nLOCATION:secret place\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:secret@example.org\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

const TEAMS: [&str; 5] = ["syntax", "calendar", "book", "leave", "fine"];

/// Five teams; something will break in all but the last.
fn configured() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |below: &str, text: &str| write(folder.path(), below, text);
    write("oncal.toml", SETTINGS);
    write("holidays/house.toml", HOUSE);
    for (id, holidays, more) in [
        ("syntax", "us-federal", ""),
        ("calendar", "house", ""),
        ("book", "us-federal", PIPELINE),
        ("leave", "us-federal", ""),
        ("fine", "gb-eng", ""),
    ] {
        write(&format!("teams/{id}.toml"), &team(id, holidays, more));
        write(&format!("time-off/{id}/ann.ics"), LEAVE);
    }
    write("runbooks/book/p.md", "# What to do\n");
    folder
}

fn started(folder: &Path, state: &Path) -> Running {
    Running::start(&mut program(folder, &["--state", state.to_str().unwrap()]))
}

fn tags(running: &Running) -> Vec<String> {
    let paths = ["team.ics", "coverage.ics", "engineers/a.ics", "primary.ics"];
    let targets = TEAMS.iter().flat_map(|team| paths.map(|path| format!("/{team}/{path}")));
    let tag = |target: String| {
        let (head, _) = get(running.address, &target);
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: "));
        format!("{target} {}", tag.unwrap_or_else(|| panic!("{target}: {head}")))
    };
    targets.map(tag).collect()
}

fn ready(running: &Running) -> Value {
    serde_json::from_slice(&get(running.admin, "/readyz").1).unwrap()
}

/// How often each team was published whose files break.
fn versions(state: &Path) -> Vec<i64> {
    let database = Database::open(Location::folder(state)).unwrap();
    let versions = database.versions().unwrap().into_iter().filter(|(team, _)| team.as_str() != "fine");
    versions.map(|(_, version)| version).collect()
}

#[test]
fn a_start_with_broken_files_serves_the_last_published_state_with_its_tags() {
    let (folder, state) = (configured(), tempfile::tempdir().unwrap());
    let running = started(folder.path(), state.path());
    let before = tags(&running);
    running.signal("KILL");
    drop(running);
    let published = versions(state.path());

    write(folder.path(), "teams/syntax.toml", "name = \n");
    write(folder.path(), "holidays/house.toml", "[calendar\n");
    fs::remove_file(folder.path().join("runbooks/book/p.md")).unwrap();
    write(folder.path(), "time-off/leave/ann.ics", &LEAVE.replace("20990105", "2099"));
    let mut running = started(folder.path(), state.path());
    assert_eq!(tags(&running), before);
    assert_eq!(versions(state.path()), published, "nothing was published");
    let readiness = ready(&running);
    assert_eq!(readiness["status"], "degraded");
    assert_eq!(readiness["teams"]["restored"], serde_json::json!(["book", "calendar", "leave", "syntax"]));
    assert_eq!(readiness["teams"]["good"], serde_json::json!(["fine"]));
    let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
    assert!(metrics.contains("oncal_teams{state=\"restored\"} 4\n"), "{metrics}");
    for id in ["syntax", "calendar", "book", "leave"] {
        let page = String::from_utf8(get(running.address, &format!("/{id}/")).1).unwrap();
        assert!(page.contains("is the rota as last published"), "{id}: {page}");
        let line = format!("\"team\":\"{id}\"");
        let log = running.log();
        let is_logged = |entry: &str| entry.contains(&line) && entry.contains("as last published");
        assert!(log.lines().any(is_logged), "{id}: {log}");
    }
    let book = String::from_utf8(get(running.address, "/book/run-books/p").1).unwrap();
    assert!(book.contains("What to do"), "{book}");

    // Corrected files take over; those with the same content publish nothing.
    write(folder.path(), "teams/syntax.toml", &team("changed", "us-federal", ""));
    write(folder.path(), "holidays/house.toml", HOUSE);
    write(folder.path(), "runbooks/book/p.md", "# What to do\n");
    write(folder.path(), "time-off/leave/ann.ics", LEAVE);
    wait(PATIENCE, "the end of it", || ready(&running)["teams"]["restored"].as_array().unwrap().is_empty());
    let after = tags(&running);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before == after, !before.starts_with("/syntax/"), "{before} {after}");
    }
    running.signal("TERM");
    assert!(running.ended().success());
}

#[test]
fn stored_files_contain_nothing_private_and_are_deleted_with_the_last_team_that_uses_them() {
    let (folder, state) = (configured(), tempfile::tempdir().unwrap());
    let running = started(folder.path(), state.path());
    let sources = |id: &str| {
        let database = Database::open(Location::folder(state.path())).unwrap();
        database.sources(&TeamId::new(id).unwrap()).unwrap()
    };
    let fine = sources("fine");
    let paths: Vec<&str> = fine.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["holidays/house.toml", "teams/fine.toml", "time-off/fine/ann.ics"]);
    let leave = String::from_utf8(fine[2].content.clone().unwrap().to_vec()).unwrap();
    assert!(leave.contains("DTSTART;VALUE=DATE:20990105") && !leave.contains("secret"), "{leave}");
    assert_eq!(sources("book").len(), 4, "with its run book");
    let stored = || {
        let journal = rusqlite::Connection::open(state.path().join("journal.sqlite")).unwrap();
        let mut statement = journal.prepare("SELECT content FROM source").unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<Vec<u8>>>()
    };
    let all = stored();
    assert_eq!(all.len(), 5 + 1 + 1 + 1, "five teams share one calendar and one leave; one has a run book");
    assert!(all.iter().all(|content| content.starts_with(&[0x1f, 0x8b])), "compressed with gzip");
    fs::remove_file(folder.path().join("time-off/fine/ann.ics")).unwrap();
    let plain = team("fine", "gb-eng", "").replace("time_off_calendar = \"ann.ics\", ", "");
    write(folder.path(), "teams/fine.toml", &plain);
    wait(PATIENCE, "the change", || sources("fine").len() == 2);
    assert_eq!(stored().len(), all.len(), "others use that leave");
    for id in ["syntax", "calendar", "book", "leave"] {
        fs::remove_file(folder.path().join(format!("time-off/{id}/ann.ics"))).unwrap();
        let plain = team(id, "gb-eng", "").replace("time_off_calendar = \"ann.ics\", ", "");
        write(folder.path(), &format!("teams/{id}.toml"), &plain);
    }
    fs::remove_file(folder.path().join("runbooks/book/p.md")).unwrap();
    wait(PATIENCE, "the end of the leave and the run book", || stored().len() == 5 + 1);
    running.signal("TERM");
}

#[test]
fn a_team_whose_file_is_gone_at_the_start_is_waited_for_and_not_restored() {
    let (folder, state) = (configured(), tempfile::tempdir().unwrap());
    drop(started(folder.path(), state.path()));
    fs::remove_file(folder.path().join("teams/fine.toml")).unwrap();
    let running = started(folder.path(), state.path());
    let status = |target: &str| get(running.address, target).0.lines().next().unwrap().to_owned();
    assert!(status("/fine/team.ics").contains(" 503 "), "{}", status("/fine/team.ics"));
    assert!(status("/fine/").contains(" 503 ") && status("/never/team.ics").contains(" 404 "));
    assert_eq!(ready(&running)["teams"]["removed"], serde_json::json!(["fine"]));
    let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
    assert!(metrics.contains("oncal_team_file_missing{team=\"fine\"} 1\n"), "{metrics}");
    write(folder.path(), "teams/fine.toml", &team("fine", "gb-eng", ""));
    wait(PATIENCE, "its return", || status("/fine/team.ics").contains(" 200 "));
}

#[test]
fn a_start_with_only_broken_files_fails_if_nothing_was_published() {
    let (folder, state) = (configured(), tempfile::tempdir().unwrap());
    for id in TEAMS {
        write(folder.path(), &format!("teams/{id}.toml"), "name = \n");
    }
    let options = ["--state", state.path().to_str().unwrap()];
    let output = program(folder.path(), &options).output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && log.contains("not serving: no team could be loaded"), "{log}");
}
