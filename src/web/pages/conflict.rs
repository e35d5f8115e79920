//! A conflict for those who must agree on it: who is away, who could take it and why, and how to record the agreement.

use maud::{Markup, html};

use super::agree::{anchor, deadline, reasons, sentence};
use super::coverage::{tone, when, word};
use super::people::People;
use super::words::{Wall, hours};
use crate::config::override_entry;
use crate::rota::{Candidate, Row};

/// The conflict of an open row.
pub(super) fn conflict(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    html! {
        article.card.conflict id=(anchor(row)) {
            h3 { (reasons(row)) ", " (when(people, row, wall)) }
            p { span class={ "tag " (tone(row.status)) } { (word(row.status)) } " " (deadline(row, wall)) (left(row, wall)) }
            p { (sentence(people, row)) @if let Some(seat) = row.secondary { " Secondary would be " (people.name(seat)) "." } }
            @if !row.candidates.is_empty() {
                h4 { "Who could take it, best first" }
                ol.candidates { @for candidate in &row.candidates { li { (self::candidate(people, candidate)) } } }
            }
            details {
                summary { "Record what you agree" }
                p {
                    "Paste this into " code { "teams/" (people.team().id) ".toml" } ", with whom the team agreed on and the day
                    it did. A holiday load is the hours somebody was primary for others, holidays of their own counting twice."
                }
                pre tabindex="0" { code data-copy="the override" { (override_entry(people.team(), row, wall.zone.date(wall.now))) } }
            }
        }
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
        @if candidate.is_free() { "free" } @else { "on holiday for " (hours(candidate.own_holiday_seconds)) " of it" }
        "; holiday load " (hours(candidate.load_before_seconds)) ", would be " (hours(candidate.load_after_seconds))
        "; " (hours(candidate.primary_seconds)) " as primary so far"
    }
}
