//! Which kind of calendar client last fetched which feed, and which version of the feed it has.
//!
//! Counting a request takes a few relaxed atomic operations on counters that each feed holds: no lock, no allocation
//! and no wait for a database. The counters outlive snapshots; the reloader's maintenance writes them to the journal
//! every few seconds. Nothing about a client is stored except its kind.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::feed::Client;
use crate::journal::{Database, JournalError, Subscriber};
use crate::rota::{Instant, TeamId};

/// The counts of all feeds of all teams.
#[derive(Debug, Default)]
pub(super) struct Subscribers(Mutex<BTreeMap<TeamId, Arc<TeamSubscribers>>>);

/// The counts of one team's feeds, by path below `/{team}/`.
#[derive(Debug, Default)]
pub(super) struct TeamSubscribers(Mutex<BTreeMap<String, Arc<FeedSubscribers>>>);

/// The counts of one feed.
#[derive(Debug, Default)]
pub struct FeedSubscribers([Tally; Client::ALL.len()]);

/// The counts of one kind of client.
#[derive(Debug, Default)]
struct Tally {
    given: Count,
    confirmed: Count,
    /// In seconds since 1970.
    last: AtomicI64,
    version: AtomicU64,
}

/// A count, in two parts: what the database has, and what it does not have yet.
#[derive(Debug, Default)]
struct Count {
    written: AtomicU64,
    unwritten: AtomicU64,
}

/// A kind of client that fetched a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetched {
    /// Which kind.
    pub client: Client,
    /// How often it was given the feed.
    pub given: u64,
    /// How often the response was that its version is still current.
    pub confirmed: u64,
    /// When it last made a request.
    pub last: Instant,
    /// The version that it has had since then.
    pub version: u64,
}

impl FeedSubscribers {
    /// Counts a response at `now` to `client`, which has `version` from then on: the feed itself, or (`is_confirmed`)
    /// that its version is still current.
    pub fn count(&self, client: Client, is_confirmed: bool, version: u64, now: Instant) {
        let Some(tally) = self.0.get(client.place()) else { return };
        let count = if is_confirmed { &tally.confirmed } else { &tally.given };
        count.unwritten.fetch_add(1, Relaxed);
        tally.last.store(now.timestamp(), Relaxed);
        tally.version.store(version, Relaxed);
    }

    /// The kinds of client that have fetched the feed.
    pub fn fetched(&self) -> Vec<Fetched> {
        let all = Client::ALL.into_iter().zip(&self.0);
        let fetched = all.map(|(client, tally)| Fetched {
            client,
            given: tally.given.all(),
            confirmed: tally.confirmed.all(),
            last: Instant::from_timestamp(tally.last.load(Relaxed), 0).unwrap_or_default(),
            version: tally.version.load(Relaxed),
        });
        fetched.filter(|fetched| fetched.given + fetched.confirmed > 0).collect()
    }
}

impl Count {
    fn all(&self) -> u64 {
        self.written.load(Relaxed) + self.unwritten.load(Relaxed)
    }

    /// Notes that `count` more are written.
    fn mark_written(&self, count: u64) {
        self.written.fetch_add(count, Relaxed);
        self.unwritten.fetch_sub(count, Relaxed);
    }
}

impl TeamSubscribers {
    /// The counters of the feed at `path`.
    pub(super) fn feed(&self, path: &str) -> Arc<FeedSubscribers> {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(feeds.entry(path.to_owned()).or_default())
    }
}

impl Subscribers {
    /// The counters of the feeds of `team`.
    pub(super) fn team(&self, team: &TeamId) -> Arc<TeamSubscribers> {
        let mut teams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(teams.entry(team.clone()).or_default())
    }

    /// Writes what was counted since the last time to `database`, and reads what other servers counted.
    ///
    /// # Errors
    ///
    /// If the database cannot be read or written.
    pub(super) fn write(&self, database: &Database) -> Result<(), JournalError> {
        let unwritten = self.unwritten();
        if !unwritten.is_empty() {
            database.count_subscribers(&unwritten)?;
            self.mark_written(&unwritten);
        }
        if database.is_shared() { self.read(database) } else { Ok(()) }
    }

