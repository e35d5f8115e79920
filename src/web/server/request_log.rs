//! What the log says of requests: each has an id, which all that is logged on its way carries, so that a fault, the line
//! of a proxy and what somebody was shown can be found together.
//!
//! Lines name routes by their template, never the path itself: a mistyped link still holds most of a key.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::dev::RequestHead;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use ipnet::IpNet;
use tracing::{Level, Span};

use crate::live::Client;

/// What proxies name a request in, and what an answer that failed names it in.
pub(in crate::web) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Ids of proxies are 32 digits or a UUID.
const LONGEST: usize = 128;

/// The name of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct RequestId(String);

impl RequestId {
    pub(in crate::web) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names requests: with the start of the process, so that two starts have no name in common.
#[derive(Debug)]
pub(in crate::web) struct RequestIds {
    start: u64,
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        RequestIds { start: RandomState::new().hash_one("start") >> 24, next: AtomicU64::new(1) }
    }
}

impl RequestIds {
    /// What the proxy calls the request, if it is one of `trusted` and says so; else a new name.
    pub(in crate::web) fn of(&self, head: &RequestHead, trusted: &[IpNet]) -> RequestId {
        let is_trusted = head.peer_addr.is_some_and(|peer| {
            let peer = peer.ip().to_canonical();
            trusted.iter().any(|network| network.contains(&peer))
        });
        let given = head.headers.get(REQUEST_ID).filter(|_| is_trusted).and_then(given);
        given.unwrap_or_else(|| {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            RequestId(format!("{:010x}-{number}", self.start))
        })
    }
}

/// Nothing that could be taken for another line, or for markup.
fn given(value: &HeaderValue) -> Option<RequestId> {
    let text = value.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    ((1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain)).then(|| RequestId(text.to_owned()))
}

/// Whether each request has its line. It costs several times what a feed does.
pub(in crate::web) fn is_on() -> bool {
    tracing::enabled!(Level::DEBUG)
}

/// What everything logged on the way of a request is within.
pub(in crate::web) fn span(id: &RequestId) -> Span {
    tracing::error_span!("request", %id)
}

/// The line of a request that was answered with `status`.
pub(in crate::web) fn answered(
    method: &Method,
    route: &str,
    status: StatusCode,
    client: Client,
    took: Duration,
) {
    let (status, client) = (status.as_u16(), client.as_str());
    let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(%method, route, status, client, microseconds, "request");
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_trusted_proxy_names_requests_and_nobody_else() {
        let ids = RequestIds::default();
        let trusted = ["10.0.0.0/31".parse().unwrap()];
        let of = |peer: &str, given: &str| {
            let request = TestRequest::default().insert_header((REQUEST_ID, given));
            let request = request.peer_addr(format!("{peer}:80").parse().unwrap());
            ids.of(request.to_http_request().head(), &trusted).to_string()
        };
        let long = "x".repeat(LONGEST);
        for (peer, given, is_taken) in [
            ("10.0.0.1", "7d0b2c1e-9a51-4c39-a5a0-0d3b5f6f8f3f", true),
            ("[::ffff:10.0.0.1]", "req:1_2.3", true),
            ("10.0.0.1", &long, true),
            ("10.0.0.1", &format!("{long}x"), false),
            ("10.0.0.1", "", false),
            ("10.0.0.1", "a b", false),
            ("10.0.0.1", "a\"}{", false),
            ("10.0.0.1", "<b>", false),
            ("10.0.0.2", "mine", false),
        ] {
            assert_eq!(of(peer, given) == given, is_taken, "{peer} {given}");
        }
        assert_ne!(of("10.0.0.2", "mine"), of("10.0.0.2", "mine"));
        let other = RequestIds::default().of(TestRequest::default().to_http_request().head(), &trusted);
        assert_ne!(other.to_string().split('-').next(), of("10.0.0.2", "").split('-').next());
    }
}
