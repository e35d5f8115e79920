//! The calendars that a command uses: the copies that a server keeps, or with `--fetch` what their addresses give now. Nothing
//! is stored.

use std::path::Path;
use std::sync::Arc;

use super::args::Common;
use super::output::Output;
use super::plan;
use crate::calendars::{Calendars, Patience};
use crate::config::{self, AsOf, Configuration, JournalUrl, KeptCalendars};
use crate::journal::{Database, Location};

/// Reads the configuration in `folder`, with the calendars that it has fetched.
pub(super) fn load(folder: &Path, common: &Common, output: &mut Output) -> anyhow::Result<Configuration> {
    let now = plan::clock(common).now();
    let configuration = config::load(folder, now)?;
    if configuration.calendar_uses().next().is_none() {
        return Ok(configuration);
    }
    let location = match configuration.settings.journal.as_ref().map(JournalUrl::as_str) {
        Some(url) => Location::Postgres(url.to_owned()),
        None => Location::Folder(plan::state(common)),
    };
    // A state folder that cannot be read counts as absent.
    let calendars = Calendars::for_command(Database::open_to_read(location).ok());
    if common.fetch {
        let before = config::load(folder, calendars.as_of(now))?;
        let load = |calendars: Arc<KeptCalendars>| config::load(folder, AsOf { now, calendars }).ok();
        let unfetched = calendars.fetch_now(&before, &load, Patience::All, now);
        for failed in unfetched.map_err(|error| anyhow::anyhow!("failed to {error}"))? {
            output.warn(format_args!("failed to fetch the calendar at {}: {}", failed.address, failed.error));
        }
    }
    Ok(config::load(folder, calendars.as_of(now))?)
}
