//! Writes the notices that are due to the outbox, together with what their recipients know then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;

use super::destinations::{Environment, facts_schedule, outdated, recipients, terms};
use crate::journal::{Database, JournalError, KnownNotices, Notice, NoticeDraft};
use crate::live::{Snapshot, TeamSnapshot};
use crate::notices::{Facts, Message, Notified, Terms, plan};
use crate::publish::JournalState;
use crate::rota::{Instant, TeamId};

/// How often a team is planned anew because another server wrote first.
const MAX_ATTEMPTS: usize = 3;

/// How long a plan of all teams is valid at most: secrets of the environment may change.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(30);

/// How soon a team is planned again after another server wrote first.
const RETRY: TimeDelta = TimeDelta::seconds(5);

/// Plans the notices of all teams.
#[derive(Debug)]
pub struct Planner {
    database: Arc<Database>,
    environment: Environment,
    /// What the recipients know; `None` until it was read.
    known: Option<BTreeMap<TeamId, KnownNotices>>,
    /// What each team was last planned for.
    planned: BTreeMap<TeamId, Planned>,
    /// When changes were first seen whose time is in the future.
    seen: BTreeMap<TeamId, BTreeMap<Instant, Instant>>,
    /// The last look, and until when another one would find the same.
    last: Option<(u64, Instant, Looked)>,
}

/// The revision of what is known but no longer in the journal.
const LOST: i64 = 0;

/// What a team was planned for, and when it must be planned again although that is the same: also if the clock is set
/// back.
#[derive(Debug)]
struct Planned {
    serial: u64,
    terms: Terms,
    at: Instant,
    next: Option<Instant>,
}

/// What a look at all teams found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looked {
    /// Whether any messages became due.
    pub is_due: bool,
    /// How many teams wait until the journal has what is served.
    pub waiting_for_journal: usize,
    /// How many teams have anybody to notify.
    pub teams: usize,
}

impl Planner {
    /// Plans with what `database` has of each team.
    pub fn new(database: Arc<Database>, environment: Environment) -> Planner {
        let (planned, seen) = (BTreeMap::new(), BTreeMap::new());
        Planner { database, environment, known: None, planned, seen, last: None }
    }

    /// Writes the notices that are due at `now`, according to the rota in `snapshot`.
    ///
    /// # Errors
    ///
    /// If the database cannot be read or written; then the rest is planned the next time.
    pub fn step(&mut self, snapshot: &Snapshot, now: Instant) -> Result<Looked, JournalError> {
        let generation = snapshot.generation();
        if let Some((before, until, looked)) = self.last
            && before == generation
            && now < until
            // The clock may have been set back.
            && until - now <= LOOK_AGAIN
        {
            return Ok(Looked { is_due: false, ..looked });
        }
        self.last = None;
        if self.known.is_none() {
            self.known = Some(self.database.notified()?);
        }
        let mut looked = Looked::default();
        for team in snapshot.teams() {
            let id = &team.team().id;
            let terms = terms(team.config(), &snapshot.configuration().settings, &self.environment);
            if terms.is_empty() {
                self.forget(team)?;
                continue;
            }
            looked.teams += 1;
            match team.journal_state() {
                JournalState::Written => {}
                JournalState::Provisional => {
                    looked.waiting_for_journal += 1;
                    continue;
                }
                // The server with the newest configuration plans.
                JournalState::Older | JournalState::Newer => continue,
            }
            let is_planned = self.planned.get(id).is_some_and(|planned| {
                planned.serial == team.serial()
                    && planned.terms == terms
                    && planned.at <= now
                    && planned.next.is_none_or(|next| now < next)
            });
            if !is_planned {
                looked.is_due |= self.plan(snapshot, team, terms, now)?;
            }
        }
        let next = self.planned.values().filter_map(|planned| planned.next).min();
        let until = next.unwrap_or(now + LOOK_AGAIN).min(now + LOOK_AGAIN);
        self.last = Some((generation, until, looked));
        Ok(looked)
    }

    /// Forgets what is known of a team that has nobody to notify: once it has somebody again, everything starts anew. A
    /// server that never had anybody to notify may lack an environment variable that another server has.
    fn forget(&mut self, team: &TeamSnapshot) -> Result<(), JournalError> {
        let id = &team.team().id;
        if team.journal_state() != JournalState::Written {
            return Ok(());
        }
        let had_anybody = self.planned.remove(id).is_some();
        if self.database.is_shared() && !had_anybody {
            return Ok(());
        }
        if self.known.as_ref().is_some_and(|known| known.contains_key(id)) {
            self.database.forget_notified(id)?;
            if let Some(known) = &mut self.known {
                known.remove(id);
            }
        }
        Ok(())
    }

