//! What the server reports during outages, and what keeps working.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::faked_clock::FakedClock;
use crate::support::injection::Injection;
use crate::support::machine::stdout_of;
use crate::support::pair::{TEAM, configuration};
use crate::support::postgres::Postgres;
use crate::support::running::{PATIENCE, Running, get, program};
use crate::support::wait::wait;
use oncal::access::Secret;
use oncal::rota::TeamId;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::{NamedTempFile, TempDir};

const SETTINGS: &str = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";
const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";

fn faults(running: &Running) -> Vec<String> {
    let ready: Value = serde_json::from_slice(&get(running.admin, "/readyz").1).unwrap();
    let faults = ready["faults"].as_array().unwrap();
    faults.iter().map(|fault| fault["what"].as_str().unwrap().to_owned()).collect()
}

fn is_metric(running: &Running, line: &str) -> bool {
    String::from_utf8(get(running.admin, "/metrics").1).unwrap().lines().any(|own| own == line)
}

/// [`wait`] for a server whose uptime is faked: no wait of it ends by time alone, so a new file beside the folder of
/// its configuration wakes its reloader again and again. How soon everything has to show is measured by `chaos`, with
/// nothing else running.
#[track_caller]
fn wait_faked(what: &str, is_so: impl Fn() -> bool) {
    wait(PATIENCE, what, || {
        NamedTempFile::new().unwrap();
        is_so()
    });
}

