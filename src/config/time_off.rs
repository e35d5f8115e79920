//! The files of `time-off/<team>/`: calendars of time off, exported from other programs.
//!
//! Titles are private: only the times of absences are kept, diagnostics quote nothing, and the texts are not shown even
//! on the command line. Not here: which entries of a calendar count (`time_off`).

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::diagnostic::Diagnostic;
use super::files::{self, FileFault};
use super::sources::Diagnostics;
use super::zones::Zones;
use crate::rota::{Instant, Period, Periods, TeamId, Zone};
use crate::time_off::{Leave, Person, Reader, Rules};
use crate::toml_reader::{At, Problem, Problems, nearest};

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

    /// The absences in the file that an engineer names at `at`; `None`, with an error reported, if they cannot be read.
    pub(super) fn absences(
        &self,
        at: &At<String>,
        reading: &Reading<'_>,
        problems: &Problems,
    ) -> Option<Vec<Period>> {
        let name = at.value.as_str();
        let is_shared = !self.named.borrow_mut().insert(name.to_owned());
        let path = self.path(at, problems)?;
        let file = format!("{}/{name}", self.shown);
        let text = match files::read_calendar(&path) {
            Ok(text) => text,
            Err(fault) => {
                problems.push(unusable(&fault).at(&at.span));
                return None;
            }
        };
        if is_shared && reading.person.only.is_empty() {
            let message = "an engineer above has the same calendar of time off";
            problems.warning("time-off-calendar-twice", at.span.clone(), message);
        }
        let of_file = Problems::default();
        let leave = reading.read(&text, &of_file);
        if let Some(leave) = &leave {
            let message = format!("`{}`: {}", reading.engineer, leave.summary);
            of_file.push(Problem::note("time-off-counted", message));
        }
        self.record(Diagnostic::located(of_file.into_sorted(), &file, self.team.as_ref(), &text));
        let absences = leave?.absences;
        let merged: Periods = absences.iter().filter_map(|absence| absence.period(reading.zone)).collect();
        Some(merged.iter().collect())
    }

    /// The real path of the file named at `at`, which must be within the folder.
    fn path(&self, at: &At<String>, problems: &Problems) -> Option<PathBuf> {
        let error = |code: &'static str, message: String, help: String| {
            problems.error_with_help(code, at.span.clone(), message, help);
            None
        };
        if at.value.contains(['/', '\\']) {
            let help = format!("the name of a file in {}/, without folders", self.shown);
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
            Ok((real, home)) if real.starts_with(&home) => Some(real),
            Ok(_) => {
                let message = "this calendar is a link that leads out of the team's folder".to_owned();
                error("time-off-outside", message, "put the file itself there".to_owned())
            }
            Err(fault) => {
                problems.push(unusable(&fault.into()).at(&at.span));
                None
            }
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

    /// Reports the diagnostics of the files, and warns about those that nobody has named.
    pub(super) fn report(self, diagnostics: &mut Diagnostics) {
        let named = self.named.into_inner();
        diagnostics.list.extend(self.found.into_inner());
        for name in self.names.difference(&named).filter(|name| files::has_extension(name, &["ics"])) {
            let help =
                format!("give its [[engineer]] the line `time_off_calendar = \"{}\"`", name.escape_debug());
            let message = "no engineer names this calendar of time off";
            let problem = Problem::warning("time-off-unnamed", message).help(help);
            diagnostics.whole(&format!("{}/{name}", self.shown), self.team.as_ref(), problem);
        }
    }
}

fn unusable(fault: &FileFault) -> Problem {
    let help = match fault {
        FileFault::NotUtf8 { readable, bad } => {
            let before = readable.get(..bad.start).unwrap_or_default();
            let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
            Some(format!("export it as UTF-8; line {line} has the first character that is not"))
        }
        _ => None,
    };
    Problem::error(fault.code(), format!("cannot use this calendar of time off: {fault}")).maybe_help(help)
}

impl Reading<'_> {
    fn read(&self, text: &str, problems: &Problems) -> Option<Leave> {
        let named = |name: &str| self.zones.named(name).ok();
        let reader = Reader {
            rules: self.rules,
            person: self.person,
            zone: self.zone,
            named: &named,
            now: self.now,
            relevant_from: self.relevant_from,
        };
        reader.read(text, problems)
    }
}
