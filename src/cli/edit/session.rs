//! One change of one team's file: read, changed, checked, shown and written.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, TimeDelta};
use similar::TextDiff;

use super::people;
use crate::cli::args::Common;
use crate::cli::diff::{Consequence, consequence};
use crate::cli::edit_args::Edit;
use crate::cli::notices;
use crate::cli::options::OneTeam;
use crate::cli::output::{Output, Usage};
use crate::cli::plan::{self, name};
use crate::cli::typed;
use crate::cli::unknown;
use crate::config::{
    Change, Configuration, Diagnostic, Original, TeamConfig, TeamPlaces, edit, load_edited, render,
};
use crate::json::Dates;
use crate::rota::{EngineerId, EngineerIdx, Instant, Period, Team, TeamId, Zone, week_at, weeks};
use crate::text::list;

/// How many weeks are looked at for what moves: a year, as `oncal diff` does.
const WEEKS: u64 = 52;

/// A team's file that a command is about to change.
pub(super) struct Session<'c> {
    common: &'c Common,
    args: &'c Edit,
    configuration: &'c Configuration,
    config: &'c TeamConfig,
    original: Original,
    pub(super) now: Instant,
}

/// The changes that a command makes.
pub(super) struct Plan {
    pub(super) changes: Vec<Change>,
    /// In words, for the first line that is printed.
    pub(super) summary: String,
    /// The period that the change concerns; the comparison of the rota includes it.
    pub(super) period: Period,
    /// Whether a change of the file is written even if it moves nobody.
    pub(super) may_move_nobody: bool,
}

