//! One property as a content line: escaped, folded, ended (RFC 5545 3.1, 3.3.11).
//!
//! Crate icalendar models the property and knows the type of its value. Its writer is not used: it folds to 76 octets,
//! leaves RFC 7986 names unescaped, lets control characters pass, and adds its own DTSTAMP and UID.

use icalendar::{Property, ValueType};

/// The maximum octets of a line, without its line end.
const MAX_OCTETS: usize = 75;

/// Appends `property` to `out` as a content line.
pub(super) fn write(out: &mut Vec<u8>, property: &Property) {
    let mut line = String::with_capacity(property.key().len() + property.value().len() + 16);
    line.push_str(property.key());
    for (name, parameter) in property.params() {
        line.push(';');
        line.push_str(name);
        line.push('=');
        line.push_str(parameter.value());
    }
    line.push(':');
    let is_text = property.value_type().is_none_or(|value| value == ValueType::Text);
    // The commas of CATEGORIES separate its values (RFC 5545 3.8.1.2), which are all fixed words.
    if is_text && property.key() != "CATEGORIES" {
        escape(&mut line, property.value());
    } else {
        line.push_str(property.value());
    }
    fold(out, &line);
}

/// RFC 5545 3.3.11. Line breaks are the only control characters that TEXT can express, so others are removed.
fn escape(line: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => line.extend(['\\', character]),
            '\n' => line.push_str("\\n"),
            other if other.is_control() => {}
            other => line.push(other),
        }
    }
}

/// RFC 5545 3.1, never within a character.
fn fold(out: &mut Vec<u8>, line: &str) {
    let mut rest = line;
    let mut room = MAX_OCTETS;
    while rest.len() > room {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(room));
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(b"\r\n ");
        rest = tail;
        room = MAX_OCTETS - 1;
    }
    out.extend_from_slice(rest.as_bytes());
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(property: &Property) -> String {
        let mut out = Vec::new();
        write(&mut out, property);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_escaped_once_also_in_names_that_icalendar_does_not_know() {
        for name in ["SUMMARY", "NAME", "X-WR-CALNAME"] {
            let line = written(&Property::new(name, "a\\b; c, d: \"e\"\nBEGIN:VEVENT\r\u{7}"));
            assert_eq!(line, format!("{name}:a\\\\b\\; c\\, d: \"e\"\\nBEGIN:VEVENT\r\n"));
        }
    }

    #[test]
    fn what_is_not_text_stays_as_it_is() {
        assert_eq!(written(&Property::new("URL", "https://h/a,b;c")), "URL:https://h/a,b;c\r\n");
        assert_eq!(
            written(&Property::new("CATEGORIES", "On-call,Primary")),
            "CATEGORIES:On-call,Primary\r\n"
        );
        let interval = Property::new("REFRESH-INTERVAL", "PT1H").append_parameter(ValueType::Duration).done();
        assert_eq!(written(&interval), "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n");
    }

    #[test]
    fn a_line_of_75_octets_is_whole_and_one_of_76_is_folded() {
        for (length, folded) in [(75, false), (76, true), (149, true), (150, true)] {
            let line = written(&Property::new("SUMMARY", "x".repeat(length - "SUMMARY:".len())));
            assert_eq!(line.contains("\r\n "), folded, "{length}");
            assert!(line.lines().all(|line| line.len() <= 75), "{line}");
        }
        let full = written(&Property::new("SUMMARY", "x".repeat(75 + 74 - "SUMMARY:".len())));
        assert_eq!(full.lines().map(str::len).collect::<Vec<_>>(), [75, 75]);
    }

    proptest! {
        #[test]
        fn folding_loses_nothing_and_parts_no_character(text in "(\\PC|🏴‍☠️|é){0,300}") {
            let mut out = Vec::new();
            fold(&mut out, &text);
            for line in out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                prop_assert!(std::str::from_utf8(line).is_ok());
                prop_assert!(line.len() <= 76, "75 octets and CR");
            }
            let folded = String::from_utf8(out).unwrap();
            prop_assert_eq!(folded.strip_suffix("\r\n").unwrap().replace("\r\n ", ""), text);
        }
    }
}
