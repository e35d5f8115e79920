//! `/api/v1/teams/{team}/schedule`: shifts and handover meetings.

use actix_web::{HttpRequest, HttpResponse};

use super::of_team;
use super::problem::Problem;
use crate::json::{SCHEDULE_WEEKS, Schedule};
use crate::rota;
use crate::web::query::limits::MAX_WEEKS;
use crate::web::state::State;

/// The rota: every shift and handover meeting that overlaps the dates, whole
#[utoipa::path(
    get,
    path = "/api/v1/teams/{team}/schedule",
    params(
        ("team" = String, Path, description = "The team's id"),
        ("from" = Option<NaiveDate>, Query, description = "The first date, in the team's zone; the current week's if left out"),
        ("to" = Option<NaiveDate>, Query, description = format!("The first date after the range: {SCHEDULE_WEEKS} weeks later if left out, {MAX_WEEKS} at most")),
    ),
    responses((status = 200, description = "By start, then primary first", body = Schedule)),
)]
pub(in crate::web) fn schedule(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    of_team(state, request, &["from", "to"], |team, query, now| {
        let ((dates, window), team) = (query.dates(team, SCHEDULE_WEEKS, now)?, team.team());
        Ok(Schedule::new(team, dates, &rota::expand(team, window)))
    })
}
