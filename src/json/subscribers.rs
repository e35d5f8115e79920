//! `subscribers`: which calendar client last fetched which feed, and whether it has the current version.

use serde::Serialize;
use utoipa::ToSchema;

use super::{instant, words};
use crate::rota::Instant;

/// Who fetches the feeds of one team. Nothing is known of them but the kind of client.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Subscribers {
    /// The team's id.
    pub team: String,
    /// Every feed, in the order in which people are shown them.
    pub feeds: Vec<FeedClients>,
}

/// Who fetches one feed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeedClients {
    /// Where it is below `/{team}/`.
    pub path: String,
    /// What it is called in a list of calendars.
    pub title: String,
    /// Those that ever asked.
    pub clients: Vec<FeedClient>,
}

/// All clients of one kind at one feed, of whom the last counts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeedClient {
    /// `google`, `outlook-web`, …
    #[schema(value_type = words::ClientKind)]
    pub client: &'static str,
    /// When it last asked.
    #[schema(format = DateTime)]
    pub last: String,
    /// How often it was given the feed (200).
    pub given: u64,
    /// How often the answer was that its version is still current (304).
    pub confirmed: u64,
    /// Whether it has the current version.
    pub current: bool,
    /// When what it lacks was published; null where it has the current version.
    #[schema(format = DateTime)]
    pub behind_since: Option<String>,
}

impl FeedClient {
    /// `client`, who last asked at `last` and is behind since `behind_since`; `counts` are answers 200 and 304.
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
