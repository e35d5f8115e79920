//! `/api/v1/teams/{team}/changes`: what moved since the rota was first published.

use actix_web::{HttpRequest, HttpResponse};

use super::of_team;
use super::problem::Problem;
use crate::json::Changes;
use crate::web::state::State;

/// What moved since the rota was first published, and how far ahead it was
#[utoipa::path(
    get,
    path = "/api/v1/teams/{team}/changes",
    params(("team" = String, Path, description = "The team's id")),
    responses((status = 200, description = "The latest first", body = Changes)),
)]
pub(in crate::web) fn changes(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    of_team(state, request, &[], |team, _, _| {
        let moves = team.changes().iter().map(|change| (change.at, &change.moved));
        Ok(Changes::new(team.team(), moves))
    })
}
