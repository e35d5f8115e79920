//! Requests for feeds.

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    LAST_MODIFIED, VARY,
};
use actix_web::http::{Method, StatusCode};
use bytes::Bytes;

use super::accept_encoding::negotiate;
use super::body::body;
use super::coding::Coding;
use super::conditional::{Verdict, verdict};
use super::representation::Validators;
use super::variant::Variant;
use crate::feed::{Client, Feed};
use crate::live::{FeedSlot, Snapshot, TeamSnapshot};
use crate::web::cache_policy::CachePolicy;
use crate::web::query::feed::variant;
use crate::web::response::{text, unavailable};
use crate::web::state::State;

/// The paths of feeds end like this, and no others do.
const SUFFIX: &str = ".ics";

/// The response to a GET or HEAD of a feed's path, and which feed that is, as its place in [`Feed::TEMPLATES`]; `None`
/// for the path of something else.
pub(in crate::web) fn feed(
    state: &State,
    snapshot: &Snapshot,
    head: &RequestHead,
    client: Client,
) -> Option<(HttpResponse, Option<usize>)> {
    let path = head.uri.path().strip_prefix('/').filter(|path| path.ends_with(SUFFIX))?;
    let (team, below) = path.split_once('/').unwrap_or_default();
    let Some(team) = snapshot.team(team) else {
        let response = if snapshot.is_broken(team) { broken() } else { not_found() };
        return Some((response, None));
    };
    let Some(slot) = team.feed_at(below) else { return Some((not_found(), None)) };
    let response = respond(state, team, slot, (head, client));
    Some((response, Some(slot.feed.template())))
}

fn respond(
    state: &State,
    team: &TeamSnapshot,
    slot: &FeedSlot,
    (head, client): (&RequestHead, Client),
) -> HttpResponse {
    let variant = match head.uri.query().map_or(Ok(Variant::default()), variant) {
        Ok(variant) => variant,
        Err(error) => return text(StatusCode::BAD_REQUEST, format!("{error}\n")),
    };
    let coding = negotiate(&head.headers);
    let known = state.feeds.requested(team, slot, variant, coding);
    let validators = &known.validators;
    let verdict = verdict(&head.headers, validators);
    // A download is a copy that never changes, and a client that asks only for the headers has nothing.
    if verdict != Verdict::Failed && !variant.download && head.method == Method::GET {
        let is_confirmed = verdict == Verdict::NotModified;
        team.subscribers(slot).count(client, is_confirmed, validators.version, state.clock.now());
    }
    let mut response = match verdict {
        Verdict::Send => {
            whole(team, slot, variant, validators, state.feeds.body(team, slot, variant, coding))
        }
        // RFC 9110 15.4.5: the headers that the client needs to update what it has.
        Verdict::NotModified => HttpResponse::new(StatusCode::NOT_MODIFIED),
        Verdict::Failed => return text(StatusCode::PRECONDITION_FAILED, "the feed has changed\n"),
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, validators.etag.clone());
    headers.insert(LAST_MODIFIED, validators.last_modified.clone());
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(CACHE_CONTROL, CachePolicy::Minute.header(state.access));
    response
}

fn whole(
    team: &TeamSnapshot,
    slot: &FeedSlot,
    variant: Variant,
    validators: &Validators,
    bytes: Bytes,
) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::OK).set_body(body(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    if validators.coding != Coding::Identity {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(validators.coding.as_str()));
    }
    if variant.download {
        add_disposition(headers, team, &slot.feed);
    }
    response
}

/// RFC 6266: a file of this name, to be saved.
fn add_disposition(headers: &mut HeaderMap, team: &TeamSnapshot, feed: &Feed) {
    let value = format!("attachment; filename=\"{}\"", feed.file_name(team.team()));
    // Ids are ASCII letters, digits and hyphens, so this always is a header's value.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
}

fn not_found() -> HttpResponse {
    text(StatusCode::NOT_FOUND, "there is no feed at this address\n")
}

/// The file of this team has had errors since the start.
pub(in crate::web) fn broken() -> HttpResponse {
    unavailable("the configuration of this team has errors; its feeds are not served\n")
}
