//! A team's feeds as bytes, each written when it is first asked for, once for each alarm and content coding.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderValue;

use crate::feed::{Alarm, Feed, Head, Links, Rendered, calendar};
use crate::rota::{Instant, Team};

use super::coding::Coding;
use super::etag::etag;
use super::subscribers::FeedSubscribers;

/// A feed without an alarm and with each of the alarms, each to subscribe to and to download.
const VARIANTS: usize = 2 * (1 + Alarm::ALL.len());

/// Variants and codings have fewer places than this.
const PLACES: u64 = 256;

/// So many hexadecimal digits of a tag fit into 64 bits beside a place.
const TAG_DIGITS: usize = 14;

/// What may be asked of a feed beside its coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Variant {
    /// Whether shifts have a display alarm.
    pub alarm: Option<Alarm>,
    /// Whether it is to be imported from a file: then events that are no more are told of as cancelled.
    pub download: bool,
}

impl Variant {
    fn place(self) -> usize {
        2 * self.alarm.map_or(0, |alarm| 1 + alarm as usize) + usize::from(self.download)
    }

    /// Which representation a [`Representation::version`] is of.
    pub(super) fn of(version: u64) -> (Variant, Coding) {
        let place = usize::try_from(version % PLACES).unwrap_or(0);
        let all = Coding::ALL.len();
        let alarm = (place / all / 2).checked_sub(1).and_then(|place| Alarm::ALL.get(place).copied());
        let coding = Coding::ALL.get(place % all).copied().unwrap_or(Coding::Identity);
        (Variant { alarm, download: place / all % 2 == 1 }, coding)
    }
}

/// One representation of a feed (RFC 9110 3.2), ready to send.
#[derive(Debug, Clone)]
pub struct Representation {
    /// The body.
    pub body: Bytes,
    /// The body's coding.
    pub coding: Coding,
    /// A strong entity tag, quotes included: of these bytes in this coding.
    pub etag: HeaderValue,
    /// The feed's Last-Modified, in whole seconds.
    pub modified: Instant,
    /// The same as an HTTP date.
    pub last_modified: HeaderValue,
}

/// A feed of one team and all its representations so far.
#[derive(Debug)]
pub struct FeedSlot {
    /// Which feed.
    pub feed: Feed,
    /// Where it is below `/{team}/`.
    pub path: String,
    /// Content-Disposition of a download, with the name of the file.
    pub disposition: HeaderValue,
    pub(super) subscribers: OnceLock<Arc<FeedSubscribers>>,
    variants: [OnceLock<Box<Codings>>; VARIANTS],
    /// Of each variant, a bit for each coding that somebody asked for.
    asked: [AtomicU8; VARIANTS],
}

/// One variant of a feed, and the codings of it.
#[derive(Debug)]
struct Codings {
    identity: Representation,
    gzip: OnceLock<Representation>,
    brotli: OnceLock<Representation>,
}

/// What feeds are written from.
pub(super) struct Source<'a> {
    pub(super) team: &'a Team,
    pub(super) links: &'a Links,
    /// The feed has not changed since before this.
    pub(super) changed: Instant,
    pub(super) events: &'a [Rendered],
    /// What a download has besides.
    pub(super) cancelled: &'a [Rendered],
    /// How many representations were written so far.
    pub(super) written: &'a AtomicU64,
}

impl FeedSlot {
    pub(super) fn new(feed: Feed, team: &Team) -> FeedSlot {
        FeedSlot {
            path: feed.path(),
            disposition: header(format!("attachment; filename=\"{}\"", feed.file_name(team))),
            feed,
            subscribers: OnceLock::new(),
            variants: std::array::from_fn(|_| OnceLock::new()),
            asked: std::array::from_fn(|_| AtomicU8::new(0)),
        }
    }

    /// The representation, if it was written before.
    pub(super) fn ready(&self, variant: Variant, coding: Coding) -> Option<&Representation> {
        let codings = self.variants[variant.place()].get()?;
        match coding {
            Coding::Identity => Some(&codings.identity),
            Coding::Gzip => codings.gzip.get(),
            Coding::Brotli => codings.brotli.get(),
        }
    }

