//! Errors of the API (RFC 9457).

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::live::Snapshot;
use crate::web::response::RETRY_SECONDS;
use crate::web::state::State;

/// Why a request to the API does not get what it requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Problem {
    status: StatusCode,
    detail: Cow<'static, str>,
    parameter: Option<String>,
}

/// An error (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Shape<'a> {
    /// Always `about:blank`: the status says what kind of problem it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the response.
    status: u16,
    /// What is wrong, and what would be right.
    detail: &'a str,
    /// The parameter of the query that is wrong; null where the query is not the problem.
    parameter: Option<&'a str>,
}

impl Problem {
    /// A bug in oncal.
    pub(in crate::web) const INTERNAL: Problem = Problem::plain(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the response could not be made; the log has the details",
    );

    /// There is nothing at the path.
    pub(in crate::web) const NO_SUCH_PATH: Problem = Problem::plain(
        StatusCode::NOT_FOUND,
        "nothing exists at this address; /openapi.json lists what does",
    );

    const fn plain(status: StatusCode, detail: &'static str) -> Problem {
        Problem { status, detail: Cow::Borrowed(detail), parameter: None }
    }

    /// No team `id` is served.
    pub(super) fn no_team(snapshot: &Snapshot, id: &str) -> Problem {
        match snapshot.is_broken(id) {
            true => Problem::plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "the configuration of this team has errors; /api/v1/teams names them",
            ),
            false => {
                Problem::plain(StatusCode::NOT_FOUND, "there is no such team; /api/v1/teams lists all teams")
            }
        }
    }

    /// The value of a parameter of the query is wrong.
    pub(in crate::web) fn query(parameter: &str, detail: impl Into<Cow<'static, str>>) -> Problem {
        let parameter = Some(parameter.to_owned());
        Problem { status: StatusCode::BAD_REQUEST, detail: detail.into(), parameter }
    }

    pub(in crate::web) fn response(&self) -> HttpResponse {
        let shape = Shape {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            parameter: self.parameter.as_deref(),
        };
        let mut response = HttpResponse::build(self.status);
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, RETRY_SECONDS.to_string()));
        }
        response.body(serde_json::to_vec(&shape).unwrap_or_default())
    }
}

/// Any other path below `/api/`.
pub(in crate::web) fn no_such_path(_state: &State, _request: &HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::NO_SUCH_PATH)
}
