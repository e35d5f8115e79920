//! The API: what pages say, as JSON (design section 8) below `/api/v1`, and its description at `/openapi.json`.
//!
//! One file a route. `query` reads what is asked for and bounds it, so that no request costs much; `problem` is every
//! answer that is not what was asked for.

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

use super::query::api::Asked;
use crate::live::TeamSnapshot;
use crate::rota::Instant;
use crate::web::response::tagged;
use crate::web::state::State;
use problem::Problem;

const JSON: &str = "application/json";

/// A handler that answers with `answer`, or with the problem that it has, also where it fails.
pub(super) fn api(
    answer: fn(&State, &HttpRequest) -> Result<HttpResponse, Problem>,
) -> impl Fn(web::Data<State>, HttpRequest) -> Ready<HttpResponse> + Clone + 'static {
    move |state, request| {
        // An answer only reads, so nothing can be left half done.
        let answer = catch_unwind(AssertUnwindSafe(|| answer(&state, &request)));
        ready(answer.unwrap_or(Err(Problem::INTERNAL)).unwrap_or_else(|problem| problem.response()))
    }
}

/// What `shape` makes of the team that `request` names, asked with none but the parameters `known`.
fn of_team<S: Serialize>(
    state: &State,
    request: &HttpRequest,
    known: &[&str],
    shape: impl FnOnce(&TeamSnapshot, &Asked, Instant) -> Result<S, Problem>,
) -> Result<HttpResponse, Problem> {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    let id = request.match_info().get("team").unwrap_or_default();
    let team = snapshot.team(id).ok_or_else(|| Problem::no_team(&snapshot, id))?;
    let asked = Asked::read(request.query_string(), known)?;
    json(request.head(), &shape(team, &asked, now)?)
}

/// `shape` as an answer.
fn json(head: &RequestHead, shape: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_vec(shape).map_err(|error| {
        tracing::error!(%error, "an answer could not be made");
        Problem::INTERNAL
    })?;
    Ok(tagged(head, JSON, body))
}
