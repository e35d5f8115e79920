//! The journal in PostgreSQL after failures of the disks and processes of that server.

use crate::support::edited::{BEGUN, Edited, faults, feed, has_fault, serves, wait, wait_for_fault};
use crate::support::injection::Injection;
use crate::support::postgres::Postgres;
use crate::support::revisions::Seen;
use crate::support::running::{PATIENCE, Running, get};

fn edited(postgres: &Postgres) -> Edited {
    Edited::new(&format!("journal = \"{}\"\n", postgres.url))
}

/// Makes edits of these numbers, waits for each and looks at it as a client does.
fn edit(edited: &Edited, running: &Running, seen: &mut Seen, numbers: std::ops::Range<usize>) {
    for number in numbers {
        edited.edit(number);
        wait("edit", PATIENCE, running, || {
            seen.look(&feed(running)).unwrap();
            serves(running, number)
        });
    }
}

/// Something fails while an edit is published, then more edits, then a kill of both servers, then a start.
fn nothing_goes_back(fail: impl FnOnce(&Postgres, &Edited, &Running, &mut Seen)) {
    let postgres = Postgres::start();
    postgres.set(&["fsync = on"]);
    let (edited, mut seen) = (edited(&postgres), Seen::default());
    let mut running = edited.start(&edited.state());
    edit(&edited, &running, &mut seen, 1..3);
    assert!(!running.log().contains(BEGUN), "{}", running.log());
    fail(&postgres, &edited, &running, &mut seen);
    wait("end of the fault", PATIENCE * 2, &running, || {
        seen.look(&feed(&running)).unwrap();
        faults(&running).is_empty() && serves(&running, 3)
    });
    edit(&edited, &running, &mut seen, 4..6);
    assert!(seen.highest() >= 3, "{}", seen.highest());
    running.child.kill().unwrap();
    running.ended();
    postgres.kill();
    postgres.restart();
    let running = edited.start(&edited.state());
    seen.look(&feed(&running)).unwrap_or_else(|why| panic!("{why}\n{}", running.log()));
    assert!(serves(&running, 5) && faults(&running).is_empty());
}

/// The process that writes the publication fails at it, with which PostgreSQL restarts all of its processes. Whether
/// the publication was written is not known before.
fn session_fails(calls: &str, error: &str) {
    nothing_goes_back(|postgres, edited, running, _| {
        let session = postgres.session().unwrap();
        let injection = Injection::new(session, calls, &format!("error={error}"));
        edited.edit(3);
        wait_for_fault(error, running);
        drop(injection);
        assert_ne!(postgres.session(), Some(session), "it went on");
    });
}

#[test]
#[ignore = "needs PostgreSQL and strace, which tests/run.sh installs"]
fn a_sync_of_postgresql_that_fails_once_is_a_fault_that_clears_by_itself() {
    session_fails("fdatasync", "EIO");
}

#[test]
#[ignore = "needs PostgreSQL and strace, which tests/run.sh installs"]
fn a_full_disk_under_the_log_of_postgresql_is_a_fault_that_clears_by_itself() {
    session_fails("pwrite64", "ENOSPC");
}

#[test]
#[ignore = "needs PostgreSQL and strace, which tests/run.sh installs"]
fn syncs_of_postgresql_that_keep_failing_are_a_fault_until_it_is_started_again() {
    nothing_goes_back(|postgres, edited, running, seen| {
        let pid = postgres.pid().unwrap();
        let injection = Injection::with_children(pid, "fsync,fdatasync", "error=EIO");
        edited.edit(3);
        wait("fault", PATIENCE, running, || has_fault(running, "journal"));
        wait("end of PostgreSQL, which cannot recover", PATIENCE, running, || postgres.pid().is_none());
        let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
        assert!(metrics.contains("oncal_fault{fault=\"journal\"} 1\n"), "{metrics}");
        assert!(has_fault(running, "journal"));
        seen.look(&feed(running)).unwrap();
        drop(injection);
        postgres.revive();
    });
}

#[test]
fn what_is_served_survives_a_crash_of_a_database_that_is_set_to_delay_its_commits() {
    let postgres = Postgres::start();
    postgres.set(&["synchronous_commit = off", "wal_writer_delay = '10s'"]);
    let (edited, mut seen) = (edited(&postgres), Seen::default());
    let mut running = edited.start(&edited.state());
    edit(&edited, &running, &mut seen, 1..4);
    running.child.kill().unwrap();
    running.ended();
    postgres.kill();
    postgres.restart();
    // As it was before the last edit, which is all that would be lost.
    edited.edit(2);
    let running = edited.start(&edited.state());
    seen.look(&feed(&running)).unwrap();
}
