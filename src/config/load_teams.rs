//! A load of the teams: each is read, or taken from the load before if nothing of it changed.
//!
//! Not here: what all teams share (`load`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::calendar_use::CalendarUse;
use super::configuration::{BrokenTeam, CALENDAR_OUTDATED, Configuration, SharedInput, TEAMS, TeamConfig};
use super::diagnostic::Diagnostic;
use super::files::{self, FileFault};
use super::inputs::Inputs;
use super::kept_calendars::KeptCalendars;
use super::left_out::LeavesOut;
use super::link_generations::LinkGenerations;
use super::notices::TeamNotices;
use super::resolve::{self, Context};
use super::run_books::{self, RunBooks};
use super::schema::TeamTable;
use super::scope::Scope;
use super::sources::Diagnostics;
use super::time_off::{self, Outcome, TimeOffFiles};
use super::zones::Zones;
use crate::holidays::Library;
use crate::parallel;
use crate::rota::{Instant, Period, Team, TeamId};
use crate::team_map::TeamMap;
use crate::toml_reader::{self, Problem, Problems};

/// So long at most a team stays as it was while a new calendar is fetched for the first time.
const LONGEST_WAIT: TimeDelta = TimeDelta::seconds(30);

/// What all teams are checked against.
pub(super) struct Common<'a> {
    pub(super) folder: &'a Path,
    pub(super) edited: Option<&'a Edited<'a>>,
    pub(super) zones: &'a Zones,
    pub(super) library: &'a Library,
    pub(super) now: Instant,
    pub(super) window: Option<Period>,
    /// What is kept of fetched calendars.
    pub(super) calendars: &'a Arc<KeptCalendars>,
    /// The holiday calendars that are used as they were before.
    pub(super) outdated: &'a BTreeSet<String>,
    /// See [`Configuration::shared_input`].
    pub(super) shared: SharedInput,
}

/// A team's file that is read in place of the one in the folder.
pub(super) struct Edited<'a> {
    pub(super) team: &'a TeamId,
    pub(super) text: Arc<str>,
}

/// The teams of a configuration.
#[derive(Default)]
pub(super) struct Teams {
    pub(super) teams: TeamMap<Arc<TeamConfig>>,
    pub(super) broken: BTreeMap<TeamId, BrokenTeam>,
    /// Uses of fetched calendars by files that are not in service.
    pub(super) other_uses: Vec<CalendarUse>,
    /// See [`Configuration::dependent`].
    pub(super) dependent: TeamMap<Arc<TeamConfig>>,
    /// See [`Configuration::reread`].
    pub(super) reread: Option<(u64, BTreeSet<TeamId>)>,
}

impl Teams {
    fn add(&mut self, id: &TeamId, team: Arc<TeamConfig>) {
        if !team.calendars.is_empty() || !team.notices.mail.is_empty() {
            self.dependent.insert(id.clone(), Arc::clone(&team));
        }
        self.teams.insert(id.clone(), team);
    }
}

/// A team that was read.
struct TeamRead {
    team: Team,
    links: LinkGenerations,
    notices: TeamNotices,
    outcome: Outcome,
}

/// What is known of a team with errors.
#[derive(Default)]
struct Broken {
    /// How often its links were renewed, if its file says.
    links: Option<LinkGenerations>,
    uses: Vec<CalendarUse>,
}

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
    before: &Configuration,
    diagnostics: &mut Diagnostics,
) -> Teams {
    let ids: BTreeSet<TeamId> = changed.iter().chain(before.broken.keys()).cloned().collect();
    let list: Vec<TeamId> = ids.iter().cloned().collect();
    let mut all =
        Teams { teams: before.teams.clone(), dependent: before.dependent.clone(), ..Teams::default() };
    for id in &ids {
        all.teams.remove(id);
        all.dependent.remove(id);
    }
    let teams = &all.teams;
    let others = before.diagnostics.iter().filter(|found| {
        !depends_on_time(found) && found.team.as_ref().is_some_and(|id| teams.contains_key(id))
    });
    diagnostics.list.extend(others.cloned());
    diagnostics.list.extend(before.diagnostics.iter().filter(|found| is_of_listing(found)).cloned());
    // A holiday calendar with errors may be one of any team.
    let concerned = if common.outdated.is_empty() { &all.dependent } else { teams };
    for (_, team) in concerned.iter().filter(|(id, _)| teams.contains_key(id)) {
        common.report(team, diagnostics);
    }
    let scope = Scope::Teams(changed.clone());
    let read = read_teams(&list, common, Some((before, &scope)), diagnostics);
    read.teams.iter().for_each(|(id, team)| all.add(id, Arc::clone(team)));
    Teams { broken: read.broken, other_uses: read.other_uses, reread: Some((before.serial, ids)), ..all }
}

