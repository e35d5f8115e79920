//! Content lines (RFC 5545 3.1): unfolding, names, parameters and values, each with its place.

use std::borrow::Cow;

use crate::toml_reader;

/// One property as it stands in the file, unfolded.
#[derive(Debug, Clone)]
pub(super) struct Line<'t> {
    /// In upper case.
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    /// As written: escaped where the property is TEXT.
    pub(super) value: String,
    raw: &'t str,
    start: usize,
    /// Where the value begins in the unfolded line.
    value_at: usize,
}

/// A line that is no property.
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
        let first = folded_offset(self.raw, self.value_at + from);
        let last = folded_offset(self.raw, self.value_at + from + length);
        self.start + first..self.start + last
    }
}

/// The lines of a file, each with all its folds; empty ones are left out.
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
            let start = self.at;
            let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
            let mut length = 0;
            for line in rest.split_inclusive('\n') {
                if length > 0 && !line.starts_with([' ', '\t']) {
                    break;
                }
                length += line.len();
            }
            self.at += length;
            let raw = rest.get(..length).unwrap_or_default().trim_end_matches(['\r', '\n']);
            if !raw.trim().is_empty() {
                return Some((start, raw));
            }
        }
    }
}

/// A fold is a line break and one blank.
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
    let text = unfold(raw);
    let name_ends = text.find([';', ':']).ok_or_else(bad)?;
    let name = text.get(..name_ends).unwrap_or_default().trim().to_ascii_uppercase();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(bad());
    }
    let mut parameters = Vec::new();
    let mut at = name_ends;
    while text.as_bytes().get(at) == Some(&b';') {
        let rest = text.get(at + 1..).unwrap_or_default();
        let end = parameter_end(rest).ok_or_else(bad)?;
        let (name, value) = rest.get(..end).unwrap_or_default().split_once('=').unwrap_or_default();
        parameters.push((name.trim().to_ascii_uppercase(), value.replace('"', "")));
        at += 1 + end;
    }
    let value = text.get(at + 1..).unwrap_or_default().to_owned();
    Ok(Line { name, parameters, value, raw, start, value_at: at + 1 })
}

/// The first `;` or `:` that is not within quotes.
fn parameter_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        !quoted && (byte == b';' || byte == b':')
    })
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
    fn folds_go_whatever_their_line_breaks_and_blanks() {
        for text in
            ["A:one two", "A:on\r\n e two", "A:on\n e two\n", "A:one\r\n\t two\r\n", "A\n :one\n  two"]
        {
            assert_eq!((one(text).name.as_str(), one(text).value.as_str()), ("A", "one two"), "{text:?}");
        }
    }

    #[test]
    fn parameters_may_be_quoted_and_hold_what_ends_others() {
        let line = one("dtstart;TZID=\"A:B;C\";value=date-time:20260101T000000");
        assert_eq!(line.name, "DTSTART");
        assert_eq!((line.parameter("TZID"), line.parameter("VALUE")), (Some("A:B;C"), Some("date-time")));
        assert_eq!(line.value, "20260101T000000");
    }

    #[test]
    fn what_is_no_property_is_told_with_its_place() {
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
}
