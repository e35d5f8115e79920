//! Calendars fetched from addresses, as they are kept: an input of a load, as the files are. Nothing here uses the
//! network.
//!
//! Not here: who fetches and stores them (`calendars`).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDate, SecondsFormat};
use sha2::{Digest, Sha256};

use crate::fetch::Address;
use crate::rota::{EngineerId, Instant, Period, TeamId};
use crate::time_off::Absence;

/// Where copies of fetched calendars stand among the stored files of a team.
const FOLDER: &str = "fetched/";

/// What is kept of fetched calendars, by the SHA-256 of their addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptCalendars {
    by_address: BTreeMap<String, Arc<KeptCalendar>>,
    /// Whether it is a server that loads: it fetches what it has no copy of, and reports as an error what it could not.
    is_server: bool,
}

/// What is kept of one fetched calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptCalendar {
    /// Rises whenever the content changes; 0 while there is none.
    pub number: i64,
    /// The calendar, reduced to what is used; `None` if it was never fetched.
    pub text: Option<Arc<str>>,
    /// What of the past counts whatever the text says, for each of those who read it.
    pub history: BTreeMap<CalendarReader, History>,
    /// When it was last fetched, or found unchanged.
    pub fetched_at: Option<Instant>,
    /// Why the last attempt to fetch it failed.
    pub failure: Option<String>,
}

/// Whoever reads a fetched calendar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CalendarReader {
    /// The holiday calendar of this id.
    Holidays(String),
    /// The time off of an engineer of a team.
    TimeOff(TeamId, EngineerId),
}

/// The past of a fetched calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Absences that had begun when a later copy came.
    pub absences: Vec<Absence>,
    /// Holidays likewise.
    pub holidays: Vec<(NaiveDate, Arc<str>)>,
    /// When a copy came in which nothing was ahead any more, where something was ahead in the copy before.
    pub emptied_at: Option<Instant>,
    /// [`KeptCalendar::text_id`] of the copy that it was last extended for; empty if an older oncal did that.
    pub extended_for: String,
    /// Identifies the rules by which it was found; empty if an older oncal did that.
    pub judged_by: String,
}

impl KeptCalendars {
    /// None yet, for a server.
    pub fn for_server() -> KeptCalendars {
        KeptCalendars { is_server: true, ..KeptCalendars::default() }
    }

    /// Whether a server loads with them.
    pub fn is_server(&self) -> bool {
        self.is_server
    }

    /// What is kept of the calendar at `address`; `None` if nobody ever tried to fetch it.
    pub fn get(&self, address: &Address) -> Option<&Arc<KeptCalendar>> {
        self.by_address.get(address.digest().as_str())
    }

    /// Replaces what is kept under a digest.
    pub fn insert(&mut self, digest: &str, kept: KeptCalendar) {
        self.by_address.insert(digest.to_owned(), Arc::new(kept));
    }

    /// All, by digest.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<KeptCalendar>)> {
        self.by_address.iter().map(|(digest, kept)| (digest.as_str(), kept))
    }

    /// Those among the stored files of a team, given by path and content.
    pub fn from_files<'f>(files: impl Iterator<Item = (&'f str, &'f [u8])>) -> KeptCalendars {
        let mut kept = KeptCalendars::for_server();
        for (path, content) in files {
            if let Some(digest) = path.strip_prefix(FOLDER)
                && let Some(calendar) = KeptCalendar::from_file(content)
            {
                kept.insert(digest, calendar);
            }
        }
        kept
    }
}

impl KeptCalendar {
    /// The path under which the copy of the calendar with this `digest` stands among the stored files of a team.
    pub fn file(digest: &str) -> String {
        format!("{FOLDER}{digest}")
    }

    /// What is stored there: the number, the history, an empty line and the text. `None` if it was never fetched.
    pub(super) fn to_file(&self) -> Option<Vec<u8>> {
        let text = self.text.as_deref()?;
        Some(format!("number {}\n{}\n{text}", self.number, self.history_text()).into_bytes())
    }

    /// What [`KeptCalendar::file`] has; `None` if it is not in the format of this version.
    pub fn from_file(content: &[u8]) -> Option<KeptCalendar> {
        let content = std::str::from_utf8(content).ok()?;
        let (head, text) = content.split_once("\n\n")?;
        let (number, history) = head.split_once('\n').unwrap_or((head, ""));
        Some(KeptCalendar {
            number: number.strip_prefix("number ")?.parse().ok()?,
            text: Some(text.into()),
            history: read_history(history),
            ..KeptCalendar::default()
        })
    }

    /// The history as it is stored: a line for each entry.
    pub fn history_text(&self) -> String {
        self.history.iter().map(|(reader, history)| history.lines(reader)).collect()
    }

    /// Identifies the text, among the copies of one calendar.
    pub fn text_id(&self) -> String {
        short_hash(self.text.as_deref().unwrap_or_default())
    }

    /// The past of one of those who read it.
    pub(super) fn history_of(&self, reader: &CalendarReader) -> Option<&History> {
        self.history.get(reader)
    }

    /// Equal for whatever gives `reader` the same.
    pub(super) fn hash_for(&self, reader: &CalendarReader) -> String {
        let history = self.history_of(reader).map(|history| history.lines(reader)).unwrap_or_default();
        let hash = Sha256::new().chain_update(self.text.as_deref().unwrap_or_default()).chain_update([0]);
        hex::encode(hash.chain_update(history).finalize())
    }
}

/// Identifies a text among few.
pub(super) fn short_hash(text: &str) -> String {
    hex::encode(Sha256::digest(text).get(..8).unwrap_or_default())
}

