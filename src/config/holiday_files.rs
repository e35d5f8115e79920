//! The organisation's own holiday calendars: the files of `holidays/`, and what is kept of those that are fetched.
//!
//! Not here: the contents of a calendar (`holidays`).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use super::address_file::{self, AddressFault, EXTENSION};
use super::calendar_use::{CalendarUse, Found, NamedAt};
use super::diagnostic::Place;
use super::files::{self, Entry, FileFault};
use super::ids::shape_problem;
use super::kept_calendars::{CalendarReader, History, KeptCalendars};
use super::sources::Diagnostics;
use super::zones::Zones;
use crate::fetch::Address;
use crate::holidays::{Beside, Content, Definition, Filter, Import, Library};
use crate::rota::Instant;
use crate::toml_reader::{Problem, Problems, Severity};

/// The folder of the calendars, within the configuration.
pub(super) const FOLDER: &str = "holidays";

/// A file that was read. Its problems are reported once all others are known, since it may extend them.
struct FileRead {
    id: String,
    file: String,
    text: Arc<str>,
    problems: Problems,
}

/// The available calendars.
pub(super) struct Calendars {
    pub(super) library: Library,
    /// The ids of those that are used as they were before, because their files now have errors.
    pub(super) outdated: BTreeSet<String>,
    /// Those that are fetched.
    pub(super) uses: Vec<CalendarUse>,
}

/// What the reading of imported calendars depends on.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    pub(super) zones: &'a Zones,
    /// Decides how far recurrences are expanded.
    pub(super) now: Instant,
    /// Events that are over before this day are never an error.
    pub(super) relevant_from: NaiveDate,
    /// What is kept of fetched calendars.
    pub(super) calendars: &'a KeptCalendars,
}

/// All calendars: the built-in ones, and those of the folder, which replace built-in ones of the same id. If a calendar
/// has errors, its version from `before` is used, if that had none.
pub(super) fn read(
    config: &Path,
    basis: Basis<'_>,
    before: Option<&Library>,
    diagnostics: &mut Diagnostics,
) -> io::Result<Calendars> {
    let mut calendars: BTreeMap<String, BTreeSet<Kind>> = BTreeMap::new();
    let listed = files::list_if_present(&config.join(FOLDER))?;
    for Entry { name, is_folder } in listed {
        if is_folder {
            if files::has_extension(&name, &["toml", "ics"]) {
                diagnostics.folder(
                    &format!("{FOLDER}/{name}"),
                    "calendars are files named <name>.toml or <name>.ics",
                );
            }
            continue;
        }
        if let Some((id, kind)) = calendar_id(&name, diagnostics) {
            calendars.entry(id).or_default().insert(kind);
        }
    }
    let Basis { zones, now, relevant_from, calendars: copies } = basis;
    let named = |name: &str| zones.named(name).ok();
    let utc = zones.utc().ok_or_else(|| io::Error::other("the time-zone data has no zone UTC"))?;
    let import = Import { now, relevant_from, named: &named, zone: &utc };
    let mut reader = Reader { config, copies, found: Vec::new(), uses: Vec::new(), diagnostics };
    let mut outdated = BTreeSet::new();
    let own: Vec<_> = calendars
        .into_iter()
        .map(|(id, kinds)| {
            let before = before.and_then(|before| before.own(&id));
            let definition = match reader.calendar(&id, &kinds, &import) {
                Read::Good(definition) => Some(*definition),
                Read::NotFetched => before.cloned().or_else(|| Some(Definition::unknown(&id, now))),
                Read::Broken => {
                    outdated.extend(before.map(|_| id.clone()));
                    before.cloned()
                }
            };
            (id, definition)
        })
        .collect();
    let Reader { found, uses, diagnostics, .. } = reader;
    let library = Library::new(own);
    for FileRead { id, file, text, problems } in found {
        if file.ends_with(".toml") {
            library.check(&id, &problems);
        }
        diagnostics.file(&file, None, &text, problems);
    }
    Ok(Calendars { library, outdated, uses })
}

struct Reader<'a> {
    config: &'a Path,
    copies: &'a KeptCalendars,
    found: Vec<FileRead>,
    uses: Vec<CalendarUse>,
    diagnostics: &'a mut Diagnostics,
}

