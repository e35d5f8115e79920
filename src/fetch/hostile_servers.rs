//! The fetcher against servers that do what no server should.

mod server;

use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use rcgen::CertificateParams;
use ureq::{Proxy, ProxyProtocol};

use self::server::{Server, Stream, fetcher, redirect, respond};
use super::{Address, BadCertificate, FetchError, Fetched, Validators};

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";

#[track_caller]
fn is_calendar(found: Result<Fetched, FetchError>) {
    let Ok(Fetched::Calendar { text, .. }) = found else { panic!("{found:?}") };
    assert_eq!(text, CALENDAR);
}

#[test]
fn a_calendar_is_fetched_with_its_validators_and_they_are_sent_back() {
    let server = Server::https("127.0.0.1", |head, stream| {
        if head.contains("if-none-match: \"v1\"") {
            return respond(stream, "304 Not Modified", "", b"");
        }
        let headers = "ETag: \"v1\"\r\nLast-Modified: Mon, 05 Jan 2026 00:00:00 GMT\r\n";
        respond(stream, "200 OK", headers, CALENDAR.as_bytes());
    });
    let (fetcher, address) = (fetcher([&server]), server.address("/a.ics"));
    let first = fetcher.fetch(&address, None).unwrap();
    let Fetched::Calendar { text, validators } = first else { panic!("a calendar") };
    assert_eq!(text, CALENDAR);
    assert_eq!(fetcher.fetch(&address, Some(&validators)), Ok(Fetched::NotModified));
    let requests = server.requests();
    assert!(!requests[0].contains("if-"), "{}", requests[0]);
    assert!(requests[1].contains("if-modified-since: Mon, 05 Jan 2026 00:00:00 GMT"), "{}", requests[1]);
}

#[test]
fn a_first_request_must_not_be_answered_with_304() {
    let server = Server::http(|_, stream| respond(stream, "304 Not Modified", "", b""));
    assert_eq!(server.fetch("/"), Err(FetchError::NotModifiedUnasked));
}

#[test]
fn a_server_that_never_answers_or_answers_a_byte_at_a_time_ends_in_time() {
    let silent = |head: &str, stream: &mut dyn Stream| {
        if head.starts_with("GET /trickle") {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nBEGIN:VCALENDAR\r\n");
        }
        if head.starts_with("GET /head") {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-Name: ");
        }
        if !head.starts_with("GET /silent") {
            for _ in 0..600 {
                if stream.write_all(b"X").and_then(|()| stream.flush()).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
        thread::sleep(Duration::from_secs(60));
    };
    let servers = [Server::http(silent), Server::https("127.0.0.1", silent)];
    let mut quick = fetcher(&servers);
    quick.limits.overall = Duration::from_millis(1500);
    for server in &servers {
        for path in ["/silent", "/trickle", "/head"] {
            let started = Instant::now();
            let found = quick.fetch(&server.address(path), None);
            assert_eq!(found, Err(FetchError::TimedOut { seconds: 1 }), "{path}");
            // The server would go on for a minute.
            assert!(started.elapsed() < Duration::from_secs(45), "{path}: {:?}", started.elapsed());
        }
    }
}

#[test]
fn a_handshake_that_never_ends_is_abandoned() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    let (ended, end) = mpsc::channel::<()>();
    let server = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        // The head of a TLS record, then a byte at a time.
        let _ = connection.write_all(&[22, 3, 3, 0x10, 0]);
        while end.recv_timeout(Duration::from_millis(100)) == Err(mpsc::RecvTimeoutError::Timeout) {
            if connection.write_all(&[2]).is_err() {
                return;
            }
        }
    });
    let mut quick = fetcher([]);
    quick.limits.overall = Duration::from_millis(1500);
    let address = Address::parse(&format!("https://{host}/")).unwrap();
    let found = quick.fetch(&address, None);
    drop(ended);
    server.join().unwrap();
    assert_eq!(found, Err(FetchError::TimedOut { seconds: 1 }));
}

#[test]
fn a_hundred_megabytes_are_not_read_and_a_compression_bomb_is_not_unpacked() {
    let plain = Server::http(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let block = vec![b'x'; 1_000_000];
        for _ in 0..100 {
            if stream.write_all(&block).is_err() {
                return;
            }
        }
    });
    assert_eq!(plain.fetch("/"), Err(FetchError::TooLarge { megabytes: 25 }));

    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1_000_000];
    for _ in 0..30 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1_000_000);
    let server =
        Server::http(move |_, stream| respond(stream, "200 OK", "Content-Encoding: gzip\r\n", &bomb));
    assert_eq!(server.fetch("/"), Err(FetchError::TooLarge { megabytes: 25 }));
}

