//! The real program while its files change under it: what is served stays valid, of one configuration, and never
//! goes back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::postgres::Postgres;
use crate::support::running::{PATIENCE, Running, get, program};
use crate::support::wait::wait;
use tempfile::TempDir;

const SETTINGS: &str =
    "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\npast_weeks = 0\nfuture_weeks = 6\n";

/// A team whose every event names the number of its configuration, and whose rota has a swap in it where the number
/// is odd.
fn team(number: u32) -> String {
    let swap = "\n[[swap]]\nweek = 2030-01-11\nprimary = \"c\"\nsecondary = \"a\"\n";
    format!(
        "name = \"Gen {number};\"\ntime_zone = \"America/New_York\"\nholidays = [\"us-federal\"]\n\
         engineer = [{{ id = \"a\", name = \"Ann\" }}, {{ id = \"b\", name = \"Bob\" }}, {{ id = \"c\", name = \"Cy\" }}]\n\
         [[rotation]]\nstarts = 2029-12-28T10:00:00\n\
         weeks = [{{ primary = \"a\", secondary = \"b\" }}, {{ primary = \"b\", secondary = \"c\" }}]\n{}",
        if number % 2 == 1 { swap } else { "" }
    )
}

/// A configuration folder of the layout that a Kubernetes volume has: files are links through `..data`.
struct Volume {
    folder: TempDir,
    versions: u32,
}

impl Volume {
    fn new() -> Volume {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("config")).unwrap();
        fs::write(folder.path().join("config/oncal.toml"), SETTINGS).unwrap();
        fs::create_dir(folder.path().join("config/teams")).unwrap();
        fs::write(folder.path().join("config/teams/data.toml"), team(0)).unwrap();
        Volume { folder, versions: 0 }
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    fn file(&self) -> PathBuf {
        self.config().join("teams/data.toml")
    }

    fn plain(&self) -> bool {
        !self.config().join("teams").is_symlink()
    }

    /// Turns `teams` into a plain folder again, without a moment in which the team has no file.
    fn make_plain(&self) {
        if !self.plain() {
            let real = self.config().join("teams.new");
            fs::create_dir(&real).unwrap();
            fs::copy(self.file(), real.join("data.toml")).unwrap();
            fs::remove_file(self.config().join("teams")).unwrap();
            fs::rename(real, self.config().join("teams")).unwrap();
        }
    }

    fn rename_over(&self, text: &str) {
        let new = self.config().join("teams/.data.toml.new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    /// As the kubelet does it: a new folder, and one atomic swap of the link to it.
    fn swap_links(&mut self, text: &str) {
        self.versions += 1;
        let (config, version) = (self.config(), format!("..version_{}", self.versions));
        fs::create_dir_all(config.join(&version).join("teams")).unwrap();
        fs::write(config.join(&version).join("teams/data.toml"), text).unwrap();
        symlink(&version, config.join("..data_tmp")).unwrap();
        fs::rename(config.join("..data_tmp"), config.join("..data")).unwrap();
        if self.plain() {
            fs::rename(config.join("teams"), config.join("teams.old")).unwrap();
            symlink("..data/teams", config.join("teams")).unwrap();
            fs::remove_dir_all(config.join("teams.old")).unwrap();
        }
        let _ = fs::remove_dir_all(config.join(format!("..version_{}", self.versions - 1)));
    }
}

fn unfolded(body: &[u8]) -> String {
    String::from_utf8(body.to_vec()).unwrap().replace("\r\n ", "")
}

/// The number of the one configuration that a body shows.
fn number(body: &[u8]) -> u32 {
    assert!(body.starts_with(b"BEGIN:VCALENDAR\r\n") && body.ends_with(b"END:VCALENDAR\r\n"), "cut short");
    let text = unfolded(body);
    let numbers: BTreeSet<u32> = text
        .split("Gen ")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(numbers.len(), 1, "a body of {numbers:?}");
    let swapped = text.contains("(swap\\, instead of");
    let number = *numbers.first().unwrap();
    assert_eq!(swapped, number % 2 == 1, "{number}: the rota is of another configuration than the names");
    number
}

/// Ends the readers, also when the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One reader: keeps its connection and requests the feed repeatedly with the tag that it got.
fn read_on(address: SocketAddr, done: &AtomicBool, counts: &[AtomicU64; 2], highest_good: &AtomicU64) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut tag, mut last) = (String::new(), 0);
    while !done.load(Ordering::Relaxed) {
        let condition = if tag.is_empty() { String::new() } else { format!("If-None-Match: {tag}\r\n") };
        write!(stream, "GET /data/team.ics HTTP/1.1\r\nHost: localhost\r\n{condition}\r\n").unwrap();
        let (head, body) = answer(&mut stream);
        match head.get(9..12).unwrap() {
            "304" => drop(counts[1].fetch_add(1, Ordering::Relaxed)),
            "200" => {
                counts[0].fetch_add(1, Ordering::Relaxed);
                let number = number(&body);
                assert!(number >= last, "{number} after {last}");
                assert!(u64::from(number) <= highest_good.load(Ordering::SeqCst), "{number} was never good");
                last = number;
                tag = header(&head, "etag").to_owned();
            }
            _ => panic!("{head}"),
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name}: {head}")).split_once(": ").unwrap().1
}

/// One response on a connection that is kept.
fn answer(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let (mut bytes, mut part) = (Vec::new(), vec![0; 65536]);
    let split = loop {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the connection ended");
        bytes.extend_from_slice(&part[..read]);
        if let Some(split) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            break split;
        }
    };
    let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
    let mut body = bytes[split + 4..].to_vec();
    if head.starts_with("HTTP/1.1 200") {
        let length: usize = header(&head, "content-length").parse().unwrap();
        while body.len() < length {
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0, "the body is cut short");
            body.extend_from_slice(&part[..read]);
        }
        assert_eq!(body.len(), length);
    }
    (head, body)
}

