//! `/{team}/run-books/{id}`: a run book, with who can help at its top.

mod books;
mod markdown;

pub(in crate::web) use books::Books;

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{Pipeline, Role, RunBook, RunBookId, RunBookRef};
use crate::text::{clean, role_title};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::Tab;
use crate::web::pages::kit::not_found::part;
use crate::web::pages::kit::on_call::{agreement_tag, away, now_on_call};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::team_page::{NoPage, team_page};
use crate::web::pages::run_book::markdown::{Entry, Rendered};
use crate::web::state::State;

/// The page.
pub(in crate::web) fn run_book(state: &State, request: &HttpRequest) -> HttpResponse {
    team_page(state, request, Tab::Pipelines, |context| {
        let rota = context.team.team();
        let book = RunBookId::new(part(request, "id")).and_then(|id| rota.run_books.get(&id));
        let book = book.ok_or(NoPage::Missing)?;
        let kept = state.books.book(rota, book);
        let main = page(context.team, &context.people(), book, kept.rendered(rota), context.wall());
        Ok((clean(&book.title), main))
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
            @for pipeline in pipelines { (owners(team, people, pipeline, wall)) }
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
            @match duty {
                None => p { "Nobody yet." },
                Some(duty) => @for role in Role::ALL {
                    p {
                        @match duty.holder(role) {
                            None => { (role_title(role)) ": nobody" },
                            Some(holder) => {
                                (people.person(holder.engineer)) ", " (role.as_str()) " "
                                (agreement_tag(Some(holder), team.near().is_uncovered(duty)))
                            },
                        }
                        @if let Some(until) = team.near().unchanged_until(&[role], wall.now) { small { " until " (wall.moment(until)) } }
                    }
                    (away(team, role, wall))
                },
            }
        }
    }
}

fn owners(team: &TeamSnapshot, people: &People<'_>, pipeline: &Pipeline, wall: Wall<'_>) -> Markup {
    html! {
        section.card.duty aria-label={ "Owners of " (clean(&pipeline.name)) } {
            h2 { "Owners" }
            p { (people.person(pipeline.primary)) ", primary " (now_on_call(team, pipeline.primary, wall)) }
            @if let Some(idx) = pipeline.secondary { p { (people.person(idx)) ", secondary " (now_on_call(team, idx, wall)) } }
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
