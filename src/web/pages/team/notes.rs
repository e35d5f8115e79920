//! What is special about a week, in words: shifts that are not plain rotation, absences, moved meetings.

use maud::{Markup, html};

use crate::rota::{PlannedWeek, Role, Schedule, Shift, ShiftKind};
use crate::text::clean;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::on_call;
use crate::web::pages::kit::on_call::notice;
use crate::web::pages::kit::people::People;
use crate::web::pages::team::strip::{Away, Strip};

/// The notes of one strip; nothing for a week like any other.
pub(in crate::web) fn notes(
    people: &People<'_>,
    schedule: &Schedule,
    strip: &Strip<'_>,
    wall: Wall<'_>,
) -> Markup {
    let special = |shift: &&Shift| shift.holder.kind != ShiftKind::Rotation;
    let shifts: Vec<&Shift> = strip.planned.shifts.iter().filter(special).collect();
    let meeting = schedule.handovers.iter().find(|meeting| meeting.week == strip.planned.week.id);
    let meeting = meeting.filter(|meeting| meeting.moved || meeting.flagged);
    html! {
        @if !shifts.is_empty() || !strip.away.is_empty() || meeting.is_some() {
            ul.notes {
                @for shift in shifts { li { (self::shift(people, strip.planned, shift, wall)) } }
                @for away in &strip.away { li.away { (self::away(people, away, wall)) } }
                @if let Some(meeting) = meeting {
                    li.away { "Handover meeting " (wall.span(meeting.period)) (notice(meeting)) }
                }
            }
        }
    }
}

fn shift(people: &People<'_>, planned: &PlannedWeek, shift: &Shift, wall: Wall<'_>) -> Markup {
    let is_uncovered = planned.is_uncovered(shift.period);
    let holder = &shift.holder;
    html! {
        (people.badge(holder.engineer)) " " (wall.span(shift.period)) ": " b { (people.name(holder.engineer)) }
        @if shift.role == Role::Secondary { " as secondary" }
        @if let Some(why) = on_call::why(people, holder, is_uncovered) { " " (why) }
        @if holder.kind.is_tentative() && shift.role == Role::Primary {
            " " @if is_uncovered { span.tag.late { "not covered" } } @else { span.tag.warn { "to be agreed" } }
        }
    }
}

/// A holiday is a day where people live; all that is less than that is told by the clock of the page, as shifts are.
fn away(people: &People<'_>, away: &Away, wall: Wall<'_>) -> Markup {
    let wall = Wall::new(wall.zone, away.period.start());
    let there = wall.days_in(&people.team().engineer(away.seats[0]).zone, away.period);
    html! {
        @if let Some(there) = there { (there) " (" (wall.span(away.period)) ")" } @else { (wall.span(away.period)) }
        " " b { (clean(&away.reason)) } ": " (people.list(&away.seats))
    }
}
