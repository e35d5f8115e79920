//! Reads each file of the folder once and makes a [`Configuration`] of them.
//!
//! Not here: which files exist (`folder`), what a file says (`schema`, `settings`) and whether it is consistent
//! (`resolve`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;

use super::configuration::{BrokenTeam, Configuration, SETTINGS, TEAMS, TeamConfig, sort};
use super::diagnostic::Diagnostic;
use super::files::{self, Entry, FileFault};
use super::folder::{
    LoadError, check_folder, list, team_ids, unreadable, warn_of_ownerless_folders, warn_of_strays,
};
use super::holiday_files::{self, Basis, Calendars, FOLDER as HOLIDAYS};
use super::inputs::Inputs;
use super::link_generations::LinkGenerations;
use super::notices::{self, TeamNotices};
use super::resolve::{self, Context};
use super::run_books::{self, RunBooks};
use super::schema::TeamTable;
use super::settings::Settings;
use super::sources::Diagnostics;
use super::time_off::{self, TimeOffFiles};
use super::zones::{SYSTEM_FOLDERS, ZoneDataSource, Zones};
use crate::holidays::Library;
use crate::rota::{Instant, Period, Team, TeamId};
use crate::toml_reader::{self, Problem, Problems};

/// Reads the configuration in `folder`. Errors of one team do not affect others; every error of every file is in
/// [`Configuration::diagnostics`]. `now` only decides which entries are past and get no warnings.
///
/// # Errors
///
/// If the folder, or one within it, cannot be listed.
pub fn load(folder: &Path, now: Instant) -> Result<Configuration, LoadError> {
    load_with(folder, now, &SYSTEM_FOLDERS.map(Path::new))
}

/// [`load`] on a machine whose time-zone data is in the first of `zone_folders` that has any. Without any such folder,
/// the result depends on the configuration alone.
///
/// # Errors
///
/// As of [`load`].
pub fn load_with(folder: &Path, now: Instant, zone_folders: &[&Path]) -> Result<Configuration, LoadError> {
    read(folder, now, zone_folders, None)
}

/// Which files a reload reads again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything, since any file may have changed.
    All,
    /// What all teams share, and only these teams.
    Teams(BTreeSet<TeamId>),
}

/// Reads the configuration in `folder` again while `before` is in service. Teams whose files are unchanged are taken from
/// `before`, with their diagnostics. Settings stay as they were if the file is gone or has errors, or if they need a restart.
///
/// # Errors
///
/// If the folder, or one within it, cannot be listed.
pub fn reload(
    folder: &Path,
    now: Instant,
    before: &Configuration,
    scope: &Scope,
) -> Result<Configuration, LoadError> {
    read(folder, now, &SYSTEM_FOLDERS.map(Path::new), Some((before, scope)))
}

/// Reads the configuration in `folder` as it would be if the file of `team` contained `text`. Other teams without errors
/// are taken from `before`, the configuration as it is now.
///
/// # Errors
///
/// If the folder, or one within it, cannot be listed.
pub fn load_edited(
    folder: &Path,
    now: Instant,
    before: &Configuration,
    team: &TeamId,
    text: &str,
) -> Result<Configuration, LoadError> {
    let scope = Scope::Teams(BTreeSet::from([team.clone()]));
    let edited = Edited { team, text: text.into() };
    read_edited(folder, now, &SYSTEM_FOLDERS.map(Path::new), Some((before, &scope)), Some(&edited))
}

/// A team's file that is read in place of the one in the folder.
struct Edited<'a> {
    team: &'a TeamId,
    text: Arc<str>,
}

fn read(
    folder: &Path,
    now: Instant,
    zone_folders: &[&Path],
    before: Option<(&Configuration, &Scope)>,
) -> Result<Configuration, LoadError> {
    read_edited(folder, now, zone_folders, before, None)
}

fn read_edited(
    folder: &Path,
    now: Instant,
    zone_folders: &[&Path],
    before: Option<(&Configuration, &Scope)>,
    edited: Option<&Edited<'_>>,
) -> Result<Configuration, LoadError> {
    check_folder(folder)?;
    let listed = list(folder)?;
    let mut diagnostics = Diagnostics::new(folder);
    warn_of_strays(&listed, &mut diagnostics);

    let mut settings = read_settings(folder, &listed, &mut diagnostics);
    if let Some((before, _)) = before {
        settings = keep_running(settings, &before.settings, &listed, &mut diagnostics);
    }
    let zones = zones(settings.tzdata, zone_folders, &mut diagnostics);
    let last_library = before.map(|(before, _)| &before.library);
    let window = window(&settings, now);
    let relevant_from = window.map_or(now, Period::start).date_naive();
    let basis = Basis { zones: &zones, now, relevant_from };
    let Calendars { library, kept } = holiday_files::read(folder, basis, last_library, &mut diagnostics)
        .map_err(unreadable(&folder.join(HOLIDAYS)))?;
    let has_mail = settings.mail.is_some();
    let common = Common { folder, edited, zones: &zones, library: &library, now, window, has_mail };

    let ids = team_ids(folder, &mut diagnostics)?;
    warn_of_ownerless_folders(folder, &ids, &mut diagnostics)?;
    let (teams, broken) = read_teams(ids, &common, &kept, before, &mut diagnostics);
    let Diagnostics { sources, list: mut diagnostics } = diagnostics;
    sort(&mut diagnostics);
    Ok(Configuration { settings, teams, broken, diagnostics, library, zone_data: zones.data, sources })
}

