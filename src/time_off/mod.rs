//! Time off from the calendars that people keep in other programs: which of their entries count, and when somebody is
//! away because of them.
//!
//! In reading order: `rules` decides on one entry, `read` applies that to a calendar, `summary` says what was passed
//! over; an `absence` is a result. Titles are private: they are neither kept nor shown.
//!
//! Not here: the syntax and the recurrences (`ics`), where the calendars are (`config`), and what is done about
//! an absence (`rota`).

mod absence;
mod read;
mod rules;
mod summary;

pub use absence::Absence;
pub use read::{Leave, Reader};
pub use rules::{Count, Person, Rules};
pub use summary::{PassedOver, Summary};
