//! The journal after failures: of the disk, of the folder, of its content.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use rusqlite::Connection;

use crate::support::edited::{BEGUN, ENDED, Edited, faults, feed, has_fault, serves, wait, wait_for_fault};
use crate::support::injection::Injection;
use crate::support::machine::stdout_of;
use crate::support::revisions::Seen;
use crate::support::running::{PATIENCE, Running, get, program};

/// That many failures in a row, then edits, then a stop, then a start.
fn nothing_goes_back(calls: &str, error: &str, times: u32, is_killed: bool) {
    let name = format!("{times} times {error}, killed: {is_killed}");
    let (edited, mut seen) = (Edited::new(""), Seen::default());
    let state = edited.state();
    let mut running = edited.start(&state);
    for number in 1..3 {
        edited.edit(number);
        wait(&name, PATIENCE, &running, || serves(&running, number));
        seen.look(&feed(&running)).unwrap();
    }
    assert!(!running.log().contains(BEGUN), "{name}: {}", running.log());
    let injection = Injection::new(running.child.id(), calls, &format!("error={error}:when=1..{times}"));
    edited.edit(3);
    wait_for_fault(&name, &running);
    wait(&format!("end of the fault: {name}"), PATIENCE * 2, &running, || {
        seen.look(&feed(&running)).unwrap();
        !has_fault(&running, "journal") && serves(&running, 3)
    });
    drop(injection);
    // More than one: what was written and not synced may be there after a kill.
    for number in 4..6 {
        edited.edit(number);
        wait(&name, PATIENCE, &running, || serves(&running, number));
        seen.look(&feed(&running)).unwrap();
    }
    assert!(seen.highest() >= 3, "{name}: {}", seen.highest());
    if is_killed {
        running.child.kill().unwrap();
        running.ended();
    } else {
        running.signal("TERM");
        assert!(running.ended().success());
        let left: Vec<_> = fs::read_dir(&state).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(!left.iter().any(|file| file.to_string_lossy().contains("-wal")), "{name}: {left:?}");
    }
    let running = edited.start(&state);
    seen.look(&feed(&running)).unwrap_or_else(|why| panic!("{name}: {why}"));
}

fn all_cases(calls: &str, error: &str) {
    thread::scope(|scope| {
        for times in [1, 2, 3, 10] {
            for is_killed in [false, true] {
                scope.spawn(move || nothing_goes_back(calls, error, times, is_killed));
            }
        }
    });
}

#[test]
#[ignore = "needs strace, which tests/run.sh installs"]
fn after_any_number_of_failing_syncs_nothing_goes_back() {
    all_cases("fsync,fdatasync", "EIO");
}

#[test]
#[ignore = "needs strace, which tests/run.sh installs"]
fn after_a_full_disk_nothing_goes_back() {
    all_cases("pwrite64", "ENOSPC");
}

#[test]
#[ignore = "needs strace, which tests/run.sh installs"]
fn failing_syncs_show_before_anybody_edits_or_reads_anything() {
    let edited = Edited::new("");
    let running = edited.start(&edited.state());
    let injection = Injection::new(running.child.id(), "fsync,fdatasync", "error=EIO");
    wait("fault", PATIENCE, &running, || has_fault(&running, "journal"));
    drop(injection);
    wait("end of the fault", PATIENCE, &running, || !has_fault(&running, "journal"));
    running.wait_for_log(ENDED);
}

/// As on a disk that is nearly full: the check of the journal needs less room than a publication.
#[test]
#[ignore = "takes a minute; tests/run.sh runs it"]
fn a_publication_that_fails_while_checks_succeed_is_one_fault_and_is_served_after_a_minute() {
    let (edited, mut seen) = (Edited::new(""), Seen::default());
    let running = edited.start(&edited.state());
    seen.look(&feed(&running)).unwrap();
    let database = Connection::open(edited.state().join("journal.sqlite")).unwrap();
    let refuse =
        "CREATE TRIGGER refuse BEFORE UPDATE ON publication BEGIN SELECT RAISE(ABORT, 'no room'); END";
    database.execute_batch(refuse).unwrap();
    edited.edit(1);
    wait("fault", PATIENCE, &running, || has_fault(&running, "journal"));
    wait("edit", PATIENCE * 2, &running, || {
        assert!(has_fault(&running, "journal"), "a gap: {}", running.log());
        serves(&running, 1)
    });
    seen.look(&feed(&running)).unwrap();
    assert!(!running.log().contains(ENDED));
    database.execute_batch("DROP TRIGGER refuse").unwrap();
    wait("end of the fault", PATIENCE, &running, || faults(&running).is_empty());
    running.wait_for_log(ENDED);
    assert_eq!(running.log().matches(BEGUN).count(), 1, "{}", running.log());
    seen.look(&feed(&running)).unwrap();
}