type Teams = (BTreeMap<TeamId, Arc<TeamConfig>>, BTreeMap<TeamId, BrokenTeam>);

/// Reads the teams `ids`. A team whose files are unchanged is taken from `before`.
fn read_teams(
    ids: Vec<TeamId>,
    common: &Common<'_>,
    kept: &BTreeSet<String>,
    before: Option<(&Configuration, &Scope)>,
    diagnostics: &mut Diagnostics,
) -> Teams {
    let shared = Inputs::shared(common.folder, &common.zones.data.to_string());
    let found_before = before.map(|(before, _)| by_team(&before.diagnostics)).unwrap_or_default();
    let (mut teams, mut broken) = (BTreeMap::new(), BTreeMap::new());
    for id in ids {
        let file = format!("{TEAMS}/{id}.toml");
        let skips = before.filter(|(_, scope)| matches!(scope, Scope::Teams(ids) if !ids.contains(&id)));
        let inputs = skips.is_none().then(|| Inputs::of_team(common.folder, &id, &file, &shared));
        let is_edited = common.edited.is_some_and(|edited| *edited.team == id);
        let same = before.filter(|_| !is_edited).and_then(|(before, _)| before.teams.get(&id));
        let same =
            same.filter(|team| inputs.as_ref().is_none_or(|inputs| inputs.fingerprint == team.fingerprint));
        if let Some(team) = same {
            let found = found_before.get(&id).into_iter().flatten();
            let found =
                found.filter(|found| ![CALENDAR_OUTDATED, notices::NO_MAIL_SERVER].contains(&found.code));
            diagnostics.list.extend(found.map(|found| Diagnostic::clone(found)));
            report_outdated_calendars(kept, &team.team, &file, diagnostics);
            team.notices.report_missing_mail(common.has_mail, (&id, &file), diagnostics);
            teams.insert(id, Arc::clone(team));
            continue;
        }
        let inputs = inputs.unwrap_or_else(|| Inputs::of_team(common.folder, &id, &file, &shared));
        match read_team(&id, &file, common, diagnostics) {
            Ok((team, links, notices)) => {
                report_outdated_calendars(kept, &team, &file, diagnostics);
                notices.report_missing_mail(common.has_mail, (&id, &file), diagnostics);
                let Inputs { fingerprint, modified } = inputs;
                let team = TeamConfig { team, file, fingerprint, modified, links, notices };
                drop(teams.insert(id, Arc::new(team)));
            }
            Err(links) => {
                let earlier = before.and_then(|(before, _)| before.broken.get(&id)?.links.as_ref());
                let links = match (earlier, links) {
                    (Some(earlier), Some(links)) => Some(earlier.raised_by(&links)),
                    (earlier, links) => links.or_else(|| earlier.cloned()),
                };
                let errors = diagnostics.list.iter();
                let errors = errors.filter(|d| d.is_error() && d.team.as_ref() == Some(&id)).count();
                broken.insert(id, BrokenTeam { file, errors, links });
            }
        }
    }
    (teams, broken)
}

fn by_team(diagnostics: &[Diagnostic]) -> BTreeMap<&TeamId, Vec<&Diagnostic>> {
    let mut all: BTreeMap<&TeamId, Vec<&Diagnostic>> = BTreeMap::new();
    for found in diagnostics {
        if let Some(team) = &found.team {
            all.entry(team).or_default().push(found);
        }
    }
    all
}

const CALENDAR_OUTDATED: &str = "calendar-outdated";

/// Reports calendars of the team whose last good version is in use, since they now have errors.
fn report_outdated_calendars(
    kept: &BTreeSet<String>,
    team: &Team,
    file: &str,
    diagnostics: &mut Diagnostics,
) {
    if kept.is_empty() {
        return;
    }
    let named = team.engineers.iter().flat_map(|engineer| &engineer.calendars).map(|calendar| calendar.id());
    let named: BTreeSet<&str> = named.filter(|id| kept.contains(*id)).collect();
    for id in named {
        let message = format!("the holiday calendar `{id}` has errors; its last good version is used");
        diagnostics.whole(file, Some(&team.id), Problem::error(CALENDAR_OUTDATED, message));
    }
}

