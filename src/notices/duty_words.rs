//! Messages about changes of duty.

use super::duty::{Move, held_before};
use super::facts::{Facts, Terms};
use super::message::{Kind, Message, Part, Recipient, Text};
use super::notified::Notified;
use super::words::{Held, clock, footer, held, name_of, names, prefix, times_in, why, zone_of};
use crate::rota::{
    EngineerId, EngineerIdx, Holding, Instant, Period, Periods, ProposalStatus, Role, merge_adjacent,
};
use crate::text::{WallClock, list, role_title};

/// Calendar programs refresh at different times.
const CALENDARS: &str =
    "Your calendar may take a while to show this: Google refreshes subscribed calendars every 8 to 24 hours.";

/// What is needed to put moves into words.
struct Writer<'w> {
    facts: &'w Facts<'w>,
    known: &'w Notified,
    /// What everybody was known to hold.
    before: Vec<Holding>,
    now: Instant,
}

/// A message to each engineer whose duty changed and who has an address, and one to the team. No other messages have
/// this `key`.
pub(super) fn messages(
    facts: &Facts<'_>,
    terms: &Terms,
    (moves, known): (&[Move], &Notified),
    key: &str,
    now: Instant,
) -> Vec<Message> {
    let writer = Writer { facts, known, before: held_before(known), now };
    let mut messages = Vec::new();
    for engineer in facts.team.indices() {
        let id = &facts.team.engineer(engineer).id;
        let own: Vec<&Move> = moves.iter().filter(|found| found.engineer == *id).collect();
        if !own.is_empty() && terms.addressed.contains(id) {
            messages.push(writer.for_engineer(engineer, own, key));
        }
    }
    if terms.has_team && !moves.is_empty() {
        messages.push(writer.for_team(moves, key));
    }
    messages
}