    fn plan(
        &mut self,
        snapshot: &Snapshot,
        team: &TeamSnapshot,
        terms: Terms,
        now: Instant,
    ) -> Result<bool, JournalError> {
        let (id, serial) = (&team.team().id, team.serial());
        let schedule = facts_schedule(team.config(), team.frame());
        let facts = Facts {
            team: team.team(),
            schedule: &schedule,
            edits: self.edits(team, now),
            outdated: outdated(id, snapshot.configuration(), now),
            page: team.links().team(team.team()),
        };
        for _ in 0..MAX_ATTEMPTS {
            self.reread(id)?;
            let stored = self.known.as_ref().and_then(|known| known.get(id)).cloned();
            let known = stored.as_ref().and_then(|stored| {
                let known = Notified::read(&stored.record);
                if known.is_none() {
                    tracing::error!(team = %id, "the record of earlier notices cannot be read; starting anew");
                }
                known
            });
            let mut planned = plan(&facts, &terms, known.as_ref(), now);
            if self.database.is_shared()
                && let Some(known) = &known
            {
                planned.notified.keep_team_of(known);
            }
            let is_stored = stored.as_ref().is_some_and(|stored| stored.revision != LOST);
            let is_same =
                is_stored && known.as_ref() == Some(&planned.notified) && planned.messages.is_empty();
            let is_due = !planned.messages.is_empty();
            if is_same || self.write(snapshot, team, (&planned.messages, &planned.notified), now)? {
                self.planned.insert(id.clone(), Planned { serial, terms, at: now, next: planned.next });
                return Ok(is_due);
            }
        }
        self.planned.insert(id.clone(), Planned { serial, terms, at: now, next: Some(now + RETRY) });
        Ok(false)
    }

    /// Reads what is known of a team: another server may have written it, or the journal may be lost. In that case what
    /// this server knows is kept and written again.
    fn reread(&mut self, id: &TeamId) -> Result<(), JournalError> {
        let stored = self.database.notified_of(id)?;
        let Some(known) = &mut self.known else { return Ok(()) };
        match stored {
            Some(stored) => drop(known.insert(id.clone(), stored)),
            None if self.database.is_shared() => drop(known.remove(id)),
            None => {
                if let Some(own) = known.get_mut(id) {
                    own.revision = LOST;
                }
            }
        }
        Ok(())
    }

    /// When a team was changed. The times of a burst of changes run ahead, and so may a clock: a change in the future
    /// counts from when it was first seen.
    fn edits(&mut self, team: &TeamSnapshot, now: Instant) -> Vec<Instant> {
        let seen = self.seen.entry(team.team().id.clone()).or_default();
        let times: BTreeSet<Instant> = team.changes().iter().map(|change| change.at).collect();
        seen.retain(|at, _| times.contains(at));
        for at in times.iter().filter(|at| now < **at) {
            seen.entry(*at).or_insert(now);
        }
        times.into_iter().map(|at| seen.get(&at).map_or(at, |seen| at.min(*seen))).collect()
    }

    /// Writes what is due of a team; `false` if another server wrote first.
    fn write(
        &mut self,
        snapshot: &Snapshot,
        team: &TeamSnapshot,
        (messages, notified): (&[Message], &Notified),
        now: Instant,
    ) -> Result<bool, JournalError> {
        let id = &team.team().id;
        let settings = &snapshot.configuration().settings;
        let notices = messages.iter().flat_map(|message| {
            let names = recipients(&message.to, team.config(), settings, &self.environment);
            names.into_iter().map(move |recipient| notice(id, recipient, message, now))
        });
        let notices: Vec<Notice> = notices.collect();
        let record = notified.json();
        let revision =
            self.known.as_ref().and_then(|known| known.get(id)).map_or(0, |stored| stored.revision);
        let draft =
            NoticeDraft { team: id, published: team.version(), revision, record: &record, notices: &notices };
        let is_written = self.database.write_notices(&draft)?;
        if is_written {
            if !notices.is_empty() {
                tracing::info!(team = %id, notices = notices.len(), "notices are due");
            }
            if let Some(known) = &mut self.known {
                known.insert(id.clone(), KnownNotices { revision: revision + 1, record });
            }
        }
        Ok(is_written)
    }
}

/// The notice that carries `message` to `recipient`, due at `now` and not tried yet.
pub fn notice(team: &TeamId, recipient: String, message: &Message, now: Instant) -> Notice {
    Notice {
        team: team.clone(),
        recipient,
        kind: message.kind.as_str().to_owned(),
        key: message.key.clone(),
        // Strings and times always are JSON.
        message: serde_json::to_string(&message.text).unwrap_or_default(),
        batch: 0,
        created: now,
        expires: message.text.expires(),
        attempts: 0,
        is_overtaken: false,
    }
}
