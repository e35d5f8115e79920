//! Conditional requests (RFC 9110 13): whether the client already has what it requests.

use std::slice;
use std::time::SystemTime;

use actix_web::http::header::{
    HeaderMap, HeaderName, HeaderValue, HttpDate, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_UNMODIFIED_SINCE,
};

use super::representation::Validators;

/// The outcome of a request's conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Verdict {
    /// Send the representation: the conditions hold, or there are none.
    Send,
    /// 304: the client has it already.
    NotModified,
    /// 412: the client requires another version than the current one.
    Failed,
}

/// How entity tags are compared (RFC 9110 8.8.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Evaluates the conditions in the order of RFC 9110 13.2.2.
pub(in crate::web) fn verdict(headers: &HeaderMap, current: &Validators) -> Verdict {
    let required = headers.get_all(IF_MATCH);
    let is_required = match required.len() {
        0 => date(headers, IF_UNMODIFIED_SINCE).is_none_or(|date| modified(current) <= date),
        _ => lists(required, &current.etag, Comparison::Strong),
    };
    if !is_required {
        return Verdict::Failed;
    }
    let known = headers.get_all(IF_NONE_MATCH);
    let is_known = match known.len() {
        0 => is_unmodified(headers, current),
        _ => lists(known, &current.etag, Comparison::Weak),
    };
    if is_known { Verdict::NotModified } else { Verdict::Send }
}

/// Whether the client has what `etag` names, for content without a date of modification.
pub(in crate::web) fn has(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    lists(headers.get_all(IF_NONE_MATCH), etag, Comparison::Weak)
}

fn is_unmodified(headers: &HeaderMap, current: &Validators) -> bool {
    let echoed = headers.get(IF_MODIFIED_SINCE) == Some(&current.last_modified);
    echoed || date(headers, IF_MODIFIED_SINCE).is_some_and(|date| modified(current) <= date)
}

fn modified(current: &Validators) -> SystemTime {
    current.modified.into()
}

/// The date in header `name`; an invalid date is ignored.
fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    let date: HttpDate = headers.get(name)?.to_str().ok()?.parse().ok()?;
    Some(date.into())
}

/// Whether the lines of a header are `*` or list `etag`.
fn lists(mut lines: slice::Iter<'_, HeaderValue>, etag: &HeaderValue, comparison: Comparison) -> bool {
    let etag = etag.as_bytes();
    lines.any(|line| {
        let line = line.as_bytes();
        // Nearly always it is the one tag that the client was given.
        line == etag || line.trim_ascii() == b"*" || Tags(line).any(|tag| tag.is(etag, comparison))
    })
}

/// One entity tag of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tag<'a> {
    weak: bool,
    quoted: &'a [u8],
}

impl Tag<'_> {
    fn is(self, etag: &[u8], comparison: Comparison) -> bool {
        self.quoted == etag && (comparison == Comparison::Weak || !self.weak)
    }
}

/// The tags of a list, up to the first thing that is not a tag. A tag may contain commas.
struct Tags<'a>(&'a [u8]);

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        let start = self.0.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
        let rest = &self.0[start..];
        let quoted = rest.strip_prefix(b"W/");
        let (weak, rest) = (quoted.is_some(), quoted.unwrap_or(rest));
        let inside = rest.strip_prefix(b"\"")?;
        let length = inside.iter().position(|byte| *byte == b'"')? + 2;
        let (quoted, after) = rest.split_at(length);
        self.0 = after;
        Some(Tag { weak, quoted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::feeds::coding::Coding;

    const DATE: &str = "Fri, 02 Jan 2026 15:00:00 GMT";

    fn given(conditions: &[(HeaderName, &str)]) -> Verdict {
        let mut headers = HeaderMap::new();
        for (name, value) in conditions {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        let current = Validators {
            coding: Coding::Identity,
            etag: HeaderValue::from_static("\"one\""),
            modified: "2026-01-02T15:00:00Z".parse().unwrap(),
            last_modified: HeaderValue::from_static(DATE),
            version: 0,
        };
        verdict(&headers, &current)
    }

    #[test]
    fn if_none_match_is_a_list_compared_weakly() {
        for (tags, verdict) in [
            ("\"one\"", Verdict::NotModified),
            ("W/\"one\"", Verdict::NotModified),
            ("*", Verdict::NotModified),
            (" * ", Verdict::NotModified),
            ("\"two\", \"one\"", Verdict::NotModified),
            ("\"two\",W/\"one\"", Verdict::NotModified),
            ("\"with, comma\" , , \"one\"", Verdict::NotModified),
            ("\"two\"", Verdict::Send),
            ("\"with \"one\"", Verdict::Send),
            ("\"two, \"one\"", Verdict::Send),
            ("one", Verdict::Send),
            ("\"one", Verdict::Send),
            ("w/\"one\"", Verdict::Send),
            ("\"ONE\"", Verdict::Send),
            ("\"one\"x", Verdict::NotModified),
            ("**", Verdict::Send),
            ("", Verdict::Send),
        ] {
            assert_eq!(given(&[(IF_NONE_MATCH, tags)]), verdict, "{tags}");
        }
        assert_eq!(
            given(&[(IF_NONE_MATCH, "\"two\""), (IF_NONE_MATCH, "\"one\"")]),
            Verdict::NotModified,
            "several lines are one list"
        );
    }

    #[test]
    fn if_modified_since_counts_only_without_if_none_match() {
        for (date, verdict) in [
            (DATE, Verdict::NotModified),
            ("Fri, 02 Jan 2026 15:00:01 GMT", Verdict::NotModified),
            ("Fri, 02 Jan 2026 14:59:59 GMT", Verdict::Send),
            ("Friday, 02-Jan-26 15:00:00 GMT", Verdict::NotModified),
            ("Fri Jan  2 15:00:00 2026", Verdict::NotModified),
            ("2026-01-02T15:00:00Z", Verdict::Send),
            ("banana", Verdict::Send),
        ] {
            assert_eq!(given(&[(IF_MODIFIED_SINCE, date)]), verdict, "{date}");
            assert_eq!(given(&[(IF_MODIFIED_SINCE, date), (IF_NONE_MATCH, "\"two\"")]), Verdict::Send);
        }
    }

    #[test]
    fn if_match_is_compared_strongly_and_goes_first() {
        for (tags, verdict) in [
            ("\"one\"", Verdict::Send),
            ("*", Verdict::Send),
            ("\"two\", \"one\"", Verdict::Send),
            ("W/\"one\"", Verdict::Failed),
            ("\"two\"", Verdict::Failed),
        ] {
            assert_eq!(given(&[(IF_MATCH, tags)]), verdict, "{tags}");
        }
        assert_eq!(given(&[(IF_MATCH, "\"two\""), (IF_NONE_MATCH, "\"one\"")]), Verdict::Failed);
        assert_eq!(given(&[(IF_MATCH, "\"one\""), (IF_NONE_MATCH, "\"one\"")]), Verdict::NotModified);
    }

    #[test]
    fn if_unmodified_since_counts_only_without_if_match() {
        assert_eq!(given(&[(IF_UNMODIFIED_SINCE, DATE)]), Verdict::Send);
        let earlier = "Fri, 02 Jan 2026 14:59:59 GMT";
        assert_eq!(given(&[(IF_UNMODIFIED_SINCE, earlier)]), Verdict::Failed);
        assert_eq!(given(&[(IF_UNMODIFIED_SINCE, earlier), (IF_MATCH, "*")]), Verdict::Send);
        assert_eq!(given(&[(IF_UNMODIFIED_SINCE, "banana")]), Verdict::Send);
    }
}
