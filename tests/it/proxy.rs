//! oncal behind nginx and Caddy with the configurations of `config/deploy`: below a path, with TLS. Only what a test
//! cannot have is replaced in these files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::machine::{free_port, stdout_of};
use crate::support::running::{PATIENCE, Running, get, program};
use tempfile::TempDir;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// `text` with each of `parts` replaced; it must contain them all.
fn replaced(mut text: String, parts: &[(&str, String)]) -> String {
    for (part, by) in parts {
        assert!(text.contains(part), "no {part}: {text}");
        text = text.replace(part, by);
    }
    text
}

#[derive(Clone, Copy)]
enum Kind {
    Nginx,
    Caddy,
}

/// A proxy in front of oncal; killed when dropped.
struct Proxy {
    child: Child,
    folder: TempDir,
    port: u16,
    plain_port: u16,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Proxy {
    /// One that listens at `port` in front of `oncal`, configured by the example of its kind.
    fn start(kind: Kind, port: u16, oncal: SocketAddr) -> Proxy {
        let (folder, plain_port) = (tempfile::tempdir().unwrap(), free_port());
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut certify = Command::new("openssl");
        certify.args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]);
        stdout_of(certify.args(["-keyout", &at("key"), "-out", &at("pem")]));
        let mut command = match kind {
            Kind::Nginx => Proxy::nginx(folder.path(), [port, plain_port], oncal),
            Kind::Caddy => Proxy::caddy(folder.path(), [port, plain_port], oncal),
        };
        let stderr = File::create(folder.path().join("stderr")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        let mut proxy = Proxy { child, folder, port, plain_port };
        let since = Instant::now();
        while [port, plain_port].iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err()) {
            let ended = proxy.child.try_wait().unwrap();
            assert!(ended.is_none() && since.elapsed() < PATIENCE, "does not listen: {}", proxy.logs());
            thread::sleep(Duration::from_millis(20));
        }
        proxy
    }

    /// Logs as much as it can, except at level `debug`.
    fn nginx(folder: &Path, [port, plain_port]: [u16; 2], oncal: SocketAddr) -> Command {
        let at = |name: &str| folder.join(name).display().to_string();
        let site = replaced(
            fs::read_to_string("config/deploy/nginx.conf").unwrap(),
            &[
                ("server 127.0.0.1:8080", format!("server {oncal}")),
                ("listen 443 ssl", format!("listen 127.0.0.1:{port} ssl")),
                ("listen 80;", format!("listen 127.0.0.1:{plain_port};")),
                ("rota.example.org;", "localhost;".to_owned()),
                ("/etc/ssl/rota.example.org.pem", at("pem")),
                ("/etc/ssl/rota.example.org.key", at("key")),
                ("/var/log/nginx/oncal.log", at("requests")),
            ],
        );
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", at(name)))
            .concat();
        let (pid, errors, access) = (at("pid"), at("errors"), at("access"));
        let whole = format!(
            "daemon off; master_process off; pid {pid}; error_log {errors} info;\nevents {{}}\n\
             http {{ access_log {access};\n{temporary}{site}}}\n",
        );
        fs::write(folder.join("nginx.conf"), whole).unwrap();
        let mut command = Command::new("nginx");
        command.args(["-p", &at(""), "-e", &errors, "-c", &at("nginx.conf")]);
        command
    }

    /// Logs all it can.
    fn caddy(folder: &Path, [port, plain_port]: [u16; 2], oncal: SocketAddr) -> Command {
        let at = |name: &str| folder.join(name).display().to_string();
        let options = format!(
            "\tadmin off\n\tdebug\n\thttps_port {port}\n\thttp_port {plain_port}\n\tdefault_bind 127.0.0.1\n\t\
             auto_https disable_certs\n\tservers {{"
        );
        let whole = replaced(
            fs::read_to_string("config/deploy/Caddyfile").unwrap(),
            &[
                ("\tservers {", options),
                ("rota.example.org {", format!("localhost {{\n\ttls {} {}", at("pem"), at("key"))),
                ("127.0.0.1:8080", oncal.to_string()),
            ],
        );
        fs::write(folder.join("Caddyfile"), whole).unwrap();
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config", &at("Caddyfile")]);
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, at("home"));
        }
        command
    }

    fn curl(&self, target: &str, options: &[&str]) -> Command {
        let mut command = Command::new("curl");
        command.args(["-sk", "--path-as-is", "-i"]).args(options);
        command.arg(format!("https://localhost:{}{target}", self.port));
        command
    }

    /// Head, in lower case, and body of the response to `target`.
    fn get(&self, target: &str, options: &[&str]) -> (String, String) {
        let text = stdout_of(&mut self.curl(target, options));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.to_ascii_lowercase(), body.to_owned())
    }

    /// All that it logged.
    fn logs(&self) -> String {
        ["stderr", "errors", "access", "requests"]
            .map(|name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default())
            .concat()
    }
}

