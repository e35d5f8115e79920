//! A journal as bytes: small and quick to make, so that thousands of teams can be published and held in memory.

use std::sync::Arc;

use thiserror::Error;

use super::gzip::{packed, unpacked_within};
use super::revision::Journal;

/// The first byte of what is packed; each layout has a higher number. The first layout was JSON, and began with a
/// brace.
const LAYOUT: u8 = 2;

/// The first byte of JSON.
const JSON: u8 = b'{';

/// A [`Journal`], packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed(pub(super) Arc<[u8]>);

/// Why bytes are no journal that can be read.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// They are damaged, or an older oncal wrote them.
    #[error("the entry is damaged or of an older layout: {0}")]
    Damaged(
        /// What is wrong with them.
        String,
    ),
    /// A newer oncal wrote them.
    #[error("a newer oncal wrote the entry: its layout is {0}, and this oncal knows {LAYOUT}")]
    Newer(
        /// The number of the layout.
        u8,
    ),
}

/// More bytes than any team's journal has: damaged data must not fill the memory.
const MAX_BYTES: u64 = 256_000_000;

impl Packed {
    /// Packs `journal`.
    pub fn new(journal: &Journal) -> Packed {
        // Turning strings and numbers into bytes cannot fail. In one piece: the encoder does more for a write than for
        // what is written.
        let plain = postcard::to_allocvec(&(LAYOUT, journal)).unwrap_or_default();
        Packed(packed(&plain).into())
    }

    /// The journal.
    ///
    /// # Errors
    ///
    /// If the bytes, which come from a database, are not a journal in the layout of this oncal.
    pub fn open(&self) -> Result<Journal, Unreadable> {
        let damaged = |error: String| Unreadable::Damaged(error);
        let plain = unpacked_within(MAX_BYTES, &self.0).map_err(|error| damaged(error.to_string()))?;
        match plain.split_first() {
            Some((&LAYOUT, plain)) => postcard::from_bytes(plain).map_err(|error| damaged(error.to_string())),
            Some((&layout, _)) if layout > LAYOUT && layout != JSON => Err(Unreadable::Newer(layout)),
            Some((layout, _)) => Err(damaged(format!("its layout is {layout}"))),
            None => Err(damaged("it is empty".to_owned())),
        }
    }
}

/// Ids of engineers as texts.
pub(super) mod ids {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::rota::EngineerId;

    pub(in crate::journal) fn serialize<'i, S: Serializer, I>(
        ids: &'i I,
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        &'i I: IntoIterator<Item = &'i EngineerId>,
    {
        serializer.collect_seq(ids.into_iter().map(EngineerId::as_str))
    }

    pub(in crate::journal) fn deserialize<'de, D: Deserializer<'de>, I: FromIterator<EngineerId>>(
        deserializer: D,
    ) -> Result<I, D::Error> {
        let texts = Vec::<&str>::deserialize(deserializer)?.into_iter();
        let id = |text| EngineerId::new(text).ok_or_else(|| D::Error::custom("not the id of an engineer"));
        texts.map(id).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::journal::{Entry, Fact, Revision};
    use crate::rota::EngineerId;

    #[test]
    fn a_journal_is_read_as_it_was_packed_and_damaged_bytes_are_refused() {
        let at: crate::rota::Instant = "2026-02-03T12:00:00Z".parse().unwrap();
        let fact = Fact {
            anchor: at,
            end: at,
            substance: 0,
            content: u64::MAX,
            concerns: ["b", "a"].map(|id| EngineerId::new(id).unwrap()).to_vec(),
            record: vec![0, 255],
        };
        let revision = Revision { sequence: 3, created: at, modified: at };
        let entry = Entry { fact, revision, former: BTreeSet::new(), withdrawn: true };
        let journal = Journal {
            generation: -1,
            fingerprint: "f".to_owned(),
            week_start: at,
            until: at,
            entries: BTreeMap::from([("ü@\n".to_owned(), entry)]),
        };
        let whole = Packed::new(&journal);
        assert_eq!(whole.open().unwrap(), journal);
        for damaged in [&whole.0[..whole.0.len() / 2], &b"SQLite"[..], &[], &*packed(b"{}"), &*packed(&[1])] {
            let read = Packed(damaged.into()).open();
            assert!(matches!(read, Err(Unreadable::Damaged(_))), "{read:?}");
        }
        assert_eq!(Packed(packed(&[LAYOUT + 1, 0]).into()).open(), Err(Unreadable::Newer(LAYOUT + 1)));
    }
}
