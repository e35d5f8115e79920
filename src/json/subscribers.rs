//! `subscribers`: which calendar client last fetched which feed, and whether it has the current version.

use serde::Serialize;
use utoipa::ToSchema;

use super::{instant, words};
use crate::rota::Instant;

/// Who fetches the feeds of one team. Only the kind of client is known.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Subscribers {
    /// The team's id.
    pub team: String,
    /// Every feed, in display order.
    pub feeds: Vec<FeedClients>,
}

/// Who fetches one feed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeedClients {
    /// Its path below `/{team}/`.
    pub path: String,
    /// Its title in a list of calendars.
    pub title: String,
    /// Those that have ever fetched it.
    pub clients: Vec<FeedClient>,
}

/// All clients of one kind at one feed, of whom the last counts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeedClient {
    /// `google`, `outlook-web`, …
    #[schema(value_type = words::ClientKind)]
    pub client: &'static str,
    /// When it last made a request.
    #[schema(format = DateTime)]
    pub last: String,
    /// How often it got the feed (200).
    pub given: u64,
    /// How often its version was confirmed as current (304).
    pub confirmed: u64,
    /// Whether it has the current version.
    pub current: bool,
    /// When the version that it lacks was published; null if it has the current version.
    #[schema(format = DateTime)]
    pub behind_since: Option<String>,
}

impl FeedClient {
    /// `client`, who last asked at `last` and is behind since `behind_since`; `counts` are responses 200 and 304.
    pub fn new(
        client: &'static str,
        last: Instant,
        [given, confirmed]: [u64; 2],
        behind_since: Option<Instant>,
    ) -> FeedClient {
        FeedClient {
            client,
            last: instant(last),
            given,
            confirmed,
            current: behind_since.is_none(),
            behind_since: behind_since.map(instant),
        }
    }
}
