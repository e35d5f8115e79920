//! Who may cache a response, and for how long.

use actix_web::http::header::HeaderValue;

use crate::config::Access;

/// How a response may be cached. The Cache-Control header depends also on who may read the server: where only secret
/// links open anything, shared caches may store nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CachePolicy {
    /// Not at all: errors, health checks, metrics.
    NoStore,
    /// Only to be shown again once the server says that it is current: pages and the API.
    Revalidate,
    /// For a minute, then as [`Revalidate`](CachePolicy::Revalidate): feeds.
    Minute,
    /// For an hour: what rarely changes.
    Hour,
    /// For good: its address names its content.
    Immutable,
}

impl CachePolicy {
    /// The value of Cache-Control.
    pub(super) fn header(self, access: Access) -> HeaderValue {
        HeaderValue::from_static(match (self, access) {
            (CachePolicy::NoStore, _) => "no-store",
            (CachePolicy::Revalidate, Access::Open) => "no-cache",
            (CachePolicy::Minute, Access::Open) => "public, max-age=60",
            (CachePolicy::Hour, Access::Open) => "public, max-age=3600",
            (CachePolicy::Immutable, Access::Open) => "public, max-age=31536000, immutable",
            (CachePolicy::Immutable, Access::Links) => "private, max-age=31536000, immutable",
            (CachePolicy::Revalidate | CachePolicy::Minute | CachePolicy::Hour, Access::Links) => {
                "private, no-cache"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_public_where_secret_links_are_required() {
        for policy in [
            CachePolicy::NoStore,
            CachePolicy::Revalidate,
            CachePolicy::Minute,
            CachePolicy::Hour,
            CachePolicy::Immutable,
        ] {
            let header = policy.header(Access::Links);
            let value = header.to_str().unwrap();
            assert!(value == "no-store" || value.starts_with("private, "), "{policy:?}: {value}");
        }
    }
}
