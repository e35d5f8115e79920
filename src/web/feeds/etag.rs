//! Entity tags.

use actix_web::http::header::HeaderValue;
use sha2::{Digest, Sha256};

/// Half of SHA-256: enough that two contents never share a tag.
const TAG_BYTES: usize = 16;

/// A strong entity tag (RFC 9110 8.8.3), quotes included, of these bytes alone.
pub(in crate::web) fn etag(body: &[u8]) -> HeaderValue {
    let tag = hex::encode(&Sha256::digest(body)[..TAG_BYTES]);
    // Hexadecimal digits always are a header's value.
    HeaderValue::try_from(format!("\"{tag}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_first_half_of_the_hash() {
        assert_eq!(etag(b"abc"), "\"ba7816bf8f01cfea414140de5dae2223\"");
    }
}
