//! Counts responses, and how long requests took. For a feed that costs some tens of nanoseconds, so it is always on.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use prometheus_client::metrics::histogram::Histogram;
use serde::Serialize;

use crate::feed::Client;
use crate::feed::Feed;

/// The label of a path that no route matches.
pub(super) const UNMATCHED: &str = "unmatched";

/// The label of requests that are refused before routing.
const REFUSED: &str = "refused";

/// What answered a request before routing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EarlyRoute {
    /// A feed: the place of its path in [`Feed::TEMPLATES`].
    Feed(usize),
    /// The request was refused, or its path is not one of a feed.
    Refused,
}

/// Feeds, then refused requests.
const EARLY_ROUTES: usize = Feed::TEMPLATES.len() + 1;

/// The statuses of responses before routing. The last stands for any other.
const STATUSES: [u16; 10] = [200, 304, 308, 400, 404, 405, 412, 421, 503, 500];

const CLIENTS: usize = Client::ALL.len();

/// From ten microseconds on: most feeds take less, and one that is compressed for the first time takes milliseconds.
const EARLY_SECONDS: [f64; 6] = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1.0];

/// From a tenth of a millisecond on.
const SECONDS: [f64; 8] = [0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5];

impl EarlyRoute {
    fn all() -> impl Iterator<Item = EarlyRoute> {
        (0..Feed::TEMPLATES.len()).map(EarlyRoute::Feed).chain([EarlyRoute::Refused])
    }

    /// The label in metrics and in the log.
    pub(super) fn label(self) -> Cow<'static, str> {
        match self {
            EarlyRoute::Feed(place) => {
                let below = Feed::TEMPLATES.get(place).copied().unwrap_or_default();
                format!("/{{team}}/{below}").into()
            }
            EarlyRoute::Refused => REFUSED.into(),
        }
    }

    fn index(self) -> usize {
        match self {
            EarlyRoute::Feed(place) => place.min(EARLY_ROUTES - 1),
            EarlyRoute::Refused => EARLY_ROUTES - 1,
        }
    }
}

/// Counts since the start of the process.
#[derive(Debug)]
pub(in crate::web) struct RequestCounts {
    early: [[[AtomicU64; CLIENTS]; STATUSES.len()]; EARLY_ROUTES],
    routed: Mutex<BTreeMap<(String, u16, Client), u64>>,
    /// How long requests took that were answered before routing.
    pub(in crate::web) early_seconds: Histogram,
    /// How long routes took.
    pub(in crate::web) routed_seconds: Histogram,
}

/// How many responses of one kind there were.
pub(in crate::web) struct Count {
    /// The template of the path.
    pub(in crate::web) route: Cow<'static, str>,
    pub(in crate::web) status: u16,
    pub(in crate::web) client: Client,
    pub(in crate::web) number: u64,
}

/// Sums of the counts.
#[derive(Debug, Default, Serialize)]
pub(in crate::web) struct Totals {
    feeds: u64,
    feeds_not_modified: u64,
    refused: u64,
    pages: u64,
}

impl Default for RequestCounts {
    fn default() -> Self {
        let zeros = || std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0)));
        RequestCounts {
            early: std::array::from_fn(|_| zeros()),
            routed: Mutex::default(),
            early_seconds: Histogram::new(EARLY_SECONDS),
            routed_seconds: Histogram::new(SECONDS),
        }
    }
}

impl RequestCounts {
    /// Counts a response that was given before routing.
    pub(super) fn count_early(&self, route: EarlyRoute, status: StatusCode, client: Client, took: Duration) {
        self.early_seconds.observe(took.as_secs_f64());
        let status = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len() - 1);
        self.early[route.index()][status][client as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a response that `route` gave after `took`.
    pub(super) fn count_routed(&self, route: &str, status: StatusCode, client: Client, took: Duration) {
        let mut routed = self.routed.lock().unwrap_or_else(PoisonError::into_inner);
        *routed.entry((route.to_owned(), status.as_u16(), client)).or_default() += 1;
        drop(routed);
        self.routed_seconds.observe(took.as_secs_f64());
    }

    /// All kinds of response that were counted at least once.
    pub(in crate::web) fn all(&self) -> Vec<Count> {
        let routed = self.routed.lock().unwrap_or_else(PoisonError::into_inner);
        let routed = routed.iter().map(|((route, status, client), number)| Count {
            route: route.clone().into(),
            status: *status,
            client: *client,
            number: *number,
        });
        self.early().chain(routed).collect()
    }

    pub(in crate::web) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for count in self.early() {
            let total = match count.status {
                _ if count.route == REFUSED => &mut totals.refused,
                200 => &mut totals.feeds,
                304 => &mut totals.feeds_not_modified,
                _ => &mut totals.refused,
            };
            *total += count.number;
        }
        totals.pages = self.routed.lock().unwrap_or_else(PoisonError::into_inner).values().sum();
        totals
    }

    fn early(&self) -> impl Iterator<Item = Count> + '_ {
        EarlyRoute::all().zip(&self.early).flat_map(|(route, statuses)| {
            STATUSES.into_iter().zip(statuses).flat_map(move |(status, clients)| {
                let numbers = clients.iter().map(|number| number.load(Ordering::Relaxed));
                let counted = Client::ALL.into_iter().zip(numbers).filter(|(_, number)| *number > 0);
                counted.map(move |(client, number)| Count { route: route.label(), status, client, number })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_counted_by_template_status_and_client() {
        let counts = RequestCounts::default();
        let [team, engineer] = [0, 1].map(EarlyRoute::Feed);
        for route in [team, engineer, engineer, EarlyRoute::Refused, EarlyRoute::Refused] {
            counts.count_early(route, StatusCode::OK, Client::Google, Duration::ZERO);
        }
        counts.count_early(team, StatusCode::IM_A_TEAPOT, Client::Other, Duration::ZERO);
        counts.count_routed("/{team}/", StatusCode::OK, Client::Other, Duration::ZERO);
        counts.count_routed(UNMATCHED, StatusCode::NOT_FOUND, Client::Other, Duration::ZERO);
        let all: Vec<_> = counts.all().iter().map(|c| (c.route.to_string(), c.status, c.number)).collect();
        let expected = [
            ("/{team}/team.ics", 200, 1),
            ("/{team}/team.ics", 500, 1),
            ("/{team}/engineers/{id}.ics", 200, 2),
            ("refused", 200, 2),
            ("/{team}/", 200, 1),
            ("unmatched", 404, 1),
        ];
        assert_eq!(all, expected.map(|(route, status, number)| (route.to_owned(), status, number)));
    }
}
