//! What can be typed after `oncal notices`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::options::{OfTeam, OneTeam};

pub(super) const NOTICES_EXAMPLES: &str = "\
Examples:
  oncal notices preview                         what is about to be sent, and to whom?
  oncal notices preview --from ../main/config   what would this change of the configuration send?
  oncal notices test a                          does mail reach engineer a?
  oncal notices test --team-list                do mail and the webhook reach the team?";

/// `oncal notices`.
#[derive(Debug, Args)]
pub(super) struct Notices {
    #[command(subcommand)]
    pub(super) what: NoticesCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum NoticesCommand {
    /// Print the notices that would be sent
    ///
    /// Compares the rota with what the recipients know according to the journal, or with another configuration. Nothing
    /// is sent. Addresses are shown only with --show-addresses, and webhooks only by their host.
    Preview(Preview),
    /// Send a test to an engineer, or to all addresses and the webhook of a team
    ///
    /// Says for each whether the server accepted it; addresses of the team only with --show-addresses. The password
    /// comes from ONCAL_SMTP_PASSWORD, or from the file that ONCAL_SMTP_PASSWORD_FILE names.
    Test(Test),
}

/// `oncal notices preview`.
#[derive(Debug, Args)]
pub(super) struct Preview {
    #[command(flatten)]
    pub(super) of: OfTeam,
    /// A configuration folder that the recipients know: what would a change from it to --config send?
    #[arg(long, value_name = "OLD_DIR")]
    pub(super) from: Option<PathBuf>,
    /// Show the addresses of the recipients
    #[arg(long)]
    pub(super) show_addresses: bool,
}

/// `oncal notices test`.
#[derive(Debug, Args)]
#[group(id = "to", required = true, multiple = false, args = ["engineer", "team_list"])]
pub(super) struct Test {
    /// The engineer, by id or name
    #[arg(value_name = "ENGINEER")]
    pub(super) engineer: Option<String>,
    /// All addresses of the team, and its webhook
    #[arg(long)]
    pub(super) team_list: bool,
    /// Show the addresses of the team
    #[arg(long)]
    pub(super) show_addresses: bool,
    #[command(flatten)]
    pub(super) of: OneTeam,
}
