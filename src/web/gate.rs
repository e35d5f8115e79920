//! What is answered before routing: methods and hosts that are refused, and feeds.
//!
//! Feeds are nearly all of the load, and routing costs more than the whole of their answer.

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::{Method, StatusCode};

use super::answer::{not_allowed, text};
use super::feeds::feed;
use super::hosts::Hosts;
use super::site::Site;

/// The answer to a request that needs no route.
pub(super) fn early(site: &Site, head: &RequestHead) -> Option<HttpResponse> {
    let answer = refusal(&site.hosts, head).or_else(|| feed(&site.store.load(), head, site.clock))?;
    site.counts.early(answer.status());
    Some(answer)
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
