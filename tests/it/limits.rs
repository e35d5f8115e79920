//! The real program among hostile and broken clients: it keeps responding to everybody else.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::running::{PATIENCE, Running, get, program};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A configuration with free ports.
pub(crate) fn configuration(settings: &str) -> TempDir {
    let ports = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";
    crate::support::pair::configuration("", &format!("{ports}{settings}"))
}

pub(crate) fn request(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// The response to `bytes`; empty if the server closes the connection or is silent.
fn response(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    // The server may have ended the connection by now.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_client_that_stops_in_the_middle_is_cut_off_at_any_request() {
    let folder = configuration("future_weeks = 520\n");
    let running = Running::start(&mut program(folder.path(), &[]));
    let first = request("/healthz");
    let pieces = "POST /data/team.ics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let read = request("/data/team.ics").repeat(40);
    thread::scope(|scope| {
        for (named, says, then) in [
            ("a head", "GET /hea", ""),
            ("a head that goes on", "GET /hea", "l"),
            ("a second head", &format!("{first}G"), "E"),
            ("a long second head", &format!("{first}GET / HTTP/1.1\r\nX: {}", "x".repeat(100_000)), "x"),
            ("line ends after a request", &first, "\r\n"),
            ("a body in pieces that goes on", pieces, "1\r\nx\r\n"),
            ("answers that nobody reads", &read, ""),
        ] {
            let (says, address) = (says.to_owned(), running.address);
            scope.spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(says.as_bytes()).unwrap();
                let since = Instant::now();
                // The end shows as a write that fails, once the other side has gone.
                let mut is_open = true;
                // Without a limit it would stay open.
                while is_open && since.elapsed() < PATIENCE * 2 {
                    thread::sleep(Duration::from_secs(1));
                    is_open = stream.write_all(then.as_bytes()).is_ok() && is_established(&stream);
                }
                assert!(!is_open, "{named}");
            });
        }
    });
    assert!(get(running.address, "/data/team.ics").0.starts_with("HTTP/1.1 200"));
}

/// Whether the server still has its end of `stream`.
fn is_established(stream: &TcpStream) -> bool {
    let own = stream.local_addr().unwrap().port();
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    // Local address, remote address, state 1: established.
    table.lines().any(|line| {
        let mut words = line.split_whitespace().skip(2);
        let (remote, state) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        remote.ends_with(&format!(":{own:04X}")) && state == "01"
    })
}

