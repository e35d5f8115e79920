//! Content lines (RFC 5545 3.1): unfolding, names, parameters and values, each with its place.
//!
//! Also the quoted-printable values of vCalendar 1.0, which some programs still write.

use std::borrow::Cow;

use crate::toml_reader;

pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The properties whose values are dates or times, in which no colon occurs.
const OF_DATES: [&str; 5] = ["DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"];

/// One property as it stands in the file, unfolded.
#[derive(Debug, Clone)]
pub(super) struct Line<'t> {
    /// In upper case.
    pub(super) name: Cow<'t, str>,
    parameters: Vec<(String, String)>,
    /// As written: escaped where the property is TEXT. Quoted-printable is already decoded.
    pub(super) value: Cow<'t, str>,
    pub(super) raw: &'t str,
    start: usize,
    /// Where the value begins in the unfolded line; `None` where the value was decoded.
    value_at: Option<usize>,
}

/// The place of a line that is no property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadLine(pub(super) toml_reader::Span);

impl Line<'_> {
    /// The value of a parameter, without its quotes.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Where the whole property stands.
    pub(super) fn span(&self) -> toml_reader::Span {
        self.start..self.start + self.raw.len()
    }

    /// Where the value stands.
    pub(super) fn value_span(&self) -> toml_reader::Span {
        self.within(0, self.value.len())
    }

    /// Where `length` bytes of the value stand, from `from` on.
    pub(super) fn within(&self, from: usize, length: usize) -> toml_reader::Span {
        let Some(value_at) = self.value_at else { return self.span() };
        let first = folded_offset(self.raw, value_at + from);
        let last = folded_offset(self.raw, value_at + from + length);
        self.start + first..self.start + last
    }
}

/// The lines of a file, each with all its folds; blank ones are left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Result<Line<'_>, BadLine>> {
    Raw { text, at: 0 }.map(|(start, raw)| parse(raw, start))
}

struct Raw<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Raw<'t> {
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<(usize, &'t str)> {
        loop {
            let rest = self.text.get(self.at..)?;
            let blank = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
            let start = self.at + blank;
            let rest = rest.get(blank..).filter(|rest| !rest.is_empty())?;
            let length = property_length(rest);
            self.at = start + length;
            let raw = rest.get(..length).unwrap_or_default().trim_end_matches(['\r', '\n']);
            if !raw.trim().is_empty() {
                return Some((start, raw));
            }
        }
    }
}

/// How many bytes at the beginning of `text` are one property: its first line and all that continue it.
fn property_length(text: &str) -> usize {
    let (mut length, mut ahead) = (0, 0);
    let mut soft_break = false;
    for line in text.split_inclusive('\n') {
        ahead += line.len();
        let content = line.trim_end_matches(['\r', '\n']);
        if length == 0 {
            soft_break = is_quoted_printable(content);
        } else if !soft_break {
            if content.is_empty() {
                // A blank line inside a fold is skipped; before another property it ends this one.
                continue;
            }
            if !line.starts_with([' ', '\t']) {
                break;
            }
        }
        soft_break = soft_break && content.ends_with('=');
        length = ahead;
    }
    length
}

/// Whether the head of a property, before its value, says that the value is quoted-printable.
fn is_quoted_printable(line: &str) -> bool {
    let head = line.split(':').next().unwrap_or_default();
    head.contains(';') && head.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
}

/// A fold is a line break and one blank; blank lines inside it do not count.
fn unfold(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\n') {
        return Cow::Borrowed(raw);
    }
    let mut lines = raw.split('\n').map(|line| line.trim_end_matches('\r'));
    let mut text = lines.next().unwrap_or_default().to_owned();
    lines.for_each(|line| text.push_str(line.get(1..).unwrap_or_default()));
    Cow::Owned(text)
}

/// Where the byte at `offset` of the unfolded line stands in the folded one.
fn folded_offset(raw: &str, offset: usize) -> usize {
    let (mut before, mut start) = (0, 0);
    for (number, line) in raw.split_inclusive('\n').enumerate() {
        let blank = usize::from(number > 0);
        let kept = line.trim_end_matches(['\r', '\n']).len().saturating_sub(blank);
        if offset < before + kept || start + line.len() == raw.len() {
            return (start + blank + offset - before).min(raw.len());
        }
        before += kept;
        start += line.len();
    }
    raw.len()
}

