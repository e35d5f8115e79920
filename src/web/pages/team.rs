//! `/{team}/`: one team's duty, open points, feeds and run books.

use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::super::answer::text;
use super::super::site::Site;
use super::duty::{on_call, open_points};
use super::layout::layout;
use super::missing::missing_page;
use super::problems::errors;
use super::subscriptions::subscriptions;
use crate::config::BaseUrl;
use crate::feed::clean;
use crate::live::{Snapshot, TeamSnapshot};
use crate::rota::{Instant, TeamId};

/// How long to wait before asking again for a team whose configuration has errors.
pub(in crate::web) const RETRY_SECONDS: u16 = 300;

/// The page.
pub(in crate::web) async fn team(
    site: web::Data<Site>,
    id: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let (snapshot, now) = (site.store.load(), site.clock.now());
    if let Some(team) = snapshot.team(&id) {
        let name = clean(&team.team().name);
        let main = page(&name, team, &snapshot.configuration().settings.public_url, now);
        return layout(StatusCode::OK, request.path(), &name, &main);
    }
    match TeamId::new(&id).filter(|_| snapshot.is_broken(&id)) {
        Some(id) => broken(&snapshot, &id, request.path()),
        None => missing_page(request.path()),
    }
}

/// `/{team}`: people leave out the slash. Relative, since a proxy may serve this below a prefix.
pub(in crate::web) async fn team_without_slash(
    site: web::Data<Site>,
    id: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let snapshot = site.store.load();
    if snapshot.team(&id).is_none() && !snapshot.is_broken(&id) {
        return missing_page(request.path());
    }
    let mut response = text(StatusCode::PERMANENT_REDIRECT, format!("see {id}/\n"));
    if let Ok(location) = format!("{id}/").parse() {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn page(name: &str, team: &TeamSnapshot, public_url: &BaseUrl, now: Instant) -> Markup {
    let run_books = &team.team().run_books;
    html! {
        h1 { (name) }
        (on_call(team, now))
        (open_points(team, now))
        h2 { "Calendars" }
        (subscriptions(public_url, team, ""))
        @if !run_books.is_empty() {
            h2 { "Run books" }
            ul {
                @for book in run_books.values() {
                    li { a href=(format!("run-books/{}", book.id)) { (clean(&book.title)) } }
                }
            }
        }
    }
}

fn broken(snapshot: &Snapshot, id: &TeamId, path: &str) -> HttpResponse {
    let main = html! {
        h1 { (id) }
        p { "The configuration of this team has errors, so its rota is not served." }
        (errors(snapshot.configuration().diagnostics_of(id)))
    };
    let mut response = layout(StatusCode::SERVICE_UNAVAILABLE, path, id.as_str(), &main);
    response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS.into());
    response
}
