//! Wording that feeds, pages and the command line share: dates and times, lists and plurals, statuses, reasons, and
//! holidays that are not known.
//!
//! Not here: sentences that only one of them uses, HTML, and iCalendar's escapes. It depends on the rota alone.

mod clean;
mod count;
mod format_short;
pub mod moment;
mod occasion;
mod proposal;
mod reason;
mod status;
mod unknown;
mod wall_clock;

pub use clean::{capitalised, clean, clean_or, isolated};
pub use count::{count, days_ahead_of, hours, hours_grouped, list};
pub use format_short::format_short;
pub use moment::stretch;
pub use occasion::{
    occasion_away, occasion_dates, occasion_hours, occasion_on_call, occasion_primaries, occasion_status,
    occasion_title, on_call_holders, on_call_in_turn,
};
pub use proposal::{agree_command, candidates, proposal};
pub use reason::{reason, reasons};
pub use status::{Tone, role_title, status, tone};
pub use unknown::{UnknownCalendar, by_calendar, unknown_agenda_line, unknown_summary};
pub use wall_clock::{WallClock, Year};
