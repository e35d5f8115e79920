//! The applications and their routes, the same in production and in tests.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::rt::spawn;
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, web};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::yield_now;
use tracing::{Instrument, Span};

use super::access::{hide_not_found, needs_no_key};
use super::gate::{Early, early, refusal};
use super::health::{healthz, readyz, robots};
use super::metrics::metrics;
use super::request_counts::UNMATCHED;
use super::request_log::{self, REQUEST_ID, RequestId};
use crate::config::Access;
use crate::feed::Client;
use crate::web::api::{self, api};
use crate::web::atom;
use crate::web::feeds::client::client;
use crate::web::pages::{self, page};
use crate::web::response::{finish, text};
use crate::web::state::State;

/// How many pages and API calls a worker answers before it handles other requests. Each takes some milliseconds at
/// most, so a feed waits no longer than that, however many clients request pages.
const ROUTES_AT_ONCE: usize = 1;

/// The application for people and calendars. The gate is the only middleware: another one would cost more than the
/// response of a feed does.
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
    let routes_at_once = Arc::new(Semaphore::new(ROUTES_AT_ONCE));
    App::new()
        .app_data(state.clone())
        .configure(routes)
        .default_service(web::to(page(pages::missing)))
        .wrap_fn(move |request, routes| {
            let gated = match pass_gate(&state, request) {
                Gated::Answered(response) => Err(response),
                Gated::ToRoute(request, tracked) => {
                    request.extensions_mut().insert(tracked.id.clone());
                    Ok((routes.call(request).instrument(tracked.span.clone()), tracked))
                }
            };
            let (state, routes_at_once) = (state.clone(), Arc::clone(&routes_at_once));
            async move {
                let response = match gated {
                    Err(response) => response,
                    Ok((response, tracked)) => {
                        let permit = match tracked.is_cheap {
                            true => None,
                            false => routes_at_once.acquire_owned().await.ok(),
                        };
                        let response = response.await?;
                        release_later(permit);
                        record_routed(&state, &response, &tracked);
                        with_request_id(response, &tracked.id)
                    }
                };
                let mut response = match state.access {
                    Access::Open => response,
                    Access::Links => hide_not_found(response, &state.style),
                };
                finish(response.response_mut(), state.access);
                Ok(response)
            }
        })
}

/// All routes except feeds.
fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::to(page(pages::index)))
        .route("/healthz", web::to(healthz))
        .route("/robots.txt", web::to(robots))
        .route("/favicon.ico", web::to(pages::favicon))
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
        .route("/{team}/subscribe", web::to(page(pages::subscribe)));
}

/// Lets the next page start after other requests that have arrived meanwhile, above all feeds. In a separate task,
/// since a connection immediately polls again what it waits for.
fn release_later(permit: Option<OwnedSemaphorePermit>) {
    if let Some(permit) = permit {
        spawn(async move {
            yield_now().await;
            drop(permit);
        });
    }
}

/// The application for monitoring, on its own address.
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
                Some(response) => Err(request.into_response(response)),
                None => Ok(routes.call(request)),
            };
            let access = state.access;
            async move {
                let mut response = match routed {
                    Err(response) => response,
                    Ok(routed) => routed.await?,
                };
                finish(response.response_mut(), access);
                Ok(response)
            }
        })
}

async fn no_such_check(_request: HttpRequest) -> HttpResponse {
    text(StatusCode::NOT_FOUND, "this address serves /healthz, /readyz and /metrics\n")
}

/// A request after the gate.
enum Gated {
    Answered(ServiceResponse),
    ToRoute(ServiceRequest, Tracked),
}

/// What is recorded about a request while a route answers it.
struct Tracked {
    id: RequestId,
    span: Span,
    client: Client,
    since: Instant,
    /// Whether its response costs next to nothing, as health checks do.
    is_cheap: bool,
}

/// Sends a request through the gate. A request that is answered there has an id, a span and a log line only where
/// requests are logged: each of them costs more than a feed.
fn pass_gate(state: &State, mut request: ServiceRequest) -> Gated {
    let (since, client) = (Instant::now(), client(request.headers()));
    let identify = |request: &ServiceRequest| {
        let id = state.request_id(request.head());
        let span = request_log::span(&id);
        (id, span)
    };
    let identity = request_log::is_enabled().then(|| identify(&request));
    let early = match &identity {
        Some((_, span)) => span.in_scope(|| early(state, &mut request, client)),
        None => early(state, &mut request, client),
    };
    let Some(Early { response, route }) = early else {
        let (id, span) = identity.unwrap_or_else(|| identify(&request));
        let is_cheap = needs_no_key(request.path());
        return Gated::ToRoute(request, Tracked { id, span, client, since, is_cheap });
    };
    let (status, took) = (response.status(), since.elapsed());
    state.counts.count_early(route, status, client, took);
    if let Some((_, span)) = identity {
        let method = &request.head().method;
        span.in_scope(|| request_log::log(method, &route.label(), status, client, took));
    }
    Gated::Answered(request.into_response(response))
}

fn record_routed(state: &State, response: &ServiceResponse, tracked: &Tracked) {
    let (request, status, took) = (response.request(), response.status(), tracked.since.elapsed());
    let pattern = request.match_pattern();
    let route = pattern.as_deref().unwrap_or(UNMATCHED);
    tracked.span.in_scope(|| request_log::log(request.method(), route, status, tracked.client, took));
    state.counts.count_routed(route, status, tracked.client, took);
}

/// Names the request in a response with status 500, so that whoever gets it can report which one failed.
fn with_request_id(mut response: ServiceResponse, id: &RequestId) -> ServiceResponse {
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && let Some(id) = id.header()
    {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
