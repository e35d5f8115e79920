//! What is proposed for a conflict (R6), and who else could take it.

use super::count::hours;
use crate::rota::{Candidate, Conflict, EngineerIdx, Period, ProposalStatus, Team};

/// The command that records that `who` takes the conflict of `period`. `open` are the periods of all open conflicts,
/// since a date with several needs a time too.
pub fn agree_command(
    team: &Team,
    period: Period,
    who: &str,
    open: impl IntoIterator<Item = Period>,
) -> String {
    let start = team.zone.local(period.start());
    let day = team.zone.day(start.date());
    let of_day = open.into_iter().filter(|other| day.is_some_and(|day| other.overlaps(day)));
    let at = if of_day.count() > 1 { format!(" --at {}", start.format("%H:%M")) } else { String::new() };
    format!("oncal agree {} {who}{at} --team {}", start.date(), team.id)
}

/// What oncal proposes, and how far it carries; `name` says what to call somebody.
pub fn proposal(conflict: &Conflict, name: impl Fn(EngineerIdx) -> String) -> String {
    let primary = name(conflict.primary);
    let proposed = match conflict.secondary {
        Some(secondary) => format!("{primary} as primary, {} as secondary", name(secondary)),
        None => format!("{primary} as primary, nobody as secondary"),
    };
    match conflict.status {
        ProposalStatus::Proposed => format!("Proposed: {proposed}"),
        ProposalStatus::NeedsVolunteer => format!(
            "A volunteer is needed: everybody who could take it has a holiday then. First in turn: {proposed}"
        ),
        ProposalStatus::Nobody => {
            format!("Nobody is free to take it. Until somebody is found {primary} keeps the primary role.")
        }
    }
}

/// Everybody who could take a conflict, best first, with the figures they are ranked by (R6); empty where there is
/// nobody.
pub fn candidates(candidates: &[Candidate], name: impl Fn(EngineerIdx) -> String) -> String {
    let lines = candidates.iter().zip(1..).map(|(candidate, rank)| {
        let own = match candidate.own_holiday_seconds {
            0 => "no holiday then".to_owned(),
            seconds => format!("{} of it on a holiday of their own", hours(seconds)),
        };
        format!(
            "\n{rank}. {}: {own}; holiday load {} with this, {} without; primary for {} so far",
            name(candidate.engineer),
            hours(candidate.load_after_seconds),
            hours(candidate.load_before_seconds),
            hours(candidate.primary_seconds),
        )
    });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("Who could take it, best first:{lines}") }
}
