//! The server around the responses: connections, access, hosts, the request log, counts, health and metrics.
//!
//! [`serve`](serve::serve) binds, runs and stops; [`app`] is what it runs, in production and in tests; the [`gate`]
//! responds before routing to what needs no route, above all feeds; [`access`] refuses what no secret link opens.

pub(super) mod access;
pub(super) mod app;
pub(super) mod gate;
pub(super) mod health;
pub(super) mod hosts;
pub(super) mod listen;
pub(super) mod metrics;
pub(super) mod path;
pub(super) mod request_counts;
pub(super) mod request_log;
pub(super) mod serve;
pub(super) mod stall_timeout;
pub(super) mod visitor;
