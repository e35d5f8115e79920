//! The teams of a load: which must be read, and which can be taken from the load before.
//!
//! Not here: the settings and what teams share (`load`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::configuration::{BrokenTeam, Configuration, TEAMS, TeamConfig};
use super::diagnostic::Diagnostic;
use super::files::{self, FileFault};
use super::inputs::Inputs;
use super::link_generations::LinkGenerations;
use super::notices::TeamNotices;
use super::resolve::{self, Context};
use super::run_books::{self, RunBooks};
use super::schema::TeamTable;
use super::sources::Diagnostics;
use super::time_off::{self, TimeOffFiles};
use super::zones::Zones;
use crate::holidays::Library;
use crate::parallel;
use crate::rota::{Instant, Period, Team, TeamId};
use crate::toml_reader::{self, Problem, Problems};

/// Which files a reload reads again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything, since any file may have changed.
    All,
    /// What all teams share, and only these teams.
    Teams(BTreeSet<TeamId>),
}

/// A team's file that is read in place of the one in the folder.
pub(super) struct Edited<'a> {
    pub(super) team: &'a TeamId,
    pub(super) text: Arc<str>,
}

/// The teams without and with errors.
type Teams = (BTreeMap<TeamId, Arc<TeamConfig>>, BTreeMap<TeamId, BrokenTeam>);

/// Whether each of the teams `changed` has a file if it had one in `before`, so that the folder need not be listed.
pub(super) fn have_same_files(folder: &Path, before: &Configuration, changed: &BTreeSet<TeamId>) -> bool {
    changed.iter().all(|id| {
        let had_file = before.teams.contains_key(id) || before.broken.contains_key(id);
        had_file && folder.join(format!("{TEAMS}/{id}.toml")).is_file()
    })
}

/// Whether `found` is about which files there are, of teams or beside them.
fn is_of_listing(found: &Diagnostic) -> bool {
    let folder = found.file.split('/').next().unwrap_or_default();
    found.team.is_none() && [TEAMS, run_books::FOLDER, time_off::FOLDER].contains(&folder)
}

/// Reads the teams `changed` again, and those with errors. All others are taken from `before` without a look at their
/// files, since there may be thousands of them.
pub(super) fn reread_teams(
    changed: &BTreeSet<TeamId>,
    common: &Common<'_>,
    kept: &BTreeSet<String>,
    before: &Configuration,
    diagnostics: &mut Diagnostics,
) -> Teams {
    let ids: BTreeSet<TeamId> = changed.iter().chain(before.broken.keys()).cloned().collect();
    let ids: Vec<TeamId> = ids.into_iter().collect();
    let mut teams = before.teams.clone();
    ids.iter().for_each(|id| drop(teams.remove(id)));
    let others = before.diagnostics.iter().filter(|found| {
        found.code != CALENDAR_OUTDATED && found.team.as_ref().is_some_and(|id| teams.contains_key(id))
    });
    diagnostics.list.extend(others.cloned());
    diagnostics.list.extend(before.diagnostics.iter().filter(|found| is_of_listing(found)).cloned());
    for team in teams.values().filter(|_| !kept.is_empty()) {
        report_outdated_calendars(kept, &team.team, &team.file, diagnostics);
    }
    let scope = Scope::Teams(changed.clone());
    let (read, broken) = read_teams(&ids, common, kept, Some((before, &scope)), diagnostics);
    teams.extend(read);
    (teams, broken)
}

/// Reads the teams `ids`. A team whose files are unchanged is taken from `before`.
pub(super) fn read_teams(
    ids: &[TeamId],
    common: &Common<'_>,
    kept: &BTreeSet<String>,
    before: Option<(&Configuration, &Scope)>,
    diagnostics: &mut Diagnostics,
) -> Teams {
    let shared = Inputs::shared(common.folder, &common.zones.data.to_string());
    let found_before = before.map(|(before, _)| by_team(&before.diagnostics)).unwrap_or_default();
    let (mut teams, mut broken) = (BTreeMap::new(), BTreeMap::new());
    let look = |id: &TeamId| {
        let mut found = Diagnostics::new(common.folder);
        let of_team = found_before.get(id).map(Vec::as_slice).unwrap_or_default();
        let team =
            look_at(id, common, &shared, before.map(|(before, scope)| (before, scope, of_team)), &mut found);
        if let LookedAt::Team(team) = &team {
            report_outdated_calendars(kept, &team.team, &team.file, &mut found);
        }
        (team, found)
    };
    for (id, (team, found)) in ids.iter().zip(parallel::map(ids, look)) {
        diagnostics.append(found);
        match team {
            LookedAt::Team(team) => drop(teams.insert(id.clone(), team)),
            LookedAt::Broken(team) => drop(broken.insert(id.clone(), team)),
        }
    }
    (teams, broken)
}

/// A team as its files are now.
enum LookedAt {
    Team(Arc<TeamConfig>),
    Broken(BrokenTeam),
}

/// The team `id`: from `before`, with what was found in it, if its files are unchanged; otherwise as it is read.
fn look_at(
    id: &TeamId,
    common: &Common<'_>,
    shared: &Inputs,
    before: Option<(&Configuration, &Scope, &[&Diagnostic])>,
    diagnostics: &mut Diagnostics,
) -> LookedAt {
    let file = format!("{TEAMS}/{id}.toml");
    let skips = before.filter(|(_, scope, _)| matches!(scope, Scope::Teams(ids) if !ids.contains(id)));
    let inputs = skips.is_none().then(|| Inputs::of_team(common.folder, id, &file, shared));
    let is_edited = common.edited.is_some_and(|edited| edited.team == id);
    let same =
        before.filter(|_| !is_edited).and_then(|(before, _, found)| Some((before.teams.get(id)?, found)));
    let same =
        same.filter(|(team, _)| inputs.as_ref().is_none_or(|inputs| inputs.fingerprint == team.fingerprint));
    if let Some((team, found)) = same {
        let found = found.iter().filter(|found| found.code != CALENDAR_OUTDATED);
        diagnostics.list.extend(found.map(|found| Diagnostic::clone(found)));
        return LookedAt::Team(Arc::clone(team));
    }
    let inputs = inputs.unwrap_or_else(|| Inputs::of_team(common.folder, id, &file, shared));
    match read_team(id, &file, common, diagnostics) {
        Ok((team, links, notices)) => {
            let Inputs { fingerprint, modified } = inputs;
            LookedAt::Team(Arc::new(TeamConfig { team, file, fingerprint, modified, links, notices }))
        }
        Err(links) => {
            let earlier = before.and_then(|(before, ..)| before.broken.get(id)?.links.as_ref());
            let links = match (earlier, links) {
                (Some(earlier), Some(links)) => Some(earlier.raised_by(&links)),
                (earlier, links) => links.or_else(|| earlier.cloned()),
            };
            let errors = diagnostics.list.iter();
            let errors = errors.filter(|found| found.is_error() && found.team.as_ref() == Some(id)).count();
            LookedAt::Broken(BrokenTeam { file, errors, links })
        }
    }
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

/// What the checks of all teams have in common.
pub(super) struct Common<'a> {
    pub(super) folder: &'a Path,
    pub(super) edited: Option<&'a Edited<'a>>,
    pub(super) zones: &'a Zones,
    pub(super) library: &'a Library,
    pub(super) now: Instant,
    pub(super) window: Option<Period>,
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
