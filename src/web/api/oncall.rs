//! `/api/v1/teams/{team}/oncall`: who holds the roles at one instant, and for how long.

use actix_web::{HttpRequest, HttpResponse};

use super::of_team;
use super::problem::Problem;
use crate::json::OnCall;
use crate::rota::expand_until_change;
use crate::web::state::State;

/// Who is on call
#[utoipa::path(
    get,
    path = "/api/v1/teams/{team}/oncall",
    params(
        ("team" = String, Path, description = "The team's id"),
        ("at" = Option<String>, Query, description = "An instant (RFC 3339), or a date, which means its first instant in the team's zone; now if left out", example = "2026-12-24T20:00:00Z"),
    ),
    responses((status = 200, description = "Who holds each role", body = OnCall)),
)]
pub(in crate::web) fn oncall(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    of_team(state, request, &["at"], |team, query, now| {
        let team = team.team();
        let at = query.at(team, now)?;
        let schedule = expand_until_change(team, at).ok_or(Problem::INTERNAL)?;
        Ok(OnCall::new(team, &schedule, at))
    })
}
