//! What oncal logs in the process of the tests.

use std::io;
use std::sync::{Mutex, Once};

static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Takes what is logged.
struct Sink;

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on what is logged is kept.
pub(crate) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| tracing_subscriber::fmt().with_ansi(false).with_writer(|| Sink).init());
}

/// The lines so far that contain `text`: what is logged by other tests of this process has other addresses.
pub(crate) fn lines_with(text: &str) -> Vec<String> {
    let logged = String::from_utf8_lossy(&LOGGED.lock().unwrap()).into_owned();
    logged.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}
