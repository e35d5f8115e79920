//! A feed as it is sent: its bytes in one coding, with the headers by which clients ask whether it has changed.

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::live::FeedSource;
use crate::rota::Instant;

use super::coding::Coding;
use super::etag::etag;
use super::variant::Variant;

/// The number of variants that a [`version`](Validators::version) can distinguish.
const VARIANTS: u64 = 256;

/// The bytes of a hash that fit into a version, beside the number of the variant.
const VERSION_BYTES: usize = 7;

/// One representation of a feed (RFC 9110 3.2).
#[derive(Debug, Clone)]
pub struct Representation {
    /// The body, in the coding of the validators.
    pub body: Bytes,
    /// What the client sends back to ask whether it is still current.
    pub validators: Validators,
}

/// The fields that show a client whether a representation has changed (RFC 9110 8.8).
#[derive(Debug, Clone)]
pub struct Validators {
    /// The coding of the body.
    pub coding: Coding,
    /// A strong entity tag of the bytes in this coding, quotes included.
    pub etag: HeaderValue,
    /// When the feed last changed, in whole seconds.
    pub modified: Instant,
    /// The same as an HTTP date.
    pub last_modified: HeaderValue,
    /// A short identifier of this content in this variant, independent of the coding.
    pub version: u64,
}

/// Writes a feed. The same source gives the same bytes.
pub fn represent(source: &FeedSource<'_>, variant: Variant, coding: Coding) -> Representation {
    let modified = source.modified();
    let identity = source.calendar(variant.alarm, variant.download);
    let version = version(&identity, variant);
    let (coding, body) = match coding {
        Coding::Identity => (coding, identity),
        _ => match coding.encode(&identity) {
            Ok(encoded) => (coding, encoded),
            Err(_) => (Coding::Identity, identity),
        },
    };
    let etag = etag(&body);
    let last_modified = http_date(modified);
    Representation {
        body: Bytes::from(body),
        validators: Validators { coding, etag, modified, last_modified, version },
    }
}

/// Which variant a version is of.
pub(super) fn variant_of(version: u64) -> Variant {
    let number = usize::try_from(version % VARIANTS).unwrap_or(0);
    Variant::numbered(number).unwrap_or_default()
}

fn version(identity: &[u8], variant: Variant) -> u64 {
    let hash = Sha256::digest(identity);
    let start = hash.iter().take(VERSION_BYTES).fold(0, |start, byte| start << 8 | u64::from(*byte));
    start * VARIANTS + variant.number() as u64
}

/// RFC 9110 5.6.7.
fn http_date(instant: Instant) -> HeaderValue {
    let text = instant.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    // Visible ASCII is always a header's value.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_its_variant_and_differs_with_the_content() {
        for variant in Variant::all() {
            assert_eq!(variant_of(version(b"one", variant)), variant);
            assert_ne!(version(b"one", variant), version(b"two", variant));
            assert!(version(b"one", variant) >= VARIANTS.pow(5), "the hash is part of it");
        }
    }

    #[test]
    fn an_http_date_has_the_form_of_the_standard() {
        let instant: Instant = "2026-01-02T05:06:07Z".parse().unwrap();
        assert_eq!(http_date(instant), "Fri, 02 Jan 2026 05:06:07 GMT");
    }
}
