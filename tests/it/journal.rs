//! The journal in each kind of database: SQLite, and PostgreSQL from Debian's package.

use std::collections::BTreeMap;

use crate::support::machine::{free_port, stdout_of};
use crate::support::postgres::Postgres;
use chrono::DateTime;
use oncal::journal::{
    CalendarCopy, CalendarNotes, CalendarState, ChangeRecord, Copies, Database, Draft, Journal, JournalError,
    Lease, Location, Stored, Subscriber,
};
use oncal::rota::TeamId;

fn id(text: &str) -> TeamId {
    TeamId::new(text).unwrap()
}

/// A journal with little more than its number and the changes that came with it.
fn draft(team: &str, version: i64, mark: i64, moved: &[&str]) -> Draft {
    let at = DateTime::from_timestamp(1_800_000_000 + version, 0).unwrap();
    let fingerprint = format!("f{mark}");
    let journal =
        Journal { generation: mark, fingerprint, week_start: at, until: at, entries: BTreeMap::new() };
    let copies = Copies::from_iter([("address".to_owned(), mark)]);
    Draft {
        team: id(team),
        stored: Stored { copies, ..Stored::new(version, &journal) },
        changes: moved.iter().map(|record| ChangeRecord { at, record: (*record).to_owned() }).collect(),
        sources: None,
    }
}

fn records(moved: Vec<ChangeRecord>) -> Vec<String> {
    moved.into_iter().map(|moved| moved.record).collect()
}

