//! A team as a card, where there are few.

use maud::{Markup, html};

use super::entry::Entry;
use crate::live::Snapshot;
use crate::rota::{Instant, Role, TeamId};
use crate::text::{clean, role_title};
use crate::web::pages::index::table::needs;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::on_call::{agreement_tag, away, then};
use crate::web::pages::kit::problems::errors;

/// A team that is served.
pub(super) fn card(entry: &Entry<'_>, now: Instant) -> Markup {
    let (team, people) = (entry.team, &entry.people);
    let rota = team.team();
    let wall = Wall::new(&rota.zone, now);
    let duty = team.near().on_call(now);
    html! {
        section.card.team-card {
            h2 { a href={ (rota.id) "/" } { bdi { (clean(&rota.name)) } } }
            @match duty {
                None => p { "Nobody is on call before " (wall.moment(rota.starts())) "." },
                Some(duty) => dl {
                    @for role in Role::ALL {
                        dt { (role_title(role)) }
                        dd {
                            @match duty.holder(role) {
                                Some(holder) => { (people.person(holder.engineer)) " " (agreement_tag(Some(holder), team.near().is_uncovered(duty))) },
                                None => "nobody",
                            }
                            (away(team, role, wall))
                            @if let Some(until) = team.near().unchanged_until(&[role], now) {
                                small { " until " (wall.moment(until)) (then(team, people, role, until)) }
                            }
                        }
                    }
                },
            }
            p.settled { (needs(entry, wall)) }
            p.links {
                a href={ (rota.id) "/" } { "Rota" }
                a href={ (rota.id) "/coverage" } { "Coverage" }
                a href={ (rota.id) "/pipelines" } { "Pipelines" }
                a href={ (rota.id) "/subscribe" } { "Add to my calendar" }
            }
        }
    }
}

/// Teams that are not served, each with what is wrong.
pub(super) fn broken(snapshot: &Snapshot, broken: &[&TeamId]) -> Markup {
    html! {
        @for id in broken {
            section.alert {
                h2 { a href={ (id) "/" } { (id) } }
                p { "The configuration of this team has errors, so its rota is not served." }
                (errors(snapshot.configuration().diagnostics_of(id)))
            }
        }
    }
}
