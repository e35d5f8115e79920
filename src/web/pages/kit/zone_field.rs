//! The field of a form that chooses the clock by which a page is read.

use maud::{Markup, html};

use super::query::zones;
use crate::rota::{Team, Zone};

/// The zones of the team and its people, and the one asked for.
pub(in crate::web) fn zone_field(team: &Team, zone: Option<&Zone>) -> Markup {
    let own = zones(team);
    let other = zone.filter(|zone| own.iter().all(|own| own.name() != zone.name()));
    html! {
        span.field {
            label for="zone" { "Times of" }
            select #zone name="zone" {
                @for known in own.iter().copied().chain(other) {
                    option value=(known.name()) selected[zone.unwrap_or(&team.zone).name() == known.name()] {
                        (known.name().replace('_', " "))
                    }
                }
            }
        }
    }
}
