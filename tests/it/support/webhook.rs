//! A webhook of the tests' own, over HTTP or HTTPS.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use super::certificates::Certificate;

trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// By name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// A server that keeps the requests it gets, and answers all with the same status.
pub(crate) struct Webhook {
    pub(crate) port: u16,
    state: Arc<State>,
}

struct State {
    status: &'static str,
    tls: Option<Arc<ServerConfig>>,
    requests: Mutex<Vec<Request>>,
    is_held: AtomicBool,
    pause: Duration,
}

impl Webhook {
    pub(crate) fn start(status: &'static str) -> Webhook {
        Webhook::serve(status, None, Duration::ZERO)
    }

    /// One that answers a while after it got a request.
    pub(crate) fn start_slow(pause: Duration) -> Webhook {
        Webhook::serve("200 OK", None, pause)
    }

    pub(crate) fn start_tls(certificate: &Certificate) -> Webhook {
        Webhook::serve("200 OK", Some(certificate.server_config()), Duration::ZERO)
    }

    fn serve(status: &'static str, tls: Option<Arc<ServerConfig>>, pause: Duration) -> Webhook {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State { status, tls, requests: Mutex::default(), is_held: AtomicBool::default(), pause };
        let state = Arc::new(state);
        let kept = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&kept);
                thread::spawn(move || answer(stream, &state));
            }
        });
        Webhook { port, state }
    }

    /// Its address on this machine, which is a secret.
    pub(crate) fn url(&self) -> String {
        let start = if self.state.tls.is_some() { "https://localhost" } else { "http://127.0.0.1" };
        format!("{start}:{}/services/s3cret-hook", self.port)
    }

    /// Whether it leaves requests without a response for now. They count as arrived.
    pub(crate) fn hold(&self, is_held: bool) {
        self.state.is_held.store(is_held, Ordering::SeqCst);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.body).collect()
    }

    /// What people would read in their chat program.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |body: String| {
            serde_json::from_str::<Value>(&body).unwrap()["text"].as_str().unwrap().trim_end().to_owned()
        };
        self.bodies().into_iter().map(text).collect()
    }
}

/// The client may go at any moment.
fn answer(stream: TcpStream, state: &State) -> Option<()> {
    let mut stream: Box<dyn Stream> = match &state.tls {
        Some(config) => Box::new(StreamOwned::new(ServerConnection::new(Arc::clone(config)).ok()?, stream)),
        None => Box::new(stream),
    };
    let request = read(&mut *stream)?;
    state.requests.lock().unwrap().push(request);
    thread::sleep(state.pause);
    while state.is_held.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(10));
    }
    let headers = "Location: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\nConnection: close";
    write!(stream, "HTTP/1.1 {}\r\n{headers}\r\n\r\n", state.status).ok()?;
    stream.flush().ok()
}

fn read(stream: &mut dyn Stream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut first = line.split(' ').map(str::to_owned);
    let (method, target) = (first.next()?, first.next()?);
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, target, headers, body: String::from_utf8(body).ok()? })
}
