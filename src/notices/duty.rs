//! Changes of duty: which confirmed shifts differ from those that were last reported.

use super::facts::{Facts, Terms};
use super::notified::{KnownDuty, Notified};
use super::settle::{is_urgent, settles};
use crate::rota::{EngineerId, EngineerIdx, Holding, Instant, Period, Role, changes, holdings};

/// A period in which an engineer gained or lost a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) engineer: EngineerIdx,
    pub(super) role: Role,
    pub(super) period: Period,
    /// Whether they have it now.
    pub(super) is_gain: bool,
}

/// What must be reported about duty, and when there may be more.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// The changes that have settled: of each engineer all that are near.
    pub(super) moves: Vec<Move>,
    /// When the next one settles, or becomes near.
    pub(super) next: Option<Instant>,
}

/// The confirmed shifts of everybody.
fn confirmed(facts: &Facts<'_>) -> Vec<Holding> {
    let mut all = holdings(facts.team, facts.schedule);
    all.retain(|holding| !holding.side.tentative);
    all
}

fn of<'h>(all: &'h [Holding], engineer: &EngineerId) -> impl Iterator<Item = &'h Holding> {
    all.iter().filter(move |holding| holding.side.engineer == *engineer)
}

/// Compares the confirmed shifts with those in `known`.
pub(super) fn moved(facts: &Facts<'_>, terms: &Terms, known: &Notified, now: Instant) -> Moved {
    let now_held = confirmed(facts);
    let mut moved = Moved::default();
    for engineer in facts.team.indices() {
        let id = &facts.team.engineer(engineer).id;
        let Some(duty) = known.duty.get(id.as_str()) else { continue };
        let before = duty.holdings(id);
        let after: Vec<Holding> = of(&now_held, id).cloned().collect();
        let mut differing = differences(facts, &before, &after, (duty.until, now));
        differing.iter_mut().for_each(|found| found.engineer = engineer);
        let (near, far): (Vec<Move>, Vec<Move>) =
            differing.into_iter().partition(|found| found.period.start() < terms.horizon(now));
        let comes_near = far.iter().map(|found| found.period.start() - terms.ahead()).min();
        moved.next = [moved.next, comes_near].into_iter().flatten().min();
        if near.is_empty() {
            continue;
        }
        let is_urgent = near.iter().any(|found| is_urgent(found.period.start(), now));
        // Any edit of the team counts: what one person does in a minute is one batch of messages.
        match settles(facts.edits.iter().copied(), duty.at, is_urgent, now) {
            Some(later) => moved.next = [moved.next, Some(later)].into_iter().flatten().min(),
            None => moved.moves.extend(near),
        }
    }
    moved
}

/// What one engineer gained and lost within what was known and has not ended. The caller fills in the engineer.
fn differences(
    facts: &Facts<'_>,
    before: &[Holding],
    after: &[Holding],
    (until, now): (Instant, Instant),
) -> Vec<Move> {
    let mut found = Vec::new();
    for piece in facts.pieces(now) {
        let Some(window) = Period::new(piece.start(), piece.end().min(until)) else { continue };
        if window.end() <= now {
            continue;
        }
        let changed = changes(before, after, window).into_iter();
        found.extend(changed.filter(|change| now < change.period.end()).map(|change| Move {
            engineer: EngineerIdx(0),
            role: change.role,
            period: change.period,
            is_gain: change.after.is_some(),
        }));
    }
    found
}

/// Records in `known` that `moves` are reported at `now`, and what is new without being a change: engineers, addresses,
/// and weeks that enter the window.
pub(super) fn remember(facts: &Facts<'_>, terms: &Terms, moves: &[Move], known: &mut Notified, now: Instant) {
    let now_held = confirmed(facts);
    let (team, end) = (facts.team, facts.end(now));
    known.duty.retain(|id, _| team.index_of(id).is_some());
    for engineer in team.indices() {
        let id = &team.engineer(engineer).id;
        let has_address = terms.addressed.contains(id);
        let is_known = known.duty.get(id.as_str()).is_some_and(|duty| duty.has_address || !has_address);
        if !is_known {
            let duty = KnownDuty {
                at: now,
                until: Instant::MIN_UTC,
                has_address,
                primary: Vec::new(),
                secondary: Vec::new(),
            };
            known.duty.insert(id.to_string(), duty);
        }
        let Some(duty) = known.duty.get_mut(id.as_str()) else { continue };
        duty.has_address = has_address;
        for found in moves.iter().filter(|found| found.engineer == engineer) {
            duty.set(found.role, found.period, found.is_gain);
            duty.at = now;
        }
        if duty.until < end {
            if let Some(new) = Period::new(duty.until, end) {
                for held in of(&now_held, id) {
                    if let Some(part) = held.period.intersection(new) {
                        duty.set(held.role, part, true);
                    }
                }
            }
            duty.until = end;
        }
        if let Some(first) = facts.schedule.weeks.first() {
            duty.forget_before(first.week.period.start());
        }
    }
}

/// What everybody held according to `known`, to name previous holders.
pub(super) fn held_before(known: &Notified) -> Vec<Holding> {
    let of = |(id, duty): (&String, &KnownDuty)| EngineerId::new(id).map(|id| duty.holdings(&id));
    known.duty.iter().filter_map(of).flatten().collect()
}
