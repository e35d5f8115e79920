//! How many requests were answered, how, and how soon. For feeds some tens of nanoseconds each: cheap enough to be
//! always on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use prometheus_client::metrics::histogram::Histogram;
use serde::Serialize;

use crate::live::Client;

/// What answers without a route, by the template of its path; what is refused whatever its path comes last.
const EARLY: [&str; 6] = [
    "/{team}/team.ics",
    "/{team}/engineers/{id}.ics",
    "/{team}/coverage.ics",
    "/{team}/primary.ics",
    "/{team}/secondary.ics",
    "refused",
];

/// Stands for the template of a path that no route has.
pub(in crate::web) const UNMATCHED: &str = "unmatched";

const REFUSED: usize = EARLY.len() - 1;

/// What such answers have as status. The last stands for any other.
const STATUSES: [u16; 10] = [200, 304, 308, 400, 404, 405, 412, 421, 503, 500];

const CLIENTS: usize = Client::ALL.len();

/// From ten microseconds on: most feeds take less, and a few milliseconds where one is compressed for the first time.
const EARLY_SECONDS: [f64; 6] = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1.0];

/// From a tenth of a millisecond on.
const SECONDS: [f64; 8] = [0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5];

/// RequestCounts since the start of the process.
#[derive(Debug)]
pub(in crate::web) struct RequestCounts {
    early: [[[AtomicU64; CLIENTS]; STATUSES.len()]; EARLY.len()],
    routed: Mutex<BTreeMap<(String, u16, Client), u64>>,
    /// How long answers before routing took.
    pub(in crate::web) early_seconds: Histogram,
    /// How long routes took.
    pub(in crate::web) routed_seconds: Histogram,
}

/// So many answers of one kind.
pub(in crate::web) struct Count {
    /// The template of the path.
    pub(in crate::web) route: String,
    pub(in crate::web) status: u16,
    pub(in crate::web) client: Client,
    pub(in crate::web) number: u64,
}

/// The counts at one moment.
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
    /// RequestCounts an answer that was given before routing: a feed at `path`, or a refusal.
    pub(in crate::web) fn early(&self, path: &str, status: StatusCode, client: Client, took: Duration) {
        self.early_seconds.observe(took.as_secs_f64());
        let status = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len() - 1);
        self.early[early(path)][status][client as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// RequestCounts an answer given by the route `route` after `took`.
    pub(in crate::web) fn routed(&self, route: &str, status: StatusCode, client: Client, took: Duration) {
        let mut routed = self.routed.lock().unwrap_or_else(PoisonError::into_inner);
        *routed.entry((route.to_owned(), status.as_u16(), client)).or_default() += 1;
        drop(routed);
        self.routed_seconds.observe(took.as_secs_f64());
    }

    /// All that were counted at least once.
    pub(in crate::web) fn all(&self) -> Vec<Count> {
        let mut all = Vec::new();
        for (route, of_route) in EARLY.iter().zip(&self.early) {
            for (status, of_status) in STATUSES.iter().zip(of_route) {
                for (client, number) in Client::ALL.iter().zip(of_status) {
                    let number = number.load(Ordering::Relaxed);
                    let count =
                        Count { route: (*route).to_owned(), status: *status, client: *client, number };
                    all.extend((number > 0).then_some(count));
                }
            }
        }
        let routed = self.routed.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(routed.iter().map(|((route, status, client), number)| Count {
            route: route.clone(),
            status: *status,
            client: *client,
            number: *number,
        }));
        all
    }

    pub(in crate::web) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for count in self.all() {
            let of = match (EARLY.contains(&count.route.as_str()), count.status) {
                (false, _) => &mut totals.pages,
                (true, 200) => &mut totals.feeds,
                (true, 304) => &mut totals.feeds_not_modified,
                (true, _) => &mut totals.refused,
            };
            *of += count.number;
        }
        totals
    }
}

/// The template of the path of what was answered before routing.
pub(in crate::web) fn template(path: &str) -> &'static str {
    EARLY[early(path)]
}

/// The place of a path in the table. Compared from its end, and no longer than any path of a feed may be.
fn early(path: &str) -> usize {
    let Some(path) = path.strip_suffix(".ics") else { return REFUSED };
    let (before, file) = path.rsplit_once('/').unwrap_or_default();
    match file {
        _ if before.ends_with("/engineers") => 1,
        "team" => 0,
        "coverage" => 2,
        "primary" => 3,
        "secondary" => 4,
        _ => REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_template_status_and_client() {
        let counts = RequestCounts::default();
        for path in
            ["/x/team.ics", "/x/engineers/a.ics", "/x/engineers/team.ics", "/k/secret/x/none.ics", "/"]
        {
            counts.early(path, StatusCode::OK, Client::Google, Duration::ZERO);
        }
        counts.early("/x/team.ics", StatusCode::IM_A_TEAPOT, Client::Other, Duration::ZERO);
        counts.routed("/{team}/", StatusCode::OK, Client::Other, Duration::ZERO);
        counts.routed(UNMATCHED, StatusCode::NOT_FOUND, Client::Other, Duration::ZERO);
        let all: Vec<_> = counts.all().iter().map(|c| (c.route.clone(), c.status, c.number)).collect();
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
