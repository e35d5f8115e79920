//! Who is on call, as people read it.

use maud::{Markup, html};

use crate::feed::clean;
use crate::live::TeamSnapshot;
use crate::rota::{Holder, Instant, Role, Row, Seat, ShiftKind, Team, Zone};

/// Who holds each role at `now`, why and until when.
pub(super) fn on_call(team: &TeamSnapshot, now: Instant) -> Markup {
    let (rota, schedule) = (team.team(), team.near());
    let Some(duty) = schedule.on_call(now) else {
        let first = moment(&rota.zone, rota.starts());
        return html! { p { "Nobody is on call yet. The first duty change is on " (first) "." } };
    };
    let role = |role: Role| {
        let why = duty.holder(role).and_then(|holder| why(rota, holder));
        html! {
            dt { (role.as_str()) }
            dd {
                @match duty.holder(role) {
                    Some(holder) => b { (name(rota, holder.engineer)) },
                    None => "nobody",
                }
                @if let Some(why) = why { ", " (why) }
                @if let Some(until) = schedule.held_until(role, now) {
                    span.until { " until " (moment(&rota.zone, until)) }
                }
            }
        }
    };
    html! { dl { (role(Role::Primary)) (role(Role::Secondary)) } }
}

/// What the team has still to agree on at `now`, and whose holidays are not known.
pub(super) fn open_points(team: &TeamSnapshot, now: Instant) -> Markup {
    let (rota, coverage) = (team.team(), team.coverage());
    let is_open = |row: &&Row| row.status.is_open() && now < row.period.end();
    let open: Vec<&Row> = coverage.rows.iter().filter(is_open).collect();
    html! {
        @if !open.is_empty() {
            h2 { "To agree" }
            ul { @for row in open { li { (open_row(rota, row, now)) } } }
        }
        @for unknown in &coverage.unknown {
            p.note {
                "The holidays of " (name(rota, unknown.engineer)) " are not known"
                @match (&unknown.calendar, unknown.from) {
                    (Some((_, calendar)), Some(from)) => {
                        " from " (from.format("%-d %B %Y")) " on (" (clean(calendar)) ")"
                    }
                    _ => ": no holiday calendar is given for them",
                }
                ". No entry there does not mean no holiday."
            }
        }
    }
}

fn open_row(team: &Team, row: &Row, now: Instant) -> Markup {
    let zone = &team.zone;
    html! {
        (moment(zone, row.period.start())) " to " (moment(zone, row.period.end())) ": "
        (name(team, row.away)) " is away (" (joined(&row.reasons)) "), "
        (name(team, row.primary)) " is proposed as primary"
        @if let Some(deadline) = row.deadline {
            ". "
            @if row.is_overdue(now) { b { "Overdue since " (moment(zone, deadline)) } }
            @else { "Agree by " (moment(zone, deadline)) }
        }
        "."
    }
}

/// Why somebody holds a role otherwise than by the rotation.
fn why(team: &Team, holder: &Holder) -> Option<String> {
    let instead = || holder.instead_of.map(|seat| format!(" for {}", name(team, seat))).unwrap_or_default();
    let reason = holder.reason.as_deref().map(clean).filter(|reason| !reason.is_empty());
    let (what, reason) = match (holder.kind, reason) {
        (ShiftKind::Rotation, _) => return None,
        (ShiftKind::Cover, Some(reason)) => return Some(format!("covers {reason}{}", instead())),
        (ShiftKind::Cover, None) => ("covers", None),
        (ShiftKind::Backfill, reason) => ("stands in", reason),
        (ShiftKind::Swap, reason) => ("swapped", reason),
        (ShiftKind::Proposal, reason) => ("proposed", reason),
        (ShiftKind::Override, reason) => ("agreed", reason),
    };
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    Some(format!("{what}{}{reason}", instead()))
}

/// The name of whoever sits in `seat`, as one line.
fn name(team: &Team, seat: Seat) -> String {
    clean(&team.engineer(seat).name)
}

fn joined(reasons: &[std::sync::Arc<str>]) -> String {
    clean(&reasons.join(", "))
}

/// `Fri 25 Dec 2026 10:00 EST`, on the clock of `zone`.
fn moment(zone: &Zone, instant: Instant) -> String {
    format!("{} {}", zone.local(instant).format("%a %-d %b %Y %H:%M"), zone.abbreviation(instant))
}