#[test]
fn malformed_requests_are_refused_and_cost_little() {
    let folder = configuration("");
    let running = Running::start(&mut program(folder.path(), &[]));
    let before = running.memory();
    let many = "X-A: b\r\n".repeat(5_000);
    let large = format!("X-A: {}\r\n", "b".repeat(1_000_000));
    for (name, bytes) in [
        ("many headers", format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n").into_bytes()),
        ("a large header", format!("GET / HTTP/1.1\r\nHost: localhost\r\n{large}\r\n").into_bytes()),
        ("a long target", request(&format!("/{}", "a".repeat(10_000))).into_bytes()),
        ("a long query", request(&format!("/data/team.ics?{}", "a=b&".repeat(2_500))).into_bytes()),
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("zeros", vec![0; 100_000]),
        ("another version", b"GET / HTTP/7.3\r\nHost: localhost\r\n\r\n".to_vec()),
        ("two lengths", b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_vec()),
        ("length and chunks", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x".to_vec()),
        ("garbage behind", format!("{}\0\r\n\u{7f}garbage{}", request("/data/team.ics"), "x".repeat(50_000)).into_bytes()),
        ("bad encoding", request("/data/%zz%").into_bytes()),
        ("above the root", request("/../../etc/passwd").into_bytes()),
        ("encoded above", request("/%2e%2e/%2e%2e/etc/passwd").into_bytes()),
        ("twice encoded", request("/data/run-books/%252e%252e%252fteams").into_bytes()),
        ("overlong", request("/data/run-books/%c0%ae%c0%ae/").into_bytes()),
        ("backslashes", request("/data/run-books/..%5c..%5concal.toml").into_bytes()),
    ] {
        let answer = response(running.address, &bytes);
        assert!(!answer.contains(" 50") && !answer.contains("root:"), "{name}: {answer}");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 "), "{name}: {answer}");
        assert!(get(running.address, "/data/team.ics").0.starts_with("HTTP/1.1 200"), "after {name}");
    }
    assert!(running.memory() < before + 50, "{before} MB, then {} MB", running.memory());
    assert!(!running.log().contains("a defect of oncal"), "{}", running.log());
}

#[test]
fn any_number_of_wrong_keys_harms_nobody_who_shares_the_address() {
    let folder = configuration("access = \"links\"\n");
    let mut command = program(folder.path(), &[]);
    let running = Running::start(command.env("ONCAL_SECRET", SECRET));
    let team = oncal::rota::TeamId::new("data").unwrap();
    let right = oncal::access::Secret::of(SECRET.as_bytes()).team(1, &team, 1).text();
    let wrong = "a".repeat(right.len());
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    for n in 0..1500 {
        let (key, status) = if n % 300 == 299 { (&right, "200") } else { (&wrong, "404") };
        let target = format!("/k/{key}/data/primary.ics");
        stream.write_all(format!("HEAD {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
        let (mut head, mut part) = (Vec::new(), [0; 4096]);
        while !head.ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0);
            head.extend_from_slice(&part[..read]);
        }
        assert_eq!(&String::from_utf8(head).unwrap()[9..12], status, "request {n}");
    }
    let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
    assert!(metrics.contains("status=\"404\"") && !metrics.contains(&right), "{metrics}");
}

/// What the server's system holds for the other end of `stream`, in bytes.
fn held(stream: &TcpStream) -> usize {
    let own = stream.local_addr().unwrap().port();
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let line = table.lines().find(|line| {
        line.split_whitespace().nth(2).is_some_and(|remote| remote.ends_with(&format!(":{own:04X}")))
    });
    let queues = line.and_then(|line| line.split_whitespace().nth(4)).unwrap_or_default();
    usize::from_str_radix(queues.split(':').next().unwrap(), 16).unwrap_or_default()
}

#[test]
fn the_system_holds_little_for_a_client_that_does_not_read() {
    let folder = configuration("future_weeks = 520\n");
    let running = Running::start(&mut program(folder.path(), &[]));
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream.write_all(request("/data/team.ics").repeat(40).as_bytes()).unwrap();
    let (mut before, mut most) = (0, 0);
    loop {
        thread::sleep(Duration::from_millis(300));
        most = most.max(held(&stream));
        if most > 0 && most == before {
            break;
        }
        before = most;
    }
    println!("{most} bytes are held");
    // Without a limit Linux lets it grow to four megabytes.
    assert!(most < 400_000, "{most}");
}

/// The plan's team under another id, without what needs further files.
fn plan() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/teams/data-pipelines.toml");
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.starts_with("run_book")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn requests_for_every_variant_of_every_feed_take_a_bounded_amount_of_memory() {
    const REQUESTS: usize = 2_000;
    let folder = configuration("");
    let running = Running::start(&mut program(folder.path(), &[]));
    for team in 0..100 {
        fs::write(folder.path().join(format!("teams/t{team}.toml")), plan()).unwrap();
    }
    let since = Instant::now();
    while get(running.address, "/t99/primary.ics").0.starts_with("HTTP/1.1 404") {
        assert!(since.elapsed() < Duration::from_secs(300), "{}", running.log());
        thread::sleep(Duration::from_millis(200));
    }
    let feeds = ["team", "coverage", "primary", "secondary", "engineers/a", "engineers/b", "engineers/c"];
    let queries =
        ["", "?alarm=5m", "?alarm=10m", "?alarm=15m", "?alarm=30m", "?alarm=1h", "?alarm=2h", "?alarm=1d"];
    let codings = ["identity", "gzip", "br"];
    thread::scope(|scope| {
        for part in 0..4_usize {
            let address = running.address;
            scope.spawn(move || {
                // Each combination at most once, far from the one before.
                for number in (0..REQUESTS).skip(part).step_by(4) {
                    let place = number * 7_919;
                    let (team, place) = (place % 100, place / 100);
                    let (feed, place) = (feeds[place % feeds.len()], place / feeds.len());
                    let (query, coding) = (queries[place % queries.len()], codings[number % codings.len()]);
                    let mut stream = TcpStream::connect(address).unwrap();
                    let head = format!(
                        "GET /t{team}/{feed}.ics{query} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {coding}\r\nConnection: close\r\n\r\n"
                    );
                    stream.write_all(head.as_bytes()).unwrap();
                    let mut answer = Vec::new();
                    stream.read_to_end(&mut answer).unwrap();
                    assert!(answer.starts_with(b"HTTP/1.1 200"), "{head}");
                }
            });
        }
    });
    let own = running.memory();
    println!("{own} MB after {REQUESTS} variants");
    assert!(own < 100, "{own} MB");
}

#[test]
fn no_request_is_answered_with_a_failure() {
    let folder = configuration("");
    let running = Running::start(&mut program(folder.path(), &[]));
    let path = "/(data|k|api/v1/teams/data|[a-z]{0,4})?(/[!-~]{0,12}){0,3}";
    let query = "(\\?(from|weeks|zone|at|to|alarm|download|engineer)=[!-~]{0,12}){0,2}";
    let name = "(If-None-Match|If-Modified-Since|Accept-Encoding|User-Agent|Range|X-Forwarded-For)";
    let headers = proptest::collection::vec((name, "[ -~]{0,20}"), 0..4);
    let request = ("(GET|HEAD|POST|OPTIONS|[A-Z]{1,9})", path, query, headers);
    let requests = proptest::collection::vec(request, 1..12);
    let mut runner = TestRunner::new(ProptestConfig { cases: 32, ..ProptestConfig::default() });
    let result = runner.run(&requests, |requests| {
        for (method, path, query, headers) in requests {
            let mut text =
                format!("{method} {path}{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
            headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
            let mut stream = TcpStream::connect(running.address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let head = String::from_utf8_lossy(&answer[..answer.len().min(200)]).into_owned();
            prop_assert!(head.starts_with("HTTP/1.1 ") && !head.starts_with("HTTP/1.1 5"), "{text}: {head}");
        }
        Ok(())
    });
    result.unwrap();
}
