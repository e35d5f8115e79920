//! The zones that a team file names, and warnings about them.
//!
//! Not here: the zone data (`zones`).

use std::collections::BTreeSet;

use super::context::Context;
use crate::config::legacy_zone_names::{likely_zone, renamed};
use crate::config::schema::TeamTable;
use crate::config::zones::{ZoneDataSource, Zones};
use crate::rota::Zone;
use crate::toml_reader::{At, Problems};

/// The zone named at `at`; an error if there is none.
pub(super) fn zone(at: &At<String>, zones: &Zones, problems: &Problems) -> Option<Zone> {
    zones
        .named(&at.value)
        .map_err(|unknown| {
            let message = format!("there is no time zone `{}`", at.value);
            let help = problems.has_room().then(|| unknown.help());
            problems.error_with_help("unknown-zone", at.span.clone(), message, help);
        })
        .ok()
}

/// Warns about old names, and about zones for which another set of rules differs within the period of the feeds: each
/// zone where it is first named.
pub(super) fn warn(table: &TeamTable, context: &Context<'_>, problems: &Problems) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let of_engineers = table.engineers.iter().filter_map(|engineer| engineer.time_zone.as_ref());
    for at in table.time_zone.iter().chain(of_engineers) {
        if !seen.insert(&at.value) {
            continue;
        }
        let Ok(zone) = context.zones.named(&at.value) else { continue };
        let warn = |code, message: String, help: String| {
            problems.warning_with_help(code, &at.span, message, help);
        };
        if let Some((place, likely)) = likely_zone(zone.name()) {
            let message = format!("`{}` has no summer time", zone.name());
            let today = renamed(zone.name()).unwrap_or(zone.name());
            warn("old-zone-name", message, format!("write `{likely}` for {place}, otherwise `{today}`"));
        } else if let Some(today) = renamed(zone.name()) {
            let message = format!("`{}` is an old name of the time zone {today}", zone.name());
            warn("old-zone-name", message, format!("write `{today}`"));
        }
        let difference = context.window.and_then(|window| context.zones.difference(&zone, window));
        if let Some(difference) = difference {
            let here = &context.zones.data;
            let message = format!(
                "the time-zone data in use, {here}, and {} differ on {} from {} on",
                difference.other,
                zone.name(),
                difference.from.format("%Y-%m-%dT%H:%M:%SZ")
            );
            let help = match (here.source, difference.other_is_newer) {
                (ZoneDataSource::System, true) => {
                    "update the machine's tzdata, or delete `tzdata = \"system\"` from oncal.toml"
                }
                (ZoneDataSource::System, false) => {
                    "servers with the bundled data show other times: set `tzdata = \"system\"` on all of them"
                }
                (ZoneDataSource::Bundled, _) => {
                    "update oncal, or use the machine's with `tzdata = \"system\"` in oncal.toml"
                }
            };
            warn("zone-data-differs", message, help.to_owned());
        }
    }
}
