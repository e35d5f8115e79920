//! Texts compressed with gzip, whose checksum reveals damage.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// More than any file of a configuration may have, in bytes: damage must not fill the memory.
const MAX_BYTES: u64 = 64_000_000;

pub(super) fn packed(content: &[u8]) -> Vec<u8> {
    // Writing to memory cannot fail.
    let mut out = GzEncoder::new(Vec::with_capacity(content.len() / 4), Compression::fast());
    let _ = out.write_all(content);
    out.finish().unwrap_or_default()
}

/// `None` if it is damaged.
pub(super) fn unpacked(stored: &[u8]) -> Option<Vec<u8>> {
    unpacked_within(MAX_BYTES, stored).ok()
}

/// What is damaged may have many more bytes than was packed: at most `max` of them are read.
pub(super) fn unpacked_within(max: u64, stored: &[u8]) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    GzDecoder::new(stored).take(max).read_to_end(&mut content)?;
    Ok(content)
}
