//! Answers that are not feeds: short texts, pages, and the headers each kind carries.

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderName, HeaderValue, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use maud::Markup;

use crate::live::{Coding, etag};
use crate::web::feeds::accept_encoding::negotiate;
use crate::web::feeds::conditional::has;

/// What is shorter goes into one packet as it is.
const MIN_ENCODED: usize = 1024;

/// Where an answer allows nothing else.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// Nothing but our own style sheet, script, icon and forms: no frame, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";

/// What every answer says to browsers: its content is what its type says, runs and loads nothing that it does not name,
/// tells nobody where its reader comes from, and is not for search engines. Whoever gets a 304 keeps what it was told.
pub(super) fn guard(status: StatusCode, headers: &mut HeaderMap) {
    if status == StatusCode::NOT_MODIFIED {
        return;
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
}

/// A short text. Kept by nobody.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text.into())
}

/// What is worked out for each request, with a tag of its bytes: whoever has them already gets 304.
///
/// Encoded, its length tells nobody a key that is in it (BREACH): whoever can have it asked for knows the key, which is
/// in the path, and of a query nothing comes back but dates, zones, reminders and ids that oncal knows.
pub(super) fn tagged(head: &RequestHead, content_type: &'static str, body: Vec<u8>) -> HttpResponse {
    let coding = if body.len() < MIN_ENCODED { Coding::Identity } else { negotiate(&head.headers) };
    let tag = tag(&body, coding);
    let is_known = has(&head.headers, &tag);
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = HttpResponse::build(status);
    response
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((VARY, "accept-encoding"));
    if is_known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, content_type));
    match coding {
        Coding::Identity => response.body(body),
        _ => match coding.encode(&body) {
            Ok(encoded) => response.insert_header((CONTENT_ENCODING, coding.as_str())).body(encoded),
            Err(_) => response.body(body),
        },
    }
}

/// Of the bytes as they are and the coding that they are sent in, so that 304 costs no encoding.
fn tag(body: &[u8], coding: Coding) -> HeaderValue {
    let plain = etag(body);
    let tag = plain.as_bytes().strip_suffix(b"\"").unwrap_or_default();
    let encoded = [tag, b"-", coding.as_str().as_bytes(), b"\""].concat();
    match coding {
        Coding::Identity => plain,
        _ => HeaderValue::from_bytes(&encoded).unwrap_or(plain),
    }
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
            .body(html),
    };
    if response.status() != StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    response
}
