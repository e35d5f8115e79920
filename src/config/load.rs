//! The folder: which files there are, read once each, and what they give together.
//!
//! Not here: what a file says (`schema`, `settings`) and whether it holds together (`resolve`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::TimeDelta;
use thiserror::Error;

use super::diagnostic::Diagnostic;
use super::files::{self, Entry, FileFault};
use super::holiday_files::{self, Calendars, FOLDER as HOLIDAYS};
use super::inputs::Inputs;
use super::resolve::{self, Context, id_problem};
use super::run_books::{self, RunBooks};
use super::schema::TeamTable;
use super::settings::Settings;
use super::sources::Diagnostics;
use super::time_off::{self, TimeOffFiles};
use super::zones::{SYSTEM_FOLDERS, ZoneDataSource, Zones};
use super::{BrokenTeam, Configuration, LinkGenerations, TeamConfig};
use crate::holidays::Library;
use crate::rota::{Instant, Period, Team, TeamId};
use crate::toml_reader::{self, Problem, Problems, Severity, nearest};

/// The server's file.
pub(super) const SETTINGS: &str = "oncal.toml";
const TEAMS: &str = "teams";

/// Why a folder gives no configuration at all. What is wrong within single files is no `LoadError`.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is nothing at the path.
    #[error("there is no configuration folder {}", folder.display())]
    Missing {
        /// As given to [`load`].
        folder: PathBuf,
    },
    /// The path is not a folder.
    #[error("{} is not a folder; the configuration is a folder with teams/ in it", folder.display())]
    NotAFolder {
        /// As given to [`load`].
        folder: PathBuf,
    },
    /// The operating system does not let it be listed.
    #[error("the folder {} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The folder, or one within it.
        path: PathBuf,
        /// What the operating system says. Not `source`, which would be told a second time behind this message.
        cause: io::Error,
    },
}

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

