//! Calendar feeds: a team's rota as iCalendar files that people subscribe to.
//!
//! In reading order: a [`Plan`] is a team's rota over the window of its feeds; [`events`] makes one list of [`Event`]s
//! from it; each event is [`Rendered`] once, and [`calendar`] copies it into each [`Feed`] that contains it. Feeds are
//! filters over the one list, so an event has the same identity and text in all of them.
//!
//! Not here: when an event's content last changed (the journal decides that, as a
//! [`Revision`](crate::journal::Revision)), HTTP, and the clock. Nothing in a feed depends on the time of the request.

mod alarm;
mod around;
mod calendar;
mod client;
pub mod colour;
mod content_line;
mod deadline;
mod event;
mod handover;
mod name;
mod occasion;
mod plan;
mod shift;
pub mod uid;
mod unknown;
mod writer;

pub use alarm::{Alarm, NoSuchAlarm};
pub use calendar::{Head, Rendered, calendar};
pub use client::Client;
pub use event::{Event, Hashes, Kind, Status, When, each_event, events, in_order};
pub use name::Feed;
pub use plan::{Links, Plan};
