//! The page for status 400, which says what is wrong with a query.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::html;

use crate::text::capitalised;
use crate::web::pages::kit::layout::Layout;
use crate::web::pages::kit::problems::ticked;
use crate::web::pages::kit::query::BadQuery;

/// The response to a query that a page cannot answer.
pub(in crate::web) fn bad_query(
    layout: &Layout<'_>,
    error: &BadQuery,
    request: &HttpRequest,
) -> HttpResponse {
    let message = capitalised(&error.to_string());
    let main = html! {
        h1 { "Invalid address" }
        p.lead { (ticked(&message)) @if !message.ends_with('?') { "." } }
        p { a.button href=(own_name(request.path())) { "Show the page without it" } }
    };
    layout.respond(StatusCode::BAD_REQUEST, "Invalid address", &main)
}

/// The relative link from `path` to itself without its query.
fn own_name(path: &str) -> &str {
    path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("./")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_links_to_itself_whatever_its_depth() {
        assert_eq!((own_name("/t/"), own_name("/t/coverage")), ("./", "coverage"));
    }
}
