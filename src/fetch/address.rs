//! The address of a calendar: a secret, since whoever knows it can read the calendar.

use std::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;
use url::{Host, Url};

/// An address that a calendar is fetched from. Neither `Debug` nor `Display` shows more of it than its host: the path
/// and query of such an address are as good as a password.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    url: Url,
}

/// The SHA-256 of an address in lower-case hexadecimal digits. It names the address where the address itself must not
/// be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressDigest(String);

/// Why a text is not an [`Address`]. None of the messages quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It is not a URL, or has no host.
    #[error("it is not an address such as `https://calendar.example.org/…`")]
    Malformed,
    /// It is a URL, but neither `https` nor `webcal`.
    #[error("it must begin with `https://`")]
    Scheme,
    /// It is `http`, and its host is another machine.
    #[error("it must begin with `https://`: without encryption only this machine (loopback) can be reached")]
    NotEncrypted,
}

impl Address {
    /// Reads an address. `webcal://` and `webcals://`, which calendar programs show, mean `https://`. What follows `#`
    /// is dropped.
    ///
    /// ```
    /// use oncal::fetch::Address;
    ///
    /// let address = Address::parse("https://me:pw@example.org/private-1234/basic.ics")?;
    /// assert_eq!(address.to_string(), "example.org/…");
    /// # Ok::<(), oncal::fetch::AddressError>(())
    /// ```
    ///
    /// # Errors
    /// Why it is not one.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Malformed)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" | "webcal" | "webcals" => "https",
            "http" => "http",
            _ => return Err(AddressError::Scheme),
        };
        let mut url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| AddressError::Malformed)?;
        url.set_fragment(None);
        let address = Address { url };
        if address.url.host().is_none() {
            return Err(AddressError::Malformed);
        }
        if scheme == "http" && !address.is_loopback() {
            return Err(AddressError::NotEncrypted);
        }
        Ok(address)
    }

    /// Whether the host's name or IP address means this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Identifies the address where it must not be written.
    pub fn digest(&self) -> AddressDigest {
        AddressDigest(hex::encode(Sha256::digest(self.url.as_str())))
    }

    /// Whether what reads as host and port may be a user name and a password, without the `@host` after them.
    fn may_be_credentials(&self) -> bool {
        let is_one_word = matches!(self.url.host(), Some(Host::Domain(name)) if !name.contains('.'));
        is_one_word && self.url.username().is_empty() && !self.is_loopback()
    }

    /// The whole address, only for the request.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }
}

/// Whether the name of its host alone shows that `url` is on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.host_str().unwrap_or_default())?;
        if let Some(port) = self.url.port().filter(|_| !self.may_be_credentials()) {
            write!(f, ":{port}")?;
        }
        f.write_str("/…")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl AddressDigest {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_is_shown() {
        for (text, shown) in [
            (
                "https://user:secret@calendar.example.org/private-abc/basic.ics?token=x#y",
                "calendar.example.org/…",
            ),
            ("  https://calendar.example.org:8443/secret\n", "calendar.example.org:8443/…"),
            ("webcal://p01-caldav.example.org/published/2/secret", "p01-caldav.example.org/…"),
            ("http://127.0.0.1:5232/secret", "127.0.0.1:5232/…"),
            ("https://[2001:db8::1]/secret", "[2001:db8::1]/…"),
            ("https://user:12345", "user/…"),
            ("https://user:12345@calendars:8443", "calendars:8443/…"),
            ("https://localhost:8443/secret", "localhost:8443/…"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), format!("Address({shown})"));
        }
    }

    #[test]
    fn unencrypted_addresses_are_refused_without_being_quoted() {
        for (text, expected) in [
            ("a.ics", AddressError::Malformed),
            ("https://", AddressError::Malformed),
            ("https://exa mple.org/", AddressError::Malformed),
            ("file:///etc/passwd", AddressError::Scheme),
            ("ftp://example.org/a.ics", AddressError::Scheme),
            ("http://example.org/a.ics", AddressError::NotEncrypted),
            ("http://10.0.0.1/a.ics", AddressError::NotEncrypted),
            ("http://localhost.example.org/", AddressError::NotEncrypted),
        ] {
            assert_eq!(Address::parse(text), Err(expected), "{text}");
        }
        for text in ["http://localhost/", "http://LOCALHOST:80/", "http://127.9.9.9/", "http://[::1]/"] {
            assert!(Address::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn equal_addresses_have_one_digest() {
        let digest = |text: &str| Address::parse(text).unwrap().digest();
        assert_eq!(digest("https://EXAMPLE.org:443/a"), digest("webcal://example.org/a#x"));
        assert_ne!(digest("https://example.org/a"), digest("https://example.org/b"));
        assert_eq!(digest("https://example.org/a").as_str().len(), 64);
    }
}
