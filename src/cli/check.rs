//! `oncal check`: everything that is wrong or suspicious in the configuration, at once.

use serde::Serialize;

use super::args;
use super::output::{Exit, Output};
use super::{plan, when};
use crate::config::{Configuration, render};
use crate::feed::clean;
use crate::rota::{Override, Team, coverage, expand, week_at};

pub(super) fn run(common: &args::Common, args: &args::Check, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = plan::load(common)?;
    let unrecorded: Vec<(&Team, &Override)> = configuration
        .teams
        .values()
        .flat_map(|config| unrecorded(&config.team).map(|by| (&config.team, by)))
        .collect();
    let exit = if configuration.has_errors() { Exit::Failed } else { Exit::Fine };
    if args.format.json {
        output.json(&Report::new(&configuration, &unrecorded))?;
        return Ok(exit);
    }
    for diagnostic in &configuration.diagnostics {
        output.note(format_args!("{}\n", render(diagnostic, &configuration.sources, true)));
    }
    for (team, by) in &unrecorded {
        output.warn(unrecorded_message(team, by));
    }
    let errors = configuration.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = configuration.diagnostics.len() - errors + unrecorded.len();
    let count =
        |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    output.data(&format!(
        "{}, {}, {}; tzdata {}\n",
        count(configuration.teams.len() + configuration.broken.len(), "team", "teams"),
        count(errors, "error", "errors"),
        count(warnings, "warning", "warnings"),
        configuration.zone_data,
    ))?;
    Ok(exit)
}

/// R8: overrides that meet a conflict and do not say when they were agreed on.
fn unrecorded(team: &Team) -> impl Iterator<Item = &Override> {
    team.overrides.iter().filter(|by| by.agreed_on.is_none()).filter(|by| {
        let starts = week_at(team, by.period.start()).is_some();
        let rows = coverage(team, &expand(team, by.period)).rows;
        starts && rows.iter().any(|row| row.deadline.is_some() && !row.status.is_open())
    })
}

fn unrecorded_message(team: &Team, by: &Override) -> String {
    let period = when::period_inline(&team.zone, by.period);
    format!("team {}: the override of {period} settles a conflict without `agreed_on`", clean(&team.name))
}

#[derive(Serialize)]
struct Report {
    tzdata: String,
    teams: Vec<String>,
    broken: Vec<String>,
    diagnostics: Vec<Finding>,
}

#[derive(Serialize)]
struct Finding {
    code: &'static str,
    severity: &'static str,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    message: String,
    help: Option<String>,
}

impl Report {
    fn new(configuration: &Configuration, unrecorded: &[(&Team, &Override)]) -> Report {
        let found = configuration.diagnostics.iter().map(|diagnostic| Finding {
            code: diagnostic.code,
            severity: if diagnostic.is_error() { "error" } else { "warning" },
            file: Some(diagnostic.file.clone()),
            line: diagnostic.place.as_ref().map(|place| place.line),
            column: diagnostic.place.as_ref().map(|place| place.column),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
        });
        let unrecorded = unrecorded.iter().map(|(team, by)| Finding {
            code: "override-without-agreement",
            severity: "warning",
            file: Some(format!("teams/{}.toml", team.id)),
            line: None,
            column: None,
            message: unrecorded_message(team, by),
            help: Some("add `agreed_on`, the date of the decision".to_owned()),
        });
        Report {
            tzdata: configuration.zone_data.to_string(),
            teams: configuration.teams.keys().map(ToString::to_string).collect(),
            broken: configuration.broken.keys().map(ToString::to_string).collect(),
            diagnostics: found.chain(unrecorded).collect(),
        }
    }
}
