//! Publishing: the journal learns of what teams have become, before anybody is served it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use chrono::{SubsecRound, TimeDelta};
use sha2::{Digest, Sha256};

use super::book::{Book, Standing};
use super::frame::Frame;
use super::record::{fact, head_fact, holding, logged};
use super::subscribers::Subscribers;
use crate::access::Secret;
use crate::config::TeamConfig;
use crate::feed::{Event, Feed, Head, Links, Plan, events};
use crate::journal::{Database, Journal, JournalError, Publication, consult, publish};
use crate::rota::{Holding, Instant, Period, TeamId, changes};

/// How often a publication is made anew because other servers were faster.
const MAX_ATTEMPTS: usize = 20;

/// How long somebody who does not fetch a feed any more counts as one who has it. No client waits half as long.
const SUBSCRIBED: TimeDelta = TimeDelta::days(90);

/// Why something is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The server starts: the times of the files say how new its configuration is.
    Start,
    /// Files changed while it runs: whatever they say is newer than what was published before.
    Change,
    /// Time passed, or what could not be written before is tried again.
    Time,
}

/// When and why something is published, and whether it waits for the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The time.
    pub at: Instant,
    /// The reason.
    pub cause: Cause,
    /// Whether it is written before it is served. Without, revisions are provisional.
    pub is_written: bool,
}

/// A team to be published.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) config: Arc<TeamConfig>,
    pub(super) frame: Frame,
    pub(super) links: Links,
    pub(super) known: Option<Arc<Book>>,
    /// Whether its feeds are in use, so that its events are soon written.
    pub(super) is_in_use: bool,
}

/// A team that was published. The events are at hand where its feeds are in use and they had to be worked out.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) book: Arc<Book>,
    pub(super) events: Option<Vec<Event>>,
}

/// Publishes teams.
#[derive(Debug)]
pub struct Publisher {
    database: Option<Database>,
    revision: Option<i64>,
    build: String,
    subscribers: Subscribers,
    secret: Option<Secret>,
}

impl Publisher {
    /// Keeps journals in `database`. `revision` says how new the configuration is, where the times of its files do not
    /// (`ONCAL_REVISION`); `build` tells one oncal from the next, which may word events otherwise.
    pub fn new(database: Database, revision: Option<i64>, build: String) -> Publisher {
        Publisher { database: Some(database), revision, build, ..Publisher::forgetful() }
    }

    /// Keeps nothing beyond this process.
    pub fn forgetful() -> Publisher {
        Publisher {
            database: None,
            revision: None,
            build: String::new(),
            subscribers: Subscribers::default(),
            secret: None,
        }
    }

    /// What was counted at every feed.
    pub(super) fn subscribers(&self) -> &Subscribers {
        &self.subscribers
    }

    /// Writes what was counted since the last time, and learns what other servers counted.
    pub(super) fn keep_subscribers(&self) -> Result<(), JournalError> {
        let Some(database) = &self.database else { return Ok(()) };
        let more = self.subscribers.more();
        if !more.is_empty() {
            database.count_subscribers(&more)?;
            self.subscribers.write(&more);
        }
        if database.is_shared() { self.learn_subscribers(database) } else { Ok(()) }
    }

    /// Forgets what moved long before `now`, and whoever last fetched a feed long before it.
    pub(super) fn forget(&self, now: Instant) -> Result<(), JournalError> {
        let Some(database) = &self.database else { return Ok(()) };
        database.forget(now)?;
        let since = now - SUBSCRIBED;
        database.forget_subscribers(since)?;
        self.subscribers.forget(since);
        Ok(())
    }

    fn learn_subscribers(&self, database: &Database) -> Result<(), JournalError> {
        self.subscribers.learn(&database.subscribers()?);
        Ok(())
    }

    /// Makes secret links of `secret`. Without one there is no key to what only secret links open.
    #[must_use]
    pub fn with_links(self, secret: Secret) -> Publisher {
        Publisher { secret: Some(secret), ..self }
    }

    /// What secret links are made of.
    pub(super) fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// All that is known of every team, for a start.
    pub(super) fn known(&self) -> Result<BTreeMap<TeamId, Arc<Book>>, JournalError> {
        let Some(database) = &self.database else { return Ok(BTreeMap::new()) };
        self.learn_subscribers(database)?;
        let moved = database.moved()?;
        let all = database.read_all()?.into_iter();
        Ok(all
            .map(|(team, stored)| {
                let moved = moved.get(&team).map(Vec::as_slice).unwrap_or_default();
                (team, Arc::new(Book::kept(stored, moved)))
            })
            .collect())
    }

    /// Publishes `items`, in their order. Where the terms say so, all of it is written in one transaction first.
    pub(super) fn publish(&self, items: &[Item], terms: Terms) -> Result<Vec<Published>, JournalError> {
        let mut published = self.all(items, terms);
        let Some(database) = self.database.as_ref().filter(|_| terms.is_written) else {
            return Ok(published);
        };
        for _ in 0..MAX_ATTEMPTS {
            let unsaved: Vec<usize> = (0..items.len())
                .filter(|place| {
                    published.get(*place).is_some_and(|done| done.book.standing == Standing::Unsaved)
                })
                .collect();
            let draft = |place: &usize| Some(published.get(*place)?.book.draft(team(items.get(*place)?)));
            let drafts: Vec<_> = unsaved.iter().filter_map(draft).collect();
            if drafts.is_empty() {
                return Ok(published);
            }
            let outdated: Vec<TeamId> = database.write(&drafts)?.into_iter().cloned().collect();
            for place in unsaved {
                let (Some(item), Some(done)) = (items.get(place), published.get_mut(place)) else { continue };
                if outdated.contains(team(item)) {
                    *done = self.anew(database, item, done, terms)?;
                } else {
                    Arc::make_mut(&mut done.book).save();
                }
            }
        }
        Ok(published)
    }

