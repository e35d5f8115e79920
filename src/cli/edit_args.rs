//! The arguments of the commands that write a team's file.

use clap::Args;

use super::options::OneTeam;

pub(super) const COVER_EXAMPLES: &str = "\
Examples:
  oncal cover dan tomorrow 09:00                     from now until tomorrow 9:00
  oncal cover dan fri 18:00 mon 09:00 --secondary b  the weekend
  oncal cover dan 2026-12-24 2026-12-26              24 and 25 December: a date means its beginning
  oncal cover dan 18:00 --dry-run                    only show what would change

Times are the team's. A weekday, or a date without its year, is the next one: for the end, the next after the start.
People are named by id or by name.";

pub(super) const AGREE_EXAMPLES: &str = "\
Examples:
  oncal agree 2026-12-25 dan
  oncal agree 2026-12-25 dan --secondary ann --reason \"agreed in the Friday meeting\"";

pub(super) const SWAP_EXAMPLES: &str = "\
Examples:
  oncal swap 2027-03-12 ann dan           Ann is primary and Dan secondary in the week of 12 March
  oncal swap 2027-03-12 2027-03-19        the two weeks change hands";

pub(super) const OFF_EXAMPLES: &str = "\
Examples:
  oncal off dan 2026-12-24                         one day
  oncal off dan 2026-12-24 2026-12-26              three days
  oncal off dan \"2026-12-24 13:00\" \"2026-12-24 17:30\"   hours

Dates and times, `today` and `now` too, are those of the engineer's own clock, as in the file. The other commands use the team's.";

#[derive(Debug, Args)]
pub(super) struct Cover {
    /// Who is primary then, by id or by name
    #[arg(value_name = "WHO")]
    pub(super) who: String,
    /// The start, if it is not now, and the end
    #[arg(value_name = "[FROM] UNTIL", required = true, num_args = 1..)]
    pub(super) times: Vec<String>,
    /// Who is secondary meanwhile
    #[arg(long, value_name = "WHO")]
    pub(super) secondary: Option<String>,
    /// The reason, which is published with the shifts
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[command(flatten)]
    pub(super) edit: Edit,
}

#[derive(Debug, Args)]
pub(super) struct Agree {
    /// A date of the conflict
    #[arg(value_name = "DATE")]
    pub(super) date: String,
    /// Who is primary then, by id or by name
    #[arg(value_name = "WHO")]
    pub(super) who: String,
    /// Who is secondary meanwhile [default: the person oncal proposes]
    #[arg(long, value_name = "WHO")]
    pub(super) secondary: Option<String>,
    /// A time within the conflict, if there are several on that date
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
    /// The reason, which is published with the shifts [default: the names of the holidays]
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[command(flatten)]
    pub(super) edit: Edit,
}

#[derive(Debug, Args)]
pub(super) struct SwapWeeks {
    /// The date on which the week starts
    #[arg(value_name = "WEEK")]
    pub(super) week: String,
    /// Who is primary and who secondary, or the week that it is exchanged for
    #[arg(value_name = "PRIMARY SECONDARY | WEEK", required = true, num_args = 1..=2)]
    pub(super) other: Vec<String>,
    /// The reason, which is published with the shifts
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[command(flatten)]
    pub(super) edit: Edit,
}

#[derive(Debug, Args)]
pub(super) struct Off {
    /// Who is away, by id or by name
    #[arg(value_name = "WHO")]
    pub(super) who: String,
    /// The first day, and the last if it is another one; or times
    #[arg(value_name = "FROM [TO]", required = true, num_args = 1..)]
    pub(super) times: Vec<String>,
    /// The reason, which stays in the file and is never published
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[command(flatten)]
    pub(super) edit: Edit,
}

/// Options of every command that writes a team's file.
#[derive(Debug, Args)]
pub(super) struct Edit {
    /// Show what would change, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    #[command(flatten)]
    pub(super) of: OneTeam,
}
