//! An occasion (R11) in the words of a page: what it is, who is away, and who is on call through it.
//!
//! The words are those of `text`; here names are links, and holidays have their English names.

use chrono::Datelike;
use maud::{Markup, PreEscaped, html};

use crate::rota::{Occasion, OccasionKind, ProposalStatus, Row, RowStatus, Zone};
use crate::text::{clean, count, on_call_holders, on_call_in_turn};
use crate::web::pages::kit::agreement::urgency;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::status::tag;

/// `Christmas Day + 1` or `Time off of Data Engineer B`.
pub(in crate::web) fn title(people: &People<'_>, occasion: &Occasion) -> Markup {
    html! {
        @match &occasion.kind {
            OccasionKind::Holiday { name, others } => {
                @let others = others.iter().filter(|other| !clean(other).is_empty()).count();
                (people.holidays().markup(name)) @if others > 0 { " + " (others) }
            },
            OccasionKind::TimeOff(idx) => { "Time off of " (people.name(*idx)) },
        }
    }
}

/// Its dates, and the reader's times beside them if it is not whole days on the reader's clock.
pub(in crate::web) fn when(occasion: &Occasion, wall: Wall<'_>) -> Markup {
    let here = wall.span(occasion.period);
    html! {
        (dates(occasion, wall))
        @if here != wall.dates(occasion.first, occasion.last) { " " small { (here) } }
    }
}

/// `Fri 25 Dec`, `Thu 24 – Fri 25 Dec` or `Thu 31 Dec – Fri 1 Jan 2027`.
pub(in crate::web) fn dates(occasion: &Occasion, wall: Wall<'_>) -> String {
    let (first, last) = (occasion.first, occasion.last);
    let is_one_month = (first.year(), first.month()) == (last.year(), last.month());
    match first == last || !is_one_month {
        true => wall.dates(first, last),
        false => format!("{} – {}", first.format("%a %-d"), wall.date(last)),
    }
}

/// Who of those on duty is away, who works on a holiday of their own, and how many others are away.
pub(in crate::web) fn away(people: &People<'_>, occasion: &Occasion) -> Markup {
    let Occasion { away, working, unaffected, .. } = occasion;
    html! {
        @if !away.is_empty() { (people.list(away)) " away" }
        @if !working.is_empty() {
            @if !away.is_empty() { "; " }
            (people.list(working)) " on call on their holiday"
        }
        @if occasion.is_unaffected() { (people.list(unaffected)) " away, not on duty" }
        @else if !unaffected.is_empty() { "; " (count(unaffected.len(), "other", "others")) " away, not on duty" }
    }
}

/// Who is on call through it, in order, on the clock of `zone`.
pub(in crate::web) fn on_call(people: &People<'_>, occasion: &Occasion, zone: &Zone) -> Markup {
    // Between the names are words and times only, which need no escape.
    PreEscaped(on_call_in_turn(occasion, zone, |idx| people.name(idx).into_string()))
}

/// Every part of it with its times, and who holds the roles in it.
pub(in crate::web) fn hours(people: &People<'_>, occasion: &Occasion, wall: Wall<'_>) -> Markup {
    let holders = |held| PreEscaped(on_call_holders(held, |idx| people.name(idx).into_string()));
    html! {
        ul.hours {
            @for held in &occasion.on_call { li { b { (wall.span(held.period)) } " " (holders(held)) } }
        }
    }
}

/// Its status: what is to be agreed with its urgency, else its worst status.
pub(in crate::web) fn state_tag(occasion: &Occasion, wall: Wall<'_>) -> Markup {
    let urgent =
        occasion.open_rows(wall.now).min_by_key(|row| (row.status != RowStatus::Nobody, row.deadline));
    let worst = occasion.status(wall.now);
    html! {
        @match urgent {
            Some(row) => (urgency(row, wall)),
            None if worst.is_open() => span.tag.plain { "Never agreed" },
            None => (tag(worst)),
        }
    }
}

/// Where the coverage page shows an occasion.
pub(in crate::web) fn anchor(people: &People<'_>, occasion: &Occasion) -> String {
    let first = occasion.first.format("%Y%m%d");
    match occasion.kind {
        OccasionKind::Holiday { .. } => format!("o{first}"),
        OccasionKind::TimeOff(idx) => format!("o{first}-{}", people.team().engineer(idx).id),
    }
}

/// The effect of an absence that is not open, in a few words.
pub(in crate::web) fn outcome(people: &People<'_>, row: &Row) -> Markup {
    let hands = html! {
        (people.name(row.primary))
        @if row.primary == row.away { " stays primary; " } @else { " is primary for " (people.name(row.away)) "; " }
        @match row.secondary {
            Some(idx) => { (people.name(idx)) " is secondary" },
            None => "no secondary",
        }
    };
    html! {
        @match row.status {
            RowStatus::Covered => (hands),
            RowStatus::Agreed | RowStatus::AgreedLate => {
                (hands)
                @if let Some(date) = row.agreed_on { ", agreed on " (date.format("%-d %b %Y")) }
            },
            RowStatus::Proposed | RowStatus::NeedsVolunteer => { "was never agreed; " (people.name(row.primary)) " was proposed" },
            RowStatus::Nobody => { "was never agreed; " (people.name(row.primary)) " kept the primary role" },
            RowStatus::Reported => { (people.name(row.away)) " stays primary: time off does not change who is on call in this team" },
            RowStatus::NoBackup => {
                (people.name(row.away)) " is secondary and away: " (people.name(row.primary)) " has no backup"
            },
            RowStatus::Backfilled => {
                @if let Some(secondary) = row.secondary { (people.name(secondary)) " stands in for " (people.name(row.away)) " as secondary" }
            },
            RowStatus::Working => { (people.name(row.away)) " as " (works_as(row)) },
            RowStatus::Unaffected => { (people.name(row.away)) " is not on call" },
        }
    }
}

/// The role in which somebody works on a holiday of their own.
fn works_as(row: &Row) -> Markup {
    html! {
        @if row.primary == row.away { "primary" } @else { "secondary" }
        @match row.proposal {
            Some(ProposalStatus::Nobody) => ", since nobody is free",
            Some(_) => ", if the team agrees",
            None => "",
        }
    }
}
