//! Makes a valid team of what a team file says: every check that needs more than one value.
//!
//! Checks push problems and go on, so that all of them are shown at once; there is a team only without errors. In
//! reading order: `engineers`, `rotations`, `overrides` (and swaps), `membership`, `pipelines`.

mod context;
mod engineers;
mod membership;
mod names;
mod overrides;
mod pipelines;
mod rotations;
#[cfg(test)]
mod sample;
mod time_zones;

use super::mail::is_label;
use super::schema::TeamTable;
use crate::rota::{Team, TeamId};
use crate::toml_reader::{At, Problems};
use engineers::Roster;
use rotations::Eras;
use time_zones::zone;

use context::UID_DOMAIN;

pub(super) use context::Context;

/// The team called `id`, or nothing where the file has errors.
pub(super) fn team(
    id: &TeamId,
    table: &TeamTable,
    context: &Context<'_>,
    problems: &Problems,
) -> Option<Team> {
    // If the zone is invalid, the rest is still checked, in UTC, and the result is no team.
    let zone = table.time_zone.as_ref().and_then(|at| zone(at, context.zones, problems));
    let zone = zone.or_else(|| context.zones.utc())?;
    time_zones::warn(table, context, problems);
    let name = names::name(table.name.as_ref(), problems);
    let uid_domain = uid_domain(table.uid_domain.as_ref(), problems);
    let roster = Roster::resolve(table, &zone, context, problems);
    let eras = Eras::resolve(&table.rotations, &roster, &zone, problems);
    if let Some(eras) = &eras {
        eras.warn_of_moved_changes(context.now, problems);
        table.handover.iter().for_each(|handover| eras.check_meeting(handover, problems));
    }
    let swaps = overrides::swaps(&table.swaps, &roster, eras.as_ref(), problems);
    let overrides = overrides::overrides(&table.overrides, &roster, eras.as_ref(), &zone, problems);
    overrides::warn_of_agreements_to_come(&table.overrides, context.now, problems);
    // Nobody would ever remove warnings about past entries.
    let ahead = || overrides.iter().filter(|found| found.given.period.end() > context.now);
    ahead().for_each(|found| overrides::warn_of_absence(found, &roster, table.policy, problems));
    ahead().for_each(|found| overrides::warn_of_length(found, problems));
    if let Some(eras) = &eras {
        for found in ahead() {
            overrides::warn_of_whom_it_leaves(found, &roster, (eras, &swaps), table.policy, problems);
        }
        membership::check(eras, &swaps, &overrides, &roster, problems);
    }
    let pipelines = pipelines::pipelines(&table.pipelines, &roster, context, problems);
    if problems.has_errors() {
        return None;
    }
    Some(Team {
        id: id.clone(),
        name: name?,
        engineers: roster.into_engineers()?,
        rotations: eras?.into_rotations()?,
        zone,
        uid_domain,
        swaps: swaps.into_iter().map(|swap| (swap.date, swap.swap)).collect(),
        overrides: overrides.into_iter().map(|found| found.given).collect(),
        handover: table.handover.as_ref().map(|handover| handover.rule),
        policy: table.policy,
        pipelines,
        run_books: context.run_books.books(),
    })
}

fn uid_domain(at: Option<&At<String>>, problems: &Problems) -> String {
    let Some(at) = at else { return UID_DOMAIN.to_owned() };
    if at.value.len() > 120 || !at.value.split('.').all(is_label) {
        let help = "a domain such as `oncall.example.org`, of at most 120 characters".to_owned();
        problems.error_with_help("invalid-uid-domain", at.span.clone(), "`uid_domain` is not a domain", help);
    }
    at.value.clone()
}