/// How long it took until the server showed `wanted`.
fn until_shown(address: SocketAddr, wanted: u32) -> Duration {
    let since = Instant::now();
    loop {
        if number(&get(address, "/data/team.ics").1) == wanted {
            return since.elapsed();
        }
        assert!(since.elapsed() < PATIENCE, "{wanted} never shows");
        thread::sleep(Duration::from_millis(5));
    }
}

const NOW: [&str; 2] = ["--now", "2030-01-08T12:00:00Z"];

/// What is done to the files. All but the last leave a configuration that is good.
const WAYS: [&str; 8] = ["save", "rename", "links", "delete", "folder", "broken", "wrong", "half"];

#[test]
#[ignore = "takes a minute; tests/run.sh runs it"]
fn three_hundred_changes_under_sixteen_readers_show_soon() {
    let mut volume = Volume::new();
    let mut command = program(&volume.config(), &NOW);
    command.arg("--state").arg(volume.folder.path().join("state"));
    let server = Running::start(&mut command);
    let (done, counts, highest) =
        (AtomicBool::new(false), [AtomicU64::new(0), AtomicU64::new(0)], AtomicU64::new(0));
    let mut shown = Vec::new();
    thread::scope(|scope| {
        let readers: Vec<_> =
            (0..16).map(|_| scope.spawn(|| read_on(server.address, &done, &counts, &highest))).collect();
        let end = End(&done);
        for change in 1..=300u32 {
            let way = WAYS[change as usize % WAYS.len()];
            let good = team(change);
            let is_good = !["broken", "wrong", "half"].contains(&way);
            if is_good {
                highest.store(change.into(), Ordering::SeqCst);
            }
            if way != "links" {
                volume.make_plain();
            }
            match way {
                "save" => fs::write(volume.file(), good).unwrap(),
                "rename" => volume.rename_over(&good),
                "links" => volume.swap_links(&good),
                "delete" => {
                    fs::remove_file(volume.file()).unwrap();
                    thread::sleep(Duration::from_millis(300));
                    fs::write(volume.file(), good).unwrap();
                }
                "folder" => {
                    let away = volume.folder.path().join("away");
                    fs::rename(volume.config(), &away).unwrap();
                    thread::sleep(Duration::from_millis(300));
                    fs::write(away.join("teams/data.toml"), good).unwrap();
                    fs::rename(&away, volume.config()).unwrap();
                }
                "broken" => fs::write(volume.file(), good.replace("]", "")).unwrap(),
                "wrong" => {
                    fs::write(volume.file(), good.replace("primary = \"b\"", "primary = \"nobody\""))
                        .unwrap();
                }
                _ => fs::write(volume.file(), &good[..good.len() / 2]).unwrap(),
            }
            if is_good {
                shown.push((until_shown(server.address, change), way));
            } else {
                thread::sleep(Duration::from_millis(250));
            }
        }
        drop(end);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    shown.sort();
    let (median, (slowest, way)) = (shown[shown.len() / 2].0, *shown.last().unwrap());
    let most = shown[shown.len() * 9 / 10].0;
    println!(
        "{} good changes of 300 showed after {median:.0?} at the median, {slowest:.0?} at most ({way}); {} answers of 200, {} of 304",
        shown.len(),
        counts[0].load(Ordering::Relaxed),
        counts[1].load(Ordering::Relaxed)
    );
    // A quiet machine takes 170 ms. If events did not arrive, all files would be read every 30 seconds.
    assert!(median < Duration::from_secs(3), "{median:?}");
    assert!(most < Duration::from_secs(10), "nine tenths within {most:?}");
}

/// SEQUENCE and LAST-MODIFIED of every event, by UID, and what shows of it.
fn revisions(body: &[u8]) -> BTreeMap<String, (u32, String, String)> {
    let text = unfolded(body);
    let value = |event: &str, name: &str| {
        let line = event.lines().find(|line| line.starts_with(&format!("{name}:")));
        line.unwrap_or_else(|| panic!("no {name}: {event}"))[name.len() + 1..].to_owned()
    };
    let events = text.split("BEGIN:VEVENT").skip(1);
    events
        .map(|event| {
            let shows: String = ["DTSTART", "DTEND", "SUMMARY", "STATUS"]
                .map(|name| event.lines().find(|line| line.starts_with(name)).unwrap().to_owned())
                .join("\n");
            let sequence = value(event, "SEQUENCE").parse().unwrap();
            (value(event, "UID"), (sequence, value(event, "LAST-MODIFIED"), shows))
        })
        .collect()
}

#[test]
#[ignore = "takes half a minute; tests/run.sh runs it"]
fn after_being_killed_fifty_times_it_has_lost_nothing_that_was_served() {
    let volume = Volume::new();
    let state = volume.folder.path().join("state");
    let mut seen: BTreeMap<String, (u32, String, String)> = BTreeMap::new();
    let mut risen = 0;
    for round in 1..=50u32 {
        let mut server = Running::start(program(&volume.config(), &NOW).arg("--state").arg(&state));
        let (done, address) = (AtomicBool::new(false), server.address);
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let Some(body) = try_get(address, "/data/team.ics?download=1") else { break };
                    for (uid, now) in revisions(&body) {
                        if let Some(before) = seen.get(&uid) {
                            assert!(
                                now.0 >= before.0 && now.1 >= before.1,
                                "{uid}: {now:?} after {before:?}"
                            );
                            // Changes alternate, and the reader may have missed some.
                            let same = now.2 == before.2;
                            let is_even = (now.0 - before.0) % 2 == 0;
                            assert_eq!(same, is_even, "{uid}: {now:?} after {before:?}");
                            assert!(now.0 == before.0 || now.1 > before.1, "{uid}: {now:?} after {before:?}");
                            risen += u32::from(!same);
                        }
                        seen.insert(uid, now);
                    }
                }
            });
            let end = End(&done);
            for step in 0..3 {
                fs::write(volume.file(), team(round * 3 + step)).unwrap();
                // At another point of the reload each time.
                thread::sleep(Duration::from_millis(u64::from(140 + round * 7 % 60 + step)));
            }
            server.signal("KILL");
            server.ended();
            drop(end);
            reader.join().unwrap();
        });
    }
    println!("{risen} changes of substance were seen over 50 kills");
    assert!(risen > 20, "too little changed: {risen}");
}

