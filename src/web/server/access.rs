//! Secret links: which requests a key opens, and the one answer to all others.
//!
//! Behind the gate a request has lost its key: routes, pages and logs see `/data/team.ics`, whatever link led there.
//! What is refused, and what there is not, are one and the same 404 at an address, so nobody learns which teams exist.

use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION, RETRY_AFTER};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{StatusCode, Uri};
use actix_web::{HttpMessage, HttpResponse};

use super::visitor::Visitor;
use crate::access::{Key, Keyring, SEGMENT, Scope};
use crate::web::pages::{KEPT, RETRY_SECONDS, is_asset, no_key};
use crate::web::response::{page, text};

/// Below the root, what a scope below the organisation has of the API besides its own team.
const DESCRIPTION: &str = "/openapi.json";

/// Lets a request pass that needs no key, or shows one that opens its path, and takes the key out of it. To any other
/// the answer.
pub(in crate::web) fn enter(
    keyring: &Keyring,
    style: &str,
    request: &mut ServiceRequest,
) -> Option<HttpResponse> {
    let path = request.path();
    if path == "/healthz" || path == "/robots.txt" || is_asset(path) {
        return None;
    }
    let shown = shown(path).and_then(|(key, rest)| {
        let scope = keyring.scope(&key).filter(|scope| opens(scope, rest))?;
        Some((Visitor { key, scope: scope.clone() }, rest.to_owned()))
    });
    let Some((visitor, rest)) = shown else { return Some(refused(keyring, style, request.head())) };
    if rest.is_empty() {
        return Some(to_slash(&visitor.key));
    }
    if take_key(request, &rest).is_none() {
        return Some(refused(keyring, style, request.head()));
    }
    request.extensions_mut().insert(visitor);
    None
}

/// What is sent instead of `response` where only secret links open anything: nothing that a cache may give to others,
/// and for whatever there is not, what somebody without a key gets.
pub(in crate::web) fn sealed(response: ServiceResponse, style: &str) -> ServiceResponse {
    if response.status() == StatusCode::NOT_FOUND {
        let (request, _) = response.into_parts();
        let nothing = nothing(request.head(), style);
        return ServiceResponse::new(request, nothing);
    }
    let mut response = response;
    let headers = response.headers_mut();
    let is_kept = headers.get(CACHE_CONTROL).is_none_or(|value| value != "no-store");
    if is_kept {
        let is_asset = headers.get(CACHE_CONTROL).is_some_and(|value| value == KEPT);
        let private = if is_asset { "private, max-age=31536000, immutable" } else { "private, no-cache" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(private));
    }
    response
}

/// `/k/<key>` and what follows, with its `/`.
fn shown(path: &str) -> Option<(Key, &str)> {
    let rest = path.strip_prefix('/')?.strip_prefix(SEGMENT)?.strip_prefix('/')?;
    let (key, rest) = rest.split_at_checked(Key::CHARACTERS)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(())?;
    // Every path that is served is written like this, so none can be read as another.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._".contains(&byte);
    (rest.bytes().all(is_plain) && !rest.contains("//") && !rest.contains("..")).then_some(())?;
    Some((Key::read(key)?, rest))
}

fn opens(scope: &Scope, path: &str) -> bool {
    let below = |prefix: &str, team: &str| {
        let rest = path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(team));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match scope {
        Scope::Organisation => true,
        Scope::Team(team) => {
            let team = team.as_str();
            below("/", team) || below("/api/v1/teams/", team) || path == DESCRIPTION || is_asset(path)
        }
        Scope::Engineer(team, engineer) => {
            let file = path.strip_prefix('/').and_then(|rest| rest.strip_prefix(team.as_str()));
            let id = file.and_then(|rest| rest.strip_prefix("/engineers/")?.strip_suffix(".ics"));
            id == Some(engineer.as_str())
        }
    }
}

/// Makes of `/k/<key>/rest?query` the request `/rest?query`.
fn take_key(request: &mut ServiceRequest, rest: &str) -> Option<()> {
    let target = match request.uri().query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    let uri = Uri::from_parts(parts).ok()?;
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
    Some(())
}

/// `/k/<key>`: people leave out the slash. Relative, since a proxy may serve this below a prefix.
fn to_slash(key: &Key) -> HttpResponse {
    let mut response = text(StatusCode::PERMANENT_REDIRECT, "the address ends with a slash\n");
    if let Ok(location) = format!("{}/", key.text()).parse() {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// A key that opens nothing may be one of a team whose file has had errors since the start: then nobody is told that
/// there is nothing, since calendars are dropped on that.
fn refused(keyring: &Keyring, style: &str, head: &RequestHead) -> HttpResponse {
    if !keyring.lacks_teams() {
        return nothing(head, style);
    }
    let told = "some of the configuration has errors; what this address is of may be served again later\n";
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, told);
    response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS.into());
    response
}

/// A page at addresses such as pages have, else a text. It depends on nothing that whoever asks does not know.
fn nothing(head: &RequestHead, style: &str) -> HttpResponse {
    let path = head.uri.path();
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if is_file || path.contains("/api/") {
        return text(
            StatusCode::NOT_FOUND,
            "there is nothing at this address; if it is a link that once worked, ask your on-call team for its new one\n",
        );
    }
    let mut response = page(head, StatusCode::NOT_FOUND, no_key(style));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
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
        for (path, of_team, of_engineer) in [
            ("/", false, false),
            ("/data", true, false),
            ("/data/", true, false),
            ("/data/team.ics", true, false),
            ("/data/run-books/x", true, false),
            ("/data/engineers/a.ics", true, true),
            ("/data/engineers/b.ics", true, false),
            ("/data/engineers/a.ics/", true, false),
            ("/data/engineers/a", true, false),
            ("/data/engineers/aa.ics", true, false),
            ("/data2/team.ics", false, false),
            ("/data2/engineers/a.ics", false, false),
            ("/dat", false, false),
            ("/other/", false, false),
            ("/api/v1/teams", false, false),
            ("/api/v1/teams/data/changes", true, false),
            ("/api/v1/teams/data2/changes", false, false),
            ("/openapi.json", true, false),
            ("/healthz", false, false),
        ] {
            assert_eq!((opens(&team, path), opens(&engineer, path)), (of_team, of_engineer), "{path}");
            assert!(opens(&Scope::Organisation, path));
        }
    }

    #[test]
    fn what_could_be_read_as_another_path_shows_no_key() {
        let key = "a".repeat(Key::CHARACTERS);
        for (rest, is_shown) in [
            ("", true),
            ("/", true),
            ("/data/engineers/a.ics", true),
            ("x/", false),
            ("/data/../other/", false),
            ("/data/%2e%2e/other/", false),
            ("/data%2Fteam.ics", false),
            ("//data/", false),
            ("/data\\", false),
        ] {
            assert_eq!(shown(&format!("/k/{key}{rest}")).is_some(), is_shown, "{rest}");
        }
        for path in
            ["/", "/k", "/k/", "/k/a/", "/data/k/", "k/", &format!("/K/{key}/"), &format!("//k/{key}/")]
        {
            assert!(shown(path).is_none(), "{path}");
        }
    }
}
