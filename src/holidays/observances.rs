//! Observances among the holidays of an imported calendar: days that public calendars list beside the holidays, and on
//! which people work.

use std::collections::BTreeMap;

use crate::ics::{CalendarFile, Event, Expansion, Report};
use crate::toml_reader::Span;

/// What English calendars call them, as the first line of a description or as a category.
const ENGLISH: &str = "observance";

/// In Google's calendars, whatever their language, the description of an observance goes on with how to hide them
/// there.
const HOW_TO_HIDE: &str = "Google";

/// The longest first line that can name a kind of day.
const MAX_MARK_CHARACTERS: usize = 30;

/// Warns of the events in `expansion` that count as holidays and are marked as observances. `id` is the calendar's.
pub(super) fn warn(file: &CalendarFile<'_>, expansion: &Expansion, id: &str, report: &Report<'_>) {
    let mut marked: BTreeMap<String, (Span, usize)> = BTreeMap::new();
    let mut last = None;
    for occurrence in &expansion.occurrences {
        // The occurrences of one event follow each other.
        if last.replace(occurrence.event) == Some(occurrence.event) {
            continue;
        }
        let Some(event) = file.events.get(occurrence.event) else { continue };
        if let Some(mark) = mark(event) {
            marked.entry(mark).or_insert((event.span.clone(), 0)).1 += 1;
        }
    }
    for (mark, (first, count)) in marked {
        let (message, them) = match count {
            1 => (
                format!("1 event of this calendar is marked as “{mark}” and counts as a public holiday"),
                "it",
            ),
            count => {
                let events = format!("{count} events of this calendar");
                (format!("{events} are marked as “{mark}” and count as public holidays"), "them")
            }
        };
        let help = format!(
            "if people work on such days, leave {them} out: write `exclude = [\"{mark}\"]` below `[import]` in holidays/{id}.toml"
        );
        report.warning("observances", first, message, &help);
    }
}

/// How `event` is marked as an observance, if it is.
fn mark(event: &Event<'_>) -> Option<String> {
    let description = event.description().unwrap_or_default();
    let mut lines = description.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let is_english = first.eq_ignore_ascii_case(ENGLISH);
    let is_kind = !first.is_empty()
        && first.chars().count() <= MAX_MARK_CHARACTERS
        && first.chars().all(|c| c.is_alphabetic() || c == ' ' || c == '-');
    if is_english || is_kind && lines.any(|line| line.contains(HOW_TO_HIDE)) {
        return Some(first.to_owned());
    }
    event.categories().into_iter().find(|category| category.trim().eq_ignore_ascii_case(ENGLISH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ics;
    use crate::toml_reader::Problems;

    #[test]
    fn an_observance_is_known_by_its_description_or_its_category() {
        for (lines, expected) in [
            (
                "DESCRIPTION:Observance\\nTo hide observances\\, go to Google Calendar Settings > Holidays",
                Some("Observance"),
            ),
            ("DESCRIPTION:observance", Some("observance")),
            (
                "DESCRIPTION:Gedenktag\\nZum Ausblenden die Google Kalender-Einstellungen öffnen",
                Some("Gedenktag"),
            ),
            ("CATEGORIES:Holiday,Observance", Some("Observance")),
            ("DESCRIPTION:Public holiday", None),
            ("DESCRIPTION:Public holiday in Alabama\\, Ohio", None),
            ("DESCRIPTION:Observances are listed elsewhere", None),
            ("DESCRIPTION:See https://example.org\\nor ask Google", None),
            ("CATEGORIES:Holiday", None),
        ] {
            let text = format!(
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n\
                 DTSTART;VALUE=DATE:20260214\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
            );
            let problems = Problems::default();
            let report = Report::new(&problems);
            let file = ics::read(&text, &report).unwrap();
            assert_eq!(mark(&file.events[0]).as_deref(), expected, "{lines}");
        }
    }
}
