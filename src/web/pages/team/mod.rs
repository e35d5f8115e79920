//! `/{team}/`: who is on call, what is to be agreed, and the rota in weeks, a month, a year or a list.

mod bars;
mod lanes;
mod list;
mod month;
mod notes;
mod toolbar;
mod view;
mod weeks;
mod year;

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{Schedule, expand};
use crate::text::clean;
use crate::web::pages::kit::agreement::{to_agree, unknown};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::Tab;
use crate::web::pages::kit::not_found::{missing_page, part};
use crate::web::pages::kit::on_call::{next_change, on_call};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::team_page::team_page;
use crate::web::pages::team::list::list;
use crate::web::pages::team::month::Month;
use crate::web::pages::team::toolbar::{Choice, steps, toolbar};
use crate::web::pages::team::view::{View, ViewKind};
use crate::web::pages::team::weeks::Weeks;
use crate::web::pages::team::year::Year;
use crate::web::response::text;
use crate::web::state::State;

/// The page.
pub(in crate::web) fn team(state: &State, request: &HttpRequest) -> HttpResponse {
    team_page(state, request, Tab::Rota, |context| {
        let (team, rota, wall) = (context.team, context.team.team(), context.wall());
        let view = View::of(team, context.query, wall.zone, context.now)?;
        let choice = Choice { view, zone: context.zone };
        let undelivered = state.store.notices().problems_of(&rota.id);
        Ok((clean(&rota.name), page(team, choice, (&context.people(), &undelivered), wall)))
    })
}

/// `/{team}`: people leave out the slash. Relative, since a proxy may serve this below a prefix.
pub(in crate::web) fn team_without_slash(state: &State, request: &HttpRequest) -> HttpResponse {
    let (snapshot, id) = (state.store.load(), part(request, "team"));
    if snapshot.team(id).is_none() && !snapshot.is_broken(id) {
        return missing_page(state, &snapshot, request);
    }
    let mut response = text(StatusCode::PERMANENT_REDIRECT, format!("see {id}/\n"));
    if let Ok(location) = format!("{id}/").parse() {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn page(
    team: &TeamSnapshot,
    choice: Choice<'_>,
    (people, undelivered): (&People<'_>, &[String]),
    wall: Wall<'_>,
) -> Markup {
    let rota = team.team();
    html! {
        h1 { bdi { (clean(&rota.name)) } }
        section.now aria-labelledby="now" {
            h2 #now { "On call now" }
            div.cards.people-now { (on_call(team, people, wall)) (next_change(team, people, wall)) }
        }
        (to_agree(team, people, wall))
        (unknown(&team.coverage().unknown, people))
        (notices(undelivered))
        section.rota aria-labelledby="weeks" {
            h2 #weeks { "The rota" }
            (toolbar(rota, choice))
            (drawn(team, choice, people, wall))
            (steps(choice, "More"))
        }
    }
}

/// Why notices of the team are not delivered.
fn notices(undelivered: &[String]) -> Markup {
    html! {
        @if !undelivered.is_empty() {
            section.note aria-label="Notices" { ul { @for problem in undelivered { li { (problem) } } } }
        }
    }
}

fn drawn(team: &TeamSnapshot, choice: Choice<'_>, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let view = choice.view;
    let schedule = &*schedule_of(team, view);
    match view.kind {
        ViewKind::Weeks => Weeks { people, schedule, period: view.period, wall }.markup(),
        ViewKind::List => list(people, schedule, view.period, wall),
        ViewKind::Month => Month { people, schedule, view, wall }.markup(),
        ViewKind::Year => Year { people, schedule, choice, wall }.markup(),
    }
}

/// The rota of the view: the one of the next weeks if that is enough, otherwise computed.
fn schedule_of(team: &TeamSnapshot, view: View) -> Cow<'_, Schedule> {
    let near = team.near();
    let is_near = near.window.start() <= view.period.start() && view.period.end() <= near.window.end();
    if is_near { Cow::Borrowed(near) } else { Cow::Owned(expand(team.team(), view.period)) }
}
