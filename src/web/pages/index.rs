//! `/`: every team with who is on call now.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::super::site::Site;
use super::duty::on_call;
use super::layout::layout;
use super::problems::errors;
use super::subscriptions::subscriptions;
use crate::feed::clean;
use crate::live::{Snapshot, TeamSnapshot};
use crate::rota::Instant;

/// Up to so many teams show their feeds here; more would make the page too long to be of use.
const TEAMS_WITH_FEEDS: usize = 12;

/// The page.
pub(in crate::web) async fn index(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let (snapshot, now) = (site.store.load(), site.clock.now());
    let main = html! {
        h1 { "On call now" }
        @for team in snapshot.teams() { (section(&snapshot, team, now)) }
        (broken(&snapshot))
    };
    layout(StatusCode::OK, request.path(), "On call now", &main)
}

fn section(snapshot: &Snapshot, team: &TeamSnapshot, now: Instant) -> Markup {
    let way = format!("{}/", team.team().id);
    let public_url = &snapshot.configuration().settings.public_url;
    html! {
        section {
            h2 { a href=(way) { (clean(&team.team().name)) } }
            (on_call(team, now))
            @if snapshot.teams().len() <= TEAMS_WITH_FEEDS {
                details {
                    summary { "Subscribe" }
                    (subscriptions(public_url, team, &way))
                }
            } @else {
                p { a href=(way) { "Subscribe" } }
            }
        }
    }
}

fn broken(snapshot: &Snapshot) -> Markup {
    let configuration = snapshot.configuration();
    html! {
        @for id in configuration.broken.keys() {
            section {
                h2 { a href=(format!("{id}/")) { (id) } }
                p { "The configuration of this team has errors, so its rota is not served." }
                (errors(configuration.diagnostics_of(id)))
            }
        }
    }
}
