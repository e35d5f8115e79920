//! What is answered before routing: methods and hosts that are refused, and feeds.
//!
//! Feeds are nearly all of the load, and routing costs more than the whole of their answer.

use actix_web::HttpResponse;
use actix_web::dev::{RequestHead, ServiceRequest};
use actix_web::http::{Method, StatusCode};

use super::access::enter;
use super::hosts::Hosts;
use crate::live::Client;
use crate::web::feeds::handler::feed;
use crate::web::response::{not_allowed, text};
use crate::web::state::State;

/// The answer to a request that needs no route, or none that it has the key to.
pub(in crate::web) fn early(
    state: &State,
    request: &mut ServiceRequest,
    client: Client,
) -> Option<HttpResponse> {
    if let Some(refused) = refusal(&state.hosts, request.head()) {
        return Some(refused);
    }
    let snapshot = state.store.load();
    if let Some(keyring) = snapshot.keyring()
        && let Some(refused) = enter(keyring, &state.style, request)
    {
        return Some(refused);
    }
    feed(&snapshot, request.head(), client, state.clock)
}

/// The answer to a request that is not served at all, whatever its path.
pub(in crate::web) fn refusal(hosts: &Hosts, head: &RequestHead) -> Option<HttpResponse> {
    if !hosts.admit(head) {
        let answer = "this server does not answer to the name in the Host header\n";
        return Some(text(StatusCode::MISDIRECTED_REQUEST, answer));
    }
    let is_read = head.method == Method::GET || head.method == Method::HEAD;
    (!is_read).then(not_allowed)
}
