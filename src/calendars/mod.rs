//! Calendars that are fetched from addresses: when each is fetched, what becomes of the result, and what is kept.
//!
//! In reading order: `schedule` decides when a calendar is due; `past` keeps what had begun when a new copy arrives;
//! `judge` decides whether a new copy can be used, and `outcome` what becomes of it; [`Calendars`] has all copies,
//! `stored` in the journal's database by this server and `others`, and is what a load gets them from; `once` fetches
//! them for a command, or before a server's first snapshot.
//!
//! Not here: the request (`fetch`), what a calendar says (`config`), the thread that keeps copies current (`live`).

mod copies;
mod job;
mod judge;
mod once;
mod options;
mod others;
mod outcome;
mod past;
mod schedule;
mod stored;

pub use copies::Calendars;
pub use job::Job;
pub use judge::{InService, LoadWith};
pub use once::{FetchWait, Unfetched};
pub use options::Options;
