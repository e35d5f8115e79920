//! Errors of the API (RFC 9457).

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::live::Snapshot;
use crate::web::answer::{NOINDEX, NOSNIFF};
use crate::web::pages::RETRY_SECONDS;

/// Why a request of the API is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    detail: &'static str,
}

#[derive(Serialize)]
struct Shape {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
}

impl Problem {
    pub(super) const INTERNAL: Problem =
        Problem { status: StatusCode::INTERNAL_SERVER_ERROR, detail: "the answer could not be written" };

    /// There is no team `id` in service.
    pub(super) fn no_team(snapshot: &Snapshot, id: &str) -> Problem {
        if snapshot.is_broken(id) {
            let detail = "the configuration of this team has errors";
            return Problem { status: StatusCode::SERVICE_UNAVAILABLE, detail };
        }
        Problem { status: StatusCode::NOT_FOUND, detail: "there is no such team" }
    }

    pub(super) fn answer(&self) -> HttpResponse {
        let shape = Shape {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let mut response = HttpResponse::build(self.status);
        response
            .insert_header((CONTENT_TYPE, "application/problem+json"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header(NOSNIFF)
            .insert_header(NOINDEX);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, RETRY_SECONDS.to_string()));
        }
        response.body(serde_json::to_vec(&shape).unwrap_or_default())
    }
}

/// Whatever else is asked of the API.
pub(in crate::web) async fn no_such_path(_request: HttpRequest) -> HttpResponse {
    Problem { status: StatusCode::NOT_FOUND, detail: "there is nothing at this address" }.answer()
}
