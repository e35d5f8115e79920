//! The surroundings of a shift: who holds the other role meanwhile, and when and how duty changes next.

use std::fmt::{self, Write as _};

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
    pub(super) fn next<'s>(&'s self, shift: &'s Shift) -> Option<impl fmt::Display + 's> {
        let after = self.plan.schedule.on_call(shift.period.end())?;
        Some(fmt::from_fn(move |f| self.write_next(f, shift, after)))
    }

    fn write_next(&self, f: &mut fmt::Formatter<'_>, shift: &Shift, after: &Duty) -> fmt::Result {
        let (role, idx, change) = (shift.role, shift.holder.engineer, shift.period.end());
        let name = self.name(idx);
        let is_near = |duty: &&Duty| duty.period.start() <= change + MAX_AHEAD;
        let until = |later: Option<&Duty>| {
            let start = later.map(|later| later.period.start());
            fmt::from_fn(move |f| match start {
                Some(start) => write!(f, " until {}", self.moment_for(&[idx], start)),
                None => Ok(()),
            })
        };
        write!(f, "Next: {}, ", self.moment_for(&[idx], change))?;
        if after.engineer(role) == Some(idx) {
            let last = self.plan.schedule.next_with_another(change, |duty| duty.engineer(role));
            let open = after.holder(role).is_some_and(|held| held.kind.is_tentative());
            let open = if open { " (not agreed)" } else { "" };
            return write!(f, "{name} stays {}{open}{}", role.as_str(), until(last.filter(is_near)));
        }
        let plainly = after.holder(role).is_some_and(|held| {
            matches!(held.kind, ShiftKind::Rotation | ShiftKind::Swap | ShiftKind::Backfill)
        });
        if plainly {
            f.write_str(after.holder(role).map_or("nobody", |held| self.name(held.engineer)))?;
            return match after.engineer(role.other()) == Some(idx) {
                true => write!(f, "; {name} becomes {}", role.other().as_str()),
                false => Ok(()),
            };
        }
        // Until the role is held, or empty, for another reason; an empty role has the primary's reason.
        let held = |duty: &Duty| duty.holder(role).unwrap_or(&duty.primary).clone();
        let later = self.plan.schedule.next_with_another(change, held).filter(is_near);
        write!(f, "{}{}", self.because(after, role), until(later))?;
        match later.is_some_and(|later| later.engineer(role) == Some(idx)) {
            true => write!(f, ", then {name} is {} again", role.as_str()),
            false => Ok(()),
        }
    }

    /// Who holds `role` in `duty`, and why: `Data Engineer B covers Thanksgiving Day for Data Engineer A`.
    pub(super) fn because<'s>(&'s self, duty: &'s Duty, role: Role) -> impl fmt::Display + 's {
        fmt::from_fn(move |f| self.write_because(f, duty, role))
    }

    fn write_because(&self, f: &mut fmt::Formatter<'_>, duty: &Duty, role: Role) -> fmt::Result {
        let Some(held) = duty.holder(role) else {
            write!(f, "the {} role is empty", role.as_str())?;
            return match duty.primary.kind {
                ShiftKind::Rotation | ShiftKind::Swap | ShiftKind::Backfill => Ok(()),
                _ => {
                    f.write_str(", as ")?;
                    self.write_because(f, duty, Role::Primary)
                }
            };
        };
        let (name, role) = (self.name(held.engineer), role.as_str());
        let whom = fmt::from_fn(|f| match held.instead_of {
            Some(idx) => write!(f, " for {}", self.name(idx)),
            None => Ok(()),
        });
        let in_brackets = fmt::from_fn(|f| match held.reason.as_deref() {
            Some(text) => write!(f, " ({})", reason(text)),
            None => Ok(()),
        });
        match held.kind {
            ShiftKind::Cover => {
                let absence = held.reason.as_deref().map(reason).unwrap_or_default();
                write!(f, "{name} covers {absence}{whom}")
            }
            ShiftKind::Proposal if self.plan.schedule.is_uncovered(duty) => {
                write!(f, "nobody is free to be {role}{in_brackets} and {name} keeps that role")
            }
            ShiftKind::Proposal => write!(f, "{name} is PROPOSED as {role}{in_brackets}"),
            ShiftKind::Override => write!(f, "{name} is {role}, as the team agreed{in_brackets}"),
            ShiftKind::Backfill => write!(f, "{name} stands in{whom}"),
            ShiftKind::Rotation | ShiftKind::Swap => write!(f, "{name} is {role}"),
        }
    }
}
