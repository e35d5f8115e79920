//! Logs on standard error: for people on a terminal, as JSON otherwise.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Starts logging; `ONCAL_LOG`, else `RUST_LOG`, choose what, `info` by default.
pub(super) fn start() {
    let filter = EnvFilter::try_from_env("ONCAL_LOG")
        .or_else(|_| EnvFilter::try_from_default_env())
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    let started =
        if io::stderr().is_terminal() { logs.try_init() } else { logs.with_ansi(false).json().try_init() };
    if let Err(error) = started {
        tracing::warn!(%error, "logging was set up before");
    }
}
