//! The real program under load for a long time, while its files change: no wrong response, and memory that does not
//! grow.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::running::{PATIENCE, Running, get, program};
use oncal::access::Secret;
use oncal::rota::TeamId;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

const SETTINGS: &str =
    "access = \"links\"\nbind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\npast_weeks = 2\n";

/// What the memory of the server may grow by after its first third, in MB: room for what the allocator keeps.
const MAX_GROWTH: u64 = 24;

fn team(number: u32) -> String {
    format!(
        "name = \"Gen {number}\"\ntime_zone = \"America/New_York\"\nholidays = [\"us-federal\"]\n\
         engineer = [{{ id = \"a\", name = \"Ann\" }}, {{ id = \"b\", name = \"Bob\" }}]\n\
         [[rotation]]\nstarts = 2026-01-02T10:00:00\n\
         weeks = [{{ primary = \"a\", secondary = \"b\" }}, {{ primary = \"b\", secondary = \"a\" }}]\n"
    )
}

/// How long it runs: `ONCAL_SOAK_SECONDS`, a minute by default.
fn duration() -> Duration {
    let asked = std::env::var("ONCAL_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(asked.unwrap_or(60))
}

/// Ends the clients, also when the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One client: keeps its connection and mostly has the current version already, as calendars do.
fn ask_on(address: SocketAddr, key: &str, place: usize, done: &AtomicBool, answers: &AtomicU64) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let targets = [
        "data/team.ics",
        "data/engineers/a.ics",
        "data/coverage.ics?alarm=1h",
        "data/primary.ics?download=1",
    ];
    let target = targets[place % targets.len()];
    let coding = if place.is_multiple_of(2) { "gzip" } else { "identity" };
    let (mut tag, mut part) = (String::new(), vec![0; 1 << 16]);
    let mut received = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let request = format!(
            "GET /k/{key}/{target} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {coding}\r\nIf-None-Match: \"{tag}\"\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        received.clear();
        let head = loop {
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0, "the connection ended");
            received.extend_from_slice(&part[..read]);
            if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break String::from_utf8(received[..end].to_vec()).unwrap().to_ascii_lowercase();
            }
        };
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("{head}")).to_owned()
        };
        match &head[9..12] {
            "304" => {}
            "200" => {
                let whole = head.len() + 4 + header("content-length").parse::<usize>().unwrap();
                while received.len() < whole {
                    let read = stream.read(&mut part).unwrap();
                    assert!(read > 0, "cut short");
                    received.extend_from_slice(&part[..read]);
                }
                assert_eq!(received.len(), whole);
                tag = header("etag").trim_matches('"').to_owned();
            }
            _ => panic!("{head}"),
        }
        answers.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
#[ignore = "takes a minute; tests/run.sh runs it"]
fn under_load_and_changes_nothing_fails_and_memory_stays_flat() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("teams")).unwrap();
    let file = folder.path().join("teams/data.toml");
    fs::write(&file, team(0)).unwrap();
    fs::write(folder.path().join("oncal.toml"), SETTINGS).unwrap();
    let mut running = Running::start(program(folder.path(), &[]).env("ONCAL_SECRET", SECRET));
    let key = Secret::of(SECRET.as_bytes()).team(1, &TeamId::new("data").unwrap(), 1).text();
    let (done, answers, address) = (AtomicBool::new(false), AtomicU64::new(0), running.address);
    let mut figures = Vec::new();
    thread::scope(|scope| {
        let _end = End(&done);
        for place in 0..8 {
            let (key, done, answers) = (&key, &done, &answers);
            scope.spawn(move || ask_on(address, key, place, done, answers));
        }
        let since = Instant::now();
        let mut changes = 0;
        while since.elapsed() < duration() {
            thread::sleep(Duration::from_secs(1));
            changes += 1;
            fs::write(&file, team(changes)).unwrap();
            // Pages and the API too, and somebody who guesses.
            for target in ["data/", "data/coverage", "api/v1/teams/data/changes"] {
                assert!(
                    get(address, &format!("/k/{key}/{target}")).0.starts_with("HTTP/1.1 200"),
                    "{target}"
                );
            }
            assert!(get(address, "/k/guess/").0.starts_with("HTTP/1.1 404"));
            figures.push(running.memory());
        }
        let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
        let generation =
            metrics.lines().find_map(|line| line.strip_prefix("oncal_snapshot_generation ")).unwrap();
        println!("{generation} loads for {changes} changes");
        assert!(generation.parse::<f64>().unwrap() > f64::from(changes) / 2.0, "{generation} of {changes}");
        assert!(!metrics.contains("status=\"5"), "{metrics}");
    });
    let (third, last) = (figures[figures.len() / 3], *figures.last().unwrap());
    let rate = answers.load(Ordering::Relaxed) / duration().as_secs();
    println!("{rate} feeds a second, {} changes; {} MB, {third} MB, {last} MB", figures.len(), figures[0]);
    // A quiet machine answers thousands; this is to be load and no measurement.
    assert!(rate > 100, "{rate} a second");
    assert!(last <= third + MAX_GROWTH, "{figures:?} MB");
    running.signal("TERM");
    assert_eq!(running.ended().code(), Some(0));
    assert!(!running.log().contains("a defect of oncal") && !running.log().contains(&key));
}
