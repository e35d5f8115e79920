//! Calendars of time off: the files of `time-off/<team>/`, exported from other programs, and what is kept of those that
//! are fetched from addresses.
//!
//! Titles are private: only the times of absences are kept, diagnostics quote nothing, and the texts are not shown even
//! on the command line. Not here: which entries of a calendar count (`time_off`).

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use super::address_file::{self, EXTENSION};
use super::calendar_use::{CalendarUse, Found, NamedAt};
use super::diagnostic::{Diagnostic, Place};
use super::files::{self, FileFault};
use super::kept_calendars::{CalendarReader, History, KeptCalendars};
use super::left_out::LeavesOut;
use super::sources::Diagnostics;
use super::zones::Zones;
use crate::fetch::Address;
use crate::rota::{EngineerId, Instant, Period, Periods, TeamId, Zone};
use crate::time_off::{Absence, Leave, Person, Reader, Rules};
use crate::toml_reader::{At, Problem, Problems, Severity, nearest};

/// The folder of all exported absences, within the configuration.
pub(super) const FOLDER: &str = "time-off";

/// The files in a team's folder, and which of them engineers have named.
#[derive(Debug, Default)]
pub(super) struct TimeOffFiles {
    /// The folder as shown to people.
    shown: String,
    folder: PathBuf,
    team: Option<TeamId>,
    names: BTreeSet<String>,
    named: RefCell<BTreeSet<String>>,
    found: RefCell<Vec<Diagnostic>>,
    kept: Arc<KeptCalendars>,
    /// The team's file, which names the calendars, and its text.
    naming: (String, Arc<str>),
    /// Whose calendars are left out if they cannot be used. Otherwise the team has an error: it is in service as it
    /// was.
    leaves_out: LeavesOut,
    outcome: RefCell<Outcome>,
    is_waiting: Cell<bool>,
}

/// What reading the calendars of a team's engineers led to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The calendars that are fetched.
    pub(super) uses: Vec<CalendarUse>,
    /// What is wrong in the team's file with calendars that were left out.
    pub(super) problems: Vec<Problem>,
    /// Whose calendars were left out.
    pub(super) left_out: BTreeSet<EngineerId>,
    /// Whether a server has not tried yet to fetch a calendar.
    pub(super) is_waiting: bool,
}

/// Somebody's time off by their calendar.
#[derive(Debug)]
pub(super) struct TimeOff {
    pub(super) absences: Vec<Period>,
    /// `false` if the calendar could not be used, so that there may be more.
    pub(super) is_known: bool,
}

/// What `time_off_calendar` names.
enum Source {
    File(PathBuf),
    Address(Address),
}

/// Whose calendar is read, and by which rules.
pub(super) struct Reading<'a> {
    /// The engineer's id, for messages.
    pub(super) engineer: &'a str,
    /// What counts in the team.
    pub(super) rules: &'a Rules,
    pub(super) person: Person<'a>,
    /// The engineer's zone.
    pub(super) zone: &'a Zone,
    pub(super) zones: &'a Zones,
    pub(super) now: Instant,
    /// Events that end before this day are never an error.
    pub(super) relevant_from: NaiveDate,
}

impl TimeOffFiles {
    /// Lists the files of `team`; none where it has no folder.
    pub(super) fn list(config: &Path, team: &TeamId) -> Result<TimeOffFiles, FileFault> {
        let folder = config.join(FOLDER).join(team.as_str());
        let listed = files::list_if_present(&folder)?;
        if !listed.is_empty() {
            files::inside(config, &folder)?;
        }
        let listed = listed.into_iter().filter(|entry| !entry.is_folder);
        Ok(TimeOffFiles {
            shown: format!("{FOLDER}/{team}"),
            names: listed.map(|entry| entry.name).collect(),
            folder,
            team: Some(team.clone()),
            ..TimeOffFiles::default()
        })
    }

    /// With what is kept of fetched calendars; those of `leaves_out` that cannot be used are left out.
    pub(super) fn with(self, kept: &Arc<KeptCalendars>, leaves_out: &LeavesOut) -> TimeOffFiles {
        TimeOffFiles { kept: Arc::clone(kept), leaves_out: leaves_out.clone(), ..self }
    }

    /// As the team's `file` with this text names them.
    pub(super) fn named_in(self, file: &str, text: &Arc<str>) -> TimeOffFiles {
        TimeOffFiles { naming: (file.to_owned(), Arc::clone(text)), ..self }
    }

