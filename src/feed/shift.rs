//! The event of a shift: who, in which role, why, and what comes next.

use std::fmt::Write as _;

use chrono::TimeDelta;

use crate::rota::{Conflict, Instant, PlannedWeek, Role, Seat, Shift, ShiftKind, Standing};

use super::colour;
use super::event::{Event, Kind, Status, When};
use super::uid;
use super::wording;
use super::writer::{Writer, holder, other, paragraphs, reason};

/// How far past a shift's end its text looks: within what a plan knows past its window.
const MOST_AHEAD: TimeDelta = TimeDelta::days(8);

impl Writer<'_> {
    /// The event of a shift of the week `planned`.
    pub(super) fn shift(&self, planned: &PlannedWeek, shift: &Shift) -> Event {
        let seat = shift.holder.engineer;
        let engineer = self.team().engineer(seat);
        let tentative = shift.holder.kind.is_tentative();
        let said = shift.holder.reason.as_deref().map(reason);
        let mut categories = vec!["On-call", title(shift.role)];
        categories.extend(tentative.then_some("Proposed"));
        Event {
            uid: uid::shift(self.team(), shift),
            kind: Kind::Shift(shift.role),
            when: When::Instants(shift.period),
            anchor: shift.period.start(),
            week: Some(shift.week),
            summary: self.shift_summary(planned, shift, said.as_deref()),
            description: self.shift_description(planned, shift, said.as_deref()),
            categories,
            colour: colour::of(seat).name,
            url: self.links.week(self.team(), shift.week),
            status: if tentative { Status::Tentative } else { Status::Confirmed },
            busy: false,
            engineers: vec![engineer.id.clone()],
            reason: said.clone(),
            facts: [engineer.id.as_str(), said.as_deref().unwrap_or_default()].join("\n"),
        }
    }

    fn shift_summary(&self, planned: &PlannedWeek, shift: &Shift, said: Option<&str>) -> String {
        let proposed = if shift.holder.kind.is_tentative() { "PROPOSED " } else { "" };
        let note = self.note(planned, shift, said.unwrap_or_default());
        let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
        format!("{proposed}{}: {} on-call{note}", self.name(shift.holder.engineer), shift.role.as_str())
    }

    /// What sets the shift apart from the plain rotation, short enough for a month's grid.
    fn note(&self, planned: &PlannedWeek, shift: &Shift, said: &str) -> Option<String> {
        let instead_of = shift.holder.instead_of.map(|seat| self.name(seat));
        let instead = instead_of.map(|name| format!("instead of {name}"));
        match shift.holder.kind {
            ShiftKind::Rotation => None,
            ShiftKind::Swap => instead.map(|instead| format!("swap, {instead}")),
            ShiftKind::Cover => Some(match instead_of {
                Some(name) => format!("covers {said} for {name}"),
                None => format!("covers {said}"),
            }),
            ShiftKind::Backfill => Some(match instead_of {
                Some(name) => format!("while {name} covers {said}"),
                None => said.to_owned(),
            }),
            ShiftKind::Override => Some(joined("agreed", instead)),
            ShiftKind::Proposal => {
                let standing = conflict_of(planned, shift).map(|conflict| conflict.standing);
                Some(match (shift.role, standing) {
                    (Role::Primary, Some(Standing::NeedsVolunteer)) => format!("{said}, volunteer needed"),
                    (Role::Primary, Some(Standing::Nobody)) => format!("{said}, nobody free"),
                    _ => joined(said, instead),
                })
            }
        }
    }

    fn shift_description(&self, planned: &PlannedWeek, shift: &Shift, said: Option<&str>) -> String {
        let seat = shift.holder.engineer;
        let zone = &self.team().engineer(seat).zone;
        let mut head = format!("{} on-call for {}", title(shift.role), self.team_name);
        let _ = write!(head, "\n{}", self.span(shift.period));
        let ends = [shift.period.start(), shift.period.end()];
        if ends.into_iter().any(|end| wording::differ(zone, self.zone(), end)) {
            let there = wording::span(zone, shift.period);
            let _ = write!(head, "\nFor {} in {}: {there}", self.name(seat), zone.name());
        }
        let body = [
            format!("Why: {}", self.why(planned, shift, said.unwrap_or_default())),
            self.beside(planned, shift),
            self.next(shift),
        ];
        paragraphs(&[&head, &body.join("\n"), self.pipelines_of(seat), self.run_books()])
    }

    /// Which rule gave them the shift, in a sentence or two.
    fn why(&self, planned: &PlannedWeek, shift: &Shift, said: &str) -> String {
        let role = shift.role.as_str();
        let week = wording::date(planned.week.id.0);
        let instead_of = shift.holder.instead_of.map(|seat| self.name(seat));
        let away = self.name(planned.week.pair.primary);
        let given = if said.is_empty() { String::new() } else { format!(" Reason: {said}.") };
        match shift.holder.kind {
            ShiftKind::Rotation => format!("{role} by the rotation, week of {week}."),
            ShiftKind::Swap => match instead_of {
                Some(name) => {
                    format!("the week of {week} was swapped; by the rotation {name} would be {role}.{given}")
                }
                None => {
                    format!("{role} by the rotation; the swap of this week leaves that as it was.{given}")
                }
            },
            ShiftKind::Cover => {
                format!("{away}, this week's primary, is away ({said}), so the secondary covers.")
            }
            ShiftKind::Backfill => {
                let covering = self.name(planned.week.pair.secondary);
                format!(
                    "{covering}, this week's secondary, covers for {away} ({said}), so somebody else stands by."
                )
            }
            ShiftKind::Override => {
                let by = self.team().overrides.iter().find(|by| by.period.overlaps(shift.period));
                let agreed = by.and_then(|by| by.agreed_on).map(wording::date);
                let agreed = agreed.map(|date| format!(" on {date}")).unwrap_or_default();
                let instead = instead_of.map(|name| format!(", instead of {name}")).unwrap_or_default();
                format!("the team agreed on it{agreed}{instead}.{given}")
            }
            ShiftKind::Proposal => self.why_proposed(planned, shift, said),
        }
    }

    fn why_proposed(&self, planned: &PlannedWeek, shift: &Shift, said: &str) -> String {
        let pair = planned.week.pair;
        let (away, secondary) = (self.name(pair.primary), self.name(pair.secondary));
        let standing = conflict_of(planned, shift).map(|conflict| conflict.standing);
        let choice = match standing {
            Some(Standing::NeedsVolunteer) => {
                " Everybody who could take it has a holiday then, so it needs a volunteer."
            }
            Some(Standing::Nobody) => " Nobody is free to take it, so the secondary keeps the primary role.",
            Some(Standing::Proposed) | None => "",
        };
        let by = self.moment_for(&[shift.holder.engineer], planned.deadline);
        format!(
            "proposed only. {away}, this week's primary, is away ({said}) and {secondary}, the secondary, cannot \
             cover.{choice}\nAgree by: {by}"
        )
    }

    /// Who holds the other role meanwhile, one line for each change of hands.
    fn beside(&self, planned: &PlannedWeek, shift: &Shift) -> String {
        let role = other(shift.role);
        let mut parts: Vec<(Option<Seat>, Instant)> = Vec::new();
        for duty in planned.duties.iter().filter(|duty| duty.period.overlaps(shift.period)) {
            let (who, end) = (holder(duty, role), duty.period.end().min(shift.period.end()));
            match parts.last_mut().filter(|(last, _)| *last == who) {
                Some((_, until)) => *until = end,
                None => parts.push((who, end)),
            }
        }
        let name = |who: &Option<Seat>| who.map_or("nobody", |seat| self.name(seat));
        match &parts[..] {
            [(None, _)] if shift.holder.kind == ShiftKind::Cover => {
                format!("{}: nobody, as the secondary covers", title(role))
            }
            [(who, _)] => format!("{}: {}", title(role), name(who)),
            _ => {
                let lines =
                    parts.iter().map(|(who, end)| format!("\n- {} until {}", name(who), self.moment(*end)));
                format!("{} meanwhile:{}", title(role), lines.collect::<String>())
            }
        }
    }

    /// When and how duty changes next.
    fn next(&self, shift: &Shift) -> String {
        let (role, seat) = (shift.role, shift.holder.engineer);
        let mut ahead = self.duties_from(shift.period.end());
        let Some(after) = ahead.next() else { return String::new() };
        let at = self.moment_for(&[seat], shift.period.end());
        if holder(after, role) == Some(seat) {
            let mut near = ahead.take_while(|duty| duty.period.start() <= shift.period.end() + MOST_AHEAD);
            let change = near.find(|duty| holder(duty, role) != Some(seat));
            let until =
                change.map(|duty| format!(" until {}", self.moment_for(&[seat], duty.period.start())));
            return format!(
                "Next: {at}, {} stays {}{}",
                self.name(seat),
                role.as_str(),
                until.unwrap_or_default()
            );
        }
        let takes_over = match holder(after, role) {
            Some(next) => format!("{} becomes {}", self.name(next), role.as_str()),
            None => format!("the {} role is empty", role.as_str()),
        };
        let moves = (holder(after, other(role)) == Some(seat))
            .then(|| format!("; {} becomes {}", self.name(seat), other(role).as_str()));
        format!("Next: {at}, {takes_over}{}", moves.unwrap_or_default())
    }
}

fn conflict_of<'p>(planned: &'p PlannedWeek, shift: &Shift) -> Option<&'p Conflict> {
    planned.conflicts.iter().find(|conflict| conflict.period.overlaps(shift.period))
}

fn joined(first: &str, second: Option<String>) -> String {
    match second {
        Some(second) if first.is_empty() => second,
        Some(second) => format!("{first}, {second}"),
        None => first.to_owned(),
    }
}

/// `Primary` or `Secondary`.
pub(super) fn title(role: Role) -> &'static str {
    match role {
        Role::Primary => "Primary",
        Role::Secondary => "Secondary",
    }
}
