//! `/api/v1/teams/{team}/pipelines`: what the team is on call for, and who owns it.

use actix_web::{HttpRequest, HttpResponse};

use super::of_team;
use super::problem::Problem;
use crate::json::Pipelines;
use crate::web::state::State;

/// What the team is on call for, who owns it, and what to do when it breaks
#[utoipa::path(
    get,
    path = "/api/v1/teams/{team}/pipelines",
    params(("team" = String, Path, description = "The team's id")),
    responses((status = 200, description = "In file order", body = Pipelines)),
)]
pub(in crate::web) fn pipelines(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    of_team(state, request, &[], |team, _, _| Ok(Pipelines::new(team.team())))
}
