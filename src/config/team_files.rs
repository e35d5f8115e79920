//! The input files of a team, as they are stored for a start that finds them broken.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::configuration::{Configuration, TeamConfig};
use super::diagnostic::Diagnostic;
use super::files;
use super::holiday_files;
use super::inputs::Inputs;
use super::kept_calendars::KeptCalendar;
use super::{run_books, time_off};
use crate::fetch::{Purpose, reduced};

/// An input file of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamFile {
    /// Its path below the configuration folder.
    pub path: String,
    /// Its bytes; a calendar of time off without the parts that are not used, such as descriptions, places and other
    /// people. `None` if it has errors, and the team was made of an earlier version of it.
    pub content: Option<Arc<[u8]>>,
}

/// Reads the files of teams again, after they were loaded.
#[derive(Debug)]
pub struct TeamFiles<'c> {
    configuration: &'c Configuration,
    /// The files with errors.
    errors: BTreeSet<&'c str>,
    /// The current files that all teams share.
    shared: OnceLock<(Inputs, Option<Vec<TeamFile>>)>,
}

impl<'c> TeamFiles<'c> {
    /// Reads files of teams of `configuration`.
    pub fn new(configuration: &'c Configuration) -> TeamFiles<'c> {
        // Teams in service were made of their present files, whatever had to be left out of them.
        let is_served = |found: &Diagnostic| {
            let team = found.team.as_ref().and_then(|id| configuration.teams.get(id));
            team.is_some_and(|team| team.file == found.file)
        };
        let errors = configuration
            .diagnostics
            .iter()
            .filter(|found| found.is_error() && !found.is_of_fetch() && !is_served(found));
        let errors: BTreeSet<&str> = errors.map(|error| error.file.as_str()).collect();
        TeamFiles { configuration, errors, shared: OnceLock::new() }
    }

    /// The files that `team` was made of: its own, all holiday calendars, and the copies of fetched ones. `None` if
    /// they are not the same any more as when it was loaded.
    pub fn of(&self, team: &TeamConfig) -> Option<Vec<TeamFile>> {
        let (shared, holidays) = self.shared.get_or_init(|| {
            let holidays = self.listed(holiday_files::FOLDER);
            (Inputs::shared(self.folder(), &self.configuration.shared_input()), holidays)
        });
        let mut all = match self.only_file(team, shared) {
            Some(file) => vec![file],
            None => self.own_files(team, shared)?,
        };
        all.extend(holidays.clone()?);
        all.extend(self.copies(team)?);
        Some(all)
    }

    fn folder(&self) -> &Path {
        self.configuration.sources.folder()
    }

    /// The team's file, if it is the only one that belongs to the team alone. Its text is in memory since the load, so
    /// that nothing has to be read again for thousands of teams.
    fn only_file(&self, team: &TeamConfig, shared: &Inputs) -> Option<TeamFile> {
        let text = self.configuration.sources.text(&team.file)?;
        let is_all = Inputs::fingerprint_of_one(&team.file, text, shared) == team.files;
        is_all.then(|| TeamFile { path: team.file.clone(), content: Some(text.as_bytes().into()) })
    }

    /// The files that belong to the team alone.
    fn own_files(&self, team: &TeamConfig, shared: &Inputs) -> Option<Vec<TeamFile>> {
        let id = &team.team.id;
        let mut all = vec![self.read(team.file.clone())?];
        let leave = self.listed(&format!("{}/{id}", time_off::FOLDER))?;
        // Parses the file again, which takes a while with thousands of teams.
        let emails = if leave.is_empty() { Vec::new() } else { emails(&all) };
        let purpose = Purpose::time_off(emails);
        all.extend(self.listed(&format!("{}/{id}", run_books::FOLDER))?);
        all.extend(leave.into_iter().map(|file| without_private_parts(file, &purpose)));
        // Checked afterwards, so that a file that changed while it was read is noticed.
        let now = Inputs::of_team(self.folder(), id, &team.file, shared);
        (now.fingerprint == team.files).then_some(all)
    }

    /// The copies of fetched calendars that `team` was made of; `None` if there are others now.
    fn copies(&self, team: &TeamConfig) -> Option<Vec<TeamFile>> {
        let kept = &self.configuration.calendars;
        let mut copies: Vec<TeamFile> = Vec::new();
        for usage in team.calendars.iter().chain(&self.configuration.holiday_uses) {
            if !usage.is_current(kept) {
                return None;
            }
            let path = KeptCalendar::file(usage.address.digest().as_str());
            let content = kept.get(&usage.address).and_then(|kept| kept.to_file());
            if let Some(content) = content.filter(|_| copies.iter().all(|copy| copy.path != path)) {
                copies.push(TeamFile { path, content: Some(content.into()) });
            }
        }
        Some(copies)
    }

    /// The files in the folder `below`, empty if it does not exist; `None` if they cannot be read.
    fn listed(&self, below: &str) -> Option<Vec<TeamFile>> {
        let listed = files::list_if_present(&self.folder().join(below)).ok()?;
        let listed = listed.into_iter().filter(|entry| !entry.is_folder);
        listed.map(|entry| self.read(format!("{below}/{}", entry.name))).collect()
    }

    fn read(&self, path: String) -> Option<TeamFile> {
        if self.errors.contains(path.as_str()) {
            return Some(TeamFile { path, content: None });
        }
        let content = fs::read(self.folder().join(&path)).ok()?.into();
        Some(TeamFile { path, content: Some(content) })
    }
}

/// The mail addresses of the engineers in the team's file, which is the first of `files`, in lower case.
fn emails(files: &[TeamFile]) -> Vec<String> {
    let content = files.first().and_then(|file| file.content.as_deref()).unwrap_or_default();
    let table = toml::from_str::<toml::Table>(&String::from_utf8_lossy(content)).unwrap_or_default();
    let engineers = table.get("engineer").and_then(toml::Value::as_array).into_iter().flatten();
    let emails = engineers.filter_map(|engineer| engineer.get("email")?.as_str());
    emails.map(str::to_lowercase).collect()
}

fn without_private_parts(file: TeamFile, purpose: &Purpose) -> TeamFile {
    let is_calendar = files::has_extension(&file.path, &["ics"]);
    let reduce =
        |content: Arc<[u8]>| reduced(&String::from_utf8_lossy(&content), purpose).into_bytes().into();
    let content = if is_calendar { file.content.map(reduce) } else { file.content };
    TeamFile { content, ..file }
}
