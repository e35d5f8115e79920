//! Logs on standard error: for people on a terminal, as JSON otherwise.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::env;
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

/// The default log filter. actix-http logs what clients do to connections as errors, such as TLS on this port or a port
/// scan, which the operator cannot fix. Failures of handlers are logged by oncal, and those of workers by other parts
/// of actix. notify logs at level info each folder that was removed while it was watched.
const DEFAULT: &str =
    "info,notify=warn,actix_server=warn,actix_http::h1::dispatcher=off,actix_http::h1::decoder=off";

/// Crates that log secrets: tokio-postgres the parameters of statements, which contain names and reasons, ureq the
/// addresses of calendars, rustls what servers send.
const QUOTES_SECRETS: [&str; 4] = ["tokio_postgres", "ureq", "ureq_proto", "rustls"];

/// Starts logging with the filter in `ONCAL_LOG`, or else in `RUST_LOG`.
pub(super) fn start() {
    let mut given = ["ONCAL_LOG", "RUST_LOG"].into_iter().filter_map(|name| env::var(name).ok());
    let filter = given.find_map(|filter| filter.parse().ok()).unwrap_or_else(default_filter);
    let silenced = QUOTES_SECRETS.map(|target| (target, LevelFilter::OFF));
    let logs = tracing_subscriber::registry().with(filter.with_targets(silenced));
    let lines = fmt::layer().with_writer(io::stderr).with_target(false);
    let started = match io::stderr().is_terminal() {
        true => logs.with(lines).try_init(),
        false => logs.with(lines.with_ansi(false).json()).try_init(),
    };
    if let Err(error) = started {
        tracing::warn!(%error, "logging was set up before");
    }
    panic::set_hook(Box::new(defect));
}

fn default_filter() -> Targets {
    // It is a constant that can be read.
    DEFAULT.parse().unwrap_or_default()
}

/// Logs a panic like any other error, within the request that failed.
fn defect(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or_default();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(place, backtrace, "internal error (a bug in oncal): {message}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_failures_of_the_server_are_logged_as_errors() {
        let written = Written::default();
        let writer = written.clone();
        let lines = fmt::layer().with_writer(move || writer.clone());
        let logs = tracing_subscriber::registry().with(default_filter()).with(lines);
        tracing::subscriber::with_default(logs, || {
            tracing::error!(target: "actix_http::h1::dispatcher", "stream error: request parse error");
            tracing::error!(target: "actix_http::h1::decoder", "MAX_BUFFER_SIZE unprocessed data reached");
            tracing::info!(target: "actix_server::builder", "starting 2 workers");
            tracing::info!(target: "notify::inotify", "unable to remove watch descriptor");
            tracing::error!(target: "actix_http::h1::service", "kept: service readiness");
            tracing::error!(target: "actix_server::server", "kept: a worker has died");
            tracing::info!("kept: oncal's own");
        });
        let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!((log.lines().count(), log.matches("kept: ").count()), (3, 3), "{log}");
    }

    #[test]
    fn a_panic_is_one_log_line_within_its_request() {
        let written = Written::default();
        let writer = written.clone();
        let logs = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        let before = panic::take_hook();
        panic::set_hook(Box::new(defect));
        tracing::subscriber::with_default(logs, || {
            let _request = tracing::error_span!("request", id = "7").entered();
            panic::catch_unwind(|| panic!("two\nlines")).unwrap_err();
        });
        panic::set_hook(before);
        let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let line: serde_json::Value = serde_json::from_str(&log).unwrap();
        assert_eq!((&line["level"], &line["span"]["id"]), (&"ERROR".into(), &"7".into()), "{log}");
        assert_eq!(line["fields"]["message"], "internal error (a bug in oncal): two\nlines", "{log}");
        assert!(line["fields"]["place"].as_str().unwrap().starts_with("src/cli/logging.rs:"), "{log}");
    }
}
