//! The shifts of a view as a table: what the timeline draws, for those who do not see it or want the exact times.

use maud::{Markup, html};

use crate::text::role_title;

use crate::rota::PlannedWeek;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::on_call;
use crate::web::pages::kit::people::People;

/// The table, folded away until asked for.
pub(in crate::web) fn table(people: &People<'_>, weeks: &[&PlannedWeek], wall: Wall<'_>) -> Markup {
    html! {
        details.as-table {
            summary { "Every shift with its exact times" }
            p.fine { "Times are of " (wall.zone.name()) "." }
            table.stack {
                thead { tr { th { "Role" } th { "Who" } th { "When" } th { "Why" } } }
                @for planned in weeks {
                    tbody {
                        @for shift in &planned.shifts {
                            tr {
                                td { (role_title(shift.role)) }
                                td { (people.name(shift.holder.engineer)) }
                                td { (wall.span(shift.period)) }
                                td { (on_call::why(people, &shift.holder, planned.is_uncovered(shift.period)).unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
    }
}
