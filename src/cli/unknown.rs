//! Warnings about holidays and leave that are not known. Not here: the same for programs (`json`).

use super::output::Output;
use crate::config::Configuration;
use crate::rota::{Team, UnknownAbsences};
use crate::text::by_calendar;

/// Warns of all that is not known, once for each calendar.
pub(super) fn warn(team: &Team, unknown: &[UnknownAbsences], output: &mut Output) {
    for unknown in by_calendar(unknown) {
        output.warn(unknown.sentence(team));
    }
}

/// Warns of copies of fetched calendars that are old, or in which all future entries are gone.
pub(super) fn warn_of_copies(configuration: &Configuration, team: &Team, output: &mut Output) {
    for warning in configuration.copy_warnings(team) {
        output.warn(&warning.message);
    }
}

/// Warns of leave that is not known.
pub(super) fn warn_of_leave(team: &Team, output: &mut Output) {
    let unknown = team.indices().filter(|idx| !team.engineer(*idx).leave_is_known);
    let unknown: Vec<UnknownAbsences> = unknown
        .map(|engineer| UnknownAbsences { engineer, is_leave: true, calendar: None, from: None })
        .collect();
    warn(team, &unknown, output);
}