#[test]
fn an_outage_of_the_journal_shows_before_anybody_edits_and_links_can_be_revoked_meanwhile() {
    let settings = format!("{SETTINGS}access = \"links\"\npublic_url = \"https://rota.example\"\n");
    let (folder, state) = (configuration("", &settings), tempfile::tempdir().unwrap());
    let mut command = program(folder.path(), &["--state", state.path().to_str().unwrap()]);
    let running = Running::start(command.env("ONCAL_SECRET", SECRET));
    let team = TeamId::new("data").unwrap();
    let address = |generation| {
        let key = Secret::of(SECRET.as_bytes()).team(1, &team, generation);
        format!("/k/{}/data/team.ics", key.text())
    };
    let feed = |generation| {
        let (head, body) = get(running.address, &address(generation));
        (head[9..12].to_owned(), String::from_utf8(body).unwrap())
    };
    assert_eq!((feed(1).0.as_str(), feed(2).0.as_str()), ("200", "404"));

    let other = Connection::open(state.path().join("journal.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    wait(PATIENCE, "the fault", || faults(&running) == ["journal"]);
    let since = Instant::now();
    assert!(is_metric(&running, "oncal_fault{fault=\"journal\"} 1"));
    let renewed =
        TEAM.replace("name = \"Data\"", "name = \"Data\"\nlink_generation = 2").replace("Ann", "Anna");
    fs::write(folder.path().join("teams/data.toml"), renewed).unwrap();
    wait(PATIENCE, "the end of the revoked link", || feed(1).0 == "404");
    let (status, body) = feed(2);
    // After a minute it would not wait any more.
    let is_late = since.elapsed() > Duration::from_secs(50);
    assert!(status == "200" && (is_late || !body.contains("Anna")), "the rota waits for the journal");
    assert!(!running.log().contains("written again"));

    other.execute_batch("ROLLBACK").unwrap();
    wait(PATIENCE, "the change", || feed(2).1.contains("Anna"));
    wait(PATIENCE, "the end of the fault", || faults(&running).is_empty());
    running.wait_for_log("the journal is written again");
}

/// Those of two servers that share the journal in `postgres`.
fn folders(postgres: &Postgres) -> [TempDir; 2] {
    let settings = format!("{SETTINGS}journal = \"{}\"\n", postgres.url);
    [(); 2].map(|()| configuration("", &settings))
}

fn server(folder: &Path) -> Running {
    Running::start(&mut program(folder, &[]))
}

#[test]
fn an_older_configuration_shows_everywhere_until_it_has_caught_up() {
    let postgres = Postgres::start();
    let [behind, ahead] = folders(&postgres);
    let one = server(behind.path());
    let changed = TEAM.replace("Ann", "Anna");
    thread::sleep(Duration::from_millis(20));
    fs::write(ahead.path().join("teams/data.toml"), &changed).unwrap();
    let other = server(ahead.path());

    wait(PATIENCE, "the fault", || faults(&one) == ["older"]);
    assert!(is_metric(&one, "oncal_fault{fault=\"older\"} 1"));
    let page = String::from_utf8(get(one.address, "/data/").1).unwrap();
    assert!(page.contains("Another server has a newer configuration"), "{page}");
    one.wait_for_log("another server has published a newer configuration");
    assert!(faults(&other).is_empty());

    let tag = |server: &Running| {
        let (head, _) = get(server.address, "/data/team.ics");
        head.lines().find(|line| line.starts_with("etag: ")).unwrap().to_owned()
    };
    fs::write(behind.path().join("teams/data.toml"), &changed).unwrap();
    wait(PATIENCE, "the end of the fault", || faults(&one).is_empty());
    assert!(is_metric(&one, "oncal_fault{fault=\"older\"} 0"));
    let page = String::from_utf8(get(one.address, "/data/").1).unwrap();
    assert!(!page.contains("Another server has a newer configuration"), "{page}");
    one.wait_for_log("this server has the newest configuration again");
    wait(PATIENCE, "the same feeds", || tag(&one) == tag(&other));
}

#[test]
fn a_server_with_older_files_leaves_a_damaged_entry_to_the_one_with_newer_files() {
    let postgres = Postgres::start();
    let [behind, ahead] = folders(&postgres);
    let edit = |name: &str| {
        thread::sleep(Duration::from_millis(20));
        fs::write(ahead.path().join("teams/data.toml"), TEAM.replace("Ann", name)).unwrap();
    };
    let entry = || {
        let select = "SELECT version, generation, md5(journal) FROM publication";
        stdout_of(postgres.psql(&[select]).args(["-A", "-t"]))
    };
    edit("Anna");
    let newer = server(ahead.path());
    postgres.run(&["UPDATE publication SET journal = set_byte(journal, 30, get_byte(journal, 30) # 255)"]);
    let damaged = entry();
    let older = server(behind.path());
    wait(PATIENCE, "the faults", || faults(&older) == ["older", "unreadable-journal"]);
    assert_eq!(entry(), damaged);
    edit("Annie");
    wait(PATIENCE, "the end of the damage", || faults(&older) == ["older"]);
    assert_ne!(entry(), damaged);
    assert!(faults(&newer).is_empty());
}

#[test]
fn a_server_with_a_broken_file_is_behind_once_another_has_published_a_newer_configuration() {
    let postgres = Postgres::start();
    let [broken, ahead] = folders(&postgres);
    drop(server(broken.path()));
    fs::write(broken.path().join("teams/data.toml"), "no TOML").unwrap();
    let restored = server(broken.path());
    assert!(faults(&restored).is_empty());
    thread::sleep(Duration::from_millis(20));
    fs::write(ahead.path().join("teams/data.toml"), TEAM.replace("Ann", "Anna")).unwrap();
    let newer = server(ahead.path());
    wait(PATIENCE, "the fault", || faults(&restored) == ["older"]);
    assert!(faults(&newer).is_empty());
    fs::write(broken.path().join("teams/data.toml"), TEAM).unwrap();
    wait(PATIENCE, "the end of the fault", || faults(&restored).is_empty());
}

/// The status of the response to `target`.
fn status(running: &Running, target: &str) -> String {
    get(running.address, target).0.get(9..12).unwrap().to_owned()
}

#[test]
#[ignore = "needs strace and faketime, which tests/run.sh installs"]
fn a_server_whose_reloader_has_stopped_looking_is_not_healthy() {
    let (folder, state) = (configuration("", SETTINGS), tempfile::tempdir().unwrap());
    let clock = FakedClock::new(state.path().join("clock"));
    let mut command = program(folder.path(), &["--state", state.path().to_str().unwrap()]);
    clock.apply(&mut command, true);
    let running = Running::start(&mut command);
    assert_eq!(status(&running, "/healthz"), "200");
    let health = || {
        // A connection that is open while the clock jumps is given up as too slow.
        let (head, body) = get(running.admin, "/healthz");
        (head[9..12].to_owned(), String::from_utf8(body).unwrap())
    };
    let stopped = Injection::of_thread(running.child.id(), "reloader", "all", "delay_enter=600000000");
    // Less than two minutes, also where a busy machine takes some time since the last look.
    clock.set("+60s");
    wait(PATIENCE, "an answer", || health().0 == "200");
    clock.set("+121s");
    wait(PATIENCE, "the end of health", || health().0 == "503");
    let (_, text) = health();
    let age = text.strip_prefix("the reloader last looked at the configuration ");
    let age = age.and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
    assert!(age.is_some_and(|age| (121..300).contains(&age)), "{text}");
    drop(stopped);
    wait_faked("health", || health().0 == "200");
}

#[test]
#[ignore = "needs faketime, which tests/run.sh installs"]
fn a_team_whose_file_is_gone_is_not_found_after_five_minutes() {
    let (folder, state) = (configuration("", SETTINGS), tempfile::tempdir().unwrap());
    let (teams, files) = (folder.path().join("teams"), ["gone.toml", "data.toml"]);
    fs::write(teams.join(files[0]), TEAM).unwrap();
    let start = || {
        let clock = FakedClock::new(state.path().join("clock"));
        let mut command = program(folder.path(), &["--state", state.path().to_str().unwrap()]);
        clock.apply(&mut command, true);
        (clock, Running::start(&mut command))
    };
    let later = |clock: &FakedClock, name: &str| {
        clock.set("+301s");
        fs::write(teams.join(files[1]), TEAM.replace("Ann", name)).unwrap();
    };
    let targets = ["/gone/team.ics", "/gone/"];
    let (clock, running) = start();
    fs::remove_file(teams.join(files[0])).unwrap();
    wait_faked("the fault", || is_metric(&running, "oncal_team_file_missing{team=\"gone\"} 1"));
    clock.set("+240s");
    fs::write(teams.join(files[1]), TEAM.replace("Ann", "Ana")).unwrap();
    let feed = || String::from_utf8(get(running.address, "/data/team.ics").1).unwrap();
    wait_faked("a change after four minutes", || feed().contains("Ana"));
    targets.iter().for_each(|target| assert_eq!(status(&running, target), "200", "{target}"));
    later(&clock, "Anna");
    wait_faked("the end of the team", || targets.iter().all(|target| status(&running, target) == "404"));
    wait_faked("the count", || is_metric(&running, "oncal_teams_removed_total 1"));
    drop(running);

    // After a start, which finds it in the journal, its file is waited for as long.
    let (clock, running) = start();
    targets.iter().for_each(|target| assert_eq!(status(&running, target), "503", "{target}"));
    later(&clock, "Annie");
    wait_faked("the end of the team", || targets.iter().all(|target| status(&running, target) == "404"));
    assert_eq!(status(&running, "/data/team.ics"), "200");
}

#[test]
#[ignore = "needs faketime, which tests/run.sh installs"]
fn a_clock_that_was_far_ahead_at_the_start_is_noticed_without_anything_else() {
    let (folder, state) = (configuration("config", SETTINGS), tempfile::tempdir().unwrap());
    let clock = FakedClock::new(state.path().join("clock"));
    clock.set("+90d");
    let config = folder.path().join("config");
    let mut command = program(&config, &["--state", state.path().join("state").to_str().unwrap()]);
    clock.apply(&mut command, false);
    let running = Running::start(&mut command);
    // The day on which the first event begins.
    let first = || {
        let feed = String::from_utf8(get(running.address, "/data/team.ics").1).unwrap();
        let days = feed.lines().filter_map(|line| line.strip_prefix("DTSTART:")?.get(..8));
        chrono::NaiveDate::parse_from_str(days.min().unwrap(), "%Y%m%d").unwrap()
    };
    let ahead = first();
    clock.set("+0");
    wait(PATIENCE, "the present week", || (80..=100).contains(&(ahead - first()).num_days()));
    running.wait_for_log("the clock was set back; rolled back to the current week");
}

#[test]
fn messages_of_postgresql_are_logged_at_level_debug() {
    let postgres = Postgres::start();
    let folder = configuration("", &format!("{SETTINGS}journal = \"{}\"\n", postgres.url));
    drop(Running::start(&mut program(folder.path(), &[])));
    let notice = "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS \
                  $$ BEGIN RAISE WARNING 'a trigger was here'; RETURN NEW; END $$";
    let trigger = "CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON publication \
                   FOR EACH ROW EXECUTE FUNCTION shout()";
    assert!(postgres.psql(&[notice, trigger]).status().unwrap().success());
    for (number, log, is_logged) in [(1, "info", false), (2, "debug", true)] {
        let mut running = Running::start(program(folder.path(), &[]).env("ONCAL_LOG", log));
        let name = format!("Ann {number}");
        fs::write(folder.path().join("teams/data.toml"), TEAM.replace("Ann", &name)).unwrap();
        let feed = || String::from_utf8(get(running.address, "/data/team.ics").1).unwrap();
        wait(PATIENCE, "the change", || feed().contains(&name));
        running.signal("TERM");
        running.ended();
        running.wait_for_log("stopped");
        let log = running.log();
        let mut lines = log.lines().filter(|line| line.contains("a trigger was here"));
        assert_eq!(lines.clone().next().is_some(), is_logged, "{log}");
        assert!(lines.all(|line| line.contains("\"DEBUG\"")), "{log}");
    }
}

#[test]
fn a_server_that_cannot_start_threads_keeps_reloading() {
    let (folder, state) = (configuration("", SETTINGS), tempfile::tempdir().unwrap());
    for folder in [folder.path(), state.path()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    }
    let write = |name: &str| {
        for number in 0..40 {
            let text = TEAM.replace("Ann", name);
            fs::write(folder.path().join(format!("teams/team-{number}.toml")), text).unwrap();
        }
    };
    write("Ann");
    // Limits of threads do not bind root.
    let oncal = program(folder.path(), &["--state", state.path().to_str().unwrap()]);
    let mut command = Command::new("setpriv");
    command.args(["--reuid=54321", "--regid=54321", "--clear-groups"]);
    command.arg(oncal.get_program()).args(oncal.get_args()).current_dir(folder.path());
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::piped());
    let running = Running::start(&mut command);
    let feed = |team: &str| String::from_utf8(get(running.address, &format!("/{team}/team.ics")).1).unwrap();
    // Once both answer, all of their threads have started.
    assert!(feed("team-39").contains("Ann") && get(running.admin, "/healthz").0.starts_with("HTTP/1.1 200"));
    let pid = running.child.id().to_string();
    let lower = ["--reuid=54321", "--regid=54321", "--clear-groups", "prlimit", "--pid", &pid, "--nproc=1:1"];
    let limited = Command::new("setpriv").args(lower).status().unwrap();
    assert!(limited.success());
    write("Anna");
    wait(PATIENCE, "the change", || feed("team-39").contains("Anna"));
    assert!(get(running.admin, "/healthz").0.starts_with("HTTP/1.1 200"));
    assert!(faults(&running).is_empty(), "{}", running.log());
}
