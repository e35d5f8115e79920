//! The production application over a real socket, with a fixed clock: what calendars, browsers and monitoring get.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;

use crate::support::files::{around_rotation, write};
use actix_web::dev::ServerHandle;
use actix_web::{HttpServer, web::Data};
use oncal::clock::Clock;
use oncal::config;
use oncal::live::{Builder, Snapshot, Store};
use oncal::publish::Publisher;
use oncal::rota::Instant;
use oncal::web::{State, create_admin_app, create_app};

const NOW: &str = "2026-02-10T12:00:00Z";
const CHANGE: &str = "2026-02-13T15:00:00Z";

const TEAM: &str = around_rotation!(
    r#"
name = "Data & <b>pipelines</b>"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [
  { id = "a", name = "Ann <script>" }, { id = "b", name = "Bob" }, { id = "c", name = "Cy" },
  { id = "d", name = "Dee", holidays = [] },
]
pipeline = [{ id = "profit", name = "Profit", primary = "a", run_book = "profit.md" }]
"#,
    ""
);

const RUN_BOOK: &str = "# Profit\n\nLook at <the> dashboard first.\n";

const BROKEN: &str = "name = \"Broken\"\ntime_zone = \"Europe/Lodnon\" # private remark\n";

/// The application in service until dropped.
struct Served {
    store: Arc<Store>,
    address: SocketAddr,
    admin: SocketAddr,
    handles: Vec<ServerHandle>,
}

impl Served {
    fn with(settings: &str) -> Served {
        Served::of(settings, TEAM)
    }

    fn of(settings: &str, team: &str) -> Served {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| write(folder.path(), path, text);
        write("oncal.toml", settings);
        write("teams/data.toml", team);
        write("teams/lost.toml", BROKEN);
        write("runbooks/data/profit.md", RUN_BOOK);
        let now: Instant = NOW.parse().unwrap();
        let configuration = config::load(folder.path(), now).unwrap();
        assert!(configuration.teams.len() == 1 && configuration.broken.len() == 1);
        let store = Arc::new(Store::new(Snapshot::new(configuration, now)));
        let state = Data::new(State::new(Arc::clone(&store), Clock::Fixed(now)));

        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let admin_state = state.clone();
                let app = HttpServer::new(move || create_app(state.clone())).workers(2).disable_signals();
                let admin = HttpServer::new(move || create_admin_app(admin_state.clone()))
                    .workers(1)
                    .disable_signals();
                let (app, admin) = (app.bind("127.0.0.1:0").unwrap(), admin.bind("127.0.0.1:0").unwrap());
                let addresses = (app.addrs()[0], admin.addrs()[0]);
                let (app, admin) = (app.run(), admin.run());
                sender.send((addresses, vec![app.handle(), admin.handle()])).unwrap();
                tokio::try_join!(app, admin).unwrap();
            });
        });
        let ((address, admin), handles) = receiver.recv().unwrap();
        Served { store, address, admin, handles }
    }

    fn default() -> Served {
        Served::with("")
    }

    /// A request with these lines of headers; Host is added unless they have one.
    fn send(&self, method: &str, target: &str, headers: &[&str]) -> Answer {
        let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|line| line.starts_with("Host:")) {
            request.push_str("Host: 127.0.0.1:8080\r\n");
        }
        for line in headers {
            write!(request, "{line}\r\n").unwrap();
        }
        exchange(self.address, &(request + "\r\n"))
    }

    fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[])
    }

    /// How many representations of feeds have been written.
    fn written(&self) -> u64 {
        let text =
            exchange(self.admin, "GET /readyz HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\n\r\n")
                .text();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["feeds_written"].as_u64().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        for handle in &self.handles {
            drop(handle.stop(false));
        }
    }
}

