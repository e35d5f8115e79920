//! What is answered before routing: methods and hosts that are refused, and feeds.
//!
//! Feeds are nearly all of the load, and routing costs more than the whole of their answer.

use actix_web::HttpResponse;
use actix_web::dev::{RequestHead, ServiceRequest};
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};

use super::access::enter;
use super::answer::{not_allowed, text};
use super::feeds::feed;
use super::guesses::origin;
use super::hosts::Hosts;
use super::site::Site;
use crate::live::Client;

/// The answer to a request that needs no route, or none that it has the key to.
pub(super) fn early(site: &Site, request: &mut ServiceRequest, client: Client) -> Option<HttpResponse> {
    if let Some(refused) = refusal(&site.hosts, request.head()) {
        return Some(refused);
    }
    let snapshot = site.store.load();
    if let Some(keyring) = snapshot.keyring()
        && let Some(refused) = enter(keyring, &site.style, request)
    {
        let trusted = &snapshot.configuration().settings.trusted_proxies;
        let from = origin(request.head(), trusted);
        // Only the redirect to `/` needs the right key. While a team's keys are not known, the others get a 503.
        let is_guess =
            !refused.status().is_redirection() && from.is_some_and(|from| site.guesses.too_many(from));
        return Some(if is_guess { too_many() } else { refused });
    }
    feed(&snapshot, request.head(), client, site.clock)
}

/// The answer to somebody who has shown more wrong keys than anybody does who means well.
fn too_many() -> HttpResponse {
    let mut response = text(StatusCode::TOO_MANY_REQUESTS, "too many addresses that there are not\n");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// The answer to a request that is not served at all, whatever its path.
pub(super) fn refusal(hosts: &Hosts, head: &RequestHead) -> Option<HttpResponse> {
    if !hosts.admit(head) {
        let answer = "this server does not answer to the name in the Host header\n";
        return Some(text(StatusCode::MISDIRECTED_REQUEST, answer));
    }
    let is_read = head.method == Method::GET || head.method == Method::HEAD;
    (!is_read).then(not_allowed)
}
