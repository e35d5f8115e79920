//! The shifts of a view as a table: what the timeline draws, for those who do not see it or want the exact times.

use maud::{Markup, html};

use super::duty;
use super::people::People;
use super::words::Wall;
use crate::rota::PlannedWeek;

/// The table, folded away until asked for.
pub(super) fn table(people: &People<'_>, weeks: &[&PlannedWeek], wall: Wall<'_>) -> Markup {
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
                                td { (duty::title(shift.role)) }
                                td { (people.name(shift.holder.engineer)) }
                                td { (wall.span(shift.period)) }
                                td { (duty::why(people, &shift.holder, planned.is_uncovered(shift.period)).unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
    }
}
