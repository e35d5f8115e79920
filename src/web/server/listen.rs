//! Listens for connections and limits the cost of each.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::App;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

use super::stall_timeout::StallTimeout;

/// How long a client may take to send the head of a request.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// How long a connection may wait for its next request: longer than proxies keep theirs, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long a client may take to close a connection.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How many connections are open at once, over all workers, if the system allows; more wait until one ends. Ten
/// thousand calendars that ask once an hour have two hundred.
const MAX_CONNECTIONS: usize = 4096;

/// How much of a response the system buffers for a client that does not read it; Linux doubles it for bookkeeping. By
/// default the buffer grows to megabytes for each connection.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// The number of open files besides connections: the journal, the configuration while it is read, watched folders.
const OTHER_FILES: usize = 128;

/// Lets `server` answer at `address` with `create_app`, over connections that end when they make no progress. Returns
/// the address too, which the system chooses where the port is 0.
///
/// # Errors
///
/// If the system does not let it listen there.
pub(super) fn listen<T, F>(
    server: ServerBuilder,
    address: SocketAddr,
    create_app: F,
) -> io::Result<(ServerBuilder, SocketAddr)>
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
    let listener = TcpListener::bind(address)?;
    // Connections have what their listener has.
    SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER_BYTES)?;
    let bound = listener.local_addr()?;
    let stopping = server.graceful_shutdown_signal();
    let create = move || {
        let stopping = stopping.clone();
        let app = create_app().into_factory().map_err(|error| error.error_response());
        let http = HttpService::build()
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
            // Otherwise the end of a response waits until the client has confirmed its beginning.
            drop(stream.set_nodelay(true));
            let peer = stream.peer_addr().ok();
            Ok((StallTimeout::new(stream), Protocol::Http1, peer))
        })
        .and_then(http)
    };
    Ok((server.listen(address.to_string(), listener, create)?, bound))
}

/// How many connections the system lets the program have, besides the files that it needs.
pub(super) fn max_connections() -> usize {
    let wanted = MAX_CONNECTIONS + OTHER_FILES;
    let files = rlimit::increase_nofile_limit(wanted as u64).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files stays as it is");
        wanted as u64
    });
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    if files < wanted {
        tracing::info!(files, "the limit of open files allows fewer than {MAX_CONNECTIONS} connections");
    }
    files.saturating_sub(OTHER_FILES).clamp(1, MAX_CONNECTIONS)
}
