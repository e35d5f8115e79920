//! What folds out of an occasion: who is on call hour by hour, and the effect of each of its absences (R10).

use maud::{Markup, html};

use crate::rota::{Instant, Line, Occasion, Row, RowStatus, lines};
use crate::web::pages::kit::agreement::{anchor, sentence, urgency};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::occasion::{hours, outcome};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::status::tag;

/// How absences are read.
#[derive(Clone, Copy)]
pub(in crate::web) struct Absences<'a> {
    pub(in crate::web) people: &'a People<'a>,
    /// The clock, which leaves out the year of the month's heading.
    pub(in crate::web) wall: Wall<'a>,
    pub(in crate::web) now: Instant,
}

impl Absences<'_> {
    /// Those of `occasion`.
    pub(in crate::web) fn of(self, occasion: &Occasion) -> Markup {
        html! {
            (hours(self.people, occasion, self.wall))
            ul.happens {
                @for line in lines(&occasion.rows) { li.(line.row.status.as_str()) { (self.line(&line)) } }
            }
        }
    }

    fn line(self, line: &Line<'_>) -> Markup {
        let (people, row) = (self.people, line.row);
        let is_open = row.status.is_open() && self.now < row.period.end();
        html! {
            b { (self.wall.span(row.period)) } " " (tag(row.status)) " "
            @if is_open { (self.open(row)) }
            @else if row.status == RowStatus::Unaffected { (people.list(&line.away)) }
            @else { (outcome(people, row)) }
            @if !is_open { " (" (people.holidays().reasons(&row.reasons)) ")" }
        }
    }

    fn open(self, row: &Row) -> Markup {
        let wall = self.wall.at(self.now);
        let link = if row.candidates.is_empty() { "What to do" } else { "Who could take it" };
        html! { (sentence(self.people, row)) " " (urgency(row, wall)) " " a href={ "#" (anchor(row)) } { (link) } }
    }
}
