//! Components (RFC 5545 3.6): the events, free/busy times and time zones of a file, and the names of its calendars.
//!
//! Not here: when events take place (`event`), and which of several versions of an event counts (`series`).

use super::line::{self, BadLine, Line};
use super::report::Report;
use super::value;
use crate::toml_reader::{At, Span};

/// Outlook's finer form of `TRANSP`.
pub(super) const BUSY_STATUS: &str = "X-MICROSOFT-CDO-BUSYSTATUS";

/// How deep components may be nested; real files have three levels.
const MAX_DEPTH: usize = 8;

/// The properties of an event or of free/busy times that are used; all others are ignored.
pub const EVENT_PROPERTIES: [&str; 20] = [
    "ATTENDEE",
    "CATEGORIES",
    "DESCRIPTION",
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
    BUSY_STATUS,
];

/// A file of one or several calendars.
#[derive(Debug, Default)]
pub struct CalendarFile<'t> {
    /// In the file's order; at least one.
    pub calendars: Vec<Calendar<'t>>,
    /// Every `VEVENT`, in the file's order.
    pub events: Vec<Event<'t>>,
    /// Every `VFREEBUSY`, in the file's order.
    pub free_busy: Vec<Event<'t>>,
}

/// A `VCALENDAR` without its events.
#[derive(Debug, Default)]
pub struct Calendar<'t> {
    /// `X-WR-CALNAME` or `NAME`.
    pub name: Option<String>,
    /// `PRODID`: the program that wrote it.
    pub product: Option<String>,
    /// `X-WR-TIMEZONE`: the zone in which a day of the calendar begins.
    pub zone: Option<At<String>>,
    pub(super) zones: Vec<ZoneDefinition<'t>>,
}

/// A `VTIMEZONE`.
#[derive(Debug, Default)]
pub(super) struct ZoneDefinition<'t> {
    pub(super) tzid: Option<String>,
    /// `X-LIC-LOCATION`: an IANA name.
    pub(super) location: Option<String>,
    pub(super) observances: Vec<Observance<'t>>,
}

/// A `STANDARD` or `DAYLIGHT` of a `VTIMEZONE`, unread.
#[derive(Debug, Default)]
pub(super) struct Observance<'t> {
    pub(super) lines: Vec<Line<'t>>,
}

/// A `VEVENT` or `VFREEBUSY`, with the properties that are used, unread.
#[derive(Debug)]
pub struct Event<'t> {
    /// Its place in [`CalendarFile::calendars`].
    pub calendar: usize,
    /// The position of its `BEGIN`.
    pub span: Span,
    pub(super) lines: Vec<Line<'t>>,
}

impl<'t> Event<'t> {
    /// Its title, unescaped. Private in a calendar of absences.
    pub fn summary(&self) -> Option<String> {
        self.text("SUMMARY")
    }

    /// Its DESCRIPTION.
    pub fn description(&self) -> Option<String> {
        self.text("DESCRIPTION")
    }

    /// Each of its CATEGORIES.
    pub fn categories(&self) -> Vec<String> {
        self.all("CATEGORIES").flat_map(|line| value::text_list(&line.value)).collect()
    }

    /// SUMMARY and each of CATEGORIES, in lower case, for patterns.
    pub fn title_and_categories(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.text("SUMMARY").into_iter().collect();
        texts.extend(self.categories());
        texts.into_iter().map(|text| text.to_lowercase()).collect()
    }

    /// SUMMARY, DESCRIPTION and each of CATEGORIES, in lower case, for patterns.
    pub fn searchable(&self) -> Vec<String> {
        let mut texts = self.title_and_categories();
        texts.extend(self.description().map(|text| text.to_lowercase()));
        texts
    }

    /// The identity that it shares with its other versions and instances.
    pub fn uid(&self) -> Option<&str> {
        self.line("UID").map(|line| line.value.trim())
    }

    /// Whether it is a changed instance of a repeating event.
    pub fn is_instance(&self) -> bool {
        self.line("RECURRENCE-ID").is_some()
    }

    /// The first property of that name; properties without a value do not count.
    pub(super) fn line(&self, name: &str) -> Option<&Line<'t>> {
        self.all(name).next()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Line<'t>> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.line(name).map(|line| value::text(&line.value))
    }
}

/// What the line being read belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Calendar,
    Event,
    FreeBusy,
    TimeZone,
    Observance,
    Other,
}

impl Place {
    fn of(parent: Place, name: &str) -> Place {
        match (parent, name) {
            (Place::Outside, "VCALENDAR") => Place::Calendar,
            (Place::Calendar, "VEVENT") => Place::Event,
            (Place::Calendar, "VFREEBUSY") => Place::FreeBusy,
            (Place::Calendar, "VTIMEZONE") => Place::TimeZone,
            (Place::TimeZone, "STANDARD" | "DAYLIGHT") => Place::Observance,
            _ => Place::Other,
        }
    }
}

/// A component whose end has not been read.
struct Open {
    name: String,
    span: Span,
    place: Place,
}

struct Reader<'t, 'r> {
    file: CalendarFile<'t>,
    open: Vec<Open>,
    report: &'r Report<'r>,
}

