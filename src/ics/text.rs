//! Bytes that other programs folded without regard for characters.

use std::borrow::Cow;

/// `bytes` with each fold that stands within a UTF-8 character moved behind it, so that the whole can be read as text
/// with its lines where they were. RFC 5545 3.1 folds by octets, so such files are legal.
///
/// ```
/// let folded = b"SUMMARY:Caf\xc3\r\n \xa9\r\n";
/// assert_eq!(&*oncal::ics::mend_folds(folded), "SUMMARY:Caf\u{e9}\r\n \r\n".as_bytes());
/// ```
pub fn mend_folds(bytes: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(bytes).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let mut mended: Vec<u8> = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let torn = match line {
            [b' ' | b'\t', rest @ ..] => {
                rest.iter().take(3).take_while(|byte| is_continuation(**byte)).count()
            }
            _ => 0,
        };
        if torn == 0 {
            mended.extend_from_slice(line);
            continue;
        }
        let (moved, rest) = line.get(1..).unwrap_or_default().split_at(torn);
        let end = mended.len() - line_break(&mended);
        mended.splice(end..end, moved.iter().copied());
        mended.push(b' ');
        mended.extend_from_slice(rest);
    }
    Cow::Owned(mended)
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
    fn a_fold_within_a_character_moves_behind_it_and_lines_stay() {
        for (given, mended) in [
            (&b"A:\xe2\x82\n \xacx\nB:1\n"[..], "A:€\n x\nB:1\n"),
            (b"A:\xe2\r\n \x82\xac", "A:€\r\n "),
            (b"A:\xf0\x9f\n\t\x8e\x84!\n", "A:🎄\n !\n"),
            (b"A:x\n y\n", "A:x\n y\n"),
        ] {
            assert_eq!(std::str::from_utf8(&mend_folds(given)), Ok(mended));
        }
    }

    #[test]
    fn what_is_no_text_stays_none() {
        for given in [&b"A:\xff\n"[..], b" \x80", b"\n \xbf\xbf\xbf\xbf", b"A:caf\xe9\n x"] {
            assert!(std::str::from_utf8(&mend_folds(given)).is_err(), "{given:?}");
        }
    }
}
