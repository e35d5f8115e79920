//! The state that all requests share.

use std::sync::Arc;

use actix_web::dev::RequestHead;

use crate::clock::Clock;
use crate::config::Access;
use crate::live::Store;

use super::feeds::cache::FeedCache;
use super::pages::{Books, STYLE};
use super::server::hosts::Hosts;
use super::server::request_counts::RequestCounts;
use super::server::request_log::{RequestId, RequestIds};

/// The snapshot in service, the clock, and what does not change while the server runs. Made once, shared by all
/// workers.
#[derive(Debug)]
pub struct State {
    pub(super) store: Arc<Store>,
    pub(super) clock: Clock,
    pub(super) access: Access,
    /// The address of the style sheet for a page that must not reveal anything. Absolute, since a relative one would
    /// depend on whether a key was removed from the path.
    pub(super) style: Arc<str>,
    pub(super) hosts: Hosts,
    pub(super) admin_hosts: Hosts,
    pub(super) counts: RequestCounts,
    pub(super) feeds: Arc<FeedCache>,
    pub(super) books: Books,
    request_ids: RequestIds,
}

impl State {
    /// Serves what is in `store`, with the time from `clock`. Feeds in use are written ahead whenever a new snapshot is
    /// put into `store`.
    pub fn new(store: Arc<Store>, clock: Clock) -> State {
        let snapshot = store.load();
        let settings = &snapshot.configuration().settings;
        let access = settings.access;
        // With secret links a request under another name still needs a key.
        let hosts = match settings.open_to_network || access == Access::Links {
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
        let feeds = Arc::new(FeedCache::default());
        let cache = Arc::clone(&feeds);
        store.prepare_with(move |before, next| cache.prepare(before, next));
        State {
            store,
            clock,
            access,
            style,
            hosts,
            admin_hosts,
            counts: RequestCounts::default(),
            feeds,
            books: Books::default(),
            request_ids: RequestIds::default(),
        }
    }

    /// The id of a request in the log.
    pub(super) fn request_id(&self, head: &RequestHead) -> RequestId {
        self.request_ids.of(head, &self.store.load().configuration().settings.trusted_proxies)
    }
}
