//! What is served now: one immutable [`Snapshot`] behind one pointer.
//!
//! In reading order: a [`frame`](fn@frame) is the current week and the window that feeds carry; a [`TeamSnapshot`] is one
//! team within its frame, with its feeds written when first asked for; a [`Snapshot`] is all teams; the [`Store`]
//! holds the one in service; [`keep_rolling`] replaces it at duty changes.
//!
//! A request loads the pointer once and sees one snapshot from start to end. Nothing here knows HTTP, and nothing
//! reads the clock: the time is an argument.

mod coding;
mod feeds;
mod frame;
mod revisions;
mod roll;
#[cfg(test)]
pub(crate) mod sample;
mod snapshot;
mod store;
mod team;

pub use coding::Coding;
pub use feeds::{FeedSlot, Representation};
pub use frame::{Frame, frame};
pub use roll::keep_rolling;
pub use snapshot::Snapshot;
pub use store::Store;
pub use team::TeamSnapshot;