#[test]
fn compressed_calendars_are_read_and_damaged_ones_refused() {
    let mut coder = GzEncoder::new(Vec::new(), Compression::fast());
    coder.write_all(CALENDAR.as_bytes()).unwrap();
    let packed = coder.finish().unwrap();
    let server = Server::http(move |head, stream| {
        let whole = if head.starts_with("GET /damaged") { &packed[..packed.len() / 2] } else { &packed[..] };
        respond(stream, "200 OK", "Content-Encoding: gzip\r\n", whole);
    });
    is_calendar(server.fetch("/"));
    assert!(server.fetch("/damaged").is_err());
}

#[test]
fn redirects_are_followed_five_times_and_a_circle_is_left() {
    let server = Server::https("127.0.0.1", |head, stream| {
        let left = head.split(['/', ' ']).nth(2).and_then(|word| word.parse::<u32>().ok());
        match left {
            Some(0) => respond(stream, "200 OK", "", CALENDAR.as_bytes()),
            Some(left) => redirect(stream, &format!("/{}", left - 1)),
            None => redirect(stream, "/circle"),
        }
    });
    is_calendar(server.fetch("/5"));
    assert_eq!(server.fetch("/6"), Err(FetchError::TooManyRedirects { limit: 5 }));
    assert_eq!(server.fetch("/circle"), Err(FetchError::TooManyRedirects { limit: 5 }));
}

#[test]
fn a_redirect_is_followed_to_https_alone() {
    let target = Server::http(|_, stream| respond(stream, "200 OK", "", CALENDAR.as_bytes()));
    let to = format!("http://{}/", target.host);
    let server = Server::https("127.0.0.1", move |head, stream| match head {
        head if head.starts_with("GET /http") => redirect(stream, &to),
        head if head.starts_with("GET /file") => redirect(stream, "file:///etc/passwd"),
        head if head.starts_with("GET /none") => respond(stream, "302 Found", "", b""),
        _ => redirect(stream, "https://"),
    });
    assert_eq!(server.fetch("/http"), Err(FetchError::RedirectNotEncrypted));
    assert_eq!(server.fetch("/file"), Err(FetchError::BadRedirect));
    assert_eq!(server.fetch("/none"), Err(FetchError::BadRedirect));
    assert_eq!(server.fetch("/empty"), Err(FetchError::BadRedirect));
    assert!(target.requests().is_empty());
}

#[test]
fn a_public_server_cannot_send_the_fetcher_into_the_private_network() {
    let private = Server::https("127.0.0.1", |_, stream| respond(stream, "200 OK", "", CALENDAR.as_bytes()));
    let port = private.host.rsplit_once(':').unwrap().1.to_owned();
    let direct = format!("https://{}/", private.host);
    let public = Server::https("127.0.0.2", move |head, stream| match head {
        head if head.starts_with("GET /by-name") => redirect(stream, &format!("https://localhost:{port}/")),
        head if head.starts_with("GET /here") => respond(stream, "200 OK", "", CALENDAR.as_bytes()),
        head if head.starts_with("GET /self") => redirect(stream, "/here"),
        _ => redirect(stream, &direct),
    });
    let fetcher = fetcher([&private, &public]);
    let fetch = |path| fetcher.fetch(&public.address(path), None);
    assert_eq!(fetch("/direct"), Err(FetchError::RedirectToPrivate));
    assert_eq!(fetch("/by-name"), Err(FetchError::RedirectToPrivate));
    is_calendar(fetch("/self"));
    assert!(private.requests().is_empty(), "not even asked");

    // Within a private network redirects are as good as anywhere.
    let to = format!("https://{}/", private.host);
    let other = Server::https("127.0.0.3", move |_, stream| redirect(stream, &to));
    let fetcher = self::fetcher([&private, &other]);
    is_calendar(fetcher.fetch(&other.address("/"), None));
}

