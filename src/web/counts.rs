//! How many requests were answered, and how. A relaxed addition for each: cheap enough to be always on.

use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::StatusCode;
use serde::Serialize;

/// Counts since the start of the process.
#[derive(Debug, Default)]
pub(super) struct Counts {
    feeds: AtomicU64,
    not_modified: AtomicU64,
    refused: AtomicU64,
    pages: AtomicU64,
}

/// The counts at one moment.
#[derive(Debug, Serialize)]
pub(super) struct Totals {
    feeds: u64,
    feeds_not_modified: u64,
    refused: u64,
    pages: u64,
}

impl Counts {
    /// Counts an answer with `status` that was given before routing: a feed, or a refusal.
    pub(super) fn early(&self, status: StatusCode) {
        let count = match status {
            StatusCode::OK => &self.feeds,
            StatusCode::NOT_MODIFIED => &self.not_modified,
            _ => &self.refused,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an answer given by a route.
    pub(super) fn page(&self) {
        self.pages.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn totals(&self) -> Totals {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Totals {
            feeds: read(&self.feeds),
            feeds_not_modified: read(&self.not_modified),
            refused: read(&self.refused),
            pages: read(&self.pages),
        }
    }
}
