//! Whether notices are delivered, for monitoring and for the pages of teams.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::journal::{Channel, Undelivered};
use crate::rota::TeamId;
use crate::text::count;

/// Counts of notices, and what could not be delivered.
#[derive(Debug, Default)]
pub struct NoticeStatus {
    counts: NoticeCounts,
    undelivered: Mutex<Vec<Undelivered>>,
}

/// Counts since the start, by channel.
#[derive(Debug, Default)]
pub struct NoticeCounts([ChannelCounts; 2]);

#[derive(Debug, Default)]
struct ChannelCounts {
    sent: AtomicU64,
    given_up: AtomicU64,
    failed_attempts: AtomicU64,
}

/// The counts of one channel, for monitoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelStatus {
    /// `mail` or `webhook`.
    pub channel: &'static str,
    /// How many notices were sent since the start.
    pub sent: u64,
    /// How many were given up since the start.
    pub given_up: u64,
    /// How many attempts failed since the start.
    pub failed_attempts: u64,
    /// How many wait now.
    pub waiting: u64,
}

impl NoticeCounts {
    fn of(&self, channel: Channel) -> &ChannelCounts {
        let NoticeCounts([mail, webhook]) = self;
        match channel {
            Channel::Mail => mail,
            Channel::Webhook => webhook,
        }
    }

    /// Counts a notice that was sent.
    pub fn add_sent(&self, channel: Channel) {
        self.of(channel).sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a notice that was given up.
    pub fn add_given_up(&self, channel: Channel) {
        self.of(channel).given_up.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an attempt that failed.
    pub fn add_failed_attempt(&self, channel: Channel) {
        self.of(channel).failed_attempts.fetch_add(1, Ordering::Relaxed);
    }
}

impl NoticeStatus {
    /// The counts since the start.
    pub fn counts(&self) -> &NoticeCounts {
        &self.counts
    }

    /// Replaces what could not be delivered so far.
    pub fn set_undelivered(&self, undelivered: Vec<Undelivered>) {
        *self.undelivered.lock().unwrap_or_else(PoisonError::into_inner) = undelivered;
    }

    /// Whether any notice of `channel` waits.
    pub fn has_waiting(&self, channel: Channel) -> bool {
        let undelivered = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
        undelivered.iter().any(|own| own.channel == channel && own.waiting > 0)
    }

    /// Every channel.
    pub fn channels(&self) -> Vec<ChannelStatus> {
        let undelivered = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
        let status = |channel: Channel| {
            let counts = self.counts.of(channel);
            let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            let own = undelivered.iter().filter(|own| own.channel == channel);
            ChannelStatus {
                channel: channel.as_str(),
                sent: get(&counts.sent),
                given_up: get(&counts.given_up),
                failed_attempts: get(&counts.failed_attempts),
                waiting: own.map(|own| own.waiting).sum(),
            }
        };
        Channel::ALL.map(status).to_vec()
    }

    /// `2 notices waiting: the mail server refuses (550)`, for each channel that fails for `team`.
    pub fn problems_of(&self, team: &TeamId) -> Vec<String> {
        let undelivered = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
        undelivered.iter().filter(|own| own.team == *team).flat_map(problems).collect()
    }

    /// The same for all teams together; empty while everything is delivered.
    pub fn problems(&self) -> Vec<String> {
        let undelivered = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums: BTreeMap<Channel, Undelivered> = BTreeMap::new();
        for own in undelivered.iter().filter(|own| own.failing + own.given_up > 0) {
            let sum = sums.entry(own.channel);
            sum.and_modify(|sum| {
                sum.waiting += own.waiting;
                sum.failing += own.failing;
                sum.given_up += own.given_up;
            })
            .or_insert_with(|| own.clone());
        }
        sums.values().flat_map(problems).collect()
    }
}

fn problems(own: &Undelivered) -> Vec<String> {
    let notices = |number: u64| {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        count(number, "notice", "notices")
    };
    let waiting = (own.failing > 0).then(|| format!("{} waiting: {}", notices(own.waiting), own.failure));
    let given_up = (own.given_up > 0)
        .then(|| format!("{} given up in the last 24 hours: {}", notices(own.given_up), own.failure));
    waiting.into_iter().chain(given_up).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undelivered(team: &str, channel: Channel, [waiting, failing, given_up]: [u64; 3]) -> Undelivered {
        let failure = if failing + given_up > 0 { "the mail server refuses (550)" } else { "" };
        let team = TeamId::new(team).unwrap();
        Undelivered { team, channel, waiting, failing, given_up, failure: failure.to_owned() }
    }

    #[test]
    fn what_fails_is_shown_by_team_and_in_all_and_what_only_waits_is_not() {
        let status = NoticeStatus::default();
        assert!(status.problems().is_empty());
        status.set_undelivered(vec![
            undelivered("data", Channel::Mail, [2, 1, 0]),
            undelivered("data", Channel::Webhook, [3, 0, 0]),
            undelivered("growth", Channel::Mail, [1, 1, 1]),
        ]);
        let data = TeamId::new("data").unwrap();
        assert_eq!(status.problems_of(&data), ["2 notices waiting: the mail server refuses (550)"]);
        assert_eq!(
            status.problems(),
            [
                "3 notices waiting: the mail server refuses (550)",
                "1 notice given up in the last 24 hours: the mail server refuses (550)"
            ]
        );
        status.counts().add_sent(Channel::Webhook);
        let shown: Vec<_> =
            status.channels().iter().map(|own| (own.channel, own.sent, own.waiting)).collect();
        assert_eq!(shown, [("mail", 0, 3), ("webhook", 1, 3)]);
    }
}
