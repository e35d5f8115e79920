//! `oncal completions` and `oncal man`: shell completions and manual pages, made from the definitions of the commands.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;

use super::args::{self, Arguments};
use super::output::{Exit, Output};

/// The name of the program, however it was started.
const PROGRAM: &str = "oncal";

pub(super) fn completions(args: &args::Completions, output: &mut Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), PROGRAM, &mut script);
    output.data(&String::from_utf8(script)?)?;
    Ok(Exit::Fine)
}

pub(super) fn man(args: &args::Man, output: &mut Output) -> anyhow::Result<Exit> {
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
        output.data(&String::from_utf8(page)?)?;
        return Ok(Exit::Fine);
    };
    pages(folder).with_context(|| format!("failed to write to {}", folder.display()))?;
    Ok(Exit::Fine)
}

/// One page for the program and one for each command.
fn pages(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Arguments::command(), folder)
}
