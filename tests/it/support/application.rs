//! Requests to the production application, without a socket.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use oncal::clock::Clock;
use oncal::live::{Snapshot, Store};
use oncal::rota::Instant;
use oncal::web::{State, create_app};

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) code: u16,
    /// By name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The bytes of the body.
    pub(crate) size: usize,
    /// The body as text.
    pub(crate) body: String,
}

impl Response {
    /// The header `name`; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    #[track_caller]
    pub(crate) fn has(&self, expected: &str) -> &Response {
        assert!(self.body.contains(expected), "{expected}\n{}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn lacks(&self, forbidden: &str) -> &Response {
        assert!(!self.body.contains(forbidden), "{forbidden}\n{}", self.body);
        self
    }
}

/// The responses of a server of `first` at `now` to GETs of `targets`, each with its If-None-Match and all with these
/// headers.
pub(crate) fn responses(
    first: Snapshot,
    now: Instant,
    targets: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Vec<Response> {
    let state = Data::new(State::new(Arc::new(Store::new(first)), Clock::Fixed(now)));
    actix_web::rt::System::new().block_on(async move {
        let app = init_service(create_app(state)).await;
        let mut found = Vec::new();
        for (target, known) in targets {
            let request = TestRequest::with_uri(target).insert_header(("if-none-match", *known));
            let request = headers.iter().fold(request, |request, header| request.insert_header(*header));
            let response = call_service(&app, request.to_request()).await;
            let code = response.status().as_u16();
            let headers = response.headers().iter();
            let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
            let headers = headers.collect();
            let bytes = read_body(response).await;
            let (size, body) = (bytes.len(), String::from_utf8_lossy(&bytes).into_owned());
            found.push(Response { code, headers, size, body });
        }
        found
    })
}
