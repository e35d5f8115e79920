//! A load: each file of the folder is read once, and together they give a [`Configuration`].
//!
//! Not here: which files there are (`folder`), what a file says (`schema`, `settings`) and whether it holds together
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
use super::notices::TeamNotices;
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

/// Reads the configuration in `folder`. Errors of one team leave all others as they are; every error of every file
/// is in [`Configuration::diagnostics`]. `now` decides warnings about what is over, and nothing else.
///
/// # Errors
///
/// Where the folder, or one within it, cannot be listed.
pub fn load(folder: &Path, now: Instant) -> Result<Configuration, LoadError> {
    load_with(folder, now, &SYSTEM_FOLDERS.map(Path::new))
}

/// [`load`] on a machine whose time-zone data is in the first of `zone_folders` that has any. Without any folder
/// nothing but the configuration itself decides what comes out.
///
/// # Errors
///
/// As of [`load`].
pub fn load_with(folder: &Path, now: Instant, zone_folders: &[&Path]) -> Result<Configuration, LoadError> {
    read(folder, now, zone_folders, None)
}

/// What is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything, since any file may have changed.
    All,
    /// What all teams share, and of the teams these alone.
    Teams(BTreeSet<TeamId>),
}

/// Reads the configuration in `folder` again, `before` being in service. Teams whose files are as they were are taken
/// from there, with what was found in them; settings with errors, or gone, and those that need a restart, stay as they were.
///
/// # Errors
///
/// Where the folder, or one within it, cannot be listed.
pub fn reload(
    folder: &Path,
    now: Instant,
    before: &Configuration,
    scope: &Scope,
) -> Result<Configuration, LoadError> {
    read(folder, now, &SYSTEM_FOLDERS.map(Path::new), Some((before, scope)))
}

/// Reads the configuration in `folder` as it would be if the file of `team` had `text`; `before` is what it is now. Other
/// teams without errors are taken from there.
///
/// # Errors
///
/// Where the folder, or one within it, cannot be listed.
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
    let mut findings = Diagnostics::new(folder);
    warn_of_strays(&listed, &mut findings);

    let mut settings = read_settings(folder, &listed, &mut findings);
    if let Some((before, _)) = before {
        settings = keep_running(settings, &before.settings, &listed, &mut findings);
    }
    let zones = zones(settings.tzdata, zone_folders, &mut findings);
    let last_library = before.map(|(before, _)| &before.library);
    let window = window(&settings, now);
    let relevant_from = window.map_or(now, Period::start).date_naive();
    let basis = Basis { zones: &zones, now, relevant_from };
    let Calendars { library, kept } = holiday_files::read(folder, basis, last_library, &mut findings)
        .map_err(unreadable(&folder.join(HOLIDAYS)))?;
    let has_mail = settings.mail.is_some();
    let common = Common { folder, edited, zones: &zones, library: &library, now, window, has_mail };

    let ids = team_ids(folder, &mut findings)?;
    warn_of_ownerless_folders(folder, &ids, &mut findings)?;
    let (teams, broken) = read_teams(ids, &common, &kept, before, &mut findings);
    let Diagnostics { sources, mut diagnostics } = findings;
    sort(&mut diagnostics);
    Ok(Configuration { settings, teams, broken, diagnostics, library, zone_data: zones.data, sources })
}

type Teams = (BTreeMap<TeamId, Arc<TeamConfig>>, BTreeMap<TeamId, BrokenTeam>);

