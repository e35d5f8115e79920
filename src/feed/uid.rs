//! UIDs of events. They depend on the slot and never on the person, so that a cover or a swap updates an event in
//! place.

use std::fmt;

use chrono::{Datelike, NaiveDate, Timelike};

use crate::rota::{EngineerId, Instant, Role, Shift, Team};

use crate::text::{clean, format_short};

/// The UID of a shift: `<team>.<role>.<start>@<uid_domain>`. Also the `uid` of a shift in JSON.
pub fn shift(team: &Team, shift: &Shift) -> String {
    slot(team, shift.role, shift.period.start())
}

/// The UID of whatever shift of `role` starts at `start`.
pub fn slot(team: &Team, role: Role, start: Instant) -> String {
    of(team, format_args!("{}.{}", role.as_str(), Compact(start)))
}

/// The UID of the meeting for the duty change at `change`, wherever the meeting moves.
pub fn handover(team: &Team, change: Instant) -> String {
    of(team, format_args!("handover.{}", Compact(change)))
}

/// The UID of the deadline of the conflict that starts at `conflict`.
pub fn deadline(team: &Team, conflict: Instant) -> String {
    of(team, format_args!("deadline.{}", Compact(conflict)))
}

/// The UID of the holidays in a row that start on `first`; two such runs never start on one date.
pub fn occasion(team: &Team, first: NaiveDate) -> String {
    of(team, format_args!("occasion.{}", CompactDate(first)))
}

/// The UID of the time off of `engineer` that starts on `first` in their zone.
pub fn time_off(team: &Team, engineer: &EngineerId, first: NaiveDate) -> String {
    of(team, format_args!("time-off.{engineer}.{}", CompactDate(first)))
}

/// The UID of the note that the holidays of `engineer` are not known from `date` on, by `calendar` or at all.
pub fn holidays_unknown(
    team: &Team,
    engineer: &EngineerId,
    calendar: Option<&str>,
    date: NaiveDate,
) -> String {
    let calendar = calendar.map(|id| format!(".{}", clean(id))).unwrap_or_default();
    of(team, format_args!("holidays-unknown.{engineer}{calendar}.{}", CompactDate(date)))
}

/// The UID of the note on `date` that the leave of `engineer` is not known.
pub fn leave_unknown(team: &Team, engineer: &EngineerId, date: NaiveDate) -> String {
    of(team, format_args!("leave-unknown.{engineer}.{}", CompactDate(date)))
}

/// `20261225T150000Z`, RFC 5545 3.3.5 form 2.
struct Compact(Instant);

impl fmt::Display for Compact {
    /// Formatted by hand, since each event has several and chrono would parse the pattern each time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0.time();
        let time = time.hour() * 10_000 + time.minute() * 100 + time.second();
        write!(f, "{}T{time:06}Z", CompactDate(self.0.date_naive()))
    }
}

/// `20261225`, RFC 5545 3.3.4.
struct CompactDate(NaiveDate);

impl fmt::Display for CompactDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CompactDate(date) = self;
        write!(f, "{:08}", date.year() * 10_000 + (date.month() * 100 + date.day()).cast_signed())
    }
}

fn of(team: &Team, rest: fmt::Arguments<'_>) -> String {
    format_short(format_args!("{}.{rest}@{}", team.id, clean(&team.uid_domain)))
}
