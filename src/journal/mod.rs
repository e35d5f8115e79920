//! The journal: what was published before, so that each event has a true SEQUENCE, CREATED and LAST-MODIFIED.
//!
//! In reading order: a [`Fact`] is an event as it is to be published, of which the journal knows no more than its
//! hashes; [`publish`] sets the facts of a team against its [`Journal`] and decides every [`Revision`], as a pure
//! function; a [`Database`] keeps the journals, in SQLite or PostgreSQL, and the log of what moved.
//!
//! Not here: what an event shows (`feed`) and when something is published (`live`).

mod database;
mod encoding;
mod failure;
mod place;
mod revision;
mod subscriber;

pub use database::{Database, Draft, Logged, Stored};
pub use encoding::{Packed, Unreadable};
pub use failure::JournalError;
pub use place::Place;
pub use revision::{Entry, Fact, Hash, Journal, Mark, Publication, Revision, consult, publish};
pub use subscriber::Subscriber;