/// What every kind of database must do, starting empty. Each opening is another server.
fn stores_what_it_is_given(open: impl Fn() -> Database) {
    let database = open();
    let (one, two) = (draft("one", 1, 1, &["m"]), draft("two", 1, 2, &[]));
    assert_eq!(database.read_team(&id("one")).unwrap(), None);
    assert!(database.write(&[one, two]).unwrap().is_empty());

    let other = open();
    let newer = draft("one", 2, 3, &["n", "o\n\"ü"]);
    assert!(other.write(std::slice::from_ref(&newer)).unwrap().is_empty());

    // Based on a version that is gone: nothing of that team is written, and all of the others is.
    let late = [draft("one", 1, 4, &["p"]), draft("one", 2, 5, &["p"]), draft("two", 2, 6, &[])];
    assert_eq!(database.write(&late).unwrap(), [&id("one"), &id("one")]);
    let all = database.read_all().unwrap();
    assert_eq!(all.keys().map(TeamId::as_str).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(all[&id("one")], newer.stored);
    assert_eq!(all[&id("two")].journal.open().unwrap().generation, 6);
    assert_eq!(database.read_team(&id("one")).unwrap().as_ref(), all.get(&id("one")));

    assert_eq!(records(database.changes_of(&id("one")).unwrap()), ["m", "n", "o\n\"ü"]);
    assert_eq!(database.changes().unwrap().keys().collect::<Vec<_>>(), [&id("one")]);
    database.delete_changes(newer.changes[0].at).unwrap();
    assert_eq!(records(database.changes_of(&id("one")).unwrap()), ["n", "o\n\"ü"]);
}

/// Servers that write to one team at once, each based on what it read, lose none of each other's writes.
fn counts_every_writing(open: impl Fn() -> Database + Sync) {
    drop(open());
    std::thread::scope(|scope| {
        for server in 0..4 {
            let open = &open;
            scope.spawn(move || {
                let (database, mut written) = (open(), 0);
                while written < 25 {
                    let version = database.read_team(&id("busy")).unwrap().map_or(0, |stored| stored.version);
                    let draft = draft("busy", version + 1, server, &[&format!("{server}-{written}")]);
                    match database.write(&[draft]) {
                        Ok(refused) => written += i32::from(refused.is_empty()),
                        // On a slow disk the others may have it for longer than one waits.
                        Err(error) => assert!(error.to_string().contains("locks"), "{error}"),
                    }
                }
            });
        }
    });
    let database = open();
    assert_eq!(database.read_team(&id("busy")).unwrap().unwrap().version, 100);
    let mut moved = records(database.changes_of(&id("busy")).unwrap());
    moved.sort();
    moved.dedup();
    assert_eq!(moved.len(), 100);
}

/// Servers that count the same feed add up, and what was fetched last is what a client has.
fn counts_subscribers_together(open: impl Fn() -> Database) {
    let fetched = |client: &str, given, confirmed, last, version| Subscriber {
        team: id("one"),
        path: "engineers/a.ics".to_owned(),
        client: client.to_owned(),
        given,
        confirmed,
        last,
        version,
    };
    let (one, other) = (open(), open());
    one.count_subscribers(&[fetched("google", 1, 2, 1_800_000_010, -7), fetched("apple", 1, 0, 5, i64::MIN)])
        .unwrap();
    other.count_subscribers(&[fetched("google", 10, 20, 1_800_000_009, 8)]).unwrap();
    other.count_subscribers(&[fetched("apple", 0, 1, 6, i64::MAX)]).unwrap();
    let mut all = one.subscribers().unwrap();
    all.sort_by(|one, other| one.client.cmp(&other.client));
    let expected = [fetched("apple", 1, 1, 6, i64::MAX), fetched("google", 11, 22, 1_800_000_010, -7)];
    assert_eq!(all, expected);

    let forget = |since| one.delete_subscribers(DateTime::from_timestamp(since, 0).unwrap()).unwrap();
    forget(6);
    assert_eq!(other.subscribers().unwrap().len(), 2);
    forget(7);
    assert_eq!(other.subscribers().unwrap(), expected[1..]);
}

fn second(number: i64) -> oncal::rota::Instant {
    DateTime::from_timestamp(1_800_000_000 + number, 0).unwrap()
}

/// A calendar is fetched by one server at a time, and its copy is what the last one stored.
fn keeps_calendars(open: impl Fn() -> Database) {
    let (one, other) = (open(), open());
    let [new, kept] = ["new", "kept"].map(str::to_owned);
    let known = |address: &str| {
        let states = other.calendar_states().unwrap();
        states.into_iter().find(|state| state.address == address).unwrap()
    };
    let state = |address: &String| CalendarState { address: address.clone(), ..CalendarState::default() };
    let copy = CalendarCopy { number: 7, text: Some("BEGIN:ü\r\n".to_owned()), history: "h".to_owned() };
    let both = [
        (state(&new), CalendarCopy { text: None, ..CalendarCopy::default() }),
        (CalendarState { number: 7, fetched_at: Some(second(0)), ..state(&kept) }, copy.clone()),
    ];
    one.add_calendars(&both, second(0)).unwrap();
    other.add_calendars(&[(state(&kept), CalendarCopy::default())], second(1)).unwrap();
    assert_eq!(other.calendar_copy(&new).unwrap(), None, "it was never fetched");
    assert_eq!(other.calendar_copy(&kept).unwrap(), Some(copy), "what is there stays");
    assert_eq!(known(&kept), both[1].0);
    let newer = CalendarCopy { number: 8, ..both[1].1.clone() };
    let newer_state = CalendarState { number: 8, etag: "e".to_owned(), ..both[1].0.clone() };
    other.add_calendars(&[(newer_state.clone(), newer.clone())], second(1)).unwrap();
    assert_eq!(one.calendar_copy(&kept).unwrap(), Some(newer), "a backup was put back");
    assert_eq!(known(&kept), newer_state);

    let lease = |holder, from| Lease { holder, from: second(from), until: second(from + 60) };
    assert!(one.lease_calendar(&known(&new), lease(1, 100)).unwrap());
    assert!(!other.lease_calendar(&known(&new), lease(2, 159)).unwrap(), "it is leased");
    assert!(other.lease_calendar(&known(&new), lease(3, 160)).unwrap(), "for a minute");
    let fetched = CalendarState {
        purpose: "p".to_owned(),
        etag: "\"e\"".to_owned(),
        last_modified: "m".to_owned(),
        fetched_at: Some(second(170)),
        tried_at: Some(second(170)),
        ..state(&new)
    };
    assert!(!one.write_calendar(&fetched, Some(("late", "")), 1).unwrap(), "the lease was lost");
    assert!(other.write_calendar(&fetched, Some(("text", "history")), 3).unwrap());
    let copy = one.calendar_copy(&new).unwrap().unwrap();
    assert_eq!((copy.number, copy.text.as_deref(), &*copy.history), (1, Some("text"), "history"));
    assert_eq!(known(&new), CalendarState { number: 1, ..fetched.clone() });

    let before = CalendarState { tried_at: None, ..known(&new) };
    assert!(!one.lease_calendar(&before, lease(4, 300)).unwrap(), "another server fetched it since");
    assert!(one.lease_calendar(&known(&new), lease(5, 300)).unwrap());
    let failed =
        CalendarState { tried_at: Some(second(310)), failures: 1, last_error: "e".to_owned(), ..known(&new) };
    assert!(one.write_calendar(&failed, None, 5).unwrap());
    assert_eq!(known(&new), failed, "and its copy stays");
    // A clock that was far ahead does not keep a lease for years.
    assert!(one.lease_calendar(&failed, lease(6, 1_000_000)).unwrap());
    assert!(other.lease_calendar(&failed, lease(7, 400)).unwrap());

    // What began by the copy before is added by a server that has not fetched.
    assert!(one.write_calendar_history(&new, 1, "more").unwrap());
    assert!(!other.write_calendar_history(&new, 1, "less").unwrap(), "there is a newer one");
    let copy = other.calendar_copy(&new).unwrap().unwrap();
    assert_eq!((copy.number, copy.text.as_deref(), &*copy.history), (2, Some("text"), "more"));
    assert!(other.lease_calendar(&failed, lease(8, 470)).unwrap());
    let (stale, now) = (failed.clone(), CalendarState { number: 2, ..failed });
    assert!(!other.write_calendar(&stale, Some(("text", "without more")), 8).unwrap(), "it knew less");
    assert!(other.write_calendar(&now, Some(("text", "and more")), 8).unwrap());

    let used = |words: &[&str]| -> CalendarNotes {
        [(new.clone(), words.iter().map(|word| (*word).to_owned()).collect())].into()
    };
    one.note_calendar_use(&used(&["a", "b"]), second(500), Some(second(-1))).unwrap();
    assert!(other.calendar_copy(&kept).unwrap().is_some(), "another server may use it");
    other.note_calendar_use(&used(&["b", "c"]), second(510), None).unwrap();
    assert_eq!(one.calendar_notes().unwrap(), used(&["a", "b", "c"]), "of both");
    other.note_calendar_use(&used(&["b"]), second(600), Some(second(500))).unwrap();
    assert_eq!(other.calendar_copy(&kept).unwrap(), None);
    assert!(other.calendar_copy(&new).unwrap().is_some());
    assert_eq!(one.calendar_notes().unwrap(), used(&["b", "c"]), "nobody noted `a` any more");
    other.note_calendar_use(&used(&["c"]), second(700), Some(second(700))).unwrap();
    assert_eq!(one.calendar_notes().unwrap(), used(&["c"]));
}

#[test]
fn a_command_reads_beside_a_running_server_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let location = || Location::folder(folder.path());
    assert!(Database::open_to_read(location()).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
    let database = Database::open(location()).unwrap();
    let address = "a".to_owned();
    let state = CalendarState { address: address.clone(), ..CalendarState::default() };
    let add = || database.add_calendars(&[(state.clone(), CalendarCopy::default())], second(0)).unwrap();
    add();
    let states = || Database::open_to_read(location()).unwrap().calendar_states().unwrap();
    assert_eq!(states(), std::slice::from_ref(&state), "from the log of a running server");
    let reader = Database::open_to_read(location()).unwrap();
    assert!(reader.probe().is_err() && reader.calendar_states().is_ok());
    drop((database, reader));
    let files = || {
        let listed = std::fs::read_dir(folder.path()).unwrap();
        let mut files: Vec<_> = listed.map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        files
    };
    let before = files();
    assert_eq!(states(), std::slice::from_ref(&state), "from the file alone");
    assert_eq!(files(), before);
}

#[test]
fn sqlite_stores_what_it_is_given_and_counts_every_write() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("new/with space & ü%");
    let open = || Database::open(Location::folder(state.clone())).unwrap();
    stores_what_it_is_given(open);
    counts_every_writing(open);
    counts_subscribers_together(open);
    keeps_calendars(open);
    assert!(state.join("journal.sqlite").exists());
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn postgresql_stores_what_it_is_given_and_counts_every_write() {
    let postgres = Postgres::start();
    let open = || Database::open(Location::Postgres(postgres.url.clone())).unwrap();
    stores_what_it_is_given(open);
    counts_every_writing(open);
    counts_subscribers_together(open);
    keeps_calendars(open);

    let database = open();
    let before = database.read_team(&id("busy")).unwrap();
    postgres.stop();
    assert!(database.read_team(&id("busy")).unwrap_err().to_string().contains("PostgreSQL"));
    postgres.restart();
    assert_eq!(database.read_team(&id("busy")).unwrap(), before, "the same connection serves again");
}

/// A database that lost what was written reports that until it is written again.
fn notices_a_loss(open: impl Fn() -> Database, lose: impl FnOnce()) {
    let database = open();
    let kept = draft("lost", 1, 1, &["m", "n"]);
    assert!(database.write(std::slice::from_ref(&kept)).unwrap().is_empty());
    database.probe().unwrap();
    lose();
    assert!(matches!(database.probe(), Err(JournalError::Lost)));
    assert!(database.is_lost());
    let next = draft("lost", 2, 2, &[]);
    assert!(matches!(database.write(std::slice::from_ref(&next)), Err(JournalError::Lost)));
    database.rewrite(std::slice::from_ref(&kept), &[]).unwrap();
    database.probe().unwrap();
    assert_eq!(database.read_team(&id("lost")).unwrap(), Some(kept.stored));
    assert_eq!(records(database.changes_of(&id("lost")).unwrap()), ["m", "n"]);
    assert!(database.write(&[next]).unwrap().is_empty());
    database.probe().unwrap();
}

#[test]
fn a_team_whose_journal_was_deleted_and_whose_changes_were_not_can_be_published_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(Location::folder(folder.path())).unwrap();
    let write = |record: &str| {
        for version in [1, 2] {
            let draft = draft("one", version, version, &[record, "both"]);
            assert!(database.write(&[draft]).unwrap().is_empty());
        }
    };
    write("before");
    let file = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    assert_eq!(file.execute("DELETE FROM publication", []).unwrap(), 1);
    write("after");
    let changes = records(database.changes_of(&id("one")).unwrap());
    assert_eq!(changes, ["before", "both", "after", "before", "both", "after"]);
}