    /// Reads what the database has, from this server and others.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub(super) fn read(&self, database: &Database) -> Result<(), JournalError> {
        self.update(&database.subscribers()?);
        Ok(())
    }

    /// All that was counted and written before.
    pub(super) fn all(&self) -> Vec<Subscriber> {
        self.collect(|count| count.written.load(Relaxed))
    }

    /// What is not written yet: the counts since the last time, and the version that each such client has.
    fn unwritten(&self) -> Vec<Subscriber> {
        self.collect(|count| count.unwritten.load(Relaxed))
    }

    /// The clients for which `part` of the counts is not zero.
    fn collect(&self, part: impl Fn(&Count) -> u64) -> Vec<Subscriber> {
        let teams = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut found = Vec::new();
        for (team, feeds) in &teams {
            let feeds = feeds.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for (path, feed) in &feeds {
                for (client, tally) in Client::ALL.into_iter().zip(&feed.0) {
                    let [given, confirmed] =
                        [&tally.given, &tally.confirmed].map(|count| part(count).cast_signed());
                    if given + confirmed > 0 {
                        found.push(Subscriber {
                            team: team.clone(),
                            path: path.clone(),
                            client: client.as_str().to_owned(),
                            given,
                            confirmed,
                            last: tally.last.load(Relaxed),
                            version: tally.version.load(Relaxed).cast_signed(),
                        });
                    }
                }
            }
        }
        found
    }

    fn mark_written(&self, written: &[Subscriber]) {
        for one in written {
            let Some(client) = Client::named(&one.client) else { continue };
            let feed = self.team(&one.team).feed(&one.path);
            let Some(tally) = feed.0.get(client.place()) else { continue };
            tally.given.mark_written(one.given.cast_unsigned());
            tally.confirmed.mark_written(one.confirmed.cast_unsigned());
        }
    }

    /// Forgets the clients that last fetched before `since`, except for counts that are not written yet.
    pub(super) fn forget(&self, since: Instant) {
        let teams = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for team in teams.values() {
            let feeds = team.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for tally in feeds.values().flat_map(|feed| &feed.0) {
                if tally.last.load(Relaxed) < since.timestamp() {
                    tally.given.written.store(0, Relaxed);
                    tally.confirmed.written.store(0, Relaxed);
                }
            }
        }
    }

    fn update(&self, all: &[Subscriber]) {
        for one in all {
            let Some(client) = Client::named(&one.client) else { continue };
            let feed = self.team(&one.team).feed(&one.path);
            let Some(tally) = feed.0.get(client.place()) else { continue };
            tally.given.written.store(one.given.cast_unsigned(), Relaxed);
            tally.confirmed.written.store(one.confirmed.cast_unsigned(), Relaxed);
            if tally.last.load(Relaxed) < one.last {
                tally.last.store(one.last, Relaxed);
                tally.version.store(one.version.cast_unsigned(), Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::at;

    fn counted() -> (Subscribers, Arc<FeedSubscribers>) {
        let all = Subscribers::default();
        let feed = all.team(&TeamId::new("data").unwrap()).feed("team.ics");
        feed.count(Client::Google, false, 7, at("2026-01-01T00:00:00Z"));
        feed.count(Client::Google, true, 8, at("2026-01-02T00:00:00Z"));
        feed.count(Client::Apple, true, 9, at("2026-01-03T00:00:00Z"));
        (all, feed)
    }

    #[test]
    fn the_last_response_decides_which_version_a_client_has() {
        let (_, feed) = counted();
        let fetched: Vec<_> =
            feed.fetched().iter().map(|one| (one.client, one.given, one.confirmed, one.version)).collect();
        assert_eq!(fetched, [(Client::Google, 1, 1, 8), (Client::Apple, 0, 1, 9)]);
        assert_eq!(feed.fetched()[0].last, at("2026-01-02T00:00:00Z"));
    }

    #[test]
    fn counts_are_written_once_and_those_that_come_meanwhile_next_time() {
        let (all, feed) = counted();
        let unwritten = all.unwritten();
        assert_eq!(unwritten.len(), 2);
        feed.count(Client::Google, true, 8, at("2026-01-02T00:00:01Z"));
        let before = feed.fetched();
        all.mark_written(&unwritten);
        assert_eq!(feed.fetched(), before, "nothing is lost or counted twice");
        let left: Vec<_> =
            all.unwritten().iter().map(|one| (one.client.clone(), one.given, one.confirmed)).collect();
        assert_eq!(left, [("google".to_owned(), 0, 1)]);
    }

    #[test]
    fn counts_of_other_servers_add_to_those_not_written_yet() {
        let (all, feed) = counted();
        let mut known = all.unwritten();
        for one in &mut known {
            one.given += 10;
            one.last -= 1;
            one.version = 1;
        }
        all.update(&known);
        let google = feed.fetched()[0];
        assert_eq!((google.given, google.confirmed, google.version), (12, 2, 8), "the later fetch was here");
    }
}