    /// Another server wrote first: what it wrote is what was known.
    fn anew(
        &self,
        database: &Database,
        item: &Item,
        done: &Published,
        terms: Terms,
    ) -> Result<Published, JournalError> {
        let id = team(item);
        let known =
            database.read(id)?.map(|stored| database.moved_in(id).map(|moved| Book::kept(stored, &moved)));
        let known = match known.transpose()? {
            Some(book) if item.known.as_ref().is_some_and(|known| known.standing == Standing::Unsaved) => {
                Some(merged(book, &done.book, item))
            }
            known => known,
        };
        Ok(self.one(item, known.map(Arc::new).as_ref(), terms))
    }

    fn all(&self, items: &[Item], terms: Terms) -> Vec<Published> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let one = |item: &Item| self.one(item, item.known.as_ref(), terms);
        if items.len() < 2 * threads {
            return items.iter().map(one).collect();
        }
        let parts = Mutex::new(BTreeMap::new());
        thread::scope(|scope| {
            for (place, part) in items.chunks(items.len().div_ceil(threads)).enumerate() {
                let (parts, one) = (&parts, &one);
                scope.spawn(move || {
                    let done: Vec<Published> = part.iter().map(one).collect();
                    parts.lock().unwrap_or_else(PoisonError::into_inner).insert(place, done);
                });
            }
        });
        parts.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().flatten().collect()
    }

    fn one(&self, item: &Item, known: Option<&Arc<Book>>, terms: Terms) -> Published {
        let fingerprint = self.fingerprint(item);
        if let Some(known) = known.filter(|known| known.stored.fingerprint == fingerprint) {
            return Published { book: Arc::clone(known), events: None };
        }
        let (team, frame) = (&item.config.team, item.frame);
        let plan = Plan::new(team, frame.window);
        let events = events(&plan, &item.links);
        let mut facts: Vec<_> = events.iter().map(|event| fact(event, &team.zone)).collect();
        facts.extend(Feed::all(team).iter().map(|feed| {
            let head = Head { feed, team, links: &item.links, changed: frame.week.start() };
            head_fact(&feed.path(), head.content(), frame.week.start())
        }));
        let before = known.map(|book| book.open(&team.id, frame.week.start()));
        let is_shared = self.database.as_ref().is_some_and(Database::is_shared);
        let newest = item.config.modified.timestamp_micros();
        let own = item.known.as_ref().filter(|book| book.standing != Standing::Older);
        let generation = match (terms.cause, own, known) {
            (Cause::Time, Some(own), _) => own.stored.generation,
            (Cause::Change, _, Some(known)) if self.revision.is_none() => {
                newest.max(known.stored.generation.saturating_add(1))
            }
            _ => self.revision.unwrap_or(newest),
        };
        let publication = Publication {
            generation,
            fingerprint,
            at: terms.at.trunc_subsecs(0),
            week_start: frame.week.start(),
            window: frame.window,
        };
        let book = match before {
            Some(before) if is_shared && generation < before.generation => {
                let journal = consult(&before, facts, &publication);
                let mut book = Book::next(known.map(|book| &**book), &journal, Vec::new());
                book.standing = Standing::Older;
                book
            }
            before => {
                let journal = publish(before.as_ref(), facts, &publication);
                let moved = before.map(|before| moved(&before, &journal, frame.window)).unwrap_or_default();
                let at = journal.entries.values().map(|entry| entry.revision.modified).max();
                let at = at.unwrap_or(publication.at);
                let moved = moved.iter().map(|moved| logged(at, moved)).collect();
                let mut book = Book::next(known.map(|book| &**book), &journal, moved);
                if self.database.is_none() {
                    book.save();
                }
                book
            }
        };
        Published { book: Arc::new(book), events: item.is_in_use.then_some(events) }
    }

    /// Equal for what publishes equal events.
    fn fingerprint(&self, item: &Item) -> String {
        let ends = [item.frame.week.start(), item.frame.window.start(), item.frame.window.end()];
        let text = format!("{}\n{}\n{:?}\n{ends:?}", self.build, item.config.fingerprint, item.links);
        hex::encode(Sha256::digest(text))
    }
}

fn team(item: &Item) -> &TeamId {
    &item.config.team.id
}

/// Who gained and lost what, as far as both journals know the rota.
fn moved(before: &Journal, after: &Journal, window: Period) -> Vec<crate::rota::RoleChange> {
    let held = |journal: &Journal| -> Vec<Holding> { journal.entries.values().filter_map(holding).collect() };
    let (old, new) = (held(before), held(after));
    let first = old.iter().map(|holding| holding.period.start()).min();
    let start = first.map_or(window.start(), |first| first.max(window.start()));
    Period::new(start, before.until.min(window.end())).map_or_else(Vec::new, |both| changes(&old, &new, both))
}

/// What another server wrote, where provisional revisions were served meanwhile: none of them goes back.
fn merged(mut book: Book, provisional: &Book, item: &Item) -> Book {
    let week_start = item.frame.week.start();
    let (mut journal, served) = (book.open(team(item), week_start), provisional.open(team(item), week_start));
    for (uid, served) in served.entries {
        match journal.entries.get_mut(&uid) {
            Some(known) => {
                known.revision.sequence = known.revision.sequence.max(served.revision.sequence);
                known.revision.modified = known.revision.modified.max(served.revision.modified);
            }
            None => drop(journal.entries.insert(uid, served)),
        }
    }
    book.stored.journal = crate::journal::Packed::new(&journal);
    // It is to be written again, whatever it says.
    book.stored.fingerprint.clear();
    book
}
