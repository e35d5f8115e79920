//! Responses that are not feeds: short texts, pages, JSON, files of pages; and the headers that all responses carry.

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    HeaderValue, REFERRER_POLICY, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use maud::Markup;

use super::cache_policy::CachePolicy;
use super::feeds::accept_encoding::negotiate;
use super::feeds::coding::Coding;
use super::feeds::conditional::has;
use super::feeds::etag::etag;
use crate::config::Access;

/// How long a client waits before it asks again for a team whose configuration has errors.
pub(super) const RETRY_SECONDS: u16 = 300;

/// A shorter body fits into one packet and is sent as it is.
const MIN_ENCODED_BYTES: usize = 1024;

/// The policy of a response that needs nothing.
const POLICY_OF_NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// The policy of a page: its own style sheet, script, images and forms; no frames, and nothing from other servers.
const POLICY_OF_PAGES: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; \
                               form-action 'self'; frame-ancestors 'none'";

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const HTML: &str = "text/html; charset=utf-8";

/// Adds the headers of every response: browsers must trust its content type, load only what it names, not let other
/// sites embed it, and not send its address to other servers; search engines must not list it; caches follow its policy
/// unless `response` has set one. A client that gets 304 keeps the headers that it has.
pub(super) fn finish(response: &mut HttpResponse, access: Access) {
    if !response.headers().contains_key(CACHE_CONTROL) {
        let policy = response.extensions().get::<CachePolicy>().copied().unwrap_or(CachePolicy::NoStore);
        response.headers_mut().insert(CACHE_CONTROL, policy.header(access));
    }
    if response.status() == StatusCode::NOT_MODIFIED {
        return;
    }
    let headers = response.headers_mut();
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY_OF_NOTHING));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
}

/// Sets how `response` may be cached.
pub(super) fn with_policy(mut response: HttpResponse, policy: CachePolicy) -> HttpResponse {
    response.extensions_mut().insert(policy);
    response
}

/// A short text that nobody may cache.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> HttpResponse {
    HttpResponse::build(status).insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body(text.into())
}

/// 503: try again later. Not 404, on which clients drop a calendar.
pub(super) fn unavailable(detail: impl Into<String>) -> HttpResponse {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, detail);
    response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS.into());
    response
}

/// 405: the server is read-only.
pub(super) fn method_not_allowed() -> HttpResponse {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "this server only answers GET and HEAD\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// A body made for this request, with an entity tag of its bytes: a client that has it already gets 304.
///
/// Compression reveals no key through the length of the body (BREACH): an attacker who can cause the request knows the
/// key, which is in the path, and the only parts of a query that a body repeats are dates, zones, reminders and ids
/// that oncal knows.
pub(super) fn tagged(head: &RequestHead, content_type: &'static str, body: Vec<u8>) -> HttpResponse {
    let coding = if body.len() < MIN_ENCODED_BYTES { Coding::Identity } else { negotiate(&head.headers) };
    let tag = tag(&body, coding);
    let is_known = has(&head.headers, &tag);
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = HttpResponse::build(status);
    response.insert_header((ETAG, tag)).insert_header((VARY, "accept-encoding"));
    response.extensions_mut().insert(CachePolicy::Revalidate);
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

/// A tag of the bytes before encoding and the coding, so that a 304 costs no encoding.
fn tag(body: &[u8], coding: Coding) -> HeaderValue {
    let plain = etag(body);
    let tag = plain.as_bytes().strip_suffix(b"\"").unwrap_or_default();
    let encoded = [tag, b"-", coding.as_str().as_bytes(), b"\""].concat();
    match coding {
        Coding::Identity => plain,
        _ => HeaderValue::from_bytes(&encoded).unwrap_or(plain),
    }
}

/// A page for people. It may show who is on call now, so a browser asks each time whether it is current; since its tag
/// is of its bytes, a 304 is right whatever the page depends on. Errors have no tag.
pub(super) fn page(head: &RequestHead, status: StatusCode, markup: Markup) -> HttpResponse {
    let html = markup.into_string().into_bytes();
    let mut response = match status {
        StatusCode::OK => tagged(head, HTML, html),
        _ => {
            let response = HttpResponse::build(status).insert_header((CONTENT_TYPE, HTML)).body(html);
            with_policy(response, CachePolicy::Revalidate)
        }
    };
    if response.status() != StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY_OF_PAGES));
    }
    response
}
