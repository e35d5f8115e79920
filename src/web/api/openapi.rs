//! `/openapi.json`: the API described (OpenAPI 3.1), generated from the types of its responses.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{Modify, OpenApi};

use super::problem::{self, Problem};
use super::{JSON, changes, coverage, fairness, oncall, pipelines, schedule, subscribers, teams};
use crate::web::response::tagged;
use crate::web::state::State;

/// The description does not change while the program runs.
static DOCUMENT: LazyLock<Vec<u8>> =
    LazyLock::new(|| Api::openapi().to_pretty_json().unwrap_or_default().into_bytes());

#[derive(OpenApi)]
#[openapi(
    info(
        title = "oncal",
        description = "Who is on call, when, and what holidays do to it. Instants are RFC 3339 in UTC, dates are those of the team's zone, and what is absent is null. Responses have an ETag; a client that sends it back in If-None-Match gets 304 while nothing has changed.",
    ),
    // Relative to the address of the description, whatever prefix that has.
    servers((url = ".")),
    paths(
        teams::teams,
        oncall::oncall,
        schedule::schedule,
        coverage::coverage,
        fairness::fairness,
        changes::changes,
        pipelines::pipelines,
        subscribers::subscribers,
    ),
    components(schemas(problem::Shape<'_>)),
    modifiers(&Failures, &Complete),
)]
struct Api;

/// The responses that every operation may have besides its own.
struct Failures;

impl Modify for Failures {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut api.paths.paths {
            let Some(operation) = &mut item.get else { continue };
            let unchanged =
                ResponseBuilder::new().description("What If-None-Match names is still current").build();
            operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
            failure(operation, "400", "A parameter of the query is wrong");
            if path.contains("{team}") {
                failure(operation, "404", "There is no such team");
                failure(operation, "503", "The team's configuration has errors and has never been valid");
            }
        }
    }
}

fn failure(operation: &mut Operation, status: &str, description: &str) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response =
        ResponseBuilder::new().description(description).content("application/problem+json", content).build();
    operation.responses.responses.insert(status.to_owned(), RefOr::T(response));
}

/// Every field is always there: what is absent is null.
struct Complete;

impl Modify for Complete {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let schemas = api.components.iter_mut().flat_map(|components| components.schemas.values_mut());
        for schema in schemas {
            if let RefOr::T(Schema::Object(object)) = schema {
                object.required = object.properties.keys().cloned().collect();
            }
        }
    }
}

/// The description.
pub(in crate::web) fn openapi(_site: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    Ok(tagged(request.head(), JSON, DOCUMENT.clone()))
}
