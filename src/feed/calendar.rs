//! Events as iCalendar bytes: each VEVENT is written once, and feeds are assembled from them.
//!
//! Every property is set here; none is left to a library or a client.

use chrono::NaiveDate;
use icalendar::{CalendarDateTime, DatePerhapsTime, EventStatus, Property, ValueType};

use crate::journal::Revision;
use crate::rota::{Instant, Role, Team};

use super::alarm::Alarm;
use super::colour;
use super::content_line::write;
use super::event::{Event, Kind, Status, When, digest};
use super::name::Feed;
use super::plan::Links;
use crate::text::clean;

/// An event written once, to be copied into each feed that contains it.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// Without the texts, which are in `lines`.
    event: Event,
    revision: Revision,
    /// All lines but the last, `END:VEVENT`, so that an alarm can go before it.
    lines: Vec<u8>,
}

const END: &[u8] = b"END:VEVENT\r\n";

impl Rendered {
    /// Writes `event`.
    pub fn new(event: Event, revision: Revision) -> Rendered {
        let mut lines = Vec::with_capacity(1024);
        for property in properties(&event, revision) {
            write(&mut lines, &property);
        }
        // A server keeps the events of all teams in memory, so texts are not stored twice.
        lines.shrink_to_fit();
        let event = Event {
            description: String::new(),
            categories: Vec::new(),
            url: None,
            reason: None,
            facts: String::new(),
            ..event
        };
        Rendered { event, revision, lines }
    }

    fn put(&self, out: &mut Vec<u8>, alarm: Option<Alarm>) {
        out.extend_from_slice(&self.lines);
        let rings = matches!(self.event.kind, Kind::Shift(_)) && self.event.status != Status::Cancelled;
        if let Some(alarm) = alarm.filter(|_| rings) {
            for property in alarm_properties(&self.event, alarm) {
                write(out, &property);
            }
        }
        out.extend_from_slice(END);
    }
}

/// The properties at the beginning of a feed.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Which feed.
    pub feed: &'a Feed,
    /// Its team.
    pub team: &'a Team,
    /// The links in it.
    pub links: &'a Links,
    /// The earliest possible time of its last change: the current week's start, or when an event last left it, if
    /// later.
    pub changed: Instant,
}

impl Head<'_> {
    /// LAST-MODIFIED of the feed, also for HTTP: the latest of its events' and `changed`.
    pub fn last_modified(&self, events: &[Rendered]) -> Instant {
        let own = events.iter().filter(|rendered| rendered.event.is_in(self.feed));
        own.map(|rendered| rendered.revision.modified).fold(self.changed, Instant::max)
    }

    /// A hash of the properties before the first event, except LAST-MODIFIED. The same in every process.
    pub fn content(&self) -> [u8; 32] {
        let properties = self.properties(self.changed);
        let dated = |property: &&Property| property.key() != "LAST-MODIFIED";
        let parts = properties.iter().filter(dated).flat_map(|property| [property.key(), property.value()]);
        digest(&parts.collect::<Vec<_>>())
    }

    fn properties(&self, modified: Instant) -> Vec<Property> {
        let title = self.feed.title(self.team);
        // Some clients show the escapes of a calendar's name.
        let name = clean(&title.replace([',', ';', '\\'], " "));
        let about = self.feed.about(self.team);
        let mut properties = vec![
            Property::new("BEGIN", "VCALENDAR"),
            Property::new("VERSION", "2.0"),
            Property::new("PRODID", "-//oncal//oncal//EN"),
            Property::new("CALSCALE", "GREGORIAN"),
            Property::new("NAME", name.as_str()),
            Property::new("X-WR-CALNAME", name),
            Property::new("DESCRIPTION", about.as_str()),
            Property::new("X-WR-CALDESC", about),
            Property::new("X-WR-TIMEZONE", self.team.zone.name()),
            Property::new("REFRESH-INTERVAL", "PT1H").append_parameter(ValueType::Duration).done(),
            Property::new("X-PUBLISHED-TTL", "PT1H"),
            Property::new("COLOR", self.colour()),
            instant("LAST-MODIFIED", modified),
        ];
        properties.extend(self.links.team(self.team).map(|url| Property::new("URL", url)));
        properties
    }

    fn colour(&self) -> &'static str {
        let idx = match self.feed {
            Feed::Engineer(id) => self.team.index_of(id.as_str()),
            Feed::Team | Feed::Coverage | Feed::Role(_) => None,
        };
        idx.map_or(colour::TEAM, colour::of).name
    }
}

