//! oncal: an on-call plan kept as TOML, expanded into calendar feeds.

pub mod document;
pub mod feed;
pub mod rota;
