//! What the query of a request may contain, and its limits.

pub(super) mod api;
pub(super) mod feed;
