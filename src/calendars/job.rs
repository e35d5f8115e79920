//! One calendar that is to be fetched.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::config::{CalendarReader, CalendarUse};
use crate::fetch::{Address, FetchError, Fetched, Fetcher, Purpose, Validators, reduced};
use crate::journal::CalendarState;

/// An address that is used, by whom, and for what.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) address: Address,
    /// The SHA-256 of the address.
    pub(super) digest: String,
    pub(super) purpose: Purpose,
    pub(super) readers: Vec<CalendarReader>,
}

/// The addresses of `uses`, each once, by digest.
pub(super) fn wanted<'u>(uses: impl Iterator<Item = &'u CalendarUse>) -> BTreeMap<String, Wanted> {
    let mut all: BTreeMap<String, Wanted> = BTreeMap::new();
    for usage in uses {
        let digest = usage.address.digest().as_str().to_owned();
        let purpose = Purpose {
            is_holidays: matches!(usage.reader, CalendarReader::Holidays(_)),
            emails: usage.email.iter().cloned().collect(),
        };
        let wanted = all.entry(digest.clone()).or_insert_with(|| Wanted {
            address: usage.address.clone(),
            digest,
            purpose: Purpose::default(),
            readers: Vec::new(),
        });
        wanted.purpose = std::mem::take(&mut wanted.purpose).and(purpose);
        wanted.readers.push(usage.reader.clone());
    }
    all
}

impl Wanted {
    /// A hash of the purpose, which has mail addresses.
    pub(super) fn purpose_hash(&self) -> String {
        hex::encode(Sha256::digest(format!("{:?}", self.purpose)))
    }
}

/// A calendar that this process has the right to fetch now.
#[derive(Debug)]
pub struct Job {
    pub(super) wanted: Wanted,
    /// What was known before.
    pub(super) state: CalendarState,
    /// Who has the right.
    pub(super) holder: i64,
}

impl Job {
    /// The SHA-256 of the calendar's address.
    pub fn digest(&self) -> &str {
        &self.wanted.digest
    }

    /// Makes the request, and reduces the calendar to what is used. This can take as long as the fetcher's limits
    /// allow.
    ///
    /// # Errors
    /// If no calendar could be fetched, and why.
    pub fn run(&self, fetcher: &Fetcher) -> Result<Fetched, FetchError> {
        let state = &self.state;
        // A copy that was reduced for another purpose lacks what this one needs.
        let has_copy = state.purpose == self.wanted.purpose_hash();
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let validators = Validators { etag: some(&state.etag), last_modified: some(&state.last_modified) };
        Ok(match fetcher.fetch(&self.wanted.address, has_copy.then_some(&validators))? {
            Fetched::Calendar { text, validators } => {
                Fetched::Calendar { text: reduced(&text, &self.wanted.purpose), validators }
            }
            Fetched::NotModified => Fetched::NotModified,
        })
    }
}
