//! Wording that several kinds of notices share.

use chrono::{Datelike, TimeDelta};

use super::facts::Facts;
use super::message::{Kind, Message, Part, Recipient, Text};
use super::notified::Notified;
use crate::rota::{
    EngineerIdx, Instant, Period, ProposalStatus, Role, Shift, ShiftKind, Zone, merge_adjacent,
};
use crate::text::{WallClock, Year, list, reason};

/// How long a test message may wait.
const TEST_EXPIRES: TimeDelta = TimeDelta::hours(1);

/// The clock by which a recipient reads times at `now`.
pub(super) fn clock(zone: &Zone, now: Instant) -> WallClock<'_> {
    WallClock { zone, year: Year::UnlessIn(zone.local(now).year()) }
}

/// The zone in which `to` reads times.
pub(super) fn zone_of<'f>(facts: &'f Facts<'_>, to: &Recipient) -> &'f Zone {
    let engineer = match to {
        Recipient::Team => None,
        Recipient::Engineer(id) => facts.team.index_of(id.as_str()),
    };
    engineer.map_or(&facts.team.zone, |engineer| &facts.team.engineer(engineer).zone)
}

/// What a subject begins with. The team's messages name it, since a list may have several teams.
pub(super) fn prefix(facts: &Facts<'_>, to: &Recipient) -> String {
    match to {
        Recipient::Team => format!("On-call {}", facts.team_name()),
        Recipient::Engineer(_) => "On-call".to_owned(),
    }
}

/// `Times are in Europe/London.`
pub(super) fn times_in(zone: &Zone) -> String {
    format!("Times are in {}.", zone.name())
}

/// Who sent a message and why, at its end.
pub(super) fn footer(facts: &Facts<'_>, to: &Recipient) -> String {
    let whose = match to {
        Recipient::Team => "the team's address",
        Recipient::Engineer(_) => "your address",
    };
    let team = facts.team_name();
    format!("You get this because {whose} is in the on-call plan of {team}. Sent by oncal.")
}

/// `Data Engineer A` or `Data Engineer A and Data Engineer B`, in this order; `nobody` if there is none.
pub(super) fn names(facts: &Facts<'_>, people: &[EngineerIdx]) -> String {
    let names: Vec<String> = people.iter().map(|engineer| facts.name(*engineer)).collect();
    if names.is_empty() { "nobody".to_owned() } else { list(&names) }
}

/// The name of somebody who may have left the file.
pub(super) fn name_of(facts: &Facts<'_>, known: &Notified, id: &str) -> String {
    if let Some(engineer) = facts.team.index_of(id) {
        return facts.name(engineer);
    }
    let name = known.duty.get(id).map(|duty| duty.name.clone());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_owned())
}

/// Whether `to` is `engineer`.
pub(super) fn is_for(facts: &Facts<'_>, to: &Recipient, engineer: EngineerIdx) -> bool {
    matches!(to, Recipient::Engineer(id) if *id == facts.team.engineer(engineer).id)
}

/// The name of `engineer` as `to` reads it: `Data Engineer A (you)` where it is their own.
pub(super) fn name_for(facts: &Facts<'_>, to: &Recipient, engineer: EngineerIdx) -> String {
    let name = facts.name(engineer);
    if is_for(facts, to, engineer) { format!("{name} (you)") } else { name }
}

/// Who has a role for a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// `None` if nobody has it.
    pub(super) engineer: Option<EngineerIdx>,
    /// The status of the proposal, where the team still must agree.
    pub(super) open: Option<ProposalStatus>,
}

/// Who has `role` within `period` now: a piece for each change of the holder, or of how certain that is.
pub(super) fn held(facts: &Facts<'_>, role: Role, period: Period) -> Vec<(Period, Held)> {
    let status = |period: Period| {
        let mut conflicts = facts.schedule.weeks.iter().flat_map(|planned| &planned.conflicts);
        let conflict = conflicts.find(|conflict| conflict.period.overlaps(period));
        conflict.map_or(ProposalStatus::Proposed, |conflict| conflict.status)
    };
    let pieces = facts.schedule.duties_within(period).filter_map(|duty| {
        let (part, holder) = (duty.period.intersection(period)?, duty.holder(role));
        let is_open = holder.is_some_and(|holder| holder.kind.is_tentative());
        let open = is_open.then(|| status(part));
        Some((part, Held { engineer: holder.map(|holder| holder.engineer), open }))
    });
    let pieces = merge_adjacent(pieces);
    if pieces.is_empty() { vec![(period, Held::default())] } else { pieces }
}

/// Which rules give the shifts of `role` within `period` to their holders: `covers Christmas Day for Data Engineer A`.
pub(super) fn why(facts: &Facts<'_>, role: Role, period: Period) -> String {
    let shifts = facts.schedule.weeks.iter().flat_map(|planned| &planned.shifts);
    let shifts = shifts.filter(|shift| shift.role == role && shift.period.overlaps(period));
    let mut reasons: Vec<String> = Vec::new();
    for reason in shifts.map(|shift| why_of(facts, shift)) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    // Somebody always is primary.
    if reasons.is_empty() { "nobody stands in".to_owned() } else { reasons.join("; ") }
}

fn why_of(facts: &Facts<'_>, shift: &Shift) -> String {
    let holder = &shift.holder;
    let given = holder.reason.as_deref().map(reason);
    let with = |what: &str| match &given {
        Some(given) => format!("{what}: {given}"),
        None => what.to_owned(),
    };
    let instead_of = holder.instead_of.map(|engineer| facts.name(engineer));
    let for_whom = |verb: &str, otherwise: &str| match &instead_of {
        Some(name) => format!("{verb} {name}"),
        None => otherwise.to_owned(),
    };
    match holder.kind {
        ShiftKind::Rotation => "the rotation".to_owned(),
        ShiftKind::Swap => with("the week was swapped"),
        ShiftKind::Override => with("agreed by the team"),
        ShiftKind::Backfill => for_whom("stands in for", "stands in"),
        ShiftKind::Cover => {
            let what = given.as_deref().unwrap_or("an absence");
            for_whom(&format!("covers {what} for"), &format!("covers {what}"))
        }
        ShiftKind::Proposal => {
            let away = given.map_or_else(String::new, |given| format!(" ({given})"));
            format!(
                "the primary is away{away} and the secondary cannot cover, so the team must agree on somebody"
            )
        }
    }
}

/// A message that shows somebody that notices reach them.
pub fn test_message(facts: &Facts<'_>, to: Recipient, now: Instant) -> Message {
    let text = format!(
        "This is a test of the notices of {}. If you can read this, notices reach you here.",
        facts.team_name()
    );
    let text = Text {
        prefix: prefix(facts, &to),
        parts: vec![Part::new("test message".to_owned(), text, now + TEST_EXPIRES)],
        closing: footer(facts, &to),
        link: facts.page.clone(),
        ..Text::default()
    };
    Message { kind: Kind::Test, to, key: now.format("%Y%m%dT%H%M%S%.3fZ").to_string(), text }
}
