//! `oncal serve`: the server, on what is valid of the configuration.

use std::sync::Arc;

use super::args::Common;
use super::output::{Exit, Output};
use super::{logging, plan};
use crate::config::{Diagnostic, render};
use crate::live::{Snapshot, Store};
use crate::web;

pub(super) fn run(common: &Common, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = plan::load(common)?;
    let unfit = configuration.teams.is_empty() || configuration.settings_errors().next().is_some();
    if unfit {
        for diagnostic in configuration.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
            output.note(render(diagnostic, &configuration.sources, true));
        }
        let why = if configuration.teams.is_empty() {
            "no team is without errors"
        } else {
            "oncal.toml has errors"
        };
        anyhow::bail!("not serving: {why}");
    }
    logging::start();
    configuration.diagnostics.iter().for_each(log);
    let clock = plan::clock(common);
    let store = Arc::new(Store::new(Snapshot::new(configuration, clock.now())));
    web::serve(&store, clock).map_err(|error| anyhow::anyhow!("failed to {error}"))?;
    Ok(Exit::Fine)
}

/// Code, place and message; never the source line, which may hold what is nobody's business.
fn log(diagnostic: &Diagnostic) {
    let (line, column) = diagnostic.place.as_ref().map_or((0, 0), |place| (place.line, place.column));
    let (code, file, message) = (diagnostic.code, &diagnostic.file, &diagnostic.message);
    if diagnostic.is_error() {
        tracing::error!(code, %file, line, column, %message, "configuration");
    } else {
        tracing::warn!(code, %file, line, column, %message, "configuration");
    }
}