/// oncal and the proxy before it.
struct Behind {
    oncal: Running,
    proxy: Proxy,
    _folder: TempDir,
}

impl Behind {
    fn with(kind: Kind, settings: &str) -> Behind {
        let folder = tempfile::tempdir().unwrap();
        let (config, port) = (folder.path().join("config"), free_port());
        stdout_of(Command::new("cp").args(["-r", "config"]).arg(&config));
        let public = format!("public_url = \"https://localhost:{port}/on-call\"\n");
        let ports =
            "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\ntrusted_proxies = [\"127.0.0.1\"]\n";
        fs::write(config.join("oncal.toml"), format!("{ports}{public}{settings}")).unwrap();
        let oncal =
            Running::start(program(&config, &[]).env("ONCAL_SECRET", SECRET).env("ONCAL_LOG", "debug"));
        let proxy = Proxy::start(kind, port, oncal.address);
        Behind { oncal, proxy, _folder: folder }
    }
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|word| word.trim().parse().ok()).unwrap_or_else(|| panic!("{head}"))
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name}: {head}"))
}

/// The path that a link on the page at `base` leads to.
fn resolved(base: &str, link: &str) -> String {
    if link.starts_with('/') {
        return link.to_owned();
    }
    let link = link.split('#').next().unwrap();
    let (way, query) = link.split_at(link.find('?').unwrap_or(link.len()));
    let mut folders: Vec<&str> = base.split(['?', '#']).next().unwrap().split('/').collect();
    folders.pop();
    let ends_in_folder = way.is_empty() || way.ends_with('/') || way.ends_with('.');
    for part in way.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(folders.pop()),
            part => folders.push(part),
        }
    }
    format!("{}{}{query}", folders.join("/"), if ends_in_folder { "/" } else { "" })
}

/// Follows every link from `start` on, three deep, and gives the paths.
fn crawl(behind: &Behind, start: &str) -> BTreeSet<String> {
    let (mut seen, mut ahead) = (BTreeSet::new(), vec![start.to_owned()]);
    for _ in 0..3 {
        for target in std::mem::take(&mut ahead) {
            if !seen.insert(target.clone()) {
                continue;
            }
            let (head, body) = behind.proxy.get(&target, &[]);
            assert_eq!(status(&head), 200, "{target}: {head}");
            if !header(&head, "content-type").starts_with("text/html") {
                continue;
            }
            let own = format!("https://localhost:{}", behind.proxy.port);
            for part in ["href=\"", "src=\"", "<code data-copy=\""]
                .map(|start| body.split(start).skip(1))
                .into_iter()
                .flatten()
            {
                let link = part.split('"').next().unwrap().replace("&amp;", "&");
                if let Some(path) = link.strip_prefix(&own) {
                    ahead.push(path.to_owned());
                } else if !link.contains(':') && !link.starts_with('#') && !link.starts_with("the ") {
                    ahead.push(resolved(&target, &link));
                }
            }
            // The address to copy, and the same for programs that know webcal.
            for (scheme, sign) in
                [(own.as_str(), '<'), (&format!("webcal://localhost:{}", behind.proxy.port), '"')]
            {
                let found =
                    body.split(scheme).skip(1).map(|rest| rest.split(sign).next().unwrap().to_owned());
                ahead.extend(found);
            }
        }
    }
    seen
}