/// What reading a calendar gave.
enum Read {
    Good(Box<Definition>),
    /// It is fetched from an address, and there is no copy yet.
    NotFetched,
    Broken,
}

impl From<Option<Definition>> for Read {
    fn from(definition: Option<Definition>) -> Read {
        definition.map_or(Read::Broken, |definition| Read::Good(Box::new(definition)))
    }
}

impl Reader<'_> {
    fn toml<T>(&mut self, id: &str, read: impl FnOnce(&str, &Problems) -> Option<T>) -> Option<T> {
        let file = format!("{FOLDER}/{id}.toml");
        let text = self.real(&file).and_then(|path| files::read_text(&path));
        self.file(id, file, text, read)
    }

    /// The calendar of the files of that id.
    fn calendar(&mut self, id: &str, kinds: &BTreeSet<Kind>, import: &Import<'_>) -> Read {
        if kinds.contains(&Kind::Ics) && kinds.contains(&Kind::Url) {
            let message = "there is an .ics calendar of this name too";
            self.diagnostics.error(
                &format!("{FOLDER}/{id}.{EXTENSION}"),
                "two-calendars",
                message,
                "remove one of the two",
            );
            return Read::Broken;
        }
        if kinds.contains(&Kind::Ics) {
            return self.imported(id, kinds.contains(&Kind::Toml), import).into();
        }
        let addressed = || {
            let path = self.real(&format!("{FOLDER}/{id}.toml")).ok()?;
            files::read_text(&path).ok().filter(|text| Filter::has_url(text))
        };
        if kinds.contains(&Kind::Url) || addressed().is_some() {
            return self.fetched(id, kinds, import);
        }
        self.toml(id, |text, problems| Definition::parse(id, text, problems)).into()
    }

    /// The calendar of an `.ics` file, through the filter beside it if there is one.
    fn imported(&mut self, id: &str, filtered: bool, import: &Import<'_>) -> Option<Definition> {
        let parse = |text: &str, problems: &Problems| Filter::parse(text, Beside::Calendar, problems);
        let filter = if filtered { Some(self.toml(id, parse)?) } else { None };
        let file = format!("{FOLDER}/{id}.ics");
        let text = self.real(&file).and_then(|path| files::read_calendar(&path));
        let definition =
            self.file(id, file, text, |text, problems| import.read(id, text, filter.as_ref(), problems));
        let beside = self.found.iter().rev().nth(1).map(|found| &found.problems);
        if let (Some(filter), Some(problems), Some(_)) = (&filter, beside, &definition) {
            filter.check(problems);
        }
        definition
    }

    /// The calendar at an address, which stands in the filter or in a file of its own.
    fn fetched(&mut self, id: &str, kinds: &BTreeSet<Kind>, import: &Import<'_>) -> Read {
        let has_file = kinds.contains(&Kind::Url);
        let beside = if has_file { Beside::Address } else { Beside::Nothing };
        let parse = |text: &str, problems: &Problems| Filter::parse(text, beside, problems);
        let filter = match kinds.contains(&Kind::Toml).then(|| self.toml(id, parse)) {
            Some(None) => return Read::Broken,
            Some(filter) => filter,
            None => None,
        };
        let file = format!("{FOLDER}/{id}.{}", if has_file { EXTENSION } else { "toml" });
        let Some(address) = self.address(&file, filter.as_ref()) else { return Read::Broken };
        let url = filter.as_ref().and_then(Filter::url).zip(self.found.last());
        let place = url.map(|(url, found)| Place::of(url.span.clone(), &found.text));
        let named_at = NamedAt { file, place };
        let usage = CalendarUse::new(address, CalendarReader::Holidays(id.to_owned()), named_at);
        let copies = self.copies;
        let kept = copies.get(&usage.address);
        let rules = filter.as_ref().map_or_else(|| Filter::default().decisive(), Filter::decisive);
        let usage = usage.by_rules(&rules, kept.map(|kept| &**kept), |past, text| {
            // Without a filter every entry counts.
            let entries = import.read(id, text, None, &Problems::default());
            let entries = entries.map(|entries| entries.dates()).unwrap_or_default();
            let entries: BTreeSet<NaiveDate> = entries.into_iter().map(|(date, _)| date).collect();
            let kept = past.holidays.iter().filter(|(date, _)| !entries.contains(date));
            History { holidays: kept.cloned().collect(), ..past.clone() }
        });
        let Some((kept, text)) = kept.and_then(|kept| Some((kept, kept.text.as_ref()?))) else {
            self.report(&usage, import.now);
            self.uses.push(usage);
            return Read::NotFetched;
        };
        let problems = Problems::default();
        let past = usage.past(Some(kept)).map(|history| &*history.holidays).unwrap_or_default();
        let definition = import.read(id, Content { text, past }, filter.as_ref(), &problems);
        let problems = problems.into_sorted();
        let error = problems.iter().find(|problem| problem.severity == Severity::Error);
        let code = error.map_or("unreadable-calendar", |error| error.code);
        let usage = match &definition {
            Some(definition) => usage.read(kept, Found::Holidays(definition.dates())),
            None => {
                self.diagnostics.list.push(usage.diagnostic(usage.unreadable(code)));
                usage.read(kept, Found::Unreadable(code))
            }
        };
        if let (Some(filter), Some(_)) = (&filter, &definition)
            && let Some(found) = self.found.last()
        {
            filter.check(&found.problems);
        }
        for problem in problems.into_iter().filter(|problem| problem.severity != Severity::Error) {
            let message = format!("in the calendar fetched from {}: {}", usage.address, problem.message);
            self.diagnostics.list.push(usage.diagnostic(Problem { message, ..problem }));
        }
        self.report(&usage, import.now);
        self.uses.push(usage);
        definition.into()
    }

    /// The address in `filter`, or else in `file`.
    fn address(&mut self, file: &str, filter: Option<&Filter>) -> Option<Address> {
        let Some(url) = filter.and_then(Filter::url) else {
            let path = self.real(file).map_err(AddressFault::File);
            let address = path.and_then(|path| address_file::read(&path));
            return address.map_err(|fault| self.diagnostics.whole(file, None, fault.problem())).ok();
        };
        let of_filter = self.found.last().map(|found| &found.problems);
        match (Address::parse(&url.value), of_filter) {
            (Ok(address), _) => Some(address),
            (Err(error), Some(problems)) => {
                problems.push(address_file::invalid(error).at(&url.span));
                None
            }
            (Err(_), None) => None,
        }
    }

    /// Reports what has to be said of the copy of a fetched calendar.
    fn report(&mut self, usage: &CalendarUse, now: Instant) {
        self.diagnostics.list.extend(usage.report(self.copies, now));
    }

    fn real(&self, file: &str) -> Result<PathBuf, FileFault> {
        files::inside(self.config, &self.config.join(file))
    }

    fn file<T>(
        &mut self,
        id: &str,
        file: String,
        text: Result<Arc<str>, FileFault>,
        read: impl FnOnce(&str, &Problems) -> Option<T>,
    ) -> Option<T> {
        match text {
            Ok(text) => {
                let problems = Problems::default();
                let read = read(&text, &problems);
                self.found.push(FileRead { id: id.to_owned(), file, text, problems });
                read
            }
            Err(fault) => {
                self.diagnostics.fault(&file, None, fault);
                None
            }
        }
    }
}

/// What a file of a calendar is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Toml,
    Ics,
    /// It has an address.
    Url,
}

/// The id that a file's name gives, and what it is; `None`, with a warning, for a file that is not a calendar.
fn calendar_id(name: &str, diagnostics: &mut Diagnostics) -> Option<(String, Kind)> {
    let file = format!("{FOLDER}/{name}");
    let kinds = [(".toml", Kind::Toml), (".ics", Kind::Ics), (".url", Kind::Url)];
    let found = kinds.into_iter().find_map(|(end, kind)| Some((name.strip_suffix(end)?, kind)));
    let Some((id, kind)) = found else {
        if files::has_extension(name, &["toml", "ics", "ical", "ifb", EXTENSION, "yaml", "yml"]) {
            diagnostics.unread(&file, "calendars are files named <name>.toml, <name>.ics or <name>.url");
        }
        return None;
    };
    match shape_problem("a holiday calendar", id) {
        Some(problem) => {
            diagnostics.whole(&file, None, problem);
            None
        }
        None => Some((id.to_owned(), kind)),
    }
}
