//! Which messages are due now, and what their recipients will know.

use chrono::TimeDelta;

use super::agreement::{News, agreement, open};
use super::duty::Move;
use super::facts::{Facts, Terms};
use super::message::Message;
use super::notified::Notified;
use super::settle::{is_urgent, settles};
use super::{agreement as conflicts, agreement_words, digest, duty, duty_words};
use crate::rota::{Instant, Period, coverage};

/// The time between two digests.
const WEEK: TimeDelta = TimeDelta::weeks(1);

/// What to send at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The messages that are due together.
    pub messages: Vec<Message>,
    /// What the recipients know once they have these messages.
    pub notified: Notified,
    /// When there may be more to do even if nothing changes; `None` if only after a change.
    pub next: Option<Instant>,
}

/// The messages that are due at `now` to recipients who know what `known` says. Without it notices have just been
/// configured: then only the team gets a message, about what is open, and everything else counts as known.
///
/// ```
/// # use oncal::notices::{Facts, Terms, plan};
/// # fn example(facts: &Facts<'_>, terms: &Terms, now: oncal::rota::Instant) {
/// let first = plan(facts, terms, None, now);
/// let again = plan(facts, terms, Some(&first.notified), now);
/// assert!(again.messages.is_empty());
/// # }
/// ```
pub fn plan(facts: &Facts<'_>, terms: &Terms, known: Option<&Notified>, now: Instant) -> Plan {
    let Some(known) = known else { return begin(facts, terms, now) };
    let rows = coverage(facts.team, facts.schedule).rows;
    let duty::Moved { near: mut moves, next: moved_next } = duty::moved(facts, terms, known, now);
    let mut agreement = agreement(facts, &rows, (terms, known), now);
    let settled = unsettled_until(facts, known, (&moves, &agreement.news), now);
    if settled.is_some() {
        moves.clear();
        agreement.news.retain(News::is_reminder);
    }
    let key = key(known, now);
    let mut messages = duty_words::messages(facts, terms, (&moves, known), &key, now);
    // The first message to a team has all that is open. It waits until that has settled.
    let begun = Terms { has_team: terms.has_team && known.has_team, ..terms.clone() };
    messages.extend(agreement_words::messages(facts, &begun, (&agreement.news, known), &key, now));
    let mut notified = known.clone();
    duty::remember(facts, terms, settled.is_none().then_some(&moves[..]), &mut notified, now);
    conflicts::remember(facts, &agreement.news, &mut notified, now);
    if !moves.is_empty() || agreement.news.iter().any(|news| !news.is_reminder()) {
        notified.reported = Some(now);
    }
    if terms.has_team && !known.has_team && settled.is_none() {
        messages.extend(agreement_words::first(facts, known, &key, now));
    }
    let times = digest::times(facts, terms, now);
    if let Some((last, _)) = times {
        let is_new = known.digest.is_some_and(|before| before < last) && known.digest_terms == terms.digest;
        let is_due = terms.has_team && is_new && now - last <= digest::MAX_DELAY;
        messages.extend(is_due.then(|| digest::digest(facts, &key, now)).flatten());
    }
    // A clock that was set back over the time of the digest does not make it due again.
    let handled = known.digest.filter(|handled| known.digest_terms == terms.digest && *handled < now + WEEK);
    notified.digest = times.map(|(last, _)| handled.map_or(last, |handled| handled.max(last)));
    notified.digest_terms = terms.digest;
    notified.has_team = terms.has_team && (known.has_team || settled.is_none());
    notified.forget(facts.team, now);
    let is_batch = !moves.is_empty() || !agreement.news.is_empty() || !messages.is_empty();
    notified.batches += u64::from(is_batch);
    let next = [moved_next, agreement.next, settled, times.map(|(_, next)| next)];
    let next = next.into_iter().flatten().min();
    Plan { messages, notified, next }
}

/// When the changes that are near have settled; `None` if they have. All of a team settle together, as soon as the most
/// urgent of them: a message about one names what was before, and an edit often moves several people.
fn unsettled_until(
    facts: &Facts<'_>,
    known: &Notified,
    (moves, news): (&[Move], &[News<'_>]),
    now: Instant,
) -> Option<Instant> {
    let moved = moves.iter().map(|found| found.period.start());
    let news = news.iter().filter(|news| !news.is_reminder());
    let first = moved.chain(news.filter_map(News::period).map(Period::start)).min()?;
    // A report in the future was made by a clock that was ahead.
    let since = known.reported.filter(|at| *at <= now).unwrap_or(Instant::MIN_UTC);
    settles(facts.edits.iter().copied(), since, is_urgent(first, now), now)
}

fn begin(facts: &Facts<'_>, terms: &Terms, now: Instant) -> Plan {
    let mut notified = Notified { batches: 1, has_team: terms.has_team, ..Notified::default() };
    duty::remember(facts, terms, Some(&[]), &mut notified, now);
    // The rest is reported once it comes near.
    let near = open(facts, now).into_iter().filter(|open| open.near_from(facts, terms) <= now);
    notified.conflicts.extend(near.map(|open| open.known(facts.team, now)));
    let times = digest::times(facts, terms, now);
    notified.digest = times.map(|(last, _)| last);
    notified.digest_terms = terms.digest;
    let unknown = Notified::default();
    let first = terms.has_team.then(|| agreement_words::first(facts, &unknown, &key(&unknown, now), now));
    Plan { messages: first.flatten().into_iter().collect(), notified, next: Some(now) }
}

/// No two batches of a team have the same key, even if what was known is lost.
fn key(known: &Notified, now: Instant) -> String {
    format!("{}-{}", now.format("%Y%m%dT%H%M%SZ"), known.batches)
}
