//! The notes about a week beside its strip: what changes who is on duty, and what is still to be done.

use maud::{Markup, html};

use super::lanes::{Piece, What};
use crate::rota::{EngineerIdx, Handover, PlannedWeek, ProposalStatus, Role, Schedule, Shift, ShiftKind};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::on_call::{notice, why};
use crate::web::pages::kit::people::People;

/// What the notes depend on.
pub(in crate::web) struct Notes<'a> {
    pub(in crate::web) people: &'a People<'a>,
    pub(in crate::web) schedule: &'a Schedule,
    pub(in crate::web) wall: Wall<'a>,
}

/// What a week needs, in a few words: conflicts that are not over, and where the secondary is away.
pub(in crate::web) fn tags(planned: &PlannedWeek, secondary: &[Piece<'_>], wall: Wall<'_>) -> Markup {
    let open: Vec<_> = planned.conflicts.iter().filter(|conflict| wall.now < conflict.period.end()).collect();
    let is_uncovered = open.iter().any(|conflict| conflict.status == ProposalStatus::Nobody);
    let is_overdue = planned.deadline <= wall.now;
    let gone = secondary.iter().find(|piece| matches!(piece.what, What::NoBackup { .. }));
    html! {
        @if !open.is_empty() {
            span class=(if is_uncovered || is_overdue { "tag late" } else { "tag warn" }) {
                @if is_uncovered { "not covered" } @else { (open.len()) " to agree" }
                @if is_overdue { ", overdue" } @else { " by " (wall.day(planned.deadline)) }
            }
        }
        @if let Some(piece) = gone.filter(|piece| wall.now < piece.period.end()) {
            span.tag.warn { "no backup " (wall.day(piece.period.start())) }
        }
    }
}

impl Notes<'_> {
    /// The notes of a week; nothing for a week like any other.
    pub(in crate::web) fn of(&self, planned: &PlannedWeek, secondary: &[Piece<'_>]) -> Markup {
        let meeting = self.schedule.handovers.iter().find(|meeting| meeting.week == planned.week.id);
        let meeting: Option<&Handover> = meeting.filter(|meeting| meeting.moved || meeting.flagged);
        let primary = |shift: &&Shift| shift.role == Role::Primary && is_special(shift);
        // A secondary beside such a primary is named in the primary's note.
        let beside = |shift: &&Shift| {
            let is_alone = planned
                .shifts
                .iter()
                .filter(|other| primary(other))
                .all(|other| !other.period.overlaps(shift.period));
            shift.role == Role::Secondary && is_special(shift) && is_alone
        };
        let shifts: Vec<&Shift> =
            planned.shifts.iter().filter(|shift| primary(shift) || beside(shift)).collect();
        let gone: Vec<&Piece<'_>> =
            secondary.iter().filter(|piece| matches!(piece.what, What::NoBackup { .. })).collect();
        html! {
            @if !shifts.is_empty() || !gone.is_empty() || meeting.is_some() {
                ul.notes {
                    @for shift in shifts { li { (self.shift(planned, shift)) } }
                    @for piece in gone { li { (self.no_backup(piece)) } }
                    @if let Some(meeting) = meeting {
                        li { b { (self.wall.span(meeting.period)) } " Handover meeting" (notice(meeting)) }
                    }
                }
            }
        }
    }

    fn shift(&self, planned: &PlannedWeek, shift: &Shift) -> Markup {
        let (people, holder) = (self.people, &shift.holder);
        let is_uncovered = holder.kind.is_tentative() && planned.is_uncovered(shift.period);
        let conflict = planned.conflicts.iter().find(|conflict| conflict.period.overlaps(shift.period));
        html! {
            b { (self.wall.span(shift.period)) } " "
            @match conflict.filter(|_| holder.kind == ShiftKind::Proposal && shift.role == Role::Primary) {
                Some(conflict) => {
                    (people.name(planned.week.pair.primary)) " is away (" (people.holidays().reasons(&conflict.reasons)) ") and "
                    (people.name(planned.week.pair.secondary)) " cannot cover. "
                    @if is_uncovered { "Nobody is free: " (people.name(holder.engineer)) " keeps it for now" }
                    @else { (people.name(holder.engineer)) " is proposed" }
                    (self.backed(planned, shift)) ". "
                    a href={ "coverage" (self.wall.kept(people.team())) "#c" (conflict.period.start().format("%Y%m%dT%H%M")) } {
                        @if planned.deadline <= self.wall.now { "Agree now" } @else { "Agree by " (self.wall.day(planned.deadline)) }
                    }
                },
                None => {
                    (people.name(holder.engineer))
                    @if shift.role == Role::Secondary { " as secondary" }
                    @if let Some(why) = why(people, holder, is_uncovered) { " " (why) }
                    @if shift.role == Role::Primary { (self.backed(planned, shift)) }
                },
            }
        }
    }

    /// The backups of a primary during their shift.
    fn backed(&self, planned: &PlannedWeek, shift: &Shift) -> Markup {
        let mut behind: Vec<Option<EngineerIdx>> = Vec::new();
        for duty in planned.duties.iter().filter(|duty| duty.period.overlaps(shift.period)) {
            let secondary = duty.hands().1;
            if !behind.contains(&secondary) {
                behind.push(secondary);
            }
        }
        let indices: Vec<EngineerIdx> = behind.iter().copied().flatten().collect();
        html! {
            @if indices.is_empty() { "; no backup" }
            @else { ", with " (self.people.list(&indices)) " as secondary" @if behind.contains(&None) { " for part of it" } }
        }
    }

    fn no_backup(&self, piece: &Piece<'_>) -> Markup {
        html! {
            @if let What::NoBackup { away, reasons: names } = &piece.what {
                b { (self.wall.span(piece.period)) } " No backup: " (self.people.name(*away)) " is away (" (self.people.holidays().reasons(names)) ")"
            }
        }
    }
}

/// Whether a shift is other than the rotation has it.
fn is_special(shift: &Shift) -> bool {
    match shift.holder.kind {
        ShiftKind::Rotation => false,
        ShiftKind::Swap => shift.holder.instead_of.is_some(),
        _ => true,
    }
}
