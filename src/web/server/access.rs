//! Secret links: which requests a key opens, and the one response to all others.
//!
//! Behind the gate a request no longer has its key: routes, pages and logs see `/data/team.ics`, whatever link led
//! there. A path that the key does not open and one that does not exist get the same 404, so nobody learns which teams
//! exist.

use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpMessage, HttpResponse};

use super::path::set_path;
use super::visitor::Visitor;
use crate::access::{Key, Keyring, SEGMENT, Scope};
use crate::rota::Instant;
use crate::web::cache_policy::CachePolicy;
use crate::web::pages::{is_asset, no_key};
use crate::web::response::{page, text, unavailable, with_policy};

/// What needs no key, besides the files that pages load.
const WITHOUT_KEY: [&str; 3] = ["/healthz", "/robots.txt", "/favicon.ico"];

/// The part of the API that a key of a team or an engineer opens, besides its own team.
const DESCRIPTION: &str = "/openapi.json";

/// The response to a request that has no key for its path. Any other request may pass: it needs no key, or has one that
/// opens its path, which is then removed from the path.
pub(super) fn refuse(
    keyring: &Keyring,
    style: &str,
    request: &mut ServiceRequest,
    now: Instant,
) -> Option<HttpResponse> {
    let path = request.path();
    if needs_no_key(path) {
        return None;
    }
    let opened = split(path).and_then(|(key, rest)| {
        let scope = keyring.scope(&key, now).filter(|scope| opens(scope, rest))?;
        Some((Visitor { key, scope: scope.clone() }, rest.to_owned()))
    });
    match opened {
        Some((visitor, rest)) if rest.is_empty() => Some(to_slash(&visitor.key)),
        Some((visitor, rest)) if set_path(request, &rest).is_some() => {
            request.extensions_mut().insert(visitor);
            None
        }
        _ => Some(refused(keyring, style, request.head())),
    }
}

/// Whether everybody may read what is at `path`: it reveals nothing.
pub(super) fn needs_no_key(path: &str) -> bool {
    WITHOUT_KEY.contains(&path) || is_asset(path)
}

/// Replaces every 404 by the response that a client without a key gets.
pub(super) fn hide_not_found(response: ServiceResponse, style: &str) -> ServiceResponse {
    if response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    let (request, _) = response.into_parts();
    let response = not_found(request.head(), style);
    ServiceResponse::new(request, response)
}

/// `/k/<key>` and the rest, which starts with a slash unless it is empty.
fn split(path: &str) -> Option<(Key, &str)> {
    let rest = path.strip_prefix('/')?.strip_prefix(SEGMENT)?.strip_prefix('/')?;
    let (key, rest) = rest.split_at_checked(Key::CHARACTERS)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(())?;
    // Every path that is served is written like this, so none can be read as another.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._".contains(&byte);
    rest.bytes().all(is_plain).then_some(())?;
    Some((Key::read(key)?, rest))
}

fn opens(scope: &Scope, path: &str) -> bool {
    let below = |prefix: &str, team: &str| {
        let rest = path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(team));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match scope {
        Scope::Organisation => true,
        Scope::Team(team) | Scope::Engineer(team, _) => {
            let team = team.as_str();
            below("/", team) || below("/api/v1/teams/", team) || path == DESCRIPTION || is_asset(path)
        }
    }
}

/// To `/k/<key>/`: people leave out the slash. Relative, since a proxy may serve this below a prefix.
fn to_slash(key: &Key) -> HttpResponse {
    let mut response = text(StatusCode::PERMANENT_REDIRECT, "the address ends with a slash\n");
    if let Ok(location) = format!("{}/", key.text()).parse() {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// A key that opens nothing may belong to a team whose file has had errors since the start. Then the response is not
/// 404, on which clients drop a calendar.
fn refused(keyring: &Keyring, style: &str, head: &RequestHead) -> HttpResponse {
    if keyring.lacks_teams() {
        return unavailable("some of the configuration has errors; this address may work again later\n");
    }
    not_found(head, style)
}

/// The same 404 for every address: a page if it looks like the address of a page, otherwise a text. It reveals nothing
/// that the client does not know.
pub(super) fn not_found(head: &RequestHead, style: &str) -> HttpResponse {
    let path = head.uri.path();
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if is_file || path.contains("/api/") {
        let detail = "nothing exists at this address; if it is a link that used to work, ask your on-call team for its \
                      new link\n";
        return text(StatusCode::NOT_FOUND, detail);
    }
    with_policy(page(head, StatusCode::NOT_FOUND, no_key(style)), CachePolicy::NoStore)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::{EngineerId, TeamId};

    #[test]
    fn a_scope_opens_its_own_paths_and_none_that_begin_alike() {
        let team = TeamId::new("data").unwrap();
        let engineer = Scope::Engineer(team.clone(), EngineerId::new("a").unwrap());
        let team = Scope::Team(team);
        for (path, is_open) in [
            ("/", false),
            ("/data", true),
            ("/data/", true),
            ("/data/team.ics", true),
            ("/data/run-books/x", true),
            ("/data/engineers/a.ics", true),
            ("/data/engineers/b.ics", true),
            ("/data2/team.ics", false),
            ("/data2/engineers/a.ics", false),
            ("/dat", false),
            ("/other/", false),
            ("/api/v1/teams", false),
            ("/api/v1/teams/data/changes", true),
            ("/api/v1/teams/data2/changes", false),
            ("/openapi.json", true),
            ("/healthz", false),
        ] {
            assert_eq!((opens(&team, path), opens(&engineer, path)), (is_open, is_open), "{path}");
            assert!(opens(&Scope::Organisation, path));
        }
    }

    #[test]
    fn a_key_is_read_only_where_links_have_it() {
        let key = "a".repeat(Key::CHARACTERS);
        for (rest, is_read) in [
            ("", true),
            ("/", true),
            ("/data/engineers/a.ics", true),
            ("x/", false),
            ("/data%2Fteam.ics", false),
            ("/data\\", false),
        ] {
            assert_eq!(split(&format!("/k/{key}{rest}")).is_some(), is_read, "{rest}");
        }
        for path in
            ["/", "/k", "/k/", "/k/a/", "/data/k/", "k/", &format!("/K/{key}/"), &format!("//k/{key}/")]
        {
            assert!(split(path).is_none(), "{path}");
        }
    }
}