/// How many responses the journal has counted.
fn counted(state: &Path) -> i64 {
    let database = Connection::open(state.join("journal.sqlite")).unwrap();
    let sum = "SELECT COALESCE(SUM(given), 0) FROM subscriber";
    database.query_one(sum, [], |row| row.get(0)).unwrap_or_default()
}

#[test]
fn a_removed_state_folder_is_noticed_and_written_again_with_the_secret_and_the_counts() {
    let (edited, mut seen) = (Edited::new("access = \"links\"\n"), Seen::default());
    let state = edited.state();
    let running = edited.start(&state);
    let links = || {
        let mut command = program(&edited.config(), &[]);
        command = Command::new(command.get_program());
        command.args(["links", "--json", "--config"]).arg(edited.config()).arg("--state").arg(&state);
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (_, before) = links();
    let before: serde_json::Value = serde_json::from_str(&before).unwrap();
    let link = before["teams"][0]["link"].as_str().unwrap().to_owned();
    let path = format!("/k/{}team.ics", link.split_once("/k/").unwrap().1);
    let of_link = |running: &Running| {
        let (head, body) = get(running.address, &path);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        String::from_utf8(body).unwrap()
    };
    for number in 1..4 {
        edited.edit(number);
        wait("edit", PATIENCE, &running, || of_link(&running).contains(&format!("Edit {number}.")));
        seen.look(&of_link(&running)).unwrap();
    }
    wait("count", PATIENCE, &running, || counted(&state) > 0);
    let before_loss = counted(&state);
    // Otherwise it might notice the loss before the rest was tried.
    running.signal("STOP");
    fs::remove_dir_all(&state).unwrap();
    assert!(!links().0, "no secret is made by `oncal links`");
    assert!(!state.exists());
    running.signal("CONT");
    wait_for_fault("folder", &running);
    wait("end of the fault", PATIENCE, &running, || !has_fault(&running, "journal"));
    assert!(counted(&state) >= before_loss, "{} of {before_loss}", counted(&state));
    let after: serde_json::Value = serde_json::from_str(&links().1).unwrap();
    assert_eq!(after["teams"][0]["link"], before["teams"][0]["link"], "the secret is the same");
    drop(running);
    let running = edited.start(&state);
    seen.look(&of_link(&running)).unwrap();
    assert!(seen.highest() >= 2);
    let (_, page) = get(running.address, &path.replace("team.ics", "changes"));
    assert!(String::from_utf8_lossy(&page).contains("Ann"), "the log of changes is there again");
}

/// As whoever tidies up does: what was published last is in the log alone.
#[test]
fn a_log_of_the_journal_that_is_removed_or_a_file_that_is_emptied_takes_nothing_with_it() {
    let remove_log = |state: &Path| {
        for end in ["-wal", "-shm"] {
            fs::remove_file(state.join(format!("journal.sqlite{end}"))).unwrap();
        }
    };
    let empty = |state: &Path| drop(fs::File::create(state.join("journal.sqlite")).unwrap());
    for (damage, is_edited) in
        [(remove_log as fn(&Path), false), (remove_log, true), (empty, false), (empty, true)]
    {
        let (edited, mut seen) = (Edited::new(""), Seen::default());
        let state = edited.state();
        let mut running = edited.start(&state);
        let edit = |running: &Running, seen: &mut Seen, number| {
            edited.edit(number);
            wait("edit", PATIENCE, running, || serves(running, number));
            seen.look(&feed(running)).unwrap();
        };
        (1..4).for_each(|number| edit(&running, &mut seen, number));
        damage(&state);
        // Without an edit a check notices it.
        (4..6).filter(|_| is_edited).for_each(|number| edit(&running, &mut seen, number));
        running.wait_for_log("files of the journal were removed or replaced");
        running.child.kill().unwrap();
        running.ended();
        // As it was before the last edit.
        edited.edit(if is_edited { 4 } else { 2 });
        let running = edited.start(&state);
        seen.look(&feed(&running)).unwrap();
    }
}

/// A server whose team was published a few times, ended, and what a client knows of it.
fn published(edited: &Edited) -> Seen {
    let mut seen = Seen::default();
    let mut running = edited.start(&edited.state());
    for number in 1..4 {
        edited.edit(number);
        wait("edit", PATIENCE, &running, || serves(&running, number));
        seen.look(&feed(&running)).unwrap();
    }
    running.signal("TERM");
    running.ended();
    seen
}

fn set_journal(edited: &Edited, bytes: &[u8]) {
    let database = Connection::open(edited.state().join("journal.sqlite")).unwrap();
    assert_eq!(database.execute("UPDATE publication SET journal = ?1", [bytes]).unwrap(), 1);
}

fn journal(edited: &Edited) -> Vec<u8> {
    let database = Connection::open(edited.state().join("journal.sqlite")).unwrap();
    database.query_one("SELECT journal FROM publication", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_damaged_journal_of_a_team_is_reported_and_no_revision_falls() {
    let edited = Edited::new("");
    let mut seen = published(&edited);
    let highest = seen.highest();
    set_journal(&edited, b"nonsense");
    let mut running = edited.start(&edited.state());
    seen.look(&feed(&running)).unwrap();
    assert!(seen.highest() > highest);
    running.wait_for_log("a team's journal cannot be read; all its events count as changed");
    // It was made anew and written at once, so the fault ends with the next check of the journal.
    running.wait_for_log("the journals of all teams can be read again");
    assert_eq!(faults(&running), Vec::<String>::new());
    edited.edit(4);
    wait("edit", PATIENCE, &running, || serves(&running, 4));
    seen.look(&feed(&running)).unwrap();
    running.signal("TERM");
    running.ended();
    let running = edited.start(&edited.state());
    seen.look(&feed(&running)).unwrap();
    assert_eq!(faults(&running), Vec::<String>::new());
}

/// A journal in a layout that no oncal has today.
fn newer_layout() -> Vec<u8> {
    let mut newer = GzEncoder::new(Vec::new(), Compression::fast());
    newer.write_all(&[100, 1, 2, 3]).unwrap();
    newer.finish().unwrap()
}

/// The team is restored from the files that the journal has, whose entry for its events cannot be read.
#[test]
fn no_revision_falls_if_the_file_of_a_team_has_errors_too_when_its_journal_cannot_be_read() {
    for (bytes, is_newer) in [(b"nonsense".to_vec(), false), (newer_layout(), true)] {
        let edited = Edited::new("");
        let mut seen = published(&edited);
        let highest = seen.highest();
        set_journal(&edited, &bytes);
        let file = edited.config().join("teams/data.toml");
        let good = fs::read(&file).unwrap();
        fs::write(&file, "name = 1\n").unwrap();
        let mut running = edited.start(&edited.state());
        running.wait_for_log("it is served as last published");
        seen.look(&feed(&running)).unwrap();
        assert!(seen.highest() > highest, "{is_newer}");
        running.wait_for_log("a team's journal cannot be read; all its events count as changed");
        match is_newer {
            true => assert!(has_fault(&running, "unreadable-journal")),
            false => running.wait_for_log("the journals of all teams can be read again"),
        }
        fs::write(&file, good).unwrap();
        wait("its return", PATIENCE, &running, || restored(&running) == 0);
        seen.look(&feed(&running)).unwrap();
        running.signal("TERM");
        running.ended();
        assert_eq!(journal(&edited) == bytes, is_newer, "what a newer oncal wrote is left alone");
        let running = edited.start(&edited.state());
        seen.look(&feed(&running)).unwrap();
    }
}

/// How many teams are served as last published.
fn restored(running: &Running) -> usize {
    let readiness: serde_json::Value = serde_json::from_slice(&get(running.admin, "/readyz").1).unwrap();
    readiness["teams"]["restored"].as_array().unwrap().len()
}

#[test]
fn a_journal_of_a_newer_layout_is_not_overwritten_and_no_revision_falls() {
    let edited = Edited::new("");
    let mut seen = published(&edited);
    let newer = newer_layout();
    set_journal(&edited, &newer);
    let mut running = edited.start(&edited.state());
    seen.look(&feed(&running)).unwrap();
    assert!(has_fault(&running, "unreadable-journal"));
    edited.edit(4);
    wait("edit", PATIENCE, &running, || serves(&running, 4));
    seen.look(&feed(&running)).unwrap();
    assert!(has_fault(&running, "unreadable-journal"));
    running.signal("TERM");
    running.ended();
    assert!(journal(&edited) == newer);
}

#[test]
fn a_second_server_on_a_state_folder_is_refused_and_learns_who_uses_it() {
    let edited = Edited::new("");
    let running = edited.start(&edited.state());
    let state = edited.state();
    let output = program(&edited.config(), &["--state", state.to_str().unwrap()]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && stderr.contains(&format!("process {}", running.child.id())),
        "{stderr}"
    );
}

#[test]
#[ignore = "needs sqlite3, which tests/run.sh installs"]
fn a_backup_made_by_sqlite_while_the_server_runs_is_a_whole_journal() {
    let edited = Edited::new("");
    let mut seen = Seen::default();
    let running = edited.start(&edited.state());
    for number in 1..4 {
        edited.edit(number);
        wait("edit", PATIENCE, &running, || serves(&running, number));
        seen.look(&feed(&running)).unwrap();
    }
    let other = edited.folder.path().join("restored");
    fs::create_dir(&other).unwrap();
    let (from, to) = (edited.state().join("journal.sqlite"), other.join("journal.sqlite"));
    stdout_of(Command::new("sqlite3").arg(from).arg(format!(".backup '{}'", to.display())));
    drop(running);
    let running = edited.start(&other);
    seen.look(&feed(&running)).unwrap();
}

/// A server that was killed leaves its journal with a log beside it. The next one may read both and write nothing.
#[test]
fn a_start_in_a_folder_that_is_read_only_reads_the_log_that_was_left_behind_there() {
    let edited = Edited::new("");
    let (state, mut seen) = (edited.state(), Seen::default());
    let mut running = edited.start(&state);
    for number in 1..4 {
        edited.edit(number);
        wait("edit", PATIENCE, &running, || serves(&running, number));
        seen.look(&feed(&running)).unwrap();
    }
    running.child.kill().unwrap();
    running.ended();
    assert!(fs::metadata(state.join("journal.sqlite-wal")).unwrap().len() > 0);
    edited.edit(4);
    // Permissions do not bind root.
    let set_modes = |folder: u32, file: u32| {
        for entry in fs::read_dir(&state).unwrap() {
            fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(file)).unwrap();
        }
        fs::set_permissions(&state, fs::Permissions::from_mode(folder)).unwrap();
    };
    set_modes(0o555, 0o444);
    fs::set_permissions(edited.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let oncal = program(&edited.config(), &["--state", state.to_str().unwrap()]);
    let mut command = Command::new("setpriv");
    command.args(["--reuid=54321", "--regid=54321", "--clear-groups"]);
    command.arg(oncal.get_program()).args(oncal.get_args()).current_dir(edited.config());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let running = Running::start(&mut command);
    seen.look(&feed(&running)).unwrap();
    assert!(serves(&running, 4), "the present files, with provisional revisions");
    wait("fault", PATIENCE, &running, || has_fault(&running, "journal"));
    drop(running);
    set_modes(0o700, 0o600);
    let running = edited.start(&state);
    seen.look(&feed(&running)).unwrap();
    assert_eq!(faults(&running), Vec::<String>::new());
}

/// A journal that can be read and not written, as on a full disk: every write fails.
#[test]
#[ignore = "needs strace, which tests/run.sh installs"]
fn a_start_on_a_full_disk_serves_what_was_published_and_says_so() {
    let edited = Edited::new("");
    let mut seen = published(&edited);
    edited.edit(4);
    let mut command = Command::new("strace");
    // -D: strace is the grandchild, so that signals reach oncal.
    command.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64,ftruncate,fallocate"]);
    command.args(["-e", "inject=pwrite64,ftruncate,fallocate:error=ENOSPC", env!("CARGO_BIN_EXE_oncal")]);
    command.arg("--config").arg(edited.config()).arg("--state").arg(edited.state()).arg("serve");
    command.stderr(Stdio::piped()).stdout(Stdio::null());
    let running = Running::start(&mut command);
    seen.look(&feed(&running)).unwrap();
    wait("fault", PATIENCE, &running, || has_fault(&running, "journal"));
    assert!(serves(&running, 4));
}
