//! Notices that wait to be sent. Each is claimed before it is sent and marked afterwards, so that a server that is
//! killed loses none and repeats at most the one that it was sending. With several servers, one sends it.
//!
//! The notices of a team to one recipient are a queue. They are tried in order, and each waits for those before it,
//! except for a message that the server refused by itself: it is tried again before each later one, and does not delay
//! them. When a new notice joins a queue, everything before it is tried at once. Their order is that of the batches in
//! which they were planned: a clock may have been wrong.

use chrono::DateTime;

use super::connection::Connection;
use super::database::Database;
use super::error::JournalError;
use super::sql::{Param, Result, Row};
use crate::rota::{Instant, TeamId};

const INSERT: &str = "INSERT INTO outbox (team, recipient, kind, message_key, message, state, attempts, failure, created, \
    expires, next_attempt, is_claimed, batch) VALUES ($1, $2, $3, $4, $5, 'waiting', 0, '', $6, $7, $6, 0, $8) \
    ON CONFLICT (team, recipient, kind, message_key) DO NOTHING";

/// The batch after all of a team's.
const NEXT_BATCH: &str = "SELECT COALESCE(MAX(batch), 0) + 1 FROM outbox WHERE team = $1";

/// What was written after `$1`, waits until after `$2`, or is claimed until after `$3`, was written by a clock that was
/// ahead. It is due now.
const BRING_BACK: &str = "UPDATE outbox SET created = CASE WHEN created > $1 THEN $1 ELSE created END, next_attempt = $1, \
    is_claimed = 0 WHERE state = 'waiting' \
    AND (next_attempt > $3 OR (is_claimed = 0 AND (created > $1 OR next_attempt > $2)))";

const CLAIM: &str = "UPDATE outbox SET next_attempt = $5, is_claimed = 1, attempts = attempts + 1 \
    WHERE team = $1 AND recipient = $2 AND kind = $3 AND message_key = $4";

/// What was left to another server was not tried.
const POSTPONE: &str = "UPDATE outbox SET next_attempt = $5, failure = $6, is_refused = $7, is_claimed = 0, \
    attempts = attempts - CASE WHEN $6 = '' THEN 1 ELSE 0 END \
    WHERE team = $1 AND recipient = $2 AND kind = $3 AND message_key = $4 AND state = 'waiting'";

/// Schedules those of a queue that are of a batch before `$3` for `$4`, if they are not due sooner.
const PRECEDE: &str = "UPDATE outbox SET next_attempt = $4 WHERE team = $1 AND recipient = $2 AND state = 'waiting' \
    AND is_claimed = 0 AND batch < $3 AND next_attempt > $4";

/// The same for those before a new notice, with short pauses from then on.
const RENEW: &str = "UPDATE outbox SET next_attempt = $4, attempts = 0 WHERE team = $1 AND recipient = $2 \
    AND state = 'waiting' AND is_claimed = 0 AND batch < $3 AND next_attempt > $4";

/// The columns of a notice. It is overtaken if a later one to its recipient was sent.
const COLUMNS: &str = "team, recipient, kind, message_key, message, batch, created, expires, attempts, \
    (SELECT COUNT(*) FROM outbox AS later WHERE later.team = own.team AND later.recipient = own.recipient \
    AND later.state = 'sent' AND later.batch > own.batch)";

/// The text of a sent notice is no longer needed, only that it was sent.
const FINISH: &str = "UPDATE outbox SET state = $5, next_attempt = $6, message = '', is_claimed = 0 \
    WHERE team = $1 AND recipient = $2 AND kind = $3 AND message_key = $4 AND state = 'waiting'";

const DROP: &str = "DELETE FROM outbox WHERE team = $1 AND recipient = $2 AND kind = $3 AND message_key = $4";

/// The name of a team's webhook as a recipient.
pub const WEBHOOK: &str = "webhook";

/// A notice to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The team that it is about.
    pub team: TeamId,
    /// `engineer:ID`, `mail:ADDRESS` or [`WEBHOOK`].
    pub recipient: String,
    /// What it is about.
    pub kind: String,
    /// Distinguishes it from all others of its kind to its recipient.
    pub key: String,
    /// The text, in the format of the planner.
    pub message: String,
    /// Rises with each batch of the team's notices; 0 for one that is not in the outbox yet.
    pub batch: i64,
    /// When it became due.
    pub created: Instant,
    /// When it becomes out of date.
    pub expires: Instant,
    /// How often it was tried, including this time, since the last new notice to its recipient.
    pub attempts: u32,
    /// Whether a later one reached its recipient before it.
    pub is_overtaken: bool,
}

/// What becomes of a notice that could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Postponed<'p> {
    /// When it is tried again.
    pub until: Instant,
    /// Why; empty where it was not tried.
    pub failure: &'p str,
    /// Whether it alone was refused, so that those after it need not wait.
    pub is_refused: bool,
}

/// How notices are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Mail.
    Mail,
    /// Webhooks.
    Webhook,
}

