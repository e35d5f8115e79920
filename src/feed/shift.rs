//! The event of a shift: who, in which role, why, and whether they are away. Not here: what comes before and after
//! (`around`).

use std::fmt::Write as _;

use crate::rota::{Conflict, Period, PlannedWeek, ProposalStatus, Role, Shift, ShiftKind, Unavailable};

use super::colour;
use super::event::{Event, Kind, Status, When};
use super::uid;
use super::writer::{Writer, begin_paragraph};
use crate::text::moment;
use crate::text::{reason, reasons, role_title};

impl Writer<'_> {
    /// The event of a shift of the week `planned`.
    pub(super) fn shift(&self, planned: &PlannedWeek, shift: &Shift) -> Event {
        let idx = shift.holder.engineer;
        let engineer = self.team().engineer(idx);
        let tentative = shift.holder.kind.is_tentative();
        let reason_text = shift.holder.reason.as_deref().map(reason);
        let away = self.plan.schedule.unavailable(self.team(), shift.role, shift.period);
        let mut categories = vec!["On-call", role_title(shift.role)];
        categories.extend(tentative.then_some("Proposed"));
        Event {
            uid: uid::shift(self.team(), shift),
            kind: Kind::Shift(shift.role),
            when: When::Instants(shift.period),
            anchor: shift.period.start(),
            week: Some(shift.week),
            summary: self.shift_summary(planned, shift, reason_text.as_deref(), &away),
            description: self.shift_description(planned, shift, reason_text.as_deref(), &away),
            categories,
            colour: colour::of(idx).name,
            url: self.links.week(self.team(), shift.week),
            status: if tentative { Status::Tentative } else { Status::Confirmed },
            busy: false,
            engineers: vec![engineer.id.clone()],
            reason: shift.holder.why().map(reason),
            facts: [engineer.id.as_str(), reason_text.as_deref().unwrap_or_default()].join("\n"),
        }
    }

    fn shift_summary(
        &self,
        planned: &PlannedWeek,
        shift: &Shift,
        reason_text: Option<&str>,
        away: &[Unavailable],
    ) -> String {
        let proposed = match conflict_of(planned, shift).filter(|_| shift.holder.kind.is_tentative()) {
            Some(conflict) if conflict.status == ProposalStatus::Nobody => "NOT COVERED ",
            Some(_) => "PROPOSED ",
            None => "",
        };
        let note = self.note(planned, shift, reason_text.unwrap_or_default());
        let notes: Vec<String> = note.into_iter().chain(self.own_absence(shift, away)).collect();
        let name = self.name(shift.holder.engineer);
        let mut text = [proposed, name, ": ", shift.role.as_str(), " on-call"].concat();
        if !notes.is_empty() {
            let _ = write!(text, " ({})", notes.join("; "));
        }
        text
    }

    /// `AWAY 29–30 May: no backup`, if the holder of the shift is away.
    fn own_absence(&self, shift: &Shift, absences: &[Unavailable]) -> Option<String> {
        let last = absences.last()?;
        let parts: Vec<String> =
            absences.iter().filter_map(|absence| self.absent_part(absence, shift.period)).collect();
        let when = if parts.is_empty() { String::new() } else { format!(" {}", parts.join(", ")) };
        Some(format!("AWAY{when}{}", consequence(shift.role, last)))
    }

    /// The part of `whole` during which somebody is away; `None` for all of it.
    fn absent_part(&self, absence: &Unavailable, whole: Period) -> Option<String> {
        (absence.period != whole).then(|| moment::stretch(self.zone(), absence.period))
    }

    /// `away 29–30 May (time off): no backup`, once for each absence of whoever holds `role` within `period`.
    pub(super) fn absences(&self, role: Role, period: Period) -> Option<String> {
        self.listed(role, period, &self.plan.schedule.unavailable(self.team(), role, period))
    }

    /// [`Writer::absences`], which are `absences`.
    fn listed(&self, role: Role, period: Period, absences: &[Unavailable]) -> Option<String> {
        let last = absences.last()?;
        let part = |absence: &Unavailable| {
            let when = self.absent_part(absence, period).unwrap_or_else(|| "all that time".to_owned());
            format!("{when} ({})", reasons(&absence.reasons))
        };
        let parts: Vec<String> = absences.iter().map(part).collect();
        Some(format!("away {}{}", parts.join(", "), consequence(role, last)))
    }

    /// How the shift differs from the rotation, short enough for a month's grid.
    fn note(&self, planned: &PlannedWeek, shift: &Shift, reason_text: &str) -> Option<String> {
        let instead_of = shift.holder.instead_of.map(|idx| self.name(idx));
        let instead = instead_of.map(|name| format!("instead of {name}"));
        match shift.holder.kind {
            ShiftKind::Rotation => None,
            ShiftKind::Swap => instead.map(|instead| format!("swap, {instead}")),
            ShiftKind::Cover => Some(match instead_of {
                Some(name) => format!("covers {reason_text} for {name}"),
                None => format!("covers {reason_text}"),
            }),
            ShiftKind::Backfill => instead_of.map(|name| format!("stands in for {name}")),
            ShiftKind::Override => Some(joined("agreed", instead)),
            ShiftKind::Proposal => {
                let standing = conflict_of(planned, shift).map(|conflict| conflict.status);
                Some(match (shift.role, standing) {
                    (Role::Primary, Some(ProposalStatus::NeedsVolunteer)) => {
                        format!("{reason_text}, volunteer needed")
                    }
                    (Role::Primary, Some(ProposalStatus::Nobody)) => format!("{reason_text}, nobody free"),
                    _ => joined(reason_text, instead),
                })
            }
        }
    }

    fn shift_description(
        &self,
        planned: &PlannedWeek,
        shift: &Shift,
        reason_text: Option<&str>,
        away: &[Unavailable],
    ) -> String {
        let idx = shift.holder.engineer;
        let zone = &self.team().engineer(idx).zone;
        let next = self.next(shift);
        let mut text = String::with_capacity(512);
        // The next holder's line says when it ends; calendars show when it starts.
        if next.is_none() {
            text.push_str(&self.span(shift.period));
        }
        let ends = [shift.period.start(), shift.period.end()];
        if ends.into_iter().any(|end| moment::differ(zone, self.zone(), end)) {
            let there = moment::span(zone, shift.period);
            let line = if text.is_empty() { "" } else { "\n" };
            let _ = write!(text, "{line}For {} in {}: {there}", self.name(idx), zone.name());
        }
        begin_paragraph(&mut text);
        let attention = self.listed(shift.role, shift.period, away);
        if let Some(away) = attention {
            let _ = writeln!(text, "Attention: {} is {away}.", self.name(idx));
        }
        if let Some(why) = self.why(planned, shift, reason_text.unwrap_or_default()) {
            let _ = writeln!(text, "Why: {why}");
        }
        self.beside(&mut text, planned, shift);
        if let Some(next) = next {
            let _ = write!(text, "\n{next}");
        }
        let owned = [self.pipelines_of(idx), self.run_books()].into_iter().filter(|line| !line.is_empty());
        for (place, line) in owned.enumerate() {
            text.push_str(if place == 0 { "\n\n" } else { "\n" });
            text.push_str(line);
        }
        text
    }

    /// Which rule gave them the shift, in a sentence or two; `None` for the plain rotation.
    fn why(&self, planned: &PlannedWeek, shift: &Shift, reason_text: &str) -> Option<String> {
        let role = shift.role.as_str();
        let week = moment::date(planned.week.id.0);
        let instead_of = shift.holder.instead_of.map(|idx| self.name(idx));
        let away = self.name(planned.week.pair.primary);
        let given = if reason_text.is_empty() { String::new() } else { format!(" Reason: {reason_text}.") };
        Some(match shift.holder.kind {
            ShiftKind::Rotation => return None,
            ShiftKind::Swap => match instead_of {
                Some(name) => {
                    format!("the week of {week} was swapped; by the rotation {name} would be {role}.{given}")
                }
                None => {
                    format!("{role} by the rotation; the swap of this week leaves that as it was.{given}")
                }
            },
            ShiftKind::Cover => {
                format!("{away}, this week's primary, is away ({reason_text}), so the secondary covers.")
            }
            ShiftKind::Backfill => {
                let secondary = self.name(planned.week.pair.secondary);
                let covers = planned.duties.iter().any(|duty| {
                    duty.primary.kind == ShiftKind::Cover && duty.period.contains(shift.period.start())
                });
                let what = if covers { format!("covers for {away}") } else { "is away".to_owned() };
                let stand_in = self.name(shift.holder.engineer);
                format!(
                    "{secondary}, this week's secondary, {what} ({reason_text}), so {stand_in} stands in."
                )
            }
            ShiftKind::Override => {
                let by = self.team().overrides.iter().find(|by| by.period.overlaps(shift.period));
                let agreed = by.and_then(|by| by.agreed_on).map(moment::date);
                let agreed = agreed.map(|date| format!(" on {date}")).unwrap_or_default();
                let instead = instead_of.map(|name| format!(", instead of {name}")).unwrap_or_default();
                format!("the team agreed on it{agreed}{instead}.{given}")
            }
            ShiftKind::Proposal => self.why_proposed(planned, shift, reason_text),
        })
    }

    fn why_proposed(&self, planned: &PlannedWeek, shift: &Shift, reason_text: &str) -> String {
        let pair = planned.week.pair;
        let (away, secondary) = (self.name(pair.primary), self.name(pair.secondary));
        let standing = conflict_of(planned, shift).map(|conflict| conflict.status);
        let choice = match standing {
            Some(ProposalStatus::NeedsVolunteer) => {
                " Everybody who could take it has a holiday then, so it needs a volunteer."
            }
            Some(ProposalStatus::Nobody) => {
                " Nobody is free to take it, so the secondary keeps the primary role."
            }
            Some(ProposalStatus::Proposed) | None => "",
        };
        let holder = [shift.holder.engineer];
        let by = self.moment_for(&holder, planned.deadline);
        format!(
            "proposed only. {away}, this week's primary, is away ({reason_text}) and {secondary}, the secondary, cannot \
             cover.{choice}\nAgree by: {by}"
        )
    }
}

/// What follows from somebody's absence in `role`.
fn consequence(role: Role, absence: &Unavailable) -> &'static str {
    match role {
        _ if absence.is_agreed => ", by agreement",
        Role::Primary => "",
        Role::Secondary => ": no backup",
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
