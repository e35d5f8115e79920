//! `/{team}/run-books/{id}`: a run book as it stands in its file.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use super::super::answer::text;
use super::super::site::Site;
use super::missing::missing_page;
use crate::rota::RunBookId;

/// The Markdown.
pub(in crate::web) async fn run_book(
    site: web::Data<Site>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> HttpResponse {
    let snapshot = site.store.load();
    let (team, id) = path.into_inner();
    let books = snapshot.team(&team).map(|team| &team.team().run_books);
    let book = books.zip(RunBookId::new(&id)).and_then(|(books, id)| books.get(&id));
    let Some(book) = book else { return missing_page(request.path()) };
    let mut response = text(StatusCode::OK, &*book.markdown);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
