//! oncal: an on-call plan kept as TOML, expanded into calendar feeds.

pub mod cli;
pub mod clock;
pub mod config;
pub mod document;
pub mod feed;
pub mod holidays;
pub mod json;
pub mod live;
pub mod rota;
pub mod web;
