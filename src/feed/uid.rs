//! Event identities: of the slot, never of the person, so that a cover or a swap updates an event in place.

use chrono::{Datelike, NaiveDate, Timelike};

use crate::rota::{EngineerId, Instant, Role, Shift, Team};

use super::text::clean;

/// The UID of a shift: `<team>.<role>.<start>@<uid_domain>`. Also the `uid` of a shift in JSON.
pub fn shift(team: &Team, shift: &Shift) -> String {
    slot(team, shift.role, shift.period.start())
}

/// The UID of whatever shift of `role` starts at `start`.
pub fn slot(team: &Team, role: Role, start: Instant) -> String {
    of(team, &format!("{}.{}", role.as_str(), compact(start)))
}

/// The UID of the meeting for the duty change at `change`, wherever the meeting moves.
pub fn handover(team: &Team, change: Instant) -> String {
    of(team, &format!("handover.{}", compact(change)))
}

/// The UID of the deadline of the conflict that starts at `conflict`.
pub fn deadline(team: &Team, conflict: Instant) -> String {
    of(team, &format!("deadline.{}", compact(conflict)))
}

/// The UID of an absence of `engineer` as a coverage row has it.
pub fn holiday(team: &Team, engineer: &EngineerId, start: Instant) -> String {
    of(team, &format!("holiday.{engineer}.{}", compact(start)))
}

/// The UID of the note that the holidays of `engineer` are not known from `date` on, by `calendar` or at all.
pub fn holidays_unknown(
    team: &Team,
    engineer: &EngineerId,
    calendar: Option<&str>,
    date: NaiveDate,
) -> String {
    let calendar = calendar.map(|id| format!(".{}", clean(id))).unwrap_or_default();
    of(team, &format!("holidays-unknown.{engineer}{calendar}.{}", date.format("%Y%m%d")))
}

/// `20261225T150000Z`, RFC 5545 3.3.5 form 2.
pub(super) fn compact(instant: Instant) -> String {
    // By hand, since each event has several: chrono reads the pattern anew each time.
    let (date, time) = (instant.date_naive(), instant.time());
    let day = date.year() * 10_000 + (date.month() * 100 + date.day()).cast_signed();
    format!("{day:08}T{:06}Z", time.hour() * 10_000 + time.minute() * 100 + time.second())
}

fn of(team: &Team, rest: &str) -> String {
    format!("{}.{rest}@{}", team.id, clean(&team.uid_domain))
}
