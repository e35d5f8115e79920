//! Answers that are not feeds: short texts, pages, and the headers each kind carries.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use maud::Markup;
use sha2::{Digest, Sha256};

use super::conditional::is_known;

/// What people read is for them, not for search engines.
pub(super) const NOINDEX: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));

/// Content is what its type says.
pub(super) const NOSNIFF: (HeaderName, HeaderValue) =
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

/// Nothing but our own style sheet, script, icon and forms: no frame, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// Half of SHA-256: enough that two pages never share a tag.
const TAG_BYTES: usize = 16;

/// A short text. Kept by nobody.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(NOSNIFF)
        .insert_header(NOINDEX)
        .body(text.into())
}

/// 405: everything here can be read and nothing written.
pub(super) fn not_allowed() -> HttpResponse {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "this address can only be read\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// A page for people, or 304 if they have these very bytes. It may show who is on call now, so nobody keeps it without
/// asking again; that its tag is of its bytes makes a 304 right whatever the page depends on.
pub(super) fn page(asked: &HeaderMap, status: StatusCode, markup: Markup) -> HttpResponse {
    let html = markup.into_string();
    let etag = (status == StatusCode::OK).then(|| tag(&html)).flatten();
    let known = etag.as_ref().is_some_and(|etag| is_known(asked, etag));
    let mut response = HttpResponse::build(if known { StatusCode::NOT_MODIFIED } else { status });
    response.insert_header((CACHE_CONTROL, "no-cache"));
    if let Some(etag) = etag {
        response.insert_header((ETAG, etag));
    }
    if known {
        return response.finish();
    }
    response
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header(NOSNIFF)
        .insert_header(NOINDEX)
        .body(html)
}

fn tag(html: &str) -> Option<HeaderValue> {
    let digest = Sha256::digest(html);
    let mut tag = String::with_capacity(2 + 2 * TAG_BYTES);
    tag.push('"');
    for byte in digest.iter().take(TAG_BYTES) {
        write!(tag, "{byte:02x}").ok()?;
    }
    tag.push('"');
    HeaderValue::from_str(&tag).ok()
}
