//! What is kept of a fetched calendar: only what the reader of calendars uses. Descriptions, places, alarms, attachments
//! and other people are dropped before anything is stored.

/// Properties of events and of free or busy times that are used.
const OF_EVENTS: [&str; 21] = [
    "CATEGORIES",
    "DTEND",
    "DTSTAMP",
    "DTSTART",
    "DURATION",
    "EXDATE",
    "EXRULE",
    "FREEBUSY",
    "LAST-MODIFIED",
    "RDATE",
    "RECURRENCE-ID",
    "RRULE",
    "SEQUENCE",
    "STATUS",
    "SUMMARY",
    "TRANSP",
    "UID",
    "X-FUNAMBOL-ALLDAY",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT",
];

const OF_CALENDARS: [&str; 5] = ["CALSCALE", "METHOD", "PRODID", "VERSION", "X-WR-TIMEZONE"];

/// What a calendar is fetched for, which decides what is kept of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purpose {
    /// It is a calendar of public holidays: its name, and the descriptions by which some mark observances, are kept.
    pub is_holidays: bool,
    /// The addresses of the people whose time off it has, in lower case: their own answers to invitations are kept.
    pub emails: Vec<String>,
}

impl Purpose {
    /// Both purposes at once.
    #[must_use]
    pub fn and(mut self, other: Purpose) -> Purpose {
        self.is_holidays |= other.is_holidays;
        self.emails.extend(other.emails);
        self.emails.sort();
        self.emails.dedup();
        self
    }
}

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
                kept.extend(own_answer(line, &purpose.emails));
                false
            }
            name => match place {
                Some(Place::Calendar) => {
                    OF_CALENDARS.contains(&name)
                        || purpose.is_holidays && ["NAME", "X-WR-CALNAME"].contains(&name)
                }
                Some(Place::Event) => {
                    OF_EVENTS.contains(&name) || purpose.is_holidays && name == "DESCRIPTION"
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

/// The properties of `text`, each with its folds: lines that begin with white space, and of quoted-printable values
/// (vCalendar 1.0) those after a `=`.
fn properties(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut length = 0;
        loop {
            let line = line_length(&rest[length..]);
            let is_soft = rest[length..length + line].trim_end().ends_with('=')
                && rest[..length + line].to_ascii_uppercase().contains("QUOTED-PRINTABLE");
            length += line;
            if length >= rest.len() || !is_soft && !rest[length..].starts_with([' ', '\t']) {
                break;
            }
        }
        let (property, after) = rest.split_at(length);
        rest = after;
        Some(property)
    })
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
    unfolded(line).split([':', ';']).next().unwrap_or_default().trim().to_ascii_uppercase()
}

fn unfolded(line: &str) -> String {
    let line = line.trim_end_matches(['\r', '\n']);
    line.replace("\r\n ", "").replace("\r\n\t", "").replace("\n ", "").replace("\n\t", "")
}

/// The answer of one of `emails`, without a name or anything else that the line says.
fn own_answer(line: &str, emails: &[String]) -> Option<String> {
    let line = unfolded(line);
    let lower = line.to_ascii_lowercase();
    let (_, address) = lower.rsplit_once("mailto:")?;
    let own = emails.iter().find(|email| email.as_str() == address.trim())?;
    let answer = lower.split(';').find_map(|part| part.strip_prefix("partstat="))?;
    let answer = answer.split([':', ';', ',']).next().unwrap_or_default().trim_matches('"');
    let is_word = answer.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    is_word.then(|| format!("ATTENDEE;PARTSTAT={}:mailto:{own}\r\n", answer.to_ascii_uppercase()))
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
        let purpose = Purpose { is_holidays: false, emails: vec!["ann@example.org".to_owned()] };
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
        let kept = reduced(TEXT, &Purpose { is_holidays: true, emails: Vec::new() });
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
