//! What the journal is given now and then and nothing waits for: who fetched what, and that what is old may go.

use std::time::{Duration, Instant as Moment};

use super::publish::Publisher;
use crate::journal::JournalError;
use crate::rota::Instant;

/// How often it is written which clients fetched which feeds.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// How often what is old is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the database is left alone once either failed: they matter less than all else that it keeps.
const AGAIN: Duration = Duration::from_secs(60);

/// When which of it is next.
#[derive(Debug)]
pub(super) struct Upkeep {
    count: Moment,
    forget: Moment,
    is_failing: bool,
}

impl Upkeep {
    /// Begins soon after `now`: a start has more urgent things to do.
    pub(super) fn new(now: Moment) -> Upkeep {
        Upkeep { count: now + COUNT_EVERY, forget: now + COUNT_EVERY, is_failing: false }
    }

    /// How long until something is due.
    pub(super) fn left(&self, now: Moment) -> Duration {
        self.count.min(self.forget).saturating_duration_since(now)
    }

    /// Does what is due by `now`, which the clock calls `at`.
    pub(super) fn work(&mut self, publisher: &Publisher, now: Moment, at: Instant) {
        if self.count <= now {
            let done = self.heard(&publisher.keep_subscribers());
            self.count = now + if done { COUNT_EVERY } else { AGAIN };
        }
        if self.forget <= now {
            let done = self.heard(&publisher.forget(at));
            self.forget = now + if done { FORGET_EVERY } else { AGAIN };
        }
    }

    /// Writes what was counted before the server ends.
    pub(super) fn end(mut self, publisher: &Publisher) {
        self.heard(&publisher.keep_subscribers());
    }

    /// Whether it was done. What fails is told once, and fails nothing else.
    fn heard(&mut self, done: &Result<(), JournalError>) -> bool {
        if let Err(error) = done
            && !self.is_failing
        {
            tracing::warn!(%error, "failed to keep who fetched what; trying again");
        }
        self.is_failing = done.is_err();
        done.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::journal::{Database, Location};
    use crate::live::Client;
    use crate::live::sample::at;
    use crate::rota::TeamId;

    /// Who fetched a feed of a team, as a server that starts with `state` knows.
    fn fetched(state: &Path) -> Vec<Client> {
        let publisher = publisher(state);
        publisher.known().unwrap();
        counted(&publisher).fetched().iter().map(|fetched| fetched.client).collect()
    }

    fn publisher(state: &Path) -> Publisher {
        Publisher::new(Database::open(Location::folder(state.to_owned())).unwrap(), None, String::new())
    }

    fn counted(publisher: &Publisher) -> std::sync::Arc<crate::live::FeedSubscribers> {
        publisher.subscribers().team(&TeamId::new("sample").unwrap()).feed("team.ics")
    }

    #[test]
    fn what_was_counted_is_written_in_its_time_and_forgotten_ninety_days_after_the_last_fetch() {
        let folder = tempfile::tempdir().unwrap();
        let (publisher, start) = (publisher(folder.path()), Moment::now());
        let feed = counted(&publisher);
        feed.count(Client::Google, false, 7, at("2026-01-01T00:00:00Z"));
        feed.count(Client::Apple, false, 7, at("2026-01-01T00:00:01Z"));
        let mut upkeep = Upkeep::new(start);
        let (google, apple) = (Client::Google, Client::Apple);
        for (seconds, clock, kept) in [
            (9, "2026-01-01T00:00:01Z", &[][..]),
            (10, "2026-01-01T00:00:01Z", &[google, apple]),
            (86_400, "2026-04-01T00:00:01Z", &[google, apple]),
            (86_410, "2026-04-01T00:00:01Z", &[apple]),
        ] {
            let now = start + Duration::from_secs(seconds);
            upkeep.work(&publisher, now, at(clock));
            assert_eq!(fetched(folder.path()), kept, "{seconds}");
            assert!(upkeep.left(now) <= COUNT_EVERY, "{seconds}");
        }
        assert_eq!(feed.fetched().len(), 1, "the server that counted forgets too");
        feed.count(Client::Google, true, 8, at("2026-04-02T00:00:00Z"));
        upkeep.end(&publisher);
        assert_eq!(fetched(folder.path()), [google, apple], "who comes back counts from one");
        assert_eq!((feed.fetched()[0].given, feed.fetched()[0].confirmed), (0, 1));
    }
}