struct Answer {
    status: String,
    /// By name in lower case, in order of names.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn exchange(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    let split = received.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(received[..split].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        let twice = headers.insert(name.to_ascii_lowercase(), value.to_owned());
        assert_eq!(twice, None, "{name} twice");
    }
    Answer { status, headers, body: received[split + 4..].to_vec() }
}

impl Answer {
    fn code(&self) -> u16 {
        self.status.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The whole head, with placeholders for what changes with content or time; and the body if it is short.
    fn golden(&self) -> String {
        let mut golden = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            let value = match name.as_str() {
                "date" => "(now)",
                "etag" => "(tag)",
                "content-length" if value.len() > 2 => "(length)",
                _ => value,
            };
            writeln!(golden, "{name}: {value}").unwrap();
        }
        if self.header("content-type").starts_with("text/plain") {
            writeln!(golden, "\n{}", self.text().trim_end()).unwrap();
        }
        golden
    }
}

/// Several requests and the heads of their responses, as one text.
fn golden(served: &Served, requests: &[(&str, &str, &[&str])]) -> String {
    let mut all = String::new();
    for (method, target, headers) in requests {
        let answer = served.send(method, target, headers);
        let lines: String = headers.iter().map(|line| format!("{line}\n")).collect();
        writeln!(all, "> {method} {target}\n{lines}\n{}\n", answer.golden()).unwrap();
    }
    all
}

#[test]
fn every_feed_has_these_headers() {
    let served = Served::default();
    let heads = golden(
        &served,
        &[
            ("GET", "/data/team.ics", &[]),
            ("HEAD", "/data/team.ics", &[]),
            ("GET", "/data/team.ics", &["Accept-Encoding: gzip"]),
            ("GET", "/data/team.ics", &["Accept-Encoding: gzip, deflate, br"]),
            ("GET", "/data/engineers/a.ics?download=1&alarm=15m", &[]),
            ("GET", "/data/team.ics", &["If-None-Match: *"]),
            ("HEAD", "/data/team.ics", &["If-None-Match: *"]),
        ],
    );
    insta::assert_snapshot!(heads);
}

#[test]
fn unknown_feeds_and_writing_methods_are_refused_with_these_headers() {
    let served = Served::default();
    let heads = golden(
        &served,
        &[
            ("GET", "/data/nobody.ics", &[]),
            ("GET", "/nobody/team.ics", &[]),
            ("GET", "/lost/team.ics", &[]),
            ("GET", "/data/team.ics?alarm=banana", &[]),
            ("GET", "/data/team.ics", &["If-Match: \"old\""]),
            ("PROPFIND", "/data/team.ics", &[]),
            ("PUT", "/data/team.ics", &[]),
            ("OPTIONS", "/", &[]),
            ("GET", "/data/team.ics", &["Host: evil.example"]),
            ("HEAD", "/data/nobody.ics", &[]),
        ],
    );
    insta::assert_snapshot!(heads);
}

#[test]
fn pages_and_machine_readable_files_have_these_headers() {
    let served = Served::default();
    let heads = golden(
        &served,
        &[
            ("GET", "/", &[]),
            ("HEAD", "/", &[]),
            ("GET", "/data", &[]),
            ("GET", "/data/?from=2026-02-13", &[]),
            ("GET", "/data/run-books/profit", &[]),
            ("GET", "/lost/", &[]),
            ("GET", "/nothing/here", &[]),
            ("GET", "/robots.txt", &[]),
            ("GET", "/healthz", &[]),
        ],
    );
    insta::assert_snapshot!(heads);
}

#[test]
fn a_feed_fetched_twice_is_the_same_to_the_byte_and_then_not_modified() {
    let served = Served::default();
    let snapshot = served.store.load();
    let paths: Vec<_> = snapshot.team("data").unwrap().feeds().iter().map(|slot| slot.path.clone()).collect();
    assert_eq!(paths.len(), 8);
    for path in paths {
        let target = format!("/data/{path}");
        let (one, other) = (served.get(&target), served.get(&target));
        assert_eq!((one.code(), &one.body, &one.headers["etag"]), (200, &other.body, &other.headers["etag"]));
        let condition = format!("If-None-Match: {}", one.header("etag"));
        let third = served.send("GET", &target, &[&condition]);
        assert_eq!((third.code(), third.body.len()), (304, 0), "{target}");
    }
}

