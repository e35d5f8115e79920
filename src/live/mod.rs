//! What is served now: one immutable [`Snapshot`] behind one pointer.
//!
//! In reading order: a [`frame`](fn@frame) is the current week and the window that feeds carry; a [`Publisher`] has
//! the journal learn of what teams have become; a [`TeamSnapshot`] is one team within its frame, with its feeds written
//! when first asked for; a [`Snapshot`] is all teams; the [`Store`] holds the one in service; a [`Keeper`] replaces it
//! when files change and at duty changes.
//!
//! A request loads the pointer once and sees one snapshot from start to end. Nothing here knows HTTP, and nothing
//! reads the clock: the time is an argument.

mod amiss;
mod book;
mod client;
mod coding;
mod due;
mod etag;
mod feeds;
mod frame;
mod gone;
mod keep;
mod publish;
mod record;
#[cfg(test)]
pub(crate) mod sample;
mod snapshot;
mod store;
mod subscribers;
mod team;
mod upkeep;
mod watch;

pub use book::Standing;
pub use client::Client;
pub use coding::Coding;
pub use etag::etag;
pub use feeds::{FeedSlot, Representation, Variant};
pub use frame::{Frame, frame};
pub use keep::{Duties, Keeper};
pub use publish::{Cause, Publisher, Terms};
pub use record::Change;
pub use snapshot::Snapshot;
pub use store::{Fault, Faults, Load, Store};
pub use subscribers::{FeedSubscribers, Fetched};
pub use team::TeamSnapshot;
