//! Components (RFC 5545 3.6): the events of a file and what its calendars say of themselves.
//!
//! Not here: when events take place (`event`).

use std::collections::BTreeMap;

use chrono::NaiveTime;

use super::line::{self, BadLine, Line};
use super::report::Report;
use super::value::{self, Clock, Stamp};
use crate::toml_reader::{At, Span};

/// How deep components may lie within each other; real files have three levels.
const DEEPEST: usize = 8;

/// The properties of an event that anybody here asks for.
const KEPT: [&str; 14] = [
    "CATEGORIES",
    "DESCRIPTION",
    "DTEND",
    "DTSTART",
    "DURATION",
    "EXDATE",
    "EXRULE",
    "RDATE",
    "RECURRENCE-ID",
    "RRULE",
    "STATUS",
    "SUMMARY",
    "TRANSP",
    "UID",
];

/// A file of one or several calendars.
#[derive(Debug, Default)]
pub struct CalendarFile<'t> {
    /// In the file's order; at least one.
    pub calendars: Vec<Calendar>,
    /// In the file's order.
    pub events: Vec<Event<'t>>,
}

/// What a `VCALENDAR` says besides its events.
#[derive(Debug, Default)]
pub struct Calendar {
    /// `X-WR-CALNAME` or `NAME`.
    pub name: Option<String>,
    /// `X-WR-TIMEZONE`: the zone whose days whole days in UTC are.
    pub zone: Option<At<String>>,
    /// For `TZID`s that are no zone's name, the name that the `VTIMEZONE` gives.
    pub(super) locations: BTreeMap<String, String>,
}

/// A `VEVENT`, with the properties that matter, unread.
#[derive(Debug)]
pub struct Event<'t> {
    /// Which of [`CalendarFile::calendars`] it belongs to.
    pub calendar: usize,
    /// Where its `BEGIN` stands.
    pub span: Span,
    pub(super) lines: Vec<Line<'t>>,
}

impl<'t> Event<'t> {
    /// What it is called, unescaped; private in a calendar of absences.
    pub fn summary(&self) -> Option<String> {
        self.text("SUMMARY")
    }

    /// All that a filter may look at: SUMMARY, DESCRIPTION and each of CATEGORIES.
    pub fn searchable(&self) -> Vec<String> {
        let mut texts: Vec<String> =
            ["SUMMARY", "DESCRIPTION"].into_iter().filter_map(|n| self.text(n)).collect();
        texts.extend(self.all("CATEGORIES").flat_map(|line| value::text_list(&line.value)));
        texts
    }

    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        self.says("STATUS", "CANCELLED")
    }

    /// Where it says that it is tentative, if it does.
    pub fn tentative(&self) -> Option<Span> {
        self.line("STATUS").filter(|_| self.says("STATUS", "TENTATIVE")).map(Line::value_span)
    }

    /// Whether it takes no time: the person is free.
    pub fn is_transparent(&self) -> bool {
        self.says("TRANSP", "TRANSPARENT")
    }

    /// Whether it starts at a time of day other than midnight, on its own clock. Of a start that cannot be read, or is
    /// in UTC, nothing is known.
    pub fn starts_within_day(&self) -> bool {
        let start = self.line("DTSTART").and_then(|line| value::stamps(line).next()?.2);
        match start {
            Some(Stamp::Time(local, Clock::Floating | Clock::Named(_))) => local.time() != NaiveTime::MIN,
            _ => false,
        }
    }

    pub(super) fn uid(&self) -> Option<&str> {
        self.line("UID").map(|line| line.value.trim()).filter(|uid| !uid.is_empty())
    }

    pub(super) fn line(&self, name: &str) -> Option<&Line<'t>> {
        self.all(name).next()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Line<'t>> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    fn says(&self, name: &str, word: &str) -> bool {
        self.line(name).is_some_and(|line| line.value.trim().eq_ignore_ascii_case(word))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.line(name).map(|line| value::text(&line.value))
    }
}

/// What the line being read lies in.
struct Open {
    name: String,
    span: Span,
}

struct Reader<'t, 'r> {
    file: CalendarFile<'t>,
    open: Vec<Open>,
    /// `TZID` and `X-LIC-LOCATION` of the `VTIMEZONE` being read, in whatever order they come.
    zone: (Option<String>, Option<String>),
    report: &'r Report<'r>,
}

