//! The URL of a PostgreSQL database, and the TLS that it asks for.
//!
//! What `sslmode` means is as in libpq (PostgreSQL's own client library), which has the modes `verify-ca` and
//! `verify-full` that tokio-postgres leaves to whoever brings the TLS.

use std::env;
use std::fs;
use std::net::IpAddr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::sql::{Failure, FailureKind, Result};

/// How far the identity of the server is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verification {
    /// Not at all: somebody on the network path could read and change everything.
    None,
    /// Its certificate is of a known authority.
    Authority,
    /// And it is for the host of the URL.
    Full,
}

/// A URL that was understood.
#[derive(Debug)]
pub(super) struct PostgresUrl {
    config: Config,
    verification: Verification,
    /// A file of root certificates, to be trusted in place of the system's and the bundled ones.
    roots: Option<String>,
}

/// Whether the identity of a PostgreSQL server that is reached at `url` over a network is not verified, so that
/// somebody on the network path could read and change the journal. Also `false` for an invalid URL, which is an error
/// when it is opened.
pub fn is_unverified(url: &str) -> bool {
    let is_local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
        }
    };
    PostgresUrl::parse(url).is_ok_and(|url| {
        url.verification == Verification::None && !url.config.get_hosts().iter().all(is_local)
    })
}

fn not_understood() -> Failure {
    // What is wrong with it is not quoted: it may be part of a password.
    Failure::new(FailureKind::Url, "its URL, or a parameter in it, is not understood")
}

impl PostgresUrl {
    /// Reads a URL such as `postgres://oncal@db.example.org/oncal?sslmode=verify-full`.
    pub(super) fn parse(url: &str) -> Result<PostgresUrl> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots, mut others) = ("prefer".to_owned(), None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(not_understood)?;
            let decoded = || percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" | "ssl-mode" => mode = decoded(),
                "sslrootcert" | "ssl-root-cert" => roots = Some(decoded()),
                _ => others.push(pair),
            }
        }
        let others_text = others.join("&");
        let address = if others.iter().any(|pair| pair.starts_with("host=")) {
            without_host(address).ok_or_else(not_understood)?
        } else {
            address.to_owned()
        };
        let rest = if others.is_empty() { address } else { format!("{address}?{others_text}") };
        let mut config: Config = rest.parse().map_err(|_| not_understood())?;
        if config.get_hosts().is_empty() {
            config.host("localhost");
        }
        if config.get_password().is_none()
            && let Some(password) = env::var_os("PGPASSWORD")
        {
            config.password(password.as_encoded_bytes());
        }
        if config.get_application_name().is_none() {
            config.application_name("oncal");
        }
        let (wanted, verification) = match mode.as_str() {
            "disable" => (SslMode::Disable, Verification::None),
            "allow" | "prefer" => (SslMode::Prefer, Verification::None),
            // As libpq has it: whoever names roots wants them to matter.
            "require" if roots.is_some() => (SslMode::Require, Verification::Authority),
            "require" => (SslMode::Require, Verification::None),
            "verify-ca" => (SslMode::Require, Verification::Authority),
            "verify-full" => (SslMode::Require, Verification::Full),
            _ => return Err(not_understood()),
        };
        // There is no TLS on a socket of this machine.
        let is_socket = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        config.ssl_mode(if is_socket { SslMode::Disable } else { wanted });
        Ok(PostgresUrl { config, verification, roots })
    }

    /// Whom to connect to, and as whom.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// TLS for the connection; `None` if it is to be without.
    pub(super) fn tls(&self) -> Result<Option<MakeRustlsConnect>> {
        if self.config.get_ssl_mode() == SslMode::Disable {
            return Ok(None);
        }
        let provider = Arc::new(ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match self.verification {
            Verification::None => {
                Arc::new(LenientVerifier { authority: None, provider: Arc::clone(&provider) })
            }
            verification => {
                let roots = Arc::new(self.root_certificates()?);
                let built = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
                let webpki = built.map_err(|error| of_tls(&error))?;
                match verification {
                    Verification::Full => webpki,
                    _ => {
                        Arc::new(LenientVerifier { authority: Some(webpki), provider: Arc::clone(&provider) })
                    }
                }
            }
        };
        let config = ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().map_err(|error| of_tls(&error))?;
        let config = config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        Ok(Some(MakeRustlsConnect::new(config)))
    }

    fn root_certificates(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        let Some(file) = self.roots.as_deref().filter(|file| *file != "system") else {
            roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            return Ok(roots);
        };
        let failed =
            |why: String| Failure::new(FailureKind::Other, format!("the file of `sslrootcert`: {why}"));
        let text = fs::read(file).map_err(|error| failed(error.to_string()))?;
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| failed(error.to_string()))?;
            roots.add(certificate).map_err(|error| failed(error.to_string()))?;
        }
        if roots.is_empty() { Err(failed("it has no certificate".to_owned())) } else { Ok(roots) }
    }
}

fn of_tls(error: &dyn std::error::Error) -> Failure {
    Failure::new(FailureKind::Other, format!("TLS: {error}"))
}

/// `address` without the host, which a parameter gives.
fn without_host(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let user = authority.rsplit_once('@').map_or(String::new(), |(user, _)| format!("{user}@"));
    Some(format!("{scheme}://{user}{path}"))
}

/// Verifies less than usual, or nothing.
#[derive(Debug)]
struct LenientVerifier {
    /// Verifies the authority of a certificate but not its host, for `sslmode=verify-ca`; without it any certificate is
    /// accepted, since `sslmode=require` and `prefer` encrypt and verify nothing.
    authority: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for LenientVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let Some(authority) = &self.authority else { return Ok(ServerCertVerified::assertion()) };
        match authority.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The host is checked last, after everything else.
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verified_server_or_one_on_this_machine_is_trusted() {
        for (url, expected) in [
            ("postgres://oncal@db.example.org/oncal", true),
            ("postgres://oncal@db.example.org/oncal?sslmode=prefer", true),
            ("postgres://oncal@db.example.org/oncal?sslmode=require", true),
            ("postgres://oncal@10.0.0.1/oncal?sslmode=disable", true),
            ("postgres://oncal@localhost,db.example.org/oncal", true),
            ("postgres://oncal@db.example.org/oncal?sslmode=require&sslrootcert=%2Fca.pem", false),
            ("postgres://oncal@db.example.org/oncal?sslmode=verify-ca", false),
            ("postgres://oncal@db.example.org/oncal?sslmode=verify-full", false),
            ("postgres://oncal@localhost/oncal", false),
            ("postgres://oncal@127.0.0.1:5432/oncal?sslmode=disable", false),
            ("postgres://oncal@[::1]/oncal", false),
            ("postgres://oncal@db.example.org/oncal?host=/run/postgresql", false),
            ("postgres://oncal@db.example.org/oncal?sslmode=nonsense", false),
        ] {
            assert_eq!(is_unverified(url), expected, "{url}");
        }
    }

    #[test]
    fn a_host_among_the_parameters_is_used_in_place_of_the_other() {
        let url = PostgresUrl::parse("postgres://me:pw@localhost:1/base?host=/run/postgresql").unwrap();
        assert_eq!(url.config.get_hosts(), [Host::Unix("/run/postgresql".into())]);
        assert_eq!((url.config.get_user(), url.config.get_dbname()), (Some("me"), Some("base")));
        assert_eq!(url.config.get_password(), Some(&b"pw"[..]));
    }
}