/// Counts of a team's notices on one channel that are not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// The team that they are about.
    pub team: TeamId,
    /// How they are delivered.
    pub channel: Channel,
    /// How many wait.
    pub waiting: u64,
    /// How many of those were tried and failed.
    pub failing: u64,
    /// How many were given up in the requested period.
    pub given_up: u64,
    /// Why the last attempt failed; empty if none did.
    pub failure: String,
}

impl Channel {
    /// Both.
    pub const ALL: [Channel; 2] = [Channel::Mail, Channel::Webhook];

    /// `mail` or `webhook`.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Mail => "mail",
            Channel::Webhook => "webhook",
        }
    }

    fn of(recipient: &str) -> Channel {
        if recipient == WEBHOOK { Channel::Webhook } else { Channel::Mail }
    }

    fn condition(self) -> &'static str {
        match self {
            Channel::Mail => "recipient <> 'webhook'",
            Channel::Webhook => "recipient = 'webhook'",
        }
    }
}

impl Notice {
    fn id(&self) -> Vec<Param<'_>> {
        vec![
            self.team.as_str().into(),
            self.recipient.as_str().into(),
            self.kind.as_str().into(),
            self.key.as_str().into(),
        ]
    }
}

/// Adds a batch of `notices` of `team` to those that wait; existing ones are left as they are.
pub(super) fn insert(connection: &mut Connection, team: &TeamId, notices: &[Notice]) -> Result<()> {
    let rows = connection.query(NEXT_BATCH, &[team.as_str().into()])?;
    let batch = rows.first().map_or(Ok(1), |row| row.int(0))?;
    let params = |notice: &'_ Notice| -> Vec<i64> {
        [notice.created, notice.expires].map(|at| at.timestamp()).to_vec()
    };
    let times: Vec<Vec<i64>> = notices.iter().map(params).collect();
    let lists: Vec<Vec<Param<'_>>> = notices
        .iter()
        .zip(&times)
        .map(|(notice, times)| {
            let mut list = notice.id();
            list.push(notice.message.as_str().into());
            list.extend(times.iter().map(|time| Param::Int(*time)));
            list.push(batch.into());
            list
        })
        .collect();
    connection.execute_each(INSERT, &lists)?;
    let before: Vec<Vec<Param<'_>>> =
        notices.iter().map(|notice| before((notice, batch), notice.created)).collect();
    connection.execute_each(RENEW, &before).map(drop)
}

/// The parameters for those before `batch` in the queue of `notice`, which are tried at `at`.
fn before((notice, batch): (&Notice, i64), at: Instant) -> Vec<Param<'_>> {
    vec![notice.team.as_str().into(), notice.recipient.as_str().into(), batch.into(), at.timestamp().into()]
}

