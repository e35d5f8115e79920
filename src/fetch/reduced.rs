//! What is kept of a fetched calendar: only what the reader of calendars uses. Descriptions, places, alarms,
//! attachments and other people are dropped before anything is stored.

use std::collections::BTreeMap;
use std::ops::Range;

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

/// The version of an event that was kept.
#[derive(Debug, Default)]
struct Version {
    uid: Option<String>,
    /// The whole `RECURRENCE-ID`, unfolded.
    instance: Option<String>,
    stamp: Option<String>,
    /// Where the `DTSTAMP`s stand.
    stamped_at: Vec<Range<usize>>,
}

/// `text` without whatever is not used for `purpose`. Lines that are kept are kept as they are, but for the own answer
/// to an invitation.
pub fn reduced(text: &str, purpose: &Purpose) -> String {
    let mut kept = String::with_capacity(text.len() / 2);
    let mut open: Vec<Place> = Vec::new();
    let mut versions: Vec<Version> = Vec::new();
    for line in properties(text) {
        let place = open.last().copied();
        let name = name(line);
        let line_is_kept = match &*name {
            "BEGIN" => {
                let next = begun(place, line);
                open.push(next);
                versions.extend((next == Place::Event).then(Version::default));
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
            let start = kept.len();
            kept.push_str(line.trim_end_matches(['\r', '\n']));
            kept.push_str("\r\n");
            if let Some(version) = versions.last_mut().filter(|_| place == Some(Place::Event)) {
                version.note(&name, line, start..kept.len());
            }
        }
    }
    without_idle_stamps(&kept, &versions)
}

impl Version {
    fn note(&mut self, name: &str, line: &str, place: Range<usize>) {
        let value = || parts(&unfolded(line)).map(|(_, value)| value.trim().to_owned());
        match name {
            "UID" => self.uid = self.uid.take().or_else(value),
            "RECURRENCE-ID" => self.instance = Some(unfolded(line)),
            "DTSTAMP" => {
                self.stamp = self.stamp.take().or_else(value);
                self.stamped_at.push(place);
            }
            _ => {}
        }
    }

    /// How `RECURRENCE-ID` is written, apart from its digits: two that are written alike are the same instant only if
    /// they are the same text.
    fn form(&self) -> Option<(&str, bool)> {
        let instance = self.instance.as_deref()?;
        let head = instance.rsplit_once(':').map_or(instance, |(head, _)| head);
        Some((head, instance.ends_with(['Z', 'z'])))
    }
}

/// `kept` without each `DTSTAMP` that does not decide between versions of one event. Some programs write the time of
/// the request there, and a calendar is not a new one for that.
fn without_idle_stamps(kept: &str, versions: &[Version]) -> String {
    let mut forms: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
    for (uid, form) in versions.iter().filter_map(|version| Some((version.uid.as_deref()?, version.form()?)))
    {
        let known = forms.entry(uid).or_default();
        if known.last() != Some(&form) {
            known.push(form);
        }
    }
    let mut stamps: BTreeMap<_, Option<&str>> = BTreeMap::new();
    // Of one event, unless all its versions have the same.
    let mut deciding = BTreeMap::new();
    let event = |version: &'_ Version| -> Option<(String, Option<String>)> {
        let uid = version.uid.clone()?;
        let has_one_form = forms.get(uid.as_str()).is_none_or(|forms| forms.len() == 1);
        // Where the forms differ, any of them may be the same instance.
        let instance = version.instance.clone().map(|text| if has_one_form { text } else { String::new() });
        Some((uid, instance))
    };
    for version in versions {
        let Some(event) = event(version) else { continue };
        let stamp = version.stamp.as_deref();
        let first = *stamps.entry(event.clone()).or_insert(stamp);
        *deciding.entry(event).or_insert(false) |= first != stamp;
    }
    let (mut text, mut from) = (String::with_capacity(kept.len()), 0);
    let idle = versions
        .iter()
        .filter(|version| event(version).is_none_or(|event| deciding.get(&event) != Some(&true)));
    for place in idle.flat_map(|version| &version.stamped_at) {
        text.push_str(kept.get(from..place.start).unwrap_or_default());
        from = place.end;
    }
    text.push_str(kept.get(from..).unwrap_or_default());
    text
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

/// The properties of `text`, each with its folds, as the reader of calendars takes them: lines that begin with white
/// space, and of quoted-printable values (vCalendar 1.0) those after a `=`.
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
    fn a_stamp_is_kept_only_where_it_decides_between_versions() {
        let event = |rest: &str| format!("BEGIN:VEVENT\r\n{rest}\r\nEND:VEVENT\r\n");
        let kept = |events: &[&str]| {
            let text = events.iter().map(|rest| event(rest)).collect::<String>();
            let text = reduced(&format!("BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n"), &Purpose::default());
            assert_eq!(reduced(&text, &Purpose::default()), text);
            text.matches("DTSTAMP").count()
        };
        let (first, second) = ("DTSTAMP:20260101T000000Z", "DTSTAMP:20260\r\n 102T000000Z");
        let instance = "RECURRENCE-ID:20260105T000000Z";
        for (versions, expected) in [
            (vec![format!("UID:1\r\n{first}"), format!("UID:2\r\n{second}")], 0),
            (vec![format!("UID:1\r\n{first}"), format!("UID:\r\n 1\r\n{second}")], 2),
            (vec![format!("UID:1\r\n{first}"), format!("UID:1\r\n{first}")], 0),
            (vec![format!("UID:1\r\n{first}"), "UID:1".to_owned()], 1),
            (vec![first.to_owned(), second.to_owned()], 0),
            (vec![format!("UID:1\r\n{first}"), format!("UID:1\r\n{instance}\r\n{second}")], 0),
            (
                vec![
                    format!("UID:1\r\n{first}\r\n{instance}"),
                    format!("UID:1\r\n{second}\r\nRECURRENCE-ID:20260106T000000Z"),
                ],
                0,
            ),
            (
                vec![
                    format!("UID:1\r\n{first}\r\n{instance}"),
                    format!("UID:1\r\n{second}\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260105T010000"),
                ],
                2,
            ),
        ] {
            let versions: Vec<_> = versions.iter().map(String::as_str).collect();
            assert_eq!(kept(&versions), expected, "{versions:?}");
        }
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
