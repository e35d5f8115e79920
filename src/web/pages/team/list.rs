//! Every shift of a view with its exact times, week by week.

use maud::{Markup, html};

use crate::rota::{Period, PlannedWeek, Schedule, Shift};
use crate::text::role_title;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::on_call::why;
use crate::web::pages::kit::people::People;

/// The table of the shifts in `period`.
pub(in crate::web) fn list(
    people: &People<'_>,
    schedule: &Schedule,
    period: Period,
    wall: Wall<'_>,
) -> Markup {
    let weeks = schedule.weeks.iter().filter(|planned| planned.week.period.overlaps(period));
    html! {
        p.fine { "Times are those of " (wall.zone.name().replace('_', " ")) "." }
        table.stack.shifts {
            thead { tr { th scope="col" { "When" } th scope="col" { "Role" } th scope="col" { "Who" } th scope="col" { "Why" } } }
            @for planned in weeks { tbody { @for shift in &planned.shifts { (row(people, planned, shift, wall)) } } }
        }
    }
}

fn row(people: &People<'_>, planned: &PlannedWeek, shift: &Shift, wall: Wall<'_>) -> Markup {
    let is_tried = shift.holder.kind.is_tentative();
    let is_uncovered = is_tried && planned.is_uncovered(shift.period);
    html! {
        tr {
            td.when { (wall.span(shift.period)) }
            td { (role_title(shift.role)) }
            td { (people.person(shift.holder.engineer)) }
            td {
                @if is_uncovered { span.tag.late { "not covered" } " " } @else if is_tried { span.tag.warn { "to agree" } " " }
                (why(people, &shift.holder, is_uncovered).unwrap_or_default())
            }
        }
    }
}
