//! A cache of rendered feeds: their validators as long as there is room, their bytes within a fixed budget.
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

/// The maximum bytes of all cached feeds together. Nearly all clients request them compressed, so this is enough for a
/// thousand.
const MAX_BYTES: u64 = 16 << 20;

/// The expected number of bodies, which decides over how many locks they are spread.
const USUAL_BODIES: usize = 256;

/// The maximum number of cached validators, at some 300 bytes each: ten for each of ten thousand teams.
const MAX_VALIDATORS: usize = 100_000;

/// The cache, shared by all workers.
#[derive(Debug)]
pub(in crate::web) struct FeedCache {
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
    /// The validators of what a client requests of `slot`, a feed of `team`. The feed is written if it is not cached,
    /// and only once however many clients wait for it.
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

    /// When the successor of `version` of `slot`, a feed of `team`, was made; `None` while that version is current.
    pub(in crate::web) fn outdated_since(
        &self,
        team: &TeamSnapshot,
        slot: &FeedSlot,
        version: u64,
    ) -> Option<Instant> {
        let current = self.known(team, slot, variant_of(version), Coding::Identity);
        (current.validators.version != version).then_some(current.validators.modified)
    }

    /// Writes ahead for `next` what clients requested of `before`, the previous state of the same team, and is still
    /// cached. What nobody requested since it was put in service is dropped.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Alarm;
    use crate::live::sample::{TEAM, at, configuration};
    use crate::live::{Builder, Snapshot, Store};
    use crate::publish::Publisher;
    use std::collections::BTreeSet;

    const NOW: &str = "2026-02-10T12:00:00Z";

    fn loaded() -> Snapshot {
        Snapshot::new(configuration("", &[("sample", TEAM)], at(NOW)), at(NOW))
    }

    fn sample(snapshot: &Snapshot) -> (&TeamSnapshot, &FeedSlot) {
        let team = snapshot.team("sample").unwrap();
        (team, team.feed_at("team.ics").unwrap())
    }

    fn alarm(alarm: Alarm) -> Variant {
        Variant { alarm: Some(alarm), download: false }
    }

    #[test]
    fn concurrent_requests_write_each_representation_once() {
        let (cache, snapshot) = (FeedCache::default(), loaded());
        let (team, slot) = sample(&snapshot);
        let start = std::sync::Barrier::new(64);
        std::thread::scope(|scope| {
            for n in 0..64 {
                let (start, cache) = (&start, &cache);
                scope.spawn(move || {
                    start.wait();
                    let coding = Coding::ALL[n % Coding::ALL.len()];
                    let known = cache.requested(team, slot, Variant::default(), coding);
                    let body = cache.body(team, slot, Variant::default(), coding);
                    assert_eq!(known.validators.etag, crate::web::feeds::etag::etag(&body));
                });
            }
        });
        assert_eq!(cache.written(), 3, "one for each coding");
        cache.requested(team, slot, alarm(Alarm::H1), Coding::Gzip);
        assert_eq!(cache.written(), 4, "and one with an alarm");
    }

    #[test]
    fn a_tag_is_of_the_bytes_so_each_coding_has_its_own() {
        let (cache, snapshots) = (FeedCache::default(), [loaded(), loaded()]);
        let [one, other] = snapshots.each_ref().map(|snapshot| {
            let (team, slot) = sample(snapshot);
            Coding::ALL.map(|coding| cache.requested(team, slot, Variant::default(), coding))
        });
        let tags = |known: &[Arc<Known>]| -> Vec<String> {
            known.iter().map(|known| known.validators.etag.to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(tags(&one), tags(&other), "the same bytes");
        assert_eq!(tags(&one).into_iter().collect::<BTreeSet<_>>().len(), 3);
        for tag in tags(&one) {
            assert!(tag.len() == 2 + 2 * 16 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        }
    }

    #[test]
    fn a_version_is_current_in_every_coding_until_the_content_changes() {
        let (cache, snapshot) = (FeedCache::default(), loaded());
        let (team, slot) = sample(&snapshot);
        for coding in Coding::ALL {
            let version = cache.requested(team, slot, alarm(Alarm::M5), coding).validators.version;
            assert_eq!(cache.outdated_since(team, slot, version), None);
            let since = cache.outdated_since(team, slot, version ^ 1 << 40);
            assert_eq!(since, Some(team.source(slot).modified()));
        }
    }

    #[test]
    fn what_is_not_used_makes_room_and_is_written_again_with_the_same_bytes() {
        let (cache, snapshot) = (FeedCache::default(), loaded());
        let (team, slot) = sample(&snapshot);
        let first = cache.body(team, slot, Variant::default(), Coding::Identity);
        let (kept, number) = (cache.bodies.weight(), cache.written());
        assert!(kept > 0);
        for feed in 0..MAX_BYTES / first.len() as u64 + 100 {
            let key = Key { team: u64::MAX, feed: feed as u32, variant: 0, coding: Coding::Identity };
            cache.bodies.insert(key, first.clone());
            cache.bodies.get(&key);
        }
        assert!(cache.bodies.weight() <= MAX_BYTES);
        let again = cache.body(team, slot, Variant::default(), Coding::Identity);
        assert!(again == first && cache.written() == number + 1);
    }

    /// What follows `snapshot` at the next duty change, written ahead.
    fn rolled(store: &Store, snapshot: &Snapshot) -> Snapshot {
        let change = snapshot.valid_until().unwrap();
        let next = Builder::new(Publisher::without_journal()).renew(snapshot, change).written().unwrap();
        store.prepare(snapshot, &next);
        next
    }

    #[test]
    fn what_was_requested_is_written_ahead_and_the_rest_is_not() {
        let (cache, snapshot) = (Arc::new(FeedCache::default()), loaded());
        let (store, of_store) = (Store::new(loaded()), Arc::clone(&cache));
        store.prepare_with(move |before, next| of_store.prepare(before, next));
        rolled(&store, &snapshot);
        assert_eq!(cache.written(), 0, "nobody requested anything");

        let (team, slot) = sample(&snapshot);
        cache.requested(team, slot, alarm(Alarm::M5), Coding::Brotli);
        let next = rolled(&store, &snapshot);
        assert_eq!(cache.written(), 2);
        let (team, slot) = sample(&next);
        cache.body(team, slot, alarm(Alarm::M5), Coding::Brotli);
        assert_eq!(cache.written(), 2, "it is there already");
        rolled(&store, &next);
        assert_eq!(cache.written(), 2, "nobody has requested it since");
    }
}
