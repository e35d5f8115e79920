//! `/api/v1/teams/{team}/coverage`: every absence that meets the rota, and how it is settled.

use actix_web::{HttpRequest, HttpResponse};

use super::of_team;
use super::problem::Problem;
use crate::json::{COVERAGE_WEEKS, Coverage};
use crate::rota;
use crate::web::query::limits::MAX_WEEKS;
use crate::web::state::State;

/// Holidays and time off ahead: who covers them, and what is to be agreed
#[utoipa::path(
    get,
    path = "/api/v1/teams/{team}/coverage",
    params(
        ("team" = String, Path, description = "The team's id"),
        ("from" = Option<NaiveDate>, Query, description = "The first date, in the team's zone; the current week's if left out"),
        ("to" = Option<NaiveDate>, Query, description = format!("The first date after the range: {COVERAGE_WEEKS} weeks later if left out, {MAX_WEEKS} at most")),
    ),
    responses((status = 200, description = "By start, then role, then file order", body = Coverage)),
)]
pub(in crate::web) fn coverage(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    of_team(state, request, &["from", "to"], |team, query, now| {
        let ((dates, window), team) = (query.dates(team, COVERAGE_WEEKS, now)?, team.team());
        let (coverage, occasions) = rota::coverage_by_occasion(team, window);
        Ok(Coverage::new(team, dates, &coverage, &occasions, now))
    })
}
