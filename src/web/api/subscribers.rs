//! `/api/v1/teams/{team}/subscribers`: which calendar client last fetched which feed.

use actix_web::{HttpRequest, HttpResponse};

use super::of_team;
use super::problem::Problem;
use crate::json::{FeedClient, FeedClients, Subscribers};
use crate::live::{FeedSlot, TeamSnapshot};
use crate::web::state::State;

/// Which kind of calendar client last fetched which feed, and whether it has the current version
#[utoipa::path(
    get,
    path = "/api/v1/teams/{team}/subscribers",
    params(("team" = String, Path, description = "The team's id")),
    responses((status = 200, description = "By feed, then kind of client", body = Subscribers)),
)]
pub(in crate::web) fn subscribers(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    of_team(state, request, &[], |team, _, _| {
        let feeds = team.feeds().iter().map(|slot| FeedClients {
            path: slot.path.clone(),
            title: slot.feed.title(team.team()),
            clients: clients(state, team, slot),
        });
        Ok(Subscribers { team: team.team().id.to_string(), feeds: feeds.collect() })
    })
}

fn clients(state: &State, team: &TeamSnapshot, slot: &FeedSlot) -> Vec<FeedClient> {
    let fetched = team.subscribers(slot).fetched().into_iter();
    let client = fetched.map(|one| {
        let behind = state.feeds.outdated_since(team, slot, one.version);
        FeedClient::new(one.client.as_str(), one.last, [one.given, one.confirmed], behind)
    });
    client.collect()
}