#[test]
fn every_coding_decodes_to_the_feed_as_it_is_and_has_a_tag_of_its_own() {
    // Ten years: larger than the slices in which large bodies are sent.
    let served = Served::with("future_weeks = 520");
    let plain = served.get("/data/team.ics");
    assert!(plain.body.len() > 300_000 && plain.text().ends_with("END:VCALENDAR\r\n"));
    assert_eq!(plain.header("content-length"), plain.body.len().to_string());
    assert_eq!(plain.header("content-encoding"), "");

    let gzip = served.send("GET", "/data/team.ics", &["Accept-Encoding: gzip"]);
    let brotli = served.send("GET", "/data/team.ics", &["Accept-Encoding: br"]);
    let mut decoded = Vec::new();
    flate2::read::GzDecoder::new(&gzip.body[..]).read_to_end(&mut decoded).unwrap();
    assert!(decoded == plain.body);
    decoded.clear();
    brotli::BrotliDecompress(&mut &brotli.body[..], &mut decoded).unwrap();
    assert!(decoded == plain.body);

    for (accept, own) in [("gzip", &gzip), ("br", &brotli), ("identity", &plain)] {
        for other in [&gzip, &brotli, &plain] {
            let headers =
                [format!("Accept-Encoding: {accept}"), format!("If-None-Match: {}", other.header("etag"))];
            let answer = served.send("GET", "/data/team.ics", &[&headers[0], &headers[1]]);
            let expected = if std::ptr::eq(own, other) { 304 } else { 200 };
            assert_eq!(answer.code(), expected, "{accept}");
        }
    }
}

#[test]
fn a_head_has_the_headers_of_the_body_and_no_body() {
    let served = Served::with("future_weeks = 520");
    for headers in [&[][..], &["Accept-Encoding: gzip"][..]] {
        let (get, head) =
            (served.send("GET", "/data/team.ics", headers), served.send("HEAD", "/data/team.ics", headers));
        assert!(head.body.is_empty() && !get.body.is_empty());
        let without_date = |answer: &Answer| {
            let mut headers = answer.headers.clone();
            headers.remove("date");
            headers
        };
        assert_eq!(without_date(&get), without_date(&head));
    }
}

#[test]
fn a_list_a_weak_tag_and_a_star_are_understood() {
    let served = Served::default();
    let tag = served.get("/data/team.ics").header("etag").to_owned();
    let date = served.get("/data/team.ics").header("last-modified").to_owned();
    for (condition, code) in [
        (format!("If-None-Match: {tag}"), 304),
        (format!("If-None-Match: W/{tag}"), 304),
        (format!("If-None-Match: \"other\", {tag}"), 304),
        ("If-None-Match: *".to_owned(), 304),
        ("If-None-Match: \"other\"".to_owned(), 200),
        (format!("If-Modified-Since: {date}"), 304),
        ("If-Modified-Since: Tue, 10 Feb 2026 11:59:59 GMT".to_owned(), 200),
        (format!("If-None-Match: \"other\"\r\nIf-Modified-Since: {date}"), 200),
        (format!("If-Match: {tag}"), 200),
        ("If-Match: \"other\"".to_owned(), 412),
    ] {
        assert_eq!(served.send("GET", "/data/team.ics", &[&condition]).code(), code, "{condition}");
    }
}

