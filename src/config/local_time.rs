//! Local times of the files as instants.

use crate::rota::{Instant, Zone};
use crate::toml_reader::Moment;

/// The instant that a moment means on a clock of `zone`: a bare date is its first instant.
pub(super) fn starts_at(moment: Moment, zone: &Zone) -> Instant {
    match moment {
        Moment::Date(date) => zone.first_instant(date),
        Moment::DateTime(time) => zone.instant(time),
    }
}
