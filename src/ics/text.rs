//! From the bytes of a file to text that can be read line by line.

use std::borrow::Cow;
use std::string::FromUtf8Error;

use super::line::BYTE_ORDER_MARK;

/// The text of an iCalendar file: without a byte order mark, with each fold inside a UTF-8 character moved behind that
/// character (RFC 5545 3.1 folds by octets, so such files are legal), and with lines that end in a bare CR ended by LF.
///
/// # Errors
///
/// Where the repaired bytes, which the error has, are not UTF-8.
///
/// ```
/// let folded = b"SUMMARY:Caf\xc3\r\n \xa9\r\n";
/// assert_eq!(&*oncal::ics::decode(folded).unwrap(), "SUMMARY:Caf\u{e9}\r\n \r\n");
/// ```
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, FromUtf8Error> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(String::from_utf8(repair_folds(bytes))?),
    };
    let has_bare_cr = text.contains('\r') && !text.contains('\n');
    Ok(if has_bare_cr { Cow::Owned(text.replace('\r', "\n")) } else { text })
}

fn repair_folds(bytes: &[u8]) -> Vec<u8> {
    let mut repaired: Vec<u8> = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let torn = match line {
            [b' ' | b'\t', rest @ ..] => {
                rest.iter().take(3).take_while(|byte| is_continuation(**byte)).count()
            }
            _ => 0,
        };
        if torn == 0 {
            repaired.extend_from_slice(line);
            continue;
        }
        let (moved, rest) = line.get(1..).unwrap_or_default().split_at(torn);
        let end = repaired.len() - line_break(&repaired);
        repaired.splice(end..end, moved.iter().copied());
        repaired.push(b' ');
        repaired.extend_from_slice(rest);
    }
    repaired
}

/// Bytes of UTF-8 after a character's first.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// The length of the line break at the end.
fn line_break(text: &[u8]) -> usize {
    if text.ends_with(b"\r\n") { 2 } else { usize::from(text.ends_with(b"\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_inside_a_character_moves_behind_it_and_lines_stay() {
        for (given, repaired) in [
            (&b"A:\xe2\x82\n \xacx\nB:1\n"[..], "A:€\n x\nB:1\n"),
            (b"A:\xe2\r\n \x82\xac", "A:€\r\n "),
            (b"A:\xf0\x9f\n\t\x8e\x84!\n", "A:🎄\n !\n"),
            (b"A:x\n y\n", "A:x\n y\n"),
        ] {
            assert_eq!(&*decode(given).unwrap(), repaired);
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_an_error() {
        for given in [&b"A:\xff\n"[..], b" \x80", b"\n \xbf\xbf\xbf\xbf", b"A:caf\xe9\n x"] {
            assert!(decode(given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_and_bare_carriage_returns_are_no_obstacle() {
        assert_eq!(&*decode(b"\xef\xbb\xbfA:1\rB:2\r").unwrap(), "A:1\nB:2\n");
        assert_eq!(&*decode(b"A:1\r\nB:2\rC\r\n").unwrap(), "A:1\r\nB:2\rC\r\n");
    }
}