/// The bytes of one feed. `events` is the team's whole list, of which the feed picks its own; `cancelled` are what a
/// download has besides. Both are in the order of [`events`](super::events), and so is the feed. With `alarm` each
/// shift has a display alarm.
pub fn calendar(
    head: &Head<'_>,
    events: &[Rendered],
    cancelled: &[Rendered],
    alarm: Option<Alarm>,
) -> Vec<u8> {
    let mut own: Vec<&Rendered> = events.iter().filter(|rendered| rendered.event.is_in(head.feed)).collect();
    if !cancelled.is_empty() {
        own.extend(cancelled);
        own.sort_by(|one, other| one.event.order().cmp(&other.event.order()));
    }
    let size: usize = own.iter().map(|rendered| rendered.lines.len() + END.len()).sum();
    let mut out = Vec::with_capacity(size + 1024);
    for property in head.properties(head.last_modified(events)) {
        write(&mut out, &property);
    }
    for rendered in own {
        rendered.put(&mut out, alarm);
    }
    write(&mut out, &Property::new("END", "VCALENDAR"));
    out
}

fn properties(event: &Event, revision: Revision) -> Vec<Property> {
    let [start, end] = match event.when {
        When::Instants(period) => [instant("DTSTART", period.start()), instant("DTEND", period.end())],
        When::Days { start, end } => [day("DTSTART", start), day("DTEND", end)],
    };
    let mut properties = vec![
        Property::new("BEGIN", "VEVENT"),
        Property::new("UID", event.uid.as_str()),
        instant("DTSTAMP", revision.modified),
        instant("CREATED", revision.created),
        instant("LAST-MODIFIED", revision.modified),
        Property::new("SEQUENCE", revision.sequence.to_string()),
        start,
        end,
        Property::new("SUMMARY", event.summary.as_str()),
        Property::new("DESCRIPTION", event.description.as_str()),
    ];
    properties.extend(event.url.as_deref().map(|url| Property::new("URL", url)));
    let status = match event.status {
        Status::Confirmed => EventStatus::Confirmed,
        Status::Tentative => EventStatus::Tentative,
        Status::Cancelled => EventStatus::Cancelled,
    };
    let (transparency, busy) = if event.busy { ("OPAQUE", "BUSY") } else { ("TRANSPARENT", "FREE") };
    properties.extend([
        Property::new("CATEGORIES", event.categories.join(",")),
        Property::new("COLOR", event.colour),
        status.into(),
        Property::new("TRANSP", transparency),
        Property::new("X-MICROSOFT-CDO-BUSYSTATUS", busy),
    ]);
    properties
}

/// RFC 5545 3.6.6; UID by RFC 9074, made from the event's so that it never changes.
fn alarm_properties(event: &Event, alarm: Alarm) -> [Property; 6] {
    [
        Property::new("BEGIN", "VALARM"),
        Property::new("UID", format!("{}.alarm", event.uid)),
        Property::new("ACTION", "DISPLAY"),
        Property::new("DESCRIPTION", event.summary.as_str()),
        Property::new("TRIGGER", alarm.trigger()),
        Property::new("END", "VALARM"),
    ]
}

fn instant(name: &str, instant: Instant) -> Property {
    DatePerhapsTime::DateTime(CalendarDateTime::Utc(instant)).to_property(name)
}

fn day(name: &str, date: NaiveDate) -> Property {
    DatePerhapsTime::Date(date).to_property(name)
}

impl Feed {
    /// The calendar's description.
    fn about(&self, team: &Team) -> String {
        let (title, zone) = (clean(&team.name), team.zone.name());
        let what = match self {
            Feed::Team => {
                "Who is on call, when duty is handed over, and by when cover must be agreed".to_owned()
            }
            Feed::Engineer(id) => {
                let engineer = team.engineers.iter().find(|engineer| engineer.id == *id);
                let name = engineer.map_or_else(|| id.to_string(), |engineer| clean(&engineer.name));
                format!("When {name} is on call, handover meetings to attend, and cover to agree on")
            }
            Feed::Coverage => "Who is away, who covers, and what the team has still to agree".to_owned(),
            Feed::Role(Role::Primary) => "Who is primary on-call".to_owned(),
            Feed::Role(Role::Secondary) => "Who is secondary on-call".to_owned(),
        };
        format!(
            "{what}. Team {title}; local times in the texts are of {zone}. PROPOSED means not agreed yet, NOT COVERED \
             that nobody is free."
        )
    }
}
