//! Absences exported from people's calendars: the files of `time-off/<team>/`.
//!
//! Titles are private: nothing is kept but when somebody is away, diagnostics quote nothing, and the texts are not
//! shown even on the command line. Not here: the syntax and the recurrences (`ics`).

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::files::{self, FileFault};
use super::sources::Diagnostics;
use super::zones::Zones;
use crate::ics::{self, Bounds, Event, Expansion, Report};
use crate::rota::{Instant, Period, Periods, TeamId, Zone};
use crate::toml_reader::{At, Problem, Problems, Severity, nearest};

/// The folder of all exported absences, within the configuration.
pub(super) const FOLDER: &str = "time-off";

/// What lies in a team's folder, and which of it an engineer has named.
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

/// Whose absences they are, and when.
pub(super) struct Reading<'a> {
    /// Where the engineer lives.
    pub(super) zone: &'a Zone,
    pub(super) zones: &'a Zones,
    pub(super) now: Instant,
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

    /// The absences in the file that an engineer names at `at`; `None`, told, where they cannot be read.
    pub(super) fn absences(
        &self,
        at: &At<String>,
        reading: &Reading<'_>,
        problems: &Problems,
    ) -> Option<Vec<Period>> {
        let name = at.value.as_str();
        let again = !self.named.borrow_mut().insert(name.to_owned());
        let path = self.path(at, problems)?;
        let file = format!("{}/{name}", self.shown);
        match files::read_calendar(&path) {
            Ok(text) => {
                if again {
                    let message = "somebody above has this calendar of absences too";
                    problems.warning("time-off-calendar-twice", at.span.clone(), message);
                }
                let of_file = Problems::default();
                let absences = absences(&text, reading, &of_file).filter(|_| !of_file.has_errors());
                let team = self.team.as_ref();
                let found = of_file.into_sorted();
                self.tell(Diagnostic::located(found, &file, team, &text));
                absences
            }
            Err(fault) => {
                problems.push(Problem { span: at.span.clone(), ..unusable(&fault) });
                None
            }
        }
    }

    /// Where the file is that is named at `at`: within the folder, links followed.
    fn path(&self, at: &At<String>, problems: &Problems) -> Option<PathBuf> {
        let error = |code: &'static str, message: String, help: String| {
            problems.error_with_help(code, at.span.clone(), message, help);
            None
        };
        if at.value.contains(['/', '\\']) {
            let help = format!("the name of a file in {}/, without folders", self.shown);
            return error("time-off-outside", "absences lie in the folder of the team".to_owned(), help);
        }
        if !self.names.contains(&at.value) {
            let message = format!("there is no calendar {}/{}", self.shown, at.value.escape_debug());
            let help = nearest(&at.value, self.names.iter().map(String::as_str))
                .unwrap_or_else(|| "export it to there, or take this line out".to_owned());
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
                problems.push(Problem { span: at.span.clone(), ..unusable(&fault.into()) });
                None
            }
        }
    }

    /// A file that two engineers name is told of once.
    fn tell(&self, found: impl Iterator<Item = Diagnostic>) {
        let mut told = self.found.borrow_mut();
        for diagnostic in found {
            if !told.contains(&diagnostic) {
                told.push(diagnostic);
            }
        }
    }

    /// Hands over what is wrong with the files, and warns of those that nobody has named.
    pub(super) fn report(self, findings: &mut Diagnostics) {
        let named = self.named.into_inner();
        findings.diagnostics.extend(self.found.into_inner());
        for name in self.names.difference(&named).filter(|name| files::has_extension(name, &["ics"])) {
            let problem = Problem {
                code: "time-off-unnamed",
                severity: Severity::Warning,
                span: 0..0,
                message: "no engineer names this calendar of absences".to_owned(),
                help: Some(format!(
                    "give its [[engineer]] the line `time_off_calendar = \"{}\"`",
                    name.escape_debug()
                )),
            };
            findings.whole(&format!("{}/{name}", self.shown), self.team.as_ref(), problem);
        }
    }
}

fn unusable(fault: &FileFault) -> Problem {
    let help = match fault {
        FileFault::NotUtf8 { readable, bad } => {
            let before = readable.get(..bad.start).unwrap_or_default();
            let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
            Some(format!("export it as UTF-8; the first odd character is on line {line}"))
        }
        _ => None,
    };
    let message = format!("this calendar of absences cannot be used: {fault}");
    Problem { code: fault.code(), severity: Severity::Error, span: 0..0, message, help }
}

/// The times of all events that are neither free nor called off, merged.
fn absences(text: &str, reading: &Reading<'_>, problems: &Problems) -> Option<Vec<Period>> {
    let report = Report::new(problems);
    let file = ics::read(text, &report)?;
    let named = |name: &str| reading.zones.named(name).ok();
    let busy = |event: &Event<'_>| !event.is_transparent();
    let expansion = ics::expand(&file, &busy, Bounds::at(reading.now), &named, &report);
    let mut tentative = BTreeSet::new();
    let absences: Periods = expansion
        .occurrences
        .iter()
        .filter_map(|occurrence| {
            let period = expansion.period(occurrence, reading.zone, &report)?;
            if period.end() > reading.now {
                tentative.insert(occurrence.event);
            }
            Some(period)
        })
        .collect();
    warn_of_tentative(&tentative, &expansion, &report);
    let free = file.events.iter().filter(|event| event.is_transparent()).count();
    if absences.is_empty() && free > 0 {
        let message = match free {
            1 => "the calendar's one event is marked as free, so it is no absence".to_owned(),
            _ => format!("the calendar's {free} events are marked as free, so none is an absence"),
        };
        let end = text.lines().next().map_or(0, str::len);
        report.warning(
            "no-time-off",
            0..end,
            message,
            "mark leave as busy or out of office, and export again",
        );
    }
    Some(absences.iter().collect())
}

/// Tentative leave counts, since a rota that takes it for certain errs on the safe side.
fn warn_of_tentative(events: &BTreeSet<usize>, expansion: &Expansion<'_, '_>, report: &Report<'_>) {
    let places = events.iter().filter_map(|event| expansion.event_at(*event)?.tentative());
    let places: Vec<_> = places.collect();
    let Some(first) = places.first() else { return };
    let message = match places.len() {
        1 => "this absence is tentative and counts all the same".to_owned(),
        2 => "this absence is tentative and counts all the same, and so does one more".to_owned(),
        count => format!("this absence is tentative and counts all the same, and so do {} more", count - 1),
    };
    report.warning(
        "tentative-time-off",
        first.clone(),
        message,
        "confirm it in the calendar, or delete it there",
    );
}
