//! `/api/v1/teams/{team}/fairness`: what everybody has in each calendar year, and who
//! has the same holiday year after year.

use actix_web::{HttpRequest, HttpResponse};

use super::of_team;
use super::problem::Problem;
use crate::json::{FAIRNESS_YEARS, Fairness};
use crate::rota;
use crate::web::query::limits::MAX_YEARS;
use crate::web::state::State;

/// Everybody’s duty in each year, which holidays always fall to the same person, and what ends that
#[utoipa::path(
    get,
    path = "/api/v1/teams/{team}/fairness",
    params(
        ("team" = String, Path, description = "The team's id"),
        ("from" = Option<NaiveDate>, Query, description = "A 1 January: the first of this year if left out", example = "2026-01-01"),
        ("to" = Option<NaiveDate>, Query, description = format!("The 1 January after the last year: {FAIRNESS_YEARS} years later if left out, {MAX_YEARS} at most"), example = "2031-01-01"),
    ),
    responses((status = 200, description = "By year, then file order", body = Fairness)),
)]
pub(in crate::web) fn fairness(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    of_team(state, request, &["from", "to"], |team, query, now| {
        let team = team.team();
        let fairness = rota::fairness(team, query.years(team, now)?, now);
        Fairness::new(team, &fairness).ok_or(Problem::INTERNAL)
    })
}
