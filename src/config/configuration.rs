//! The result of a load: the settings, the teams and every diagnostic.
//!
//! Not here: how it is read (`load`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::calendar_use::CalendarUse;
use super::diagnostic::{Diagnostic, Place};
use super::fetch_codes::NOT_FETCHED;
use super::holiday_files::FOLDER as HOLIDAYS;
use super::kept_calendars::KeptCalendars;
use super::left_out::LeavesOut;
use super::link_generations::LinkGenerations;
use super::notices::TeamNotices;
use super::run_books;
use super::settings::Settings;
use super::sources::Sources;
use super::time_off;
use super::zones::ZoneData;
use crate::holidays::Library;
use crate::rota::{EngineerId, Instant, Team, TeamId};
use crate::team_map::TeamMap;
use crate::toml_reader::Severity;

/// The server's file.
pub(super) const SETTINGS: &str = "oncal.toml";

/// The folder of the team files.
pub(crate) const TEAMS: &str = "teams";

/// The content of a configuration folder.
#[derive(Debug)]
pub struct Configuration {
    /// The settings of the server.
    pub settings: Settings,
    /// The teams without errors.
    pub teams: TeamMap<Arc<TeamConfig>>,
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
    /// What was kept of fetched calendars at the load.
    pub calendars: Arc<KeptCalendars>,
    /// The holiday calendars that are fetched.
    pub(super) holiday_uses: Vec<CalendarUse>,
    /// Those of files of teams that are not in service: they have errors, or wait for the first fetch.
    pub(super) other_uses: Vec<CalendarUse>,
    /// Those of the teams of which a load may have something to report although their files are the same.
    pub(super) dependent: TeamMap<Arc<TeamConfig>>,
    /// Tells this load from all others of this process.
    pub(super) serial: u64,
    /// The number of the load before, and the teams that alone were read again after it; `None` if all were.
    pub(super) reread: Option<(u64, BTreeSet<TeamId>)>,
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

    /// The teams that alone may differ from those of `before`, if that is known: this was loaded after it, and only
    /// they were read. Each of them has a file here and there.
    pub fn reread_since(&self, before: &Configuration) -> Option<&BTreeSet<TeamId>> {
        self.reread.as_ref().filter(|(serial, _)| *serial == before.serial).map(|(_, ids)| ids)
    }

    /// The fetched calendars that its files name, as far as they can be read.
    pub fn calendar_uses(&self) -> impl Iterator<Item = &CalendarUse> {
        let of_teams = self.teams.values().flat_map(|team| &*team.calendars);
        self.holiday_uses.iter().chain(of_teams).chain(&self.other_uses)
    }

    /// Whether [`Configuration::calendar_uses`] are all that its files name: no file with an error may name another.
    pub fn names_all_calendars(&self) -> bool {
        let mut errors = self.diagnostics.iter().filter(|found| found.is_error());
        errors.all(Diagnostic::is_of_fetch) && self.teams.values().all(|team| team.left_out.is_empty())
    }

    /// What has to be said of copies of fetched calendars that `team` is made of: that they are old, or that all future
    /// entries are gone.
    pub fn copy_warnings<'c>(&'c self, team: &'c Team) -> impl Iterator<Item = &'c Diagnostic> {
        let calendars = team.engineers.iter().flat_map(|engineer| &engineer.calendars);
        let holidays: BTreeSet<&str> = calendars.map(|calendar| calendar.id()).collect();
        let is_of_team = move |found: &&Diagnostic| match &found.team {
            Some(id) => *id == team.id,
            None => {
                let name = found.file.strip_prefix(HOLIDAYS).and_then(|name| name.strip_prefix('/'));
                name.and_then(|name| name.rsplit_once('.')).is_some_and(|(id, _)| holidays.contains(id))
            }
        };
        let warnings = self.diagnostics.iter().filter(|found| found.is_of_fetch() && !found.is_error());
        warnings.filter(|found| found.code != NOT_FETCHED).filter(is_of_team)
    }