/// Reads the teams `ids`. A team whose files are unchanged is taken from `before`.
pub(super) fn read_teams(
    ids: &[TeamId],
    common: &Common<'_>,
    before: Option<(&Configuration, &Scope)>,
    diagnostics: &mut Diagnostics,
) -> Teams {
    let shared = Inputs::shared(common.folder, &common.shared);
    let found_before = before.map(|(before, _)| by_team(&before.diagnostics)).unwrap_or_default();
    let mut all = Teams::default();
    let load = |id: &TeamId| {
        let mut found = Diagnostics::new(common.folder);
        let of_team = found_before.get(id).map(Vec::as_slice).unwrap_or_default();
        let team = load_team(
            id,
            common,
            &shared,
            before.map(|(before, scope)| (before, scope, of_team)),
            &mut found,
        );
        if let LoadedTeam { state: Ok(team), .. } = &team {
            common.report(team, &mut found);
        }
        (team, found)
    };
    for (id, (team, found)) in ids.iter().zip(parallel::map(ids, load)) {
        diagnostics.append(found);
        all.other_uses.extend(team.other_uses);
        match team.state {
            Ok(team) => all.add(id, team),
            Err(team) => drop(all.broken.insert(id.clone(), team)),
        }
    }
    all
}

/// A team as its files are now.
struct LoadedTeam {
    state: Result<Arc<TeamConfig>, BrokenTeam>,
    /// See [`Teams::other_uses`].
    other_uses: Vec<CalendarUse>,
}

impl From<Arc<TeamConfig>> for LoadedTeam {
    fn from(team: Arc<TeamConfig>) -> LoadedTeam {
        LoadedTeam { state: Ok(team), other_uses: Vec::new() }
    }
}

/// Whether each load reports it anew: it is about calendars, whatever the files of the team are.
fn depends_on_time(found: &Diagnostic) -> bool {
    found.code == CALENDAR_OUTDATED || found.is_of_fetch()
}

/// The team `id`: from `before`, with what was found in it, if its files are unchanged; otherwise as it is read.
fn load_team(
    id: &TeamId,
    common: &Common<'_>,
    shared: &Inputs,
    before: Option<(&Configuration, &Scope, &[&Diagnostic])>,
    diagnostics: &mut Diagnostics,
) -> LoadedTeam {
    let file = format!("{TEAMS}/{id}.toml");
    let skips = before.filter(|(_, scope, _)| matches!(scope, Scope::Teams(ids) if !ids.contains(id)));
    let inputs = skips.is_none().then(|| Inputs::of_team(common.folder, id, &file, shared));
    let is_edited = common.edited.is_some_and(|edited| edited.team == id);
    let same =
        before.filter(|_| !is_edited).and_then(|(before, _, found)| Some((before.teams.get(id)?, found)));
    let is_current =
        |team: &TeamConfig| team.calendars.iter().all(|usage| usage.is_current(common.calendars));
    let same = same.filter(|(team, _)| {
        inputs.as_ref().is_none_or(|inputs| inputs.fingerprint == team.files && is_current(team))
    });
    if let Some((team, found)) = same {
        let found = found.iter().filter(|found| !depends_on_time(found));
        diagnostics.list.extend(found.map(|found| Diagnostic::clone(found)));
        return Arc::clone(team).into();
    }
    let inputs = inputs.unwrap_or_else(|| Inputs::of_team(common.folder, id, &file, shared));
    let old = before.and_then(|(before, ..)| before.teams.get(id));
    let leaves_out = leaves_out(id, before.map(|(before, ..)| before));
    match read_team(id, &file, common, &leaves_out, diagnostics) {
        Ok(mut read) => {
            let before = before.map(|(before, ..)| before);
            let is_waiting =
                |old: &&Arc<TeamConfig>, uses: &mut [CalendarUse]| common.waits(old, uses, before);
            match old.filter(|old| read.outcome.is_waiting && is_waiting(old, &mut read.outcome.uses)) {
                // What its calendar says is known in a moment; until then nothing moves.
                Some(old) => LoadedTeam { state: Ok(Arc::clone(old)), other_uses: read.outcome.uses },
                None => Arc::new(team_config(read, file, inputs)).into(),
            }
        }
        Err(Broken { links, uses }) => {
            let earlier = before.and_then(|(before, ..)| before.broken.get(id)?.links.as_ref());
            let links = match (earlier, links) {
                (Some(earlier), Some(links)) => Some(earlier.raised_by(&links)),
                (earlier, links) => links.or_else(|| earlier.cloned()),
            };
            let errors = diagnostics.list.iter();
            let errors = errors.filter(|found| found.is_error() && found.team.as_ref() == Some(id)).count();
            LoadedTeam { state: Err(BrokenTeam { file, errors, links, leaves_out }), other_uses: uses }
        }
    }
}

