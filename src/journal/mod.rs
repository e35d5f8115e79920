//! The journal: what was published before, so that each event has a true SEQUENCE, CREATED and LAST-MODIFIED.
//!
//! In reading order: a [`Fact`] is an event as it is to be published, of which the journal knows little more than
//! hashes; [`publish`] compares the facts of a team with its [`Journal`] and decides every [`Revision`], as a pure
//! function; a [`Database`] keeps the journals and the log of changes, in SQLite or PostgreSQL.
//!
//! Not here: what an event shows (`feed`) and when something is published (`live`).

mod calendar_use;
mod connection;
mod copies;
mod database;
mod error;
mod gzip;
mod kept_calendar;
mod layout;
mod location;
mod notified;
mod opening;
mod outbox;
mod packed;
mod postgres;
mod postgres_url;
mod publication;
mod retention;
mod revision;
mod source;
mod sql;
mod sqlite;
mod subscriber;

pub use calendar_use::CalendarNotes;
pub use copies::Copies;
pub use database::Database;
pub use error::JournalError;
pub use kept_calendar::{CalendarCopy, CalendarState, Lease};
pub use location::Location;
pub use notified::{KnownNotices, NoticeDraft};
pub use outbox::{Channel, Notice, Postponed, Undelivered, WEBHOOK};
pub use packed::{Packed, Unreadable};
pub use postgres_url::is_unverified;
pub use publication::{ChangeRecord, Draft, Stored};
pub use retention::Retention;
pub use revision::{Entry, Fact, Hash, Highest, Journal, Publication, Revision, ShortHash, consult, publish};
pub use source::SourceFile;
pub use subscriber::Subscriber;
