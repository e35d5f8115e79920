//! The event of a deadline: the day by which the team must agree who takes a conflict.

use crate::rota::{Candidate, Conflict, EngineerIdx, PlannedWeek, ProposalStatus};

use super::colour;
use super::event::{Event, Kind, Status, When};
use super::uid;
use super::writer::{Writer, paragraphs};
use crate::text::reasons;
use crate::text::{self, moment};

impl Writer<'_> {
    /// The event of the deadline of a conflict of the week `planned`. It disappears with the conflict.
    pub(super) fn deadline(&self, planned: &PlannedWeek, conflict: &Conflict) -> Event {
        let team = self.team();
        let date = self.zone().date(planned.deadline);
        let id = |idx: EngineerIdx| team.engineer(idx).id.clone();
        let mut engineers = vec![id(planned.week.pair.primary), id(planned.week.pair.secondary)];
        if !engineers.contains(&id(conflict.primary)) {
            engineers.push(id(conflict.primary));
        }
        let reasons = reasons(&conflict.reasons);
        let second = conflict.secondary.map(id);
        Event {
            uid: uid::deadline(team, conflict.period.start()),
            kind: Kind::Deadline,
            when: When::Days { start: date, end: date.succ_opt().unwrap_or(date) },
            anchor: conflict.period.start(),
            week: Some(planned.week.id),
            summary: format!("Agree cover by today: {}", self.conflict_line(conflict)),
            description: self.deadline_description(planned, conflict),
            categories: vec!["On-call", "Deadline"],
            colour: colour::TEAM.name,
            url: self.links.week(team, planned.week.id),
            status: Status::Confirmed,
            busy: false,
            reason: None,
            facts: [
                conflict.status.as_str(),
                id(conflict.primary).as_str(),
                second.as_ref().map_or("", |second| second.as_str()),
                &self.conflict_span(conflict),
                &reasons,
            ]
            .join("\n"),
            engineers,
        }
    }

    /// `primary on-call 24–26 Dec (Christmas Day), proposed Data Engineer D`.
    pub(super) fn conflict_line(&self, conflict: &Conflict) -> String {
        let days = moment::days(moment::dates(self.zone(), conflict.period));
        let who = match conflict.status {
            ProposalStatus::Proposed => format!("proposed {}", self.name(conflict.primary)),
            ProposalStatus::NeedsVolunteer => "volunteer needed".to_owned(),
            ProposalStatus::Nobody => format!("nobody free, {} keeps it", self.name(conflict.primary)),
        };
        format!("primary on-call {days} ({}), {who}", reasons(&conflict.reasons))
    }

    fn conflict_span(&self, conflict: &Conflict) -> String {
        self.span(conflict.period)
    }

    fn deadline_description(&self, planned: &PlannedWeek, conflict: &Conflict) -> String {
        let pair = planned.week.pair;
        let (away, secondary) = (self.name(pair.primary), self.name(pair.secondary));
        let head = format!(
            "{away}, primary in the week of {}, is away ({}) and {secondary}, the secondary, cannot cover.\n\
             To cover: {}\nAgree by: {}",
            moment::date(planned.week.id.0),
            reasons(&conflict.reasons),
            self.conflict_span(conflict),
            self.moment_for(&[pair.primary, pair.secondary], planned.deadline),
        );
        let close = "Once agreed, record it as an override in the team's file: the shifts are then final and this \
                     event disappears.";
        paragraphs(&[&head, &self.proposal(conflict), &self.candidates(&conflict.candidates), close])
    }

    /// What oncal proposes.
    pub(super) fn proposal(&self, conflict: &Conflict) -> String {
        text::proposal(conflict, |idx| self.name(idx).to_owned())
    }

    /// Everybody who could take it, best first, with the figures they are ranked by (R6).
    pub(super) fn candidates(&self, candidates: &[Candidate]) -> String {
        text::candidates(candidates, |idx| self.name(idx).to_owned())
    }
}
