//! The surroundings of a shift: who holds the other role meanwhile, and when and how duty changes next.

use std::fmt::Write as _;

use chrono::TimeDelta;

use crate::rota::{Duty, EngineerIdx, Period, PlannedWeek, Role, Shift, ShiftKind, merge_adjacent};

use super::writer::Writer;
use crate::text::reason;
use crate::text::role_title;

/// How far past a shift's end its text looks; a plan reaches further than that past its window.
const MAX_AHEAD: TimeDelta = TimeDelta::days(8);

impl Writer<'_> {
    /// Writes who holds the other role meanwhile, with a line for each change.
    pub(super) fn beside(&self, text: &mut String, planned: &PlannedWeek, shift: &Shift) {
        let role = shift.role.other();
        let held = planned.duties.iter().filter_map(|duty| {
            let held = duty.holder(role).map(|held| (held.engineer, held.kind.is_tentative()));
            Some((duty.period.intersection(shift.period)?, held))
        });
        let parts = merge_adjacent(held);
        text.push_str(role_title(role));
        match &parts[..] {
            [(_, None)] if shift.holder.kind == ShiftKind::Cover => {
                text.push_str(": nobody, as the secondary covers");
            }
            [(period, held)] => {
                text.push_str(": ");
                self.held(text, *held);
                text.push_str(&self.away_beside(role, *period));
            }
            _ => {
                text.push_str(" meanwhile:");
                for (period, held) in &parts {
                    text.push_str("\n- ");
                    self.held(text, *held);
                    let _ = write!(text, " until {}", self.moment(period.end()));
                    text.push_str(&self.away_beside(role, *period));
                }
            }
        }
    }

    /// Writes `Data Engineer A`, `Data Engineer A (proposed)` or `nobody`.
    fn held(&self, text: &mut String, held: Option<(EngineerIdx, bool)>) {
        let Some((engineer, is_tentative)) = held else { return text.push_str("nobody") };
        text.push_str(self.name(engineer));
        if is_tentative {
            text.push_str(" (proposed)");
        }
    }

    fn away_beside(&self, role: Role, period: Period) -> String {
        self.absences(role, period).map(|away| format!(", {away}")).unwrap_or_default()
    }

    /// When and how duty changes next.
    pub(super) fn next(&self, shift: &Shift) -> Option<String> {
        let (role, idx) = (shift.role, shift.holder.engineer);
        let change = shift.period.end();
        let after = self.plan.schedule.on_call(change)?;
        let at = self.moment_for(&[idx], change);
        let is_near = |duty: &&Duty| duty.period.start() <= change + MAX_AHEAD;
        let until = |duty: &Duty| format!(" until {}", self.moment_for(&[idx], duty.period.start()));
        if after.engineer(role) == Some(idx) {
            let last = self.plan.schedule.next_with_another(change, |duty| duty.engineer(role));
            let until = last.filter(is_near).map(until).unwrap_or_default();
            let open = after.holder(role).is_some_and(|held| held.kind.is_tentative());
            let open = if open { " (not agreed)" } else { "" };
            return Some(format!("Next: {at}, {} stays {}{open}{until}", self.name(idx), role.as_str()));
        }
        let plainly = after.holder(role).is_some_and(|held| {
            matches!(held.kind, ShiftKind::Rotation | ShiftKind::Swap | ShiftKind::Backfill)
        });
        if plainly {
            let next = after.holder(role).map_or("nobody", |held| self.name(held.engineer));
            let moves = (after.engineer(role.other()) == Some(idx))
                .then(|| format!("; {} becomes {}", self.name(idx), role.other().as_str()));
            let moves = moves.unwrap_or_default();
            return Some(format!("Next: {at}, {next}{moves}"));
        }
        // Until the role is held, or empty, for another reason; an empty role has the primary's reason.
        let held = |duty: &Duty| duty.holder(role).unwrap_or(&duty.primary).clone();
        let later = self.plan.schedule.next_with_another(change, held).filter(is_near);
        let until = later.map(until).unwrap_or_default();
        let back = later.filter(|later| later.engineer(role) == Some(idx));
        let back = back.map(|_| format!(", then {} is {} again", self.name(idx), role.as_str()));
        Some(format!("Next: {at}, {}{until}{}", self.because(after, role), back.unwrap_or_default()))
    }

    /// Who holds `role` in `duty`, and why: `Data Engineer B covers Thanksgiving Day for Data Engineer A`.
    pub(super) fn because(&self, duty: &Duty, role: Role) -> String {
        let Some(held) = duty.holder(role) else {
            let empty = format!("the {} role is empty", role.as_str());
            return match duty.primary.kind {
                ShiftKind::Rotation | ShiftKind::Swap | ShiftKind::Backfill => empty,
                _ => format!("{empty}, as {}", self.because(duty, Role::Primary)),
            };
        };
        let name = self.name(held.engineer);
        let in_brackets =
            held.reason.as_deref().map(|text| format!(" ({})", reason(text))).unwrap_or_default();
        match held.kind {
            ShiftKind::Cover => {
                let whom = held.instead_of.map(|idx| format!(" for {}", self.name(idx)));
                let absence = held.reason.as_deref().map(reason).unwrap_or_default();
                format!("{name} covers {absence}{}", whom.unwrap_or_default())
            }
            ShiftKind::Proposal if self.plan.schedule.is_uncovered(duty) => {
                format!("nobody is free to be {}{in_brackets} and {name} keeps that role", role.as_str())
            }
            ShiftKind::Proposal => format!("{name} is PROPOSED as {}{in_brackets}", role.as_str()),
            ShiftKind::Override => format!("{name} is {}, as the team agreed{in_brackets}", role.as_str()),
            ShiftKind::Backfill => {
                let whom = held.instead_of.map(|idx| format!(" for {}", self.name(idx)));
                format!("{name} stands in{}", whom.unwrap_or_default())
            }
            ShiftKind::Rotation | ShiftKind::Swap => {
                format!("{name} is {}", role.as_str())
            }
        }
    }
}
