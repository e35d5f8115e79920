//! Work on the journal that nothing waits for: it writes the counts of subscribers, and deletes what is old.

use std::time::{Duration, Instant as Moment};

use chrono::TimeDelta;

use crate::journal::JournalError;
use crate::live::builder::Builder;
use crate::rota::Instant;

/// How often the counts of subscribers are written.
const WRITE_COUNTS_EVERY: Duration = Duration::from_secs(10);

/// How often old data is deleted.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait after a failure: all other uses of the database matter more.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// How long changes are kept.
const CHANGES_KEPT: TimeDelta = TimeDelta::weeks(104);

/// How long sent notices are remembered.
const NOTICES_KEPT: TimeDelta = TimeDelta::days(30);

/// How long a client counts as a subscriber after its last fetch. No client waits half as long between fetches.
const SUBSCRIBED: TimeDelta = TimeDelta::days(90);

/// When each of these tasks is due next.
#[derive(Debug)]
pub(super) struct Maintenance {
    write_counts: Moment,
    clean_up: Moment,
    is_failing: bool,
}

impl Maintenance {
    /// The first tasks are due some seconds after `now`, since a start has more urgent things to do.
    pub(super) fn new(now: Moment) -> Maintenance {
        let soon = now + WRITE_COUNTS_EVERY;
        Maintenance { write_counts: soon, clean_up: soon, is_failing: false }
    }

    /// Does what is due by `now`; `at` is the same time by the wall clock.
    ///
    /// # Errors
    ///
    /// If a task failed. It is retried automatically, so this only shows the state of the journal.
    pub(super) fn run(&mut self, builder: &Builder, now: Moment, at: Instant) -> Result<(), JournalError> {
        let mut written = Ok(());
        if self.write_counts <= now {
            written = self.check(write_counts(builder));
            self.write_counts = now + if written.is_ok() { WRITE_COUNTS_EVERY } else { RETRY_AFTER };
        }
        if self.clean_up <= now {
            let cleaned = self.check(clean_up(builder, now, at));
            self.clean_up = now + if cleaned.is_ok() { CLEAN_UP_EVERY } else { RETRY_AFTER };
            written = written.and(cleaned);
        }
        written
    }

    /// Writes the counts before the server stops.
    pub(super) fn end(mut self, builder: &Builder) {
        let _ = self.check(write_counts(builder));
    }

    /// The result of a task. A failure is logged once; nothing else depends on it.
    fn check(&mut self, done: Result<(), JournalError>) -> Result<(), JournalError> {
        if let Err(error) = &done
            && !self.is_failing
        {
            tracing::warn!(%error, "failed to write the counts of subscribers; trying again");
        }
        self.is_failing = done.is_err();
        done
    }
}

fn write_counts(builder: &Builder) -> Result<(), JournalError> {
    builder.database().map_or(Ok(()), |database| builder.subscribers().write(database))
}

fn clean_up(builder: &Builder, moment: Moment, now: Instant) -> Result<(), JournalError> {
    let Some(database) = builder.database() else { return Ok(()) };
    let Some(past) = builder.retention().check(moment, now) else { return Ok(()) };
    database.delete_changes(past - CHANGES_KEPT)?;
    database.delete_notices(past - NOTICES_KEPT)?;
    let since = past - SUBSCRIBED;
    database.delete_subscribers(since)?;
    builder.subscribers().forget(since);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::feed::Client;
    use crate::journal::{Database, Location};
    use crate::live::sample::at;
    use crate::publish::Publisher;
    use crate::rota::TeamId;

    /// Who fetched a feed of a team, as a server that starts with `state` reads it.
    fn fetched(state: &Path) -> Vec<Client> {
        let builder = builder(state);
        builder.subscribers().read(builder.database().unwrap()).unwrap();
        counters(&builder).fetched().iter().map(|fetched| fetched.client).collect()
    }

    fn builder(state: &Path) -> Builder {
        let database = Database::open(Location::folder(state.to_owned())).unwrap();
        Builder::new(Publisher::new(database, None, String::new()))
    }

    fn counters(builder: &Builder) -> std::sync::Arc<crate::live::FeedSubscribers> {
        builder.subscribers().team(&TeamId::new("sample").unwrap()).feed("team.ics")
    }

    #[test]
    fn counts_are_written_every_ten_seconds_and_deleted_ninety_days_after_the_last_fetch() {
        let folder = tempfile::tempdir().unwrap();
        let (builder, start) = (builder(folder.path()), Moment::now());
        let feed = counters(&builder);
        feed.count(Client::Google, false, 7, at("2026-01-01T00:00:00Z"));
        feed.count(Client::Apple, false, 7, at("2026-01-01T00:00:01Z"));
        let mut maintenance = Maintenance::new(start);
        let (google, apple) = (Client::Google, Client::Apple);
        for (seconds, clock, kept) in [
            (9, "2026-01-01T00:00:01Z", &[][..]),
            (10, "2026-01-01T00:00:01Z", &[google, apple]),
            (86_400, "2026-04-01T00:00:01Z", &[google, apple]),
            (86_410, "2026-04-01T00:00:01Z", &[google, apple]),
            (172_810, "2026-04-01T00:00:01Z", &[apple]),
        ] {
            let now = start + Duration::from_secs(seconds);
            maintenance.run(&builder, now, at(clock)).unwrap();
            assert_eq!(fetched(folder.path()), kept, "{seconds}");
        }
        assert_eq!(feed.fetched().len(), 1, "the server that counted deletes them too");
        feed.count(Client::Google, true, 8, at("2026-04-02T00:00:00Z"));
        maintenance.end(&builder);
        assert_eq!(fetched(folder.path()), [google, apple], "who comes back counts from one");
        assert_eq!((feed.fetched()[0].given, feed.fetched()[0].confirmed), (0, 1));
    }
}
