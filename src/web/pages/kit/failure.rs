//! The page for status 500: a bug in oncal, not a mistake in the request.

use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use maud::html;

use crate::web::pages::kit::layout::Layout;
use crate::web::server::request_log::RequestId;
use crate::web::state::State;

/// A handler that responds with `page`, or after a panic with a page that says so: otherwise the browser would only see
/// the connection end. The panic hook has logged the panic.
pub(in crate::web) fn page(
    page: fn(&State, &HttpRequest) -> HttpResponse,
) -> impl Fn(web::Data<State>, HttpRequest) -> Ready<HttpResponse> + Clone + 'static {
    move |state, request| {
        // A page only reads, so nothing can be left half done.
        let answer = catch_unwind(AssertUnwindSafe(|| page(&state, &request)));
        ready(answer.unwrap_or_else(|_| failure(&request)))
    }
}

/// It reveals no internals, and says that calendars are not affected.
fn failure(request: &HttpRequest) -> HttpResponse {
    let layout = Layout::plain(request);
    let main = html! {
        h1 { "Something went wrong in oncal" }
        p.lead {
            "This page could not be made. This is a bug in oncal, not a mistake of yours; the server’s log has the details.
            Calendars that people subscribed to are not affected."
        }
        @if let Some(id) = request.extensions().get::<RequestId>() {
            p { "In the log it is request " code { (id) } "." }
        }
        p { a.button href=(layout.home()) { "Back to the start" } }
    };
    layout.respond(StatusCode::INTERNAL_SERVER_ERROR, "Failed", &main)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::live::sample::{TEAM, at, configuration};
    use crate::live::{Snapshot, Store};
    use actix_web::body::to_bytes;
    use actix_web::test::TestRequest;
    use std::sync::Arc;

    #[actix_web::test]
    async fn a_page_that_fails_says_so_and_reveals_no_internals() {
        let now = at("2026-02-10T12:00:00Z");
        let snapshot = Snapshot::new(configuration("", &[("sample", TEAM)], now), now);
        let state = web::Data::new(State::new(Arc::new(Store::new(snapshot)), Clock::Fixed(now)));
        let handler = page(|_, _| panic!("the inside"));
        let request = TestRequest::with_uri("/sample/").to_http_request();
        let id = state.request_id(request.head());
        request.extensions_mut().insert(id.clone());
        let answer = handler(state, request).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = String::from_utf8(to_bytes(answer.into_body()).await.unwrap().to_vec()).unwrap();
        assert!(body.contains("could not be made") && !body.contains("the inside"), "{body}");
        assert!(body.contains(&format!("<code>{id}</code>")), "{body}");
    }
}
