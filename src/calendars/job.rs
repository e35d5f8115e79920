//! One calendar that is to be fetched.

use std::collections::{BTreeMap, BTreeSet};

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
    /// Where the configuration names it: `teams/data.toml:6:21`.
    pub(super) named_at: Vec<String>,
    /// What other servers on the same database have noted that they use it for: see [`Wanted::notes`].
    pub(super) others: BTreeSet<String>,
}

/// The addresses of `uses`, each once, by digest.
pub(super) fn wanted<'u>(uses: impl Iterator<Item = &'u CalendarUse>) -> BTreeMap<String, Wanted> {
    let mut all: BTreeMap<String, Wanted> = BTreeMap::new();
    for usage in uses {
        let digest = usage.address.digest().as_str().to_owned();
        let wanted = all.entry(digest.clone()).or_insert_with(|| Wanted {
            address: usage.address.clone(),
            digest,
            purpose: Purpose::default(),
            readers: Vec::new(),
            named_at: Vec::new(),
            others: BTreeSet::new(),
        });
        wanted.purpose = std::mem::take(&mut wanted.purpose).and(purpose(usage));
        wanted.readers.push(usage.reader.clone());
        wanted.named_at.push(usage.named_at.to_string());
    }
    all
}

/// What is needed of the calendar by one who reads it.
pub(super) fn purpose(usage: &CalendarUse) -> Purpose {
    match usage.reader {
        CalendarReader::Holidays(_) => Purpose::holidays(),
        CalendarReader::TimeOff(..) => Purpose::time_off(&usage.email),
    }
}

/// What a copy was reduced for, as the database has it.
pub(super) fn stored_purpose(state: &CalendarState) -> Purpose {
    Purpose::from_words(state.purpose.split_whitespace())
}

impl Wanted {
    /// The same calendar, which is fetched for other servers too. What they noted is the names of readers, which have a
    /// `/`, and the words of purposes, which have none.
    pub(super) fn and_for(self, others: BTreeSet<String>) -> Wanted {
        let words = others.iter().map(String::as_str).filter(|word| !word.contains('/'));
        let purpose = self.purpose.and(Purpose::from_words(words));
        Wanted { purpose, others, ..self }
    }

    /// What this server notes that it uses the calendar for.
    pub(super) fn notes(&self) -> BTreeSet<String> {
        let readers = self.readers.iter().map(ToString::to_string);
        readers.chain(self.purpose.words().map(str::to_owned)).collect()
    }

    /// Whether another server, but not this one, has `reader` among its readers.
    pub(super) fn is_read_elsewhere_by(&self, reader: &CalendarReader) -> bool {
        !self.readers.contains(reader) && self.others.contains(&reader.to_string())
    }

    /// The purpose, as the database has it.
    pub(super) fn purpose_text(&self) -> String {
        self.purpose.words().collect::<Vec<_>>().join(" ")
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
    ///
    /// If no calendar could be fetched, and why.
    pub fn run(&self, fetcher: &Fetcher) -> Result<Fetched, FetchError> {
        let state = &self.state;
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let validators = Validators { etag: some(&state.etag), last_modified: some(&state.last_modified) };
        // A copy that was reduced for other purposes has more than may be kept, or less than is needed.
        let is_right = stored_purpose(state) == self.wanted.purpose;
        let is_known = is_right && validators != Validators::default();
        Ok(match fetcher.fetch(&self.wanted.address, is_known.then_some(&validators))? {
            Fetched::Calendar { text, validators } => {
                Fetched::Calendar { text: reduced(&text, &self.wanted.purpose), validators }
            }
            Fetched::NotModified => Fetched::NotModified,
        })
    }
}
