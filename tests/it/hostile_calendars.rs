//! A running server and misbehaving calendar servers: each fetch is bounded, a failure is recorded, it is tried again,
//! and the kept copy stays in use.
//!
//! What needs a certificate that the program trusts, or an address that counts as public, is tested with the program
//! itself.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant as Moment};

use crate::support::calendar_server::{CalendarServer, calendar, send};
use crate::support::certificates::Authority;
use crate::support::fetching::{LIMITS, Serving, folder, reported, team};
use crate::support::logged;
use flate2::Compression;
use flate2::write::GzEncoder;
use oncal::journal::{CalendarState, Database, Location};
use rustls::ServerConnection;

const NOW: &str = "2026-02-10T12:00:00Z";

/// In minutes: after this a calendar that was fetched is due again, whatever its random delay.
const NEXT_FETCH: i64 = 67;

type Answer = Box<dyn Fn(&str, &mut TcpStream) + Send + Sync>;

fn known(server: &Serving) -> CalendarState {
    let database = Database::open_to_read(Location::folder(server.folder.join("state"))).unwrap();
    let states = database.calendar_states().unwrap();
    let [state] = &states[..] else { panic!("{states:?}") };
    state.clone()
}

fn bomb() -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(calendar(&[]).as_bytes()).unwrap();
    let zeros = vec![0; 1_000_000];
    (0..100).for_each(|_| out.write_all(&zeros).unwrap());
    out.finish().unwrap()
}

