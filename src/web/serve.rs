//! Runs the server: binds, heeds signals, stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::rt::System;
use actix_web::{HttpServer, web};
use tokio::signal::unix::{SignalKind, signal};

use super::app::{create_admin_app, create_app};
use super::site::Site;
use crate::clock::Clock;
use crate::live::Store;

/// How long requests in flight have to end once the server is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// How long a client may take to send the head of a request.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// How long a connection may wait for its next request: longer than proxies keep theirs, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// So many connections are open at once, over all workers; more wait until one ends. Each costs a few kilobytes.
const MOST_CONNECTIONS: usize = 16_384;

/// So many for those who monitor.
const MOST_ADMIN_CONNECTIONS: usize = 256;

/// How long a client may take to take leave.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program listens there.
    #[error("listen on {address}: another program does already")]
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
    #[error("go on serving: {0}")]
    Run(io::Error),
}

/// Serves what is in `store` until SIGTERM or SIGINT, and returns once the requests in flight are answered. The
/// addresses in use are logged, which matters where the configuration leaves the port open (0); `listening` is told that
/// of monitoring. `reload` is called at each SIGHUP.
///
/// # Errors
///
/// If an address of the configuration cannot be listened on, or the system takes it away.
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
    let (bind, admin_bind) = {
        let snapshot = store.load();
        let settings = &snapshot.configuration().settings;
        (settings.bind, settings.admin_bind)
    };
    let site = web::Data::new(Site::new(Arc::clone(store), clock));
    let admin_site = site.clone();

    let workers = available_parallelism().map_or(1, usize::from);

    // One after the other: signals are caught before anybody is told that the server is there.
    let server = HttpServer::new(move || create_app(site.clone()))
        .workers(workers)
        .max_connections(MOST_CONNECTIONS.div_ceil(workers))
        .tcp_nodelay(true)
        .client_request_timeout(HEAD_LIMIT)
        .client_disconnect_timeout(DISCONNECT_LIMIT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .shutdown_signal(told_to_stop()?)
        .bind(bind)
        .map_err(|source| ServeError::at(bind, source))?;
    let admin = HttpServer::new(move || create_admin_app(admin_site.clone()))
        .workers(1)
        .max_connections(MOST_ADMIN_CONNECTIONS)
        .client_request_timeout(HEAD_LIMIT)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .shutdown_signal(told_to_stop()?)
        .bind(admin_bind)
        .map_err(|source| ServeError::at(admin_bind, source))?;

    let mut hangups = signal(SignalKind::hangup()).map_err(ServeError::Run)?;
    actix_web::rt::spawn(async move {
        while hangups.recv().await.is_some() {
            tracing::info!("asked to read the configuration again");
            reload();
        }
    });
    if let Some(address) = admin.addrs().first() {
        listening(*address);
    }
    for address in server.addrs() {
        tracing::info!(%address, "listening");
    }
    for address in admin.addrs() {
        tracing::info!(%address, "listening for monitoring");
    }
    tokio::try_join!(server.run(), admin.run()).map_err(ServeError::Run)?;
    tracing::info!("stopped");
    Ok(())
}

/// Ends at SIGTERM or SIGINT. From the call on, neither ends the process by itself.
fn told_to_stop() -> Result<impl Future<Output = ()> + Send + use<>, ServeError> {
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
