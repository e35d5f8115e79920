//! What every request has at hand.

use std::sync::Arc;

use crate::clock::Clock;
use crate::live::Store;

use super::counts::Counts;
use super::hosts::Hosts;

/// The snapshot in service, the clock, and what does not change while the server runs. Made once, shared by all workers.
#[derive(Debug)]
pub struct Site {
    pub(super) store: Arc<Store>,
    pub(super) clock: Clock,
    pub(super) hosts: Hosts,
    pub(super) admin_hosts: Hosts,
    pub(super) counts: Counts,
}

impl Site {
    /// A site that serves from `store` and tells the time by `clock`.
    pub fn new(store: Arc<Store>, clock: Clock) -> Site {
        let snapshot = store.load();
        let settings = &snapshot.configuration().settings;
        let hosts = match settings.open_to_network {
            true => Hosts::Any,
            false => Hosts::local(settings.public_url.as_str()),
        };
        let admin_hosts = match settings.admin_bind.ip().is_loopback() {
            true => Hosts::local(settings.public_url.as_str()),
            false => Hosts::Any,
        };
        drop(snapshot);
        Site { store, clock, hosts, admin_hosts, counts: Counts::default() }
    }
}
