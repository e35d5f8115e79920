//! Delivers the notices of one channel: claims each, sends it and marks it.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::destinations::{Destination, Environment, destination};
use crate::config::TeamConfig;
use crate::delivery::{Failure, FailureScope, Mail, Reason, Transport, fitted, neutralised};
use crate::journal::{Channel, Database, JournalError, Notice, Postponed, WEBHOOK};
use crate::live::{NoticeCounts, Snapshot, TeamSnapshot};
use crate::notices::Text;
use crate::publish::JournalState;
use crate::rota::Instant;

/// How long no other server takes a claimed notice: longer than any attempt.
const CLAIM: TimeDelta = TimeDelta::minutes(5);

/// How long a notice is tried.
const TRIED: TimeDelta = TimeDelta::days(3);

/// The pauses after the first failures; the last one is repeated.
const PAUSES: [TimeDelta; 9] = [
    TimeDelta::seconds(15),
    TimeDelta::seconds(30),
    TimeDelta::minutes(1),
    TimeDelta::minutes(2),
    TimeDelta::minutes(5),
    TimeDelta::minutes(10),
    TimeDelta::minutes(20),
    TimeDelta::minutes(30),
    TimeDelta::hours(1),
];

/// The pause after any number of failures is no longer.
const LONGEST_PAUSE: TimeDelta = PAUSES[PAUSES.len() - 1];

/// Clocks of servers that share a database differ by less.
const SKEW: TimeDelta = CLAIM;

/// How soon a notice that this server cannot send yet, or leaves to others, is looked at again.
const LATER: TimeDelta = TimeDelta::seconds(10);

/// Contains no time.
const NO_PAUSE: Range<Instant> = Instant::MIN_UTC..Instant::MIN_UTC;

/// How many notices one step sends at most, so that a change of the configuration is seen in between.
const MAX_IN_A_ROW: usize = 50;

/// Delivers the notices of one channel.
#[derive(Debug)]
pub struct Sender<T> {
    channel: Channel,
    database: Arc<Database>,
    environment: Environment,
    transport: T,
    /// Sent, and not marked yet because the database could not be written.
    unmarked: Option<(Notice, Instant)>,
    /// How often in a row the server failed for everybody.
    failures: u32,
    /// When nothing is tried after that. A clock that is set back ends it.
    pause: Range<Instant>,
    /// See [`Sender::has_left_some`].
    has_left_some: bool,
    /// Set once no further message may be started.
    is_stopping: Arc<AtomicBool>,
}

impl<T: Transport> Sender<T> {
    /// Delivers the notices in `database` that are carried by `channel` through `transport`.
    pub fn new(
        channel: Channel,
        database: Arc<Database>,
        environment: Environment,
        transport: T,
    ) -> Sender<T> {
        Sender {
            channel,
            database,
            environment,
            transport,
            unmarked: None,
            failures: 0,
            pause: NO_PAUSE,
            has_left_some: false,
            is_stopping: Arc::default(),
        }
    }

    /// Starts no further message once `is_stopping` is set.
    #[must_use]
    pub fn until(self, is_stopping: Arc<AtomicBool>) -> Sender<T> {
        Sender { is_stopping, ..self }
    }

    /// Something new is due, which is worth an attempt at once and short pauses after it.
    pub fn hurry(&mut self) {
        self.failures = 0;
        self.pause = NO_PAUSE;
    }

    /// Whether the last step left notices for later, or to other servers.
    pub fn has_left_some(&self) -> bool {
        self.has_left_some
    }

