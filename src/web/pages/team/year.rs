//! A year of the rota as twelve small months: who is primary at noon of each day, on the reader's clock.

use chrono::{Datelike, NaiveDate, NaiveTime};
use maud::{Markup, html};

use super::month::holiday;
use super::toolbar::Choice;
use crate::rota::{Absences, Duty, Schedule};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::{People, class};

const WEEKDAYS: [(&str, &str); 7] = [
    ("M", "Monday"),
    ("T", "Tuesday"),
    ("W", "Wednesday"),
    ("T", "Thursday"),
    ("F", "Friday"),
    ("S", "Saturday"),
    ("S", "Sunday"),
];

/// What is drawn, and how it is read.
pub(in crate::web) struct Year<'a> {
    pub(in crate::web) people: &'a People<'a>,
    pub(in crate::web) schedule: &'a Schedule,
    pub(in crate::web) choice: Choice<'a>,
    pub(in crate::web) wall: Wall<'a>,
}

impl Year<'_> {
    /// The months.
    pub(in crate::web) fn markup(&self) -> Markup {
        let (team, view) = (self.people.team(), self.choice.view);
        let absences: Vec<Absences> = Absences::of_all(&team.engineers, view.period);
        let months = (1..=12).filter_map(|month| view.first.with_month(month));
        html! {
            h3.month-name { (view.first.year()) }
            ul.people aria-label="People" { @for idx in team.indices() { li { (self.people.person(idx)) } } }
            div.year { @for first in months { (self.month(first, &absences)) } }
            p.fine { "Each day has the initials of whoever is primary at noon. Dashed: to agree. Underlined: somebody’s public holiday." }
        }
    }

    fn month(&self, first: NaiveDate, absences: &[Absences]) -> Markup {
        let today = self.wall.zone.date(self.wall.now);
        let days: Vec<NaiveDate> =
            first.iter_days().take_while(|date| date.month() == first.month()).collect();
        let blank = first.weekday().num_days_from_monday() as usize;
        let cells: Vec<Option<NaiveDate>> =
            std::iter::repeat_n(None, blank).chain(days.into_iter().map(Some)).collect();
        html! {
            table.small-month {
                caption { a href=(self.choice.month(first)) { (first.format("%B")) } }
                thead { tr { @for (letter, name) in WEEKDAYS { th scope="col" abbr=(name) { (letter) } } } }
                tbody {
                    @for week in cells.chunks(7) {
                        tr { @for cell in week { (self.day(*cell, today, absences)) } }
                    }
                }
            }
        }
    }

    fn day(&self, date: Option<NaiveDate>, today: NaiveDate, absences: &[Absences]) -> Markup {
        let Some(date) = date else { return html! { td {} } };
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let duty: Option<&Duty> = self.schedule.on_call(self.wall.zone.instant(date.and_time(noon)));
        let is_today = date == today;
        let name = holiday(self.people, absences, date).map(|holiday| holiday.title(self.people));
        html! {
            @match duty {
                None => td { (date.day()) },
                Some(duty) => {
                    @let idx = duty.primary.engineer;
                    @let is_tried = duty.primary.kind.is_tentative();
                    td class={ (class(idx)) @if is_tried { " try" } @if is_today { " today" } @if name.is_some() { " hol" } } title=[name] {
                        b { (date.day()) } " " span { (self.people.initials(idx)) }
                    }
                },
            }
        }
    }
}
