//! The configuration: a folder of TOML files and run books, read, checked and resolved.
//!
//! In reading order: `load` walks the folder; `schema` and `settings` are what the files say; `resolve` checks all
//! that needs more than one value and makes a [`rota::Team`](crate::rota::Team) of it; `diagnostic` and `render` are
//! how defects are told. What a `Team` says is true, so nothing after this room checks it again.
//!
//! Not here: the syntax of TOML (`toml_reader`), the rules of holiday calendars (`holidays`), what the rota makes of a
//! team (`rota`).

mod base_url;
mod diagnostic;
mod entry;
mod files;
mod holiday_files;
mod inputs;
mod load;
mod places;
mod render;
mod resolve;
mod run_books;
mod schema;
mod settings;
mod sources;
mod time_off;
mod zone_names;
mod zones;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::holidays::Library;
use crate::rota::{EngineerId, Instant, Team, TeamId};

pub use crate::toml_reader::Severity;
pub use base_url::{BaseUrl, BaseUrlError};
pub use diagnostic::{Diagnostic, Place};
pub use entry::{override_entry, rotation_entry};
pub use load::{LoadError, Scope, load, load_with, reload};
pub use places::TeamPlaces;
pub use render::render;
pub use settings::{Access, JournalUrl, Settings};
pub use sources::Sources;
pub use zones::{SYSTEM_FOLDERS, ZoneData, ZoneDataSource};

/// All that a configuration folder says.
#[derive(Debug)]
pub struct Configuration {
    /// Of the server.
    pub settings: Settings,
    /// The teams without errors.
    pub teams: BTreeMap<TeamId, Arc<TeamConfig>>,
    /// The teams with errors, of which nothing can be served.
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

    /// The errors of `oncal.toml`. With any, nothing may be served: what the file meant is not known.
    pub fn settings_errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error() && diagnostic.file == load::SETTINGS)
    }

    /// Takes over what somebody else has found, each in its place.
    pub fn tell(&mut self, found: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(found);
        load::sort(&mut self.diagnostics);
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
    /// What the rota works on.
    pub team: Team,
    /// Its file within the configuration folder, such as `teams/data-pipelines.toml`.
    pub file: String,
    /// A hash of all files that it was made of: equal ones give equal teams.
    pub fingerprint: String,
    /// The newest time of these files.
    pub modified: Instant,
    /// How often its secret links were renewed.
    pub links: LinkGenerations,
}

/// The `link_generation` of a team and of its engineers: another number makes another link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkGenerations {
    /// Of the team, and so of everybody in it.
    pub team: u32,
    /// Of each engineer, in file order.
    pub engineers: Vec<(EngineerId, u32)>,
}

impl LinkGenerations {
    /// These, with whatever is higher in `edited`: a file with errors may lack a number that was there before.
    #[must_use]
    pub fn raised_by(&self, edited: &LinkGenerations) -> LinkGenerations {
        let new: BTreeMap<_, _> = edited.engineers.iter().cloned().collect();
        let known: BTreeSet<_> = self.engineers.iter().map(|(id, _)| id).collect();
        let raise =
            |(id, own): &(EngineerId, u32)| (id.clone(), new.get(id).map_or(*own, |new| *own.max(new)));
        let newcomers = edited.engineers.iter().filter(|(id, _)| !known.contains(id)).cloned();
        LinkGenerations {
            team: self.team.max(edited.team),
            engineers: self.engineers.iter().map(raise).chain(newcomers).collect(),
        }
    }
}

/// A team with errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenTeam {
    /// Its file within the configuration folder.
    pub file: String,
    /// How many errors it has.
    pub errors: usize,
    /// How often its secret links were renewed, for as long as it has errors the most that its file ever said; none where
    /// that never was TOML.
    pub links: Option<LinkGenerations>,
}
