//! `/{team}/run-books/{id}`: a run book, with who can help at its top.

mod books;
mod markdown;

pub(in crate::web) use books::Books;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{Instant, Pipeline, Role, RunBook, RunBookId, RunBookRef};
use crate::text::clean;
use crate::web::pages::kit::bad_query::bad_query;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::{Layout, Tab};
use crate::web::pages::kit::not_found::{missing_page, part, with_team};
use crate::web::pages::kit::on_call::{away, now_on_call};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::query::PageQuery;
use crate::web::pages::run_book::markdown::{Entry, Rendered};
use crate::web::state::State;

/// The page.
pub(in crate::web) fn run_book(state: &State, request: &HttpRequest) -> HttpResponse {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    with_team(&snapshot, request, |team| {
        let book = RunBookId::new(part(request, "id")).and_then(|id| team.team().run_books.get(&id));
        let Some(book) = book else { return missing_page(state, &snapshot, request) };
        let layout = Layout::of(state, request, &snapshot, team, Tab::Pipelines);
        match PageQuery::by(request).zone(team.team()) {
            Ok(zone) => {
                let wall = Wall::new(zone.as_ref().unwrap_or(&team.team().zone), now);
                let kept = state.books.book(team.team(), book);
                let main = page(team, &layout.people(team.team()), book, kept.rendered(team.team()), wall);
                layout.respond(StatusCode::OK, &clean(&book.title), &main)
            }
            Err(error) => bad_query(&layout, &error, request),
        }
    })
}

fn page(
    team: &TeamSnapshot,
    people: &People<'_>,
    book: &RunBook,
    rendered: &Rendered,
    wall: Wall<'_>,
) -> Markup {
    let rota = team.team();
    let uses = |pipeline: &&Pipeline| pipeline.run_book.as_ref().and_then(RunBookRef::file) == Some(&book.id);
    let pipelines: Vec<&Pipeline> = rota.pipelines.iter().filter(uses).collect();
    html! {
        h1 { (clean(&book.title)) }
        div.cards.help {
            (holders(team, people, wall))
            @for pipeline in pipelines { (owners(team, people, pipeline, wall.now)) }
        }
        div.book {
            (contents(&rendered.contents))
            article.prose { (rendered.body) }
        }
    }
}

fn holders(team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let duty = team.near().on_call(wall.now);
    html! {
        section.card.duty.primary aria-labelledby="now" {
            h2 #now { "On call now" }
            @for (role, label) in [(Role::Primary, "primary"), (Role::Secondary, "secondary")] {
                @if let Some(holder) = duty.and_then(|duty| duty.holder(role)) {
                    p {
                        (people.person(holder.engineer)) ", " (label)
                        @if let Some(until) = team.near().held_until(role, wall.now) { small { " until " (wall.moment(until)) } }
                    }
                    (away(team, role, wall))
                }
            }
            @if duty.is_none() { p { "Nobody yet." } }
        }
    }
}

fn owners(team: &TeamSnapshot, people: &People<'_>, pipeline: &Pipeline, now: Instant) -> Markup {
    let duty = team.near().on_call(now);
    html! {
        section.card.duty aria-label={ "Owners of " (clean(&pipeline.name)) } {
            h2 { "Owners" }
            p { (people.person(pipeline.primary)) ", primary " (now_on_call(pipeline.primary, duty)) }
            @if let Some(idx) = pipeline.secondary { p { (people.person(idx)) ", secondary " (now_on_call(idx, duty)) } }
            p.until { (clean(&pipeline.name)) }
        }
    }
}

fn contents(entries: &[Entry]) -> Markup {
    html! {
        @if entries.len() > 1 {
            nav.contents aria-labelledby="contents" {
                h2 #contents { "Contents" }
                ul {
                    @for entry in entries { li.deeper[entry.level > 2] { a href={ "#" (entry.anchor) } { (entry.text) } } }
                }
            }
        }
    }
}
