//! The program itself and a server of calendars that misbehaves over TLS, reached through a proxy, so that it counts as
//! a public one: each failure is logged once, the fetch is tried again, and the kept copy stays in use.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use oncal::journal::{CalendarState, Database, Location};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::calendar_server::calendar;
use crate::support::certificates::{Authority, Certificate};
use crate::support::fetching::folder;
use crate::support::passing_clock::PassingClock;
use crate::support::running::{PATIENCE, Running, get, program};

/// The name of the server of calendars.
const HOST: &str = "calendar.example.org";

/// In minutes: after this a calendar that was fetched is due again, whatever its random delay.
const NEXT_FETCH: i64 = 67;

/// What the server of calendars does.
#[derive(Clone)]
struct Conduct {
    /// Which certificate it shows.
    tls: Arc<ServerConfig>,
    /// Where it redirects to; otherwise it serves `calendar`.
    redirect: Option<String>,
    calendar: String,
}

/// A server of calendars at a loopback address.
struct Server {
    address: SocketAddr,
    conduct: Arc<Mutex<Conduct>>,
    /// The heads of the requests.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(conduct: Conduct) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            address: listener.local_addr().unwrap(),
            conduct: Arc::new(Mutex::new(conduct)),
            requests: Arc::default(),
        };
        let (conduct, requests) = (Arc::clone(&server.conduct), Arc::clone(&server.requests));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (conduct, requests) = (conduct.lock().unwrap().clone(), Arc::clone(&requests));
                // The client hangs up in the middle if it does not trust the certificate.
                thread::spawn(move || drop(answer(stream.unwrap(), &conduct, &requests)));
            }
        });
        server
    }

    fn behave(&self, change: impl FnOnce(&mut Conduct)) {
        change(&mut self.conduct.lock().unwrap());
    }
}

fn answer(stream: TcpStream, conduct: &Conduct, requests: &Mutex<Vec<String>>) -> io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(&conduct.tls)).unwrap();
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    requests.lock().unwrap().push(head);
    let (status, headers, body) = match &conduct.redirect {
        Some(to) => ("302 Found", format!("Location: {to}\r\n"), ""),
        None => ("200 OK", String::new(), &*conduct.calendar),
    };
    let length = body.len();
    let response =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    stream.get_mut().write_all(response.as_bytes())?;
    stream.get_mut().conn.send_close_notify();
    stream.get_mut().flush()
}

/// The address of a proxy that connects whatever is asked for to `target`.
fn proxy(target: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || drop(tunnel(stream.unwrap(), target)));
        }
    });
    address
}

fn tunnel(mut client: TcpStream, target: SocketAddr) -> io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let mut server = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    io::copy(&mut server, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}

/// What the server has stored of its one calendar.
fn known(folder: &Path) -> CalendarState {
    let database = Database::open_to_read(Location::folder(folder.join("state"))).unwrap();
    database.calendar_states().unwrap().remove(0)
}

#[track_caller]
fn within(what: &str, running: &Running, is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < PATIENCE, "{what} never comes: {}", running.log());
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[ignore = "needs faketime, which tests/run.sh installs"]
fn a_public_server_that_misbehaves_is_logged_once_and_tried_again_and_its_kept_copy_is_in_use() {
    let folder = folder(&format!("https://{HOST}/secret-path.ics"));
    fs::write(folder.path().join("oncal.toml"), "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n")
        .unwrap();
    let other = tempfile::tempdir().unwrap();
    let clock = PassingClock::new(other.path().join("clock"));
    let (trusted, unknown) = (Authority::new(), Authority::new());
    let tls = trusted.issue(&[HOST, "127.0.0.1"]).server_config();
    let leave = [30, 50].map(|after| clock.day(after).to_string());
    let calendar = calendar(&[("1", &leave[0], &leave[1])]);
    let good = Conduct { tls, redirect: None, calendar };
    let server = Server::start(good.clone());
    let mut command = program(folder.path(), &[]);
    command.env("SSL_CERT_FILE", trusted.file());
    command.env("HTTPS_PROXY", format!("http://{}", proxy(server.address)));
    for name in ["https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
        command.env_remove(name);
    }
    clock.clock.apply(&mut command, false);
    let running = Running::start(&mut command);
    let feed = || String::from_utf8(get(running.address, "/data/coverage.ics").1).unwrap();
    let before = feed();
    assert!(before.contains(&format!("time-off.a.{}", clock.day(30).format("%Y%m%d"))), "{}", running.log());

    let to = |target: String| Conduct { redirect: Some(target), ..good.clone() };
    let with = |certificate: Certificate| Conduct { tls: certificate.server_config(), ..good.clone() };
    let mut known_lines = running.log().lines().count();
    for (expected, conduct) in [
        ("the server redirects more than 5 times", to(format!("https://{HOST}/secret-path.ics"))),
        ("the server redirects to an address that is not https", to(format!("http://{HOST}/secret.ics"))),
        (
            "redirects from a public address to a private one",
            to(format!("https://{}/secret", server.address)),
        ),
        ("redirects from a public address to a private one", to("https://10.0.0.1/secret.ics".to_owned())),
        ("the server's certificate has expired", with(trusted.issue_expired(&[HOST]))),
        ("the server's certificate is for another host", with(trusted.issue(&["other.example.org"]))),
        ("the server's certificate is not signed by a trusted authority", with(unknown.issue(&[HOST]))),
    ] {
        server.behave(|now| *now = conduct);
        clock.pass(NEXT_FETCH);
        within(expected, &running, || known(folder.path()).failures == 1);
        clock.pass(3);
        within("another attempt", &running, || known(folder.path()).failures == 2);
        assert_eq!(feed(), before, "{expected}");
        server.behave(|now| *now = good.clone());
        clock.pass(5);
        within("a good response", &running, || known(folder.path()).failures == 0);
        assert_eq!(feed(), before, "{expected}");
        within("the end of it in the log", &running, || {
            let lines = running.log();
            lines.lines().skip(known_lines).any(|line| line.contains("can be fetched again"))
        });
        let log = running.log();
        let about: Vec<&str> = log.lines().skip(known_lines).filter(|line| line.contains(HOST)).collect();
        let [failure, _] = &about[..] else { panic!("{expected}: {about:#?}") };
        assert!(failure.contains("the kept copy stays in use") && failure.contains(expected), "{failure}");
        assert!(failure.contains("teams/data.toml:7:21"), "{failure}");
        known_lines = log.lines().count();
    }
    assert!(!running.log().contains("secret"), "{}", running.log());
    let requests = server.requests.lock().unwrap();
    assert!(
        requests.iter().all(|head| !head.contains("127.0.0.1")),
        "a private address was requested: {requests:#?}"
    );
}
