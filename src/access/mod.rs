//! Secret links: who holds which key, and what a key opens.
//!
//! In reading order: a [`Secret`] is what all keys are made of; a [`Key`] is what stands in an address; a [`Scope`] is
//! what it opens, from the whole organisation down to the feed of one engineer; a [`Keyring`] finds the scope of a key
//! that somebody shows. The same secret, ids and generations give the same keys, so servers need not tell each other,
//! and raising a `link_generation` makes other keys.
//!
//! Not here: which addresses a scope opens, which is HTTP (`web`).

mod key;
mod keyring;
mod secret;

pub use key::{Key, Scope};
pub use keyring::Keyring;
pub use secret::{Secret, SecretError, Sources};

/// The first segment of every secret address, `/k/<key>/…`.
pub const SEGMENT: &str = "k";
