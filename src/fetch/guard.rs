//! Resolves names, and refuses a redirect into a private network. It checks the IP addresses that are then connected
//! to, since a second look-up could give others.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::error::FetchError;

/// Resolves for one request.
#[derive(Debug)]
pub(super) struct Guard {
    /// Host and port of the request: the address of a proxy, resolved here too, is the operator's own.
    pub(super) target: (String, Option<u16>),
    /// Whether an earlier request of this fetch was to a public address.
    pub(super) must_be_public: bool,
    /// Set if the target has a public address.
    pub(super) is_public: Arc<AtomicBool>,
    /// Whether an address is public.
    pub(super) judge: fn(IpAddr) -> bool,
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = match DefaultResolver::default().resolve(uri, config, timeout) {
            Ok(found) => found,
            // Systems report an unknown name in different ways, and the kind of error does not identify it.
            Err(ureq::Error::Io(_)) => return Err(ureq::Error::HostNotFound),
            Err(error) => return Err(error),
        };
        let is_target = uri.host() == Some(self.target.0.as_str()) && uri.port_u16() == self.target.1;
        if !is_target {
            return Ok(found);
        }
        if found.iter().any(|address| (self.judge)(address.ip())) {
            self.is_public.store(true, Ordering::Relaxed);
        }
        if !self.must_be_public {
            return Ok(found);
        }
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| (self.judge)(address.ip())) {
            allowed.push(*address);
        }
        if allowed.is_empty() {
            return Err(ureq::Error::Other(Box::new(FetchError::RedirectToPrivate)));
        }
        Ok(allowed)
    }
}
