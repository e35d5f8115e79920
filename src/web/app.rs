//! The applications: what is reachable where. The same in production and in tests.

use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, web};

use super::access::{Visitor, sealed};
use super::agent::client;
use super::answer::text;
use super::api::{self, api};
use super::changes;
use super::gate::{early, refusal};
use super::health::{healthz, readyz, robots};
use super::metrics::metrics;
use super::pages::{self, page};
use super::site::Site;

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
        .wrap_fn(move |mut request, routes| {
            let (answer, is_locked) = (early(&site, &mut request), site.is_locked);
            let routed = match answer {
                Some(answer) => Err(request.into_response(answer)),
                None => Ok((routes.call(request), site.clone(), Instant::now())),
            };
            async move {
                let response = match routed {
                    Err(answer) => answer,
                    Ok((routed, site, since)) => {
                        let response = routed.await?;
                        let (request, status) = (response.request(), response.status());
                        let client = client(request.headers());
                        site.counts.routed(request.match_pattern(), status, client, since.elapsed());
                        response
                    }
                };
                log(&response, is_locked);
                Ok(if is_locked { sealed(response) } else { response })
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
                match routed {
                    Err(answer) => Ok(answer),
                    Ok(routed) => routed.await,
                }
            }
        })
}

async fn no_such_check(_request: HttpRequest) -> HttpResponse {
    text(StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics here\n")
}

/// At debug only: a line for each request costs more than the answer. What was refused may be a key, mistyped or under
/// a prefix, so nothing of it is told.
fn log(response: &ServiceResponse, is_locked: bool) {
    let (head, status) = (response.request().head(), response.status().as_u16());
    let is_told = !is_locked || response.request().extensions().contains::<Visitor>();
    let path = if is_told { head.uri.path() } else { "" };
    tracing::debug!(method = %head.method, path, status, "request");
}
