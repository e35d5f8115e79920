//! What hostile clients and those of large pages do delays nobody else. These tests measure, so that nothing else may
//! run beside them.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::limits::{configuration, request};
use crate::support::running::{Running, get, program};

/// The time that a response may take while others attack, besides a multiple of what it took before: a machine that
/// does much else slows both.
const SOON: Duration = Duration::from_millis(50);

/// `quiet` is what a response took before the attack, `median` what it took during it.
#[track_caller]
fn assert_soon(quiet: Duration, median: Duration) {
    assert!(median < SOON + quiet * 10, "{median:?}, and {quiet:?} before");
}

fn median_of_a_normal_client(address: SocketAddr) -> Duration {
    median(address, "/data/team.ics", 41)
}

/// How long a request for `target` takes, at the median of an odd `number`.
fn median(address: SocketAddr, target: &str, number: usize) -> Duration {
    let mut times: Vec<Duration> = (0..number)
        .map(|_| {
            let since = Instant::now();
            assert!(get(address, target).0.starts_with("HTTP/1.1 200"));
            since.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

#[test]
fn a_thousand_slow_clients_delay_nobody() {
    let folder = configuration("future_weeks = 520\n");
    let mut running = Running::start(&mut program(folder.path(), &[]));
    let (address, quiet) = (running.address, median_of_a_normal_client(running.address));
    let before = running.memory();
    let mut slow: Vec<TcpStream> = (0..1000).map(|_| TcpStream::connect(address).unwrap()).collect();
    for (n, stream) in slow.iter_mut().enumerate() {
        stream.set_nonblocking(true).unwrap();
        // One half never ends its head; the other asks for much and does not read it.
        let start = if n % 2 == 0 { "GET /data/te".to_owned() } else { request("/data/team.ics").repeat(20) };
        let _ = stream.write(start.as_bytes());
    }
    let done = AtomicBool::new(false);
    let median = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for stream in slow.iter_mut().step_by(2) {
                    let _ = stream.write(b"x");
                }
                thread::sleep(Duration::from_millis(500));
            }
        });
        thread::sleep(Duration::from_secs(1));
        let median = median_of_a_normal_client(address);
        done.store(true, Ordering::Relaxed);
        median
    });
    println!(
        "1,000 slow clients: {median:?} at the median, {before} MB before, {} MB with them",
        running.memory()
    );
    assert_soon(quiet, median);
    assert!(running.memory() < before + 300, "{before} MB, then {} MB", running.memory());
    drop(slow);
    running.signal("TERM");
    assert_eq!(running.ended().code(), Some(0));
}

#[test]
fn request_bodies_are_not_accepted() {
    let folder = configuration("");
    let running = Running::start(&mut program(folder.path(), &[]));
    let (quiet, before) = (median_of_a_normal_client(running.address), running.memory());
    let median = thread::scope(|scope| {
        for method in ["POST", "PUT", "GET", "PROPFIND"] {
            let address = running.address;
            scope.spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
                let head = format!(
                    "{method} /data/team.ics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n"
                );
                let _ = stream.write_all(head.as_bytes());
                let part = vec![b'x'; 1 << 20];
                // As much of it as the server accepts.
                let _ = (0..100).try_for_each(|_| stream.write_all(&part));
            });
        }
        median_of_a_normal_client(running.address)
    });
    println!("bodies of 100 MB: {median:?} at the median, {before} MB before, {} MB after", running.memory());
    assert_soon(quiet, median);
    assert!(running.memory() < before + 50, "{before} MB, then {} MB", running.memory());
}

/// A team of twenty, with the holidays of several countries.
fn twenty() -> String {
    let zones = ["America/New_York", "Europe/London", "Europe/Berlin", "Asia/Tokyo", "Australia/Sydney"];
    let calendars = ["us-federal", "gb-eng", "de", "jp", "au-nsw"];
    let mut text =
        String::from("name = \"Twenty\"\ntime_zone = \"America/New_York\"\nholidays = [\"us-federal\"]\n");
    for n in 0..20 {
        let (zone, calendar) = (zones[n % 5], calendars[n % 5]);
        text.push_str(&format!(
            "[[engineer]]\nid = \"e{n}\"\nname = \"Engineer {n}\"\ntime_zone = \"{zone}\"\nholidays = [\"{calendar}\"]\n"
        ));
    }
    let weeks: Vec<String> =
        (0..20).map(|n| format!("{{ primary = \"e{n}\", secondary = \"e{}\" }}", (n + 1) % 20)).collect();
    format!("{text}[[rotation]]\nstarts = 2026-01-02T10:00:00\nweeks = [{}]\n", weeks.join(", "))
}

#[test]
fn feeds_do_not_wait_for_all_the_pages_that_others_request() {
    const PAGE: &str = "/twenty/coverage";
    let folder = configuration("");
    fs::write(folder.path().join("teams/twenty.toml"), twenty()).unwrap();
    let running = Running::start(&mut program(folder.path(), &[]));
    get(running.address, "/data/team.ics");
    let (page, done) = (median(running.address, PAGE, 5), AtomicBool::new(false));
    let requests = || {
        let mut times = Vec::new();
        while !done.load(Ordering::Relaxed) {
            let since = Instant::now();
            get(running.address, PAGE);
            times.push(since.elapsed());
        }
        times
    };
    let (feed, mut pages) = thread::scope(|scope| {
        let clients: Vec<_> = (0..64).map(|_| scope.spawn(requests)).collect();
        thread::sleep(page * 4);
        let feed = median(running.address, "/data/team.ics", 21);
        done.store(true, Ordering::Relaxed);
        let pages: Vec<Duration> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
        (feed, pages)
    });
    pages.sort();
    let waiting = pages[pages.len() / 2];
    println!("a page alone {page:?}; beside 64 clients a page {waiting:?}, a feed {feed:?}");
    // Each worker has many of them waiting, and a feed waits for the one that it is at.
    assert!(feed < waiting / 4, "{feed:?} for a feed, {waiting:?} for a page");
}
