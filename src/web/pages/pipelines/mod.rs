//! `/{team}/pipelines`: what the team is on call for, who owns it, and who of the owners is on call now.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{EngineerIdx, Pipeline, RunBook, RunBookRef};
use crate::text::clean;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::Tab;
use crate::web::pages::kit::on_call::now_on_call;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::team_page::team_page;
use crate::web::state::State;

/// The page.
pub(in crate::web) fn pipelines(state: &State, request: &HttpRequest) -> HttpResponse {
    team_page(state, request, Tab::Pipelines, |context| {
        Ok(("Pipelines".to_owned(), page(context.team, &context.people(), context.wall())))
    })
}

fn page(team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let rota = team.team();
    let kept = wall.kept(rota);
    let tag = |idx| now_on_call(team, idx, wall);
    let used = |book: &&RunBook| {
        rota.pipelines
            .iter()
            .any(|pipeline| pipeline.run_book.as_ref().and_then(RunBookRef::file) == Some(&book.id))
    };
    let other: Vec<&RunBook> = rota.run_books.values().filter(|book| !used(book)).collect();
    html! {
        h1 { "Pipelines" }
        p.lead { "Owners know a pipeline best. Who is called first is the primary on call, who may be somebody else." }
        @if rota.pipelines.is_empty() { p { "This team has no pipelines in its file." } }
        @else {
            table.stack.pipelines {
                thead {
                    tr { th { "Area" } th { "Pipeline" } th { "Primary owner" } th { "Secondary owner" } th { "Run book" } }
                }
                tbody { @for pipeline in &rota.pipelines { (row(people, pipeline, &tag, &kept)) } }
            }
            section aria-labelledby="people" {
                h2 #people { "By person" }
                div.cards { @for idx in rota.indices() { (owned(people, idx, &tag)) } }
            }
        }
        @if !other.is_empty() {
            section aria-labelledby="books" {
                h2 #books { "More run books" }
                ul { @for book in other { li { (link(book, &kept)) } } }
            }
        }
    }
}

fn row(people: &People<'_>, pipeline: &Pipeline, tag: &dyn Fn(EngineerIdx) -> Markup, kept: &str) -> Markup {
    let named = pipeline.run_book.as_ref();
    let book = named.and_then(RunBookRef::file).and_then(|id| people.team().run_books.get(id));
    let address = named.and_then(RunBookRef::address);
    html! {
        tr id=(pipeline.id) {
            td.area { (clean(pipeline.area.as_deref().unwrap_or_default())) }
            th scope="row" {
                (clean(&pipeline.name))
                @if pipeline.investor_reported { " " span.tag { "reported to investors" } }
            }
            td { (owner(people, pipeline.primary, "primary owner", tag)) }
            td { @if let Some(idx) = pipeline.secondary { (owner(people, idx, "secondary owner", tag)) } }
            td { @if let Some(book) = book { (link(book, kept)) }
                @else if let Some(address) = address { a href=(address) rel="noopener" { (elsewhere(address)) } }
                @else { span.until { "no run book" } } }
        }
    }
}

/// The host of a run book that is kept elsewhere.
fn elsewhere(address: &str) -> &str {
    let rest = address.strip_prefix("https://").unwrap_or(address);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

fn link(book: &RunBook, kept: &str) -> Markup {
    html! { a href={ "run-books/" (book.id) (kept) } { (clean(&book.title)) } }
}

/// An owner, with what their ownership is where no column's head says it, and whether they are on call.
fn owner(people: &People<'_>, idx: EngineerIdx, what: &str, tag: &dyn Fn(EngineerIdx) -> Markup) -> Markup {
    html! { (people.person(idx)) " " span.narrow { (what) " " } (tag(idx)) }
}

fn owned(people: &People<'_>, idx: EngineerIdx, tag: &dyn Fn(EngineerIdx) -> Markup) -> Markup {
    let pipelines = &people.team().pipelines;
    let own = |second: bool| {
        pipelines.iter().filter(move |pipeline| match second {
            false => pipeline.primary == idx,
            true => pipeline.secondary == Some(idx),
        })
    };
    html! {
        div.card {
            h3 { (people.person(idx)) " " (tag(idx)) }
            @for (label, second) in [("Primary owner of", false), ("Secondary owner of", true)] {
                @if own(second).next().is_some() {
                    h4 { (label) }
                    ul { @for pipeline in own(second) { li { (clean(&pipeline.name)) } } }
                }
            }
            @if own(false).chain(own(true)).next().is_none() { p.until { "Owns no pipeline." } }
        }
    }
}
