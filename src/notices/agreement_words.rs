//! Messages about what the team must agree on.

use std::collections::BTreeSet;

use super::agreement::{MIN_INTEREST, News, Open, open, reminder_expires};
use super::facts::{Facts, Terms};
use super::message::{Involved, Kind, Message, Part, Recipient, Text};
use super::notified::{KnownConflict, Notified, Stage};
use super::words::{clock, footer, is_for, name_for, name_of, names, prefix, times_in, zone_of};
use crate::rota::{
    Conflict, EngineerIdx, Instant, LEDGER_DAYS, Period, ProposalStatus, Role, Row, RowStatus, merge_adjacent,
};
use crate::text::{self, WallClock, moment, reasons};

/// The messages about `news`, with reminders in messages of their own, since these expire sooner. No other messages
/// have this `key`.
pub(super) fn messages(
    facts: &Facts<'_>,
    terms: &Terms,
    (news, known): (&[News<'_>], &Notified),
    key: &str,
    now: Instant,
) -> Vec<Message> {
    let (reminders, others): (Vec<&News<'_>>, Vec<&News<'_>>) =
        news.iter().partition(|news| news.is_reminder());
    let mut messages = Vec::new();
    for (kind, news) in [(Kind::Agree, others), (Kind::Reminder, reminders)] {
        let writer = Writer { facts, known, kind, key, now };
        if terms.has_team {
            messages.extend(writer.message(Recipient::Team, &news));
        }
        for engineer in facts.team.indices() {
            let id = &facts.team.engineer(engineer).id;
            if terms.addressed.contains(id) {
                let own: Vec<&News<'_>> =
                    news.iter().filter(|news| news.concerns(facts.team, engineer)).copied().collect();
                messages.extend(writer.message(Recipient::Engineer(id.clone()), &own));
            }
        }
    }
    messages
}

/// The message that reports to the team what is open when notices are first configured.
pub(super) fn first(facts: &Facts<'_>, known: &Notified, key: &str, now: Instant) -> Option<Message> {
    let news: Vec<News<'_>> = open(facts, now).into_iter().map(News::Appeared).collect();
    let news: Vec<&News<'_>> = news.iter().collect();
    let mut message = Writer { facts, known, kind: Kind::First, key, now }.message(Recipient::Team, &news)?;
    let team = facts.team_name();
    message.text.greeting =
        Some(format!("From now on oncal sends notices about the on-call plan of {team} here."));
    Some(message)
}

struct Writer<'w> {
    facts: &'w Facts<'w>,
    known: &'w Notified,
    kind: Kind,
    key: &'w str,
    now: Instant,
}

impl Writer<'_> {
    fn message(&self, to: Recipient, news: &[&News<'_>]) -> Option<Message> {
        if news.is_empty() {
            return None;
        }
        let zone = zone_of(self.facts, &to);
        let clock = clock(zone, self.now);
        let text = Text {
            prefix: prefix(self.facts, &to),
            agrees: Some(self.facts.team_name()),
            intro: times_in(zone),
            parts: news.iter().map(|news| self.part(news, &to, clock)).collect(),
            closing: footer(self.facts, &to),
            link: self.facts.page.as_ref().map(|page| format!("{page}coverage")),
            ..Text::default()
        };
        Some(Message { kind: self.kind, to, key: self.key.to_owned(), text })
    }

    fn part(&self, news: &News<'_>, to: &Recipient, clock: WallClock<'_>) -> Part {
        let team = self.facts.team;
        match news {
            News::Appeared(open) => self.open_part(open, to, (None, ""), clock),
            News::Changed(known, open) => {
                let own = team.engineer(open.conflict.primary).id.as_str();
                let others = known.iter().map(|known| known.proposed.as_str()).filter(|id| *id != own);
                let others: BTreeSet<&str> = others.collect();
                let named = |id: &str| match team.index_of(id) {
                    Some(engineer) => name_for(self.facts, to, engineer),
                    None => name_of(self.facts, self.known, id),
                };
                let others: Vec<String> = others.into_iter().map(named).collect();
                let before =
                    (!others.is_empty()).then(|| format!("Proposed before: {}", text::list(&others)));
                self.open_part(open, to, (before, "changed, "), clock)
            }
            News::Reminder(open, stage) => {
                let reminder = if *stage == Stage::Overdue { "" } else { "reminder, " };
                let part = self.open_part(open, to, (None, reminder), clock);
                Part { expires: reminder_expires(team, open, *stage), ..part }
            }
            News::Agreed(known, rows) => self.agreed(known, rows, to, clock),
            News::Gone(known) => self.gone(known, to, clock),
        }
    }

    /// A part about what is open; `what` comes first in its headline.
    fn open_part(
        &self,
        open: &Open<'_>,
        to: &Recipient,
        (before, what): (Option<String>, &str),
        clock: WallClock<'_>,
    ) -> Part {
        let conflict = open.conflict;
        let (day, is_over) = (clock.day(open.deadline), open.deadline <= self.now);
        let by = if is_over { format!("overdue since {day}") } else { format!("agree by {day}") };
        let expires = if is_over { conflict.period.end() } else { open.deadline };
        let headline = format!("{what}{by}: {}", self.line(open, to, clock));
        let involved = match conflict.status {
            ProposalStatus::Proposed if is_for(self.facts, to, conflict.primary) => Involved::Proposed,
            ProposalStatus::NeedsVolunteer if is_for(self.facts, to, conflict.primary) => {
                Involved::FirstInTurn
            }
            _ => Involved::Otherwise,
        };
        let part = Part::new(headline, self.details(open, to, before, clock), expires);
        Part { start: self.urgent_before(conflict.period.start()), open: Some(involved), ..part }
    }

    /// `start`, unless the message reports nothing new.
    fn urgent_before(&self, start: Instant) -> Option<Instant> {
        (self.kind == Kind::Agree).then_some(start)
    }

    fn agreed(&self, known: &KnownConflict, rows: &[&Row], to: &Recipient, clock: WallClock<'_>) -> Part {
        let (when, why) = (days(known.period(), clock), reasons(&known.reasons));
        let who = self.are_primary(&in_turn(rows.iter().map(|row| row.primary)), to);
        let late = rows.iter().any(|row| row.status == RowStatus::AgreedLate);
        let late = if late { ", after the deadline" } else { "" };
        let lines: Vec<String> = rows.iter().map(|row| self.agreed_line(row, to, clock)).collect();
        let part = Part::new(
            format!("agreed{late}: {who} {when} ({why})"),
            format!("{when} ({why}) has been agreed{late}:\n  {}", lines.join("\n  ")),
            known.end.max(self.now + MIN_INTEREST),
        );
        Part { start: self.urgent_before(known.start), ..part }
    }

    fn gone(&self, known: &KnownConflict, to: &Recipient, clock: WallClock<'_>) -> Part {
        let (when, why) = (days(known.period(), clock), reasons(&known.reasons));
        let pieces = known.period().map(|period| self.pieces(period)).unwrap_or_default();
        let people = in_turn(pieces.iter().map(|(_, (primary, _))| *primary));
        let who = match people.is_empty() {
            true => String::new(),
            false => format!(": {}", self.are_primary(&people, to)),
        };
        let lines: String = pieces.iter().map(|piece| self.on_call_line(piece, to, clock)).collect();
        Part::new(
            format!("nothing left to agree on for {when} ({why}){who}"),
            format!("Nothing is left to agree on for {when} ({why}). On call then:{lines}"),
            known.end.max(self.now + MIN_INTEREST),
        )
    }

    /// `primary 24–26 Dec (Christmas Day), proposed Data Engineer D`; to that person, `you are proposed`.
    fn line(&self, open: &Open<'_>, to: &Recipient, clock: WallClock<'_>) -> String {
        let conflict = open.conflict;
        let who = proposed(self.facts, conflict, is_for(self.facts, to, conflict.primary));
        format!("primary {} ({}), {who}", days(Some(conflict.period), clock), reasons(&conflict.reasons))
    }

    /// All that is needed to agree on a conflict.
    fn details(
        &self,
        open: &Open<'_>,
        to: &Recipient,
        before: Option<String>,
        clock: WallClock<'_>,
    ) -> String {
        let (facts, conflict) = (self.facts, open.conflict);
        let name = |engineer: EngineerIdx| name_for(facts, to, engineer);
        let (primary, secondary) = (name(open.pair.primary), name(open.pair.secondary));
        let deadline = clock.moment(open.deadline);
        let by = match open.deadline <= self.now {
            true => format!("This was to be agreed by {deadline} and is overdue."),
            false => format!("Please agree by {deadline}."),
        };
        let head = format!(
            "Who is primary {}?\n{primary}, primary in the week of {}, is away ({}), and {secondary}, the secondary, \
             cannot cover. {by}",
            clock.span(conflict.period),
            clock.date(open.week.0),
            reasons(&conflict.reasons),
        );
        let mut proposal = text::proposal(conflict, name);
        if let Some(before) = before {
            proposal = format!("{proposal}\n{before}");
        }
        let mut candidates = text::candidates(&conflict.candidates, name);
        if !candidates.is_empty() {
            candidates = format!("{candidates}\n{}", load_meaning());
        }
        let record = self.record(open);
        [head, proposal, candidates, record]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n\n")
    }

    /// The command that records what is agreed.
    fn record(&self, open: &Open<'_>) -> String {
        let (team, period) = (self.facts.team, open.conflict.period);
        let (who, hint) = match open.conflict.status {
            ProposalStatus::Proposed => (team.engineer(open.conflict.primary).id.as_str(), ""),
            _ => ("WHO", " (WHO: the id of whoever takes it)"),
        };
        let all = super::agreement::open(self.facts, self.now).into_iter().map(|open| open.conflict.period);
        format!("Once it is agreed, record it with: {}{hint}", text::agree_command(team, period, who, all))
    }

    /// `you are primary`, `Data Engineer C is primary` or `Data Engineer C and Data Engineer D are primary`.
    fn are_primary(&self, people: &[EngineerIdx], to: &Recipient) -> String {
        match people {
            [only] if is_for(self.facts, to, *only) => "you are primary".to_owned(),
            [only] => format!("{} is primary", self.facts.name(*only)),
            people => format!("{} are primary", names(self.facts, people)),
        }
    }

    fn agreed_line(&self, row: &Row, to: &Recipient, clock: WallClock<'_>) -> String {
        let secondary = row.secondary.map(|engineer| name_for(self.facts, to, engineer));
        format!(
            "{}: {} is primary, {} is secondary",
            clock.span(row.period),
            name_for(self.facts, to, row.primary),
            secondary.as_deref().unwrap_or("nobody")
        )
    }

    /// Who is on call within `period`, a piece for each change.
    fn pieces(&self, period: Period) -> Vec<Piece> {
        let duties = self.facts.schedule.duties_within(period);
        merge_adjacent(duties.filter_map(|duty| Some((duty.period.intersection(period)?, duty.hands()))))
    }

    fn on_call_line(
        &self,
        (period, (primary, secondary)): &Piece,
        to: &Recipient,
        clock: WallClock<'_>,
    ) -> String {
        let secondary = secondary.map(|engineer| name_for(self.facts, to, engineer));
        format!(
            "\n  {}: {} as {}, {} as {}",
            clock.span(*period),
            name_for(self.facts, to, *primary),
            Role::Primary.as_str(),
            secondary.as_deref().unwrap_or("nobody"),
            Role::Secondary.as_str()
        )
    }
}

/// Primary and secondary for a while.
type Piece = (Period, (EngineerIdx, Option<EngineerIdx>));

/// What the figures of candidates are.
fn load_meaning() -> String {
    let weeks = LEDGER_DAYS / 7;
    format!(
        "Holiday load: hours as primary by cover or agreement in the last {weeks} weeks, twice on a holiday of one's own."
    )
}

/// Who is proposed, in a few words; `is_own` if the reader is.
pub(super) fn proposed(facts: &Facts<'_>, conflict: &Conflict, is_own: bool) -> String {
    let proposed = facts.name(conflict.primary);
    match conflict.status {
        ProposalStatus::Proposed if is_own => "you are proposed".to_owned(),
        ProposalStatus::Proposed => format!("proposed {proposed}"),
        ProposalStatus::NeedsVolunteer if is_own => "volunteer needed, you are first in turn".to_owned(),
        ProposalStatus::NeedsVolunteer => "volunteer needed".to_owned(),
        ProposalStatus::Nobody if is_own => "nobody free, you keep it".to_owned(),
        ProposalStatus::Nobody => format!("nobody free, {proposed} keeps it"),
    }
}

/// The dates of `period` in the reader's time zone.
fn days(period: Option<Period>, clock: WallClock<'_>) -> String {
    period.map_or_else(String::new, |period| moment::days(moment::dates(clock.zone, period)))
}

/// Each once, in order of time.
fn in_turn(all: impl Iterator<Item = EngineerIdx>) -> Vec<EngineerIdx> {
    let mut people = Vec::new();
    for engineer in all {
        if !people.contains(&engineer) {
            people.push(engineer);
        }
    }
    people
}
