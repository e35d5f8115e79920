//! The command line: one file for each command. Not here: the rules behind their output (`rota`, `config`).

mod args;
mod calendars;
mod check;
mod completions;
mod coverage;
mod diff;
mod edit;
mod edit_args;
mod export;
mod fairness;
mod health;
mod holidays;
mod init;
mod links;
mod logging;
mod notices;
mod notices_args;
mod now;
mod options;
mod output;
mod plan;
mod review;
mod schedule;
mod serve;
mod table;
mod times;
mod typed;
mod unknown;
mod when;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use output::{Output, Usage, fail};

/// Runs the command that the process arguments name and returns its exit code.
pub fn main() -> ExitCode {
    let Arguments { common, command } = Arguments::parse();
    let mut output = Output::new(common.color.into());
    if common.fetch && !command.can_fetch() {
        return fail(&Usage("this command does not take --fetch".to_owned()).into(), &mut output);
    }
    let ended = match &command {
        Command::Serve => serve::run(&common, &mut output),
        Command::Check(args) => check::run(&common, args, &mut output),
        Command::Coverage(args) => coverage::run(&common, args, &mut output),
        Command::Schedule(args) => schedule::run(&common, args, &mut output),
        Command::Diff(args) => diff::run(&common, args, &mut output),
        Command::Now(args) => now::run(&common, args, &mut output),
        Command::Fairness(args) => fairness::run(&common, args, &mut output),
        Command::Holidays(args) => holidays::run(&common, args, &mut output),
        Command::Health(args) => health::run(&common, args, &mut output),
        Command::Links(args) => links::run(&common, args, &mut output),
        Command::Cover(args) => edit::cover::run(&common, args, &mut output),
        Command::Agree(args) => edit::agree::run(&common, args, &mut output),
        Command::Swap(args) => edit::swap::run(&common, args, &mut output),
        Command::Off(args) => edit::off::run(&common, args, &mut output),
        Command::Notices(args) => notices::run(&common, args, &mut output),
        Command::Export(args) => export::run(&common, args, &mut output),
        Command::Completions(args) => completions::completions(args, &mut output),
        Command::Man(args) => completions::man(args, &mut output),
        Command::Init(args) => init::run(args, &mut output),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => fail(&error, &mut output),
    }
}