fn parse(raw: &str, start: usize) -> Result<Line<'_>, BadLine> {
    let bad = || BadLine(start..start + raw.len());
    let quoted_printable = is_quoted_printable(raw);
    let text = if quoted_printable { Cow::Borrowed(raw) } else { unfold(raw) };
    let name_ends = text.find([';', ':']).ok_or_else(bad)?;
    let name = text.get(..name_ends).unwrap_or_default().trim_start_matches(BYTE_ORDER_MARK).trim();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(bad());
    }
    let mut parameters = Vec::new();
    let mut at = name_ends;
    while text.as_bytes().get(at) == Some(&b';') {
        let rest = text.get(at + 1..).unwrap_or_default();
        let end = bare_zone_end(name, rest).or_else(|| parameter_end(rest)).ok_or_else(bad)?;
        let (name, value) = rest.get(..end).unwrap_or_default().split_once('=').unwrap_or_default();
        parameters.push((name.trim().to_ascii_uppercase(), value.replace('"', "")));
        at += 1 + end;
    }
    let name = Cow::Owned(name.to_ascii_uppercase());
    let value_at = at + 1;
    if quoted_printable {
        let charset = parameters.iter().find(|(name, _)| name == "CHARSET").map(|(_, value)| value.as_str());
        let value = decoded(text.get(value_at..).unwrap_or_default(), charset.unwrap_or_default());
        let (value, value_at) = (Cow::Owned(value), None);
        return Ok(Line { name, parameters, value, raw, start, value_at });
    }
    let value = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(value_at..).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(value_at..).unwrap_or_default().to_owned()),
    };
    Ok(Line { name, parameters, value, raw, start, value_at: Some(value_at) })
}

/// A quoted-printable value over all its lines: `=` at an end of line joins it to the next.
fn decoded(value: &str, charset: &str) -> String {
    let mut joined = String::with_capacity(value.len());
    for line in value.split('\n').map(|line| line.trim_end_matches('\r')) {
        let is_soft = joined.ends_with('=');
        if is_soft {
            joined.pop();
        }
        let folded = !joined.is_empty() && !is_soft;
        joined.push_str(if folded { line.trim_start_matches([' ', '\t']) } else { line });
    }
    let bytes = quoted_printable::decode(&joined, quoted_printable::ParseMode::Robust);
    let bytes = bytes.unwrap_or_else(|_| joined.into_bytes());
    let one_byte = ["ISO-8859-1", "LATIN1", "WINDOWS-1252", "US-ASCII"];
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if one_byte.iter().any(|known| known.eq_ignore_ascii_case(charset)) => {
            error.into_bytes().into_iter().map(char::from).collect()
        }
        Err(error) => String::from_utf8_lossy(&error.into_bytes()).into_owned(),
    }
}

/// The first `;` or `:` that is not within quotes.
fn parameter_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        !quoted && (byte == b';' || byte == b':')
    })
}

