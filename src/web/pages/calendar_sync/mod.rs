//! `/{team}/subscribers`: which calendar client last fetched which feed: the answer to "why is my calendar stale?".

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::{Client, FeedSlot, Fetched, TeamSnapshot};
use crate::rota::{Instant, Zone};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::{Layout, Tab};
use crate::web::pages::kit::not_found::with_team;
use crate::web::pages::kit::query::{PageQuery, bad_query};
use crate::web::state::State;

/// The page.
pub(in crate::web) fn subscribers(state: &State, request: &HttpRequest) -> HttpResponse {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    with_team(&snapshot, request, |team| {
        let layout = Layout::of(state, request, &snapshot, team, Tab::Subscribers);
        match PageQuery::by(request).zone(team.team()) {
            Ok(zone) => layout.respond(StatusCode::OK, "Subscribers", &page(team, zone.as_ref(), now)),
            Err(error) => bad_query(&layout, &error, request),
        }
    })
}

fn page(team: &TeamSnapshot, zone: Option<&Zone>, now: Instant) -> Markup {
    let wall = Wall::new(zone.unwrap_or(&team.team().zone), now);
    let all: Vec<(&FeedSlot, Vec<Fetched>)> =
        team.feeds().iter().map(|slot| (slot, team.subscribers(slot).fetched())).collect();
    let quiet = all.iter().filter(|(_, fetched)| fetched.is_empty()).map(|(slot, _)| *slot);
    let quiet: Vec<String> = quiet.map(|slot| slot.feed.title(team.team())).collect();
    html! {
        h1 { "Subscribers" }
        p.lead {
            "Which calendars fetched which feed, and whether they have what is current. A calendar that is behind shows the rota as
            it was until it asks again, on its own clock."
        }
        @for (slot, fetched) in all.iter().filter(|(_, fetched)| !fetched.is_empty()) {
            section {
                h2 { bdi { (slot.feed.title(team.team())) } }
                table.stack.subscribers {
                    thead {
                        tr { th scope="col" { "Calendar" } th scope="col" { "Last asked" } th scope="col" { "Has" } th scope="col" { "Answers" } }
                    }
                    tbody { @for one in fetched { (row(team, slot, one, wall)) } }
                }
            }
        }
        @if !quiet.is_empty() {
            section {
                h2 { "Not fetched yet" }
                ul { @for title in quiet { li { bdi { (title) } } } }
            }
        }
        p.fine {
            "Of each kind of calendar the last to ask counts: Google asks once for everybody, Outlook on the web for each mailbox,
            programs for each computer. Only the kind is kept, no address and nothing of who it is."
        }
    }
}

fn row(team: &TeamSnapshot, slot: &FeedSlot, fetched: &Fetched, wall: Wall<'_>) -> Markup {
    let pace = pace(fetched.client);
    html! {
        tr {
            th scope="row" { (fetched.client.name()) @if !pace.is_empty() { br; small { (pace) } } }
            td { time datetime=(fetched.last.format("%Y-%m-%dT%H:%M:%SZ")) { (wall.moment(fetched.last)) } }
            td {
                @match team.outdated_since(slot, fetched.version) {
                    None => span.tag.ok { "The current version" },
                    Some(since) => { span.tag.warn { "An older version" } " It changed " (wall.moment(since)) "." }
                }
            }
            td { (fetched.given) " in full, " (fetched.confirmed) " unchanged" }
        }
    }
}

/// How often a kind of calendar asks.
fn pace(client: Client) -> &'static str {
    match client {
        Client::Google => "asks every 8 to 24 hours",
        Client::OutlookWeb => "asks about every 3 hours",
        Client::Thunderbird => "asks every 30 minutes",
        Client::Apple | Client::Davx5 | Client::OutlookDesktop => "asks as set in its own settings",
        Client::Other => "",
    }
}
