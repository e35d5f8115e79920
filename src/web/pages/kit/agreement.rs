//! What a team has still to agree on, and whose holidays nobody knows.

use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{Coverage, Instant, Row, RowStatus, UnknownHolidays};
use crate::text::{by_calendar, clean, count};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::People;

/// So many are told on the team's own page; the coverage page has all.
const MAX_ROWS: usize = 3;

/// The rows of `coverage` that are to be agreed and not over at `now`, the nearest first.
pub(in crate::web) fn open(coverage: &Coverage, now: Instant) -> Vec<&Row> {
    coverage.rows.iter().filter(|row| row.status.is_open() && now < row.period.end()).collect()
}

/// The nearest open rows, each with its deadline, and the way to the rest.
pub(in crate::web) fn to_agree(team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let open = open(team.coverage(), wall.now);
    let overdue = open.iter().any(|row| row.is_overdue(wall.now));
    html! {
        @if !open.is_empty() {
            section.agree.late[overdue] aria-labelledby="agree" {
                h2 #agree { (count(open.len(), "absence needs", "absences need")) " the team’s agreement" }
                ul {
                    @for row in open.iter().take(MAX_ROWS) {
                        li { b { (wall.span(row.period)) } ": " (sentence(people, row)) " " (deadline(row, wall)) }
                    }
                }
                p {
                    a href={ "coverage" (wall.kept(people.team())) "#" (anchor(open[0])) } {
                        @if open.len() > MAX_ROWS { "All " (open.len()) ", with candidates" } @else { "Candidates, and how to record what you agree" }
                    }
                }
            }
        }
    }
}

/// Who is away when and why, and who is proposed.
pub(in crate::web) fn sentence(people: &People<'_>, row: &Row) -> Markup {
    html! {
        (people.name(row.away)) " is primary and away (" (reasons(row)) ")"
        @match row.status {
            RowStatus::Nobody => { ". Not covered: nobody is free, and " (people.name(row.primary)) " keeps the role for now." }
            RowStatus::NeedsVolunteer => { ". Everybody has a holiday; " (people.name(row.primary)) " is proposed." }
            _ => { ". " (people.name(row.primary)) " is proposed." }
        }
    }
}

/// By when the team must agree.
pub(in crate::web) fn deadline(row: &Row, wall: Wall<'_>) -> Markup {
    html! {
        @if let Some(deadline) = row.deadline {
            @if row.is_overdue(wall.now) { span.tag.late { "Overdue since " (wall.moment(deadline)) } }
            @else { span.tag.warn { "Agree by " (wall.moment(deadline)) } }
        }
    }
}

/// The names of the absences.
pub(in crate::web) fn reasons(row: &Row) -> String {
    clean(&row.reasons.join(", "))
}

/// Where the coverage page tells of a row.
pub(in crate::web) fn anchor(row: &Row) -> String {
    format!("c{}", row.period.start().format("%Y%m%dT%H%M"))
}

/// Whose holidays are not known: there, silence does not mean that there are none.
pub(in crate::web) fn unknown(unknown: &[UnknownHolidays], people: &People<'_>) -> Markup {
    html! {
        @if !unknown.is_empty() {
            section.note aria-label="Holidays not known" {
                ul {
                    @for unknown in by_calendar(unknown) {
                        li {
                            "Holidays of " (people.list(&unknown.engineers)) " are not known" (unknown.why())
                            ". A date without an entry may be a holiday all the same."
                        }
                    }
                }
            }
        }
    }
}
