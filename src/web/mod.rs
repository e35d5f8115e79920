//! The server: feeds for calendars, plain pages for people, an API for scripts, health checks for monitoring. The only
//! module that knows actix.
//!
//! [`server`] binds, accepts connections, checks each request and routes it; [`feeds`] answers requests for feeds;
//! [`pages`] and [`api`] answer the rest, with parameters read by [`query`]. [`State`] is what all of them share and
//! [`response`] how they answer.
//!
//! Each request loads the snapshot once. Error responses say what is wrong with the request and reveal nothing about
//! the server's internals.

mod api;
mod atom;
mod cache_policy;
mod feeds;
mod pages;
mod query;
mod response;
mod server;
mod state;

pub use feeds::coding::Coding;
pub use feeds::representation::{Representation, Validators, represent};
pub(crate) use feeds::subscribe::Subscribe;
pub use feeds::variant::Variant;
pub(crate) use pages::document;
pub use server::app::{create_admin_app, create_app};
pub use server::serve::{ServeError, serve};
pub use state::State;