impl Database {
    /// Makes what a clock that was ahead wrote due at `now`: notices of a later time, those that wait until after
    /// `longest_wait`, and those that are claimed until after `longest_claim`.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn bring_back_notices(
        &self,
        now: Instant,
        longest_wait: Instant,
        longest_claim: Instant,
    ) -> std::result::Result<(), JournalError> {
        let params = [now, longest_wait, longest_claim].map(|at| Param::Int(at.timestamp()));
        self.transaction(|connection| connection.execute(BRING_BACK, &params).map(drop))
    }

    /// Claims the notice that has been due at `now` for longest: until `until` no other server gets it. One that has to
    /// wait delays those after it in its queue, unless it alone was refused. `None` if none is due, or other servers
    /// have claimed all of them.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn claim_notice(
        &self,
        channel: Channel,
        now: Instant,
        until: Instant,
    ) -> std::result::Result<Option<Notice>, JournalError> {
        self.transaction(|connection| {
            let select = format!(
                "SELECT {COLUMNS} FROM outbox AS own WHERE state = 'waiting' AND next_attempt <= $1 AND {} \
                 AND NOT EXISTS (SELECT 1 FROM outbox AS older WHERE older.team = own.team \
                 AND older.recipient = own.recipient AND older.state = 'waiting' AND older.batch < own.batch \
                 AND (older.is_refused = 0 OR older.is_claimed = 1 OR older.next_attempt <= $1)) \
                 ORDER BY next_attempt, created, recipient LIMIT 1{}",
                channel.condition(),
                connection.skipping_locked()
            );
            let rows = connection.query(&select, &[now.timestamp().into()])?;
            let Some(mut notice) = rows.first().map(read).transpose()?.flatten() else { return Ok(None) };
            let mut params = notice.id();
            params.push(until.timestamp().into());
            connection.execute(CLAIM, &params)?;
            notice.attempts += 1;
            Ok(Some(notice))
        })
    }

    /// Notes that a claimed notice was sent at `now`.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn mark_notice_sent(&self, notice: &Notice, now: Instant) -> std::result::Result<(), JournalError> {
        self.finish(notice, "sent", now)
    }

    /// Notes that a claimed notice is given up at `now`.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn give_up_notice(&self, notice: &Notice, now: Instant) -> std::result::Result<(), JournalError> {
        self.finish(notice, "failed", now)
    }

    fn finish(&self, notice: &Notice, state: &str, now: Instant) -> std::result::Result<(), JournalError> {
        self.transaction(|connection| {
            let mut params = notice.id();
            params.extend([Param::Text(state), now.timestamp().into()]);
            connection.execute(FINISH, &params).map(drop)
        })
    }

    /// Schedules another attempt for a claimed notice. One that alone was refused is tried once more before each later
    /// one of its queue, so that a temporary failure does not change the order.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn postpone_notice(
        &self,
        notice: &Notice,
        postponed: Postponed<'_>,
    ) -> std::result::Result<(), JournalError> {
        self.transaction(|connection| {
            let Postponed { until, failure, is_refused } = postponed;
            let mut params = notice.id();
            params.extend([Param::Int(until.timestamp()), failure.into(), Param::Int(is_refused.into())]);
            connection.execute(POSTPONE, &params)?;
            connection.execute(PRECEDE, &before((notice, notice.batch), until)).map(drop)
        })
    }

    /// Deletes a claimed notice that no longer needs to be sent.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn drop_notice(&self, notice: &Notice) -> std::result::Result<(), JournalError> {
        self.transaction(|connection| connection.execute(DROP, &notice.id()).map(drop))
    }

    /// The notices of `channel` that have waited since `created` or before and are not claimed.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn old_notices(
        &self,
        channel: Channel,
        created: Instant,
    ) -> std::result::Result<Vec<Notice>, JournalError> {
        self.read(|connection| {
            let select = format!(
                "SELECT {COLUMNS} FROM outbox AS own WHERE state = 'waiting' AND is_claimed = 0 \
                 AND created <= $1 AND {} ORDER BY created, recipient",
                channel.condition()
            );
            let rows = connection.query(&select, &[created.timestamp().into()])?;
            rows.iter().filter_map(|row| read(row).transpose()).collect()
        })
    }

    /// Frees the claims of a server that was killed, if only one server at a time can use the database. Claims in a
    /// shared database expire.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn release_notices(&self, now: Instant) -> std::result::Result<(), JournalError> {
        if self.is_shared() {
            return Ok(());
        }
        let release =
            "UPDATE outbox SET next_attempt = $1, is_claimed = 0 WHERE state = 'waiting' AND is_claimed = 1";
        self.transaction(|connection| connection.execute(release, &[now.timestamp().into()]).map(drop))
    }

    /// What waits and what was given up after `since`, by team and channel.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn undelivered_notices(&self, since: Instant) -> std::result::Result<Vec<Undelivered>, JournalError> {
        self.read(|connection| {
            let select = "SELECT team, recipient, state, failure FROM outbox \
                          WHERE state = 'waiting' OR (state = 'failed' AND next_attempt > $1) \
                          ORDER BY team, next_attempt";
            let mut found: Vec<Undelivered> = Vec::new();
            for row in connection.query(select, &[since.timestamp().into()])? {
                let Some(team) = TeamId::new(row.text(0)?) else { continue };
                let channel = Channel::of(row.text(1)?);
                let (is_waiting, failure) = (row.text(2)? == "waiting", row.text(3)?);
                let place = found.iter().position(|own| own.team == team && own.channel == channel);
                let place = place.unwrap_or_else(|| {
                    let failure = String::new();
                    found.push(Undelivered { team, channel, waiting: 0, failing: 0, given_up: 0, failure });
                    found.len() - 1
                });
                let Some(own) = found.get_mut(place) else { continue };
                own.waiting += u64::from(is_waiting);
                own.failing += u64::from(is_waiting && !failure.is_empty());
                own.given_up += u64::from(!is_waiting);
                if !failure.is_empty() {
                    own.failure = failure.to_owned();
                }
            }
            Ok(found)
        })
    }

    /// Deletes what was sent or given up before `since`.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn delete_notices(&self, since: Instant) -> std::result::Result<(), JournalError> {
        let delete = "DELETE FROM outbox WHERE state <> 'waiting' AND next_attempt < $1";
        self.transaction(|connection| connection.execute(delete, &[since.timestamp().into()]).map(drop))
    }
}

fn read(row: &Row) -> Result<Option<Notice>> {
    let time = |column| Ok(DateTime::from_timestamp(row.int(column)?, 0).unwrap_or_default());
    let Some(team) = TeamId::new(row.text(0)?) else { return Ok(None) };
    Ok(Some(Notice {
        team,
        recipient: row.text(1)?.to_owned(),
        kind: row.text(2)?.to_owned(),
        key: row.text(3)?.to_owned(),
        message: row.text(4)?.to_owned(),
        batch: row.int(5)?,
        created: time(6)?,
        expires: time(7)?,
        attempts: u32::try_from(row.int(8)?).unwrap_or_default(),
        is_overtaken: row.int(9)? > 0,
    }))
}
