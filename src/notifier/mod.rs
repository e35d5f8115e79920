//! The notifier: plans notices when the rota changes or time passes, keeps them in the journal's outbox, and delivers
//! them. Its threads wait for databases and mail servers, and nothing else waits for them.
//!
//! In reading order: `destinations` knows where a recipient is reached; the [`Planner`] compares what is served with
//! what the recipients know, and writes the messages that are due together with what is known then; a [`Sender`] claims
//! each message, delivers it and marks it; `status` shows what could not be delivered; the [`Notifier`] runs them.
//!
//! Not here: what messages say (`notices`), how they are carried (`delivery`).

mod destinations;
mod handle;
mod planner;
mod sender;
mod status;

pub use destinations::{Destination, Environment, destinations, facts_schedule, outdated, terms};
pub use handle::{Notifier, Options};
pub use planner::{Planner, notice};
pub use sender::{Sender, carried};
