//! A conflict for those who must agree on it: who is away, who could take it and why, and how to record the agreement.

use maud::{Markup, html};

use crate::config::override_entry;
use crate::rota::{Candidate, Row};
use crate::text::hours_grouped;
use crate::web::pages::kit::agreement::{anchor, deadline, reasons, sentence};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::status::tag;

/// The conflict of an open row.
pub(in crate::web) fn conflict(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    html! {
        article.card.conflict id=(anchor(row)) {
            h3 { (reasons(row)) ", " (when(people, row, wall)) }
            p { (tag(row.status)) " " (deadline(row, wall)) (left(row, wall)) }
            p { (sentence(people, row)) @if let Some(seat) = row.secondary { " Secondary would be " (people.name(seat)) "." } }
            @if !row.candidates.is_empty() {
                h4 { "Who could take it, best first" }
                ol.candidates { @for candidate in &row.candidates { li { (self::candidate(people, candidate)) } } }
            }
            details {
                summary { "Record what you agree" }
                p {
                    "Paste this into " code { "teams/" (people.team().id) ".toml" } ", with whom the team agreed on and the day
                    it did."
                }
                pre tabindex="0" { code data-copy="the override" { (override_entry(people.team(), row, people.team().zone.date(wall.now))) } }
            }
        }
    }
}

/// The dates of a whole day where the person lives; the reader's times beside them where they are others.
fn when(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    let there = wall.days_in(&people.team().engineer(row.away).zone, row.period);
    html! {
        @if let Some(there) = there { (there) br; small { (wall.span(row.period)) } } @else { (wall.span(row.period)) }
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

/// `free; holiday load 24 h, would be 48 h; 336 h as primary so far`.
fn candidate(people: &People<'_>, candidate: &Candidate) -> Markup {
    html! {
        (people.person(candidate.engineer)) ": "
        @if candidate.is_free() { "free" } @else { "on holiday for " (hours_grouped(candidate.own_holiday_seconds)) " of it" }
        "; holiday load " (hours_grouped(candidate.load_before_seconds)) ", would be " (hours_grouped(candidate.load_after_seconds))
        "; " (hours_grouped(candidate.primary_seconds)) " as primary so far"
    }
}
