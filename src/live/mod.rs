//! What is served now: one immutable [`Snapshot`] behind one pointer.
//!
//! In reading order: a [`TeamSnapshot`] is one team within its current week, with what its feeds are written from,
//! computed when it is first requested; a [`Snapshot`] is all teams; a [`Builder`] makes each snapshot from the
//! configuration and the snapshot before it, and has it published; the [`Store`] holds the one in service; the
//! [`Reloader`] replaces it when files change and at duty changes. [`FeedSubscribers`] counts which calendar clients
//! fetch which feed.
//!
//! A request loads the pointer once and sees one snapshot from start to end. Nothing here reads the clock: the time is
//! an argument.

mod build;
mod builder;
mod feed_slot;
mod keys;
mod last_good;
mod notice_status;
pub mod reloader;
#[cfg(test)]
pub(crate) mod sample;
mod served_teams;
mod snapshot;
mod store;
mod subscribers;
mod team;

pub use build::Build;
pub use builder::Builder;
pub use feed_slot::{FeedSlot, FeedSource};
pub use notice_status::{ChannelStatus, NoticeCounts, NoticeStatus};
pub use reloader::Reloader;
pub use snapshot::Snapshot;
pub use store::{Fault, FaultKind, Faults, Load, Store};
pub use subscribers::{FeedSubscribers, Fetched};
pub use team::TeamSnapshot;
