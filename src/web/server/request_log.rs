//! Requests in the log. Each request has an id, and everything logged while it is handled carries that id,
//! so that an error, the line in a proxy's log and the page that somebody saw can be matched.
//!
//! Lines name the template of a route, never the path: a mistyped link still contains most of a key.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::dev::RequestHead;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use ipnet::IpNet;
use tracing::{Level, Span};

use crate::feed::Client;

/// Where proxies send the id of a request, and where a response with status 500 names it.
pub(in crate::web) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The ids of proxies are 32 digits or a UUID.
const MAX_ID_BYTES: usize = 128;

/// The id of one request.
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

/// Makes ids. Each begins with a value of this process, so that two processes have no id in common.
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
    /// The id that the proxy sent, if it is one of `trusted` and sent a usable one; otherwise a new id.
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

/// The id in a header, if it contains nothing that could be read as another line or as markup.
fn given(value: &HeaderValue) -> Option<RequestId> {
    let text = value.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    ((1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(is_plain))
        .then(|| RequestId(text.to_owned()))
}

/// Whether each request is logged, which costs several times as much as a feed.
pub(in crate::web) fn is_enabled() -> bool {
    tracing::enabled!(Level::DEBUG)
}

/// The span of everything that is logged while the request is handled.
pub(in crate::web) fn span(id: &RequestId) -> Span {
    tracing::error_span!("request", %id)
}

/// Logs a request that got a response with `status`.
pub(in crate::web) fn log(method: &Method, route: &str, status: StatusCode, client: Client, took: Duration) {
    let (status, client) = (status.as_u16(), client.as_str());
    let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(%method, route, status, client, microseconds, "request");
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn only_a_trusted_proxy_gives_requests_their_ids() {
        let ids = RequestIds::default();
        let trusted = ["10.0.0.0/31".parse().unwrap()];
        let of = |peer: &str, given: &str| {
            let request = TestRequest::default().insert_header((REQUEST_ID, given));
            let request = request.peer_addr(format!("{peer}:80").parse().unwrap());
            ids.of(request.to_http_request().head(), &trusted).to_string()
        };
        let long = "x".repeat(MAX_ID_BYTES);
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
