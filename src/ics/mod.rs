//! iCalendar files of others (RFC 5545), read with places: what events there are and when they take place.
//!
//! In reading order: `text` mends bytes, `line` unfolds content lines, `component` finds events in them; `value` reads
//! single values and `event` the times of one event; `rule` is the language of RRULE, `recur` the dates that follow,
//! `expand` the occurrences of all events of a file; `tzid` finds the zone that a file means.
//!
//! Written by hand, because no crate fits: `icalendar` and `ical` give up a whole file for one bad line, `calcard`
//! keeps no places to report, and none can bound what a hostile file costs. `rrule` looks through up to 100 000 periods
//! for a rule's next date, which nothing can interrupt, finds no date for `BYDAY=WE,-1FR`, and takes its clock changes
//! from chrono-tz's older data; here all rules of a file share one allowance of steps. Where `rrule` is right, a test
//! holds our dates to its.
//!
//! Not here: what an event means (`holidays::import`, `config`'s time off), and the writing of calendars (`feed`).

mod component;
mod event;
mod expand;
mod line;
mod recur;
mod report;
mod rule;
mod text;
mod tzid;
mod value;

pub use component::{Calendar, CalendarFile, Event, read};
pub use expand::{Bounds, Expansion, Occurrence, Repeats, Span, expand};
pub use report::Report;
pub use rule::{BadRule, Frequency, Rule, RuleFault};
pub use text::mend_folds;
pub use value::{Clock, Stamp};

pub use recur::{Allowance, Exhausted, dates};
