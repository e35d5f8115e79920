//! Who is on call now and what comes next, as people read it.

use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{EngineerIdx, Handover, Holder, Instant, Role, ShiftKind};
use crate::text::{clean, role_title};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::People;

/// Who holds each role, why and until when, each on a card.
pub(in crate::web) fn on_call(team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let schedule = team.near();
    let Some(duty) = schedule.on_call(wall.now) else {
        let starts = team.team().starts();
        return html! {
            p.lead { "Nobody is on call yet. The first duty change is on " (time(wall, starts)) "." }
        };
    };
    let is_uncovered = schedule.is_uncovered(duty);
    html! {
        @for role in Role::ALL {
            @let holder = duty.holder(role);
            div class={ "card duty " (role.as_str()) } {
                h3 { (role_title(role)) }
                @match holder {
                    Some(holder) => p.name { (people.person(holder.engineer)) },
                    None => p.name.none { "Nobody" },
                }
                (away(team, role, wall))
                @if let Some((holder, why)) = holder.and_then(|holder| Some((holder, why(people, holder, is_uncovered)?))) {
                    p.why {
                        // The text says that it is proposed.
                        @if holder.kind.is_tentative() && !is_uncovered { span.tag.warn { "Not agreed" } " " }
                        @else { (agreement_tag(Some(holder), is_uncovered)) }
                        (why)
                    }
                }
                @if let Some(until) = schedule.unchanged_until(&[role], wall.now) {
                    p.until { "until " (time(wall, until)) (then(team, people, role, until)) }
                }
            }
        }
    }
}

/// A warning that the holder of `role` is away, so that calling them may not help.
pub(in crate::web) fn away(team: &TeamSnapshot, role: Role, wall: Wall<'_>) -> Markup {
    let schedule = team.near();
    let holder = schedule.on_call(wall.now).and_then(|duty| duty.holder(role));
    html! {
        @if let Some(back) = schedule.away_until(team.team(), role, wall.now) {
            p.why {
                span.tag.late { "Away" } " until " (wall.moment(back))
                @if holder.is_some_and(|holder| holder.kind == ShiftKind::Override) { ", on call by agreement" }
                @else if role == Role::Secondary { ": no backup" }
            }
        }
    }
}

/// `, then Data Engineer D (Thanksgiving Day), alone`: who holds `role` from `instant` on.
pub(in crate::web) fn then(team: &TeamSnapshot, people: &People<'_>, role: Role, instant: Instant) -> Markup {
    let schedule = team.near();
    let next = schedule.on_call(instant);
    let holder = next.and_then(|duty| duty.holder(role));
    let is_uncovered = next.is_some_and(|duty| schedule.is_uncovered(duty));
    let is_alone = role == Role::Primary && next.is_some_and(|duty| duty.secondary.is_none());
    html! {
        @match holder {
            None => ", then nobody",
            Some(holder) => {
                ", then " (agreement_tag(Some(holder), is_uncovered)) (people.name(holder.engineer))
                @if let Some(why) = holder.why().map(clean).filter(|why| !why.is_empty()) { " (" (reasons(people, &why)) ")" }
                @if is_alone { ", alone" }
                @if schedule.away_until(team.team(), role, instant).is_some() { " " span.tag.late { "Away" } }
            }
        }
    }
}

/// A tag that a shift is only proposed, or not even covered, followed by a space.
pub(in crate::web) fn agreement_tag(holder: Option<&Holder>, is_uncovered: bool) -> Markup {
    html! {
        @if holder.is_some_and(|holder| holder.kind.is_tentative()) {
            @if is_uncovered { span.tag.late { "Not covered" } } @else { span.tag.warn { "Proposed" } }
            " "
        }
    }
}

/// The next weekly duty change, with who actually holds the roles from then on, and the handover meeting.
pub(in crate::web) fn next_change(team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let schedule = team.near();
    let next = schedule.weeks.iter().find(|planned| planned.week.period.start() > wall.now);
    let meeting = |handover: &&Handover| handover.period.end() > wall.now;
    html! {
        @if let Some(planned) = next {
            @let pair = (planned.week.pair.primary, Some(planned.week.pair.secondary));
            @let first = planned.duties.first();
            @let usual = planned.duties.iter().find(|duty| duty.hands() == pair);
            div.card.duty.next {
                h3 { "Next duty change" }
                p.when { (time(wall, planned.week.period.start())) }
                @if let Some(duty) = first {
                    p.why {
                        @let stays = schedule.on_call(wall.now).is_some_and(|now| now.primary.engineer == duty.primary.engineer);
                        (people.person(duty.primary.engineer)) @if stays { " stays primary" } @else { " takes over" }
                        @if let Some(why) = why(people, &duty.primary, planned.is_uncovered(duty.period)) { " (" (why) ")" }
                        (backed(people, duty.hands().1))
                        @if let Some(usual) = usual.filter(|usual| usual.period.start() > duty.period.start()) {
                            "; from " (wall.moment(usual.period.start())) " " (people.name(pair.0)) (backed(people, pair.1))
                        }
                    }
                }
                @if let Some(handover) = schedule.handovers.iter().find(meeting) {
                    p.until { "Handover meeting " (wall.span(handover.period)) (notice(handover)) }
                }
            }
        }
    }
}

