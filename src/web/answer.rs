//! Answers that are not feeds: short texts, pages, and the headers each kind carries.

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use maud::Markup;

use super::conditional::has;
use crate::live::etag;

/// What people read is for them, not for search engines.
pub(super) const NOINDEX: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));

/// Content is what its type says.
pub(super) const NOSNIFF: (HeaderName, HeaderValue) =
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

/// Nothing but our own style sheet, script, icon and forms: no frame, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";

/// A short text. Kept by nobody.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(NOSNIFF)
        .insert_header(NOINDEX)
        .body(text.into())
}

/// What is worked out for each request, with a tag of its bytes: whoever has them already gets 304.
pub(super) fn tagged(head: &RequestHead, content_type: &'static str, body: Vec<u8>) -> HttpResponse {
    let tag = etag(&body);
    let is_known = has(&head.headers, &tag);
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = HttpResponse::build(status);
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "no-cache"));
    if is_known {
        return response.finish();
    }
    response
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header(NOSNIFF)
        .insert_header(NOINDEX)
        .body(body)
}

/// 405: everything here can be read and nothing written.
pub(super) fn not_allowed() -> HttpResponse {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "this address can only be read\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// A page for people. It may show who is on call now, so nobody keeps it without asking again; since its tag is of its
/// bytes, a 304 is right whatever the page depends on. Errors have no tag.
pub(super) fn page(head: &RequestHead, status: StatusCode, markup: Markup) -> HttpResponse {
    let html = markup.into_string().into_bytes();
    let mut response = match status {
        StatusCode::OK => tagged(head, HTML, html),
        _ => HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, HTML))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .insert_header(NOSNIFF)
            .insert_header(NOINDEX)
            .body(html),
    };
    if response.status() != StatusCode::NOT_MODIFIED {
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    response
}