    /// The absences in the calendar that an engineer names at `at`; `None`, with an error reported, where they cannot
    /// be read and the team is in service as it was.
    pub(super) fn absences(
        &self,
        at: &At<String>,
        reading: &Reading<'_>,
        problems: &Problems,
    ) -> Option<TimeOff> {
        let is_shared = !self.named.borrow_mut().insert(at.value.clone());
        let source = match self.source(at) {
            Ok(source) => source,
            Err(problem) => return self.unusable(reading, problem.at(&at.span), problems),
        };
        let time_off = match source {
            Source::File(path) => self.in_file(at, &path, reading, problems),
            Source::Address(address) => self.at_address(at, address, reading, problems),
        };
        let is_known = time_off.as_ref().is_some_and(|time_off| time_off.is_known);
        if is_shared && is_known && reading.person.only.is_empty() {
            let message = "an engineer above has the same calendar of time off";
            problems.warning("time-off-calendar-twice", at.span.clone(), message);
        }
        time_off
    }

    /// The calendar that `problem` is of cannot be used.
    fn unusable(&self, reading: &Reading<'_>, problem: Problem, problems: &Problems) -> Option<TimeOff> {
        let left_out = self.left_out(reading);
        match left_out {
            Some(_) => self.outcome.borrow_mut().problems.push(problem),
            None => problems.push(problem),
        }
        left_out
    }

    /// Leaves out the calendar of that engineer, if it may be left out.
    fn left_out(&self, reading: &Reading<'_>) -> Option<TimeOff> {
        if !self.leaves_out.has(reading.engineer) {
            return None;
        }
        self.outcome.borrow_mut().left_out.extend(EngineerId::new(reading.engineer));
        Some(TimeOff { absences: Vec::new(), is_known: false })
    }

    fn in_file(
        &self,
        at: &At<String>,
        path: &Path,
        reading: &Reading<'_>,
        problems: &Problems,
    ) -> Option<TimeOff> {
        let file = format!("{}/{}", self.shown, at.value);
        let text = match files::read_calendar(path) {
            Ok(text) => text,
            Err(fault) => return self.unusable(reading, unusable(&fault).at(&at.span), problems),
        };
        let of_file = Problems::default();
        let leave = reading.read(&text, &of_file);
        if let Some(leave) = &leave {
            of_file.push(reading.note(leave));
        }
        self.record(Diagnostic::located(of_file.into_sorted(), &file, self.team.as_ref(), &text));
        let Some(leave) = leave else { return self.left_out(reading) };
        Some(TimeOff { absences: reading.merged(&leave.absences), is_known: true })
    }

    /// From the kept copy of the calendar at `address`, and what is known of its past.
    fn at_address(
        &self,
        at: &At<String>,
        address: Address,
        reading: &Reading<'_>,
        problems: &Problems,
    ) -> Option<TimeOff> {
        let reader = CalendarReader::TimeOff(self.team.clone()?, EngineerId::new(reading.engineer)?);
        let kept = self.kept.get(&address);
        let (file, text) = &self.naming;
        let named_at = NamedAt { file: file.clone(), place: Some(Place::of(at.span.clone(), text)) };
        let rules = reading.rules.decisive(&reading.person);
        let usage = CalendarUse::new(address, reader, named_at).with_email(reading.person.email).by_rules(
            &rules,
            kept.map(|kept| &**kept),
            |past, text| reading.rejudged(past, text),
        );
        let past = usage.past(kept.map(|kept| &**kept)).map(|past| past.absences.clone()).unwrap_or_default();
        self.is_waiting.set(self.is_waiting.get() || self.kept.is_server() && kept.is_none());
        let Some((kept, text)) = kept.and_then(|kept| Some((kept, kept.text.as_ref()?))) else {
            self.outcome.borrow_mut().uses.push(usage);
            return Some(TimeOff { absences: reading.merged(&past), is_known: false });
        };
        let found = self.in_copy(at, text, reading, problems);
        let absences = match &found {
            Found::Absences(absences, _) => [&**absences, &*past].concat(),
            _ => past,
        };
        let (is_known, failure) = match &found {
            Found::Unreadable(code) => (false, Some(usage.unreadable(code))),
            _ => (true, None),
        };
        self.outcome.borrow_mut().uses.push(usage.read(kept, found));
        if let Some(problem) = failure {
            self.unusable(reading, problem.at(&at.span), problems)?;
        }
        Some(TimeOff { absences: reading.merged(&absences), is_known })
    }

    /// What a fetched copy says. What is to be said of it goes to where the address stands: the copy is shown nowhere.
    fn in_copy(&self, at: &At<String>, text: &str, reading: &Reading<'_>, problems: &Problems) -> Found {
        let of_copy = Problems::default();
        let leave = reading.read(text, &of_copy);
        let found = of_copy.into_sorted();
        let Some(leave) = leave else {
            let error = found.iter().find(|problem| problem.severity == Severity::Error);
            return Found::Unreadable(error.map_or("unreadable-calendar", |error| error.code));
        };
        for problem in found {
            let message = format!("in the fetched calendar of `{}`: {}", reading.engineer, problem.message);
            problems.push(Problem { message, ..problem }.at(&at.span));
        }
        problems.push(reading.note(&leave).at(&at.span));
        Found::Absences(leave.absences, reading.zone.clone())
    }