/// `, with Data Engineer A as secondary` or `, alone`.
fn backed(people: &People<'_>, secondary: Option<EngineerIdx>) -> Markup {
    html! {
        @match secondary {
            Some(idx) => { ", with " (people.name(idx)) " as secondary" },
            None => ", alone",
        }
    }
}

/// A note that a meeting was moved, or that somebody is away during it.
pub(in crate::web) fn notice(handover: &Handover) -> Markup {
    html! {
        @if handover.moved { ", moved because somebody is away" }
        @if handover.flagged { " " span.tag.warn { "somebody is away" } }
    }
}

/// A moment with how far away it is, for people and machines.
pub(in crate::web) fn time(wall: Wall<'_>, instant: Instant) -> Markup {
    let ahead = wall.time_until(instant);
    html! {
        time datetime=(instant.format("%Y-%m-%dT%H:%M:%SZ")) { (wall.moment(instant)) }
        @if !ahead.is_empty() { " " span.ahead { "(" (ahead) ")" } }
    }
}

/// A tag if somebody is on call now, would be if the team agreed, or has left the team.
pub(in crate::web) fn now_on_call(team: &TeamSnapshot, idx: EngineerIdx, wall: Wall<'_>) -> Markup {
    let (schedule, engineer) = (team.near(), team.team().engineer(idx));
    let left = engineer.left.filter(|_| engineer.has_left(wall.now));
    let held = schedule.on_call(wall.now).and_then(|duty| {
        let mut held = Role::ALL.into_iter().filter_map(|role| Some((role, duty.holder(role)?)));
        let (role, holder) = held.find(|(_, holder)| holder.engineer == idx)?;
        Some((role.as_str(), holder.kind.is_tentative(), schedule.is_uncovered(duty)))
    });
    html! {
        @if let Some(left) = left { span.tag.plain { "left on " (wall.date(left)) } }
        @match held {
            None => {},
            Some((role, false, _)) => span.tag.ok { (role) " on call" },
            Some((role, true, false)) => span.tag.warn { "proposed as " (role) },
            Some((role, true, true)) => span.tag.late { (role) " for now, not covered" },
        }
    }
}

/// Why somebody holds a role otherwise than by the rotation. `is_uncovered`: nobody is free to take it.
pub(in crate::web) fn why(people: &People<'_>, holder: &Holder, is_uncovered: bool) -> Option<Markup> {
    let [before, reason, after] = explained(people, holder, is_uncovered)?;
    Some(html! { (before) @if !reason.is_empty() { (reasons(people, &reason)) } (after) })
}

/// The same as plain text.
pub(in crate::web) fn why_text(people: &People<'_>, holder: &Holder, is_uncovered: bool) -> Option<String> {
    let [before, reason, after] = explained(people, holder, is_uncovered)?;
    let reason = match reason.is_empty() {
        true => String::new(),
        false => people.holidays().reasons_text(&reason.split(", ").collect::<Vec<_>>()),
    };
    Some(format!("{before}{reason}{after}"))
}

/// The names in a shift's reason, which the rota joins with commas.
fn reasons(people: &People<'_>, reason: &str) -> Markup {
    people.holidays().reasons(&reason.split(", ").collect::<Vec<_>>())
}

/// The text before the reason, the reason itself, which may be empty, and the text after it.
fn explained(people: &People<'_>, holder: &Holder, is_uncovered: bool) -> Option<[String; 3]> {
    let instead = holder.instead_of.map(|idx| people.within(idx));
    let reason = holder.reason.as_deref().map(clean).unwrap_or_default();
    let for_whom = instead.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    let in_place = instead.as_ref().map(|name| format!(" instead of {name}")).unwrap_or_default();
    let noted = |before: String| match reason.is_empty() {
        true => [before, String::new(), String::new()],
        false => [format!("{before} ("), reason.clone(), ")".to_owned()],
    };
    Some(match holder.kind {
        ShiftKind::Rotation => return None,
        // A swap that leaves somebody where the rotation has them does not concern them.
        ShiftKind::Swap if instead.is_none() => return None,
        ShiftKind::Cover if reason.is_empty() => noted(format!("covers{for_whom}")),
        ShiftKind::Cover => ["covers ".to_owned(), reason, for_whom],
        ShiftKind::Backfill => noted(format!("stands in{for_whom}")),
        ShiftKind::Swap => {
            let colon = if reason.is_empty() { "" } else { ": " };
            [format!("{} (swap{colon}", in_place.trim_start()), reason, ")".to_owned()]
        }
        ShiftKind::Proposal if is_uncovered => noted("keeps it, since nobody is free".to_owned()),
        ShiftKind::Proposal => noted(format!("proposed{in_place}")),
        ShiftKind::Override => noted(format!("agreed{in_place}")),
    })
}