/// Without the file, every setting has its default.
fn read_settings(folder: &Path, listed: &[Entry], diagnostics: &mut Diagnostics) -> Settings {
    if !listed.iter().any(|entry| entry.name == SETTINGS) {
        return Settings::default();
    }
    match files::read_text(&folder.join(SETTINGS)) {
        Ok(text) => {
            let problems = Problems::default();
            let settings = toml_reader::read(&text, &problems, Settings::read);
            diagnostics.file(SETTINGS, None, &text, problems);
            settings.unwrap_or_default()
        }
        Err(fault) => {
            diagnostics.fault(SETTINGS, None, fault);
            Settings::default()
        }
    }
}

/// The settings of a server that runs with `running`: what cannot be read, or needs a restart, stays as it is.
fn keep_running(
    read: Settings,
    running: &Settings,
    listed: &[Entry],
    diagnostics: &mut Diagnostics,
) -> Settings {
    if diagnostics.list.iter().any(|found| found.is_error() && found.file == SETTINGS) {
        // Somebody has a link who should not, so links are revoked whatever else is wrong with the file.
        let link_generation = running.link_generation.max(read.link_generation);
        return Settings { link_generation, ..running.clone() };
    }
    if !listed.iter().any(|entry| entry.name == SETTINGS) && *running != Settings::default() {
        let help = "put it back, or restart for the defaults";
        diagnostics.error(SETTINGS, "settings-gone", "the file is gone; the server keeps its settings", help);
        return running.clone();
    }
    let (settings, waiting) = read.applied_to(running);
    if !waiting.is_empty() {
        let message = format!("{} changed, which takes a restart", waiting.join(", "));
        let help = "restart the server, or undo the change";
        diagnostics.whole(SETTINGS, None, Problem::warning("needs-restart", message).help(help));
    }
    settings
}

fn zones(source: ZoneDataSource, folders: &[&Path], diagnostics: &mut Diagnostics) -> Zones {
    Zones::in_use(source, folders).unwrap_or_else(|| {
        let message = "this machine has no time-zone data, which `tzdata = \"system\"` asks for";
        let help = "install its tzdata package, or delete the line";
        diagnostics.error(SETTINGS, "no-system-tzdata", message, help);
        Zones::bundled()
    })
}

/// The period that feeds can show at `now`.
fn window(settings: &Settings, now: Instant) -> Option<Period> {
    let weeks = |count: u32| TimeDelta::weeks(i64::from(count) + 1);
    let start = now.checked_sub_signed(weeks(settings.past_weeks))?;
    Period::new(start, now.checked_add_signed(weeks(settings.future_weeks))?)
}

/// What the checks of all teams have in common.
struct Common<'a> {
    folder: &'a Path,
    edited: Option<&'a Edited<'a>>,
    zones: &'a Zones,
    library: &'a Library,
    now: Instant,
    window: Option<Period>,
    /// Whether a server takes mail.
    has_mail: bool,
}

/// The team; or, if it has errors, how often its links were renewed, as far as its file says.
fn read_team(
    id: &TeamId,
    file: &str,
    common: &Common<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<(Team, LinkGenerations, TeamNotices), Option<LinkGenerations>> {
    let edited = common.edited.filter(|edited| edited.team == id).map(|edited| Arc::clone(&edited.text));
    let text = edited.map_or_else(|| files::read_text(&common.folder.join(file)), Ok).map_err(|fault| {
        diagnostics.fault(file, Some(id), fault);
        None
    })?;
    let mut unlisted =
        |kind: &str, fault: FileFault| diagnostics.fault(&format!("{kind}/{id}/"), Some(id), fault);
    let run_books =
        RunBooks::read(common.folder, id).map_err(|fault| unlisted(run_books::FOLDER, fault)).ok();
    let time_off =
        TimeOffFiles::list(common.folder, id).map_err(|fault| unlisted(time_off::FOLDER, fault)).ok();
    let problems = Problems::default();
    let table = toml_reader::read(&text, &problems, TeamTable::read);
    let links = table.as_ref().map(TeamTable::links);
    let notices = table.as_ref().map(TeamTable::notices).unwrap_or_default();
    let resolved = table.zip(run_books.zip(time_off)).map(|(table, (run_books, time_off))| {
        let Common { zones, library, now, window, .. } = *common;
        let context = Context { zones, library, now, window, run_books: &run_books, time_off: &time_off };
        let team = resolve::team(id, &table, &context, &problems);
        let is_right = run_books.report_unnamed(id, diagnostics);
        time_off.report(diagnostics);
        team.filter(|_| is_right)
    });
    diagnostics.file(file, Some(id), &text, problems);
    match (resolved.flatten(), links) {
        (Some(team), Some(links)) => Ok((team, links, notices)),
        (_, links) => Err(links),
    }
}
