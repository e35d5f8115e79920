//! Secret links: which keys are valid, and what each gives access to.
//!
//! In reading order: all keys are derived from one [`Secret`]; a [`Key`] is part of a link; a [`Scope`] is what it
//! gives access to: all teams, or one team; a [`Keyring`] finds the scope of a key. The same secret, ids and
//! generations give the same keys, so several servers agree without talking to each other, and raising a
//! `link_generation` makes the old keys invalid.
//!
//! Not here: which paths a scope covers; that is HTTP (`web`).

mod key;
mod keyring;
mod secret;

pub use key::{Key, Scope};
pub use keyring::Keyring;
pub use secret::{Secret, SecretError, Sources};

/// The first segment of the path of every secret link, `/k/<key>/…`.
pub const SEGMENT: &str = "k";
