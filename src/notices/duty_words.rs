//! Messages about changes of duty.

use super::duty::Move;
use super::facts::{Facts, Terms};
use super::message::{Kind, Message, Part, Recipient, Text};
use super::settle::is_urgent;
use super::words::{clock, footer, holders, names, prefix, times_in, why, zone_of};
use crate::rota::{Conflict, EngineerIdx, Holding, Instant, Period, Periods, ProposalStatus, Role};
use crate::text::{WallClock, list, role_title};

/// Calendar programs refresh at different times.
const CALENDARS: &str =
    "Your calendar may take a while to show this: Google refreshes subscribed calendars every 8 to 24 hours.";

/// What is needed to put moves into words.
struct Writer<'w> {
    facts: &'w Facts<'w>,
    /// What everybody was known to hold.
    before: &'w [Holding],
    now: Instant,
}

/// A message to each engineer whose duty changed and who has an address, and one to the team. No other messages have
/// this `key`.
pub(super) fn messages(
    facts: &Facts<'_>,
    terms: &Terms,
    (moves, before): (&[Move], &[Holding]),
    key: &str,
    now: Instant,
) -> Vec<Message> {
    let writer = Writer { facts, before, now };
    let mut messages = Vec::new();
    for engineer in facts.team.indices() {
        let own: Vec<Move> = moves.iter().filter(|found| found.engineer == engineer).copied().collect();
        let id = &facts.team.engineer(engineer).id;
        if !own.is_empty() && terms.addressed.contains(id) {
            messages.push(writer.for_engineer(Recipient::Engineer(id.clone()), own, key));
        }
    }
    if terms.has_team && !moves.is_empty() {
        messages.push(writer.for_team(moves, key));
    }
    messages
}

