//! Which certificates TLS connections of ureq trust.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig};

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
