//! The teams and dates that a command works on, from the configuration and the arguments.
//!
//! Not here: reading the files (`config`), and what each command does with the teams.

use std::path::PathBuf;

use chrono::Days;
use serde::Serialize;

use super::args::Common;
use super::options::Range;
use super::output::{Exit, Output, Usage};
use super::when;
use crate::clock::Clock;
use crate::config::{self, Configuration, Settings};
use crate::journal::Location;
use crate::json::{Dates, Teams};
use crate::rota::{EngineerIdx, Instant, Period, Team, TeamId, WeekId, week_at, weeks};
use crate::state_dir::StateDir;
use crate::text::clean;
use crate::toml_reader::nearest;

/// The clock that `--now` asks for.
pub(super) fn clock(common: &Common) -> Clock {
    common.now.map_or(Clock::System, Clock::Fixed)
}

/// The state folder.
pub(super) fn state(common: &Common) -> StateDir {
    StateDir::new(common.state.clone().unwrap_or_else(|| PathBuf::from("state")))
}

/// Where the server's journal is: PostgreSQL, or the state folder. The folder is passed on as it is, so that its lock
/// and secret are restored together with the journal.
pub(super) fn location(state: &StateDir, settings: &Settings) -> Location {
    match &settings.journal {
        Some(url) => Location::Postgres(url.as_str().to_owned()),
        None => Location::Folder(state.clone()),
    }
}

/// Reads the configuration folder, without the calendars that are fetched.
pub(super) fn load_files(common: &Common) -> anyhow::Result<Configuration> {
    Ok(config::load(&common.config, clock(common).now())?)
}

/// The teams that a command works on.
pub(super) struct Chosen<'c> {
    /// In order of their ids, without those that have errors.
    pub(super) teams: Vec<&'c Team>,
    /// Whether the output is a list: several teams are configured and none was named.
    pub(super) is_list: bool,
    /// The exit status that errors of the configuration lead to.
    pub(super) exit: Exit,
}

impl<'c> Chosen<'c> {
    /// The team `named`, or all of them. Errors that concern them are printed to standard error.
    pub(super) fn new(
        configuration: &'c Configuration,
        named: Option<&str>,
        output: &mut Output,
    ) -> anyhow::Result<Chosen<'c>> {
        if let Some(team) = named {
            known(configuration, team)?;
        }
        let is_chosen = |id: &str| named.is_none_or(|named| named == id);
        let errors: Vec<_> = configuration
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .filter(|diagnostic| diagnostic.team.as_ref().is_none_or(|team| is_chosen(team.as_str())))
            .collect();
        if !errors.is_empty() {
            for error in errors.iter().take(SHOWN) {
                output.note(error);
            }
            let more = errors.len().saturating_sub(SHOWN);
            let more = if more == 0 { String::new() } else { format!("and {more} more errors; ") };
            output.note(format_args!("{more}`oncal check` shows where they are"));
        }
        let all = configuration.teams.values().map(|config| &config.team);
        let teams: Vec<&Team> = all.filter(|team| is_chosen(team.id.as_str())).collect();
        if teams.is_empty() {
            match named {
                Some(team) => anyhow::bail!("team `{team}` has errors"),
                None => anyhow::bail!("no team could be loaded"),
            }
        }
        for broken in configuration.broken.keys().filter(|id| is_chosen(id.as_str())) {
            output.error(format_args!("team `{broken}` has errors and is left out"));
        }
        let is_list = named.is_none() && configuration.teams.len() + configuration.broken.len() > 1;
        let exit = if errors.is_empty() { Exit::Fine } else { Exit::Failed };
        Ok(Chosen { teams, is_list, exit })
    }
}

/// How many errors commands other than `check` show.
const SHOWN: usize = 3;

/// Checks that a team called `named` exists.
///
/// # Errors
///
/// If it does not.
pub(super) fn known(configuration: &Configuration, named: &str) -> Result<(), Usage> {
    let ids = configuration.teams.keys().chain(configuration.broken.keys());
    let ids: Vec<&str> = ids.map(TeamId::as_str).collect();
    if ids.contains(&named) {
        return Ok(());
    }
    Err(no_such("team", named, &ids))
}

/// No `what` is called `named`; the `known` ones help.
pub(super) fn no_such(what: &str, named: &str, known: &[&str]) -> Usage {
    let help = nearest(named, known.iter().copied());
    let help = help.unwrap_or_else(|| format!("known: {}", known.join(", ")));
    Usage::with_help(format_args!("there is no {what} `{named}`"), help)
}

/// The dates that `range` means for `team`: `weeks` weeks unless it says otherwise.
///
/// # Errors
///
/// If they do not include a single date.
pub(super) fn dates(range: &Range, weeks: u16, team: &Team, now: Instant) -> Result<Dates, Usage> {
    let from = range.from.unwrap_or_else(|| current_week(team, now).0);
    let days = Days::new(7 * u64::from(range.weeks.unwrap_or(weeks)));
    let to = range.to.or_else(|| from.checked_add_days(days)).unwrap_or(from);
    if from < to {
        return Ok(Dates { from, to });
    }
    let week = if range.from.is_none() { ", the current week of the team" } else { "" };
    Err(Usage(format!("--to {to} is not after --from {from}{week}")))
}

/// The week that contains `now`; before the first duty change, the first week.
fn current_week(team: &Team, now: Instant) -> WeekId {
    let week = week_at(team, now).or_else(|| weeks(team).next());
    week.map_or_else(|| WeekId(team.zone.date(now)), |week| week.id)
}

/// The name of an engineer, cleaned for the terminal.
pub(super) fn name(team: &Team, idx: EngineerIdx) -> String {
    clean(&team.engineer(idx).name)
}

/// The window of `dates` on the team's clock.
///
/// # Errors
///
/// If the team's zone skipped every one of them.
pub(super) fn window(team: &Team, dates: Dates) -> Result<Period, Usage> {
    let none =
        || Usage(format!("{} has no instant between {} and {}", team.zone.name(), dates.from, dates.to));
    dates.period(&team.zone).ok_or_else(none)
}

/// The lines above a table: team, dates and zone.
pub(super) fn heading(team: &Team, dates: Dates) -> String {
    let last = dates.to.pred_opt().unwrap_or(dates.to);
    let (from, to) = (when::date(dates.from), when::date(last));
    format!("{} · {from} to {to} · times in {}\n\n", clean(&team.name), team.zone.name())
}

/// Prints one shape, or all of them as a list.
pub(super) fn print_json<T: Serialize>(
    mut shapes: Vec<T>,
    is_list: bool,
    output: &mut Output,
) -> anyhow::Result<()> {
    match shapes.pop() {
        Some(only) if !is_list && shapes.is_empty() => output.json(&only),
        last => {
            shapes.extend(last);
            output.json(&Teams { teams: shapes })
        }
    }
}
