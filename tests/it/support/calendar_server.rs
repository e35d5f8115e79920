//! An HTTP server with one calendar, which a test changes, breaks or stops.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::running::PATIENCE;
use sha2::{Digest, Sha256};

/// What the server does with a request: with its first line and headers, and where the answer goes.
pub(crate) type Respond = dyn Fn(&str, &mut TcpStream) + Send + Sync;

/// A running server; it stops when it is dropped.
pub(crate) struct CalendarServer {
    address: SocketAddr,
    respond: Arc<Mutex<Arc<Respond>>>,
    requests: Arc<AtomicUsize>,
    is_stopped: Arc<AtomicBool>,
}

impl CalendarServer {
    /// Serves `calendar` under every path, with an ETag.
    pub(crate) fn start(calendar: &str) -> CalendarServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = CalendarServer {
            address: listener.local_addr().unwrap(),
            respond: Arc::new(Mutex::new(tagged(calendar))),
            requests: Arc::default(),
            is_stopped: Arc::default(),
        };
        server.listen(listener);
        server
    }

    fn listen(&self, listener: TcpListener) {
        let (respond, requests, is_stopped) =
            (Arc::clone(&self.respond), Arc::clone(&self.requests), Arc::clone(&self.is_stopped));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (respond, requests) = (Arc::clone(&respond.lock().unwrap()), Arc::clone(&requests));
                thread::spawn(move || answer(stream.unwrap(), &*respond, &requests));
            }
        });
    }

    /// Serves another calendar from now on.
    pub(crate) fn serve(&self, calendar: &str) {
        *self.respond.lock().unwrap() = tagged(calendar);
    }

    /// Does something else from now on.
    pub(crate) fn respond(&self, respond: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) {
        *self.respond.lock().unwrap() = Arc::new(respond);
    }

    /// How many requests came so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// An address on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Stops listening.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        // The last connection wakes the thread, which then frees the port.
        drop(TcpStream::connect(self.address));
    }

    /// Serves another calendar after it was stopped, at the same address.
    pub(crate) fn restart(&self, calendar: &str) {
        let since = Instant::now();
        let listener = loop {
            match TcpListener::bind(self.address) {
                Ok(listener) => break listener,
                Err(error) => assert!(since.elapsed() < PATIENCE, "the port is not free: {error}"),
            }
            thread::sleep(Duration::from_millis(10));
        };
        self.is_stopped.store(false, Ordering::SeqCst);
        self.serve(calendar);
        self.listen(listener);
    }
}

impl Drop for CalendarServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn answer(stream: TcpStream, respond: &Respond, requests: &AtomicUsize) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    requests.fetch_add(1, Ordering::SeqCst);
    let mut stream = stream;
    respond(&head, &mut stream);
}

/// Answers with `calendar`, or that it has not changed.
fn tagged(calendar: &str) -> Arc<Respond> {
    let calendar = calendar.to_owned();
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&calendar)[..8]));
    Arc::new(move |head, stream| {
        let is_known = head.lines().any(|line| line.to_ascii_lowercase() == format!("if-none-match: {tag}"));
        let (status, body) = if is_known { ("304 Not Modified", "") } else { ("200 OK", &*calendar) };
        send(stream, status, &format!("ETag: {tag}\r\n"), body.as_bytes());
    })
}

/// Sends a whole response. The client may have gone, since it has limits.
pub(crate) fn send(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// A calendar of whole days, each with an id, and the first and the last day.
pub(crate) fn calendar(days: &[(&str, &str, &str)]) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n".to_owned();
    for (uid, first, last) in days {
        let date = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let end = date(last).succ_opt().unwrap();
        text += &format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:{}\r\n\
             DTEND;VALUE=DATE:{}\r\nSUMMARY:PRIVATE title\r\nDESCRIPTION:PRIVATE text\r\nEND:VEVENT\r\n",
            date(first).format("%Y%m%d"),
            end.format("%Y%m%d"),
        );
    }
    text + "END:VCALENDAR\r\n"
}
