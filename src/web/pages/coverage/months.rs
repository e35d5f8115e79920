//! The occasions of a coverage in a table a month: a line for each, with the effect of every absence folded.

use chrono::Datelike;
use maud::{Markup, html};

use super::absences::Absences;
use crate::rota::Occasion;
use crate::text::count;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::occasion::{anchor, away, dates, on_call, state_tag, title, when};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::strip::strip;

/// What is shown of occasions, and how it is read.
#[derive(Clone, Copy)]
pub(in crate::web) struct Months<'a> {
    pub(in crate::web) people: &'a People<'a>,
    pub(in crate::web) wall: Wall<'a>,
    /// Whether absences without effect are unfolded: if a filter asks for them.
    pub(in crate::web) is_unfolded: bool,
}

impl<'a> Months<'a> {
    /// The tables of `occasions`, which are by first date.
    pub(in crate::web) fn tables(self, occasions: &[&Occasion]) -> Markup {
        let month = |occasion: &Occasion| (occasion.first.year(), occasion.first.month());
        html! {
            @for of_month in occasions.chunk_by(|one, other| month(one) == month(other)) {
                @let (idle, met): (Vec<&Occasion>, Vec<&Occasion>) = of_month.iter().partition(|occasion| occasion.is_unaffected());
                h3.in-month { (of_month[0].first.format("%B %Y")) }
                @if !met.is_empty() { (self.table(&met)) }
                @if !idle.is_empty() { (self.idle(&idle)) }
            }
        }
    }

    fn table(self, occasions: &[&Occasion]) -> Markup {
        html! {
            table.stack.coverage {
                thead {
                    tr {
                        th scope="col" { "When" } th scope="col" { "Holiday or time off" } th scope="col" { "On call through it" }
                        th scope="col" { "Status" }
                    }
                }
                tbody { @for occasion in occasions { (self.line(occasion)) } }
            }
        }
    }

    fn line(self, occasion: &Occasion) -> Markup {
        let (people, wall) = (self.people, self.dated(occasion));
        html! {
            tr {
                td.when { (when(occasion, wall)) }
                th scope="row" { (title(people, occasion)) " " small { (away(people, occasion)) } }
                td { p.held { span.narrow { "On call: " } (on_call(people, occasion, wall.zone)) } (strip(people, occasion)) }
                td {
                    (state_tag(occasion, self.wall))
                    @if occasion.needs_somebody(self.wall.now) { " " a href={ "#" (anchor(people, occasion)) } { (self.offer(occasion)) } }
                    details.hour-by-hour { summary { "Hour by hour" } (Absences { people, wall, now: self.wall.now }.of(occasion)) }
                }
            }
        }
    }

    /// The year goes without saying under the head of its month.
    fn dated(self, occasion: &Occasion) -> Wall<'a> {
        Wall::new(self.wall.zone, self.wall.zone.first_instant(occasion.first))
    }

    fn offer(self, occasion: &Occasion) -> &'static str {
        let can_be_taken = occasion.open_rows(self.wall.now).any(|row| !row.candidates.is_empty());
        if can_be_taken { "Who could take it" } else { "What to do" }
    }

    /// Holidays of people who are not on duty then.
    fn idle(self, occasions: &[&Occasion]) -> Markup {
        html! {
            details.idle open[self.is_unfolded] {
                summary { (count(occasions.len(), "holiday", "holidays")) " of people who are not on duty then" }
                ul.unaffected {
                    @for occasion in occasions {
                        li {
                            b { (dates(occasion, self.dated(occasion))) } " "
                            (title(self.people, occasion)) ": " (self.people.list(&occasion.unaffected))
                        }
                    }
                }
            }
        }
    }
}
