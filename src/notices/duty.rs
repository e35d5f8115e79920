//! Changes of duty: which confirmed shifts differ from those that were last reported.

use super::facts::{Facts, Terms};
use super::notified::{KnownDuty, Notified};
use crate::rota::{EngineerId, Holding, Instant, Period, Role, changes, holdings};

/// A period in which an engineer gained or lost a role. They may have left the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) engineer: EngineerId,
    pub(super) role: Role,
    pub(super) period: Period,
    /// Whether they have it now.
    pub(super) is_gain: bool,
}

/// What differs from what is known about duty.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// The changes that are near, and what belongs to them.
    pub(super) near: Vec<Move>,
    /// When the next one becomes near.
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
    let mut found = Vec::new();
    for (id, duty) in &known.duty {
        let Some(engineer) = EngineerId::new(id) else { continue };
        let after: Vec<Holding> = of(&now_held, &engineer).cloned().collect();
        let before = duty.holdings(&engineer);
        found.extend(differences(facts, &engineer, [&before, &after], (duty.until, now)));
    }
    let (mut near, mut far): (Vec<Move>, Vec<Move>) =
        found.into_iter().partition(|found| found.period.start() < terms.horizon(now));
    // What was taken from one person and given to several is one change: each message names the others.
    loop {
        let belongs = |found: &Move| near.iter().any(|near| near.belongs_to(found));
        let (with, rest): (Vec<Move>, Vec<Move>) = far.into_iter().partition(belongs);
        far = rest;
        if with.is_empty() {
            break;
        }
        near.extend(with);
    }
    Moved { near, next: far.iter().map(|found| found.period.start() - terms.ahead()).min() }
}

impl Move {
    /// Whether both are of one change: the other side of it, or the other role of the same engineer.
    fn belongs_to(&self, other: &Move) -> bool {
        self.period.overlaps(other.period) && (self.role == other.role || self.engineer == other.engineer)
    }
}

/// What `engineer` gained and lost within what was known and has not ended.
fn differences(
    facts: &Facts<'_>,
    engineer: &EngineerId,
    [before, after]: [&[Holding]; 2],
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
            engineer: engineer.clone(),
            role: change.role,
            period: change.period,
            is_gain: change.after.is_some(),
        }));
    }
    found
}

/// Records in `known` that `moves` are reported, and what is new without being a change: engineers, addresses, and
/// weeks that enter the window. Without `moves` changes have not settled: whoever is new may be gone again.
pub(super) fn remember(
    facts: &Facts<'_>,
    terms: &Terms,
    moves: Option<&[Move]>,
    known: &mut Notified,
    now: Instant,
) {
    let now_held = confirmed(facts);
    let (team, end) = (facts.team, facts.end(now));
    for found in moves.unwrap_or_default() {
        if let Some(duty) = known.duty.get_mut(found.engineer.as_str()) {
            duty.set(found.role, found.period, found.is_gain);
        }
    }
    for engineer in team.indices() {
        let id = &team.engineer(engineer).id;
        let has_address = terms.addressed.contains(id);
        let is_known = known.duty.get(id.as_str()).is_some_and(|duty| duty.has_address || !has_address);
        if !is_known {
            if moves.is_none() {
                continue;
            }
            known.duty.insert(id.to_string(), KnownDuty::default());
        }
        let Some(duty) = known.duty.get_mut(id.as_str()) else { continue };
        duty.has_address = has_address;
        duty.name = facts.name(engineer);
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
    }
}

/// What everybody held according to `known`, to name previous holders.
pub(super) fn held_before(known: &Notified) -> Vec<Holding> {
    let of = |(id, duty): (&String, &KnownDuty)| EngineerId::new(id).map(|id| duty.holdings(&id));
    known.duty.iter().filter_map(of).flatten().collect()
}
