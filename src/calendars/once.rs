//! Fetching what is due now and waiting for it: for a command, and before a server's first snapshot.

use std::collections::BTreeSet;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant as Moment};

use super::copies::Calendars;
use super::judge::{InService, LoadWith};
use crate::config::{CalendarUse, Configuration};
use crate::journal::JournalError;
use crate::rota::Instant;

/// How many calendars are fetched at once.
const MAX_AT_ONCE: usize = 8;

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchWait {
    /// For every calendar, as long as its fetch may take.
    All,
    /// For those of which no copy has all that is used, at most this long: a start must not depend on other servers.
    New(Duration),
}

/// A calendar that could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfetched {
    /// The SHA-256 of its address.
    pub digest: String,
    /// Why it failed.
    pub error: String,
}

fn digest(usage: &CalendarUse) -> String {
    usage.address.digest().as_str().to_owned()
}

impl Calendars {
    /// Fetches the calendars of `configuration` that are due at `now`. What does not arrive in time is fetched later.
    ///
    /// # Errors
    ///
    /// If the database cannot be read or written.
    pub fn fetch_now(
        &self,
        configuration: &Configuration,
        load: &LoadWith<'_>,
        wait: FetchWait,
        now: Instant,
    ) -> Result<Vec<Unfetched>, JournalError> {
        let (sender, results) = mpsc::channel();
        let (fetcher, mut tried, mut running) = (Arc::new(self.fetcher()), BTreeSet::new(), 0);
        // All who read a calendar count, also those for whom the kept copy is enough.
        let lacking = configuration.calendar_uses().filter(|usage| self.is_lacking(usage));
        let lacking: BTreeSet<String> = lacking.map(digest).collect();
        let is_wanted = |usage: &&CalendarUse| wait == FetchWait::All || lacking.contains(&digest(usage));
        let in_service = InService { configuration, others: &[], load };
        let start = Moment::now();
        let mut unfetched = Vec::new();
        loop {
            while running < MAX_AT_ONCE {
                let uses = configuration.calendar_uses().filter(is_wanted);
                let Some(job) = self.next_job(uses, &tried, now)? else { break };
                tried.insert(job.digest().to_owned());
                let (sender, fetcher) = (sender.clone(), Arc::clone(&fetcher));
                let run = move || drop(sender.send((job.run(&fetcher), job)));
                // If the system provides no thread, it is fetched later.
                running += usize::from(thread::Builder::new().name("calendar".to_owned()).spawn(run).is_ok());
            }
            let wait = match wait {
                FetchWait::All => self.options().limits.overall * 2,
                FetchWait::New(longest) => longest.saturating_sub(start.elapsed()),
            };
            if running == 0 {
                break;
            }
            let Ok((result, job)) = results.recv_timeout(wait) else { break };
            running -= 1;
            unfetched.extend(
                result
                    .as_ref()
                    .err()
                    .map(|error| Unfetched { digest: job.digest().to_owned(), error: error.to_string() }),
            );
            self.finish(job, result, in_service, now)?;
        }
        self.read_with(in_service)?;
        Ok(unfetched)
    }
}
