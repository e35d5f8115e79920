//! The journal in each kind of database: SQLite, and PostgreSQL from Debian's package.

use std::collections::BTreeMap;

use crate::support::postgres::Postgres;
use chrono::DateTime;
use oncal::journal::{ChangeRecord, Database, Draft, Journal, Location, Stored, Subscriber};
use oncal::rota::TeamId;

fn id(text: &str) -> TeamId {
    TeamId::new(text).unwrap()
}

/// A journal that says no more than which one it is, and what moved with it.
fn draft(team: &str, version: i64, mark: i64, moved: &[&str]) -> Draft {
    let at = DateTime::from_timestamp(1_800_000_000 + version, 0).unwrap();
    let fingerprint = format!("f{mark}");
    let journal =
        Journal { generation: mark, fingerprint, week_start: at, until: at, entries: BTreeMap::new() };
    Draft {
        team: id(team),
        stored: Stored::new(version, &journal),
        changes: moved.iter().map(|record| ChangeRecord { at, record: (*record).to_owned() }).collect(),
        sources: None,
    }
}

fn records(moved: Vec<ChangeRecord>) -> Vec<String> {
    moved.into_iter().map(|moved| moved.record).collect()
}

/// What every kind of database must do, from empty on. Each opening is another server.
fn keeps_what_it_is_given(open: impl Fn() -> Database) {
    let database = open();
    let (one, two) = (draft("one", 1, 1, &["m"]), draft("two", 1, 2, &[]));
    assert_eq!(database.read_team(&id("one")).unwrap(), None);
    assert!(database.write(&[one, two]).unwrap().is_empty());

    let other = open();
    let newer = draft("one", 2, 3, &["n", "o\n\"ü"]);
    assert!(other.write(std::slice::from_ref(&newer)).unwrap().is_empty());

    // Built upon what is not there any more: nothing of that team is written, and all of the others is.
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

/// Servers that write to one team at once, each building upon what it read, lose nothing of one another.
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
                    written += i32::from(database.write(&[draft]).unwrap().is_empty());
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

#[test]
fn sqlite_keeps_what_it_is_given_and_counts_every_writing() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("new/with space & ü%");
    let open = || Database::open(Location::folder(state.clone())).unwrap();
    keeps_what_it_is_given(open);
    counts_every_writing(open);
    counts_subscribers_together(open);
    assert!(state.join("journal.sqlite").exists());
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn postgresql_keeps_what_it_is_given_and_counts_every_writing() {
    let postgres = Postgres::start();
    let open = || Database::open(Location::Postgres(postgres.url.clone())).unwrap();
    keeps_what_it_is_given(open);
    counts_every_writing(open);
    counts_subscribers_together(open);

    let database = open();
    let before = database.read_team(&id("busy")).unwrap();
    postgres.stop();
    assert!(database.read_team(&id("busy")).unwrap_err().to_string().contains("PostgreSQL"));
    postgres.restart();
    assert_eq!(database.read_team(&id("busy")).unwrap(), before, "the same connection serves again");
}