fn team_config(read: TeamRead, file: String, inputs: Inputs) -> TeamConfig {
    let TeamRead { team, links, notices, outcome } = read;
    let Inputs { fingerprint: files, own: own_files, modified } = inputs;
    let calendars: Arc<[CalendarUse]> = outcome.uses.into();
    let mut fingerprint = files.clone();
    if !calendars.is_empty() {
        let mut hash = Sha256::new().chain_update(&files);
        calendars.iter().for_each(|usage| usage.add_to(&mut hash));
        fingerprint = hex::encode(hash.finalize());
    }
    let left_out = outcome.left_out;
    TeamConfig { team, file, fingerprint, files, own_files, modified, links, calendars, left_out, notices }
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

impl Common<'_> {
    /// Whether a first fetch of one of the calendars `uses`, which `old` does not have, is waited for; each notes since
    /// when. That has an end, since nothing is fetched while the journal cannot be written.
    fn waits(&self, old: &TeamConfig, uses: &mut [CalendarUse], before: Option<&Configuration>) -> bool {
        let new = uses.iter_mut().filter(|usage| {
            self.calendars.get(&usage.address).is_none()
                && !old.calendars.iter().any(|old| old.is_same(usage))
        });
        let mut is_waiting = false;
        for usage in new {
            let mut known = before.into_iter().flat_map(|before| &before.other_uses);
            let since = known.find(|known| known.is_same(usage)).and_then(|known| known.waiting_since);
            let since = since.unwrap_or(self.now);
            usage.waiting_since = Some(since);
            is_waiting |= (self.now - since).abs() < LONGEST_WAIT;
        }
        is_waiting
    }

    /// Reports what is not as it should be with calendars of the team, which is in service all the same: those with
    /// errors now, so that their last good version is in use, and copies of fetched ones.
    fn report(&self, config: &TeamConfig, diagnostics: &mut Diagnostics) {
        let (team, file) = (&config.team, &config.file);
        let reports = config.calendars.iter().filter_map(|usage| usage.report(self.calendars, self.now));
        diagnostics.list.extend(reports);
        if self.outdated.is_empty() {
            return;
        }
        let named =
            team.engineers.iter().flat_map(|engineer| &engineer.calendars).map(|calendar| calendar.id());
        let named: BTreeSet<&str> = named.filter(|id| self.outdated.contains(*id)).collect();
        for id in named {
            let message = format!("the holiday calendar `{id}` has errors; its last good version is used");
            diagnostics.whole(file, Some(&team.id), Problem::error(CALENDAR_OUTDATED, message));
        }
    }
}

/// The team, without those calendars of `leaves_out` that cannot be used.
fn read_team(
    id: &TeamId,
    file: &str,
    common: &Common<'_>,
    leaves_out: &LeavesOut,
    diagnostics: &mut Diagnostics,
) -> Result<TeamRead, Broken> {
    let edited = common.edited.filter(|edited| edited.team == id).map(|edited| Arc::clone(&edited.text));
    let text = edited.map_or_else(|| files::read_text(&common.folder.join(file)), Ok).map_err(|fault| {
        diagnostics.fault(file, Some(id), fault);
        Broken::default()
    })?;
    let mut unlisted =
        |kind: &str, fault: FileFault| diagnostics.fault(&format!("{kind}/{id}/"), Some(id), fault);
    let run_books =
        RunBooks::read(common.folder, id).map_err(|fault| unlisted(run_books::FOLDER, fault)).ok();
    let time_off =
        TimeOffFiles::list(common.folder, id).map_err(|fault| unlisted(time_off::FOLDER, fault)).ok();
    let time_off = time_off.map(|files| files.with(common.calendars, leaves_out).named_in(file, &text));
    let problems = Problems::default();
    let table = toml_reader::read(&text, &problems, TeamTable::read);
    let links = table.as_ref().map(TeamTable::links);
    let notices = table.as_ref().map(TeamTable::notices).unwrap_or_default();
    let resolved = table.zip(run_books.zip(time_off)).map(|(table, (run_books, time_off))| {
        let Common { zones, library, now, window, .. } = *common;
        let context = Context { zones, library, now, window, run_books: &run_books, time_off: &time_off };
        let team = resolve::team(id, &table, &context, &problems);
        let is_right = run_books.report_unnamed(id, diagnostics);
        let mut outcome = time_off.report(diagnostics);
        // Only now, since the team is made without these.
        outcome.problems.drain(..).for_each(|problem| problems.push(problem));
        (team.filter(|_| is_right), outcome)
    });
    diagnostics.file(file, Some(id), &text, problems);
    match (resolved, links) {
        (Some((Some(team), outcome)), Some(links)) => Ok(TeamRead { team, links, notices, outcome }),
        (resolved, links) => {
            let uses = resolved.map(|(_, outcome)| outcome.uses).unwrap_or_default();
            Err(Broken { links, uses })
        }
    }
}

/// Whose calendars of the team `id` are left out if they cannot be used: where there is no last good version of the
/// team that could stay in service anybody's, otherwise those that this version has without their leave too.
fn leaves_out(id: &TeamId, before: Option<&Configuration>) -> LeavesOut {
    let served = before.and_then(|before| before.teams.get(id));
    let broken = before.and_then(|before| before.broken.get(id));
    match (served, broken) {
        (Some(team), _) => LeavesOut::Only(team.left_out.clone()),
        (None, Some(team)) => team.leaves_out.clone(),
        (None, None) => LeavesOut::Anybodys,
    }
}