fn read(
    folder: &Path,
    now: Instant,
    zone_folders: &[&Path],
    before: Option<(&Configuration, &Scope)>,
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
    let Calendars { library, kept } = holiday_files::read(folder, &zones, now, last_library, &mut findings)
        .map_err(unreadable(&folder.join(HOLIDAYS)))?;
    let common = Common { zones: &zones, library: &library, now, window: window(&settings, now) };

    let shared = Inputs::shared(folder, &zones.data.to_string());
    let found_before = before.map(|(before, _)| by_team(&before.diagnostics)).unwrap_or_default();
    let (mut teams, mut broken) = (BTreeMap::new(), BTreeMap::new());
    let ids = team_ids(folder, &mut findings)?;
    warn_of_ownerless_folders(folder, &ids, &mut findings)?;
    for id in ids {
        let file = format!("{TEAMS}/{id}.toml");
        let skips = before.filter(|(_, scope)| matches!(scope, Scope::Teams(ids) if !ids.contains(&id)));
        let inputs = skips.is_none().then(|| Inputs::of_team(folder, &id, &file, &shared));
        if let Some((before, _)) = before {
            let same = before
                .teams
                .get(&id)
                .filter(|team| inputs.as_ref().is_none_or(|inputs| inputs.fingerprint == team.fingerprint));
            if let Some(team) = same {
                let found = found_before.get(&id).into_iter().flatten();
                let found = found.filter(|found| found.code != CALENDAR_OUTDATED);
                findings.diagnostics.extend(found.map(|found| Diagnostic::clone(found)));
                tell_of_kept(&kept, &team.team, &file, &mut findings);
                teams.insert(id, Arc::clone(team));
                continue;
            }
        }
        let inputs = inputs.unwrap_or_else(|| Inputs::of_team(folder, &id, &file, &shared));
        match read_team(folder, &id, &file, &common, &mut findings) {
            Ok((team, links)) => {
                tell_of_kept(&kept, &team, &file, &mut findings);
                let Inputs { fingerprint, modified } = inputs;
                drop(teams.insert(id, Arc::new(TeamConfig { team, file, fingerprint, modified, links })));
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
    let Diagnostics { sources, mut diagnostics } = findings;
    sort(&mut diagnostics);
    Ok(Configuration { settings, teams, broken, diagnostics, library, zone_data: zones.data, sources })
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

/// A team goes on with calendars that were right before, and whoever looks at it is to know.
fn tell_of_kept(kept: &BTreeSet<String>, team: &Team, file: &str, findings: &mut Diagnostics) {
    if kept.is_empty() {
        return;
    }
    let named = team.engineers.iter().flat_map(|engineer| &engineer.calendars).map(|calendar| calendar.id());
    let named: BTreeSet<&str> = named.filter(|id| kept.contains(*id)).collect();
    for id in named {
        let problem = Problem {
            code: CALENDAR_OUTDATED,
            severity: Severity::Error,
            span: 0..0,
            message: format!("the holiday calendar `{id}` has errors; it is used as it was before"),
            help: None,
        };
        findings.whole(file, Some(&team.id), problem);
    }
}

/// In order of file and place.
pub(super) fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics
        .sort_by_key(|d| (rank(&d.file), d.file.clone(), d.place.as_ref().map(|place| place.span.start)));
}

/// The server's file first, then what teams rest on, then they.
fn rank(file: &str) -> usize {
    let order = [SETTINGS, HOLIDAYS, TEAMS, run_books::FOLDER, time_off::FOLDER];
    order.iter().position(|name| file.split('/').next() == Some(name)).unwrap_or(order.len())
}

fn check_folder(folder: &Path) -> Result<(), LoadError> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(LoadError::NotAFolder { folder: folder.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(LoadError::Missing { folder: folder.to_owned() })
        }
        Err(error) => Err(unreadable(folder)(error)),
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> LoadError {
    let path = path.to_owned();
    move |cause| LoadError::Unreadable { path, cause }
}

fn list(folder: &Path) -> Result<Vec<Entry>, LoadError> {
    files::list_if_present(folder).map_err(unreadable(folder))
}

/// A file that nobody reads was put there for a reason: `oncall.toml`, or a team beside `teams/`.
fn warn_of_strays(listed: &[Entry], findings: &mut Diagnostics) {
    for entry in listed.iter().filter(|entry| !entry.is_folder && entry.name != SETTINGS) {
        if files::has_extension(&entry.name, &["toml", "ics", "yaml", "yml"]) {
            let stem = Path::new(&entry.name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let help = match nearest(stem, ["oncal"]) {
                Some(_) => format!("did you mean `{SETTINGS}`?"),
                None => format!("teams lie in {TEAMS}/, holiday calendars in {HOLIDAYS}/"),
            };
            findings.unread(&entry.name, help);
        }
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
        let help = Some("restart the server, or put back what it runs on".to_owned());
        let (code, severity) = ("needs-restart", Severity::Warning);
        findings.whole(SETTINGS, None, Problem { code, severity, span: 0..0, message, help });
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

/// The teams in order of their ids.
fn team_ids(folder: &Path, findings: &mut Diagnostics) -> Result<Vec<TeamId>, LoadError> {
    let (mut ids, mut candidates) = (Vec::new(), 0);
    for entry in list(&folder.join(TEAMS))? {
        let file = format!("{TEAMS}/{}", entry.name);
        let path = Path::new(&entry.name);
        if entry.is_folder {
            if files::has_extension(&entry.name, &["toml"]) {
                findings.folder(&file, "a team is a file named <id>.toml");
            }
            continue;
        }
        if !files::has_extension(&entry.name, &["toml"]) {
            if files::has_extension(&entry.name, &["yaml", "yml", "json"]) {
                findings.unread(&file, "a team is a file named <id>.toml");
            }
            continue;
        }
        candidates += 1;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if let Some(problem) = id_problem("a team", stem) {
            findings.whole(&file, None, problem);
        } else if !entry.name.ends_with(".toml") {
            let message = "a team's file ends in `.toml`, in lower case";
            findings.error(&file, "invalid-id", message, format!("rename it to {stem}.toml"));
        } else {
            ids.extend(TeamId::new(stem));
        }
    }
    if candidates == 0 {
        let help = format!("a team is a file {TEAMS}/<id>.toml; `oncal init` writes one to start from");
        findings.error(&format!("{TEAMS}/"), "no-teams", "there is no team", help);
    }
    ids.sort();
    Ok(ids)
}

fn warn_of_ownerless_folders(
    folder: &Path,
    ids: &[TeamId],
    findings: &mut Diagnostics,
) -> Result<(), LoadError> {
    let kinds = [
        (run_books::FOLDER, "run-books-without-team", "there is no team of this name for these run books"),
        (time_off::FOLDER, "time-off-without-team", "there is no team of this name for these absences"),
    ];
    for (kind, code, message) in kinds {
        let folders = list(&folder.join(kind))?.into_iter().filter(|entry| entry.is_folder);
        let has_team = |name: &str| ids.binary_search_by(|id| id.as_str().cmp(name)).is_ok();
        for entry in folders.filter(|entry| !has_team(&entry.name)) {
            let problem = Problem {
                code,
                severity: Severity::Warning,
                span: 0..0,
                message: message.to_owned(),
                help: nearest(&entry.name, ids.iter().map(TeamId::as_str)),
            };
            findings.whole(&format!("{kind}/{}/", entry.name), None, problem);
        }
    }
    Ok(())
}

/// What all teams are checked against.
struct Common<'a> {
    zones: &'a Zones,
    library: &'a Library,
    now: Instant,
    window: Option<Period>,
}

/// The team; where it has errors, how often its links were renewed, if its file says.
fn read_team(
    folder: &Path,
    id: &TeamId,
    file: &str,
    common: &Common<'_>,
    findings: &mut Diagnostics,
) -> Result<(Team, LinkGenerations), Option<LinkGenerations>> {
    let text = files::read_text(&folder.join(file)).map_err(|fault| {
        findings.fault(file, Some(id), fault);
        None
    })?;
    let mut unlisted =
        |kind: &str, fault: FileFault| findings.fault(&format!("{kind}/{id}/"), Some(id), fault);
    let run_books = RunBooks::read(folder, id).map_err(|fault| unlisted(run_books::FOLDER, fault)).ok();
    let time_off = TimeOffFiles::list(folder, id).map_err(|fault| unlisted(time_off::FOLDER, fault)).ok();
    let problems = Problems::default();
    let table = toml_reader::read(&text, &problems, TeamTable::read);
    let links = table.as_ref().map(TeamTable::links);
    let resolved = table.zip(run_books.zip(time_off)).map(|(table, (run_books, time_off))| {
        let Common { zones, library, now, window } = *common;
        let context = Context { zones, library, now, window, run_books: &run_books, time_off: &time_off };
        let team = resolve::team(id, &table, &context, &problems);
        let is_right = run_books.report_unnamed(id, findings);
        time_off.report(findings);
        team.filter(|_| is_right)
    });
    findings.file(file, Some(id), &text, problems);
    match (resolved.flatten(), links) {
        (Some(team), Some(links)) => Ok((team, links)),
        (_, links) => Err(links),
    }
}
