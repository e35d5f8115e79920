//! Who is on call now and what comes next, as people read it.

use maud::{Markup, html};

use super::people::People;
use super::words::Wall;
use crate::feed::clean;
use crate::live::TeamSnapshot;
use crate::rota::{Handover, Holder, Instant, Role, ShiftKind};

/// Who holds each role, why and until when, each on a card.
pub(super) fn on_call(team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let schedule = team.near();
    let Some(duty) = schedule.on_call(wall.now) else {
        let starts = team.team().starts();
        return html! {
            p.lead { "Nobody is on call yet. The first duty change is on " (time(wall, starts)) "." }
        };
    };
    html! {
        @for role in Role::ALL {
            @let holder = duty.holder(role);
            div class={ "card duty " (role.as_str()) } {
                h3 { (title(role)) }
                @match holder {
                    Some(holder) => p.who { (people.person(holder.engineer)) },
                    None => p.who.none { "Nobody" },
                }
                @if let Some(why) = holder.and_then(|holder| why(people, holder)) {
                    p.why { @if holder.is_some_and(|holder| holder.kind.is_tentative()) { span.tag.warn { "Proposed" } " " } (why) }
                }
                @if let Some(until) = schedule.held_until(role, wall.now) {
                    p.until { "until " (time(wall, until)) }
                }
            }
        }
    }
}

/// When duty next changes by the week, and the meeting at which it is handed over.
pub(super) fn next_change(team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let schedule = team.near();
    let next = schedule.weeks.iter().find(|planned| planned.week.period.start() > wall.now);
    let meeting = |handover: &&Handover| handover.period.end() > wall.now;
    html! {
        @if let Some(planned) = next {
            div.card.duty.next {
                h3 { "Next duty change" }
                p.when { (time(wall, planned.week.period.start())) }
                p.why {
                    (people.person(planned.week.pair.primary)) " takes over, with "
                    (people.person(planned.week.pair.secondary)) " as secondary"
                }
                @if let Some(handover) = schedule.handovers.iter().find(meeting) {
                    p.until { "Handover meeting " (wall.span(handover.period)) (notice(handover)) }
                }
            }
        }
    }
}

/// That a meeting is not where it usually is, or should not be.
pub(super) fn notice(handover: &Handover) -> Markup {
    html! {
        @if handover.moved { ", moved because somebody is away" }
        @if handover.flagged { " " span.tag.warn { "somebody is away" } }
    }
}

/// A moment with how far away it is, for people and machines.
pub(super) fn time(wall: Wall<'_>, instant: Instant) -> Markup {
    let away = wall.away(instant);
    html! {
        time datetime=(instant.format("%Y-%m-%dT%H:%M:%SZ")) { (wall.moment(instant)) }
        @if !away.is_empty() { " " span.away { "(" (away) ")" } }
    }
}

/// `Primary`, `Secondary`.
pub(super) fn title(role: Role) -> &'static str {
    match role {
        Role::Primary => "Primary",
        Role::Secondary => "Secondary",
    }
}

/// Why somebody holds a role otherwise than by the rotation.
pub(super) fn why(people: &People<'_>, holder: &Holder) -> Option<String> {
    let instead = holder.instead_of.map(|seat| people.text(seat));
    let reason = holder.reason.as_deref().map(clean).filter(|reason| !reason.is_empty());
    let for_whom = instead.map(|name| format!(" for {name}")).unwrap_or_default();
    let in_place = instead.map(|name| format!(" instead of {name}")).unwrap_or_default();
    let note = reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    Some(match holder.kind {
        ShiftKind::Rotation => return None,
        ShiftKind::Cover => match &reason {
            Some(reason) => format!("covers {reason}{for_whom}"),
            None => format!("covers{for_whom}"),
        },
        ShiftKind::Backfill => format!("stands in{for_whom}{note}"),
        ShiftKind::Swap => format!("swapped{in_place}{note}"),
        ShiftKind::Proposal => format!("proposed{in_place}{note}"),
        ShiftKind::Override => format!("agreed{in_place}{note}"),
    })
}
