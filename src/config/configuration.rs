//! The result of a load: the settings, the teams and every diagnostic.
//!
//! Not here: how it is read (`load`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::holiday_files::FOLDER as HOLIDAYS;
use super::link_generations::LinkGenerations;
use super::notices::TeamNotices;
use super::run_books;
use super::settings::Settings;
use super::sources::Sources;
use super::time_off;
use super::zones::ZoneData;
use crate::holidays::Library;
use crate::rota::{Instant, Team, TeamId};

/// The server's file.
pub(super) const SETTINGS: &str = "oncal.toml";

/// The folder of the team files.
pub(super) const TEAMS: &str = "teams";

/// The content of a configuration folder.
#[derive(Debug)]
pub struct Configuration {
    /// The settings of the server.
    pub settings: Settings,
    /// The teams without errors.
    pub teams: BTreeMap<TeamId, Arc<TeamConfig>>,
    /// The teams with errors, which cannot be served from these files.
    pub broken: BTreeMap<TeamId, BrokenTeam>,
    /// Every error and warning of every file, in order of file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// All holiday calendars, own and built in.
    pub library: Library,
    /// The time-zone rules that the teams were resolved with.
    pub zone_data: ZoneData,
    /// The texts of the files, for [`render`].
    pub sources: Sources,
}

impl Configuration {
    /// Whether a diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The errors of `oncal.toml`. If there are any, nothing may be served, since the intended settings are unknown.
    pub fn settings_errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error() && diagnostic.file == SETTINGS)
    }

    /// Adds diagnostics that were found elsewhere.
    pub fn add(&mut self, found: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(found);
        sort(&mut self.diagnostics);
    }

    /// The errors and warnings of one team.
    pub fn diagnostics_of<'c>(&'c self, team: &TeamId) -> impl Iterator<Item = &'c Diagnostic> + use<'c> {
        let team = team.clone();
        self.diagnostics.iter().filter(move |diagnostic| diagnostic.team.as_ref() == Some(&team))
    }
}

/// A team without errors.
#[derive(Debug, Clone)]
pub struct TeamConfig {
    /// The team that the rota works on.
    pub team: Team,
    /// Its file within the configuration folder, such as `teams/data-pipelines.toml`.
    pub file: String,
    /// A hash of all files that it was made of: equal ones give equal teams.
    pub fingerprint: String,
    /// The newest time of these files.
    pub modified: Instant,
    /// How often its secret links were renewed.
    pub links: LinkGenerations,
    /// Whom its notices go to.
    pub notices: TeamNotices,
}

/// A team with errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenTeam {
    /// Its file within the configuration folder.
    pub file: String,
    /// How many errors it has.
    pub errors: usize,
    /// How often its secret links were renewed: the highest number that the file has had since it has had errors; `None`
    /// if it has never been TOML since then.
    pub links: Option<LinkGenerations>,
}

/// In order of file and place.
pub(super) fn sort(diagnostics: &mut [Diagnostic]) {
    fn key(found: &Diagnostic) -> (usize, &str, Option<usize>) {
        (rank(&found.file), &found.file, found.place.as_ref().map(|place| place.span.start))
    }
    diagnostics.sort_by(|one, other| key(one).cmp(&key(other)));
}

/// The server's file first, then what teams depend on, then the teams.
fn rank(file: &str) -> usize {
    let order = [SETTINGS, HOLIDAYS, TEAMS, run_books::FOLDER, time_off::FOLDER];
    order.iter().position(|name| file.split('/').next() == Some(name)).unwrap_or(order.len())
}
