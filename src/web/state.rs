//! What every request has at hand.

use std::sync::Arc;

use actix_web::dev::RequestHead;

use crate::clock::Clock;
use crate::config::Access;
use crate::live::Store;

use super::pages::{Books, STYLE};
use super::server::hosts::Hosts;
use super::server::request_counts::RequestCounts;
use super::server::request_log::{RequestId, RequestIds};

/// The snapshot in service, the clock, and what does not change while the server runs. Made once, shared by all workers.
#[derive(Debug)]
pub struct State {
    pub(super) store: Arc<Store>,
    pub(super) clock: Clock,
    /// Whether only secret links open anything.
    pub(super) is_locked: bool,
    /// The style sheet of the page that whoever shows no key gets. Absolute, since the depth of its address would tell
    /// whether a key was taken off it.
    pub(super) style: Arc<str>,
    pub(super) hosts: Hosts,
    pub(super) admin_hosts: Hosts,
    pub(super) counts: RequestCounts,
    pub(super) books: Books,
    request_ids: RequestIds,
}

impl State {
    /// A state that serves from `store` and tells the time by `clock`.
    pub fn new(store: Arc<Store>, clock: Clock) -> State {
        let snapshot = store.load();
        let settings = &snapshot.configuration().settings;
        // Whoever comes by another name still needs a key.
        let is_locked = settings.access == Access::Links;
        let hosts = match settings.open_to_network || is_locked {
            true => Hosts::Any,
            false => Hosts::local(settings.public_url.as_str()),
        };
        let admin_hosts = match crate::config::is_loopback(settings.admin_bind.ip()) {
            true => Hosts::local(settings.public_url.as_str()),
            false => Hosts::Any,
        };
        let (_, prefix) = settings.public_url.after_scheme().split_once('/').unwrap_or_default();
        let style = [prefix, STYLE.path.as_str()].into_iter().filter(|part| !part.is_empty());
        let style = style.map(|part| format!("/{part}")).collect::<String>().into();
        drop(snapshot);
        State {
            store,
            clock,
            is_locked,
            style,
            hosts,
            admin_hosts,
            counts: RequestCounts::default(),
            books: Books::default(),
            request_ids: RequestIds::default(),
        }
    }

    /// What a request is called in the log.
    pub(super) fn request_id(&self, head: &RequestHead) -> RequestId {
        self.request_ids.of(head, &self.store.load().configuration().settings.trusted_proxies)
    }
}
