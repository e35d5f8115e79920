//! Requests with ureq: which certificates TLS trusts, what may be wrong with one, and what all requests have in common.

use std::sync::Arc;
use std::time::Duration;

use rustls::CertificateError;
use thiserror::Error;
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadCertificate {
    /// It has expired.
    #[error("has expired")]
    Expired,
    /// It is another host's.
    #[error("is for another host")]
    Name,
    /// Its issuer is not known.
    #[error("is not signed by a trusted authority")]
    Issuer,
    /// Anything else.
    #[error("is not valid")]
    Invalid,
}

impl BadCertificate {
    /// What `error` says of it.
    pub fn of(error: &CertificateError) -> BadCertificate {
        use CertificateError::{
            Expired, ExpiredContext, NotValidForName, NotValidForNameContext, UnknownIssuer,
        };
        match error {
            Expired | ExpiredContext { .. } => BadCertificate::Expired,
            NotValidForName | NotValidForNameContext { .. } => BadCertificate::Name,
            UnknownIssuer => BadCertificate::Issuer,
            _ => BadCertificate::Invalid,
        }
    }
}

/// Requests that take at most `limit`, follow nothing, and leave no connection behind.
pub fn requests(tls: TlsConfig, limit: Duration) -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .user_agent(concat!("oncal/", env!("CARGO_PKG_VERSION")))
}

/// The certificates of the system and those built in, since a container may have none.
pub(super) fn trusted_roots() -> RootCerts {
    let system = rustls_native_certs::load_native_certs().certs;
    let system = system.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
    let built_in = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let built_in = built_in.map(|certificate| Certificate::from_der(certificate));
    RootCerts::Specific(Arc::new(system.chain(built_in).collect()))
}

/// TLS with rustls and ring, which trusts `roots`.
pub(super) fn tls_with(roots: RootCerts) -> TlsConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build()
}

/// TLS that trusts the certificates of the system and those built in.
pub fn tls() -> TlsConfig {
    tls_with(trusted_roots())
}
