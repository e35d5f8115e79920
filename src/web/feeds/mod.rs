//! Feeds over HTTP: which feed and which variant of it is requested, in which coding, and whether the client already
//! has it.
//!
//! [`handler`] answers a request; what it reads from the request is in [`accept_encoding`], [`conditional`] and
//! [`client`]. A [`representation`] is a feed in one [`variant`] and one [`coding`]; the [`cache`] keeps them.

pub(super) mod accept_encoding;
pub(super) mod body;
pub(super) mod cache;
pub(super) mod client;
pub(super) mod coding;
pub(super) mod conditional;
pub(super) mod etag;
pub(super) mod handler;
pub(super) mod representation;
pub(super) mod subscribe;
pub(super) mod variant;
