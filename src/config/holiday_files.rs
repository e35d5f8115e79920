//! The organisation's own holiday calendars: the files of `holidays/`.
//!
//! Not here: the contents of such a file (`holidays`).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use super::files::{self, Entry, FileFault};
use super::ids::shape_problem;
use super::sources::Diagnostics;
use super::zones::Zones;
use crate::holidays::{Definition, Filter, Import, Library};
use crate::rota::Instant;
use crate::toml_reader::Problems;

/// The folder of the calendars, within the configuration.
pub(super) const FOLDER: &str = "holidays";

/// Which files exist for one id.
#[derive(Debug, Clone, Copy, Default)]
struct Kinds {
    toml: bool,
    ics: bool,
}

/// A file that was read. Its problems are reported after all files were read, since it may extend another.
struct Found {
    id: String,
    file: String,
    text: Arc<str>,
    problems: Problems,
}

/// The available calendars.
pub(super) struct Calendars {
    pub(super) library: Library,
    /// The ids of calendars whose last good version is used, because their files now have errors.
    pub(super) kept: BTreeSet<String>,
}

/// What the reading of imported calendars depends on.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    pub(super) zones: &'a Zones,
    /// Decides how far recurrences are expanded.
    pub(super) now: Instant,
    /// Events that are over before this day are never an error.
    pub(super) relevant_from: NaiveDate,
}

/// All calendars: the built-in ones, and those of the folder, which replace built-in ones of the same id. If a calendar has
/// errors, its version from `before` is used, if that had none.
pub(super) fn read(
    config: &Path,
    basis: Basis<'_>,
    before: Option<&Library>,
    diagnostics: &mut Diagnostics,
) -> io::Result<Calendars> {
    let mut calendars: BTreeMap<String, Kinds> = BTreeMap::new();
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
        if let Some((id, is_ics)) = calendar_id(&name, diagnostics) {
            let kinds = calendars.entry(id).or_default();
            *(if is_ics { &mut kinds.ics } else { &mut kinds.toml }) = true;
        }
    }
    let Basis { zones, now, relevant_from } = basis;
    let named = |name: &str| zones.named(name).ok();
    let utc = zones.utc().ok_or_else(|| io::Error::other("the time-zone data has no zone UTC"))?;
    let import = Import { now, relevant_from, named: &named, zone: &utc };
    let mut reader = Reader { config, found: Vec::new(), diagnostics };
    let mut kept = BTreeSet::new();
    let own: Vec<_> = calendars
        .into_iter()
        .map(|(id, kinds)| {
            let definition = if kinds.ics {
                reader.imported(&id, kinds.toml, &import)
            } else {
                reader.toml(&id, |text, problems| Definition::parse(&id, text, problems))
            };
            let last_good = || {
                let found = before?.own(&id)?.clone();
                kept.insert(id.clone());
                Some(found)
            };
            let definition = definition.or_else(last_good);
            (id, definition)
        })
        .collect();
    let Reader { found, diagnostics, .. } = reader;
    let library = Library::new(own);
    for Found { id, file, text, problems } in found {
        if file.ends_with(".toml") {
            library.check(&id, &problems);
        }
        diagnostics.file(&file, None, &text, problems);
    }
    Ok(Calendars { library, kept })
}

struct Reader<'a> {
    config: &'a Path,
    found: Vec<Found>,
    diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn toml<T>(&mut self, id: &str, read: impl FnOnce(&str, &Problems) -> Option<T>) -> Option<T> {
        let file = format!("{FOLDER}/{id}.toml");
        let text = self.real(&file).and_then(|path| files::read_text(&path));
        self.file(id, file, text, read)
    }

    /// The calendar of an `.ics` file, through the filter beside it if there is one.
    fn imported(&mut self, id: &str, filtered: bool, import: &Import<'_>) -> Option<Definition> {
        let filter = if filtered { Some(self.toml(id, Filter::parse)?) } else { None };
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
                self.found.push(Found { id: id.to_owned(), file, text, problems });
                read
            }
            Err(fault) => {
                self.diagnostics.fault(&file, None, fault);
                None
            }
        }
    }
}

/// The id that a file's name gives, and whether it is an `.ics` file; `None`, with a warning, for a file that is not a
/// calendar.
fn calendar_id(name: &str, diagnostics: &mut Diagnostics) -> Option<(String, bool)> {
    let file = format!("{FOLDER}/{name}");
    let (id, is_ics) = match (name.strip_suffix(".toml"), name.strip_suffix(".ics")) {
        (Some(id), _) => (id, false),
        (None, Some(id)) => (id, true),
        (None, None) => {
            if files::has_extension(name, &["toml", "ics", "ical", "ifb", "yaml", "yml"]) {
                diagnostics.unread(&file, "calendars are files named <name>.toml or <name>.ics");
            }
            return None;
        }
    };
    match shape_problem("a holiday calendar", id) {
        Some(problem) => {
            diagnostics.whole(&file, None, problem);
            None
        }
        None => Some((id.to_owned(), is_ics)),
    }
}
