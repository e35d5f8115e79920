//! The event of a handover meeting: who attends, what is on the agenda, and when duty really changes.

use std::fmt::{self, Write as _};

use crate::rota::{EngineerIdx, Handover, Pair, Period, Role};

use super::colour;
use super::event::{Event, Kind, Status, When};
use super::plan::AGENDA_AHEAD;
use super::uid;
use super::writer::{Writer, begin_paragraph};
use crate::text::reasons;
use crate::text::{self, moment};

impl Writer<'_> {
    /// The event of a handover meeting.
    pub(super) fn handover(&self, meeting: &Handover) -> Event {
        let team = self.team();
        let attending = attendees(meeting);
        let ids = |pair: Pair| [pair.primary, pair.secondary].map(|idx| team.engineer(idx).id.as_str());
        let ([out, behind], [next, behind_next]) = (ids(meeting.outgoing), ids(meeting.incoming));
        let status = if meeting.flagged { "flagged" } else { "held" };
        Event {
            uid: uid::handover(team, meeting.change),
            kind: Kind::Handover,
            when: When::Instants(meeting.period),
            anchor: meeting.period.start(),
            week: Some(meeting.week),
            summary: self.handover_summary(meeting),
            description: self.handover_description(meeting),
            categories: vec!["On-call", "Handover"],
            colour: colour::TEAM.name,
            url: self.links.week(team, meeting.week),
            status: Status::Confirmed,
            busy: true,
            engineers: attending.iter().map(|idx| team.engineer(*idx).id.clone()).collect(),
            reason: None,
            facts: [status, out, behind, next, behind_next].join("\n"),
        }
    }

    fn handover_summary(&self, meeting: &Handover) -> String {
        let (out, next) = (meeting.outgoing.primary, meeting.incoming.primary);
        let hands = fmt::from_fn(|f| match out == next {
            true => write!(f, "{} stays primary", self.name(out)),
            false => write!(f, "{} to {}", self.name(out), self.name(next)),
        });
        let note = match (meeting.moved, meeting.flagged) {
            (true, _) => format!(" (moved from {})", moment::date(meeting.nominal_date)),
            (false, true) => format!(" ({} away)", text::list(&self.missing(meeting, Self::bare))),
            (false, false) => String::new(),
        };
        format!("On-call handover: {hands}{note}")
    }

    fn handover_description(&self, meeting: &Handover) -> String {
        let indices = attendees(meeting);
        let mut text = String::with_capacity(512);
        if meeting.period.start() != meeting.change {
            text.push_str(&self.span(meeting.period));
            if let Some(there) = self.elsewhere(&indices, meeting.period.start()) {
                let _ = write!(text, "\nStarts {there}");
            }
        }
        let irregular = self.irregular(meeting);
        if !irregular.is_empty() {
            begin_paragraph(&mut text);
            text.push_str(&irregular);
        }
        begin_paragraph(&mut text);
        let change = self.moment_for(&indices, meeting.change);
        let _ = writeln!(text, "Duty changes {change}.{}", self.at_first(meeting));
        self.secondaries(&mut text, meeting);
        begin_paragraph(&mut text);
        self.agenda(&mut text, meeting);
        text
    }

    /// Writes who attends besides the primaries, whom the title names.
    fn secondaries(&self, text: &mut String, meeting: &Handover) {
        let away = |idx: EngineerIdx| {
            let is_away = !self.plan.schedule.absences_of(idx).names(meeting.period).is_empty();
            if is_away { " (away)" } else { "" }
        };
        let (out, next) = (meeting.outgoing.secondary, meeting.incoming.secondary);
        let _ = if out == next {
            write!(text, "Also expected: secondary {}{}, who stays", self.name(out), away(out))
        } else {
            let (first, then) = (self.name(out), self.name(next));
            write!(text, "Also expected: secondaries {first}{}, then {then}{}", away(out), away(next))
        };
    }

    /// Who holds the roles after the duty change, if that is not yet the incoming pair.
    fn at_first(&self, meeting: &Handover) -> String {
        let incoming = (meeting.incoming.primary, Some(meeting.incoming.secondary));
        let Some(duty) = self.plan.schedule.on_call(meeting.change).filter(|duty| duty.hands() != incoming)
        else {
            return String::new();
        };
        let until = self.moment(duty.period.end());
        format!(" At first, until {until}, {}.", self.because(duty, Role::Primary))
    }

    /// Why the meeting is not when it usually is, or who will be missing.
    fn irregular(&self, meeting: &Handover) -> String {
        if !meeting.moved && !meeting.flagged {
            return String::new();
        }
        let missing = self.missing(meeting, Self::with_reasons);
        let are = if missing.len() == 1 { "is" } else { "are" };
        let missing = format!("{} {are}", text::list(&missing));
        if meeting.moved {
            format!("Moved from {}: {missing} away then.", moment::date(meeting.nominal_date))
        } else {
            format!("Attention: {missing} away at this time. Agree on another way to hand over.")
        }
    }

    /// The primaries who are away at the usual time, each as text from `say`.
    fn missing(
        &self,
        meeting: &Handover,
        say: fn(&Self, EngineerIdx, Period) -> Option<String>,
    ) -> Vec<String> {
        let Some(usual) = self.usual(meeting) else { return Vec::new() };
        let mut primaries = vec![meeting.outgoing.primary, meeting.incoming.primary];
        primaries.dedup();
        primaries.into_iter().filter_map(|idx| say(self, idx, usual)).collect()
    }

    /// When the meeting would be if nobody were away.
    fn usual(&self, meeting: &Handover) -> Option<Period> {
        let rule = self.team().handover?;
        let start = self.zone().instant(meeting.nominal_date.and_time(rule.time));
        Period::new(start, start + (meeting.period.end() - meeting.period.start()))
    }

    fn bare(&self, idx: EngineerIdx, usual: Period) -> Option<String> {
        let absences = self.plan.schedule.absences_of(idx);
        (!absences.away(usual).is_empty()).then(|| self.name(idx).to_owned())
    }

    fn with_reasons(&self, idx: EngineerIdx, usual: Period) -> Option<String> {
        let names = self.plan.schedule.absences_of(idx).names(usual);
        (!names.is_empty()).then(|| format!("{} ({})", self.name(idx), reasons(&names)))
    }

    fn agenda(&self, text: &mut String, meeting: &Handover) {
        text.push_str("Agenda:\n1. Ongoing issues\n2. Potential alerts\n3. Open redistributions");
        add_items(text, &self.open_redistributions(meeting));
        text.push_str("\n4. Holidays next week");
        add_items(text, &self.next_holidays(meeting));
    }

    /// Open conflicts that end after the meeting and whose deadline is past or near.
    fn open_redistributions(&self, meeting: &Handover) -> Vec<String> {
        let near = meeting.change + AGENDA_AHEAD;
        let weeks = self.plan.schedule.weeks_from(meeting.period.start());
        weeks
            .take_while(|planned| planned.deadline < near)
            .flat_map(|planned| planned.conflicts.iter().map(move |conflict| (planned, conflict)))
            .filter(|(_, conflict)| conflict.period.end() > meeting.period.start())
            .map(|(planned, conflict)| {
                let by = self.moment(planned.deadline);
                let is_past = planned.deadline <= meeting.period.start();
                let by = if is_past { format!("was to be agreed by {by}") } else { format!("agree by {by}") };
                format!("{}; {by}", self.conflict_line(conflict))
            })
            .collect()
    }

    /// The occasions of the week that the meeting hands over to, and whose holidays are not known then.
    fn next_holidays(&self, meeting: &Handover) -> Vec<String> {
        let mut weeks = self.plan.schedule.weeks_from(meeting.change);
        let Some(week) = weeks.next().map(|planned| planned.week.period) else { return Vec::new() };
        let near = self.plan.occasions.iter().filter(|occasion| occasion.period.overlaps(week));
        let mut lines: Vec<String> = near.map(|occasion| self.occasion_line(occasion)).collect();
        lines.extend(self.unknown_within(week));
        lines
    }
}

/// Everybody who attends, each once: the outgoing pair, then the incoming.
fn attendees(meeting: &Handover) -> Vec<EngineerIdx> {
    let pairs = [meeting.outgoing, meeting.incoming].map(|pair| [pair.primary, pair.secondary]);
    let mut people: Vec<EngineerIdx> = Vec::new();
    for idx in pairs.as_flattened() {
        if !people.contains(idx) {
            people.push(*idx);
        }
    }
    people
}

fn add_items(text: &mut String, lines: &[String]) {
    text.push_str(if lines.is_empty() { ": none" } else { ":" });
    for line in lines {
        text.push_str("\n   - ");
        text.push_str(line);
    }
}