/// Reads the text of a file. A line that is no property is left out with a warning; a file that is no calendar, or
/// whose components do not match, which is how a download that broke off shows, is an error and gives nothing.
pub fn read<'t>(text: &'t str, report: &Report<'_>) -> Option<CalendarFile<'t>> {
    let mut reader = Reader { file: CalendarFile::default(), open: Vec::new(), zone: (None, None), report };
    let mut bad: Vec<Span> = Vec::new();
    for line in line::lines(text) {
        match line {
            Ok(line) => reader.line(line)?,
            Err(BadLine(span)) => bad.push(span),
        }
    }
    if reader.file.calendars.is_empty() {
        let end = text.lines().next().map_or(0, str::len);
        let help = "an iCalendar file begins with BEGIN:VCALENDAR; export or download the calendar again";
        report.error("no-calendar", 0..end, "this is not an iCalendar file", help);
        return None;
    }
    if let Some(open) = reader.open.pop() {
        let message = format!("the file ends within this {}", open.name);
        report.error(
            "broken-off",
            open.span,
            message,
            "it was cut short: export or download the calendar again",
        );
        return None;
    }
    if let Some(first) = bad.first() {
        let message = match bad.len() {
            1 => "this line is no property of a calendar and was left out".to_owned(),
            2 => "this line is no property of a calendar, nor is one more; they were left out".to_owned(),
            count => format!(
                "this line is no property of a calendar, nor are {} more; they were left out",
                count - 1
            ),
        };
        report.warning("bad-line", first.clone(), message, "a property is a name, a colon and a value");
    }
    Some(reader.file)
}

impl<'t> Reader<'t, '_> {
    /// `None` where nothing more can be read.
    fn line(&mut self, line: Line<'t>) -> Option<()> {
        match line.name.as_str() {
            "BEGIN" => self.begin(&line),
            "END" => self.end(&line),
            _ => {
                self.property(line);
                Some(())
            }
        }
    }

    fn begin(&mut self, line: &Line<'t>) -> Option<()> {
        let (name, span) = (line.value.trim().to_ascii_uppercase(), line.span());
        if self.open.len() >= DEEPEST {
            let message = format!("components lie more than {DEEPEST} deep within each other");
            self.report.error("components-too-deep", span, message, "export or download the calendar again");
            return None;
        }
        match (self.open.last().map(|open| open.name.as_str()), name.as_str()) {
            (None, "VCALENDAR") => self.file.calendars.push(Calendar::default()),
            (None, _) => {
                let help = "components lie between BEGIN:VCALENDAR and END:VCALENDAR";
                self.report.error("outside-calendar", span, "this stands outside of any VCALENDAR", help);
                return None;
            }
            (Some("VCALENDAR"), "VEVENT") => {
                let calendar = self.file.calendars.len().saturating_sub(1);
                self.file.events.push(Event { calendar, span: span.clone(), lines: Vec::new() });
            }
            (Some("VCALENDAR"), "VTIMEZONE") => self.zone = (None, None),
            _ => {}
        }
        self.open.push(Open { name, span });
        Some(())
    }

    fn end(&mut self, line: &Line<'t>) -> Option<()> {
        let name = line.value.trim();
        match self.open.pop() {
            Some(open) if open.name.eq_ignore_ascii_case(name) => Some(()),
            open => {
                let message = match open {
                    Some(open) => {
                        format!("this should end {}, which is the component that is open here", open.name)
                    }
                    None => "no component is open that could end here".to_owned(),
                };
                self.report.error("wrong-end", line.span(), message, "export or download the calendar again");
                None
            }
        }
    }

    fn property(&mut self, line: Line<'t>) {
        let path: Vec<&str> = self.open.iter().map(|open| open.name.as_str()).collect();
        match path.as_slice() {
            ["VCALENDAR", "VEVENT"] => {
                if KEPT.contains(&line.name.as_str())
                    && let Some(event) = self.file.events.last_mut()
                {
                    event.lines.push(line);
                }
            }
            ["VCALENDAR"] => {
                let Some(calendar) = self.file.calendars.last_mut() else { return };
                match line.name.as_str() {
                    "X-WR-CALNAME" => calendar.name = Some(value::text(&line.value)),
                    "NAME" if calendar.name.is_none() => calendar.name = Some(value::text(&line.value)),
                    "X-WR-TIMEZONE" => {
                        let span = line.value_span();
                        calendar.zone = Some(At { value: value::text(line.value.trim()), span });
                    }
                    _ => {}
                }
            }
            ["VCALENDAR", "VTIMEZONE"] => {
                let word = || Some(line.value.trim().to_owned());
                match line.name.as_str() {
                    "TZID" => self.zone.0 = word(),
                    "X-LIC-LOCATION" => self.zone.1 = word(),
                    _ => return,
                }
                if let (Some(calendar), (Some(tzid), Some(location))) =
                    (self.file.calendars.last_mut(), &self.zone)
                {
                    calendar.locations.insert(tzid.clone(), location.clone());
                }
            }
            _ => {}
        }
    }
}