/// Where a `TZID` of a date ends that has a colon but no quotes, as Google writes `TZID=GMT+05:30`: at the last colon
/// of the property.
fn bare_zone_end(property: &str, rest: &str) -> Option<usize> {
    let (head, zone) = rest.split_at_checked("TZID=".len())?;
    let is_bare = head.eq_ignore_ascii_case("TZID=") && !zone.starts_with('"');
    if !is_bare || !OF_DATES.iter().any(|known| known.eq_ignore_ascii_case(property)) {
        return None;
    }
    let last = rest.rfind(':')?;
    Some(rest.find(';').filter(|end| *end < last).unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Line<'_> {
        let mut all = lines(text);
        let line = all.next().unwrap().unwrap();
        assert!(all.next().is_none());
        line
    }

    #[test]
    fn lines_are_unfolded_whatever_their_line_breaks_and_blanks() {
        for text in [
            "A:one two",
            "A:on\r\n e two",
            "A:on\n e two\n",
            "A:one\r\n\t two\r\n",
            "A\n :one\n  two",
            "\n\nA:on\n\n e two\n\n",
            "\u{feff}A:one two",
        ] {
            assert_eq!((&*one(text).name, &*one(text).value), ("A", "one two"), "{text:?}");
        }
    }

    #[test]
    fn a_blank_line_ends_a_property_unless_a_fold_follows() {
        let text = "A:1\n\n\nB:2\n \n\nC:3";
        let found: Vec<_> = lines(text).map(|line| line.unwrap()).map(|l| l.value.into_owned()).collect();
        assert_eq!(found, ["1", "2", "3"]);
    }

    #[test]
    fn parameters_may_be_quoted_and_hold_what_ends_others() {
        let line = one("dtstart;TZID=\"A:B;C\";value=date-time:20260101T000000");
        assert_eq!(line.name, "DTSTART");
        assert_eq!((line.parameter("TZID"), line.parameter("VALUE")), (Some("A:B;C"), Some("date-time")));
        assert_eq!(line.value, "20260101T000000");
    }

    #[test]
    fn a_zone_without_quotes_may_have_colons_in_dates_alone() {
        for (text, zone) in [
            ("DTSTART;TZID=GMT+05:30:20260101", "GMT+05:30"),
            ("rdate;value=DATE;tzid=tzone://Microsoft/Custom:20260101", "tzone://Microsoft/Custom"),
            ("DTEND;TZID=GMT-03:00;VALUE=DATE:20260101", "GMT-03:00"),
            ("EXDATE;TZID=Europe/Lon\n don:20260101", "Europe/London"),
            ("X;TZID=A:20260101", "A"),
            ("DTSTART;TZID=A;X=\"b:c\":20260101", "A"),
        ] {
            let line = one(text);
            assert_eq!((line.parameter("TZID"), &*line.value), (Some(zone), "20260101"), "{text}");
            assert_eq!(&text[line.value_span()], "20260101");
        }
        assert_eq!(one("X;TZID=A:B:1").value, "B:1");
    }

    #[test]
    fn lines_that_are_not_properties_are_found_with_their_positions() {
        let text = "A:1\n<html>\n\n;x\nB;C=\"D:1\n";
        let bad: Vec<_> = lines(text).filter_map(Result::err).map(|bad| &text[bad.0]).collect();
        assert_eq!(bad, ["<html>", ";x", "B;C=\"D:1"]);
    }

    #[test]
    fn a_place_within_a_value_is_found_across_folds() {
        let text = "X:1\r\nRRULE:FREQ=\r\n DAILY;COU\r\n NT=0\r\n";
        let line = lines(text).nth(1).unwrap().unwrap();
        assert_eq!(line.value, "FREQ=DAILY;COUNT=0");
        assert_eq!(&text[line.within(5, 5)], "DAILY");
        assert_eq!(&text[line.within(11, 7)], "COU\r\n NT=0");
        assert_eq!(&text[line.value_span()], "FREQ=\r\n DAILY;COU\r\n NT=0");
        assert!(text[line.span()].starts_with("RRULE:"));
    }

    #[test]
    fn quoted_printable_is_decoded_across_its_soft_breaks() {
        for (text, expected) in [
            ("SUMMARY;ENCODING=QUOTED-PRINTABLE:F=C3=BCr =\r\n uns=\r\n!\r\nX:1", "Für  uns!"),
            ("SUMMARY;QUOTED-PRINTABLE:a=\nb\nX:1", "ab"),
            ("SUMMARY;CHARSET=ISO-8859-1;ENCODING=quoted-printable:Caf=E9\nX:1", "Café"),
            ("SUMMARY;ENCODING=QUOTED-PRINTABLE:a=ZZb=\nX:1", "a=ZZbX:1"),
        ] {
            assert_eq!(lines(text).next().unwrap().unwrap().value, expected, "{text:?}");
        }
        assert_eq!(
            lines("A;ENCODING=QUOTED-PRINTABLE:b=\n\nX:1").count(),
            2,
            "a soft break at an empty line"
        );
        assert_eq!(one("X:quoted-printable=").value, "quoted-printable=");
    }
}
