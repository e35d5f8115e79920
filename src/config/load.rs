//! Reads each file of the folder once and makes a [`Configuration`] of them.
//!
//! Not here: which files there are (`folder`), what a file says (`schema`, `settings`) and whether it holds together
//! (`resolve`), and the reading of each team (`load_teams`).

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;

use super::as_of::AsOf;
use super::configuration::{Configuration, SETTINGS, TeamConfig, shared_input, sort};
use super::files::{self, Entry};
use super::folder::{
    LoadError, check_folder, list, team_ids, unreadable, warn_of_ownerless_folders, warn_of_strays,
};
use super::holiday_files::{self, Basis, Calendars, FOLDER as HOLIDAYS};
use super::load_teams::{Common, Edited, Teams, have_same_files, read_teams, reread_teams};
use super::scope::Scope;
use super::settings::Settings;
use super::sources::Diagnostics;
use super::zones::{SYSTEM_FOLDERS, ZoneDataSource, Zones};
use crate::rota::{Instant, Period, TeamId};
use crate::team_map::TeamMap;
use crate::toml_reader::{self, Problem, Problems};

/// Numbers the loads.
static NEXT_SERIAL: AtomicU64 = AtomicU64::new(0);

/// Reads the configuration in `folder`. Errors of one team leave all others as they are; every error of every file
/// is in [`Configuration::diagnostics`].
///
/// # Errors
///
/// Where the folder, or one within it, cannot be listed.
pub fn load(folder: &Path, as_of: impl Into<AsOf>) -> Result<Configuration, LoadError> {
    load_with(folder, as_of, &SYSTEM_FOLDERS.map(Path::new))
}

/// [`load`] on a machine whose time-zone data is in the first of `zone_folders` that has any. Without any such folder,
/// the result depends on the configuration alone.
///
/// # Errors
///
/// As of [`load`].
pub fn load_with(
    folder: &Path,
    as_of: impl Into<AsOf>,
    zone_folders: &[&Path],
) -> Result<Configuration, LoadError> {
    read(folder, &as_of.into(), zone_folders, None)
}

/// Reads the configuration in `folder` again while `before` is in service. Teams whose files are unchanged are taken
/// from `before`, with their diagnostics. Settings stay as they were if the file is gone or has errors, or if they need
/// a restart.
///
/// # Errors
///
/// If the folder, or one within it, cannot be listed.
pub fn reload(
    folder: &Path,
    as_of: impl Into<AsOf>,
    before: &Configuration,
    scope: &Scope,
) -> Result<Configuration, LoadError> {
    read(folder, &as_of.into(), &SYSTEM_FOLDERS.map(Path::new), Some((before, scope)))
}

/// Reads the configuration in `folder` as it would be if the file of `team` contained `text`. Other teams without
/// errors are taken from `before`, the configuration as it is now.
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
    let as_of = AsOf { now, calendars: Arc::clone(&before.calendars) };
    read_edited(folder, &as_of, &SYSTEM_FOLDERS.map(Path::new), Some((before, &scope)), Some(&edited))
}

fn read(
    folder: &Path,
    as_of: &AsOf,
    zone_folders: &[&Path],
    before: Option<(&Configuration, &Scope)>,
) -> Result<Configuration, LoadError> {
    read_edited(folder, as_of, zone_folders, before, None)
}

fn read_edited(
    folder: &Path,
    as_of: &AsOf,
    zone_folders: &[&Path],
    before: Option<(&Configuration, &Scope)>,
    edited: Option<&Edited<'_>>,
) -> Result<Configuration, LoadError> {
    let AsOf { now, calendars } = as_of;
    let now = *now;
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
    let basis = Basis { zones: &zones, now, relevant_from, calendars };
    let Calendars { library, outdated, uses } =
        holiday_files::read(folder, basis, last_library, &mut diagnostics)
            .map_err(unreadable(&folder.join(HOLIDAYS)))?;
    let common = Common {
        folder,
        edited,
        zones: &zones,
        library: &library,
        now,
        window,
        calendars,
        outdated: &outdated,
        shared: shared_input(&zones.data, &uses),
    };

    let Teams { teams, broken, other_uses, dependent, reread } =
        teams(folder, &common, before, &mut diagnostics)?;
    report_missing_mail(&dependent, settings.mail.is_some(), &mut diagnostics);
    let Diagnostics { sources, list: mut diagnostics } = diagnostics;
    sort(&mut diagnostics);
    Ok(Configuration {
        settings,
        teams,
        broken,
        diagnostics,
        library,
        zone_data: zones.data,
        sources,
        calendars: Arc::clone(calendars),
        holiday_uses: uses,
        other_uses,
        dependent,
        serial: NEXT_SERIAL.fetch_add(1, Ordering::Relaxed),
        reread,
    })
}

/// The teams of the folder; of a change in known files only those that it concerns are read again.
fn teams(
    folder: &Path,
    common: &Common<'_>,
    before: Option<(&Configuration, &Scope)>,
    diagnostics: &mut Diagnostics,
) -> Result<Teams, LoadError> {
    match before {
        Some((before, Scope::Teams(changed))) if have_same_files(folder, before, changed) => {
            Ok(reread_teams(changed, common, before, diagnostics))
        }
        _ => {
            let ids = team_ids(folder, diagnostics)?;
            warn_of_ownerless_folders(folder, &ids, diagnostics)?;
            Ok(read_teams(&ids, common, before, diagnostics))
        }
    }
}

/// The code of a warning that depends on `oncal.toml` too.
const NO_MAIL_SERVER: &str = "no-mail-server";

/// Warns of each team whose notices should go by mail although no mail server is configured. An engineer's `email`
/// alone may be there for invitations in calendars. Earlier warnings may be of other settings.
fn report_missing_mail(teams: &TeamMap<Arc<TeamConfig>>, has_mail: bool, diagnostics: &mut Diagnostics) {
    diagnostics.list.retain(|found| found.code != NO_MAIL_SERVER);
    for (id, team) in teams.iter().filter(|(_, team)| !has_mail && !team.notices.mail.is_empty()) {
        let message = "`mail` in [notices] has no effect: oncal.toml names no mail server";
        let help = "add a table `[mail]` with `server` and `from` to oncal.toml";
        diagnostics.whole(&team.file, Some(id), Problem::warning(NO_MAIL_SERVER, message).help(help));
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
        let message = format!("{} changed, which requires a restart", waiting.join(", "));
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
