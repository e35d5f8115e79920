//! What pages call the feeds of a team.

use crate::feed::Feed;
use crate::rota::Role;

/// The name of a feed that is not one person's.
pub(in crate::web) fn shared_feed_name(feed: &Feed) -> Option<&'static str> {
    match feed {
        Feed::Team => Some("Everybody’s shifts"),
        Feed::Coverage => Some("Holidays and who covers them"),
        Feed::Role(Role::Primary) => Some("The primary’s shifts"),
        Feed::Role(Role::Secondary) => Some("The secondary’s shifts"),
        Feed::Engineer(_) => None,
    }
}
