//! A journal as bytes: compressed JSON, a tenth of what it says, so that thousands of teams can be held at once.

use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use thiserror::Error;

use super::revision::Journal;

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
        // Neither writing to memory nor turning strings and numbers into JSON can fail. In one piece: the encoder
        // does more for a write than for what is written.
        let text = serde_json::to_vec(journal).unwrap_or_default();
        let mut out = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
        let _ = out.write_all(&text);
        Packed(out.finish().unwrap_or_default().into())
    }

    /// The journal.
    ///
    /// # Errors
    ///
    /// Where the bytes, read from elsewhere, are not a journal's.
    pub fn open(&self) -> Result<Journal, Unreadable> {
        let mut text = Vec::new();
        let read = GzDecoder::new(&*self.0).take(MOST).read_to_end(&mut text);
        read.map_err(|error| Unreadable(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| Unreadable(error.to_string()))
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
            substance: "00".to_owned(),
            content: "ff".to_owned(),
            concerns: BTreeSet::from(["a".to_owned()]),
            record: "{\"x\":1}".to_owned(),
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
        for damaged in [&packed.0[..packed.0.len() / 2], &b"SQLite"[..], &[]] {
            assert!(Packed(damaged.into()).open().is_err());
        }
    }
}
