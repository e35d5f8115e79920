//! What is kept of a fetched calendar: only what the reader of calendars uses. Descriptions, places, alarms, attachments
//! and other people are dropped before anything is stored.

use super::purpose::Purpose;
use crate::ics::EVENT_PROPERTIES;

const OF_CALENDARS: [&str; 5] = ["CALSCALE", "METHOD", "PRODID", "VERSION", "X-WR-TIMEZONE"];

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Calendar,
    Event,
    TimeZone,
    Dropped,
}

/// `text` without whatever is not used for `purpose`. Lines that are kept are kept as they are, but for the own answer to
/// an invitation.
pub fn reduced(text: &str, purpose: &Purpose) -> String {
    let mut kept = String::with_capacity(text.len() / 2);
    let mut open: Vec<Place> = Vec::new();
    for line in properties(text) {
        let place = open.last().copied();
        let name = name(line);
        let line_is_kept = match &*name {
            "BEGIN" => {
                let next = begun(place, line);
                open.push(next);
                next != Place::Dropped
            }
            "END" => open.pop() != Some(Place::Dropped),
            "ATTENDEE" if place == Some(Place::Event) => {
                kept.extend(own_answer(line, purpose));
                false
            }
            name => match place {
                Some(Place::Calendar) => {
                    OF_CALENDARS.contains(&name)
                        || purpose.is_holidays() && ["NAME", "X-WR-CALNAME"].contains(&name)
                }
                Some(Place::Event) => {
                    EVENT_PROPERTIES.contains(&name) && (name != "DESCRIPTION" || purpose.is_holidays())
                }
                Some(Place::TimeZone) => true,
                Some(Place::Dropped) | None => false,
            },
        };
        if line_is_kept {
            kept.push_str(line.trim_end_matches(['\r', '\n']));
            kept.push_str("\r\n");
        }
    }
    kept
}

fn begun(place: Option<Place>, line: &str) -> Place {
    let component = line.split_once(':').map_or("", |(_, name)| name).trim().to_ascii_uppercase();
    match (place, &*component) {
        (None, "VCALENDAR") => Place::Calendar,
        (Some(Place::Calendar), "VEVENT" | "VFREEBUSY") => Place::Event,
        (Some(Place::Calendar), "VTIMEZONE") | (Some(Place::TimeZone), "STANDARD" | "DAYLIGHT") => {
            Place::TimeZone
        }
        _ => Place::Dropped,
    }
}

/// The properties of `text`, each with its folds, as the reader of calendars takes them: lines that begin with white space,
/// and of quoted-printable values (vCalendar 1.0) those after a `=`.
fn properties(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(['\r', '\n']);
        if rest.is_empty() {
            return None;
        }
        let (property, after) = rest.split_at(property_length(rest));
        rest = after;
        Some(property)
    })
}

/// How many bytes at the beginning of `text` are one property.
fn property_length(text: &str) -> usize {
    let mut length = line_length(text);
    let mut ahead = length;
    let first = &text[..length];
    // By the head alone, and once: a value may have millions of lines.
    let head = first.split(':').next().unwrap_or_default();
    let mut is_soft = head.contains(';')
        && head.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
        && first.trim_end_matches(['\r', '\n']).ends_with('=');
    while ahead < text.len() {
        let line = &text[ahead..ahead + line_length(&text[ahead..])];
        let content = line.trim_end_matches(['\r', '\n']);
        ahead += line.len();
        if !is_soft {
            if content.is_empty() {
                // Inside a fold it is skipped; before another property it ends this one.
                continue;
            }
            if !line.starts_with([' ', '\t']) {
                break;
            }
        }
        is_soft = is_soft && content.ends_with('=');
        length = ahead;
    }
    length
}

/// The length of the first line with its end: CRLF, LF or a bare CR.
fn line_length(text: &str) -> usize {
    match text.find(['\r', '\n']) {
        Some(at) if text[at..].starts_with("\r\n") => at + 2,
        Some(at) => at + 1,
        None => text.len(),
    }
}

fn name(line: &str) -> String {
    let line = unfolded(line);
    let name = line.split([':', ';']).next().unwrap_or_default();
    name.trim_start_matches('\u{feff}').trim().to_ascii_uppercase()
}

/// A fold is a line break and one blank.
fn unfolded(line: &str) -> String {
    let mut lines = line.split(['\r', '\n']).filter(|line| !line.is_empty());
    let mut text = lines.next().unwrap_or_default().to_owned();
    lines.for_each(|line| text.push_str(line.get(1..).unwrap_or_default()));
    text
}

/// The answer of one of those whose answers are kept, without a name or anything else that the line says. The person is
/// in the value, or in the `EMAIL` that Apple adds.
fn own_answer(line: &str, purpose: &Purpose) -> Option<String> {
    if !purpose.has_answers() {
        return None;
    }
    let line = unfolded(line);
    let (parameters, value) = parts(&line)?;
    let parameter = |name: &str| {
        let mut parameters = parameters.iter().filter_map(|parameter| parameter.split_once('='));
        let found = parameters.find(|(known, _)| known.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.replace('"', ""))
    };
    let address = value.trim().split_at_checked("mailto:".len());
    let address = address.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto:")).map(|(_, rest)| rest);
    let apple = parameter("EMAIL");
    let mut known =
        [address, apple.as_deref()].into_iter().flatten().map(|known| known.trim().to_lowercase());
    let own = known.find(|known| purpose.has_answers_of(known))?;
    let is_word = |answer: &String| answer.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    let answer = parameter("PARTSTAT").filter(is_word);
    let answer = answer.map(|answer| format!(";PARTSTAT={}", answer.to_ascii_uppercase()));
    Some(format!("ATTENDEE{}:mailto:{own}\r\n", answer.unwrap_or_default()))
}

