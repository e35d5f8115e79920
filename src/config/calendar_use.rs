//! A fetched calendar as somebody uses it, and what is reported of its copy.

use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDate, SecondsFormat, TimeDelta};
use sha2::{Digest, Sha256};

use super::diagnostic::{Diagnostic, Place};
use super::fetch_codes::{EMPTIED, NOT_FETCHED, NOT_FETCHED_NOW, OUTDATED_COPY};
use super::kept_calendars::{CalendarReader, History, KeptCalendar, KeptCalendars, short_hash};
use crate::fetch::Address;
use crate::rota::{Instant, Zone};
use crate::time_off::Absence;
use crate::toml_reader::Problem;

/// A copy that was not fetched for so long is reported.
const FRESH: TimeDelta = TimeDelta::days(1);

/// For so long it is reported that everything ahead is gone.
const EMPTIED_SHOWN: TimeDelta = TimeDelta::days(7);

/// A fetched calendar that the configuration uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarUse {
    /// Where it is fetched from.
    pub address: Address,
    /// Who reads it.
    pub reader: CalendarReader,
    /// The file and the place in it where the address stands, or the name of the file that has it.
    pub named_at: NamedAt,
    /// Whose answers to invitations are read from it, in lower case.
    pub email: Option<String>,
    /// The number of the copy that was read; 0 for none.
    pub number: i64,
    /// What the copy gave.
    pub found: Found,
    /// Identifies the rules that decided which entries count.
    pub rules: String,
    /// Its past by these rules, where it was kept by others: without what the copy still has. Its own team may undo a
    /// mistake in its rules; what a later copy omits stays.
    pub rejudged: Option<History>,
    /// [`KeptCalendar::hash_for`] of the copy; empty for none.
    pub(super) hash: String,
    /// Since when its first fetch is waited for, by a team that stays as it was meanwhile.
    pub(super) waiting_since: Option<Instant>,
}

/// Where a configuration names a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAt {
    /// The file within the configuration folder.
    pub file: String,
    /// `None` if all of the file is the address.
    pub place: Option<Place>,
}

/// `teams/data.toml:6:21`.
impl fmt::Display for NamedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        self.place.as_ref().map_or(Ok(()), |place| write!(f, ":{}:{}", place.line, place.column))
    }
}

/// What somebody's copy of a fetched calendar gives, without what is known of its past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// There is no copy.
    Nothing,
    /// The copy has errors, the first of this code.
    Unreadable(&'static str),
    /// Absences of somebody who lives in this zone.
    Absences(Vec<Absence>, Zone),
    /// Holidays.
    Holidays(Vec<(NaiveDate, Arc<str>)>),
}

impl CalendarUse {
    /// Of `address`, which is named at a place, by `reader`, of which nothing is kept.
    pub(super) fn new(address: Address, reader: CalendarReader, named_at: NamedAt) -> CalendarUse {
        CalendarUse {
            address,
            reader,
            named_at,
            email: None,
            number: 0,
            found: Found::Nothing,
            rules: String::new(),
            rejudged: None,
            hash: String::new(),
            waiting_since: None,
        }
    }

    /// The same, read by what `rules` say. If other rules decided about the past in `kept`, it is as `rejudge` gives
    /// it, from that past and the copy.
    pub(super) fn by_rules(
        self,
        rules: &str,
        kept: Option<&KeptCalendar>,
        rejudge: impl FnOnce(&History, &str) -> History,
    ) -> CalendarUse {
        let rules = short_hash(rules);
        let past = kept.and_then(|kept| Some((kept.history_of(&self.reader)?, kept.text.as_deref()?)));
        let past = past.filter(|(past, _)| !past.judged_by.is_empty() && past.judged_by != rules);
        let rejudged = past.map(|(past, text)| rejudge(past, text));
        CalendarUse { rules, rejudged, ..self }
    }

    /// What is known of its past, by the rules of now.
    pub(super) fn past<'p>(&'p self, kept: Option<&'p KeptCalendar>) -> Option<&'p History> {
        self.rejudged.as_ref().or_else(|| kept?.history_of(&self.reader))
    }

    /// The same, of somebody with this mail address.
    pub(super) fn with_email(self, email: Option<&str>) -> CalendarUse {
        CalendarUse { email: email.map(str::to_lowercase), ..self }
    }

    /// What is reported of it, at the place where the configuration names it.
    pub(super) fn diagnostic(&self, problem: Problem) -> Diagnostic {
        let team = match &self.reader {
            CalendarReader::TimeOff(team, _) => Some(team),
            CalendarReader::Holidays(_) => None,
        };
        Diagnostic::new(problem, &self.named_at.file, team, self.named_at.place.clone())
    }

