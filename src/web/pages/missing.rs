//! 404 for people: what there is instead.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::html;

use super::layout::layout;

/// Whatever has no route.
pub(in crate::web) async fn missing(request: HttpRequest) -> HttpResponse {
    missing_page(request.path())
}

/// The page for `path`.
pub(super) fn missing_page(path: &str) -> HttpResponse {
    let main = html! {
        h1 { "There is nothing here" }
        p {
            "The address may be mistyped, or the team renamed: a team's address is the name of its file. The oncal link
            above leads to all teams."
        }
    };
    layout(StatusCode::NOT_FOUND, path, "Not found", &main)
}