/// A feed that is requested with a percent-encoded hyphen, and paths that decoding must not produce.
#[test]
fn unreserved_characters_may_be_encoded_and_nothing_else_may() {
    let served = Served::default();
    let plain = served.get("/data/team.ics");
    for path in ["/%64ata/team.ics", "/data/te%61m%2Eics", "/data/team%2eics", "/dat%61/te%61m.ics"] {
        let encoded = served.get(path);
        assert_eq!((encoded.code(), encoded.header("etag")), (200, plain.header("etag")), "{path}");
    }
    for path in ["/d%61ta/", "/data/c%6Fverage", "/api/v1/teams/dat%61/oncall", "/data/changes%2Eatom"] {
        assert_eq!(served.get(path).code(), 200, "{path}");
    }
    for path in [
        "/data%2Fteam.ics",
        "/%2564ata/team.ics",
        "/data//team.ics",
        "//data/team.ics",
        "/lost/../data/team.ics",
        "/lost/%2e%2e/data/team.ics",
        "/./data/team.ics",
        "/data/team.ics%00",
        "/data%2F",
        "/data/.%2e/",
        "/data/%2E",
        "/data%C3%A9/",
        "/api/v1/teams/data%2foncall",
        "/api/v1//teams",
    ] {
        assert_eq!(served.get(path).code(), 404, "{path}");
    }
    let long = served.get(&"/".repeat(60_000));
    assert!(long.code() == 404 && long.body.len() < 2_000, "{} of {} bytes", long.code(), long.body.len());
    let deep = served.get(&"/a".repeat(30_000));
    assert!(deep.code() == 404 && deep.body.len() < 2_000, "{} of {} bytes", deep.code(), deep.body.len());
}

#[test]
fn the_files_of_pages_are_sent_compressed() {
    let served = Served::default();
    let page = served.get("/").text();
    for kind in ["css", "js"] {
        let path = page.split(['"', ' ', '>']).find(|part| part.ends_with(&format!(".{kind}"))).unwrap();
        let path = path.trim_start_matches('.');
        let whole = served.get(path);
        for coding in ["gzip", "br"] {
            let encoded = served.send("GET", path, &[&format!("Accept-Encoding: {coding}")]);
            assert_eq!(encoded.header("content-encoding"), coding);
            assert_eq!(encoded.header("vary"), "accept-encoding");
            assert!(encoded.body.len() < whole.body.len(), "{path}: {}", encoded.body.len());
        }
    }
    let icon = served.get("/favicon.ico");
    assert_eq!((icon.code(), icon.header("content-type")), (200, "image/svg+xml"));
}

#[test]
fn sixty_four_clients_at_once_share_one_rendering() {
    let served = Served::default();
    let start = std::sync::Barrier::new(64);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                start.wait();
                let answer = served.send("GET", "/data/team.ics", &["Accept-Encoding: gzip"]);
                assert_eq!(answer.code(), 200);
            });
        }
    });
    assert_eq!(served.written(), 1);
}

#[test]
fn a_duty_change_reaches_clients_that_hold_the_week_before() {
    let served = Served::with("past_weeks = 0\nfuture_weeks = 2");
    let before = served.get("/data/primary.ics");
    let shift = "UID:data.primary.20260306T150000Z@";
    assert!(!before.text().contains(shift) && before.text().contains("UID:data.primary.20260206T150000Z@"));
    let builder = Builder::new(Publisher::without_journal());
    let next = builder.renew(&served.store.load(), CHANGE.parse().unwrap()).written().unwrap();
    served.store.replace(next.into());
    let condition = format!("If-None-Match: {}", before.header("etag"));
    let after = served.send("GET", "/data/primary.ics", &[&condition]);
    assert_eq!(after.code(), 200);
    assert!(after.text().contains("UID:data.primary.20260227T150000Z@"));
    assert!(!after.text().contains("UID:data.primary.20260206T150000Z@"));
    assert_eq!(before.header("last-modified"), "Tue, 10 Feb 2026 12:00:00 GMT");
    assert_eq!(after.header("last-modified"), "Fri, 13 Feb 2026 15:00:00 GMT");
    let condition = format!("If-Modified-Since: {}", before.header("last-modified"));
    assert_eq!(served.send("GET", "/data/primary.ics", &[&condition]).code(), 200);
}

