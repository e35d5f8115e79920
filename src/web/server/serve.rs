//! Runs the server: binds, reacts to signals, stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::available_parallelism;

use actix_server::Server;
use actix_web::rt::System;
use actix_web::web;
use tokio::signal::unix::{SignalKind, signal};

use super::app::{create_admin_app, create_app};
use super::listen::{listen, max_connections};
use crate::clock::Clock;
use crate::live::Store;
use crate::web::state::State;

/// How long requests in flight may take once the server stops.
const SHUTDOWN_SECONDS: u64 = 10;

/// How many connections are open at once for monitoring.
const MAX_ADMIN_CONNECTIONS: usize = 256;

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program listens there.
    #[error("listen on {address}: address already in use")]
    InUse {
        /// As configured.
        address: SocketAddr,
    },
    /// The operating system does not let it listen there.
    #[error("listen on {address}: {source}")]
    Bind {
        /// As configured.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// It listened, and stopped.
    #[error("continue serving: {0}")]
    Run(io::Error),
}

/// Serves what is in `store` until SIGTERM or SIGINT, and returns once the requests in flight are answered. The
/// addresses in use are logged, which matters where the configuration leaves the port open (0); `listening` gets the
/// one for monitoring. `reload` is called at each SIGHUP.
///
/// # Errors
///
/// If the server cannot listen on an address of the configuration, or the system takes it away.
pub fn serve(
    store: &Arc<Store>,
    clock: Clock,
    reload: impl Fn() + 'static,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    System::new().block_on(run(store, clock, reload, listening))
}

async fn run(
    store: &Arc<Store>,
    clock: Clock,
    reload: impl Fn() + 'static,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let (bind, admin_bind, url, teams) = {
        let snapshot = store.load();
        let settings = &snapshot.configuration().settings;
        let url = settings.public_url.as_str().to_owned();
        (settings.bind, settings.admin_bind, url, snapshot.teams().len())
    };
    let state = web::Data::new(State::new(Arc::clone(store), clock));
    let admin_state = state.clone();

    let workers = available_parallelism().map_or(1, usize::from);

    // In this order: signals are caught before anybody learns that the server runs.
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(max_connections().div_ceil(workers))
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .shutdown_signal(stop_signal()?);
    let listened = listen(server, bind, move || create_app(state.clone()));
    let (server, address) = listened.map_err(|source| ServeError::at(bind, source))?;
    let admin = Server::build()
        .workers(1)
        .max_concurrent_connections(MAX_ADMIN_CONNECTIONS)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .shutdown_signal(stop_signal()?);
    let listened = listen(admin, admin_bind, move || create_admin_app(admin_state.clone()));
    let (admin, admin_address) = listened.map_err(|source| ServeError::at(admin_bind, source))?;

    let mut hangups = signal(SignalKind::hangup()).map_err(ServeError::Run)?;
    actix_web::rt::spawn(async move {
        while hangups.recv().await.is_some() {
            tracing::info!("reloading the configuration, as requested by SIGHUP");
            reload();
        }
    });
    let (server, admin) = (server.run(), admin.run());
    listening(admin_address);
    tracing::info!(%address, url, teams, "listening");
    tracing::info!(address = %admin_address, "listening for monitoring");
    tokio::try_join!(server, admin).map_err(ServeError::Run)?;
    tracing::info!("stopped");
    Ok(())
}

/// Ends at SIGTERM or SIGINT. From the call on, neither ends the process by itself.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + use<>, ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Run)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Run)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

impl ServeError {
    fn at(address: SocketAddr, source: io::Error) -> ServeError {
        match source.kind() {
            io::ErrorKind::AddrInUse => ServeError::InUse { address },
            _ => ServeError::Bind { address, source },
        }
    }
}
