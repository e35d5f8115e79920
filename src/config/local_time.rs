//! Local times in the files, as instants.

use crate::rota::{Instant, Zone};
use crate::toml_reader::Moment;

/// The instant of a moment in `zone`: a bare date means its first instant.
pub(super) fn starts_at(moment: Moment, zone: &Zone) -> Instant {
    match moment {
        Moment::Date(date) => zone.first_instant(date),
        Moment::DateTime(time) => zone.instant(time),
    }
}
