//! The real program as a process: starting, the addresses it logs, stopping.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::pair::{TEAM, configuration};
use crate::support::running::{PATIENCE, Running, get, program};

/// Free ports, so that tests can run at the same time.
const FREE_PORTS: &str = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\nfuture_weeks = 520\n";

#[test]
fn it_serves_on_the_ports_it_logs_and_stops_cleanly_when_asked() {
    let folder = configuration("", FREE_PORTS);
    for signal in ["TERM", "INT"] {
        let mut running = Running::start(&mut program(folder.path(), &[]));
        let (head, body) = get(running.address, "/data/team.ics");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(body.starts_with(b"BEGIN:VCALENDAR\r\n") && body.ends_with(b"END:VCALENDAR\r\n"));
        assert!(get(running.admin, "/readyz").0.starts_with("HTTP/1.1 200 OK\r\n"));
        running.signal(signal);
        assert_eq!(running.ended().code(), Some(0), "{signal}");
        assert!(TcpStream::connect(running.address).is_err());
    }
}

#[test]
fn each_configuration_fault_is_one_log_line_and_a_load_says_what_it_left_unchanged() {
    let folder = configuration("", FREE_PORTS);
    fs::create_dir(folder.path().join("teams/folder.toml")).unwrap();
    let running = Running::start(&mut program(folder.path(), &[]));
    let file = folder.path().join("teams/data.toml");
    let lines = |message: &str| -> Vec<serde_json::Value> {
        let log = running.log();
        let lines = log.lines().filter(|line| line.contains(message));
        // A line with one name twice would be read as the second.
        let lines = lines.inspect(|line| assert_eq!(line.matches("\"message\":").count(), 1, "{line}"));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let wait_for = |message: &str| {
        let since = Instant::now();
        while lines(message).is_empty() {
            assert!(since.elapsed() < PATIENCE, "{message}: {}", running.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        lines(message)
    };
    let stray = &wait_for("unread-file")[0]["fields"];
    assert_eq!((&stray["file"], stray.get("line")), (&"teams/folder.toml/".into(), None), "{stray}");

    fs::write(&file, format!("colour = 1\n{TEAM}")).unwrap();
    let warning = &wait_for("configuration has errors: data is served as it was before ")[0];
    assert_eq!((&warning["level"], lines("configuration in service").len()), (&"WARN".into(), 0));
    let fault = &lines("unknown-key")[0];
    assert_eq!((&fault["level"], &fault["fields"]["line"]), (&"ERROR".into(), &1.into()));
    let fixed = "configuration is without errors again";
    assert_eq!(lines(fixed).len(), 0);
    fs::write(&file, TEAM).unwrap();
    assert_eq!(wait_for(fixed)[0]["level"], "INFO");
    assert_eq!((lines("unknown-key").len(), lines("configuration in service").len()), (1, 0));
}

#[test]
fn the_log_names_what_is_served_what_is_left_out_and_what_changed() {
    let folder = configuration("", &format!("{FREE_PORTS}public_url = \"http://localhost/rota\"\n"));
    let write = |team: &str, text: &str| {
        fs::write(folder.path().join(format!("teams/{team}.toml")), text).unwrap();
    };
    write("other", TEAM);
    write("lost", "name = 1\n");
    let running = Running::start(&mut program(folder.path(), &[]));
    let fields = |message: &str| -> serde_json::Value {
        running.wait_for_log(&format!("\"message\":\"{message}\""));
        let log = running.log();
        let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.map(|line| line["fields"].clone()).find(|fields| fields["message"] == message).unwrap()
    };
    let listening = fields("listening");
    assert_eq!((&listening["url"], &listening["teams"]), (&"http://localhost/rota".into(), &2.into()));
    let left_out = fields("this team is not served");
    assert_eq!(left_out["team"], "lost");
    let reason = left_out["reason"].as_str().unwrap();
    assert!(reason.starts_with("teams/lost.toml:") && reason.contains(": error["), "{reason}");

    write("data", &TEAM.replace("Ann", "Anna"));
    assert_eq!(fields("configuration has errors: lost is not served")["changed"], "data");
    write("lost", TEAM);
    assert_eq!(fields("configuration is without errors again")["changed"], "lost");
    write("other", &TEAM.replace("Ann", "Anna"));
    let loaded = fields("configuration in service");
    assert_eq!((&loaded["changed"], &loaded["published"]), (&"other".into(), &1.into()));
}

#[test]
fn what_scanners_send_is_not_an_error_of_the_server() {
    let folder = configuration("", FREE_PORTS);
    let mut running = Running::start(&mut program(folder.path(), &[]));
    let long = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(300_000));
    for sent in
        [&b"\x16\x03\x01\x02\x00\x01"[..], b"\0\0\0\r\n\r\n", b"GET / HTTP/9\r\n\r\n", long.as_bytes()]
    {
        let mut stream = TcpStream::connect(running.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The server may hang up in the middle.
        let _ = stream.write_all(sent).and_then(|()| stream.read_to_end(&mut Vec::new()));
    }
    running.signal("TERM");
    assert_eq!(running.ended().code(), Some(0));
    assert!(!running.log().contains("\"level\":\"ERROR\""), "{}", running.log());
}

#[test]
fn a_waiting_connection_does_not_delay_it() {
    let folder = configuration("", FREE_PORTS);
    let mut running = Running::start(&mut program(folder.path(), &[]));
    let mut waiting = TcpStream::connect(running.address).unwrap();
    write!(waiting, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert!(waiting.read(&mut [0; 1024]).unwrap() > 0);
    let since = Instant::now();
    running.signal("TERM");
    assert_eq!(running.ended().code(), Some(0));
    // Requests under way are given ten seconds; this one was answered.
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

#[test]
fn requests_under_way_are_answered_completely() {
    let folder = configuration("", FREE_PORTS);
    let mut running = Running::start(&mut program(folder.path(), &[]));
    let (_, feed) = get(running.address, "/data/team.ics");
    // More than the socket buffers hold, so that the server is still sending when it is asked to stop.
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all("GET /data/team.ics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(40).as_bytes()).unwrap();
    let mut received = vec![0; 1024];
    stream.read_exact(&mut received).unwrap();
    running.signal("TERM");
    stream.read_to_end(&mut received).unwrap();
    assert_eq!(running.ended().code(), Some(0));

    let mut rest = &received[..];
    let mut answers = 0;
    while !rest.is_empty() {
        let head = rest.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
        assert!(rest.starts_with(b"HTTP/1.1 200 OK\r\n"));
        assert!(rest[head..].starts_with(&feed), "cut short after {answers} answers");
        rest = &rest[head + feed.len()..];
        answers += 1;
    }
    assert!((1..40).contains(&answers), "{answers}: it was not in the middle");
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for settings in [
        format!("bind = \"{address}\"\nadmin_bind = \"127.0.0.1:0\""),
        format!("bind = \"127.0.0.1:0\"\nadmin_bind = \"{address}\""),
    ] {
        let folder = configuration("", &settings);
        let output = program(folder.path(), &[]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        let lines: Vec<_> = stderr.lines().filter(|line| line.contains(&address.to_string())).collect();
        assert_eq!(lines.len(), 1, "{stderr}");
        assert!(lines[0].contains("address already in use"), "{stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("backtrace"), "{stderr}");
    }
}

#[test]
fn each_request_has_one_line_with_the_id_that_a_trusted_proxy_gave_it() {
    let targets =
        ["/data/team.ics", "/data/none.ics", "/data/?weeks=2", "/api/v1/teams/data/oncall", "/no/such"];
    for (level, trusted, lines) in [("debug", true, 5), ("debug", false, 5), ("info", true, 0)] {
        let proxies = if trusted { "trusted_proxies = [\"127.0.0.1\"]\n" } else { "" };
        let folder = configuration("", &format!("{FREE_PORTS}{proxies}"));
        let mut command = program(folder.path(), &[]);
        let mut running = Running::start(command.env("ONCAL_LOG", level));
        for (number, target) in targets.iter().enumerate() {
            let mut stream = TcpStream::connect(running.address).unwrap();
            let name = format!("X-Request-Id: from-proxy-{number}");
            let head =
                format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{name}\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
        }
        running.signal("TERM");
        running.ended();
        running.wait_for_log("stopped");
        let log = running.log();
        let requests: Vec<&str> = log.lines().filter(|line| line.contains("\"route\":")).collect();
        assert_eq!(requests.len(), lines, "{log}");
        let routes = ["/{team}/team.ics", "refused", "/{team}/", "/api/v1/teams/{team}/oncall", "unmatched"];
        for ((number, line), route) in requests.iter().enumerate().zip(routes) {
            assert!(line.contains(&format!("\"route\":\"{route}\"")), "{line}");
            assert_eq!(line.contains(&format!("\"id\":\"from-proxy-{number}\"")), trusted, "{line}");
            assert!(line.contains("\"id\":\""), "{line}");
        }
    }
}

#[test]
fn two_servers_with_one_configuration_at_one_time_serve_the_same_bytes() {
    let folder = configuration("", FREE_PORTS);
    let now = ["--now", "2026-12-20T12:00:00Z"];
    let [one, other] = [0, 1].map(|_| Running::start(&mut program(folder.path(), &now)));
    for path in ["team.ics", "coverage.ics", "engineers/a.ics", "primary.ics?alarm=1h"] {
        let target = format!("/data/{path}");
        assert_eq!(get(one.address, &target).1, get(other.address, &target).1, "{target}");
    }
}

#[test]
fn a_team_whose_file_broke_or_was_removed_is_shown_as_it_was_and_says_so() {
    let folder = configuration("", FREE_PORTS);
    let file = folder.path().join("teams/data.toml");
    let running = Running::start(&mut program(folder.path(), &[]));
    let until_shown = |expected: &str| {
        let since = Instant::now();
        loop {
            let page = String::from_utf8(get(running.address, "/data/").1).unwrap();
            if page.contains(expected) {
                return page;
            }
            assert!(since.elapsed() < PATIENCE, "{expected}: {page}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    fs::write(&file, TEAM.replace("America/New_York", "America/Nowhere\" # \"private remark")).unwrap();
    let page = until_shown("The latest change has errors.");
    assert!(page.contains("teams/data.toml:3:13") && page.contains("Next duty change"), "{page}");
    assert!(!page.contains("private remark"), "{page}");
    assert!(page.contains(", is the rota as it was before "), "{page}");
    fs::remove_file(&file).unwrap();
    until_shown("The file of this team is gone.");
    fs::write(&file, TEAM).unwrap();
    let since = Instant::now();
    while String::from_utf8(get(running.address, "/data/").1).unwrap().contains("Not current") {
        assert!(since.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn pages_say_that_a_folder_cannot_be_read_until_it_can() {
    let folder = configuration("config", FREE_PORTS);
    let [config, away] = ["config", "away"].map(|name| folder.path().join(name));
    let running = Running::start(&mut program(&config, &[]));
    let until = |is_shown: bool| {
        let since = Instant::now();
        let page = || String::from_utf8(get(running.address, "/data/coverage").1).unwrap();
        while page().contains("The configuration cannot be read.") != is_shown {
            assert!(since.elapsed() < PATIENCE, "{}", page());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    until(false);
    fs::rename(&config, &away).unwrap();
    until(true);
    running.wait_for_log("the configuration folder cannot be read; the last configuration stays in service");
    running.wait_for_log("the configuration folder cannot be watched");
    assert!(get(running.address, "/data/team.ics").0.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(!running.log().contains(" again\""), "{}", running.log());
    fs::rename(&away, &config).unwrap();
    until(false);
    running.wait_for_log("the configuration folder can be read again");
    running.wait_for_log("the configuration folder is watched again");
}

/// Copies the files that git tracks, as they are in the working tree.
fn copied(to: &Path) -> BTreeSet<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let files = String::from_utf8(listed.stdout).unwrap();
    let files: BTreeSet<PathBuf> = files.split_terminator('\0').map(PathBuf::from).collect();
    for file in &files {
        fs::create_dir_all(to.join(file).parent().unwrap()).unwrap();
        fs::copy(root.join(file), to.join(file)).unwrap();
    }
    files
}

fn files_below(root: &Path, folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.iter().map(|path| path.strip_prefix(root).unwrap().to_owned());
    files.chain(folders.iter().flat_map(|folder| files_below(root, folder))).collect()
}

#[test]
fn the_first_command_of_the_readme_serves_the_plan_in_a_fresh_clone() {
    let folder = tempfile::tempdir().unwrap();
    let tracked = copied(folder.path());
    let readme = fs::read_to_string(folder.path().join("README.md")).unwrap();
    let settings = fs::read_to_string(folder.path().join("config/oncal.toml")).unwrap();
    let (bind, admin) = ("\nbind = \"127.0.0.1:8080\"\n", "\n#admin_bind = \"127.0.0.1:8081\"\n");
    assert!(readme.contains(
        "`cargo run --release -- serve` serves the team in `config/` at\n  <http://127.0.0.1:8080>"
    ));
    assert!(settings.contains(bind) && settings.contains(admin), "the README is wrong about the address");
    // Another program may have these ports where the test runs.
    let free = settings.replace(bind, "\nbind = \"127.0.0.1:0\"\n");
    let free = free.replace(admin, "\nadmin_bind = \"127.0.0.1:0\"\n");
    fs::write(folder.path().join("config/oncal.toml"), free).unwrap();

    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command.arg("serve").env_clear().current_dir(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // It has started once both addresses are logged.
    let mut running = Running::start(&mut command);
    let log = running.log();
    assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");
    for feed in ["team", "engineers/a", "coverage", "primary", "secondary"] {
        let target = format!("/data-pipelines/{feed}.ics");
        assert!(readme.contains(&target) || readme.contains(&format!("`{feed}.ics`")), "{target}");
        let (head, body) = get(running.address, &target);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{target}: {head}");
        let text = String::from_utf8(body).unwrap();
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.contains("BEGIN:VEVENT"), "{target}: {text}");
    }
    running.signal("TERM");
    assert_eq!(running.ended().code(), Some(0));
    let written: Vec<PathBuf> =
        files_below(folder.path(), folder.path()).difference(&tracked).cloned().collect();
    assert!(!written.is_empty() && written.iter().all(|file| file.starts_with("state")), "{written:?}");
}

/// What a start that fails writes to standard error, which is not a terminal here.
fn refused(folder: &Path) -> String {
    let output = program(folder, &[]).env("ONCAL_LOG", "trace").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_start_that_fails_says_where_and_quotes_nothing_private() {
    let folder = configuration("", "journal = \"mysql://u:geheim@h/db\"\n");
    let team = TEAM.replace("\"Ann\" }", "\"Ann\", time_off = [{ from = 1, reason = \"geheim\" }] }");
    fs::write(folder.path().join("teams/data.toml"), &team).unwrap();
    let stderr = refused(folder.path());
    assert!(stderr.contains("oncal.toml:1:11: error[invalid-url]"), "{stderr}");
    assert!(stderr.contains("teams/data.toml:5:") && stderr.contains("error[wrong-type]"), "{stderr}");
    assert!(!stderr.contains("geheim"), "{stderr}");
    let mut check = Command::new(env!("CARGO_BIN_EXE_oncal"));
    let output = check.arg("check").arg(folder.path().join("oncal.toml")).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("journal = \"h/…\"") && !stderr.contains("geheim"), "{stderr}");

    for url in ["postgres://u:geheim@127.0.0.1:1/db?odd=geheim", "postgres://u@127.0.0.1:1/db?sslmode=geheim"]
    {
        let folder = configuration("", &format!("journal = \"{url}\"\n{FREE_PORTS}"));
        let stderr = refused(folder.path());
        assert!(stderr.contains("PostgreSQL") && !stderr.contains("geheim"), "{stderr}");
    }
}
