//! `/`: every team with who is on call now and what it has to agree on.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::config::Configuration;
use crate::live::{Snapshot, TeamSnapshot};
use crate::rota::{Instant, Role, Row, coverage};
use crate::text::{clean, count};
use crate::web::pages::kit::agreement::open;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::Layout;
use crate::web::pages::kit::on_call::{away, changes_at, then};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::problems::errors;
use crate::web::state::State;

/// The page.
pub(in crate::web) fn index(state: &State, request: &HttpRequest) -> HttpResponse {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    let main = html! {
        h1 { "On call now" }
        (broken(snapshot.configuration(), &snapshot))
        @if snapshot.teams().len() == 0 && snapshot.configuration().broken.is_empty() {
            p.lead { "There is no team yet: each file in " code { "teams/" } " is one." }
        }
        div.teams { @for team in snapshot.teams() { (card(&snapshot, team, now)) } }
    };
    Layout::plain(request).respond(StatusCode::OK, "On call now", &main)
}

fn card(snapshot: &Snapshot, team: &TeamSnapshot, now: Instant) -> Markup {
    let rota = team.team();
    let (people, wall) = (People::of(rota), Wall::new(&rota.zone, now));
    let duty = team.near().on_call(now);
    let holder = |role: Role| duty.and_then(|duty| duty.holder(role));
    html! {
        section.card.team-card {
            h2 { a href={ (rota.id) "/" } { bdi { (clean(&rota.name)) } } }
            @if snapshot.is_outdated(&rota.id) {
                p { span.tag.late { "Not current" } " the latest change has errors" }
            }
            @match duty {
                None => p { "Nobody is on call before " (wall.moment(rota.starts())) "." },
                Some(_) => dl {
                    @for (role, label) in [(Role::Primary, "Primary"), (Role::Secondary, "Secondary")] {
                        dt { (label) }
                        dd {
                            @match holder(role) {
                                Some(holder) => (people.person(holder.engineer)),
                                None => "nobody",
                            }
                            (away(team, role, wall))
                            @if let Some(until) = changes_at(team.near(), role, now) {
                                small { " until " (wall.moment(until)) (then(team, &people, role, until)) }
                            }
                        }
                    }
                },
            }
            (unsettled(team, now))
            p.links {
                a href={ (rota.id) "/" } { "Rota" }
                a href={ (rota.id) "/coverage" } { "Coverage" }
                a href={ (rota.id) "/pipelines" } { "Pipelines" }
                a href={ (rota.id) "/#subscribe" } { "Subscribe" }
            }
        }
    }
}

/// Of the weeks at hand, not of the years: an index of thousands of teams would hold all of those.
fn unsettled(team: &TeamSnapshot, now: Instant) -> Markup {
    let near = coverage(team.team(), team.near());
    let open: Vec<&Row> = open(&near, now);
    let overdue = open.iter().filter(|row| row.is_overdue(now)).count();
    html! {
        p.settled {
            @if open.is_empty() { span.tag.ok { "Nothing to agree" } " in the weeks ahead" }
            @else {
                a href={ (team.team().id) "/coverage" } { (count(open.len(), "absence", "absences")) " to agree" }
                @if overdue > 0 { " " span.tag.late { (overdue) " overdue" } }
            }
        }
    }
}

fn broken(configuration: &Configuration, snapshot: &Snapshot) -> Markup {
    let broken = configuration.broken.keys().filter(|id| snapshot.is_broken(id.as_str()));
    html! {
        @for id in broken {
            section.alert {
                h2 { a href={ (id) "/" } { (id) } }
                p { "The configuration of this team has errors, so its rota is not served." }
                (errors(configuration.diagnostics_of(id)))
            }
        }
    }
}