fn behind_a_proxy_every_link_is_right_and_compression_and_caching_are_oncals(kind: Kind) {
    let behind = Behind::with(kind, "");
    let proxy = &behind.proxy;
    let (head, _) = proxy.get("/on-call", &[]);
    assert!(status(&head) == 308 && header(&head, "location").ends_with("/on-call/"), "{head}");
    let (head, _) =
        get(SocketAddr::from(([127, 0, 0, 1], proxy.plain_port)), "/on-call/data-pipelines/?weeks=1");
    assert!(head.starts_with("HTTP/1.1 308"), "{head}");
    let location = header(&head, "Location");
    assert!(location.starts_with("https://localhost"), "{head}");
    assert!(location.ends_with("/on-call/data-pipelines/?weeks=1"), "{head}");
    for beside in ["/", "/on-callers/", "/data-pipelines/team.ics", "/on-call/metrics", "/on-call/readyz"] {
        assert_eq!(status(&proxy.get(beside, &[]).0), 404, "{beside}");
    }

    let seen = crawl(&behind, "/on-call/");
    for expected in [
        "data-pipelines/",
        "data-pipelines/coverage",
        "data-pipelines/team.ics",
        "data-pipelines/team.ics?download=1",
    ] {
        assert!(seen.contains(&format!("/on-call/{expected}")), "{expected}: {seen:?}");
    }
    assert!(seen.len() > 25 && seen.iter().all(|path| path.starts_with("/on-call/")), "{seen:?}");

    let feed = "/on-call/data-pipelines/team.ics";
    let (plain, body) = proxy.get(feed, &[]);
    let urls: Vec<_> = body.lines().filter(|line| line.starts_with("URL")).collect();
    let own = format!("https://localhost:{}/on-call/data-pipelines/", proxy.port);
    assert!(urls.len() > 10 && urls.iter().all(|line| line.contains(&own)), "{urls:?}");
    let (direct, direct_body) = get(behind.oncal.address, "/data-pipelines/team.ics");
    assert_eq!(header(&plain, "etag"), header(&direct, "etag"));
    assert_eq!(body.as_bytes(), direct_body);
    let (head, body) = proxy.get(feed, &["-H", "Accept-Encoding: gzip"]);
    assert_eq!(header(&head, "content-encoding"), "gzip");
    assert!(!body.contains("BEGIN:VCALENDAR") && header(&head, "etag") != header(&plain, "etag"));
    let known = format!("If-None-Match: {}", header(&plain, "etag"));
    let (head, body) = proxy.get(feed, &["-H", &known]);
    assert!(status(&head) == 304 && body.is_empty(), "{head}");
    assert_eq!(header(&head, "etag"), header(&plain, "etag"));

    // What Thunderbird requests before it treats a calendar as read-only.
    for (method, length) in [("PROPFIND", 600), ("PUT", 10_000), ("PUT", 100_000)] {
        let body = "x".repeat(length);
        let (head, _) = proxy.get(feed, &["--http1.1", "-X", method, "-H", "Expect:", "-d", &body]);
        let is_refused = status(&head) == 405 && header(&head, "allow") == "get, head";
        assert!(is_refused || (status(&head), length) == (413, 100_000), "{method} {length}: {head}");
    }
}

fn secret_links_work_and_are_never_logged(kind: Kind) {
    let mut behind = Behind::with(kind, "access = \"links\"\n");
    let team = oncal::rota::TeamId::new("data-pipelines").unwrap();
    let secret = oncal::access::Secret::of(SECRET.as_bytes());
    let (key, all) = (secret.team(1, &team, 1).text(), secret.organisation(1).text());
    let own = format!("/on-call/k/{key}/");
    let seen = crawl(&behind, &format!("{own}data-pipelines/"));
    assert!(seen.len() > 20 && seen.iter().all(|path| path.starts_with(&own)), "{seen:?}");
    assert!(crawl(&behind, &format!("/on-call/k/{all}/")).len() > 25);
    assert_eq!(status(&behind.proxy.get("/on-call/data-pipelines/", &[]).0), 404);
    assert_eq!(status(&behind.proxy.get(&format!("/on-call/k/{}/", "a".repeat(32)), &[]).0), 404);

    // Proxies log most about malformed requests, requests over a limit, and an unreachable server.
    let plain = SocketAddr::from(([127, 0, 0, 1], behind.proxy.plain_port));
    assert!(get(plain, &own).0.starts_with("HTTP/1.1 308"));
    let referrer = format!("https://localhost:{}{own}", behind.proxy.port);
    let long = "a".repeat(40_000);
    for (target, options) in [
        (format!("{own}{long}"), &["--http1.1"][..]),
        (own.clone(), &["--http1.1", "-H", &format!("X-Many: {long}")]),
        (own.clone(), &["--http1.1", "-H", "Host:"]),
        (own.clone(), &["--http1.1", "-X", "NONSENSE TOO", "-e", &referrer]),
        (own.clone(), &["-H", "Expect:", "-e", &referrer, "-d", &long]),
    ] {
        drop(behind.proxy.curl(&target, options).output());
    }
    let metrics = get(behind.oncal.admin, "/metrics").1;
    behind.oncal.signal("KILL");
    behind.oncal.ended();
    let (head, _) = behind.proxy.get(&own, &["-e", &referrer]);
    assert_eq!(status(&head), 502);

    // Both logs have the same id for the last request that reached oncal.
    if let Ok(requests) = fs::read_to_string(behind.proxy.folder.path().join("requests")) {
        let line = requests.lines().rfind(|line| line.contains(" 404 ")).unwrap();
        let id = line.rsplit(' ').next().unwrap();
        assert!(id.len() == 32, "{line}");
        behind.oncal.wait_for_log(id);
    }
    let logs = behind.proxy.logs();
    assert!(logs.contains("502"), "nobody learns that oncal is down: {logs}");
    for key in [&key, &all] {
        let logged = |logs: &str| logs.lines().find(|line| line.contains(key)).map(str::to_owned);
        assert_eq!(logged(&logs), None);
        assert_eq!(logged(&behind.oncal.log()), None);
        assert_eq!(logged(&String::from_utf8_lossy(&metrics)), None);
    }
}

