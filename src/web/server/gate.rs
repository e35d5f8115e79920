//! Responses before routing: refused requests, and feeds.
//!
//! Feeds are nearly all of the load, and routing costs more than the whole of their response.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::dev::{RequestHead, ServiceRequest};
use actix_web::http::{Method, StatusCode};

use super::access::{not_found, refuse};
use super::hosts::Hosts;
use super::path::{normalized, set_path};
use super::request_counts::EarlyRoute;
use crate::config::Access;
use crate::feed::Client;
use crate::web::api::problem::Problem;
use crate::web::feeds::handler::feed;
use crate::web::response::{method_not_allowed, text};
use crate::web::state::State;

/// A response to a request that needs no route.
pub(super) struct Early {
    pub(super) response: HttpResponse,
    pub(super) route: EarlyRoute,
}

/// The response to `request`, unless a route has to answer it. Then its path is normalized and without a key.
pub(super) fn early(state: &State, request: &mut ServiceRequest, client: Client) -> Option<Early> {
    let refused = |response| Some(Early { response, route: EarlyRoute::Refused });
    if let Some(response) = refusal(&state.hosts, request.head()) {
        return refused(response);
    }
    let path = match normalized(request.path()) {
        None => None,
        Some(Cow::Borrowed(_)) => Some(()),
        Some(Cow::Owned(path)) => set_path(request, &path),
    };
    if path.is_none() {
        return refused(no_such_path(state, request.head()));
    }
    let snapshot = state.store.load();
    if let Some(keyring) = snapshot.keyring()
        && let Some(response) = refuse(keyring, &state.style, request, state.clock.now())
    {
        return refused(response);
    }
    feed(state, &snapshot, request.head(), client)
        .map(|(response, feed)| Early { response, route: feed.map_or(EarlyRoute::Refused, EarlyRoute::Feed) })
}

/// The response to a path that no address here has.
fn no_such_path(state: &State, head: &RequestHead) -> HttpResponse {
    match state.access {
        Access::Open if head.uri.path().starts_with("/api/") => Problem::NO_SUCH_PATH.response(),
        Access::Open | Access::Links => not_found(head, &state.style),
    }
}

/// The response to a request that is refused whatever its path.
pub(super) fn refusal(hosts: &Hosts, head: &RequestHead) -> Option<HttpResponse> {
    if !hosts.admit(head) {
        let detail = "the Host header names a host that this server does not answer for\n";
        return Some(text(StatusCode::MISDIRECTED_REQUEST, detail));
    }
    let is_read = head.method == Method::GET || head.method == Method::HEAD;
    (!is_read).then(method_not_allowed)
}
