//! The server: feeds for calendars, plain pages for people, health for monitoring. The only place that knows actix.
//!
//! In reading order: [`serve`] binds, runs and stops; [`create_app`] is what it runs, in production and in tests; the
//! gate answers before routing whatever needs no route, feeds above all, and `access` what no secret link opens; `feeds` is a feed as a response, by way of
//! `conditional`, `accept_encoding` and `query`; `pages` are for people, `health` for machines.
//!
//! A request loads the snapshot once. Errors say what is wrong with the request and nothing of the inside.

mod accept_encoding;
mod access;
mod agent;
mod answer;
mod api;
mod app;
mod body;
mod changes;
mod conditional;
mod counts;
mod feeds;
mod gate;
mod guesses;
mod health;
mod hosts;
mod metrics;
mod pages;
mod patient;
mod query;
mod serve;
mod site;
mod subscribe;
mod trace;

pub use app::{create_admin_app, create_app};
pub use serve::{ServeError, serve};
pub use site::Site;