/// The teams `ids`, with and without errors. A team whose files are as they were is taken from `before`.
fn read_teams(
    ids: Vec<TeamId>,
    common: &Common<'_>,
    kept: &BTreeSet<String>,
    before: Option<(&Configuration, &Scope)>,
    findings: &mut Diagnostics,
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
            let found = found.filter(|found| ![CALENDAR_OUTDATED, NO_MAIL_SERVER].contains(&found.code));
            findings.diagnostics.extend(found.map(|found| Diagnostic::clone(found)));
            report_outdated_calendars(kept, &team.team, &file, findings);
            report_missing_mail(&team.notices, common.has_mail, &id, &file, findings);
            teams.insert(id, Arc::clone(team));
            continue;
        }
        let inputs = inputs.unwrap_or_else(|| Inputs::of_team(common.folder, &id, &file, &shared));
        match read_team(&id, &file, common, findings) {
            Ok((team, links, notices)) => {
                report_outdated_calendars(kept, &team, &file, findings);
                report_missing_mail(&notices, common.has_mail, &id, &file, findings);
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
                let errors = findings.diagnostics.iter();
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

/// Reports calendars of the team that have errors now, so that their last good version is in use.
fn report_outdated_calendars(kept: &BTreeSet<String>, team: &Team, file: &str, findings: &mut Diagnostics) {
    if kept.is_empty() {
        return;
    }
    let named = team.engineers.iter().flat_map(|engineer| &engineer.calendars).map(|calendar| calendar.id());
    let named: BTreeSet<&str> = named.filter(|id| kept.contains(*id)).collect();
    for id in named {
        let message = format!("the holiday calendar `{id}` has errors; it is used as it was before");
        findings.whole(file, Some(&team.id), Problem::error(CALENDAR_OUTDATED, message));
    }
}

const NO_MAIL_SERVER: &str = "no-mail-server";

/// Reports that the team's notices are to go by mail and no server takes any. An engineer's `email` alone may be there for
/// invitations in calendars.
fn report_missing_mail(
    notices: &TeamNotices,
    has_mail: bool,
    team: &TeamId,
    file: &str,
    findings: &mut Diagnostics,
) {
    if !notices.mail.is_empty() && !has_mail {
        let message = "`mail` in [notices] has no effect: oncal.toml names no mail server";
        let help = "add a table `[mail]` with `server` and `from` to oncal.toml";
        findings.whole(file, Some(team), Problem::warning(NO_MAIL_SERVER, message).help(help));
    }
}

/// Without the file everything is at its default.
fn read_settings(folder: &Path, listed: &[Entry], findings: &mut Diagnostics) -> Settings {
    if !listed.iter().any(|entry| entry.name == SETTINGS) {
        return Settings::default();
    }
    match files::read_text(&folder.join(SETTINGS)) {
        Ok(text) => {
            let problems = Problems::default();
            let settings = toml_reader::read(&text, &problems, Settings::read);
            findings.file(SETTINGS, None, &text, problems);
            settings.unwrap_or_default()
        }
        Err(fault) => {
            findings.fault(SETTINGS, None, fault);
            Settings::default()
        }
    }
}

/// Settings for a server that runs on `running`: what cannot be read, or needs a restart, stays.
fn keep_running(
    read: Settings,
    running: &Settings,
    listed: &[Entry],
    findings: &mut Diagnostics,
) -> Settings {
    if findings.diagnostics.iter().any(|found| found.is_error() && found.file == SETTINGS) {
        // Links are renewed since somebody has one who should not, whatever else is wrong with the file.
        let link_generation = running.link_generation.max(read.link_generation);
        return Settings { link_generation, ..running.clone() };
    }
    if !listed.iter().any(|entry| entry.name == SETTINGS) && *running != Settings::default() {
        let help = "put it back, or restart for the defaults";
        findings.error(SETTINGS, "settings-gone", "the file is gone; the server runs on what it said", help);
        return running.clone();
    }
    let (settings, waiting) = read.applied_to(running);
    if !waiting.is_empty() {
        let message = format!("{} changed, which takes a restart", waiting.join(", "));
        let help = "restart the server, or put back what it runs on";
        findings.whole(SETTINGS, None, Problem::warning("needs-restart", message).help(help));
    }
    settings
}

fn zones(source: ZoneDataSource, folders: &[&Path], findings: &mut Diagnostics) -> Zones {
    Zones::in_use(source, folders).unwrap_or_else(|| {
        let message = "this machine has no time-zone data, which `tzdata = \"system\"` asks for";
        let help = "install its tzdata package, or take the line out";
        findings.error(SETTINGS, "no-system-tzdata", message, help);
        Zones::bundled()
    })
}

/// All that feeds can show at `now`.
fn window(settings: &Settings, now: Instant) -> Option<Period> {
    let weeks = |count: u32| TimeDelta::weeks(i64::from(count) + 1);
    let start = now.checked_sub_signed(weeks(settings.past_weeks))?;
    Period::new(start, now.checked_add_signed(weeks(settings.future_weeks))?)
}

/// What all teams are checked against.
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

/// The team; where it has errors, how often its links were renewed, if its file says.
fn read_team(
    id: &TeamId,
    file: &str,
    common: &Common<'_>,
    findings: &mut Diagnostics,
) -> Result<(Team, LinkGenerations, TeamNotices), Option<LinkGenerations>> {
    let edited = common.edited.filter(|edited| edited.team == id).map(|edited| Arc::clone(&edited.text));
    let text = edited.map_or_else(|| files::read_text(&common.folder.join(file)), Ok).map_err(|fault| {
        findings.fault(file, Some(id), fault);
        None
    })?;
    let mut unlisted =
        |kind: &str, fault: FileFault| findings.fault(&format!("{kind}/{id}/"), Some(id), fault);
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
        let is_right = run_books.report_unnamed(id, findings);
        time_off.report(findings);
        team.filter(|_| is_right)
    });
    findings.file(file, Some(id), &text, problems);
    match (resolved.flatten(), links) {
        (Some(team), Some(links)) => Ok((team, links, notices)),
        (_, links) => Err(links),
    }
}
