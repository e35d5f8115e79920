//! Notices: which messages are due to whom, and what they say. Pure: no files, no clock, no network.
//!
//! In reading order: [`Facts`] are the rota as it is published, [`Terms`] say who has an address and how far ahead
//! changes are reported; [`Notified`] is what the recipients know already; [`plan`](fn@plan) compares them and gives
//! the [`Message`]s that are due together with the [`Notified`] that follows. Three things are compared: confirmed
//! shifts (`duty`), conflicts that the team must agree on (`agreement`), and the weekly `digest`. A change waits until
//! it has settled (`settle`). If the messages and the next [`Notified`] are written in one transaction, no message is
//! lost or repeated.
//!
//! Not here: addresses, the outbox (`journal`) and sending (`delivery`, `notifier`).

mod agreement;
mod agreement_words;
mod digest;
mod duty;
mod duty_words;
mod facts;
mod message;
mod notified;
mod plan;
mod settle;
mod words;

pub use facts::{Facts, Terms};
pub use message::{Involved, Kind, Message, Part, Recipient, Text};
pub use notified::Notified;
pub use plan::{Plan, plan};
pub use words::test_message;