impl<'c> Session<'c> {
    /// Opens the file of the team that `args` name, or of the only one.
    ///
    /// # Errors
    ///
    /// If there is no such team, or it has errors.
    pub(super) fn open(
        common: &'c Common,
        args: &'c Edit,
        configuration: &'c Configuration,
        output: &mut Output,
    ) -> anyhow::Result<Session<'c>> {
        let id = team_id(configuration, &args.of)?;
        let Some(config) = configuration.teams.get(&id) else {
            for error in configuration.diagnostics_of(&id).filter(|found| found.is_error()) {
                output.note(format_args!("{}\n", render(error, &configuration.sources, true)));
            }
            anyhow::bail!("team `{id}` has errors, so nothing was written; correct them first");
        };
        let path = common.config.join(&config.file);
        let original = Original::read(&path)
            .map_err(|error| anyhow::anyhow!("failed to read {}: {error}", path.display()))?;
        if original.text() != configuration.sources.text(&config.file) {
            anyhow::bail!("{} is being changed by somebody else; run the command again", path.display());
        }
        unknown::warn_of_leave(&config.team, output);
        unknown::warn_of_copies(configuration, &config.team, output);
        Ok(Session { common, args, configuration, config, original, now: plan::clock(common).now() })
    }

    pub(super) fn team(&self) -> &'c Team {
        &self.config.team
    }

    pub(super) fn zone(&self) -> &'c Zone {
        &self.config.team.zone
    }

    /// The clock on which times are typed.
    pub(super) fn clock(&self) -> typed::Clock<'c> {
        typed::Clock { zone: self.zone(), now: self.now }
    }

    /// The date on the team's clock.
    pub(super) fn today(&self) -> NaiveDate {
        self.zone().date(self.now)
    }

    /// The positions of entries in the file.
    pub(super) fn places(&self) -> TeamPlaces<'c> {
        self.configuration.places(self.config)
    }

    /// The engineer called `typed`, by id or by name.
    pub(super) fn who(&self, typed: &str) -> Result<EngineerIdx, Usage> {
        people::find(self.team(), typed)
    }

    /// Refuses to give both roles to one person.
    pub(super) fn distinct(&self, primary: EngineerIdx, secondary: Option<EngineerIdx>) -> Result<(), Usage> {
        if secondary != Some(primary) {
            return Ok(());
        }
        let who = name(self.team(), primary);
        Err(Usage(format!("{who} cannot be primary and secondary at once")))
    }

    /// Makes the change, checks it, prints it and, unless it is a dry run, writes it. Returns the team as it then is.
    ///
    /// # Errors
    ///
    /// If the change makes no sense, or cannot be written.
    pub(super) fn carry_out(&self, plan: &Plan, output: &mut Output) -> anyhow::Result<Team> {
        let text = self.original.text().unwrap_or_default();
        let changed = edit(text, &plan.changes)?;
        let edited =
            load_edited(&self.common.config, self.now, self.configuration, &self.team().id, &changed)?;
        let Some(after) = edited.teams.get(&self.team().id) else {
            let errors = edited.diagnostics_of(&self.team().id).filter(|found| found.is_error());
            for error in errors {
                output.note(format_args!("{}\n", render(error, &edited.sources, true)));
            }
            anyhow::bail!("nothing was written: the changed file would have errors");
        };
        let consequence = consequence([self.team(), &after.team], self.dates(plan.period), self.now)?;
        if changed == text || consequence.text.is_none() && !plan.may_move_nobody {
            anyhow::bail!("nothing was written: {}; this is already in the plan", plan.summary);
        }
        output.data(&format!("{}\n\n", plan.summary))?;
        output.data(&self.file_diff(text, &changed))?;
        let moved = consequence.text.as_deref().unwrap_or("no shift moves\n");
        output.data(&format!("\n{moved}{}", consequence.coverage))?;
        output.data(&self.who_hears(&consequence, [&edited, self.configuration]))?;
        for date in &consequence.opened {
            output.data(&format!("Once the team has agreed, record it: oncal agree {date} WHO\n"))?;
        }
        for warning in self.new_warnings(&edited) {
            output.note(format_args!("\n{}", render(warning, &edited.sources, true)));
        }
        let file = self.common.config.join(&self.config.file);
        if self.args.dry_run {
            output.note(format_args!("dry run: {} was not changed", file.display()));
        } else {
            self.original.replace(&changed)?;
            output.note(format_args!("wrote {}", file.display()));
        }
        Ok(after.team.clone())
    }

    /// Whom the server notifies of the change, and whom the user has to inform.
    fn who_hears(&self, consequence: &Consequence, [after, before]: [&Configuration; 2]) -> String {
        let team = self.team();
        let Consequence { text: moved, concerned, on_call, .. } = consequence;
        let names = |ids: &BTreeSet<&EngineerId>| -> Vec<String> {
            let found = ids.iter().filter_map(|id| team.index_of(id.as_str()));
            found.map(|index| name(team, index)).collect()
        };
        let mut text = String::new();
        let mut mailed = BTreeSet::new();
        // Notices are about shifts.
        if moved.is_some() {
            let (reached, is_team_told) = notices::reached([before, after], &team.id, self.now);
            mailed = concerned.iter().filter(|id| reached.contains(*id)).collect();
            if let who @ [_, ..] = &names(&mailed)[..] {
                text += &format!("The server notifies {} by mail.\n", list(who));
            }
            if is_team_told {
                text += "The server notifies the team.\n";
            }
        }
        let all: BTreeSet<&EngineerId> = concerned.iter().chain(on_call).collect();
        if let who @ [_, ..] = &names(&(&all - &mailed))[..] {
            text += &format!("Tell {}: calendars may show this only hours later.\n", list(who));
        }
        text
    }

    /// The warnings of the team that were not there before.
    fn new_warnings<'e>(&self, edited: &'e Configuration) -> Vec<&'e Diagnostic> {
        let id = &self.team().id;
        let is_old = |found: &Diagnostic| {
            let same = |old: &Diagnostic| (old.code, &old.message) == (found.code, &found.message);
            self.configuration.diagnostics_of(id).any(same)
        };
        edited.diagnostics_of(id).filter(|found| !is_old(found)).collect()
    }

    fn file_diff(&self, before: &str, after: &str) -> String {
        let file = &self.config.file;
        let diff = TextDiff::from_lines(before, after);
        diff.unified_diff().context_radius(3).header(&format!("a/{file}"), &format!("b/{file}")).to_string()
    }

    /// The dates over which the rota is compared: a year from the current week on, and all of `period`.
    fn dates(&self, period: Period) -> Dates {
        let team = self.team();
        let week = week_at(team, self.now).or_else(|| weeks(team).next());
        let current = week.map_or_else(|| self.today(), |week| week.id.0);
        let from = current.min(team.zone.date(period.start() - TimeDelta::days(7)));
        let year = current.checked_add_days(Days::new(7 * WEEKS)).unwrap_or(current);
        Dates { from, to: year.max(team.zone.date(period.end() + TimeDelta::days(14))) }
    }
}

fn team_id(configuration: &Configuration, of: &OneTeam) -> Result<TeamId, Usage> {
    let ids: Vec<&TeamId> = configuration.teams.keys().chain(configuration.broken.keys()).collect();
    match (&of.team, &ids[..]) {
        (Some(named), _) => {
            plan::known(configuration, named)?;
            TeamId::new(named).ok_or_else(|| Usage(format!("there is no team `{named}`")))
        }
        (None, [only]) => Ok((*only).clone()),
        (None, []) => Err(Usage("no team is configured".to_owned())),
        (None, _) => {
            let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
            Err(Usage(format!("there are several teams; add --team with one of {}", ids.join(", "))))
        }
    }
}