    /// Sends what is due at the time that `now` returns, which is called for each notice.
    ///
    /// # Errors
    ///
    /// If the database cannot be read or written.
    pub fn step(
        &mut self,
        snapshot: &Snapshot,
        counts: &NoticeCounts,
        now: impl Fn() -> Instant,
    ) -> Result<(), JournalError> {
        if let Some((notice, at)) = self.unmarked.take() {
            self.mark_sent(notice, at)?;
        }
        self.has_left_some = false;
        let at = now();
        let (wait, claim) = (at + LONGEST_PAUSE + SKEW, at + CLAIM + SKEW);
        self.database.bring_back_notices(at, wait, claim)?;
        for _ in 0..MAX_IN_A_ROW {
            let at = now();
            if self.is_stopping.load(Ordering::Relaxed) {
                return Ok(());
            }
            if self.pause.contains(&at) {
                return Ok(());
            }
            let Some(notice) = self.database.claim_notice(self.channel, at, at + CLAIM)? else {
                return Ok(());
            };
            self.deliver(snapshot, counts, notice, at)?;
        }
        Ok(())
    }

    fn deliver(
        &mut self,
        snapshot: &Snapshot,
        counts: &NoticeCounts,
        notice: Notice,
        at: Instant,
    ) -> Result<(), JournalError> {
        let text: Option<Text> = serde_json::from_str(&notice.message).ok();
        let (team, kind) = (&notice.team, notice.kind.as_str());
        let settings = &snapshot.configuration().settings;
        let Some((text, readable)) =
            text.and_then(|text| Some((text.clone(), readable(&notice, &text, at)?)))
        else {
            tracing::info!(%team, kind, "a notice is out of date and is not sent");
            return self.database.drop_notice(&notice);
        };
        let served = snapshot.team(team.as_str());
        let is_expected = snapshot.is_broken(team.as_str());
        let is_newest = served.is_some_and(|served| served.journal_state() == JournalState::Written);
        if is_expected || self.database.is_shared() && !is_newest {
            // The team's file comes back, or another server, whose configuration is newer, knows where it goes.
            return self.leave(&notice, at);
        }
        let Some(config) = served.map(TeamSnapshot::config) else {
            tracing::info!(%team, kind, "the team of a notice is gone; it is not sent");
            return self.database.drop_notice(&notice);
        };
        let sent = match destination(&notice.recipient, config, settings, &self.environment) {
            Ok(None) if self.database.is_shared() && notice.recipient == WEBHOOK => {
                // Another server may have it in its environment.
                return self.leave(&notice, at);
            }
            Ok(None) => {
                tracing::info!(%team, kind, "the recipient of a notice has no address any more; it is not sent");
                return self.database.drop_notice(&notice);
            }
            Ok(Some(destination)) => {
                let carried = Carried { text: &text, readable, notice: &notice };
                carried.send(&destination, config, &self.transport)
            }
            Err(failure) => Err(failure),
        };
        match sent {
            Ok(()) => {
                self.hurry();
                counts.add_sent(self.channel);
                tracing::info!(%team, kind, channel = self.channel.as_str(), "notice sent");
                self.mark_sent(notice, at)
            }
            Err(failure) => self.failed(counts, &notice, failure, at),
        }
    }

    /// Leaves a claimed notice that this server cannot send now, for three days.
    fn leave(&mut self, notice: &Notice, at: Instant) -> Result<(), JournalError> {
        let (team, kind) = (&notice.team, notice.kind.as_str());
        if at - TRIED >= notice.created {
            tracing::warn!(%team, kind, "no server has sent a notice for three days: its team or webhook may be gone; it is dropped");
            return self.database.drop_notice(notice);
        }
        self.has_left_some = true;
        let postponed = Postponed { until: at + LATER, failure: "", is_refused: false };
        self.database.postpone_notice(notice, postponed)
    }

    /// Marks that `notice` was sent at `at`; if that fails, it is marked before anything else is sent.
    fn mark_sent(&mut self, notice: Notice, at: Instant) -> Result<(), JournalError> {
        let marked = self.database.mark_notice_sent(&notice, at);
        self.unmarked = marked.is_err().then_some((notice, at));
        marked
    }

