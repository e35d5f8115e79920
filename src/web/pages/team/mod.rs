//! `/{team}/`: who is on call, what is to be agreed, the weeks ahead, and how to subscribe.

mod notes;
mod pager;
mod strip;
mod subscriptions;
mod timeline;
mod view;
mod week_table;

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{Instant, Schedule, expand};
use crate::text::clean;
use crate::web::server::visitor::{Visitor, base_url};
use crate::web::response::text;
use crate::web::pages::kit::agreement::{to_agree, unknown};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::{Layout, Tab};
use crate::web::pages::kit::not_found::{missing_page, part, with_team};
use crate::web::pages::kit::on_call::{next_change, on_call};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::query::{PageQuery, bad_query};
use crate::web::pages::team::pager::{Choice, pager, steps};
use crate::web::pages::team::subscriptions::{Addresses, Opens, subscriptions};
use crate::web::pages::team::timeline::Timeline;
use crate::web::pages::team::view::View;
use crate::web::state::State;

/// The page.
pub(in crate::web) fn team(state: &State, request: &HttpRequest) -> HttpResponse {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    with_team(&snapshot, request, |team| {
        let (layout, query) = (Layout::of(state, request, &snapshot, team, Tab::Rota), PageQuery::by(request));
        let view = View::of(team, &query, now);
        match view.and_then(|view| Ok((view, query.zone(team.team())?, query.alarm()?))) {
            Ok((view, zone, alarm)) => {
                let opens =
                    |visitor: Visitor| if visitor.sees_all() { Opens::Everything } else { Opens::Team };
                let addresses = Addresses {
                    base_url: base_url(request, &snapshot.configuration().settings.public_url),
                    opens: Visitor::of(request).map(opens),
                };
                let main = page(team, Choice { view, zone: zone.as_ref(), alarm }, &addresses, now);
                layout.respond(StatusCode::OK, &clean(&team.team().name), &main)
            }
            Err(error) => bad_query(&layout, &error, request),
        }
    })
}

/// `/{team}`: people leave out the slash. Relative, since a proxy may serve this below a prefix.
pub(in crate::web) fn team_without_slash(state: &State, request: &HttpRequest) -> HttpResponse {
    let (snapshot, id) = (state.store.load(), part(request, "team"));
    if snapshot.team(id).is_none() && !snapshot.is_broken(id) {
        return missing_page(&snapshot, request);
    }
    let mut response = text(StatusCode::PERMANENT_REDIRECT, format!("see {id}/\n"));
    if let Ok(location) = format!("{id}/").parse() {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn page(team: &TeamSnapshot, choice: Choice<'_>, addresses: &Addresses, now: Instant) -> Markup {
    let (rota, view) = (team.team(), choice.view);
    let wall = Wall::new(choice.zone.unwrap_or(&rota.zone), now);
    let people = People::of(rota);
    let schedule = weeks_of(team, view);
    html! {
        h1 { bdi { (clean(&rota.name)) } }
        (to_agree(team, &people, wall))
        (unknown(&team.coverage().unknown, &people))
        section aria-labelledby="now" {
            h2 #now { "On call now" }
            div.cards { (on_call(team, &people, wall)) (next_change(team, &people, wall)) }
        }
        section aria-labelledby="weeks" {
            h2 #weeks { "The rota" }
            (pager(rota, choice))
            (Timeline { people: &people, schedule: &schedule, view, wall }.markup())
            (steps(choice, "More weeks"))
        }
        section aria-labelledby="subscribe" {
            h2 #subscribe { "In your calendar" }
            (subscriptions(addresses, team, choice))
        }
    }
}

/// The rota of the view: what is at hand where that reaches, else worked out.
fn weeks_of(team: &TeamSnapshot, view: View) -> Cow<'_, Schedule> {
    let near = team.near();
    let is_near = near.window.start() <= view.period.start() && view.period.end() <= near.window.end();
    if is_near { Cow::Borrowed(near) } else { Cow::Owned(expand(team.team(), view.period)) }
}
