//! A journal as bytes: small and quick to make, so that thousands of teams can be published and held at once.

use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use thiserror::Error;

use super::revision::Journal;

/// What is packed begins with this: another number for another layout. The first was JSON, and began with a brace.
const LAYOUT: u8 = 2;

/// A [`Journal`], packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed(pub(super) Arc<[u8]>);

/// Bytes that no journal gives: the database is damaged, or written by something else.
#[derive(Debug, Error)]
#[error("read an entry of the journal: {0}")]
pub struct Unreadable(String);

/// More than any team's journal has, in bytes: damage must not fill the memory.
const MOST: u64 = 256_000_000;

impl Packed {
    /// Packs `journal`.
    pub fn new(journal: &Journal) -> Packed {
        // Neither writing to memory nor turning strings and numbers into bytes can fail. In one piece: the encoder
        // does more for a write than for what is written.
        let plain = postcard::to_extend(journal, vec![LAYOUT]).unwrap_or_default();
        let mut out = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
        let _ = out.write_all(&plain);
        Packed(out.finish().unwrap_or_default().into())
    }

    /// The journal.
    ///
    /// # Errors
    ///
    /// Where the bytes, read from elsewhere, are not a journal's.
    pub fn open(&self) -> Result<Journal, Unreadable> {
        let mut plain = Vec::new();
        let read = GzDecoder::new(&*self.0).take(MOST).read_to_end(&mut plain);
        read.map_err(|error| Unreadable(error.to_string()))?;
        let Some(plain) = plain.strip_prefix(&[LAYOUT]) else {
            return Err(Unreadable("it is laid out as another oncal does".to_owned()));
        };
        postcard::from_bytes(plain).map_err(|error| Unreadable(error.to_string()))
    }
}

/// Entries without the UIDs that they are found by, since each has its own.
pub(super) mod by_uid {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::journal::Entry;

    pub(in crate::journal) fn serialize<S: Serializer>(
        entries: &BTreeMap<String, Entry>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(entries.values())
    }

    pub(in crate::journal) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Entry>, D::Error> {
        let entries = Vec::<Entry>::deserialize(deserializer)?.into_iter();
        Ok(entries.map(|entry| (entry.fact.uid.clone(), entry)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::journal::{Entry, Fact, Revision};

    #[test]
    fn a_journal_comes_out_as_it_went_in_and_damage_is_told() {
        let at: crate::rota::Instant = "2026-02-03T12:00:00Z".parse().unwrap();
        let fact = Fact {
            uid: "ü@\n".to_owned(),
            anchor: at,
            end: at,
            substance: 0,
            content: u64::MAX,
            concerns: BTreeSet::from(["a".to_owned()]),
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
        let packed = Packed::new(&journal);
        assert_eq!(packed.open().unwrap(), journal);
        let older = {
            let mut out = GzEncoder::new(Vec::new(), Compression::fast());
            out.write_all(b"{}").unwrap();
            out.finish().unwrap()
        };
        for damaged in [&packed.0[..packed.0.len() / 2], &b"SQLite"[..], &[], &*older] {
            assert!(Packed(damaged.into()).open().is_err());
        }
    }
}
