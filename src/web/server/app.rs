//! The applications: what is reachable where. The same in production and in tests.

use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, web};
use tracing::{Instrument, Span};

use super::access::sealed;
use super::gate::{early, refusal};
use super::health::{healthz, readyz, robots};
use super::metrics::metrics;
use super::request_counts::{self, UNMATCHED};
use super::request_log::{self, REQUEST_ID, RequestId};
use crate::live::Client;
use crate::web::api::{self, api};
use crate::web::atom;
use crate::web::feeds::client::client;
use crate::web::pages::{self, page};
use crate::web::response::{guard, text};
use crate::web::state::State;

/// What people and calendars reach. No middleware but the gate: each would cost feeds more than their answer does.
pub fn create_app(
    state: web::Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(state.clone())
        .route("/", web::to(page(pages::index)))
        .route("/healthz", web::to(healthz))
        .route("/robots.txt", web::to(robots))
        .route(&format!("/{}", pages::STYLE.path), web::to(pages::style))
        .route(&format!("/{}", pages::SCRIPT.path), web::to(pages::script))
        .route(&format!("/{}", pages::ICON.path), web::to(pages::icon))
        .route("/openapi.json", web::to(api(api::openapi)))
        .route("/api/v1/teams", web::to(api(api::teams)))
        .route("/api/v1/teams/{team}/oncall", web::to(api(api::oncall)))
        .route("/api/v1/teams/{team}/schedule", web::to(api(api::schedule)))
        .route("/api/v1/teams/{team}/coverage", web::to(api(api::coverage)))
        .route("/api/v1/teams/{team}/fairness", web::to(api(api::fairness)))
        .route("/api/v1/teams/{team}/changes", web::to(api(api::changes)))
        .route("/api/v1/teams/{team}/pipelines", web::to(api(api::pipelines)))
        .route("/api/v1/teams/{team}/subscribers", web::to(api(api::subscribers)))
        .route("/api/{path:.*}", web::to(api(api::no_such_path)))
        .route("/{team}/changes.atom", web::to(page(atom::atom)))
        .route("/{team}", web::to(page(pages::team_without_slash)))
        .route("/{team}/", web::to(page(pages::team)))
        .route("/{team}/coverage", web::to(page(pages::coverage)))
        .route("/{team}/pipelines", web::to(page(pages::pipelines)))
        .route("/{team}/fairness", web::to(page(pages::fairness)))
        .route("/{team}/changes", web::to(page(pages::changes)))
        .route("/{team}/subscribers", web::to(page(pages::subscribers)))
        .route("/{team}/run-books/{id}", web::to(page(pages::run_book)))
        .route("/{team}/engineers/{id}", web::to(page(pages::engineer)))
        .route("/{team}/subscribe", web::to(page(pages::subscribe)))
        .default_service(web::to(page(pages::missing)))
        .wrap_fn(move |request, routes| {
            let gated = match gated(&state, request) {
                Gated::Answered(response) => Err(response),
                Gated::ToRoute(request, way) => {
                    request.extensions_mut().insert(way.id.clone());
                    Ok((routes.call(request).instrument(way.span.clone()), state.clone(), way))
                }
            };
            let style = state.is_locked.then(|| state.style.clone());
            async move {
                let response = match gated {
                    Err(response) => response,
                    Ok((answer, state, way)) => {
                        let response = answer.await?;
                        routed(&state, &response, &way);
                        named(response, &way.id)
                    }
                };
                Ok(guarded(match style {
                    Some(style) => sealed(response, &style),
                    None => response,
                }))
            }
        })
}

/// What monitoring reaches, on an address of its own.
pub fn create_admin_app(
    state: web::Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(state.clone())
        .route("/healthz", web::to(healthz))
        .route("/readyz", web::to(readyz))
        .route("/metrics", web::to(metrics))
        .default_service(web::to(no_such_check))
        .wrap_fn(move |request, routes| {
            let routed = match refusal(&state.admin_hosts, request.head()) {
                Some(answer) => Err(request.into_response(answer)),
                None => Ok(routes.call(request)),
            };
            async move {
                Ok(guarded(match routed {
                    Err(answer) => answer,
                    Ok(routed) => routed.await?,
                }))
            }
        })
}

fn guarded(mut response: ServiceResponse) -> ServiceResponse {
    guard(response.status(), response.headers_mut());
    response
}

async fn no_such_check(_request: HttpRequest) -> HttpResponse {
    text(StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics here\n")
}

/// What became of a request at the gate.
enum Gated {
    Answered(ServiceResponse),
    ToRoute(ServiceRequest, Way),
}

/// What is known of a request while a route answers it.
struct Way {
    id: RequestId,
    span: Span,
    client: Client,
    since: Instant,
}

/// Sends a request through the gate. What is answered there has an id, a span and a line only where lines are on: each
/// costs more than a feed.
fn gated(state: &State, mut request: ServiceRequest) -> Gated {
    let (since, client) = (Instant::now(), client(request.headers()));
    let named = |request: &ServiceRequest| {
        let id = state.request_id(request.head());
        let span = request_log::span(&id);
        (id, span)
    };
    let names = request_log::is_on().then(|| named(&request));
    let answer = match &names {
        Some((_, span)) => span.in_scope(|| early(state, &mut request, client)),
        None => early(state, &mut request, client),
    };
    let Some(answer) = answer else {
        let (id, span) = names.unwrap_or_else(|| named(&request));
        return Gated::ToRoute(request, Way { id, span, client, since });
    };
    let (head, status, took) = (request.head(), answer.status(), since.elapsed());
    state.counts.early(head.uri.path(), status, client, took);
    if let Some((_, span)) = names {
        let route = request_counts::template(head.uri.path());
        span.in_scope(|| request_log::answered(&head.method, route, status, client, took));
    }
    Gated::Answered(request.into_response(answer))
}

fn routed(state: &State, response: &ServiceResponse, way: &Way) {
    let (request, status, took) = (response.request(), response.status(), way.since.elapsed());
    let pattern = request.match_pattern();
    let route = pattern.as_deref().unwrap_or(UNMATCHED);
    way.span.in_scope(|| request_log::answered(request.method(), route, status, way.client, took));
    state.counts.routed(route, status, way.client, took);
}

/// Of an answer that failed, whoever got it can say which it was.
fn named(mut response: ServiceResponse, id: &RequestId) -> ServiceResponse {
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && let Some(id) = id.header()
    {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
