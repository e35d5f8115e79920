//! The applications: what is reachable where. The same in production and in tests.

use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, web};
use tracing::{Instrument, Span};

use super::access::sealed;
use super::agent::client;
use super::answer::{guard, text};
use super::api::{self, api};
use super::changes;
use super::counts::{self, UNMATCHED};
use super::gate::{early, refusal};
use super::health::{healthz, readyz, robots};
use super::metrics::metrics;
use super::pages::{self, page};
use super::site::Site;
use super::trace::{self, REQUEST_ID, RequestId};
use crate::live::Client;

/// What people and calendars reach. No middleware but the gate: each would cost feeds more than their answer does.
pub fn create_app(
    site: web::Data<Site>,
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
        .app_data(site.clone())
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
        .route("/{team}/changes.atom", web::to(page(changes::atom)))
        .route("/{team}", web::to(page(pages::team_without_slash)))
        .route("/{team}/", web::to(page(pages::team)))
        .route("/{team}/coverage", web::to(page(pages::coverage)))
        .route("/{team}/pipelines", web::to(page(pages::pipelines)))
        .route("/{team}/fairness", web::to(page(pages::fairness)))
        .route("/{team}/changes", web::to(page(pages::changes)))
        .route("/{team}/subscribers", web::to(page(pages::subscribers)))
        .route("/{team}/run-books/{id}", web::to(page(pages::run_book)))
        .default_service(web::to(page(pages::missing)))
        .wrap_fn(move |request, routes| {
            let gated = match gated(&site, request) {
                Gated::Answered(response) => Err(response),
                Gated::ToRoute(request, way) => {
                    request.extensions_mut().insert(way.id.clone());
                    Ok((routes.call(request).instrument(way.span.clone()), site.clone(), way))
                }
            };
            let style = site.is_locked.then(|| site.style.clone());
            async move {
                let response = match gated {
                    Err(response) => response,
                    Ok((answer, site, way)) => {
                        let response = answer.await?;
                        routed(&site, &response, &way);
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
    site: web::Data<Site>,
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
        .app_data(site.clone())
        .route("/healthz", web::to(healthz))
        .route("/readyz", web::to(readyz))
        .route("/metrics", web::to(metrics))
        .default_service(web::to(no_such_check))
        .wrap_fn(move |request, routes| {
            let routed = match refusal(&site.admin_hosts, request.head()) {
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
fn gated(site: &Site, mut request: ServiceRequest) -> Gated {
    let (since, client) = (Instant::now(), client(request.headers()));
    let named = |request: &ServiceRequest| {
        let id = site.request_id(request.head());
        let span = trace::span(&id);
        (id, span)
    };
    let names = trace::is_on().then(|| named(&request));
    let answer = match &names {
        Some((_, span)) => span.in_scope(|| early(site, &mut request, client)),
        None => early(site, &mut request, client),
    };
    let Some(answer) = answer else {
        let (id, span) = names.unwrap_or_else(|| named(&request));
        return Gated::ToRoute(request, Way { id, span, client, since });
    };
    let (head, status, took) = (request.head(), answer.status(), since.elapsed());
    site.counts.early(head.uri.path(), status, client, took);
    if let Some((_, span)) = names {
        let route = counts::template(head.uri.path());
        span.in_scope(|| trace::answered(&head.method, route, status, client, took));
    }
    Gated::Answered(request.into_response(answer))
}

fn routed(site: &Site, response: &ServiceResponse, way: &Way) {
    let (request, status, took) = (response.request(), response.status(), way.since.elapsed());
    let pattern = request.match_pattern();
    let route = pattern.as_deref().unwrap_or(UNMATCHED);
    way.span.in_scope(|| trace::answered(request.method(), route, status, way.client, took));
    site.counts.routed(route, status, way.client, took);
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
