//! Whether a response is a complete calendar in UTF-8. Its content is read later.

use super::error::FetchError;

const BEGIN: &str = "BEGIN:VCALENDAR";
const END: &str = "END:VCALENDAR";

/// The calendar in `bytes`, without a byte order mark.
pub(super) fn calendar_text(bytes: Vec<u8>) -> Result<String, FetchError> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).trim_ascii_start();
    if start.starts_with(b"<") {
        return Err(FetchError::WebPage);
    }
    if !start.get(..BEGIN.len()).is_some_and(|start| start.eq_ignore_ascii_case(BEGIN.as_bytes())) {
        return Err(FetchError::NotACalendar);
    }
    let text = String::from_utf8(bytes).map_err(|_| FetchError::NotUtf8)?;
    let mut is_open = false;
    for line in text.split(['\r', '\n']).map(str::trim_end) {
        if line.eq_ignore_ascii_case(BEGIN) {
            is_open = true;
        } else if line.eq_ignore_ascii_case(END) {
            is_open = false;
        }
    }
    if is_open || !text.to_ascii_uppercase().contains(END) {
        return Err(FetchError::Incomplete);
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_calendar_is_accepted() {
        let whole = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";
        for (given, expected) in [
            (whole, Ok(whole)),
            ("\u{feff}begin:vcalendar\nend:vcalendar", Ok("begin:vcalendar\nend:vcalendar")),
            ("", Err(FetchError::NotACalendar)),
            ("[]", Err(FetchError::NotACalendar)),
            ("\n <!DOCTYPE html><p>BEGIN:VCALENDAR END:VCALENDAR", Err(FetchError::WebPage)),
            ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMM", Err(FetchError::Incomplete)),
            ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\n", Err(FetchError::Incomplete)),
        ] {
            let found = calendar_text(given.as_bytes().to_vec());
            assert_eq!(found.as_deref(), expected.as_ref().map(|text| &**text), "{given}");
        }
        let latin = b"BEGIN:VCALENDAR\r\nX:\xe9\r\nEND:VCALENDAR\r\n".to_vec();
        assert_eq!(calendar_text(latin), Err(FetchError::NotUtf8));
    }
}
