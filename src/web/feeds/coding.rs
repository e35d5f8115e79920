//! The content codings in which feeds and other responses are sent.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};

/// zlib's default.
const GZIP_LEVEL: u32 = 6;
/// Smaller than gzip at up to twice its time; 11 would take two hundred times as long.
const BROTLI_QUALITY: i32 = 5;
/// A window as large as the content is enough, and a smaller one costs less memory. 24 is the largest that every client
/// must accept.
const BROTLI_WINDOW_BITS: std::ops::RangeInclusive<u32> = 16..=22;
/// A content coding (RFC 9110 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coding {
    /// The bytes as they are.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Coding {
    /// Every coding.
    pub const ALL: [Coding; 3] = [Coding::Identity, Coding::Gzip, Coding::Brotli];

    /// As in Accept-Encoding and Content-Encoding.
    pub fn as_str(self) -> &'static str {
        match self {
            Coding::Identity => "identity",
            Coding::Gzip => "gzip",
            Coding::Brotli => "br",
        }
    }

    /// `bytes` in this coding. The same bytes give the same result.
    ///
    /// # Errors
    ///
    /// None in practice: writing to memory does not fail.
    pub fn encode(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Coding::Identity => Ok(bytes.to_vec()),
            Coding::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Coding::Brotli => {
                let window_bits = (bytes.len().max(1).ilog2() + 1)
                    .clamp(*BROTLI_WINDOW_BITS.start(), *BROTLI_WINDOW_BITS.end());
                let params = brotli::enc::BrotliEncoderParams {
                    quality: BROTLI_QUALITY,
                    lgwin: window_bits.cast_signed(),
                    size_hint: bytes.len(),
                    ..Default::default()
                };
                let mut out = Vec::new();
                brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)?;
                Ok(out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn every_coding_decodes_to_what_went_in() {
        let bytes: Vec<u8> = (0..300_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut decoded = Vec::new();
        let gzip = Coding::Gzip.encode(&bytes).unwrap();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut decoded).unwrap();
        assert!(decoded == bytes && gzip.len() < bytes.len());

        decoded.clear();
        let brotli = Coding::Brotli.encode(&bytes).unwrap();
        brotli::BrotliDecompress(&mut &brotli[..], &mut decoded).unwrap();
        assert!(decoded == bytes && brotli.len() < bytes.len());
        assert!(Coding::Identity.encode(&bytes).unwrap() == bytes);
    }

    #[test]
    fn the_same_bytes_are_encoded_in_the_same_way() {
        for coding in Coding::ALL {
            assert_eq!(
                coding.encode(b"BEGIN:VCALENDAR").unwrap(),
                coding.encode(b"BEGIN:VCALENDAR").unwrap()
            );
        }
    }
}
