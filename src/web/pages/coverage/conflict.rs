//! A conflict for those who must agree on it: who is away, who could take it and why, and how to record the agreement.

use maud::{Markup, html};

use crate::config::override_entry;
use crate::rota::{Candidate, EngineerIdx, Occasion, Row, RowStatus};
use crate::text::{agree_command, hours_grouped};
use crate::web::pages::kit::agreement::{anchor, is_soon, sentence, urgency};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::People;

/// The conflicts of a team, and how they are read.
#[derive(Clone, Copy)]
pub(in crate::web) struct Conflicts<'a> {
    pub(in crate::web) people: &'a People<'a>,
    pub(in crate::web) wall: Wall<'a>,
    /// All open conflicts, whatever the filter.
    pub(in crate::web) open: &'a [&'a Row],
}

impl Conflicts<'_> {
    /// The conflict of an open row, with its times unless these are those of the whole `occasion`. The candidates for
    /// one that is to be agreed long ahead are folded.
    pub(in crate::web) fn conflict(self, row: &Row, occasion: &Occasion) -> Markup {
        let (people, wall) = (self.people, self.wall);
        let is_whole = row.period == occasion.period;
        let is_same_deadline = occasion.open_rows(wall.now).all(|other| other.deadline == row.deadline);
        html! {
            section.conflict id=(anchor(row)) {
                @if !is_whole {
                    h4 { (when(people, row, wall)) @if !is_same_deadline { " " (urgency(row, wall)) } }
                }
                p {
                    (sentence(people, row))
                    @if row.status != RowStatus::Nobody {
                        @match row.secondary {
                            Some(idx) => { " Secondary would be " (people.name(idx)) "." },
                            None => " Nobody would be secondary.",
                        }
                    }
                }
                @if let Some(first) = row.candidates.first() {
                    p.record {
                        "Once you have agreed: "
                        code { (self.command(row, first.engineer)) }
                        ", or an entry in the team’s file."
                    }
                }
                @if row.candidates.is_empty() { (self.nobody(row)) }
                @else if is_soon(row, wall.now) { (self.candidates(row)) }
                @else { details { summary { "Who could take it" } (self.candidates(row)) } }
            }
        }
    }

    fn nobody(self, row: &Row) -> Markup {
        html! {
            p { "Nobody in the team is free then. Find somebody, and record it in " code { "teams/" (self.people.team().id) ".toml" } ":" }
            div.copied data-copy="the entry" { (self.entry(row)) }
        }
    }

    /// The candidates, each with the entry and the command that record them.
    fn candidates(self, row: &Row) -> Markup {
        let people = self.people;
        html! {
            table.stack.candidates {
                caption { "Who could take it, best first" }
                thead {
                    tr { th scope="col" { "Who" } th scope="col" { "That time" } th scope="col" { "Holiday load now" } th scope="col" { "If they take it" } th scope="col" { "Primary so far" } th scope="col" { "Record it" } }
                }
                tbody {
                    @for candidate in &row.candidates {
                        tr {
                            th scope="row" { (people.person(candidate.engineer)) }
                            td { (that_time(candidate, row)) }
                            td { span.narrow { "holiday load " } (hours_grouped(candidate.load_before_seconds)) }
                            td { span.narrow { "would be " } (hours_grouped(candidate.load_after_seconds)) }
                            td { span.narrow { "primary so far " } (hours_grouped(candidate.primary_seconds)) }
                            td { (self.record(row, candidate.engineer)) }
                        }
                    }
                }
            }
        }
    }

    /// The entry to paste and the command that writes the same, for one candidate.
    fn record(self, row: &Row, idx: EngineerIdx) -> Markup {
        let people = self.people;
        let (team, name) = (people.team(), people.within(idx));
        html! {
            details.entry {
                summary { "Entry" span.hidden { " for " (name) } }
                p { "Add to " code { "teams/" (team.id) ".toml" } ", with the date on which you agreed:" }
                div.copied data-copy={ "the entry for " (name) } { (self.entry(&with(row, idx))) }
                p { "Or run" }
                div.copied data-copy={ "the command for " (name) } {
                    pre tabindex="0" { code { (self.command(row, idx)) } }
                }
            }
        }
    }

    fn command(self, row: &Row, idx: EngineerIdx) -> String {
        let team = self.people.team();
        agree_command(
            team,
            row.period,
            team.engineer(idx).id.as_str(),
            self.open.iter().map(|row| row.period),
        )
    }

    fn entry(self, row: &Row) -> Markup {
        let team = self.people.team();
        let text = override_entry(team, row, team.zone.date(self.wall.now));
        html! { pre tabindex="0" { code { (text) } } }
    }
}

/// The dates of whole days where the person lives, and the reader's times beside them if they differ.
fn when(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    let there = wall.days_in(&people.team().engineer(row.away).zone, row.period);
    html! {
        @if let Some(there) = there { (there) " " small { (wall.span(row.period)) } } @else { (wall.span(row.period)) }
    }
}

/// How long the team has to agree on the first of the open conflicts of `occasion`.
pub(in crate::web) fn left(occasion: &Occasion, wall: Wall<'_>) -> Option<String> {
    let first = occasion.open_rows(wall.now).min_by_key(|row| row.deadline)?;
    match first.days_left(wall.now)? {
        0 if !first.is_overdue(wall.now) => Some("less than a day left".to_owned()),
        1 => Some("1 day left".to_owned()),
        days @ 2.. => Some(format!("{days} days left")),
        _ => None,
    }
}

fn that_time(candidate: &Candidate, row: &Row) -> String {
    match candidate.own_holiday_seconds {
        0 => "free".to_owned(),
        own if own == row.period.seconds() => "own holiday".to_owned(),
        own => format!("own holiday for {}", hours_grouped(own)),
    }
}

/// `row` as if `primary` was proposed.
fn with(row: &Row, primary: EngineerIdx) -> Row {
    Row { status: RowStatus::Proposed, primary, secondary: row.backup_for(primary), ..row.clone() }
}
