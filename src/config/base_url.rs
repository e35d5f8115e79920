//! An `http` or `https` address that links start with.
//!
//! Parsed by hand: only a scheme, a host, a port and a path are allowed, and each mistake gets its own message.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use thiserror::Error;

/// The beginning of links: scheme, host, and optionally a port and a path; never with `/` at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    scheme_bytes: usize,
    host_is_loopback: bool,
}

/// Why a text is not a [`BaseUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BaseUrlError {
    /// It does not begin with `http://` or `https://`.
    #[error("it must begin with `http://` or `https://`")]
    Scheme,
    /// It has `?` or `#`.
    #[error("it must end with its path, without `?` or `#`")]
    QueryOrFragment,
    /// It has a user name or password.
    #[error("it must not contain a user name or password")]
    Credentials,
    /// Its host is empty or has characters that no host has.
    #[error("its host is not a host name or an IP address")]
    Host,
    /// Its port is not a number from 1 to 65535.
    #[error("its port is not a number from 1 to 65535")]
    Port,
    /// Its path has white space or other characters that a link cannot have.
    #[error("its path has characters that must be written as `%` and two digits")]
    Path,
}

impl BaseUrl {
    /// Reads an address such as `https://oncall.example.org/rota`.
    ///
    /// # Errors
    ///
    /// If it is not such an address.
    pub fn parse(text: &str) -> Result<BaseUrl, BaseUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(BaseUrlError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(BaseUrlError::Scheme);
        }
        if rest.contains(['?', '#']) {
            return Err(BaseUrlError::QueryOrFragment);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(BaseUrlError::Credentials);
        }
        let path_fits = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(c);
        if !path.chars().all(path_fits) {
            return Err(BaseUrlError::Path);
        }
        let (host, port) = split_port(authority)?;
        // `parse` alone would take a sign.
        let port_fits = |port: &str| {
            port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
        };
        if port.is_some_and(|port| !port_fits(port)) {
            return Err(BaseUrlError::Port);
        }
        let host_is_loopback = host_is_loopback(host).ok_or(BaseUrlError::Host)?;
        let text = format!("{scheme}://{authority}{}", path.trim_end_matches('/'));
        Ok(BaseUrl { text, scheme_bytes: scheme.len(), host_is_loopback })
    }

    /// The address of `path` below it; `path` has no `/` around it and no characters that need encoding.
    #[must_use]
    pub fn below(&self, path: &str) -> BaseUrl {
        BaseUrl { text: format!("{}/{path}", self.text), ..self.clone() }
    }

    /// The address of a server that listens on `bind` without encryption; a server that listens on all addresses is
    /// reached on loopback.
    pub fn at(bind: SocketAddr) -> BaseUrl {
        let reached = reached_at(bind);
        let text = format!("http://{reached}");
        BaseUrl { text, scheme_bytes: "http".len(), host_is_loopback: is_loopback(reached.ip()) }
    }

    /// The whole address, without `/` at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Everything after `://`: host, port and path, for links with another scheme such as `webcal`.
    pub fn after_scheme(&self) -> &str {
        self.text.get(self.scheme_bytes + "://".len()..).unwrap_or_default()
    }

    /// Whether only the same machine can reach it.
    pub fn is_loopback(&self) -> bool {
        self.host_is_loopback
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), BaseUrlError> {
    if let Some((host, after)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        host.parse::<Ipv6Addr>().map_err(|_| BaseUrlError::Host)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(BaseUrlError::Host),
        };
    }
    if authority.starts_with('[') {
        return Err(BaseUrlError::Host);
    }
    match authority.split_once(':') {
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

/// Where this machine reaches a server that listens on `bind`: on loopback if it listens on all addresses.
pub fn reached_at(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

/// Whether only the same machine can reach `address`, an IPv4 address written as IPv6 included.
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// `None` where `host` is not a host.
fn host_is_loopback(host: &str) -> Option<bool> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(is_loopback(address));
    }
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    // Digits and dots that are no IPv4 address (`127.1`) are read as one by some programs and not by others.
    let numeric = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if name.len() > 253 || !name.split('.').all(label_fits) || numeric && name.parse::<Ipv4Addr>().is_err() {
        return None;
    }
    // RFC 6761 6.3: names under `localhost` are loopback.
    Some(name == "localhost" || name.ends_with(".localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_without_its_last_slash() {
        for (given, kept) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://oncall.example.org/", "https://oncall.example.org"),
            ("HTTPS://oncall.example.org/a/b//", "https://oncall.example.org/a/b"),
            ("http://[::1]:80/x", "http://[::1]:80/x"),
        ] {
            assert_eq!(BaseUrl::parse(given).unwrap().as_str(), kept);
        }
        let url = BaseUrl::parse("https://a.example:444/b").unwrap();
        assert_eq!(url.after_scheme(), "a.example:444/b");
    }

    #[test]
    fn each_defect_is_distinguished() {
        use BaseUrlError::*;
        for (given, expected) in [
            ("", Scheme),
            ("oncall.example.org", Scheme),
            ("ftp://example.org", Scheme),
            ("http://example.org/?a=1", QueryOrFragment),
            ("http://example.org#x", QueryOrFragment),
            ("http://user:secret@example.org", Credentials),
            ("http://", Host),
            ("http:///path", Host),
            ("http://a b", Host),
            ("http://exa_mple..org", Host),
            ("http://127.1", Host),
            ("http://[::1", Host),
            ("http://[::1]x", Host),
            ("http://[nine]", Host),
            ("http://example.org:", Port),
            ("http://example.org:0", Port),
            ("http://example.org:65536", Port),
            ("http://example.org:80a", Port),
            ("http://example.org/a b", Path),
            ("http://example.org/a\nb", Path),
        ] {
            assert_eq!(BaseUrl::parse(given), Err(expected), "{given:?}");
        }
    }

    #[test]
    fn loopback_is_the_machine_itself() {
        for (given, expected) in [
            ("http://127.0.0.1", true),
            ("http://127.8.9.1:80", true),
            ("http://[::1]", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://localhost:8080", true),
            ("http://LocalHost.", true),
            ("http://a.localhost", true),
            ("http://0.0.0.0", false),
            ("http://[::]", false),
            ("http://192.168.1.1", false),
            ("http://localhost.example.org", false),
            ("http://notlocalhost", false),
        ] {
            assert_eq!(BaseUrl::parse(given).unwrap().is_loopback(), expected, "{given}");
        }
    }
}