/// A body, unless the server went away meanwhile.
fn try_get(address: SocketAddr, target: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let split = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    answer.ends_with(b"END:VCALENDAR\r\n").then(|| answer[split + 4..].to_vec())
}

fn readiness(server: &Running) -> serde_json::Value {
    serde_json::from_slice(&get(server.admin, "/readyz").1).unwrap()
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn two_servers_on_one_postgresql_serve_the_same_bytes_and_outlive_it() {
    let postgres = Postgres::start();
    let volume = Volume::new();
    let settings = format!("{SETTINGS}journal = \"{}\"\n", postgres.url);
    fs::write(volume.config().join("oncal.toml"), settings).unwrap();
    // With a state folder, so that the journal is kept although the time is made up.
    let state = volume.folder.path().join("state");
    let start = || Running::start(program(&volume.config(), &NOW).arg("--state").arg(&state));
    let servers = [start(), start()];
    let paths = ["team.ics", "coverage.ics", "engineers/a.ics", "engineers/c.ics", "team.ics?download=1"];
    let same = |change: u32| {
        for path in paths {
            let [one, other] =
                [0, 1].map(|place: usize| get(servers[place].address, &format!("/data/{path}")));
            assert!(one.1 == other.1, "{change}: {path} differs");
            assert_eq!(header(&one.0, "etag"), header(&other.0, "etag"), "{change}: {path}");
        }
    };
    same(0);
    for change in 1..=50 {
        volume.rename_over(&team(change));
        for server in &servers {
            until_shown(server.address, change);
        }
        same(change);
    }

    postgres.stop();
    volume.rename_over(&team(51));
    wait(5 * PATIENCE, "the fault", || {
        servers.iter().all(|server| readiness(server)["faults"][0]["what"] == "journal")
    });
    for server in &servers {
        assert_eq!(number(&get(server.address, "/data/team.ics").1), 50, "it waits for the journal");
        assert_eq!(readiness(server)["status"], "degraded");
    }
    postgres.restart();
    for server in &servers {
        until_shown(server.address, 51);
    }
    wait(3 * PATIENCE, "health", || servers.iter().all(|server| readiness(server)["status"] == "ok"));
    same(51);
}

#[test]
#[ignore = "takes a minute; tests/run.sh runs it"]
fn what_the_journal_cannot_store_for_a_minute_is_served_and_stored_later() {
    let postgres = Postgres::start();
    let volume = Volume::new();
    fs::write(volume.config().join("oncal.toml"), format!("{SETTINGS}journal = \"{}\"\n", postgres.url))
        .unwrap();
    let state = volume.folder.path().join("state");
    let start = || Running::start(program(&volume.config(), &NOW).arg("--state").arg(&state));
    let server = start();
    let before = revisions(&get(server.address, "/data/team.ics").1);
    let stopped = Instant::now();
    postgres.stop();
    volume.rename_over(&team(1));
    wait(3 * PATIENCE, "the new rota", || number(&get(server.address, "/data/team.ics").1) == 1);
    assert!(stopped.elapsed() >= Duration::from_secs(60), "it gave the journal a minute");
    assert_eq!(readiness(&server)["teams"]["provisional"], serde_json::json!(["data"]));
    let provisional = revisions(&get(server.address, "/data/team.ics").1);
    assert!(provisional.iter().any(|(uid, now)| before.get(uid).is_some_and(|old| now.0 == old.0 + 1)));
    volume.rename_over(&team(2));
    wait(5 * PATIENCE, "the next one", || number(&get(server.address, "/data/team.ics").1) == 2);
    postgres.restart();
    wait(5 * PATIENCE, "health", || readiness(&server)["status"] == "ok");
    let kept = revisions(&get(server.address, "/data/team.ics").1);
    for (uid, served) in &provisional {
        assert!(kept.get(uid).is_none_or(|kept| kept.0 >= served.0 && kept.1 >= served.1), "{uid}");
    }
    drop(server);
    assert_eq!(revisions(&get(start().address, "/data/team.ics").1), kept, "the journal has what was served");
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn a_server_with_older_files_changes_nothing_that_a_newer_one_wrote() {
    let postgres = Postgres::start();
    let [old, new] = [Volume::new(), Volume::new()];
    for volume in [&old, &new] {
        fs::write(volume.config().join("oncal.toml"), format!("{SETTINGS}journal = \"{}\"\n", postgres.url))
            .unwrap();
    }
    fs::write(new.file(), team(1)).unwrap();
    let start = |volume: &Volume, revision: &str| {
        let mut command = program(&volume.config(), &NOW);
        command.env("ONCAL_REVISION", revision).arg("--state").arg(volume.folder.path().join("state"));
        Running::start(&mut command)
    };
    let first = start(&old, "7");
    let newer = start(&new, "8");
    let written = get(newer.address, "/data/team.ics");
    drop(first);
    let older = start(&old, "7");
    assert_eq!(number(&get(older.address, "/data/team.ics").1), 0, "it serves what it has");
    assert_eq!(readiness(&older)["faults"][0]["what"], "older");
    assert_eq!(get(start(&new, "8").address, "/data/team.ics").1, written.1);
}

/// A server by the machine's own clock.
fn start(volume: &Volume, state: &Path) -> Running {
    Running::start(program(&volume.config(), &[]).arg("--state").arg(state))
}

fn modified(server: &Running) -> i64 {
    let (head, _) = get(server.address, "/data/team.ics");
    seconds(header(&head, "last-modified"))
}

/// `Wed, 25 Nov 2026 18:13:28 GMT` as seconds.
fn seconds(date: &str) -> i64 {
    let parsed = chrono::DateTime::parse_from_rfc2822(&date.replace("GMT", "+0000")).unwrap();
    parsed.timestamp()
}

#[test]
fn after_a_lost_journal_no_feed_goes_back() {
    let volume = Volume::new();
    let state = volume.folder.path().join("state");
    let server = start(&volume, &state);
    volume.rename_over(&team(1));
    until_shown(server.address, 1);
    let before = modified(&server);
    drop(server);
    fs::remove_dir_all(&state).unwrap();
    // Two changes within a second are dated a second apart, so the clock may be behind by one.
    thread::sleep(Duration::from_millis(1100));
    let after = modified(&start(&volume, &state));
    assert!(after >= before, "{after} after {before}");
}

#[test]
fn the_same_files_and_journal_give_the_same_bytes_after_a_restart() {
    let volume = Volume::new();
    let state = volume.folder.path().join("state");
    let first = start(&volume, &state);
    volume.rename_over(&team(1));
    until_shown(first.address, 1);
    let before = get(first.address, "/data/team.ics").1;
    drop(first);
    assert!(get(start(&volume, &state).address, "/data/team.ics").1 == before);
}

#[test]
fn on_request_it_reloads_and_keeps_serving() {
    let volume = Volume::new();
    let mut server = start(&volume, &volume.folder.path().join("state"));
    for change in 1..=3 {
        fs::write(volume.file(), team(change)).unwrap();
        server.signal("HUP");
        until_shown(server.address, change);
    }
    assert!(server.child.try_wait().unwrap().is_none());
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn an_unusable_state_ends_the_start_with_what_to_do() {
    let volume = Volume::new();
    let file = volume.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let damaged = volume.folder.path().join("damaged");
    fs::create_dir(&damaged).unwrap();
    fs::write(damaged.join("journal.sqlite"), "no database ".repeat(1000)).unwrap();
    for (state, expected) in [(&file, "--state DIR"), (&damaged, "restore it from a backup")] {
        let output = program(&volume.config(), &[]).arg("--state").arg(state).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("error: failed to") && stderr.contains(expected), "{stderr}");
    }
    let output = program(&volume.config(), &[]).env("ONCAL_REVISION", "new").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn a_running_server_accepts_files_with_older_times_as_a_new_configuration() {
    let postgres = Postgres::start();
    let volume = Volume::new();
    fs::write(volume.config().join("oncal.toml"), format!("{SETTINGS}journal = \"{}\"\n", postgres.url))
        .unwrap();
    let start = || Running::start(&mut program(&volume.config(), &[]));
    let server = start();
    volume.rename_over(&team(1));
    until_shown(server.address, 1);

    let new = volume.config().join("teams/.data.toml.new");
    fs::write(&new, team(2)).unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().append(true).open(&new).unwrap().set_modified(long_ago).unwrap();
    fs::rename(new, volume.file()).unwrap();
    until_shown(server.address, 2);
    assert_eq!(readiness(&server)["status"], "ok", "{}", readiness(&server));

    let other = start();
    assert_eq!(readiness(&other)["status"], "ok", "what it has is what was published");
    assert!(get(other.address, "/data/team.ics").1 == get(server.address, "/data/team.ics").1);
}
