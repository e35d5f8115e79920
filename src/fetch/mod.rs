//! Calendars fetched from an address: what an address is, and how one is fetched safely.
//!
//! In reading order: an [`Address`] is the secret that a calendar is found by; `public_ip` distinguishes the public
//! internet from private networks; `guard` resolves names and refuses what a redirect must not reach; the [`Fetcher`]
//! makes one request with all its limits; `calendar_text` decides whether the response is a calendar at all, and
//! `reduced` drops what is not used for a [`Purpose`].
//!
//! Not here: what the calendar says (`ics`), what is kept of it (`journal`), and when it is fetched (`calendars`).

mod address;
mod calendar_text;
mod encryption;
mod error;
mod fetcher;
mod guard;
#[cfg(test)]
mod hostile_servers;
mod public_ip;
mod purpose;
mod reduced;

pub use address::{Address, AddressDigest, AddressError, is_loopback};
pub use encryption::{BadCertificate, requests, tls};
pub use error::FetchError;
pub use fetcher::{Fetched, Fetcher, Limits, Validators};
pub use purpose::Purpose;
pub use reduced::reduced;