/// Reads the text of a file. A line that is not a property is left out with a warning. A file that is not a calendar,
/// or whose components do not match, as after an incomplete download, is an error and gives nothing.
pub fn read<'t>(text: &'t str, report: &Report<'_>) -> Option<CalendarFile<'t>> {
    let mut reader = Reader { file: CalendarFile::default(), open: Vec::new(), report };
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
        let help = "it was cut short: export or download the calendar again";
        report.error("broken-off", open.span, message, help);
        return None;
    }
    report_bad_lines(&bad, report);
    Some(reader.file)
}

fn report_bad_lines(bad: &[Span], report: &Report<'_>) {
    let Some(first) = bad.first() else { return };
    let message = match bad.len() {
        1 => "this line is not a property of a calendar and was ignored".to_owned(),
        2 => "this line is not a property of a calendar and was ignored, and so was one more".to_owned(),
        count => {
            format!(
                "this line is not a property of a calendar and was ignored, and so were {} more",
                count - 1
            )
        }
    };
    report.warning("bad-line", first.clone(), message, "a property is a name, a colon and a value");
}

impl<'t> Reader<'t, '_> {
    /// `None` where nothing more can be read.
    fn line(&mut self, line: Line<'t>) -> Option<()> {
        match &*line.name {
            "BEGIN" => self.begin(&line),
            "END" => self.end(&line),
            _ => {
                self.property(line);
                Some(())
            }
        }
    }

    fn place(&self) -> Place {
        self.open.last().map_or(Place::Outside, |open| open.place)
    }

    fn begin(&mut self, line: &Line<'t>) -> Option<()> {
        let (name, span) = (line.value.trim().to_ascii_uppercase(), line.span());
        if self.open.len() >= MAX_DEPTH {
            let message = format!("components are nested more than {MAX_DEPTH} deep");
            self.report.error("components-too-deep", span, message, "export or download the calendar again");
            return None;
        }
        let place = Place::of(self.place(), &name);
        if self.open.is_empty() && place != Place::Calendar {
            let help = "components lie between BEGIN:VCALENDAR and END:VCALENDAR";
            self.report.error("outside-calendar", span, "this component is outside of any VCALENDAR", help);
            return None;
        }
        let calendar = self.file.calendars.len().saturating_sub(1);
        let event = || Event { calendar, span: span.clone(), lines: Vec::new() };
        match place {
            Place::Calendar => self.file.calendars.push(Calendar::default()),
            Place::Event => self.file.events.push(event()),
            Place::FreeBusy => self.file.free_busy.push(event()),
            Place::TimeZone => {
                if let Some(calendar) = self.file.calendars.last_mut() {
                    calendar.zones.push(ZoneDefinition::default());
                }
            }
            Place::Observance => {
                let zone = self.file.calendars.last_mut().and_then(|calendar| calendar.zones.last_mut());
                if let Some(zone) = zone {
                    zone.observances.push(Observance::default());
                }
            }
            Place::Outside | Place::Other => {}
        }
        self.open.push(Open { name, span, place });
        Some(())
    }

    fn end(&mut self, line: &Line<'t>) -> Option<()> {
        let name = line.value.trim();
        match self.open.pop() {
            Some(open) if open.name.eq_ignore_ascii_case(name) => Some(()),
            open => {
                let message = match open {
                    Some(open) => format!("expected the end of {} here", open.name),
                    None => "no component is open that could end here".to_owned(),
                };
                self.report.error("wrong-end", line.span(), message, "export or download the calendar again");
                None
            }
        }
    }

    fn property(&mut self, line: Line<'t>) {
        if line.value.trim().is_empty() {
            return;
        }
        let place = self.place();
        match place {
            Place::Event | Place::FreeBusy => {
                let is_used = EVENT_PROPERTIES.contains(&&*line.name);
                let events =
                    if place == Place::Event { &mut self.file.events } else { &mut self.file.free_busy };
                if let Some(event) = events.last_mut().filter(|_| is_used) {
                    event.lines.push(line);
                }
            }
            Place::Calendar | Place::TimeZone | Place::Observance => {
                if let Some(calendar) = self.file.calendars.last_mut() {
                    calendar.property(place, line);
                }
            }
            Place::Outside | Place::Other => {}
        }
    }
}

impl<'t> Calendar<'t> {
    fn property(&mut self, place: Place, line: Line<'t>) {
        let word = || Some(line.value.trim().to_owned());
        match (place, &*line.name) {
            (Place::Calendar, "X-WR-CALNAME") => self.name = Some(value::text(&line.value)),
            (Place::Calendar, "NAME") if self.name.is_none() => self.name = Some(value::text(&line.value)),
            (Place::Calendar, "PRODID") => self.product = Some(value::text(&line.value)),
            (Place::Calendar, "X-WR-TIMEZONE") => {
                self.zone = Some(At { value: value::text(line.value.trim()), span: line.value_span() });
            }
            (Place::TimeZone, "TZID") => {
                if let Some(zone) = self.zones.last_mut() {
                    zone.tzid = word();
                }
            }
            (Place::TimeZone, "X-LIC-LOCATION") => {
                if let Some(zone) = self.zones.last_mut() {
                    zone.location = word();
                }
            }
            (Place::Observance, "DTSTART" | "TZOFFSETFROM" | "TZOFFSETTO" | "RRULE" | "RDATE") => {
                let observance = self.zones.last_mut().and_then(|zone| zone.observances.last_mut());
                if let Some(observance) = observance {
                    observance.lines.push(line);
                }
            }
            _ => {}
        }
    }
}
