//! The API: what pages show, as JSON below `/api/v1`, and its description at `/openapi.json`.
//!
//! One file for each route; [`problem`] is the response to every request that cannot be answered. What a query may
//! contain is in `query::api`.

mod changes;
mod coverage;
mod fairness;
mod oncall;
mod openapi;
mod pipelines;
pub(super) mod problem;

mod schedule;
mod subscribers;
mod teams;

pub(super) use changes::changes;
pub(super) use coverage::coverage;
pub(super) use fairness::fairness;
pub(super) use oncall::oncall;
pub(super) use openapi::openapi;
pub(super) use pipelines::pipelines;
pub(super) use problem::no_such_path;
pub(super) use schedule::schedule;
pub(super) use subscribers::subscribers;
pub(super) use teams::teams;

use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::dev::RequestHead;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use crate::live::TeamSnapshot;
use crate::rota::Instant;
use crate::web::query::api::ApiQuery;
use crate::web::response::tagged;
use crate::web::state::State;
use problem::Problem;

const JSON: &str = "application/json";

/// A handler that responds with what `respond` makes, or with its problem, even if it panics.
pub(super) fn api(
    respond: fn(&State, &HttpRequest) -> Result<HttpResponse, Problem>,
) -> impl Fn(web::Data<State>, HttpRequest) -> Ready<HttpResponse> + Clone + 'static {
    move |state, request| {
        // A response only reads, so a panic leaves nothing half done.
        let response = catch_unwind(AssertUnwindSafe(|| respond(&state, &request)));
        ready(response.unwrap_or(Err(Problem::INTERNAL)).unwrap_or_else(|problem| problem.response()))
    }
}

/// What `shape` makes of the team that `request` names, with a query that may have the parameters `known`.
fn of_team<S: Serialize>(
    state: &State,
    request: &HttpRequest,
    known: &[&'static str],
    shape: impl FnOnce(&TeamSnapshot, &ApiQuery, Instant) -> Result<S, Problem>,
) -> Result<HttpResponse, Problem> {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    let id = request.match_info().get("team").unwrap_or_default();
    let team = snapshot.team(id).ok_or_else(|| Problem::no_team(&snapshot, id))?;
    let query = ApiQuery::read(request.query_string(), known)?;
    json(request.head(), &shape(team, &query, now)?)
}

/// `shape` as a response.
fn json(head: &RequestHead, shape: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_vec(shape).map_err(|error| {
        tracing::error!(%error, "failed to write a response as JSON");
        Problem::INTERNAL
    })?;
    Ok(tagged(head, JSON, body))
}
