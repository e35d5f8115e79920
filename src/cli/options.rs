//! Options that several commands have.

use chrono::NaiveDate;
use clap::{Arg, ArgAction, Args, ValueEnum};

use super::times::{date, whole_number};
use crate::json::{COVERAGE_WEEKS, SCHEDULE_WEEKS};

/// How many weeks `oncal diff` compares: a year, since in a long rotation a change may move only late weeks.
pub(super) const DIFF_WEEKS: u16 = 52;

/// The maximum of `--weeks`: twenty years. More than one request to a server may cover (`web::query::limits`), since a
/// command costs only the time of whoever runs it.
const MAX_WEEKS: u16 = 1040;

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    #[default]
    Auto,
    /// Also into files and pipes
    Always,
    /// Not at all
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
    }
}

/// `--fetch` of a command that fetches nothing: its help does not show it.
pub(super) fn no_fetch() -> Arg {
    Arg::new("fetch").long("fetch").action(ArgAction::SetTrue).hide(true)
}

/// Which team.
#[derive(Debug, Args)]
pub(super) struct OfTeam {
    /// The team, by the name of its file [default: all]
    #[arg(long, value_name = "TEAM")]
    pub(super) team: Option<String>,
}

/// The one team that a command is about.
#[derive(Debug, Args)]
pub(super) struct OneTeam {
    /// The team, by the name of its file; needed if there are several
    #[arg(long, value_name = "TEAM")]
    pub(super) team: Option<String>,
}

/// Which dates.
#[derive(Debug, Args)]
pub(super) struct Range {
    /// The first date, such as 2026-12-18, in the team's zone [default: the current week's]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(super) from: Option<NaiveDate>,

    /// The first date after those listed
    #[arg(long, value_name = "DATE", value_parser = date, conflicts_with = "weeks")]
    pub(super) to: Option<NaiveDate>,

    #[arg(help = format!(
        "How many weeks, counted from the first date [default: {SCHEDULE_WEEKS}, for coverage {COVERAGE_WEEKS}, for diff {DIFF_WEEKS}]"
    ))]
    #[arg(long, value_name = "N", value_parser = whole_number(1..=MAX_WEEKS))]
    pub(super) weeks: Option<u16>,
}

/// JSON or not.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Format {
    /// Print JSON for programs
    #[arg(long)]
    pub(super) json: bool,
}
