//! A feed as a response, its headers ready but for the asking.

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    LAST_MODIFIED, RETRY_AFTER, VARY,
};
use actix_web::http::{Method, StatusCode};

use crate::clock::Clock;
use crate::live::{Client, Coding, FeedSlot, Representation, Snapshot, Variant};

use super::accept_encoding::negotiate;
use super::body::body;
use super::conditional::{Verdict, verdict};
use crate::web::pages::RETRY_SECONDS;
use crate::web::query::feed::variant;
use crate::web::response::text;

/// The paths of feeds end so, and no other.
const SUFFIX: &str = ".ics";

/// The answer to a GET or HEAD of a feed's path; `None` for the path of something else.
pub(in crate::web) fn feed(
    snapshot: &Snapshot,
    head: &RequestHead,
    client: Client,
    clock: Clock,
) -> Option<HttpResponse> {
    head.uri.path().ends_with(SUFFIX).then(|| answer(snapshot, head, client, clock))
}

fn answer(snapshot: &Snapshot, head: &RequestHead, client: Client, clock: Clock) -> HttpResponse {
    let Some((team_id, below)) = parts(head.uri.path()) else { return missing() };
    let Some(team) = snapshot.team(team_id) else {
        return if snapshot.is_broken(team_id) { unavailable() } else { missing() };
    };
    let Some(slot) = team.feed_at(below) else { return missing() };
    let variant = match head.uri.query().map_or(Ok(Variant::default()), variant) {
        Ok(variant) => variant,
        Err(error) => return text(StatusCode::BAD_REQUEST, format!("{error}\n")),
    };
    let representation = team.representation(slot, variant, negotiate(&head.headers));
    let verdict = verdict(&head.headers, representation);
    // A download is a copy that never changes, and whoever asks for the head alone has nothing.
    if verdict != Verdict::Failed && !variant.download && head.method == Method::GET {
        let is_confirmed = verdict == Verdict::NotModified;
        let version = representation.version(variant);
        team.subscribers(slot).count(client, is_confirmed, version, clock.now());
    }
    match verdict {
        Verdict::Send => whole(slot, variant, representation),
        Verdict::NotModified => not_modified(representation),
        Verdict::Failed => text(StatusCode::PRECONDITION_FAILED, "the feed has changed\n"),
    }
}

/// `/team/below` as `team` and `below`.
fn parts(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix('/')?;
    let slash = path.bytes().position(|byte| byte == b'/')?;
    Some((path.get(..slash)?, path.get(slash + 1..)?))
}

fn whole(slot: &FeedSlot, variant: Variant, representation: &Representation) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::OK).set_body(body(representation.body.clone()));
    let headers = response.headers_mut();
    validators(headers, representation);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    match representation.coding {
        Coding::Identity => {}
        coding => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.as_str()));
        }
    }
    if variant.download {
        headers.insert(CONTENT_DISPOSITION, slot.disposition.clone());
    }
    response
}

/// RFC 9110 15.4.5: what the client needs to keep what it has.
fn not_modified(representation: &Representation) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::NOT_MODIFIED);
    validators(response.headers_mut(), representation);
    response
}

fn validators(headers: &mut HeaderMap, representation: &Representation) {
    headers.insert(ETAG, representation.etag.clone());
    headers.insert(LAST_MODIFIED, representation.last_modified.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
}

fn missing() -> HttpResponse {
    text(StatusCode::NOT_FOUND, "there is no feed at this address\n")
}

/// A team that was never right since the start. Not 404: clients drop a calendar on that.
pub(in crate::web) fn unavailable() -> HttpResponse {
    let mut response = text(
        StatusCode::SERVICE_UNAVAILABLE,
        "the configuration of this team has errors; its feeds are not served\n",
    );
    response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS.into());
    response
}
