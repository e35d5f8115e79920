//! Publishing: each team's events are written to the journal before anybody is served them.
//!
//! In reading order: a [`frame`](fn@frame) is a team's current week and the window that feeds carry; `event_record`
//! turns events and changes into what the journal stores; a [`PublishedTeam`] is what the journal knows of one team;
//! the `comparer` compares the current events with that and decides their revisions; the [`Publisher`] writes them.
//!
//! Not here: how a revision is decided (`journal`), and what is served from the result (`live`).

mod comparer;
mod event_record;
mod frame;
mod published_team;
mod publisher;
mod team_to_publish;

pub use event_record::Change;
pub(crate) use event_record::{cancelled, has_been_in, head_uid};
pub use frame::{Frame, frame};
pub use published_team::JournalState;
pub(crate) use published_team::{PublishedTeam, revision};
pub use publisher::Publisher;
pub(crate) use team_to_publish::{Published, TeamToPublish, Trigger};
