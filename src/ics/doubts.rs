//! Ambiguities of a file, each reported once.

use std::collections::BTreeMap;

use super::component::Event;
use super::report::Report;
use super::time_zone::{TimeZone, TimeZones};
use super::value::{self, Clock, Stamp};
use crate::toml_reader::Span;

/// Events with several possible meanings.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// Events that share UID and version with another and have other times.
    pub(super) same_versions: Vec<Span>,
    /// By `TZID`, where the file's own rules give another time than the zone of that name.
    pub(super) other_rules: BTreeMap<String, Span>,
}

impl Doubts {
    /// Notes where the file's own rules for a zone give another time than those of its name, which are used.
    pub(super) fn compare_rules(&mut self, event: &Event<'_>, zones: &TimeZones<'_>) {
        for line in ["DTSTART", "DTEND"].into_iter().filter_map(|name| event.line(name)) {
            let Some(Stamp::Time(local, Clock::Named(tzid))) = value::single(line) else { continue };
            if self.other_rules.contains_key(&*tzid) {
                continue;
            }
            let Some(named @ TimeZone::Iana(_)) = zones.find(&tzid, event.calendar) else { continue };
            let Some(rules) = zones.rules(&tzid, event.calendar) else { continue };
            if rules.instant(local) != named.instant(local) {
                self.other_rules.insert(tzid.to_string(), line.span());
            }
        }
    }

    /// Reports them.
    pub(super) fn warn(&self, report: &Report<'_>) {
        if let Some(first) = self.same_versions.first() {
            let message = match self.same_versions.len() {
                1 => {
                    "this event has the UID and version of another, but other times; both are used".to_owned()
                }
                count => format!(
                    "this event has the UID and version of another, but other times, and so have {} more; all are used",
                    count - 1
                ),
            };
            let help = "an event that was changed has a higher SEQUENCE; delete the one that does not apply";
            report.warning("same-uid", first.clone(), message, help);
        }
        for span in self.other_rules.values() {
            let message =
                "this file's own rules for the time zone give another time than the zone of that name";
            let help =
                "the zone's present rules were used; if the event is at the wrong time, export it again";
            report.warning("zone-rules-differ", span.clone(), message, help);
        }
    }
}