impl fmt::Display for CalendarReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CalendarReader::Holidays(id) => write!(f, "holidays/{id}"),
            CalendarReader::TimeOff(team, engineer) => write!(f, "time-off/{team}/{engineer}"),
        }
    }
}

impl CalendarReader {
    fn from_text(text: &str) -> Option<CalendarReader> {
        match text.split('/').collect::<Vec<_>>()[..] {
            ["holidays", id] => Some(CalendarReader::Holidays(id.to_owned())),
            ["time-off", team, engineer] => {
                Some(CalendarReader::TimeOff(TeamId::new(team)?, EngineerId::new(engineer)?))
            }
            _ => None,
        }
    }
}

impl History {
    fn lines(&self, reader: &CalendarReader) -> String {
        let text = |at: Instant| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut lines = String::new();
        let mut line = |rest: String| lines.push_str(&format!("{reader} {rest}\n"));
        if !self.extended_for.is_empty() {
            line(format!("copy {}", self.extended_for));
        }
        if !self.judged_by.is_empty() {
            line(format!("rules {}", self.judged_by));
        }
        if let Some(at) = self.emptied_at {
            line(format!("emptied {}", text(at)));
        }
        for absence in &self.absences {
            line(match absence {
                Absence::Days(first, last) => format!("days {first} {last}"),
                Absence::Exact(period) => format!("exact {} {}", text(period.start()), text(period.end())),
            });
        }
        for (date, name) in &self.holidays {
            line(format!("day {date} {name}"));
        }
        lines
    }

    fn read_line(&mut self, kind: &str, rest: &str) -> Option<()> {
        let two = || rest.split_once(' ');
        match kind {
            "copy" => self.extended_for = rest.to_owned(),
            "rules" => self.judged_by = rest.to_owned(),
            "emptied" => self.emptied_at = Some(rest.parse().ok()?),
            "days" => self.absences.push(Absence::Days(two()?.0.parse().ok()?, two()?.1.parse().ok()?)),
            "exact" => {
                let period = Period::new(two()?.0.parse().ok()?, two()?.1.parse().ok()?)?;
                self.absences.push(Absence::Exact(period));
            }
            "day" => self.holidays.push((two()?.0.parse().ok()?, two()?.1.into())),
            _ => {}
        }
        Some(())
    }
}

/// Reads what [`KeptCalendar::history_text`] gives. Lines that this version does not know are left out.
pub fn read_history(text: &str) -> BTreeMap<CalendarReader, History> {
    let mut all: BTreeMap<CalendarReader, History> = BTreeMap::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ' ');
        if let (Some(reader), Some(kind), Some(rest)) = (parts.next(), parts.next(), parts.next())
            && let Some(reader) = CalendarReader::from_text(reader)
        {
            all.entry(reader).or_default().read_line(kind, rest);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> KeptCalendar {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let reader =
            |id: &str| CalendarReader::TimeOff(TeamId::new("data").unwrap(), EngineerId::new(id).unwrap());
        let exact = Period::new(at("2026-01-05T10:00:00Z"), at("2026-01-05T12:00:00.250Z")).unwrap();
        let absences = vec![Absence::Days(date("2026-01-05"), date("2026-01-07")), Absence::Exact(exact)];
        let extended_for = "0123456789abcdef".to_owned();
        let judged_by = "fedcba9876543210".to_owned();
        let emptied_at = Some(at("2026-02-01T00:00:00Z"));
        let holidays = vec![(date("2026-01-01"), Arc::from("New Year’s Day"))];
        KeptCalendar {
            number: 3,
            text: Some("BEGIN:VCALENDAR\r\n\n\nEND:VCALENDAR".into()),
            history: BTreeMap::from([
                (reader("a"), History { absences, extended_for, judged_by, ..History::default() }),
                (reader("b"), History { emptied_at, ..History::default() }),
                (CalendarReader::Holidays("de".to_owned()), History { holidays, ..History::default() }),
            ]),
            ..KeptCalendar::default()
        }
    }

    #[test]
    fn a_copy_is_read_as_it_was_stored() {
        let kept = kept();
        assert_eq!(KeptCalendar::from_file(&kept.to_file().unwrap()), Some(kept.clone()));
        assert_eq!(read_history(&kept.history_text()), kept.history);
        let plain = KeptCalendar { history: BTreeMap::new(), ..kept };
        assert_eq!(KeptCalendar::from_file(&plain.to_file().unwrap()), Some(plain));
        assert_eq!(KeptCalendar::default().to_file(), None);
        for damaged in ["", "number 3", "number x\n\n", "3\n\ntext"] {
            assert_eq!(KeptCalendar::from_file(damaged.as_bytes()), None, "{damaged}");
        }
        let odd = "x\nholidays/de\nholidays/de day x\nother/de day 2026-01-01 x\nholidays/de later 1 2\n";
        let only_reader = BTreeMap::from([(CalendarReader::Holidays("de".to_owned()), History::default())]);
        assert_eq!(read_history(odd), only_reader);
    }

    #[test]
    fn the_hash_is_of_the_text_and_of_the_readers_own_past() {
        let kept = kept();
        let readers: Vec<_> = kept.history.keys().cloned().collect();
        let before: Vec<_> = readers.iter().map(|reader| kept.hash_for(reader)).collect();
        let mut other = KeptCalendar { number: 9, fetched_at: Some(Instant::UNIX_EPOCH), ..kept.clone() };
        other.history.remove(&readers[0]);
        let after: Vec<_> = readers.iter().map(|reader| other.hash_for(reader)).collect();
        assert_ne!(before[0], after[0]);
        assert_eq!(before[1..], after[1..]);
    }
}
