//! Who fetched what, as the real program counts, stores and shows it.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::pair::{TEAM, configuration};
use crate::support::running::{PATIENCE, Running, get, program};
use serde_json::Value;

const GOOGLE: &str = "Google-Calendar-Importer";
const APPLE: &str = "iOS/18.0 (22A3354) dataaccessd/1.0";
const THUNDERBIRD: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0";

/// Free ports.
const SETTINGS: &str = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";

fn started(folder: &Path, state: &Path) -> Running {
    Running::start(&mut program(folder, &["--state", state.to_str().unwrap()]))
}

/// Status and tag of the answer to `agent`, who has `known`.
fn fetched(address: SocketAddr, method: &str, path: &str, agent: &str, known: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept-Encoding: gzip\r\n"
    );
    write!(stream, "{head}User-Agent: {agent}\r\nIf-None-Match: {known}\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let etag = answer.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap_or_default();
    (answer[9..12].parse().unwrap(), etag.to_owned())
}

/// Kind of client, answers in full and unchanged, and whether it is current, at the feed at `path`.
fn counts_of(address: SocketAddr, path: &str) -> Vec<(String, u64, u64, bool)> {
    let (_, body) = get(address, "/api/v1/teams/data/subscribers");
    let body: Value = serde_json::from_slice(&body).unwrap();
    let feeds = body["feeds"].as_array().unwrap();
    let feed = feeds.iter().find(|feed| feed["path"] == path).unwrap();
    let clients = feed["clients"].as_array().unwrap().iter();
    clients
        .map(|one| {
            let count = |name: &str| one[name].as_u64().unwrap();
            let is_current = one["current"].as_bool().unwrap();
            assert_eq!(is_current, one["behind_since"].is_null(), "{one}");
            (one["client"].as_str().unwrap().to_owned(), count("given"), count("confirmed"), is_current)
        })
        .collect()
}

fn is(client: &str, given: u64, confirmed: u64, is_current: bool) -> (String, u64, u64, bool) {
    (client.to_owned(), given, confirmed, is_current)
}

#[test]
fn fetches_are_shown_after_a_restart_too() {
    let (folder, state) = (configuration("", SETTINGS), tempfile::tempdir().unwrap());
    let mut running = started(folder.path(), state.path());
    let fetch = |method, path, agent, known: &str| fetched(running.address, method, path, agent, known);
    let (status, tag) = fetch("GET", "/data/team.ics", GOOGLE, "");
    assert_eq!((status, fetch("GET", "/data/team.ics", GOOGLE, &tag).0), (200, 304));
    assert_eq!(fetch("GET", "/data/team.ics?alarm=15m", THUNDERBIRD, "").0, 200);
    assert_eq!(fetch("GET", "/data/engineers/a.ics", APPLE, "\"old\"").0, 200);
    for (method, path) in
        [("HEAD", "/data/team.ics"), ("GET", "/data/team.ics?download=1"), ("GET", "/data/none.ics")]
    {
        fetch(method, path, APPLE, "");
    }
    let of_team = [is("google", 1, 1, true), is("thunderbird", 1, 0, true)];
    let of_ann = [is("apple", 1, 0, true)];
    assert_eq!(
        (counts_of(running.address, "team.ics"), counts_of(running.address, "engineers/a.ics")),
        (of_team.to_vec(), of_ann.to_vec())
    );
    let page = String::from_utf8(get(running.address, "/data/subscribers").1).unwrap();
    for expected in ["Google Calendar", "All up to date</span>", "just now", "<bdi>Bob</bdi>"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    running.signal("TERM");
    assert!(running.ended().success());

    let running = started(folder.path(), state.path());
    assert_eq!(
        (counts_of(running.address, "team.ics"), counts_of(running.address, "engineers/a.ics")),
        (of_team.to_vec(), of_ann.to_vec())
    );
    fetched(running.address, "GET", "/data/team.ics", GOOGLE, &tag);
    assert_eq!(counts_of(running.address, "team.ics")[0], is("google", 1, 2, true));
}

#[test]
fn a_client_is_behind_from_a_change_until_its_next_request() {
    let (folder, state) = (configuration("", SETTINGS), tempfile::tempdir().unwrap());
    let running = started(folder.path(), state.path());
    for path in ["/data/team.ics", "/data/coverage.ics"] {
        fetched(running.address, "GET", path, GOOGLE, "");
    }
    let agreed = "[[override]]\nfrom = 2099-01-01\nto = 2099-01-02\nprimary = \"b\"\n";
    let next = TEAM.replace("\"Ann\"", "\"Anna\"");
    fs::write(folder.path().join("teams/data.toml"), format!("{next}{agreed}")).unwrap();
    let since = Instant::now();
    while counts_of(running.address, "team.ics")[0].3 {
        assert!(since.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(50));
    }
    let page = String::from_utf8(get(running.address, "/data/subscribers").1).unwrap();
    assert!(page.contains("behind by 1 change</span>"), "{page}");
    fetched(running.address, "GET", "/data/team.ics", GOOGLE, "");
    assert_eq!(counts_of(running.address, "team.ics"), [is("google", 2, 0, true)]);
}

#[test]
fn a_database_that_cannot_be_written_changes_no_answer() {
    let (folder, state) = (configuration("", SETTINGS), tempfile::tempdir().unwrap());
    let mut running = started(folder.path(), state.path());
    let agreed = fetched(running.address, "GET", "/data/team.ics", GOOGLE, "");
    for file in fs::read_dir(state.path()).unwrap() {
        fs::write(file.unwrap().path(), "no database").unwrap();
    }
    // The counts are written every ten seconds.
    thread::sleep(Duration::from_secs(11));
    assert_eq!(fetched(running.address, "GET", "/data/team.ics", GOOGLE, ""), agreed);
    assert_eq!(counts_of(running.address, "team.ics"), [is("google", 2, 0, true)]);
    let ready = || String::from_utf8(get(running.admin, "/readyz").1).unwrap();
    let since = Instant::now();
    while !ready().contains("\"what\":\"journal\"") {
        assert!(since.elapsed() < PATIENCE, "{}", ready());
        thread::sleep(Duration::from_millis(50));
    }
    running.signal("TERM");
    assert!(running.ended().success());
}