    fn failed(
        &mut self,
        counts: &NoticeCounts,
        notice: &Notice,
        failure: Failure,
        at: Instant,
    ) -> Result<(), JournalError> {
        counts.add_failed_attempt(self.channel);
        let (team, kind, channel) = (&notice.team, notice.kind.as_str(), self.channel.as_str());
        let reason = failure.reason.to_string();
        tracing::warn!(%team, kind, channel, attempts = notice.attempts, reason, "failed to send a notice");
        let is_general = failure.scope == FailureScope::Everybody;
        let until = if is_general {
            self.failures += 1;
            // After a pause of the server everything is due, and what was tried last comes last.
            self.pause = at..at + pause(self.failures);
            self.pause.end
        } else {
            at + pause(notice.attempts)
        };
        let is_refused = failure.scope == FailureScope::Message;
        self.database.postpone_notice(notice, Postponed { until, failure: &reason, is_refused })?;
        if at - TRIED >= notice.created {
            self.give_up(counts, notice, &reason, at)?;
        }
        if is_general {
            // Older ones would fail for the same reason.
            for old in self.database.old_notices(self.channel, at - TRIED)? {
                self.give_up(counts, &old, &reason, at)?;
            }
        }
        Ok(())
    }

    fn give_up(
        &self,
        counts: &NoticeCounts,
        notice: &Notice,
        reason: &str,
        at: Instant,
    ) -> Result<(), JournalError> {
        self.database.give_up_notice(notice, at)?;
        counts.add_given_up(self.channel);
        let (team, kind, channel) = (&notice.team, notice.kind.as_str(), self.channel.as_str());
        tracing::error!(%team, kind, channel, attempts = notice.attempts, reason, "a notice is given up after three days");
        Ok(())
    }
}

/// Subject and body of `notice` at `at`.
fn readable(notice: &Notice, text: &Text, at: Instant) -> Option<(String, String)> {
    if notice.is_overtaken { text.delayed_at(at) } else { text.at(at) }
}

/// The pause after this many failures in a row.
fn pause(failures: u32) -> TimeDelta {
    let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    PAUSES[place.min(PAUSES.len() - 1)]
}

/// A message as it is carried.
struct Carried<'c> {
    text: &'c Text,
    /// Subject and body.
    readable: (String, String),
    notice: &'c Notice,
}

impl Carried<'_> {
    fn send(
        &self,
        destination: &Destination,
        config: &TeamConfig,
        transport: &impl Transport,
    ) -> Result<(), Failure> {
        let (subject, body) = &self.readable;
        let link = self.text.link.as_deref();
        match destination {
            Destination::Webhook(url) => {
                let text = neutralised(&format!("{subject}\n\n{body}"));
                transport.webhook(url, &fitted(&text, link))
            }
            Destination::Mail { server, password, to } => {
                let link = link.map_or_else(String::new, |link| format!("\n{link}\n"));
                let domain = &config.team.uid_domain;
                let mail = Mail {
                    to: to.clone(),
                    subject: subject.clone(),
                    body: format!("{body}\n{link}"),
                    date: self.notice.created,
                    message_id: format!("<{}@{domain}>", message_id(self.notice)),
                    list_id: format!("<{}.on-call.{domain}>", self.notice.team),
                };
                transport.mail(server, password.as_deref(), &mail)
            }
        }
    }
}

/// Unique to the notice, and the same for each attempt.
fn message_id(notice: &Notice) -> String {
    let Notice { team, recipient, kind, key, .. } = notice;
    let mut id = hex::encode(Sha256::digest(format!("{team}\n{recipient}\n{kind}\n{key}")));
    id.truncate(32);
    id
}

/// Sends a message at once, outside the outbox, as `notice` would be sent.
///
/// # Errors
///
/// If it cannot be delivered, or nothing of it is worth sending at `at`.
pub fn carried(
    notice: &Notice,
    text: &Text,
    (destination, config): (&Destination, &TeamConfig),
    transport: &impl Transport,
    at: Instant,
) -> Result<(), Failure> {
    let readable = readable(notice, text, at).ok_or(Failure::of_message(Reason::MailMessage))?;
    Carried { text, readable, notice }.send(destination, config, transport)
}