#[test]
fn parameters_that_clients_add_to_an_address_change_nothing() {
    let served = Served::default();
    let plain = served.get("/data/team.ics");
    for target in ["/data/team.ics?", "/data/team.ics?_=1739", "/data/team.ics?nocache=1&nocache=2"] {
        assert_eq!(served.get(target).body, plain.body, "{target}");
    }
    let range = served.send("GET", "/data/team.ics", &["Range: bytes=0-9"]);
    assert_eq!((range.code(), range.body == plain.body), (200, true));
    let accept = served.send("GET", "/data/team.ics", &["Accept: application/json"]);
    assert_eq!((accept.code(), accept.body == plain.body), (200, true));
    let absolute = served.get("http://127.0.0.1:8080/data/team.ics");
    assert_eq!((absolute.code(), absolute.body == plain.body), (200, true));
}

#[test]
fn an_alarm_is_in_the_feed_that_asks_for_it_alone() {
    let served = Served::default();
    let with = served.get("/data/primary.ics?alarm=15m");
    assert!(with.text().contains("TRIGGER:-PT15M"));
    assert!(!served.get("/data/primary.ics").text().contains("VALARM"));
    for query in ["alarm=banana", "alarm=", "alarm=15m&alarm=15m", "download=2"] {
        assert_eq!(served.get(&format!("/data/primary.ics?{query}")).code(), 400, "{query}");
    }
}

#[test]
fn an_address_that_is_not_a_feed_leads_nowhere_else() {
    let served = Served::default();
    for target in [
        "/data/team.ics/",
        "//data/team.ics",
        "/data//team.ics",
        "/data/engineers/z.ics",
        "/data/engineers/.ics",
        "/data/engineers/../team.ics",
        "/Data/team.ics",
        "/.ics",
        "/team.ics",
        "/data/TEAM.ICS",
        "/data/team",
        "/data/engineers/",
        "/%00/team.ics",
        "/data/%2e%2e/team.ics",
    ] {
        assert_eq!(served.get(target).code(), 404, "{target}");
    }
}

#[test]
fn methods_that_write_are_refused_everywhere() {
    let served = Served::default();
    let methods = ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "REPORT", "MKCALENDAR", "TRACE"];
    for method in methods {
        for target in ["/", "/data/", "/data/team.ics", "/nothing", "/healthz", "/data/run-books/profit"] {
            let answer = served.send(method, target, &["Content-Length: 0"]);
            assert_eq!((answer.code(), answer.header("allow")), (405, "GET, HEAD"), "{method} {target}");
        }
    }
}