    /// Whose calendar it is.
    fn whose(&self) -> String {
        match &self.reader {
            CalendarReader::Holidays(id) => format!("the holiday calendar `{id}`"),
            CalendarReader::TimeOff(_, engineer) => format!("the calendar of `{engineer}`"),
        }
    }

    /// The problem of a copy with an error. The error is not quoted, since somebody else wrote the text.
    pub(super) fn unreadable(&self, code: &str) -> Problem {
        let (whose, address) = (self.whose(), &self.address);
        let message = format!("{whose}, fetched from {address}, has an error ({code}) and cannot be used");
        let help = "save it as a file and name that here: `oncal check` then shows the place of the error";
        Problem::error("unreadable-copy", message).help(help)
    }

    /// A warning that a command could not fetch it; `has_copy` if there is one of an earlier fetch.
    pub fn not_fetched_now(&self, error: &str, has_copy: bool) -> Diagnostic {
        let message = format!("failed to fetch {} from {}: {error}", self.whose(), self.address);
        let help = has_copy.then(|| "the copy of an earlier fetch is used".to_owned());
        self.diagnostic(Problem::warning(NOT_FETCHED_NOW, message).maybe_help(help))
    }

    /// Whether it is how `reader` reads the calendar at `address`.
    pub fn reads(&self, reader: &CalendarReader, address: &Address) -> bool {
        self.reader == *reader && self.address == *address
    }

    /// Whether `other` is of the same address, by the same reader.
    pub(super) fn is_same(&self, other: &CalendarUse) -> bool {
        self.reads(&other.reader, &other.address)
    }

    /// The same, after reading `kept`.
    pub(super) fn read(self, kept: &KeptCalendar, found: Found) -> CalendarUse {
        CalendarUse { number: kept.number, hash: kept.hash_for(&self.reader), found, ..self }
    }

    /// Whether `kept` has what this was read from.
    pub fn is_current(&self, kept: &KeptCalendars) -> bool {
        let kept = kept.get(&self.address).filter(|kept| kept.text.is_some());
        kept.map(|kept| kept.hash_for(&self.reader)).unwrap_or_default() == self.hash
    }

    /// Adds all that its reader's result depends on.
    pub(super) fn add_to(&self, hash: &mut Sha256) {
        hash.update(format!("\n{} {} {}", self.reader, self.address.digest().as_str(), self.hash));
    }

    /// Whether anything was read from it.
    pub fn is_known(&self) -> bool {
        matches!(self.found, Found::Absences(..) | Found::Holidays(_))
    }

    /// What has to be said of the copy at `now`.
    pub(super) fn report(&self, kept: &KeptCalendars, now: Instant) -> Option<Diagnostic> {
        self.problem(kept, now).map(|problem| self.diagnostic(problem))
    }

    fn problem(&self, kept: &KeptCalendars, now: Instant) -> Option<Problem> {
        let whose = self.whose();
        let calendar = kept.get(&self.address);
        let failure = calendar.and_then(|calendar| calendar.failure.as_deref());
        let failure = failure.map(|failure| format!(": {failure}")).unwrap_or_default();
        let address = &self.address;
        let Some(calendar) = calendar.filter(|calendar| calendar.text.is_some()) else {
            let unknown = match &self.reader {
                CalendarReader::Holidays(id) => format!("the holidays of `{id}` are not known"),
                CalendarReader::TimeOff(_, engineer) => format!("leave of `{engineer}` is not known"),
            };
            let why = if failure.is_empty() { "was never fetched" } else { "could not be fetched" };
            let message = format!("{unknown}: the calendar at {address} {why}{failure}");
            let of_command = match failure.is_empty() {
                true => "`--fetch` fetches it for one command; a server keeps a copy in its state folder",
                false => "check the address",
            };
            return Some(match kept.is_server() {
                true => Problem::error(NOT_FETCHED, message).help("oncal keeps trying; check the address"),
                false => Problem::warning(NOT_FETCHED, message).help(of_command),
            });
        };
        if calendar.fetched_at.is_none_or(|at| now - at >= FRESH) {
            let at = calendar.fetched_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
            let message = format!(
                "{whose} at {address} was last fetched at {}{failure}",
                at.unwrap_or_else(|| "an unknown time".to_owned())
            );
            let help = "that copy is still in use; check the address and the server's internet connection";
            return Some(Problem::warning(OUTDATED_COPY, message).help(help));
        }
        let emptied_at = calendar.history_of(&self.reader).and_then(|history| history.emptied_at);
        emptied_at.filter(|at| now - *at < EMPTIED_SHOWN).map(|_| {
            let message =
                format!("{whose} at {address} no longer has any future entries; the previous copy had some");
            let help =
                "if that is right, nothing has to be done; otherwise check the calendar's sharing settings";
            Problem::warning(EMPTIED, message).help(help)
        })
    }
}