    /// Whether it was loaded with the same copies of fetched calendars as `other`, for the same uses.
    pub fn has_same_copies(&self, other: &Configuration) -> bool {
        let numbers = |configuration: &Configuration| -> Vec<(String, i64)> {
            configuration.calendars.iter().map(|(digest, kept)| (digest.to_owned(), kept.number)).collect()
        };
        numbers(self) == numbers(other)
            && self.other_uses == other.other_uses
            && self.holiday_uses == other.holiday_uses
    }

    /// The copies that `team` is made of: the digests of their addresses, and their numbers; 0 for one that was never
    /// fetched.
    pub fn copies_of(&self, team: &TeamConfig) -> Vec<(String, i64)> {
        let uses = self.holiday_uses.iter().chain(&*team.calendars);
        let copy = |usage: &CalendarUse| {
            let is_current = usage.is_current(&self.calendars);
            let newest = self.calendars.get(&usage.address).filter(|_| is_current).map(|kept| kept.number);
            let number = newest.unwrap_or(usage.number);
            (usage.address.digest().as_str().to_owned(), number)
        };
        uses.map(copy).collect()
    }

    /// The teams that, or holiday calendars of which, are in service as they were before their files had errors, if
    /// they are in service at all.
    pub fn outdated_teams(&self) -> impl Iterator<Item = &TeamId> {
        let outdated = self.diagnostics.iter().filter(|found| found.code == CALENDAR_OUTDATED);
        self.broken.keys().chain(outdated.filter_map(|found| found.team.as_ref()))
    }

    /// What all teams rest on besides files: the zone data, and the copies of fetched holiday calendars.
    pub(super) fn shared_input(&self) -> SharedInput {
        shared_input(&self.zone_data, &self.holiday_uses)
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
    /// A hash of all that it was made of: equal ones give equal teams.
    pub fingerprint: String,
    /// A hash of the files among that, and of the copies of fetched holiday calendars.
    pub files: String,
    /// A hash of the files alone.
    pub own_files: String,
    /// The newest time of these files.
    pub modified: Instant,
    /// How often its secret links were renewed.
    pub links: LinkGenerations,
    /// The fetched calendars of its engineers.
    pub calendars: Arc<[CalendarUse]>,
    /// The engineers whose calendars of time off could not be used and were left out.
    pub left_out: BTreeSet<EngineerId>,
    /// Whom its notices go to.
    pub notices: TeamNotices,
}

impl TeamConfig {
    /// A warning about the team's file.
    pub fn warning(
        &self,
        code: &'static str,
        place: Option<Place>,
        message: String,
        help: impl Into<String>,
    ) -> Diagnostic {
        let (team, file) = (Some(self.team.id.clone()), self.file.clone());
        Diagnostic { code, severity: Severity::Warning, team, file, place, message, help: Some(help.into()) }
    }
}

/// A team with errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenTeam {
    /// Its file within the configuration folder.
    pub file: String,
    /// How many errors it has.
    pub errors: usize,
    /// How often its secret links were renewed: the highest number that the file has had since it has had errors;
    /// `None` if it has never been TOML since then.
    pub links: Option<LinkGenerations>,
    /// Whose calendars of time off are left out when it is read again.
    pub leaves_out: LeavesOut,
}

/// The code of a holiday calendar that has errors now, so that its last good version is in use.
pub(super) const CALENDAR_OUTDATED: &str = "calendar-outdated";

/// What all teams rest on besides files.
pub(super) struct SharedInput {
    /// Describes the zone data.
    pub(super) zones: String,
    /// Identifies the copies of fetched holiday calendars.
    pub(super) copies: String,
}

/// See [`Configuration::shared_input`].
pub(super) fn shared_input(zone_data: &ZoneData, holiday_uses: &[CalendarUse]) -> SharedInput {
    let copies = holiday_uses.iter().map(|usage| format!(" {} {}", usage.reader, usage.hash));
    SharedInput { zones: zone_data.to_string(), copies: copies.collect() }
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
