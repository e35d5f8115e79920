//! What every request has at hand.

use std::sync::Arc;

use actix_web::dev::RequestHead;

use crate::clock::Clock;
use crate::config::Access;
use crate::live::Store;

use super::counts::Counts;
use super::guesses::Guesses;
use super::hosts::Hosts;
use super::pages::Books;
use super::trace::{RequestId, RequestIds};

/// The snapshot in service, the clock, and what does not change while the server runs. Made once, shared by all workers.
#[derive(Debug)]
pub struct Site {
    pub(super) store: Arc<Store>,
    pub(super) clock: Clock,
    /// Whether only secret links open anything.
    pub(super) is_locked: bool,
    pub(super) hosts: Hosts,
    pub(super) admin_hosts: Hosts,
    pub(super) counts: Counts,
    pub(super) guesses: Guesses,
    pub(super) books: Books,
    request_ids: RequestIds,
}

impl Site {
    /// A site that serves from `store` and tells the time by `clock`.
    pub fn new(store: Arc<Store>, clock: Clock) -> Site {
        let snapshot = store.load();
        let settings = &snapshot.configuration().settings;
        // Whoever comes by another name still needs a key.
        let is_locked = settings.access == Access::Links;
        let hosts = match settings.open_to_network || is_locked {
            true => Hosts::Any,
            false => Hosts::local(settings.public_url.as_str()),
        };
        let admin_hosts = match settings.admin_bind.ip().is_loopback() {
            true => Hosts::local(settings.public_url.as_str()),
            false => Hosts::Any,
        };
        drop(snapshot);
        Site {
            store,
            clock,
            is_locked,
            hosts,
            admin_hosts,
            counts: Counts::default(),
            guesses: Guesses::default(),
            books: Books::default(),
            request_ids: RequestIds::default(),
        }
    }

    /// What a request is called in the log.
    pub(super) fn request_id(&self, head: &RequestHead) -> RequestId {
        self.request_ids.of(head, &self.store.load().configuration().settings.trusted_proxies)
    }
}
