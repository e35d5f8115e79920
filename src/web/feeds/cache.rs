//! Feeds that were written are kept: their validators for as long as there is room, their bytes within a fixed budget.
//!
//! Most requests only ask whether a feed has changed, and need no bytes. Bytes that were not used for the longest time
//! make room for others and are written again when a client needs them, so that requests for all variants of all
//! feeds cannot fill the memory.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::live::{FeedSlot, TeamSnapshot};
use crate::rota::Instant;

use super::coding::Coding;
use super::representation::{Representation, Validators, represent, variant_of};
use super::variant::Variant;

/// The bytes that all kept feeds have together: those of some hundred teams in use, of which the compressed forms are
/// small.
const MAX_BYTES: u64 = 32 << 20;

/// How many bodies are expected within that, which decides among how many locks they are spread.
const USUAL_BODIES: usize = 256;

/// How many representations have their validators kept, at some 300 bytes each: ten for each team of ten thousand.
const MAX_VALIDATORS: usize = 100_000;

/// What was written of feeds. One for all workers.
#[derive(Debug)]
pub struct FeedCache {
    validators: Cache<Key, Arc<Known>>,
    bodies: Cache<Key, Bytes, ByLength>,
    written: AtomicU64,
}

/// The validators of a representation.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) validators: Validators,
    /// Whether a client has requested it since it was put in service.
    is_requested: AtomicBool,
}

/// Names one representation of one feed of one snapshot of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    /// [`TeamSnapshot::serial`].
    team: u64,
    /// [`FeedSlot::index`].
    feed: u32,
    variant: u16,
    coding: Coding,
}

#[derive(Debug, Clone)]
struct ByLength;

impl Weighter<Key, Bytes> for ByLength {
    fn weight(&self, _: &Key, body: &Bytes) -> u64 {
        // An empty body would weigh nothing and never make room.
        body.len().max(1) as u64
    }
}

impl Default for FeedCache {
    fn default() -> FeedCache {
        FeedCache {
            validators: Cache::new(MAX_VALIDATORS),
            bodies: Cache::with_weighter(USUAL_BODIES, MAX_BYTES, ByLength),
            written: AtomicU64::new(0),
        }
    }
}

impl FeedCache {
    /// The validators of what a client requests of `slot`, a feed of `team`. The feed is written unless it was before,
    /// and once however many clients wait for it.
    pub(super) fn requested(
        &self,
        team: &TeamSnapshot,
        slot: &FeedSlot,
        variant: Variant,
        coding: Coding,
    ) -> Arc<Known> {
        let known = self.known(team, slot, variant, coding);
        // Usually it is set, and then no other worker's cache is disturbed.
        if !known.is_requested.load(Ordering::Relaxed) {
            known.is_requested.store(true, Ordering::Relaxed);
        }
        known
    }

    /// The bytes of the same.
    pub(super) fn body(
        &self,
        team: &TeamSnapshot,
        slot: &FeedSlot,
        variant: Variant,
        coding: Coding,
    ) -> Bytes {
        let variant = distinct(team, slot, variant);
        let key = key(team, slot, variant, coding);
        let written = || Ok::<_, Infallible>(self.write(team, slot, variant, coding).body);
        let Ok(body) = self.bodies.get_or_insert_with(&key, written);
        body
    }

    /// When what replaced `version` of `slot`, a feed of `team`, was made; `None` while that is current.
    pub(in crate::web) fn outdated_since(
        &self,
        team: &TeamSnapshot,
        slot: &FeedSlot,
        version: u64,
    ) -> Option<Instant> {
        let current = self.known(team, slot, variant_of(version), Coding::Identity);
        (current.validators.version != version).then_some(current.validators.modified)
    }

    /// Writes ahead for `next` what clients requested of `before`, the same team until then, and what is still kept of
    /// it. What nobody requested since it was put in service is forgotten.
    pub(in crate::web) fn prepare(&self, before: &TeamSnapshot, next: &TeamSnapshot) {
        for old in before.feeds() {
            let Some(new) = next.feed_at(&old.path) else { continue };
            for (variant, coding) in representations() {
                let key = key(before, old, variant, coding);
                let is_requested = |known: Arc<Known>| known.is_requested.load(Ordering::Relaxed);
                if self.bodies.contains_key(&key) && self.validators.peek(&key).is_some_and(is_requested) {
                    self.known(next, new, variant, coding);
                }
            }
        }
    }

    /// How many representations have been written.
    pub(in crate::web) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    fn known(&self, team: &TeamSnapshot, slot: &FeedSlot, variant: Variant, coding: Coding) -> Arc<Known> {
        let variant = distinct(team, slot, variant);
        let key = key(team, slot, variant, coding);
        let written = || {
            let Representation { body, validators } = self.write(team, slot, variant, coding);
            self.bodies.insert(key, body);
            Ok::<_, Infallible>(Arc::new(Known { validators, is_requested: AtomicBool::new(false) }))
        };
        let Ok(known) = self.validators.get_or_insert_with(&key, written);
        known
    }

    fn write(
        &self,
        team: &TeamSnapshot,
        slot: &FeedSlot,
        variant: Variant,
        coding: Coding,
    ) -> Representation {
        self.written.fetch_add(1, Ordering::Relaxed);
        represent(&team.source(slot), variant, coding)
    }
}

/// Every variant in every coding.
fn representations() -> impl Iterator<Item = (Variant, Coding)> {
    Variant::all().flat_map(|variant| Coding::ALL.map(|coding| (variant, coding)))
}

/// With nothing cancelled a download has the bytes of the feed.
fn distinct(team: &TeamSnapshot, slot: &FeedSlot, variant: Variant) -> Variant {
    let download = variant.download && !team.source(slot).cancelled.is_empty();
    Variant { download, ..variant }
}

fn key(team: &TeamSnapshot, slot: &FeedSlot, variant: Variant, coding: Coding) -> Key {
    let feed = u32::try_from(slot.index()).unwrap_or(u32::MAX);
    Key { team: team.serial(), feed, variant: variant.number() as u16, coding }
}
