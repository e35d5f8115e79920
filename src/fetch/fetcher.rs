//! One fetch, with all its limits. ureq could follow redirects itself; here each is a separate request, since each must
//! be checked first, and credentials must not reach another host.

use std::env;
use std::io::Read;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use ureq::config::Config;
use ureq::http::header::{AUTHORIZATION, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use ureq::http::{HeaderMap, Response};
use ureq::tls::RootCerts;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Proxy};
use url::{Host, Url};

use super::address::{Address, is_loopback};
use super::calendar_text::calendar_text;
use super::encryption::{requests, tls_with, trusted_roots};
use super::error::FetchError;
use super::guard::Guard;
use super::public_ip::is_public;

const MEGABYTE: u64 = 1_000_000;

/// What a fetch may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time for all of it, including redirects.
    pub overall: Duration,
    /// The bytes of a response, after decompression.
    pub megabytes: u64,
    /// How many redirects are followed.
    pub redirects: usize,
}

impl Limits {
    /// The ones in use: see `docs/calendars.md`.
    pub const DEFAULT: Limits = Limits { overall: Duration::from_secs(30), megabytes: 25, redirects: 5 };
}

/// What a server sent with a calendar, to be sent back so that it can respond "not modified" (RFC 9110 section 13.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The ETag, in its quotes.
    pub etag: Option<String>,
    /// The time of the last modification, as the server wrote it.
    pub last_modified: Option<String>,
}

/// What a successful fetch gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The server says that nothing has changed.
    NotModified,
    /// The calendar.
    Calendar {
        /// Its whole text.
        text: String,
        /// For the next fetch.
        validators: Validators,
    },
}

/// Fetches calendars. It holds the certificates that were trusted when it was created, so a long-running process
/// creates new ones from time to time.
#[derive(Debug)]
pub struct Fetcher {
    pub(super) limits: Limits,
    pub(super) roots: RootCerts,
    pub(super) proxy: Result<Option<Proxy>, FetchError>,
    /// Whether an IP address is a public one.
    pub(super) judge: fn(IpAddr) -> bool,
}

impl Fetcher {
    /// A fetcher with the certificates of the system and those built in, and the proxy of the environment.
    pub fn new() -> Fetcher {
        Fetcher { limits: Limits::DEFAULT, roots: trusted_roots(), proxy: proxy(), judge: is_public }
    }

    /// [`Fetcher::new`] with other limits.
    pub fn with_limits(limits: Limits) -> Fetcher {
        Fetcher { limits, ..Fetcher::new() }
    }

    /// Fetches the calendar at `address`. With what is `known` from an earlier fetch the server may respond that
    /// nothing changed. This takes at most [`Limits::overall`].
    ///
    /// # Errors
    ///
    /// If no calendar could be fetched, and why.
    pub fn fetch(&self, address: &Address, known: Option<&Validators>) -> Result<Fetched, FetchError> {
        let deadline = Instant::now() + self.limits.overall;
        let mut url = without_credentials(address.url());
        let mut was_public = false;
        for _ in 0..=self.limits.redirects {
            let is_own = url.origin() == address.url().origin();
            let credentials = if is_own { credentials(address.url()) } else { None };
            let hop = Hop { url: &url, credentials, known, deadline, must_be_public: was_public };
            let (response, is_public) = self.request(&hop)?;
            was_public |= is_public;
            match response.status().as_u16() {
                301 | 302 | 303 | 307 | 308 => url = redirected(&url, response.headers())?,
                304 if known.is_some() => return Ok(Fetched::NotModified),
                304 => return Err(FetchError::NotModifiedUnasked),
                200 => return self.read(response),
                status => return Err(FetchError::Status(status)),
            }
        }
        Err(FetchError::TooManyRedirects { limit: self.limits.redirects })
    }

