//! Feeds over HTTP: which feed and which variant is requested, in which coding, and whether the client already has it.

pub(super) mod accept_encoding;
pub(super) mod body;
pub(super) mod client;
pub(super) mod conditional;
pub(super) mod handler;
pub(super) mod subscribe;