impl Writer<'_> {
    fn for_engineer(&self, to: Recipient, mut own: Vec<Move>, key: &str) -> Message {
        own.sort_by_key(|found| (found.period.start(), found.role, !found.is_gain));
        let zone = zone_of(self.facts, &to);
        let clock = clock(zone, self.now);
        let is_lost = |found: &Move, other: &Move| !other.is_gain && other.period == found.period;
        let parts = own.iter().filter_map(|found| {
            let changes_role = own.iter().any(|other| found.is_gain && is_lost(found, other));
            // The gain of the other role says both.
            let is_said = !found.is_gain && own.iter().any(|other| other.is_gain && is_lost(other, found));
            (!is_said).then(|| self.own_part(found, changes_role, clock))
        });
        let parts = parts.collect();
        let team = self.facts.team_name();
        let intro = format!("Your on-call duty for {team} has changed. {}", times_in(zone));
        let urgent = own.iter().any(|found| is_urgent(found.period.start(), self.now));
        self.message(to, (intro, parts), urgent, key)
    }

    fn own_part(&self, found: &Move, changes_role: bool, clock: WallClock<'_>) -> Part {
        let (headline, lines) = match (found.is_gain, changes_role) {
            (false, _) => self.lost(found, clock),
            (true, true) => self.other_role(found, clock),
            (true, false) => self.gained(found, clock),
        };
        Part { headline, text: lines.join("\n  "), expires: found.period.end() }
    }

    fn lost(&self, found: &Move, clock: WallClock<'_>) -> (String, Vec<String>) {
        let (span, role) = (clock.span(found.period), found.role);
        let why = format!("Why: {}", why(self.facts, role, found.period));
        let (people, is_tentative) = holders(self.facts, role, found.period);
        if is_tentative && people == [found.engineer] {
            let headline =
                format!("you are {} {span} unless the team agrees on somebody else", role.as_str());
            let line = format!("You are {} {span} unless the team agrees on somebody else.", role.as_str());
            return (headline, vec![line, why]);
        }
        let now = self.held_now(role, found.period);
        let verb = match role {
            Role::Primary => "you no longer have",
            Role::Secondary => "you are no longer secondary",
        };
        let so_far = if is_tentative { "" } else { "now " };
        let headline = format!("{verb} {span} ({so_far}{now})");
        (headline, vec![format!("You are no longer {} {span}.", role.as_str()), format!("Now: {now}"), why])
    }

    /// Somebody who had the other role during the same time.
    fn other_role(&self, found: &Move, clock: WallClock<'_>) -> (String, Vec<String>) {
        let (span, role, other) = (clock.span(found.period), found.role.as_str(), found.role.other());
        let was = self.held_before(found.role, found.period, found.engineer);
        let now = self.held_now(other, found.period);
        let headline =
            format!("you are {role} instead of {} {span} ({}: {now})", other.as_str(), other.as_str());
        let lines = vec![
            format!("You are {role} instead of {} {span}.", other.as_str()),
            format!("Before: you as {}, {was} as {role}", other.as_str()),
            format!("{} during that time: {now}", role_title(other)),
            format!("Why: {}", why(self.facts, found.role, found.period)),
        ];
        (headline, lines)
    }

    fn gained(&self, found: &Move, clock: WallClock<'_>) -> (String, Vec<String>) {
        let (span, role, other) = (clock.span(found.period), found.role, found.role.other());
        let was = self.held_before(role, found.period, found.engineer);
        let verb = match role {
            Role::Primary => "you have",
            Role::Secondary => "you are secondary",
        };
        let lines = vec![
            format!("You are {} {span}.", role.as_str()),
            format!("Before: {was}"),
            format!("{} during that time: {}", role_title(other), self.held_now(other, found.period)),
            format!("Why: {}", why(self.facts, role, found.period)),
        ];
        (format!("{verb} {span} (was {was})"), lines)
    }

    fn for_team(&self, moves: &[Move], key: &str) -> Message {
        let zone = &self.facts.team.zone;
        let clock = clock(zone, self.now);
        let mut changed: Vec<(Period, Role, String)> = Vec::new();
        for gain in moves.iter().filter(|found| found.is_gain) {
            let was = self.held_before(gain.role, gain.period, gain.engineer);
            let who = format!("{} (was {was})", self.facts.name(gain.engineer));
            changed.push((gain.period, gain.role, who));
        }
        for loss in moves.iter().filter(|found| !found.is_gain) {
            let gains = moves.iter().filter(|found| found.is_gain && found.role == loss.role);
            let taken: Periods = gains.map(|gain| gain.period).collect();
            let whole: Periods = std::iter::once(loss.period).collect();
            for rest in whole.minus(&taken).iter() {
                let (now, was) = (self.held_now(loss.role, rest), self.facts.name(loss.engineer));
                changed.push((rest, loss.role, format!("{now} (was {was})")));
            }
        }
        changed.sort_by_key(|(period, role, _)| (period.start(), *role));
        let part = |(period, role, who): &(Period, Role, String)| {
            let line = format!("{}, {}: {who}", clock.span(*period), role.as_str());
            let why = why(self.facts, *role, *period);
            let text = format!("{line}\n  Why: {why}");
            Part { headline: line, text, expires: period.end() }
        };
        let parts = changed.iter().map(part).collect();
        let intro = format!("On-call duty has changed. {}", times_in(zone));
        let urgent = moves.iter().any(|found| is_urgent(found.period.start(), self.now));
        self.message(Recipient::Team, (intro, parts), urgent, key)
    }

    fn message(
        &self,
        to: Recipient,
        (intro, parts): (String, Vec<Part>),
        is_urgent: bool,
        key: &str,
    ) -> Message {
        let text = Text {
            prefix: prefix(self.facts, &to, is_urgent),
            title: None,
            intro,
            parts,
            closing: format!("{CALENDARS}\n\n{}", footer(self.facts, &to)),
            link: self.facts.page.clone(),
        };
        Message { kind: Kind::Moved, to, key: key.to_owned(), text }
    }

    /// Who was known to have `role` within `period`, other than `engineer`.
    fn held_before(&self, role: Role, period: Period, engineer: EngineerIdx) -> String {
        let own = &self.facts.team.engineer(engineer).id;
        let mut held: Vec<&Holding> = self
            .before
            .iter()
            .filter(|held| held.role == role && held.period.overlaps(period) && held.side.engineer != *own)
            .collect();
        held.sort_by_key(|held| held.period.start());
        let mut people: Vec<String> = Vec::new();
        for name in held.iter().map(|held| self.facts.name_of(held.side.engineer.as_str())) {
            if !people.contains(&name) {
                people.push(name);
            }
        }
        match (&people[..], role) {
            // Somebody always holds the primary role, for certain or as proposed.
            ([], Role::Primary) => "to be agreed".to_owned(),
            ([], Role::Secondary) => "nobody".to_owned(),
            (people, _) => list(people),
        }
    }

    /// Who has `role` within `period` now; `Data Engineer C is proposed, not agreed yet` where that is open.
    fn held_now(&self, role: Role, period: Period) -> String {
        let (people, is_tentative) = holders(self.facts, role, period);
        let names = names(self.facts, &people);
        if !is_tentative {
            return names;
        }
        let weeks = self.facts.schedule.weeks.iter();
        let mut conflicts = weeks.flat_map(|planned| &planned.conflicts);
        let is_here = |conflict: &&Conflict| conflict.period.overlaps(period);
        let is_nobody = conflicts.find(is_here).is_some_and(|open| open.status == ProposalStatus::Nobody);
        match is_nobody && role == Role::Primary {
            true => format!("nobody is free, {names} has it unless the team agrees on somebody"),
            false => {
                format!("{names} {} proposed, not agreed yet", if people.len() == 1 { "is" } else { "are" })
            }
        }
    }
}
