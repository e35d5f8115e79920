//! The sender of a request, if access is by secret links.

use actix_web::{HttpMessage, HttpRequest};

use crate::access::{Key, SEGMENT, Scope};
use crate::config::BaseUrl;
use crate::rota::EngineerId;

/// The key in a request's path, and what it opens.
#[derive(Debug, Clone)]
pub(in crate::web) struct Visitor {
    pub(super) key: Key,
    pub(super) scope: Scope,
}

impl Visitor {
    /// Whether the index of all teams is open to them.
    pub(in crate::web) fn sees_all(&self) -> bool {
        self.scope == Scope::Organisation
    }

    /// The engineer whose link it is, if it is one engineer's.
    pub(in crate::web) fn engineer(&self) -> Option<&EngineerId> {
        match &self.scope {
            Scope::Engineer(_, engineer) => Some(engineer),
            Scope::Organisation | Scope::Team(_) => None,
        }
    }

    /// Who made `request`; `None` where access is open.
    pub(in crate::web) fn of(request: &HttpRequest) -> Option<Visitor> {
        request.extensions().get::<Visitor>().cloned()
    }
}

/// The beginning of addresses that the sender of `request` may use and pass on.
pub(in crate::web) fn base_url(request: &HttpRequest, public_url: &BaseUrl) -> BaseUrl {
    match request.extensions().get::<Visitor>() {
        Some(visitor) => public_url.below(&format!("{SEGMENT}/{}", visitor.key.text())),
        None => public_url.clone(),
    }
}
