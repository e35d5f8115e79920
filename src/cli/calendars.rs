//! The calendars that a command uses: the copies that a server keeps, or with `--fetch` what their addresses give now.
//! Nothing is stored.

use std::path::Path;
use std::sync::Arc;

use super::args::Common;
use super::output::{Output, failed as failed_to};
use super::plan;
use crate::calendars::{Calendars, FetchWait, Unfetched};
use crate::config::{self, AsOf, Configuration, Diagnostic, KeptCalendars};
use crate::journal::Database;

/// Reads the configuration in `folder`, with the calendars that it has fetched. Prints which it could not fetch.
pub(super) fn load(folder: &Path, common: &Common, output: &mut Output) -> anyhow::Result<Configuration> {
    let (configuration, failed) = load_and_fetch(folder, common)?;
    failed.iter().for_each(|failed| output.note(&failed.diagnostic));
    Ok(configuration)
}

/// [`load`], with what could not be fetched among the diagnostics.
pub(super) fn load_to_check(folder: &Path, common: &Common) -> anyhow::Result<Configuration> {
    let (mut configuration, failed) = load_and_fetch(folder, common)?;
    // Of a calendar without any copy the diagnostics of the load say why.
    let failed = failed.into_iter().filter(|failed| failed.has_copy);
    configuration.add(failed.map(|failed| failed.diagnostic));
    Ok(configuration)
}

/// A calendar that could not be fetched.
struct Failed {
    diagnostic: Diagnostic,
    /// Whether there is a copy of an earlier fetch.
    has_copy: bool,
}

fn load_and_fetch(folder: &Path, common: &Common) -> anyhow::Result<(Configuration, Vec<Failed>)> {
    let now = plan::clock(common).now();
    let configuration = config::load(folder, now)?;
    if configuration.calendar_uses().next().is_none() {
        return Ok((configuration, Vec::new()));
    }
    // A state folder that cannot be read counts as absent.
    let database = Database::open_to_read(plan::location(&plan::state(common), &configuration.settings));
    let calendars = Calendars::for_command(database.ok());
    let mut failed = Vec::new();
    if common.fetch {
        let before = config::load(folder, calendars.as_of(now))?;
        let load = |calendars: Arc<KeptCalendars>| config::load(folder, AsOf { now, calendars }).ok();
        let unfetched = calendars.fetch_now(&before, &load, FetchWait::All, now);
        for Unfetched { digest, error } in unfetched.map_err(failed_to)? {
            let kept = calendars.as_of(now).calendars;
            let of_address = before.calendar_uses().filter(|usage| usage.address.digest().as_str() == digest);
            failed.extend(of_address.map(|usage| {
                let has_copy = kept.get(&usage.address).is_some_and(|kept| kept.text.is_some());
                Failed { diagnostic: usage.not_fetched_now(&error, has_copy), has_copy }
            }));
        }
    }
    Ok((config::load(folder, calendars.as_of(now))?, failed))
}
