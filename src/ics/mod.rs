//! iCalendar files of other programs (RFC 5545), read with places: which events there are and when they take place.
//!
//! In reading order: `text` decodes bytes, `line` unfolds content lines, `component` finds events in them; `value`
//! reads single values, `event` the times of one event and `series` which components are one event; `rule` is the
//! language of RRULE and `recur` the dates that follow; `time_zone` finds the clock that a time is on, `file_zone`
//! being one that the file defines; `shape` tells whole days from times, `instances` works out where the occurrences of
//! one event start, `expand` the occurrences of all, and `free_busy` reads what servers share instead of events.
//!
//! Written by hand, because no crate fits: `icalendar` and `ical` give up a whole file for one bad line, `calcard`
//! keeps no places to report, and none can bound what a hostile file costs. `rrule` looks through up to 100 000 periods
//! for a rule's next date, which nothing can interrupt, finds no date for `BYDAY=WE,-1FR`, and takes its clock changes
//! from chrono-tz's older data; here all rules of a file share one allowance of steps. Where other readers are right,
//! tests compare our dates with theirs.
//!
//! Not here: what an event means (`holidays::import`, `time_off`), and the writing of calendars (`feed`).

mod bounds;
mod component;
mod doubts;
mod event;
mod expand;
mod file_zone;
mod free_busy;
mod instances;
mod line;
mod pattern;
mod recur;
mod report;
mod rule;
mod series;
mod shape;
mod status;
mod text;
mod time_zone;
mod value;

pub use bounds::{Bounds, Context};
pub use component::{Calendar, CalendarFile, EVENT_PROPERTIES, Event, read};
pub use expand::{Expansion, Occurrence, Outcome, Repeats, Wanted, expand};
pub use free_busy::{BusyType, FreeBusy, free_busy};
pub use pattern::Patterns;
pub use report::Report;
pub use shape::Span;
pub use status::{Answer, BusyStatus};
pub use text::decode;