impl Writer<'_> {
    fn for_engineer(&self, engineer: EngineerIdx, mut own: Vec<&Move>, key: &str) -> Message {
        own.sort_by_key(|found| (found.period.start(), found.role, !found.is_gain));
        let to = Recipient::Engineer(self.facts.team.engineer(engineer).id.clone());
        let zone = zone_of(self.facts, &to);
        let clock = clock(zone, self.now);
        let is_lost = |found: &Move, other: &Move| !other.is_gain && other.period == found.period;
        let parts = own.iter().flat_map(|found| {
            let changes_role = own.iter().any(|other| found.is_gain && is_lost(found, other));
            // The gain of the other role says both.
            let is_said = !found.is_gain && own.iter().any(|other| other.is_gain && is_lost(other, found));
            match (is_said, found.is_gain) {
                (true, _) => Vec::new(),
                (false, false) => self.lost(engineer, found, clock),
                (false, true) if changes_role => vec![self.other_role(found, clock)],
                (false, true) => vec![self.gained(found, clock)],
            }
        });
        let parts = parts.collect();
        let team = self.facts.team_name();
        let intro = format!("Your on-call duty for {team} has changed. {}", times_in(zone));
        self.message(to, (intro, parts), key)
    }

    /// What `engineer` lost, a part for each who has it now.
    fn lost(&self, engineer: EngineerIdx, found: &Move, clock: WallClock<'_>) -> Vec<Part> {
        let (role, other) = (found.role, found.role.other());
        let is_kept = |held: Held| held.engineer == Some(engineer) && held.open.is_some();
        let pieces = held(self.facts, role, found.period).into_iter().flat_map(|(period, now)| {
            let others = held(self.facts, other, period).into_iter();
            others.map(move |(period, other)| (period, (now, is_kept(other))))
        });
        let part = |(period, (now, has_other)): (Period, (Held, bool))| {
            if is_kept(now) {
                let line = format!(
                    "you are {} {} unless the team agrees on somebody else",
                    role.as_str(),
                    clock.span(period)
                );
                part_of(period, line.clone(), &[sentence(&line), self.why(role, period)])
            } else if has_other {
                self.other_unless_agreed(role, period, clock)
            } else {
                self.no_longer(role, period, now, clock)
            }
        };
        merge_adjacent(pieces).into_iter().map(part).collect()
    }

    /// Somebody who no longer has `role`, but now has the other one until the team agrees on somebody.
    fn other_unless_agreed(&self, role: Role, period: Period, clock: WallClock<'_>) -> Part {
        let (own, lost) = (role.other(), role.as_str());
        let line = format!(
            "you are {} instead of {lost} {} unless the team agrees on somebody else",
            own.as_str(),
            clock.span(period)
        );
        let now = self.held_now(role, period);
        let lines =
            [sentence(&line), format!("{} during that time: {now}", role_title(role)), self.why(own, period)];
        part_of(period, line, &lines)
    }

    fn no_longer(&self, role: Role, period: Period, now: Held, clock: WallClock<'_>) -> Part {
        let span = clock.span(period);
        let verb = match role {
            Role::Primary => "you no longer have",
            Role::Secondary => "you are no longer secondary",
        };
        let so_far = if now.open.is_some() { "" } else { "now " };
        let now = self.holding(role, now);
        let lines = [
            format!("You are no longer {} {span}.", role.as_str()),
            format!("Now: {now}"),
            self.why(role, period),
        ];
        part_of(period, format!("{verb} {span} ({so_far}{now})"), &lines)
    }

    /// Somebody who had the other role during the same time.
    fn other_role(&self, found: &Move, clock: WallClock<'_>) -> Part {
        let (span, role, other) = (clock.span(found.period), found.role.as_str(), found.role.other());
        let was = self.held_before(found.role, found.period, &found.engineer);
        let now = self.held_now(other, found.period);
        let headline =
            format!("you are {role} instead of {} {span} ({}: {now})", other.as_str(), other.as_str());
        let lines = [
            format!("You are {role} instead of {} {span}.", other.as_str()),
            format!("Before: you as {}, {was} as {role}", other.as_str()),
            format!("{} during that time: {now}", role_title(other)),
            self.why(found.role, found.period),
        ];
        part_of(found.period, headline, &lines)
    }

    fn gained(&self, found: &Move, clock: WallClock<'_>) -> Part {
        let (span, role, other) = (clock.span(found.period), found.role, found.role.other());
        let was = self.held_before(role, found.period, &found.engineer);
        let verb = match role {
            Role::Primary => "you have",
            Role::Secondary => "you are secondary",
        };
        let lines = [
            format!("You are {} {span}.", role.as_str()),
            format!("Before: {was}"),
            format!("{} during that time: {}", role_title(other), self.held_now(other, found.period)),
            self.why(role, found.period),
        ];
        part_of(found.period, format!("{verb} {span} (was {was})"), &lines)
    }

    fn for_team(&self, moves: &[Move], key: &str) -> Message {
        let zone = &self.facts.team.zone;
        let clock = clock(zone, self.now);
        let name = |engineer: &EngineerId| name_of(self.facts, self.known, engineer.as_str());
        let mut changed: Vec<(Period, Role, String)> = Vec::new();
        for gain in moves.iter().filter(|found| found.is_gain) {
            let was = self.held_before(gain.role, gain.period, &gain.engineer);
            let who = format!("{} (was {was})", name(&gain.engineer));
            changed.push((gain.period, gain.role, who));
        }
        for loss in moves.iter().filter(|found| !found.is_gain) {
            let gains = moves.iter().filter(|found| found.is_gain && found.role == loss.role);
            let taken: Periods = gains.map(|gain| gain.period).collect();
            let whole: Periods = std::iter::once(loss.period).collect();
            let (rest, was) = (whole.minus(&taken), name(&loss.engineer));
            for (period, now) in rest.iter().flat_map(|rest| held(self.facts, loss.role, rest)) {
                let now = self.holding(loss.role, now);
                changed.push((period, loss.role, format!("{now} (was {was})")));
            }
        }
        changed.sort_by_key(|(period, role, _)| (period.start(), *role));
        let part = |(period, role, who): &(Period, Role, String)| {
            let line = format!("{}, {}: {who}", clock.span(*period), role.as_str());
            part_of(*period, line.clone(), &[line, self.why(*role, *period)])
        };
        let parts = changed.iter().map(part).collect();
        let intro = format!("On-call duty has changed. {}", times_in(zone));
        self.message(Recipient::Team, (intro, parts), key)
    }

    fn message(&self, to: Recipient, (intro, parts): (String, Vec<Part>), key: &str) -> Message {
        let text = Text {
            prefix: prefix(self.facts, &to),
            intro,
            parts,
            closing: format!("{CALENDARS}\n\n{}", footer(self.facts, &to)),
            link: self.facts.page.clone(),
            ..Text::default()
        };
        Message { kind: Kind::Moved, to, key: key.to_owned(), text }
    }

    fn why(&self, role: Role, period: Period) -> String {
        format!("Why: {}", why(self.facts, role, period))
    }

    /// Who was known to have `role` within `period`, other than `engineer`.
    fn held_before(&self, role: Role, period: Period, engineer: &EngineerId) -> String {
        let mut held: Vec<&Holding> = self
            .before
            .iter()
            .filter(|held| {
                held.role == role && held.period.overlaps(period) && held.side.engineer != *engineer
            })
            .collect();
        held.sort_by_key(|held| held.period.start());
        let mut people: Vec<String> = Vec::new();
        for held in held {
            let name = name_of(self.facts, self.known, held.side.engineer.as_str());
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

    /// Who has `role` within `period` now, and how certain each part of that is.
    fn held_now(&self, role: Role, period: Period) -> String {
        let mut pieces = held(self.facts, role, period);
        if pieces.iter().any(|(_, held)| held.engineer.is_some()) {
            pieces.retain(|(_, held)| held.engineer.is_some());
        }
        let mut groups: Vec<(Option<ProposalStatus>, Vec<EngineerIdx>)> = Vec::new();
        for (_, held) in pieces {
            match groups.last_mut() {
                Some((open, people)) if *open == held.open => {
                    people.extend(held.engineer.filter(|own| !people.contains(own)));
                }
                _ => groups.push((held.open, held.engineer.into_iter().collect())),
            }
        }
        let groups: Vec<String> =
            groups.iter().map(|(open, people)| self.have(role, *open, people)).collect();
        groups.join(", then ")
    }

    /// [`Writer::have`] of one holder.
    fn holding(&self, role: Role, held: Held) -> String {
        self.have(role, held.open, held.engineer.as_slice())
    }

    /// `Data Engineer C`; `Data Engineer C is proposed, not agreed yet` where that is open.
    fn have(&self, role: Role, open: Option<ProposalStatus>, people: &[EngineerIdx]) -> String {
        let names = names(self.facts, people);
        let (is, has) = if people.len() == 1 { ("is", "has") } else { ("are", "have") };
        match open {
            None => names,
            Some(ProposalStatus::Nobody) if role == Role::Primary => {
                format!("nobody is free, {names} {has} it unless the team agrees on somebody")
            }
            Some(ProposalStatus::NeedsVolunteer) => {
                format!("a volunteer is needed, {names} {is} first in turn")
            }
            Some(_) => format!("{names} {is} proposed, not agreed yet"),
        }
    }
}

/// A part about `period`: what it says, line by line.
fn part_of(period: Period, headline: String, lines: &[String]) -> Part {
    Part { start: Some(period.start()), ..Part::new(headline, lines.join("\n  "), period.end()) }
}

/// A headline that begins with `you` as a sentence.
fn sentence(headline: &str) -> String {
    format!("{}.", headline.replacen("you", "You", 1))
}
