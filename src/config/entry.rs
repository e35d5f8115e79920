//! Entries of a team's file as oncal offers them, ready to paste.

use crate::rota::{Rotation, Team};

/// The `[[rotation]]` of `team` that says `rotation`, with an empty line before it.
pub fn rotation_entry(team: &Team, rotation: &Rotation) -> String {
    let weeks = rotation.weeks.iter().map(|pair| {
        let [primary, secondary] = [pair.primary, pair.secondary].map(|seat| &team.engineer(seat).id);
        format!("  {{ primary = \"{primary}\", secondary = \"{secondary}\" }},\n")
    });
    let starts = rotation.starts.format("%Y-%m-%dT%H:%M:%S");
    format!("\n[[rotation]]\nstarts = {starts}\nweeks = [\n{}]\n", weeks.collect::<String>())
}
