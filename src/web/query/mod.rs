//! What the query of a request may contain.
//!
//! [`pairs`] decodes it and [`limits`] says how much a request may cover, for pages and for the [`api`]. On pages
//! parameters without meaning are ignored, since people edit addresses; the API refuses them, since a script that
//! misspells `from` should learn about it. Queries of a [`feed`] are read apart, without allocation.

pub(super) mod api;
pub(super) mod feed;
pub(super) mod limits;
pub(super) mod pairs;
