//! Which content coding a client gets (RFC 9110 12.5.3).

use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap};

use super::coding::Coding;

/// A quality in thousandths.
type Quality = u16;

const FULL: Quality = 1000;

/// The coding of greatest quality; of two with equal quality, the one that compresses better. Identity without the
/// header, since the client may not be able to decode anything else, and if no offered coding is acceptable, since that
/// is better than no rota.
pub(in crate::web) fn negotiate(headers: &HeaderMap) -> Coding {
    let (mut brotli, mut gzip, mut identity, mut any) = (None, None, None, None);
    for value in headers.get_all(ACCEPT_ENCODING) {
        for (name, quality) in value.as_bytes().split(|byte| *byte == b',').filter_map(member) {
            let place = match name {
                _ if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") => &mut gzip,
                _ if name.eq_ignore_ascii_case(b"br") => &mut brotli,
                _ if name.eq_ignore_ascii_case(b"identity") => &mut identity,
                b"*" => &mut any,
                _ => continue,
            };
            *place = Some(quality);
        }
    }
    // Identity need not be listed; then anything that is listed is preferred to it.
    let identity = identity.or(any).unwrap_or(0);
    let (brotli, gzip) = (brotli.or(any).unwrap_or(0), gzip.or(any).unwrap_or(0));
    match () {
        () if brotli > 0 && brotli >= gzip && brotli >= identity => Coding::Brotli,
        () if gzip > 0 && gzip >= identity => Coding::Gzip,
        () => Coding::Identity,
    }
}

/// One listed coding and its quality; `None` for what is not a list member.
fn member(text: &[u8]) -> Option<(&[u8], Quality)> {
    let mut parts = text.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().filter(|name| !name.is_empty())?;
    match parts.next() {
        None => Some((name, FULL)),
        Some([b'q' | b'Q', b'=', quality @ ..]) => Some((name, thousandths(quality)?)),
        Some(_) => None,
    }
}

/// `0`, `0.5`, `1.000` (RFC 9110 12.4.2).
fn thousandths(text: &[u8]) -> Option<Quality> {
    let (whole, fraction) = match text {
        [whole] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let start = match whole {
        b'0' => 0,
        b'1' => FULL,
        _ => return None,
    };
    let mut unit = 100;
    let mut sum = start;
    for digit in fraction {
        sum += digit.is_ascii_digit().then_some(Quality::from(digit.wrapping_sub(b'0')))? * unit;
        unit /= 10;
    }
    (sum <= FULL).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn negotiated(lines: &[&str]) -> Coding {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_str(line).unwrap());
        }
        negotiate(&headers)
    }

    #[test]
    fn the_best_coding_that_a_client_accepts_is_sent() {
        use Coding::{Brotli, Gzip, Identity};
        for (accepted, coding) in [
            ("", Identity),
            ("identity", Identity),
            ("gzip", Gzip),
            ("GZIP", Gzip),
            ("x-gzip", Gzip),
            ("br", Brotli),
            ("gzip, deflate", Gzip),
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip,deflate,br", Brotli),
            ("deflate, zstd", Identity),
            ("*", Brotli),
            ("*;q=0", Identity),
            ("br;q=0, *", Gzip),
            ("gzip;q=0", Identity),
            ("gzip;q=0.000", Identity),
            ("gzip; q=0.001", Gzip),
            ("gzip;q=1.0, br;q=0.9", Gzip),
            ("gzip;q=0.5, br;q=0.5", Brotli),
            ("gzip;q=0.5, identity", Identity),
            ("gzip;q=0.5, identity;q=0.5", Gzip),
            ("gzip;q=0.5, *;q=0.9", Brotli),
            ("gzip, *;q=0", Gzip),
            ("identity;q=0, gzip;q=0", Identity),
            ("gzip;q=2", Identity),
            ("gzip;q=1.001", Identity),
            ("gzip;q=0.1234", Identity),
            ("gzip;q=-1", Identity),
            ("gzip;q=0.:", Identity),
            ("gzip;q=", Identity),
            ("gzip;level=9", Identity),
            (" , ,gzip ,", Gzip),
            ("gzipped, brotli", Identity),
        ] {
            assert_eq!(negotiated(&[accepted]), coding, "{accepted:?}");
        }
    }

    #[test]
    fn several_lines_are_one_list_and_none_means_identity() {
        assert_eq!(negotiated(&["deflate", "br;q=0.1", "gzip"]), Coding::Gzip);
        assert_eq!(negotiated(&[]), Coding::Identity);
    }
}
