//! Normalizes the path of a request before it is compared with keys and routes.

use std::borrow::Cow;

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

/// No address of the server is longer.
const MAX_BYTES: usize = 512;

/// `path` with its percent-encoded unreserved characters decoded, once (RFC 9110 4.2.3, RFC 3986 6.2.2.2). `None` for
/// what no address of the server contains: any other `%`, an empty segment in the middle, the segments `.` and `..`,
/// and more than [`MAX_BYTES`].
pub(super) fn normalized(path: &str) -> Option<Cow<'_, str>> {
    if path.len() > MAX_BYTES {
        return None;
    }
    let path = if path.contains('%') { Cow::Owned(decoded(path)?) } else { Cow::Borrowed(path) };
    let is_dots = |segment: &str| segment == "." || segment == "..";
    let is_odd = path.contains("//") || path.contains("/.") && path.split('/').any(is_dots);
    (!is_odd).then_some(path)
}

/// Decodes unreserved characters; `None` where anything else is encoded.
fn decoded(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        let byte = u8::from_str_radix(digits, 16).ok()?;
        let is_unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        decoded.push(is_unreserved.then_some(char::from(byte))?);
        decoded.push_str(part.get(2..)?);
    }
    Some(decoded)
}

/// Gives `request` another path and keeps its query; `None` for a path that no URI can have.
pub(super) fn set_path(request: &mut ServiceRequest, path: &str) -> Option<()> {
    let target = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    let uri = Uri::from_parts(parts).ok()?;
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_characters_are_decoded_once() {
        for (path, expected) in [
            ("/", "/"),
            ("/data-ops/team.ics", "/data-ops/team.ics"),
            ("/data%2Dops/team.ics", "/data-ops/team.ics"),
            ("/data%2dops/te%61m%2Eics", "/data-ops/team.ics"),
            ("/%6B/%7e", "/k/~"),
            ("/a/..b/c..", "/a/..b/c.."),
            ("/.well-known/x", "/.well-known/x"),
        ] {
            assert_eq!(normalized(path).as_deref(), Some(expected), "{path}");
        }
        assert!(matches!(normalized("/data/team.ics"), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn paths_that_could_be_read_as_another_are_refused() {
        for path in [
            "/data%2Fteam.ics",
            "/data/../other/",
            "/data/%2e%2e/other/",
            "/data/%2E./other/",
            "/data/..",
            "/./data/",
            "/data/%2e",
            "//data/",
            "/data//team.ics",
            "/data%252Dops/",
            "/data%00",
            "/data%0d%0a",
            "/data%C3%A9",
            "/data%",
            "/data%2",
            "/data%zz",
            "/data%+1",
            &"/".repeat(60_000),
            &"/a".repeat(300),
        ] {
            assert_eq!(normalized(path), None, "{path}");
        }
    }
}
