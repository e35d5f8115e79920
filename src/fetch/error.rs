//! Why a calendar could not be fetched. No message quotes anything that the server sent.

use std::io;

use thiserror::Error;

use super::encryption::BadCertificate;

/// Why a fetch failed. The texts go to logs and pages, so they quote nothing of the address or the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The whole fetch took too long, redirects included.
    #[error("timed out: no complete response within {seconds} seconds")]
    TimedOut {
        /// How long it was given.
        seconds: u64,
    },
    /// The response is too large after decompression.
    #[error("the response is larger than {megabytes} MB")]
    TooLarge {
        /// What would have been accepted.
        megabytes: u64,
    },
    /// More redirects than are followed.
    #[error("the server redirects more than {limit} times")]
    TooManyRedirects {
        /// How many are followed.
        limit: usize,
    },
    /// A redirect without a target, or to something that is not an address.
    #[error("the server redirects to something that is not an address")]
    BadRedirect,
    /// A redirect to an address that is not encrypted.
    #[error("the server redirects to an address that is not https")]
    RedirectNotEncrypted,
    /// A redirect from the internet into a private network.
    #[error("the server redirects from a public address to a private one")]
    RedirectToPrivate,
    /// Any status but 200 and 304.
    #[error("the server responded with status {0}")]
    Status(u16),
    /// A 304 to a request that was not conditional.
    #[error("the server responded with status 304 (not modified) although nothing had been fetched before")]
    NotModifiedUnasked,
    /// The name of the host has no IP address.
    #[error("the host was not found")]
    HostNotFound,
    /// The connection failed or broke.
    #[error("the connection failed: {0}")]
    Connection(io::ErrorKind),
    /// The certificate cannot be accepted.
    #[error("the server's certificate {0}")]
    Certificate(BadCertificate),
    /// The TLS handshake failed.
    #[error("the TLS handshake failed")]
    Encryption,
    /// The response is not HTTP.
    #[error("the server's response is not valid HTTP")]
    Protocol,
    /// The response cannot be decompressed.
    #[error("the compressed response is corrupt")]
    Compression,
    /// The proxy refused, or its address is not valid.
    #[error("failed to connect through the proxy (HTTPS_PROXY or ALL_PROXY)")]
    Proxy,
    /// An HTML page.
    #[error(
        "the response is a web page and not a calendar; perhaps the address needs a sign-in or was revoked"
    )]
    WebPage,
    /// Anything else that is not a calendar.
    #[error("the response is not a calendar (it has no BEGIN:VCALENDAR)")]
    NotACalendar,
    /// A calendar that is cut short.
    #[error("the response is incomplete: END:VCALENDAR is missing")]
    Incomplete,
    /// Not UTF-8.
    #[error("the response is not UTF-8 text")]
    NotUtf8,
}

impl FetchError {
    /// Why a connection was not made or a response not read; `None` for the limits, which are the caller's.
    pub(super) fn of(error: ureq::Error) -> Option<FetchError> {
        Some(match error {
            ureq::Error::Timeout(_) | ureq::Error::BodyExceedsLimit(_) => return None,
            ureq::Error::HostNotFound => FetchError::HostNotFound,
            ureq::Error::Io(error) => match rustls_error(&error) {
                Some(error) => FetchError::of_tls(error),
                None => FetchError::Connection(error.kind()),
            },
            ureq::Error::Rustls(error) => FetchError::of_tls(&error),
            ureq::Error::Tls(_) | ureq::Error::TlsRequired | ureq::Error::Pem(_) => FetchError::Encryption,
            ureq::Error::Decompress(..) => FetchError::Compression,
            ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => FetchError::Proxy,
            ureq::Error::ConnectionFailed => FetchError::Connection(io::ErrorKind::NotConnected),
            ureq::Error::Other(error) => match error.downcast_ref::<FetchError>() {
                Some(error) => *error,
                None => FetchError::Connection(io::ErrorKind::Other),
            },
            _ => FetchError::Protocol,
        })
    }

    fn of_tls(error: &rustls::Error) -> FetchError {
        match error {
            rustls::Error::InvalidCertificate(error) => FetchError::Certificate(BadCertificate::of(error)),
            _ => FetchError::Encryption,
        }
    }
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}
