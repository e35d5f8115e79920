//! Runs the server: binds, heeds signals, stops.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::rt::{System, net::TcpStream};
use actix_web::{App, web};
use tokio::signal::unix::{SignalKind, signal};

use super::app::{create_admin_app, create_app};
use super::stall_timeout::StallTimeout;
use crate::clock::Clock;
use crate::live::Store;
use crate::web::state::State;

/// How long requests in flight have to end once the server is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// How long a client may take to send the head of a request.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// How long a connection may wait for its next request: longer than proxies keep theirs, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// So many connections are open at once, over all workers, if the system allows; more wait until one ends. Ten thousand
/// calendars that ask once an hour have two hundred. Each costs a few kilobytes, and up to a quarter of a megabyte while
/// it is in the middle of something.
const MAX_CONNECTIONS: usize = 4096;

/// Files that are open besides connections: the journal, the configuration while it is read, what is watched.
const OTHER_FILES: usize = 128;

/// So many for those who monitor.
const MAX_ADMIN_CONNECTIONS: usize = 256;

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
    let state = web::Data::new(State::new(Arc::clone(store), clock));
    let admin_site = state.clone();

    let workers = available_parallelism().map_or(1, usize::from);

    // One after the other: signals are caught before anybody is told that the server is there.
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(most_connections().div_ceil(workers))
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .shutdown_signal(told_to_stop()?);
    let (server, address) = listen(server, bind, move || create_app(state.clone()))?;
    let admin = Server::build()
        .workers(1)
        .max_concurrent_connections(MAX_ADMIN_CONNECTIONS)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .shutdown_signal(told_to_stop()?);
    let (admin, admin_address) = listen(admin, admin_bind, move || create_admin_app(admin_site.clone()))?;

    let mut hangups = signal(SignalKind::hangup()).map_err(ServeError::Run)?;
    actix_web::rt::spawn(async move {
        while hangups.recv().await.is_some() {
            tracing::info!("asked to read the configuration again");
            reload();
        }
    });
    let (server, admin) = (server.run(), admin.run());
    listening(admin_address);
    tracing::info!(%address, "listening");
    tracing::info!(address = %admin_address, "listening for monitoring");
    tokio::try_join!(server, admin).map_err(ServeError::Run)?;
    tracing::info!("stopped");
    Ok(())
}

/// Has `server` answer at `address` with `create_app`, over connections that end when they get nowhere; and where that
/// is, if the port was left open.
fn listen<T, F>(
    server: ServerBuilder,
    address: SocketAddr,
    create_app: F,
) -> Result<(ServerBuilder, SocketAddr), ServeError>
where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<BoxBody>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static,
    F: Fn() -> App<T> + Clone + Send + 'static,
{
    let failed = |source| ServeError::at(address, source);
    let listener = TcpListener::bind(address).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let stopping = server.graceful_shutdown_signal();
    let create = move || {
        let stopping = stopping.clone();
        let app = create_app().into_factory().map_err(|error| error.error_response());
        let answers = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_LIMIT)
            .client_disconnect_timeout(DISCONNECT_LIMIT)
            .local_addr(bound)
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(|stream: TcpStream| async {
            // Otherwise the end of an answer waits for the client to confirm its beginning.
            drop(stream.set_nodelay(true));
            let peer = stream.peer_addr().ok();
            Ok((StallTimeout::new(stream), Protocol::Http1, peer))
        })
        .and_then(answers)
    };
    Ok((server.listen(address.to_string(), listener, create).map_err(failed)?, bound))
}

/// As many as the system lets the program have, less what it needs besides.
fn most_connections() -> usize {
    let wanted = MAX_CONNECTIONS + OTHER_FILES;
    let files = rlimit::increase_nofile_limit(wanted as u64).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files stays as it is");
        wanted as u64
    });
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    if files < wanted {
        tracing::info!(files, "fewer connections than {MAX_CONNECTIONS}, for lack of open files");
    }
    files.saturating_sub(OTHER_FILES).clamp(1, MAX_CONNECTIONS)
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
