//! What is around a shift: who holds the other role meanwhile, who held it before, and when and how duty changes next.

use chrono::TimeDelta;

use crate::rota::{Duty, Period, PlannedWeek, Role, Shift, ShiftKind};

use super::writer::{Writer, holder, other};
use crate::text::reason;
use crate::text::role_title;

/// How far past a shift's end its text looks: within what a plan knows past its window.
const MAX_AHEAD: TimeDelta = TimeDelta::days(8);

impl Writer<'_> {
    /// Who holds the other role meanwhile, one line for each change of hands.
    pub(super) fn beside(&self, planned: &PlannedWeek, shift: &Shift) -> String {
        let role = other(shift.role);
        let mut parts: Vec<(&Duty, Period)> = Vec::new();
        let same = |one: &Duty, other: &Duty| {
            let held = |duty: &Duty| duty.holder(role).map(|held| (held.engineer, held.kind.is_tentative()));
            held(one) == held(other)
        };
        for duty in &planned.duties {
            let Some(period) = duty.period.intersection(shift.period) else { continue };
            let last = parts.last_mut().filter(|(last, _)| same(last, duty));
            let grown = last.as_ref().and_then(|(_, last)| last.joined_to(period));
            match last.zip(grown) {
                Some(((_, last), grown)) => *last = grown,
                None => parts.push((duty, period)),
            }
        }
        match &parts[..] {
            [(duty, _)] if duty.holder(role).is_none() && shift.holder.kind == ShiftKind::Cover => {
                format!("{}: nobody, as the secondary covers", role_title(role))
            }
            [(duty, period)] => {
                format!("{}: {}{}", role_title(role), self.held(duty, role), self.away_beside(role, *period))
            }
            _ => {
                let lines = parts.iter().map(|(duty, period)| {
                    let until = self.moment(period.end());
                    format!("\n- {} until {until}{}", self.held(duty, role), self.away_beside(role, *period))
                });
                format!("{} meanwhile:{}", role_title(role), lines.collect::<String>())
            }
        }
    }

    /// `Data Engineer A`, `Data Engineer A (proposed)` or `nobody`.
    fn held(&self, duty: &Duty, role: Role) -> String {
        let Some(held) = duty.holder(role) else { return "nobody".to_owned() };
        let proposed = if held.kind.is_tentative() { " (proposed)" } else { "" };
        format!("{}{proposed}", self.name(held.engineer))
    }

    fn away_beside(&self, role: Role, period: Period) -> String {
        self.absences(role, period).map(|away| format!(", {away}")).unwrap_or_default()
    }

    /// Who held the role before, where that keeps whoever the week belongs to from holding it from its start.
    pub(super) fn before(&self, planned: &PlannedWeek, shift: &Shift) -> Option<String> {
        let (role, seat) = (shift.role, shift.holder.engineer);
        if !matches!(shift.holder.kind, ShiftKind::Rotation | ShiftKind::Swap) {
            return None;
        }
        let earlier = planned.duties.iter().rev().skip_while(|duty| duty.period.end() > shift.period.start());
        let mut earlier = earlier.filter(|duty| duty.period.end() <= shift.period.start()).peekable();
        let last = *earlier.peek()?;
        if holder(last, role) == Some(seat) {
            return None;
        }
        let same = |duty: &&Duty| duty.holder(role) == last.holder(role);
        let first = earlier.take_while(same).last().unwrap_or(last);
        Some(format!("Before: from {}, {}", self.moment(first.period.start()), self.because(last, role)))
    }

    /// When and how duty changes next.
    pub(super) fn next(&self, shift: &Shift) -> Option<String> {
        let (role, seat) = (shift.role, shift.holder.engineer);
        let mut ahead = self.duties_from(shift.period.end());
        let after = ahead.next()?;
        let at = self.moment_for(&[seat], shift.period.end());
        let mut near = ahead.take_while(|duty| duty.period.start() <= shift.period.end() + MAX_AHEAD);
        let mut until = |changes: &dyn Fn(&Duty) -> bool| {
            let change = near.find(|duty| changes(duty))?;
            Some((
                format!(" until {}", self.moment_for(&[seat], change.period.start())),
                holder(change, role),
            ))
        };
        if holder(after, role) == Some(seat) {
            let until = until(&|duty| holder(duty, role) != Some(seat)).map(|(until, _)| until);
            let until = until.unwrap_or_default();
            let open = after.holder(role).is_some_and(|held| held.kind.is_tentative());
            let open = if open { " (not agreed)" } else { "" };
            return Some(format!("Next: {at}, {} stays {}{open}{until}", self.name(seat), role.as_str()));
        }
        let plainly = after.holder(role).is_some_and(|held| {
            matches!(held.kind, ShiftKind::Rotation | ShiftKind::Swap | ShiftKind::Backfill)
        });
        if plainly {
            let next = after.holder(role).map_or("nobody", |held| self.name(held.engineer));
            let moves = (holder(after, other(role)) == Some(seat))
                .then(|| format!("; {} becomes {}", self.name(seat), other(role).as_str()));
            let moves = moves.unwrap_or_default();
            return Some(format!("Next: {at}, {next} becomes {}{moves}", role.as_str()));
        }
        // As long as the same is so for the same reason; of an empty role the primary tells why.
        let held = |duty: &Duty| duty.holder(role).or(Some(&duty.primary)).cloned();
        let (until, later) = until(&|duty| held(duty) != held(after)).unwrap_or_default();
        let back =
            (later == Some(seat)).then(|| format!(", then {} is {} again", self.name(seat), role.as_str()));
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
        let said = held.reason.as_deref().map(|said| format!(" ({})", reason(said))).unwrap_or_default();
        match held.kind {
            ShiftKind::Cover => {
                let whom = held.instead_of.map(|seat| format!(" for {}", self.name(seat)));
                let said = held.reason.as_deref().map(reason).unwrap_or_default();
                format!("{name} covers {said}{}", whom.unwrap_or_default())
            }
            ShiftKind::Proposal if self.plan.schedule.is_uncovered(duty) => {
                format!("nobody is free to be {}{said} and {name} keeps that role", role.as_str())
            }
            ShiftKind::Proposal => format!("{name} is PROPOSED as {}{said}", role.as_str()),
            ShiftKind::Override => format!("{name} is {}, as the team agreed{said}", role.as_str()),
            ShiftKind::Rotation | ShiftKind::Swap | ShiftKind::Backfill => {
                format!("{name} is {}", role.as_str())
            }
        }
    }
}
