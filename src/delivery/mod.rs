//! Delivery: one message by mail, or to a webhook.
//!
//! Not here: what messages say (`notices`), which are due and what becomes of them (`notifier`).

mod failure;
mod mail;
mod network;
mod webhook;

pub use failure::{Failure, FailureScope, Reason};
pub use mail::Mail;
pub use network::{Network, Transport};
pub use webhook::{fitted, neutralised};