/// Answers everything with 200, and gives the heads of the requests.
fn listener() -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            drop((&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            if sender.send(head.join("\n").to_ascii_lowercase()).is_err() {
                break;
            }
        }
    });
    (address, receiver)
}

fn only_the_proxy_tells_oncal_who_the_client_is(kind: Kind) {
    let (address, heard) = listener();
    let proxy = Proxy::start(kind, free_port(), address);
    let forged = [
        "X-Forwarded-For: 192.0.2.9",
        "X-Forwarded-Proto: gopher",
        "X-Forwarded-Host: elsewhere.example",
        "X-Request-Id: forged",
        "Content-Length: 0",
    ];
    let options: Vec<&str> = forged.iter().flat_map(|line| ["-H", line]).collect();
    let mut ids = BTreeSet::new();
    for options in [&options[..], &[]] {
        assert_eq!(status(&proxy.get("/on-call/a%20b/team.ics?download=1&x=%2F", options).0), 200);
        let head = heard.recv_timeout(PATIENCE).unwrap();
        assert!(head.starts_with("get /a%20b/team.ics?download=1&x=%2f http/1.1"), "{head}");
        assert_eq!(header(&head, "x-forwarded-for"), "127.0.0.1");
        assert_eq!(header(&head, "x-forwarded-proto"), "https");
        assert_eq!(header(&head, "x-forwarded-host"), format!("localhost:{}", proxy.port));
        assert!(!head.contains("accept-encoding"), "{head}");
        let id = header(&head, "x-request-id");
        assert!(id.len() >= 32 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-'), "{id}");
        for name in ["x-forwarded-for", "x-request-id", "host"] {
            assert_eq!(
                head.lines().filter(|line| line.starts_with(&format!("{name}:"))).count(),
                1,
                "{head}"
            );
        }
        ids.insert(id.to_owned());
    }
    assert_eq!(ids.len(), 2);
}

mod nginx {
    use super::Kind::Nginx;

    #[test]
    #[ignore = "needs nginx; tests/run.sh installs it"]
    fn behind_a_proxy_every_link_is_right_and_compression_and_caching_are_oncals() {
        super::behind_a_proxy_every_link_is_right_and_compression_and_caching_are_oncals(Nginx);
    }

    #[test]
    #[ignore = "needs nginx; tests/run.sh installs it"]
    fn secret_links_work_and_are_never_logged() {
        super::secret_links_work_and_are_never_logged(Nginx);
    }

    #[test]
    #[ignore = "needs nginx; tests/run.sh installs it"]
    fn only_the_proxy_tells_oncal_who_the_client_is() {
        super::only_the_proxy_tells_oncal_who_the_client_is(Nginx);
    }
}

mod caddy {
    use super::Kind::Caddy;

    #[test]
    #[ignore = "needs caddy; tests/run.sh installs it"]
    fn behind_a_proxy_every_link_is_right_and_compression_and_caching_are_oncals() {
        super::behind_a_proxy_every_link_is_right_and_compression_and_caching_are_oncals(Caddy);
    }

    #[test]
    #[ignore = "needs caddy; tests/run.sh installs it"]
    fn secret_links_work_and_are_never_logged() {
        super::secret_links_work_and_are_never_logged(Caddy);
    }

    #[test]
    #[ignore = "needs caddy; tests/run.sh installs it"]
    fn only_the_proxy_tells_oncal_who_the_client_is() {
        super::only_the_proxy_tells_oncal_who_the_client_is(Caddy);
    }
}