/// What servers do, and how it is reported.
fn misdeeds() -> Vec<(&'static str, Answer)> {
    let redirect = |to: &'static str| -> Answer {
        Box::new(move |_, stream| send(stream, "302 Found", &format!("Location: {to}\r\n"), b""))
    };
    let answer = |status: &'static str, body: &'static str| -> Answer {
        Box::new(move |_, stream| send(stream, status, "", body.as_bytes()))
    };
    let slowly: Answer = Box::new(|_, stream| {
        let since = Moment::now();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nBEGIN:VCALENDAR\r\n");
        while since.elapsed() < LIMITS.overall * 2 && stream.write_all(b"X").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    });
    let large: Answer = Box::new(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nBEGIN:VCALENDAR\r\n");
        let line = [b'X'; 10_000];
        // The client hangs up long before the end.
        let _ = (0..10_000).try_for_each(|_| stream.write_all(&line));
    });
    let bomb = bomb();
    let unpacks: Answer =
        Box::new(move |_, stream| send(stream, "200 OK", "Content-Encoding: gzip\r\n", &bomb));
    let never: Answer = Box::new(|_, _| thread::sleep(LIMITS.overall * 2));
    let timed_out = "no complete response within 4 seconds";
    vec![
        (timed_out, never),
        (timed_out, slowly),
        ("larger than 1 MB", large),
        ("larger than 1 MB", unpacks),
        ("redirects to an address that is not https", redirect("http://127.0.0.1:1/")),
        ("redirects to something that is not an address", redirect("file:///etc/passwd")),
        ("status 404", answer("404 Not Found", "secret answer")),
        ("status 500", answer("500 Internal Server Error", "secret answer")),
        ("a web page and not a calendar", answer("200 OK", "<html>secret answer")),
        ("has no BEGIN:VCALENDAR", answer("200 OK", "secret answer")),
        (
            "END:VCALENDAR is missing",
            answer("200 OK", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:secret answer"),
        ),
        ("not valid HTTP", answer("secret answer", "")),
        (
            "has an error (",
            answer(
                "200 OK",
                "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:secret answer\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            ),
        ),
    ]
}

#[test]
fn whatever_a_server_does_the_kept_copy_stays_in_use_and_it_is_tried_again() {
    let good = calendar(&[("1", "2026-03-10", "2026-03-11")]);
    logged::start();
    let calendars = CalendarServer::start(&good);
    let shown = calendars.url("").trim_start_matches("http://").to_owned();
    let folder = folder(&calendars.url("secret-path.ics"));
    let server = Serving::start(folder.path(), Location::folder(folder.path().join("state")), NOW);
    let before = server.feeds();
    let mut known_lines = 0;
    for (expected, misdeed) in misdeeds() {
        calendars.respond(misdeed);
        server.pass(NEXT_FETCH);
        server.until(expected, |server| known(server).failures == 1);
        let error = known(&server).last_error;
        assert!(error.contains(expected) && !error.contains("secret"), "{expected}: {error}");
        server.pass(2);
        server.until("another attempt", |server| known(server).failures == 2);
        assert_eq!(server.feeds(), before, "{expected}");
        assert!(server.codes().is_empty(), "a copy of today needs no warning: {:?}", server.codes());
        calendars.serve(&good);
        server.pass(5);
        server.until("a good response", |server| known(server).failures == 0);
        assert_eq!((known(&server).last_error, known(&server).number), (String::new(), 1));

        // Two attempts failed: it is logged once, and so is the end.
        let lines = logged::lines_with(&shown);
        let [failure, end] = &lines[known_lines..] else { panic!("{expected}: {lines:#?}") };
        assert!(failure.contains("WARN") && failure.contains(expected), "{failure}");
        assert!(failure.contains("failed to fetch a calendar; the kept copy stays in use"), "{failure}");
        assert!(failure.contains("time-off/data/a") && failure.contains("teams/data.toml:7:21"), "{failure}");
        assert!(end.contains("INFO") && end.contains("the calendar can be fetched again"), "{end}");
        assert!(!failure.contains("secret"), "{failure}");
        known_lines = lines.len();
    }
    calendars.respond(|_, stream| send(stream, "403 Forbidden", "", b"secret answer"));
    server.pass(25 * 60);
    server.until("a warning", |server| server.codes() == ["calendar-outdated-copy"]);
    server.until("why", |_| reported().iter().any(|line| line.contains("status 403")));
    server.pass(2);
    server.until("another attempt", |server| known(server).failures == 2);
    server.pass(5);
    server.until("another attempt", |server| known(server).failures == 3);
    let lines = reported();
    let about = lines.iter().filter(|line| line.contains("status 403")).count();
    assert_eq!(about, 1, "it is reported once: {lines:?}");
    assert!(!lines.iter().any(|line| line.contains("secret")), "{lines:?}");
    assert_eq!(server.feeds(), before);
}

#[test]
fn leave_is_unknown_after_a_first_answer_of_not_modified_a_closed_port_or_a_bad_certificate() {
    logged::start();
    let unasked = CalendarServer::start("");
    unasked.respond(|_, stream| send(stream, "304 Not Modified", "", b""));
    let closed = CalendarServer::start("");
    let closed_url = closed.url("a.ics");
    closed.stop();
    for (address, expected) in [
        (unasked.url("a.ics"), "status 304 (not modified) although nothing had been fetched before"),
        (closed_url, "connection failed"),
        (bad_certificate(), "certificate is not signed by a trusted authority"),
    ] {
        let folder = folder(&address);
        let server = Serving::start(folder.path(), Location::folder(folder.path().join("state")), NOW);
        let snapshot = server.store.load();
        let found = &snapshot.configuration().diagnostics;
        assert!(found.iter().any(|found| found.is_error() && found.message.contains(expected)), "{found:?}");
        assert!(server.feed("coverage.ics").contains("Ann: leave not known"), "{expected}");
        drop(snapshot);

        server.pass(2);
        server.until("another attempt", |server| known(server).failures == 2);
        let shown = address.split('/').nth(2).unwrap();
        let lines = logged::lines_with(shown);
        let [line] = &lines[..] else { panic!("{lines:#?}") };
        assert!(line.contains("failed to fetch a calendar; there is no copy"), "{line}");
        assert!(line.contains(expected), "{line}");
        let again = reported().into_iter().filter(|line| line.contains(shown)).collect::<Vec<_>>();
        assert!(again.is_empty(), "what was there at the start is not reported again: {again:?}");
        assert!(server.feed("coverage.ics").contains("Ann: leave not known"), "{expected}");
        server.stop();
    }
    let folder = folder(&unasked.url("b.ics"));
    let server = Serving::start(folder.path(), Location::folder(folder.path().join("state")), NOW);
    unasked.serve(&calendar(&[("1", "2026-03-10", "2026-03-11")]));
    server.pass(2);
    server.until("the calendar", |server| server.is_away("20260310"));
}

/// The address of a server whose certificate an unknown authority has signed.
fn bad_certificate() -> String {
    let config = Authority::new().issue(&["127.0.0.1"]).server_config();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // The client hangs up in the middle of the handshake.
            let _ = connection.complete_io(&mut stream.unwrap());
        }
    });
    format!("https://{address}/a.ics")
}

#[test]
fn a_server_that_never_answers_keeps_no_other_calendar_waiting() {
    let silent = CalendarServer::start(&calendar(&[]));
    let good = CalendarServer::start(&calendar(&[]));
    let folder = folder(&silent.url("a.ics"));
    let both = team(&format!("time_off_calendar = \"{}\"", silent.url("a.ics")))
        .replace("name = \"Bob\"", &format!("name = \"Bob\"\ntime_off_calendar = \"{}\"", good.url("b.ics")));
    std::fs::write(folder.path().join("teams/data.toml"), both).unwrap();
    let server = Serving::start(folder.path(), Location::folder(folder.path().join("state")), NOW);
    silent.respond(|_, _| thread::sleep(Duration::from_secs(600)));
    good.serve(&calendar(&[("1", "2026-03-17", "2026-03-18")]));
    server.pass(NEXT_FETCH);
    server.until("the change", |server| server.feed("coverage.ics").contains("time-off.b.20260317"));
    server.stop();
}
