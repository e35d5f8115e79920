//! A server that does with a request whatever a test wants, with or without TLS, and a fetcher that trusts it.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use ureq::tls::{Certificate, RootCerts};

use crate::fetch::{Address, FetchError, Fetched, Fetcher, Limits};

pub(super) trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// What a server does with a connection whose request it has read.
type Answer = dyn Fn(&str, &mut dyn Stream) + Send + Sync;

pub(super) struct Server {
    /// `127.0.0.1:…`, or another loopback address.
    pub(super) host: String,
    requests: Arc<Mutex<Vec<String>>>,
    certificate: Option<Certificate<'static>>,
}

impl Server {
    pub(super) fn start(
        ip: &str,
        tls: Option<&CertificateParams>,
        answer: impl Fn(&str, &mut dyn Stream) + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (config, certificate) = match tls.map(tls_config) {
            Some((config, certificate)) => (Some(Arc::new(config)), Some(certificate)),
            None => (None, None),
        };
        let (seen, answer): (_, Arc<Answer>) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (seen, answer, config) = (Arc::clone(&seen), Arc::clone(&answer), config.clone());
                thread::spawn(move || serve(connection.unwrap(), config, &seen, &*answer));
            }
        });
        Server { host, requests, certificate }
    }

    pub(super) fn http(answer: impl Fn(&str, &mut dyn Stream) + Send + Sync + 'static) -> Server {
        Server::start("127.0.0.1", None, answer)
    }

    pub(super) fn https(ip: &str, answer: impl Fn(&str, &mut dyn Stream) + Send + Sync + 'static) -> Server {
        Server::start(ip, Some(&CertificateParams::new([ip.to_owned()]).unwrap()), answer)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches from this server over TLS or without, as it is.
    pub(super) fn fetch(&self, path: &str) -> Result<Fetched, FetchError> {
        fetcher([self]).fetch(&self.address(path), None)
    }

    pub(super) fn address(&self, path: &str) -> Address {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        Address::parse(&format!("{scheme}://{}{path}", self.host)).unwrap()
    }
}

fn tls_config(params: &CertificateParams) -> (ServerConfig, Certificate<'static>) {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    (config, Certificate::from_der(certificate.der()).to_owned())
}

fn serve(
    connection: TcpStream,
    config: Option<Arc<ServerConfig>>,
    seen: &Mutex<Vec<String>>,
    answer: &Answer,
) {
    let mut stream: Box<dyn Stream> = match config {
        Some(config) => Box::new(StreamOwned::new(ServerConnection::new(config).unwrap(), connection)),
        None => Box::new(connection),
    };
    let (mut head, mut byte) = (String::new(), [0]);
    while !head.ends_with("\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(char::from(byte[0])),
            _ => return,
        }
    }
    seen.lock().unwrap().push(head.clone());
    answer(&head, &mut *stream);
    let _ = stream.flush();
}

pub(super) fn respond(stream: &mut dyn Stream, status: &str, headers: &str, body: &[u8]) {
    let head =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    // The client may have gone: it has limits.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

pub(super) fn redirect(stream: &mut dyn Stream, to: &str) {
    respond(stream, "302 Found", &format!("Location: {to}\r\n"), b"");
}

/// Trusts the servers, and calls 127.0.0.2 a public address.
pub(super) fn fetcher<'s>(servers: impl IntoIterator<Item = &'s Server>) -> Fetcher {
    let roots = servers.into_iter().filter_map(|server| server.certificate.clone()).collect();
    Fetcher {
        limits: Limits { overall: Duration::from_secs(20), megabytes: 25, redirects: 5 },
        roots: RootCerts::Specific(Arc::new(roots)),
        proxy: Ok(None),
        judge: |ip| ip == IpAddr::from([127, 0, 0, 2]),
    }
}