    /// What is named at `at`: an address, or a file within the folder, links followed.
    fn source(&self, at: &At<String>) -> Result<Source, Problem> {
        if at.value.contains("://") {
            return Address::parse(&at.value).map(Source::Address).map_err(address_file::invalid);
        }
        let path = self.path(at)?;
        if files::has_extension(&at.value, &[EXTENSION]) {
            return address_file::read(&path).map(Source::Address).map_err(|fault| fault.problem());
        }
        Ok(Source::File(path))
    }

    fn path(&self, at: &At<String>) -> Result<PathBuf, Problem> {
        let error =
            |code: &'static str, message: String, help: String| Err(Problem::error(code, message).help(help));
        if at.value.contains(['/', '\\']) {
            let help =
                format!("the name of a file in {}/, without folders, or an https:// address", self.shown);
            let message = "calendars of time off are in the folder of the team".to_owned();
            return error("time-off-outside", message, help);
        }
        if !self.names.contains(&at.value) {
            let message = format!("there is no calendar {}/{}", self.shown, at.value.escape_debug());
            let help = nearest(&at.value, self.names.iter().map(String::as_str))
                .unwrap_or_else(|| "export it to that file, or delete this line".to_owned());
            return error("time-off-missing", message, help);
        }
        let home = fs::canonicalize(&self.folder);
        match home.and_then(|home| Ok((fs::canonicalize(self.folder.join(&at.value))?, home))) {
            Ok((real, home)) if real.starts_with(&home) => Ok(real),
            Ok(_) => {
                let message = "this calendar is a link that leads out of the team's folder".to_owned();
                error("time-off-outside", message, "put the file itself there".to_owned())
            }
            Err(fault) => Err(unusable(&fault.into())),
        }
    }

    /// Adds the diagnostics of a file, only once if two engineers have the same file.
    fn record(&self, found: impl Iterator<Item = Diagnostic>) {
        let mut known = self.found.borrow_mut();
        for diagnostic in found {
            if !known.contains(&diagnostic) {
                known.push(diagnostic);
            }
        }
    }

    /// Hands over what is wrong with the files, and warns of those that nobody has named.
    pub(super) fn report(self, diagnostics: &mut Diagnostics) -> Outcome {
        let named = self.named.into_inner();
        diagnostics.list.extend(self.found.into_inner());
        for name in
            self.names.difference(&named).filter(|name| files::has_extension(name, &["ics", EXTENSION]))
        {
            let help =
                format!("give its [[engineer]] the line `time_off_calendar = \"{}\"`", name.escape_debug());
            let message = "no engineer names this calendar of time off";
            let problem = Problem::warning("time-off-unnamed", message).help(help);
            diagnostics.whole(&format!("{}/{name}", self.shown), self.team.as_ref(), problem);
        }
        Outcome { is_waiting: self.is_waiting.get(), ..self.outcome.into_inner() }
    }
}

fn unusable(fault: &FileFault) -> Problem {
    let help = fault.bad_line();
    let help =
        help.map(|line| format!("export it as UTF-8; line {line} has the first character that is not"));
    Problem::error(fault.code(), format!("cannot use this calendar of time off: {fault}")).maybe_help(help)
}

impl Reading<'_> {
    /// What of the calendar counts, for `oncal check`.
    fn note(&self, leave: &Leave) -> Problem {
        Problem::note("time-off-counted", format!("`{}`: {}", self.engineer, leave.summary))
    }

    fn merged(&self, absences: &[Absence]) -> Vec<Period> {
        let merged: Periods = absences.iter().filter_map(|absence| absence.period(self.zone)).collect();
        merged.iter().collect()
    }

    fn read(&self, text: &str, problems: &Problems) -> Option<Leave> {
        self.with_reader(|reader| reader.read(text, problems))
    }

    /// A past that was kept by other rules than those of now.
    fn rejudged(&self, past: &History, text: &str) -> History {
        let absences = self.with_reader(|reader| reader.rejudged(&past.absences, text));
        History { absences, ..past.clone() }
    }

    fn with_reader<T>(&self, read: impl FnOnce(&Reader<'_>) -> T) -> T {
        let named = |name: &str| self.zones.named(name).ok();
        read(&Reader {
            rules: self.rules,
            person: self.person,
            zone: self.zone,
            named: &named,
            now: self.now,
            relevant_from: self.relevant_from,
        })
    }
}
