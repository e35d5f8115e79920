//! A conflict for those who must agree on it: who is away, who could take it and why, and how to record the agreement.

use maud::{Markup, html};

use crate::config::override_entry;
use crate::rota::{Candidate, EngineerIdx, Row, RowStatus};
use crate::text::{hours_grouped, reasons};
use crate::web::pages::kit::agreement::{anchor, sentence, urgency};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::People;

/// The conflict of an open row.
pub(in crate::web) fn conflict(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    html! {
        article.card.conflict.late[row.status == RowStatus::Nobody || row.is_overdue(wall.now)] id=(anchor(row)) {
            h3 { (reasons(&row.reasons)) ", " (when(people, row, wall)) }
            p { (urgency(row, wall)) (left(row, wall)) }
            p {
                (sentence(people, row))
                @match row.secondary {
                    Some(seat) => { " Secondary would be " (people.name(seat)) "." },
                    None => " Nobody would be secondary.",
                }
            }
            @if row.candidates.is_empty() { p { "Nobody in the team is free then. Find somebody, and record it as below." } }
            @else { (candidates(people, &row.candidates)) }
            (entries(people, row, wall))
        }
    }
}

/// The dates of a whole day where the person lives; the reader's times beside them where they are others.
fn when(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    let there = wall.days_in(&people.team().engineer(row.away).zone, row.period);
    html! {
        @if let Some(there) = there { (there) " " small { (wall.span(row.period)) } } @else { (wall.span(row.period)) }
    }
}

fn left(row: &Row, wall: Wall<'_>) -> Markup {
    html! {
        @match row.days_left(wall.now) {
            Some(0) if !row.is_overdue(wall.now) => " less than a day left",
            Some(1) => " 1 day left",
            Some(days @ 2..) => { " " (days) " days left" },
            _ => "",
        }
    }
}

fn candidates(people: &People<'_>, candidates: &[Candidate]) -> Markup {
    html! {
        table.stack.candidates {
            caption { "Who could take it, best first" }
            thead {
                tr { th scope="col" { "Who" } th scope="col" { "Free" } th scope="col" { "Holiday load now" } th scope="col" { "If they take it" } th scope="col" { "Primary so far" } }
            }
            tbody {
                @for candidate in candidates {
                    tr {
                        th scope="row" { (people.person(candidate.engineer)) }
                        td {
                            @if candidate.is_free() { "free" }
                            @else { "own holiday for " (hours_grouped(candidate.own_holiday_seconds)) }
                        }
                        td { span.narrow { "holiday load " } (hours_grouped(candidate.load_before_seconds)) }
                        td { span.narrow { "would be " } (hours_grouped(candidate.load_after_seconds)) }
                        td { span.narrow { "primary so far " } (hours_grouped(candidate.primary_seconds)) }
                    }
                }
            }
        }
    }
}

/// The entry to paste for each candidate.
fn entries(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    let team = people.team();
    let today = team.zone.date(wall.now);
    let entry = |row: &Row| {
        html! {
            pre tabindex="0" { code { (override_entry(team, row, today)) } }
        }
    };
    html! {
        div.entries {
            h4 { "Record what you agree" }
            p { "Paste the entry into " code { "teams/" (team.id) ".toml" } ", with the date on which the team agreed." }
            @if row.candidates.is_empty() { (entry(row)) }
            @for candidate in &row.candidates {
                details {
                    summary { "Entry for " (people.plain(candidate.engineer)) }
                    div.copied data-copy={ "the entry for " (people.within(candidate.engineer)) } { (entry(&with(row, candidate.engineer))) }
                }
            }
        }
    }
}

/// `row` as if `primary` was proposed; by R6 the first other candidate without a holiday is secondary.
fn with(row: &Row, primary: EngineerIdx) -> Row {
    let mut others = row.candidates.iter().filter(|other| other.engineer != primary && other.is_free());
    let secondary = others.next().map(|other| other.engineer);
    Row { status: RowStatus::Proposed, primary, secondary, ..row.clone() }
}