#[test]
fn a_foreign_host_is_refused_and_a_missing_one_is_harmless() {
    let served = Served::default();
    for target in ["/", "/data/team.ics", "/healthz", "/nothing"] {
        assert_eq!(served.send("GET", target, &["Host: evil.example:8080"]).code(), 421, "{target}");
        assert_eq!(served.send("GET", target, &["Host: localhost:1"]).code(), served.get(target).code());
    }
    assert_eq!(exchange(served.address, "GET /data/team.ics HTTP/1.0\r\n\r\n").code(), 200);
    assert_eq!(exchange(served.address, "GET / HTTP/1.0\r\n\r\n").code(), 200);
    let without = exchange(served.address, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_eq!(without.code(), 400, "RFC 9112 3.2");
    let open = Served::with("open_to_network = true\npublic_url = \"https://rota.example\"");
    assert_eq!(open.send("GET", "/data/team.ics", &["Host: rota.example"]).code(), 200);
    assert_eq!(open.send("GET", "/data/team.ics", &["Host: 10.1.2.3:8080"]).code(), 200);
}

#[test]
fn pages_show_who_is_on_call_and_every_way_to_subscribe() {
    let served = Served::with("open_to_network = true\npublic_url = \"https://rota.example/on-call\"");
    let feed = "rota.example%2Fon-call%2Fdata%2Fprimary.ics";
    let google = format!("https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2F{feed}\"");
    let office =
        format!("https://outlook.office.com/calendar/0/addfromweb?url=https%3A%2F%2F{feed}&amp;name=");
    let outlook =
        format!("https://outlook.live.com/calendar/0/addfromweb?url=https%3A%2F%2F{feed}&amp;name=");
    for (target, expected) in [
        (
            "/data/",
            &[
                "until <time datetime=\"2026-02-13T15:00:00Z\">Fri 13 Feb 10:00 EST</time>",
                "href=\"./subscribe\"",
            ][..],
        ),
        (
            "/data/subscribe?calendar=primary",
            &[
                ">https://rota.example/on-call/data/primary.ics</code>",
                "href=\"webcal://rota.example/on-call/data/primary.ics\"",
                &google,
                &office,
                &outlook,
                "primary.ics?download=1\"",
            ],
        ),
    ] {
        let page = served.get(target).text();
        for expected in expected {
            assert!(page.contains(expected), "{target}: {expected}\n{page}");
        }
        assert!(!page.contains("Not possible here"));
    }
    assert!(Served::default().get("/data/subscribe").text().contains("Not possible here"));
}

#[test]
fn pages_have_no_markup_from_names_no_inline_script_and_no_inline_style() {
    let served = Served::default();
    for target in ["/", "/data/", "/lost/", "/<script>/x"] {
        let page = served.get(target).text();
        for forbidden in
            ["<script>", "<b>pipelines", "style=", "<style", "javascript:", " onclick", " onload"]
        {
            assert!(!page.contains(forbidden), "{target}: {forbidden}");
        }
    }
    assert!(served.get("/data/").text().contains("Data &amp; &lt;b&gt;pipelines&lt;/b&gt;"));
}

#[test]
fn the_style_sheet_that_pages_name_may_be_cached_for_ever() {
    let served = Served::default();
    for (target, up) in [("/", "./"), ("/data/", "../"), ("/data/run-books/none", "../../")] {
        let page = served.get(target).text();
        let (_, rest) = page.split_once("rel=\"stylesheet\" href=\"").unwrap();
        let path = rest.split('"').next().unwrap().strip_prefix(up).unwrap_or_else(|| panic!("{rest}"));
        let style = served.get(&format!("/{path}"));
        assert_eq!(style.code(), 200);
        assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
        assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
    }
}

#[test]
fn the_page_says_which_engineer_has_no_calendar() {
    let page = Served::default().get("/data/").text();
    assert!(
        page.contains(
            "Holidays of <a class=\"who\" href=\"engineers/d\"><bdi>Dee</bdi></a> are not known: no calendar is given."
        ),
        "{page}"
    );
}

#[test]
fn pages_and_api_are_compressed_on_request_each_coding_with_its_own_tag() {
    let served = Served::default();
    for target in ["/data/", "/data/coverage", "/api/v1/teams/data/schedule", "/openapi.json"] {
        let plain = served.get(target);
        let [gzip, brotli] =
            ["gzip", "br"].map(|coding| served.send("GET", target, &[&format!("Accept-Encoding: {coding}")]));
        let mut decoded = Vec::new();
        flate2::read::GzDecoder::new(&gzip.body[..]).read_to_end(&mut decoded).unwrap();
        assert!(decoded == plain.body && 2 * gzip.body.len() < plain.body.len(), "{target}");
        decoded.clear();
        brotli::BrotliDecompress(&mut &brotli.body[..], &mut decoded).unwrap();
        assert!(decoded == plain.body && 2 * brotli.body.len() < plain.body.len(), "{target}");

        for (coding, own) in [("identity", &plain), ("gzip", &gzip), ("br", &brotli)] {
            let accept = format!("Accept-Encoding: {coding}");
            assert_eq!(own.header("vary"), "accept-encoding");
            assert_eq!(own.header("content-encoding"), if coding == "identity" { "" } else { coding });
            assert_eq!(own.header("content-type"), plain.header("content-type"));
            let head = served.send("HEAD", target, &[&accept]);
            assert_eq!(own.header("content-length"), own.body.len().to_string());
            for name in ["etag", "content-encoding", "content-length", "vary"] {
                assert_eq!(head.header(name), own.header(name), "{target}: {name}");
            }
            for other in [&plain, &gzip, &brotli] {
                let known = format!("If-None-Match: {}", other.header("etag"));
                let answer = served.send("GET", target, &[&accept, &known]);
                let same = other.header("etag") == own.header("etag");
                assert_eq!((answer.code(), same), (if same { 304 } else { 200 }, std::ptr::eq(own, other)));
                assert_eq!(
                    (answer.header("etag"), answer.header("vary")),
                    (own.header("etag"), "accept-encoding")
                );
            }
        }
    }
}

#[test]
fn what_fits_into_one_packet_or_is_not_text_is_sent_uncompressed() {
    let served = Served::default();
    for target in ["/data/changes.atom", "/lost/", "/nothing/here", "/api/v1/teams/none/oncall", "/healthz"] {
        let answer = served.send("GET", target, &["Accept-Encoding: gzip"]);
        assert_eq!(answer.header("content-encoding"), "", "{target}");
        answer.text();
    }
}

#[test]
fn a_broken_team_shows_its_errors_but_never_the_line() {
    let served = Served::default();
    for target in ["/", "/lost/"] {
        let page = served.get(target).text();
        assert!(page.contains("teams/lost.toml:2:13") && page.contains("Lodnon"), "{page}");
        assert!(!page.contains("private remark"));
    }
    let answer = served.get("/lost/");
    assert_eq!((answer.code(), answer.header("retry-after")), (503, "300"));
}

#[test]
fn readers_of_a_broken_teams_changes_are_asked_to_retry() {
    let served = Served::default();
    let answer = served.get("/lost/changes.atom");
    assert_eq!((answer.code(), answer.header("retry-after")), (503, "300"));
    assert!(answer.header("etag").is_empty() && !answer.text().contains("private remark"));
    assert_eq!(served.get("/nobody/changes.atom").code(), 404);
}

#[test]
fn monitoring_sees_what_is_served_and_what_is_broken_on_its_own_address() {
    let served = Served::default();
    served.get("/data/team.ics");
    served.send("GET", "/data/team.ics", &["If-None-Match: *"]);
    served.get("/data/nobody.ics");
    served.get("/");
    let request = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = exchange(served.admin, request);
    assert_eq!((answer.code(), answer.header("content-type")), (200, "application/json"));
    assert!(!answer.text().contains("private remark"));
    let readiness: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(readiness["status"], "degraded");
    let teams = serde_json::json!({
        "good": ["data"], "outdated": [], "broken": ["lost"], "provisional": [], "restored": [], "removed": []
    });
    assert_eq!(readiness["teams"], teams);
    assert_eq!(readiness["faults"], serde_json::json!([]));
    let first = readiness["diagnostics"].as_array().unwrap().iter().find(|d| d["line"] == 2).unwrap();
    assert_eq!((&first["file"], &first["severity"]), (&"teams/lost.toml".into(), &"error".into()));
    assert!(readiness["tzdata"].as_str().unwrap().starts_with("202"));
    assert_eq!(readiness["snapshot"]["generation"], 1);
    assert_eq!(readiness["snapshot"]["age_seconds"], 0);
    assert_eq!(
        readiness["requests"],
        serde_json::json!({ "feeds": 1, "feeds_not_modified": 1, "refused": 1, "pages": 1 })
    );
    assert_eq!(served.get("/readyz").code(), 404, "not for everybody");
    for (request, code) in [
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
        ("GET /data/team.ics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        ("POST /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
        ("GET /readyz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
    ] {
        assert_eq!(exchange(served.admin, request).code(), code, "{request}");
    }
}

#[test]
fn metrics_show_what_to_alert_on_and_no_name() {
    let served = Served::default();
    served.send("GET", "/data/team.ics", &["User-Agent: Google-Calendar-Importer"]);
    served.send("GET", "/data/engineers/a.ics", &["If-None-Match: *", "User-Agent: ICSx5/2.2"]);
    served.get("/data/");
    served.get("/none/at/all");
    served.send("POST", "/data/", &[]);
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = exchange(served.admin, request);
    assert_eq!(answer.code(), 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text();
    for line in [
        "oncal_requests_total{route=\"/{team}/team.ics\",status=\"200\",client=\"google\"} 1",
        "oncal_requests_total{route=\"/{team}/engineers/{id}.ics\",status=\"304\",client=\"davx5\"} 1",
        "oncal_requests_total{route=\"/{team}/\",status=\"200\",client=\"other\"} 1",
        "oncal_requests_total{route=\"unmatched\",status=\"404\",client=\"other\"} 1",
        "oncal_requests_total{route=\"refused\",status=\"405\",client=\"other\"} 1",
        "oncal_route_duration_seconds_count 2",
        "oncal_feed_duration_seconds_count 3",
        "oncal_snapshot_generation 1.0",
        "oncal_snapshot_age_seconds 0.0",
        "oncal_load_successful 0.0",
        "oncal_diagnostics{severity=\"error\"} 3",
        "oncal_fault{fault=\"journal\"} 0",
        "oncal_teams{state=\"good\"} 1",
        "oncal_teams{state=\"broken\"} 1",
        "oncal_coverage_unsettled{team=\"data\"} 0",
        "oncal_coverage_overdue{team=\"data\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.contains("Ann") && !text.contains("private remark"), "{text}");
    assert_eq!(served.get("/metrics").code(), 404, "not for everybody");

    // On Presidents' Day everybody is away, and the day to agree by was two weeks before its week.
    let team = TEAM
        .replace("[[rotation]]", "[holiday_policy]\nsecondary_on_holiday = \"unavailable\"\n[[rotation]]")
        .replace(", holidays = []", "");
    let served = Served::of("", &team);
    let text = exchange(served.admin, request).text();
    for line in ["oncal_coverage_unsettled{team=\"data\"} 1", "oncal_coverage_overdue{team=\"data\"} 1"] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

/// Calendars of others may name a holiday so that it reorders or hides the text around it.
#[test]
fn no_page_shows_control_or_bidirectional_characters_of_a_holidays_name() {
    let off =
        "also_off = [{ date = 2026-02-18, name = \"Fun\\u202Eyad\\u0007 day\\u2066!\" }], name = \"Bob\"";
    let team = TEAM.replacen("name = \"Bob\"", off, 1);
    assert_ne!(team, TEAM);
    let served = Served::of("", &team);
    let is_odd = |c: &char| {
        c.is_control() && *c != '\n' || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let mut pages = 0;
    for path in [
        "/",
        "/data/",
        "/data/?weeks=26",
        "/data/?view=month&month=2026-02",
        "/data/?view=list",
        "/data/?view=year",
        "/data/coverage",
        "/data/coverage?all=1",
        "/data/fairness",
        "/data/changes",
        "/data/changes.atom",
        "/data/pipelines",
        "/data/engineers/b",
        "/data/engineers/c",
        "/data/subscribe",
    ] {
        let page = served.get(path);
        if page.code() == 200 {
            let text = page.text();
            assert_eq!(text.chars().find(is_odd), None, "{path}: {text}");
            pages += usize::from(text.contains("Funyad day!"));
        }
    }
    assert!(pages >= 2, "some pages name it: {pages}");
}
