//! Warnings about holidays that are not known. Not here: the same in JSON (`json`).

use super::output::Output;
use crate::rota::{Team, UnknownHolidays};
use crate::text::by_calendar;

/// Warns about unknown holidays, once for each calendar.
pub(super) fn warn(team: &Team, unknown: &[UnknownHolidays], output: &mut Output) {
    for unknown in by_calendar(unknown) {
        output.warn(unknown.sentence(team));
    }
}