    /// Makes one request. Returns the response, and whether the host is public.
    fn request(&self, hop: &Hop<'_>) -> Result<(Response<Body>, bool), FetchError> {
        let left = hop.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(self.timed_out());
        }
        // A proxy cannot reach this machine, so it is not used.
        let proxy = if is_loopback(hop.url) { None } else { self.proxy.clone()? };
        let is_public = Arc::new(AtomicBool::new(false));
        if proxy.is_some() {
            // The proxy resolves names; only an IP address can be judged here.
            let is_private = match hop.url.host() {
                Some(Host::Ipv4(ip)) => !(self.judge)(ip.into()),
                Some(Host::Ipv6(ip)) => !(self.judge)(ip.into()),
                _ => false,
            };
            is_public.store(!is_private, Ordering::Relaxed);
            if is_private && hop.must_be_public {
                return Err(FetchError::RedirectToPrivate);
            }
        }
        let guard = Guard {
            target: (hop.url.host_str().unwrap_or_default().to_owned(), hop.url.port()),
            must_be_public: hop.must_be_public,
            is_public: Arc::clone(&is_public),
            judge: self.judge,
        };
        let agent = Agent::with_parts(self.config(left, proxy), DefaultConnector::default(), guard);
        let mut request = agent.get(hop.url.as_str());
        if let Some(credentials) = &hop.credentials {
            request = request.header(AUTHORIZATION, credentials);
        }
        if let Some(etag) = hop.known.and_then(|known| known.etag.as_ref()) {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(modified) = hop.known.and_then(|known| known.last_modified.as_ref()) {
            request = request.header(IF_MODIFIED_SINCE, modified);
        }
        let response = request.call().map_err(|error| self.failure(error))?;
        Ok((response, is_public.load(Ordering::Relaxed)))
    }

    fn config(&self, left: Duration, proxy: Option<Proxy>) -> Config {
        requests(tls_with(self.roots.clone()), left).proxy(proxy).accept("text/calendar, */*;q=0.5").build()
    }

    fn read(&self, response: Response<Body>) -> Result<Fetched, FetchError> {
        let text =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let validators = Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) };
        let limit = self.limits.megabytes * MEGABYTE;
        let mut bytes = Vec::new();
        let body = response.into_body().into_reader();
        let read = body.take(limit + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.failure(ureq::Error::from(error)))?;
        if bytes.len() as u64 > limit {
            return Err(FetchError::TooLarge { megabytes: self.limits.megabytes });
        }
        Ok(Fetched::Calendar { text: calendar_text(bytes)?, validators })
    }

    fn failure(&self, error: ureq::Error) -> FetchError {
        FetchError::of(error).unwrap_or_else(|| self.timed_out())
    }

    fn timed_out(&self) -> FetchError {
        FetchError::TimedOut { seconds: self.limits.overall.as_secs() }
    }
}

impl Default for Fetcher {
    fn default() -> Fetcher {
        Fetcher::new()
    }
}

/// One request of a fetch.
struct Hop<'a> {
    url: &'a Url,
    credentials: Option<String>,
    known: Option<&'a Validators>,
    deadline: Instant,
    must_be_public: bool,
}

/// Where `url` redirects to.
fn redirected(url: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let next = url.join(location.ok_or(FetchError::BadRedirect)?).map_err(|_| FetchError::BadRedirect)?;
    match next.scheme() {
        "https" if next.has_host() => Ok(without_credentials(&next)),
        "http" => Err(FetchError::RedirectNotEncrypted),
        _ => Err(FetchError::BadRedirect),
    }
}

fn without_credentials(url: &Url) -> Url {
    let mut url = url.clone();
    // These fail only for an address without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url
}

/// What `Authorization` says for the user name and password in `url` (RFC 7617).
fn credentials(url: &Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let mut pair = decoded(url.username());
    pair.push(b':');
    pair.extend(decoded(url.password().unwrap_or_default()));
    Some(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

/// The proxy of the environment. Of `HTTPS_PROXY` and `ALL_PROXY`, in either case, the first that is set counts.
fn proxy() -> Result<Option<Proxy>, FetchError> {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let Some(url) = names.iter().find_map(|name| env::var(name).ok().filter(|url| !url.is_empty())) else {
        return Ok(None);
    };
    let proxy = Proxy::new(&url).map_err(|_| FetchError::Proxy)?;
    let mut builder = Proxy::builder(proxy.protocol()).host(proxy.host()).port(proxy.port());
    if let Some(username) = proxy.username() {
        builder = builder.username(username);
    }
    if let Some(password) = proxy.password() {
        builder = builder.password(password);
    }
    let exceptions = ["NO_PROXY", "no_proxy"].iter().find_map(|name| env::var(name).ok()).unwrap_or_default();
    for host in exceptions.split(',').map(str::trim).filter(|host| !host.is_empty()) {
        builder = builder.no_proxy(host);
    }
    builder.build().map(Some).map_err(|_| FetchError::Proxy)
}
