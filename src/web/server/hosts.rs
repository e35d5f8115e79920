//! The host names that the server answers for.
//!
//! A page on the internet can make a browser send requests to this machine under a name of its own (DNS rebinding),
//! which is then in the Host header. So an open server that is meant for this machine alone answers only for the names
//! of this machine.

use std::net::IpAddr;

use actix_web::dev::RequestHead;
use actix_web::http::Uri;
use actix_web::http::header::{HOST, HeaderValue};
use actix_web::http::uri::Authority;

/// The names that a server answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) enum Hosts {
    /// Every name: the server is open to the network.
    Any,
    /// This machine, and the host of `public_url`.
    Local {
        /// Host and port of the URL: nearly every request names exactly that.
        authority: String,
        /// Its host, in lower case, without port; empty where the URL has none.
        public: String,
    },
}

impl Hosts {
    /// This machine, and the host of `public_url`.
    pub(in crate::web) fn local(public_url: &str) -> Hosts {
        let uri = public_url.parse::<Uri>().ok();
        let public = uri.as_ref().and_then(Uri::host).unwrap_or_default().to_ascii_lowercase();
        let authority = uri.as_ref().and_then(Uri::authority).map(Authority::to_string).unwrap_or_default();
        Hosts::Local { authority, public }
    }

    /// Whether the request may be answered. A request without Host cannot come from a browser and may.
    pub(in crate::web) fn admit(&self, head: &RequestHead) -> bool {
        let Hosts::Local { authority, public } = self else { return true };
        // RFC 9112 3.2.2: a target in absolute form overrides Host.
        let target = head.uri.authority().map(Authority::as_str);
        let named = target.map(str::as_bytes).or_else(|| head.headers.get(HOST).map(HeaderValue::as_bytes));
        let Some(named) = named else { return true };
        if named == authority.as_bytes() && !named.is_empty() {
            return true;
        }
        let host = without_port(named);
        (!public.is_empty() && host.eq_ignore_ascii_case(public.as_bytes())) || is_loopback(host)
    }
}

fn without_port(host: &[u8]) -> &[u8] {
    let is_port = |port: &[u8]| port.iter().all(u8::is_ascii_digit);
    match host.iter().rposition(|byte| *byte == b':') {
        Some(colon) if is_port(&host[colon + 1..]) && !host[..colon].ends_with(b":") => &host[..colon],
        _ => host,
    }
}

fn is_loopback(host: &[u8]) -> bool {
    if host == b"127.0.0.1" || host.eq_ignore_ascii_case(b"localhost") {
        return true;
    }
    let bare = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
    let address = std::str::from_utf8(bare).ok().and_then(|text| text.parse::<IpAddr>().ok());
    address.is_some_and(crate::config::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn admits(hosts: &Hosts, host: &str) -> bool {
        hosts.admit(TestRequest::default().insert_header((HOST, host)).to_srv_request().head())
    }

    #[test]
    fn a_local_server_answers_only_for_this_machine_and_its_public_host() {
        let hosts = Hosts::local("https://Rota.example:8443/prefix");
        for own in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1",
            "127.0.0.1:8080",
            "127.8.9.1:1",
            "[::1]",
            "[::1]:8080",
            "[::ffff:127.0.0.1]:8080",
            "rota.example",
            "ROTA.example:8443",
            "rota.example:1",
        ] {
            assert!(admits(&hosts, own), "{own}");
        }
        for other in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1:8080",
            "[::2]:8080",
            "rota.example.evil.example",
            "rota.example:evil",
            "",
        ] {
            assert!(!admits(&hosts, other), "{other}");
        }
    }

    #[test]
    fn the_host_in_the_request_target_counts_before_the_header() {
        let hosts = Hosts::local("http://127.0.0.1:8080");
        let request = |uri| TestRequest::with_uri(uri).insert_header((HOST, "localhost")).to_srv_request();
        assert!(hosts.admit(request("/").head()));
        assert!(!hosts.admit(request("http://evil.example/").head()));
    }

    #[test]
    fn a_request_without_host_is_admitted() {
        assert!(Hosts::local("http://127.0.0.1").admit(TestRequest::default().to_srv_request().head()));
    }

    #[test]
    fn a_server_open_to_the_network_answers_for_every_name() {
        assert!(admits(&Hosts::Any, "evil.example"));
    }
}