/// The parameters and the value of an unfolded line. `;` and `:` within quotes are part of a parameter.
fn parts(line: &str) -> Option<(Vec<&str>, &str)> {
    let (mut parameters, mut start, mut is_quoted) = (Vec::new(), None, false);
    for (at, byte) in line.bytes().enumerate() {
        is_quoted ^= byte == b'"';
        if is_quoted || ![b';', b':'].contains(&byte) {
            continue;
        }
        parameters.extend(start.and_then(|start| line.get(start..at)));
        start = Some(at + 1);
        if byte == b':' {
            return Some((parameters, line.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nX-WR-CALNAME:ann@example.org\r\n\
        BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nEND:STANDARD\r\n\
        END:VTIMEZONE\r\nBEGIN:VTODO\r\nSUMMARY:secret\r\nEND:VTODO\r\nBEGIN:VEVENT\r\nUID:1\r\n\
        DTSTART;VALUE=DATE:20260\r\n 105\r\nSUMMARY:Leave\r\nDESCRIPTION:secret\r\n  secret\r\nLOCATION:secret\r\n\
        ORGANIZER;CN=secret:mailto:secret@example.org\r\nATTENDEE;CN=Secret;PARTSTAT=ACCEPTED:mailto:secret@example.org\r\n\
        ATTENDEE;CN=\"Ann: secret\";ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;X-SECRET=1:\r\n mailto:Ann@Example.org\r\n\
        ATTACH:https://example.org/secret\r\nX-SECRET:secret\r\nBEGIN:VALARM\r\nDESCRIPTION:secret\r\nEND:VALARM\r\n\
        TRANSP:OPAQUE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn only_what_is_in_use_is_kept() {
        let purpose = Purpose::time_off(["ann@example.org"]);
        let kept = reduced(TEXT, &purpose);
        let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n\
            BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nEND:STANDARD\r\n\
            END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260\r\n 105\r\nSUMMARY:Leave\r\n\
            ATTENDEE;PARTSTAT=DECLINED:mailto:ann@example.org\r\nTRANSP:OPAQUE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(kept, expected);
        assert_eq!(reduced(&kept, &purpose), kept);
        assert!(!reduced(TEXT, &Purpose::default()).contains("ATTENDEE"));
    }

    #[test]
    fn of_holidays_names_and_descriptions_are_kept() {
        let kept = reduced(TEXT, &Purpose::holidays());
        assert!(
            kept.contains("X-WR-CALNAME:ann") && kept.contains("DESCRIPTION:secret\r\n  secret"),
            "{kept}"
        );
        assert!(
            !kept.contains("LOCATION") && !kept.contains("ATTENDEE") && !kept.contains("VALARM"),
            "{kept}"
        );
    }

    #[test]
    fn the_own_answer_is_found_as_the_reader_finds_it() {
        let purpose = Purpose::time_off(["ann@example.org"]);
        let kept = |line: &str| {
            let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{line}\nEND:VEVENT\nEND:VCALENDAR");
            let kept = reduced(&text, &purpose);
            assert_eq!(reduced(&kept, &purpose), kept);
            kept.lines().find_map(|line| line.strip_prefix("ATTENDEE")).unwrap_or_default().to_owned()
        };
        let declined = ";PARTSTAT=DECLINED:mailto:ann@example.org";
        for (line, expected) in [
            ("ATTENDEE;EMAIL=Ann@example.org;PARTSTAT=DECLINED:/principals/1/", declined),
            ("ATTENDEE;CN=\"x;EMAIL=b\";EMAIL=\"ann@example.org\";PARTSTAT=declined:urn:uuid:1", declined),
            ("ATTENDEE;PARTSTAT=DECLINED:MAILTO:Ann@example.org", declined),
            ("ATTENDEE;PARTSTAT=DECLINED\n\n :mailto:ann@example.org", declined),
            ("ATTENDEE:mailto:ann@example.org", ":mailto:ann@example.org"),
            ("ATTENDEE;EMAIL=bob@example.org;PARTSTAT=DECLINED:mailto:bob@example.org", ""),
        ] {
            assert_eq!(kept(line), expected, "{line}");
        }
    }

    #[test]
    fn millions_of_soft_breaks_take_linear_time() {
        let many = "=\n".repeat(2_500_000);
        assert_eq!(reduced(&many, &Purpose::default()), "");
        let value =
            format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nX;ENCODING=QUOTED-PRINTABLE:{many}\nEND:VEVENT\n");
        assert!(reduced(&value, &Purpose::default()).ends_with("END:VEVENT\r\n"));
    }

    #[test]
    fn odd_lines_and_line_ends_are_harmless() {
        let text = "begin:vcalendar\nVERSION:1.0\rBEGIN:VEVENT\nSUMMARY;ENCODING=QUOTED-PRINTABLE:Urlaub=\nSommer\n\
            nonsense\nDESCRIPTION:x\nEND:VEVENT\nEND:VCALENDAR";
        let expected = "begin:vcalendar\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\n\
            SUMMARY;ENCODING=QUOTED-PRINTABLE:Urlaub=\nSommer\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(reduced(text, &Purpose::default()), expected);
        for text in ["", "END:VEVENT", "BEGIN:VEVENT\r\nSUMMARY:x", "\u{feff}", "é;:\n é"] {
            reduced(text, &Purpose::default());
        }
    }
}