#[test]
fn a_journal_that_was_removed_or_put_back_from_a_backup_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    notices_a_loss(
        || Database::open(Location::folder(&state)).unwrap(),
        || {
            std::fs::remove_dir_all(&state).unwrap();
        },
    );
    let (state, file) = (folder.path().join("older"), "journal.sqlite");
    drop(Database::open(Location::folder(&state)).unwrap());
    let empty = std::fs::read(state.join(file)).unwrap();
    notices_a_loss(
        || Database::open(Location::folder(&state)).unwrap(),
        || {
            std::fs::write(state.join("restored"), empty).unwrap();
            std::fs::rename(state.join("restored"), state.join(file)).unwrap();
        },
    );
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn a_postgresql_that_lost_a_commit_or_became_a_standby_is_noticed_and_used_again() {
    let postgres = Postgres::start();
    let open = || Database::open(Location::Postgres(postgres.url.clone())).unwrap();
    notices_a_loss(open, || {
        stdout_of(&mut postgres.psql(&["DELETE FROM publication"]));
    });
    let database = open();
    let read_only = |value: &str| {
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {value}");
        let own = "SET default_transaction_read_only = off";
        stdout_of(&mut postgres.psql(&[own, &set, "SELECT pg_reload_conf()"]));
    };
    database.probe().unwrap();
    read_only("on");
    let since = std::time::Instant::now();
    let error = loop {
        if let Err(error) = database.probe() {
            break error.to_string();
        }
        assert!(since.elapsed() < crate::support::running::PATIENCE);
    };
    assert!(error.contains("25006") && error.contains("standby"), "{error}");
    assert!(database.read_team(&id("lost")).unwrap().is_some(), "it is read all the same");
    read_only("off");
    let since = std::time::Instant::now();
    while database.probe().is_err() {
        assert!(since.elapsed() < crate::support::running::PATIENCE);
    }
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn postgresql_is_reached_with_tls_and_verified_as_far_as_the_url_asks() {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &authority).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, authority.pem()).unwrap();
    let roots = roots.display().to_string().replace('/', "%2F");

    let port = free_port();
    let postgres = Postgres::start_with_tls(port, &own.pem(), &key.serialize_pem());
    let open = |host: &str, parameters: &str| {
        let url = format!("postgres://oncal@{host}:{port}/postgres?{parameters}");
        Database::open(Location::Postgres(url)).map(drop).map_err(|error| error.to_string())
    };
    let known = format!("&sslrootcert={roots}");
    for (host, parameters, expected) in [
        ("localhost", "sslmode=disable".to_owned(), Err("no encryption")),
        ("localhost", String::new(), Ok(())),
        ("localhost", "sslmode=require".to_owned(), Ok(())),
        ("localhost", "sslmode=verify-full".to_owned(), Err("UnknownIssuer")),
        ("localhost", "sslmode=verify-ca".to_owned(), Err("UnknownIssuer")),
        ("localhost", format!("sslmode=verify-full{known}"), Ok(())),
        ("127.0.0.1", format!("sslmode=verify-full{known}"), Err("not valid for name")),
        ("127.0.0.1", format!("sslmode=verify-ca{known}"), Ok(())),
        ("127.0.0.1", format!("sslmode=require{known}"), Ok(())),
    ] {
        match (open(host, &parameters), expected) {
            (Ok(()), Ok(())) => {}
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{host} {parameters}: {found}"),
            (found, _) => panic!("{host} {parameters}: {found:?}"),
        }
    }
    drop(postgres);
}
