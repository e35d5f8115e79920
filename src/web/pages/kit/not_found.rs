//! The pages for status 404 and 503, with links to what exists.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::{Snapshot, TeamSnapshot};
use crate::rota::TeamId;
use crate::text::clean;
use crate::web::pages::kit::document::document;
use crate::web::pages::kit::layout::{Layout, Tab};
use crate::web::pages::kit::problems::errors;
use crate::web::response::RETRY_SECONDS;
use crate::web::state::State;

/// At most this many teams are listed; if there are more, the first page has them all.
const MAX_TEAMS: usize = 20;

/// The response to a path without a route.
pub(in crate::web) fn missing(state: &State, request: &HttpRequest) -> HttpResponse {
    missing_page(state, &state.store.load(), request)
}

/// The page that says that an address does not exist, with links to what does: of the team that the address names, if
/// there is one.
pub(in crate::web) fn missing_page(
    state: &State,
    snapshot: &Snapshot,
    request: &HttpRequest,
) -> HttpResponse {
    let team = request.path().split('/').nth(1).and_then(|id| snapshot.team(id));
    let Some(team) = team else { return no_team_page(snapshot, request) };
    let layout = Layout::of(state, request, snapshot, team, Tab::Other);
    let main = html! {
        h1 { "There is no such page" }
        p.lead { "The address may be mistyped, or what it named was renamed or removed." }
        p { a.button href=(layout.team_root()) { "Back to the rota" } }
    };
    layout.respond(StatusCode::NOT_FOUND, "Not found", &main)
}

fn no_team_page(snapshot: &Snapshot, request: &HttpRequest) -> HttpResponse {
    let layout = Layout::plain(request);
    let root = layout.root();
    let main = html! {
        h1 { "There is no such page" }
        p.lead { "The address may be mistyped, or the team renamed: a team’s address is the name of its file." }
        @if (1..=MAX_TEAMS).contains(&snapshot.teams().len()) {
            h2 { "Teams" }
            ul { @for team in snapshot.teams() { li { (link(team, &root)) } } }
        }
        p { a.button href=(root) { "All teams" } }
    };
    layout.respond(StatusCode::NOT_FOUND, "Not found", &main)
}

/// The same for a client without a key for the address, if access is by secret links. It reveals nothing, and links
/// only to its style sheet.
pub(in crate::web) fn no_key(style: &str) -> Markup {
    let body = html! {
        body {
            main {
                h1 { "There is nothing at this address" }
                p.lead { "If it is a link that once worked, ask your on-call team for its new one." }
            }
        }
    };
    document("Not found · oncal", &html! { link rel="stylesheet" href=(style); }, &body)
}

fn link(team: &TeamSnapshot, root: &str) -> Markup {
    html! { a href={ (root) (team.team().id) "/" } { bdi { (clean(&team.team().name)) } } }
}

/// The response of `answer` for the team that `request` names, or the page that says why there is none.
pub(in crate::web) fn with_team<'s>(
    snapshot: &'s Snapshot,
    request: &HttpRequest,
    answer: impl FnOnce(&'s TeamSnapshot) -> HttpResponse,
) -> HttpResponse {
    let id = part(request, "team");
    match (snapshot.team(id), TeamId::new(id).filter(|_| snapshot.is_broken(id))) {
        (Some(team), _) => answer(team),
        (None, Some(id)) => broken(snapshot, &id, request),
        (None, None) => no_team_page(snapshot, request),
    }
}

fn broken(snapshot: &Snapshot, id: &TeamId, request: &HttpRequest) -> HttpResponse {
    let main = html! {
        h1 { (id) }
        div.alert {
            @if snapshot.removed().contains(id) {
                p { b { "The file of this team is missing, so its rota is not served." } }
            } @else {
                p { b { "The configuration of this team has errors, so its rota is not served." } }
            }
            (errors(snapshot.configuration().diagnostics_of(id)))
        }
    };
    let mut response = Layout::plain(request).respond(StatusCode::SERVICE_UNAVAILABLE, id.as_str(), &main);
    response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS.into());
    response
}

/// What `request` names as `part` in its path.
pub(in crate::web) fn part<'r>(request: &'r HttpRequest, part: &str) -> &'r str {
    request.match_info().get(part).unwrap_or_default()
}
