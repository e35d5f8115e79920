//! Reminders that calendars show before each shift.

use crate::feed::Alarm;

/// The reminders offered; the query may name others.
pub(in crate::web) const REMINDERS: [Option<Alarm>; 4] =
    [None, Some(Alarm::M15), Some(Alarm::H1), Some(Alarm::D1)];

/// `1 hour`.
pub(in crate::web) fn reminder(alarm: Option<Alarm>) -> &'static str {
    match alarm {
        None => "none",
        Some(Alarm::M5) => "5 minutes",
        Some(Alarm::M10) => "10 minutes",
        Some(Alarm::M15) => "15 minutes",
        Some(Alarm::M30) => "30 minutes",
        Some(Alarm::H1) => "1 hour",
        Some(Alarm::H2) => "2 hours",
        Some(Alarm::D1) => "1 day",
    }
}
