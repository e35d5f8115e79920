//! The files of `config/deploy`: oncal behind the nginx of the example, below a path and with TLS, and what else of them
//! can be tried.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod running;

use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use running::{PATIENCE, Running, get, program};
use tempfile::TempDir;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// oncal and the nginx before it.
struct Behind {
    oncal: Running,
    nginx: Child,
    folder: TempDir,
    port: u16,
}

impl Drop for Behind {
    fn drop(&mut self) {
        drop(self.nginx.kill());
        drop(self.nginx.wait());
    }
}

fn sure(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Behind {
    fn with(settings: &str) -> Behind {
        let folder = tempfile::tempdir().unwrap();
        let (config, port) = (folder.path().join("config"), free_port());
        sure(Command::new("cp").args(["-r", "config"]).arg(&config));
        let public = format!("public_url = \"https://localhost:{port}/on-call\"\n");
        let ports =
            "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\ntrusted_proxies = [\"127.0.0.1\"]\n";
        fs::write(config.join("oncal.toml"), format!("{ports}{public}{settings}")).unwrap();
        let oncal = Running::start(program(&config, &[]).env("ONCAL_SECRET", SECRET));

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
        sure(certify.args(["-keyout", &at("key"), "-out", &at("pem")]));
        let example = fs::read_to_string("config/deploy/nginx.conf").unwrap();
        let site = example
            .replace("server 127.0.0.1:8080", &format!("server {}", oncal.address))
            .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"))
            .replace("server_name rota.example.org", "server_name localhost")
            .replace("/etc/ssl/rota.example.org.pem", &at("pem"))
            .replace("/etc/ssl/rota.example.org.key", &at("key"));
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", at(name)))
            .concat();
        let whole = format!(
            "daemon off; pid {}; error_log {} info;\nevents {{}}\nhttp {{ access_log {};\n{temporary}{site}}}\n",
            at("pid"),
            at("errors"),
            at("access")
        );
        fs::write(folder.path().join("nginx.conf"), whole).unwrap();
        let mut nginx = Command::new("nginx");
        nginx.args([
            "-p",
            &at(""),
            "-e",
            &at("errors"),
            "-c",
            &at("nginx.conf"),
            "-g",
            "master_process off;",
        ]);
        let nginx = nginx.stdin(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(since.elapsed() < PATIENCE, "nginx does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Behind { oncal, nginx, folder, port }
    }

    /// Head and body of the answer to `target` by way of nginx.
    fn get(&self, target: &str, options: &[&str]) -> (String, String) {
        let url = format!("https://localhost:{}{target}", self.port);
        let text = sure(Command::new("curl").args(["-sk", "--path-as-is", "-i"]).args(options).arg(url));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.to_ascii_lowercase(), body.to_owned())
    }
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
            let (head, body) = behind.get(&target, &[]);
            assert!(head.starts_with("http/1.1 200"), "{target}: {head}");
            if !header(&head, "content-type").starts_with("text/html") {
                continue;
            }
            let own = format!("https://localhost:{}", behind.port);
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
            for (scheme, sign) in [(own.as_str(), '<'), (&format!("webcal://localhost:{}", behind.port), '"')]
            {
                let found =
                    body.split(scheme).skip(1).map(|rest| rest.split(sign).next().unwrap().to_owned());
                ahead.extend(found);
            }
        }
    }
    seen
}

#[test]
#[ignore = "needs nginx; tests/run.sh installs it"]
fn behind_nginx_every_link_is_right_and_compression_and_caching_are_oncals() {
    let behind = Behind::with("");
    let (head, _) = behind.get("/on-call", &[]);
    assert!(head.starts_with("http/1.1 308") && header(&head, "location").ends_with("/on-call/"), "{head}");
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
    let (plain, body) = behind.get(feed, &[]);
    let urls: Vec<_> = body.lines().filter(|line| line.starts_with("URL")).collect();
    let own = format!("https://localhost:{}/on-call/data-pipelines/", behind.port);
    assert!(urls.len() > 10 && urls.iter().all(|line| line.contains(&own)), "{urls:?}");
    let (head, body) = behind.get(feed, &["-H", "Accept-Encoding: gzip"]);
    assert_eq!(header(&head, "content-encoding"), "gzip");
    assert!(!body.contains("BEGIN:VCALENDAR") && header(&head, "etag") != header(&plain, "etag"));
    let known = format!("If-None-Match: {}", header(&plain, "etag"));
    let (head, body) = behind.get(feed, &["-H", &known]);
    assert!(head.starts_with("http/1.1 304") && body.is_empty(), "{head}");
}

#[test]
#[ignore = "needs nginx; tests/run.sh installs it"]
fn behind_nginx_secret_links_work_and_stand_in_no_log() {
    let behind = Behind::with("access = \"links\"\n");
    let team = oncal::rota::TeamId::new("data-pipelines").unwrap();
    let secret = oncal::access::Secret::of(SECRET.as_bytes());
    let (key, all) = (secret.team(1, &team, 1).text(), secret.organisation(1).text());
    let seen = crawl(&behind, &format!("/on-call/k/{key}/data-pipelines/"));
    assert!(
        seen.len() > 20 && seen.iter().all(|path| path.starts_with(&format!("/on-call/k/{key}/"))),
        "{seen:?}"
    );
    assert!(crawl(&behind, &format!("/on-call/k/{all}/")).len() > 25);
    let (head, _) = behind.get("/on-call/data-pipelines/", &[]);
    assert!(head.starts_with("http/1.1 404"), "{head}");

    // Each address has its own limit, so they are told apart behind the proxy.
    let forged = ["-H", "X-Forwarded-For: 192.0.2.9"];
    assert!(behind.get(&format!("/on-call/k/{}/", "a".repeat(32)), &forged).0.starts_with("http/1.1 404"));
    let mut logs = behind.oncal.log();
    for name in ["access", "errors"] {
        logs += &fs::read_to_string(behind.folder.path().join(name)).unwrap_or_default();
    }
    assert!(!logs.contains(&key) && !logs.contains(&all), "{logs}");
}

#[test]
fn the_health_of_a_server_is_asked_on_the_address_for_monitoring() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    sure(Command::new("cp").args(["-r", "config"]).arg(&config));
    let (port, admin) = (free_port(), free_port());
    let settings = format!("bind = \"127.0.0.1:{port}\"\nadmin_bind = \"127.0.0.1:{admin}\"\n");
    fs::write(config.join("oncal.toml"), settings).unwrap();
    let health = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
        command.arg("health").arg("--config").arg(&config).output().unwrap()
    };
    let before = health();
    assert_eq!(before.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&before.stderr).contains(&format!("127.0.0.1:{admin}")));
    let mut running = Running::start(&mut program(&config, &[]));
    assert!(get(running.admin, "/healthz").0.starts_with("HTTP/1.1 200"));
    let after = health();
    assert_eq!((after.status.code(), &after.stdout[..]), (Some(0), &b"ok\n"[..]));
    running.signal("TERM");
    running.ended();
}

#[test]
fn the_unit_is_one_that_systemd_takes_and_exposes_little() {
    let unit = Path::new("config/deploy/oncal.service");
    let Ok(output) = Command::new("systemd-analyze").args(["security", "--offline=true"]).arg(unit).output()
    else {
        return;
    };
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure = told.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_default();
    let level = figure.split(": ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
    assert!(level.is_some_and(|level| level < 2.0), "{told}{}", String::from_utf8_lossy(&output.stderr));
}