#[test]
fn credentials_are_sent_to_their_own_host_only() {
    let other = Server::https("127.0.0.3", |_, stream| respond(stream, "200 OK", "", CALENDAR.as_bytes()));
    let to = format!("https://again:pw@{}/", other.host);
    let server = Server::https("127.0.0.1", move |head, stream| match head {
        head if head.starts_with("GET /first") => redirect(stream, "/second"),
        _ => redirect(stream, &to),
    });
    let address = format!("https://ann%40example.org:p%20w@{}/first", server.host);
    is_calendar(fetcher([&server, &other]).fetch(&Address::parse(&address).unwrap(), None));
    for request in server.requests() {
        assert!(request.contains("authorization: Basic YW5uQGV4YW1wbGUub3JnOnAgdw=="), "{request}");
    }
    let [request] = &other.requests()[..] else { panic!("one request") };
    assert!(!request.contains("authorization"), "{request}");
}

#[test]
fn a_bad_certificate_is_refused_and_named() {
    let answer = |_: &str, stream: &mut dyn Stream| respond(stream, "200 OK", "", CALENDAR.as_bytes());
    let stranger = Server::https("127.0.0.1", answer);
    assert_eq!(
        fetcher([]).fetch(&stranger.address("/"), None),
        Err(FetchError::Certificate(BadCertificate::Issuer))
    );

    let params = CertificateParams::new(["calendar.example.org".to_owned()]).unwrap();
    let misnamed = Server::start("127.0.0.1", Some(&params), answer);
    assert_eq!(misnamed.fetch("/"), Err(FetchError::Certificate(BadCertificate::Name)));

    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let expired = Server::start("127.0.0.1", Some(&params), answer);
    assert_eq!(expired.fetch("/"), Err(FetchError::Certificate(BadCertificate::Expired)));
}

#[test]
fn a_response_that_is_not_a_calendar_is_a_failure_and_is_not_quoted() {
    let server = Server::http(|head, stream| match head {
        head if head.starts_with("GET /login") => {
            respond(stream, "200 OK", "Content-Type: text/html\r\n", b"<html>secret</html>");
        }
        head if head.starts_with("GET /cut") => respond(stream, "200 OK", "", &CALENDAR.as_bytes()[..30]),
        head if head.starts_with("GET /noise") => {
            let _ = stream.write_all(b"secret secret\r\n\r\n");
        }
        head if head.starts_with("GET /less") => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nBEGIN:VCALENDAR");
        }
        _ => respond(stream, "403 secret", "", b"secret"),
    });
    for (path, expected) in [
        ("/login", FetchError::WebPage),
        ("/cut", FetchError::Incomplete),
        ("/noise", FetchError::Protocol),
        ("/gone", FetchError::Status(403)),
    ] {
        assert_eq!(server.fetch(path), Err(expected), "{path}");
        assert!(!expected.to_string().contains("secret"));
    }
    assert!(matches!(server.fetch("/less"), Err(FetchError::Connection(_))));
}

#[test]
fn the_error_says_that_nobody_listens_or_that_the_name_is_unknown() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = Address::parse(&format!("http://{unused}/")).unwrap();
    let refused = FetchError::Connection(std::io::ErrorKind::ConnectionRefused);
    assert_eq!(fetcher([]).fetch(&address, None), Err(refused));
    let address = Address::parse("https://calendar.invalid/").unwrap();
    assert_eq!(fetcher([]).fetch(&address, None), Err(FetchError::HostNotFound));
}

#[test]
fn a_proxy_is_used_except_for_this_machine() {
    let proxy = Server::http(|_, stream| respond(stream, "403 Forbidden", "", b""));
    let (host, port) = proxy.host.rsplit_once(':').unwrap();
    let mut through = fetcher([]);
    let built = Proxy::builder(ProxyProtocol::Http).host(host).port(port.parse().unwrap());
    through.proxy = Ok(Some(built.no_proxy("direct.invalid").build().unwrap()));
    let fetch = |url: &str| through.fetch(&Address::parse(url).unwrap(), Some(&Validators::default()));
    assert_eq!(fetch("https://calendar.invalid/secret"), Err(FetchError::Proxy));
    assert!(proxy.requests()[0].starts_with("CONNECT calendar.invalid:443 "), "{:?}", proxy.requests());
    assert!(!proxy.requests()[0].contains("secret"), "the path is encrypted");
    assert_eq!(fetch("https://direct.invalid/"), Err(FetchError::HostNotFound));

    let local = Server::http(|_, stream| respond(stream, "200 OK", "", CALENDAR.as_bytes()));
    is_calendar(through.fetch(&local.address("/"), None));
    assert_eq!(proxy.requests().len(), 1);
}