    /// The representation, written now unless it was before. Whoever asks meanwhile waits for it.
    pub(super) fn write(&self, source: &Source<'_>, variant: Variant, coding: Coding) -> &Representation {
        let codings = self.variants[variant.place()].get_or_init(|| {
            let identity = self.identity(source, variant);
            Box::new(Codings { identity, gzip: OnceLock::new(), brotli: OnceLock::new() })
        });
        let encoded = || {
            source.written.fetch_add(1, Ordering::Relaxed);
            codings.identity.encoded(coding)
        };
        match coding {
            Coding::Identity => &codings.identity,
            Coding::Gzip => codings.gzip.get_or_init(encoded),
            Coding::Brotli => codings.brotli.get_or_init(encoded),
        }
    }

    /// Remembers that somebody asked for it.
    pub(super) fn ask(&self, variant: Variant, coding: Coding) {
        let (asked, bit) = (&self.asked[variant.place()], 1 << coding as u8);
        // Mostly they are known, and then no other worker's cache is disturbed.
        if asked.load(Ordering::Relaxed) & bit == 0 {
            asked.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// The variants and codings that somebody asked for.
    pub(super) fn asked(&self) -> impl Iterator<Item = (Variant, Coding)> + '_ {
        let alarms = std::iter::once(None).chain(Alarm::ALL.map(Some));
        let variants = alarms.flat_map(|alarm| [false, true].map(|download| Variant { alarm, download }));
        let all = variants.flat_map(|variant| Coding::ALL.map(|coding| (variant, coding)));
        all.filter(|(variant, coding)| {
            self.asked[variant.place()].load(Ordering::Relaxed) & 1 << *coding as u8 != 0
        })
    }

    fn identity(&self, source: &Source<'_>, variant: Variant) -> Representation {
        source.written.fetch_add(1, Ordering::Relaxed);
        let head = Head { feed: &self.feed, team: source.team, links: source.links, changed: source.changed };
        let modified = head.last_modified(source.events);
        let body = Bytes::from(calendar(
            &head,
            source.events,
            if variant.download { source.cancelled } else { &[] },
            variant.alarm,
        ));
        Representation {
            etag: etag(&body),
            body,
            coding: Coding::Identity,
            modified,
            last_modified: http_date(modified),
        }
    }
}

impl Representation {
    /// Tells this content and representation of a feed from any other, in little room: as much of the tag as fits
    /// beside the place of variant and coding.
    pub fn version(&self, variant: Variant) -> u64 {
        let place = variant.place() * Coding::ALL.len() + self.coding as usize;
        let digits = self.etag.as_bytes().iter().skip(1).take(TAG_DIGITS);
        let tag = digits.fold(0, |tag: u64, digit| tag << 4 | u64::from((digit & 15) + 9 * (digit >> 6)));
        tag * PLACES + place as u64
    }

    /// The same in `coding`; as it is where it cannot be encoded.
    fn encoded(&self, coding: Coding) -> Representation {
        let Ok(body) = coding.encode(&self.body) else { return self.clone() };
        let body = Bytes::from(body);
        Representation { etag: etag(&body), body, coding, ..self.clone() }
    }
}

/// RFC 9110 5.6.7.
fn http_date(instant: Instant) -> HeaderValue {
    header(instant.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// What is made here is visible ASCII, so it always is a header's value.
fn header(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_says_which_representation_it_is_of_and_differs_with_the_tag() {
        let alarms = std::iter::once(None).chain(Alarm::ALL.map(Some));
        for variant in alarms.flat_map(|alarm| [false, true].map(|download| Variant { alarm, download })) {
            for coding in Coding::ALL {
                let version = |body: &'static [u8]| {
                    let body = Bytes::from_static(body);
                    let etag = etag(&body);
                    let modified = Instant::UNIX_EPOCH;
                    let last_modified = http_date(modified);
                    Representation { body, coding, etag, modified, last_modified }.version(variant)
                };
                assert_eq!(Variant::of(version(b"one")), (variant, coding));
                assert_eq!(version(b"one"), version(b"one"));
                assert_ne!(version(b"one"), version(b"two"));
                assert!(version(b"one") >= PLACES.pow(5), "the tag is a part of it");
            }
        }
    }
}
