//! A month of the rota as a calendar on the wall: its weeks from Monday to Sunday, on the reader's clock.

use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};
use maud::{Markup, html};

use super::bars::Bars;
use super::lanes::{self, Piece};
use super::weeks::{is_weekend, legend};
use crate::rota::{Absences, Instant, Period, PlannedWeek, Role, Schedule, Zone};
use crate::text::role_title;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::grid::{STEPS, Span};
use crate::web::pages::kit::people::People;
use crate::web::pages::team::view::View;

const STEPS_OF_DAY: i64 = STEPS / 7;
const SECONDS_OF_STEP: i64 = 24 * 3600 / STEPS_OF_DAY;
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// What is drawn, and how it is read.
pub(in crate::web) struct Month<'a> {
    pub(in crate::web) people: &'a People<'a>,
    pub(in crate::web) schedule: &'a Schedule,
    pub(in crate::web) view: View,
    pub(in crate::web) wall: Wall<'a>,
}

/// Seven dates from a Monday on.
struct Row {
    monday: NaiveDate,
    period: Period,
}

impl Month<'_> {
    /// The calendar.
    pub(in crate::web) fn markup(&self) -> Markup {
        let (team, period) = (self.people.team(), self.view.period);
        let absences: Vec<Absences> = Absences::of_all(&team.engineers, period);
        html! {
            h3.month-name { (self.view.first.format("%B %Y")) }
            div.month {
                ol.weekdays aria-hidden="true" { @for day in WEEKDAYS { li { (day) } } }
                ol.rows {
                    @for row in rows(self.wall.zone, period) {
                        li.lanes {
                            (self.days(&row, &absences))
                            @for role in Role::ALL { (self.lane(role, &row)) }
                        }
                    }
                }
            }
            (legend())
        }
    }

    fn days(&self, row: &Row, absences: &[Absences]) -> Markup {
        let today = self.wall.zone.date(self.wall.now);
        html! {
            ol.days {
                @for (place, date) in (0..7).zip(row.monday.iter_days()) {
                    @let span = Span::new(place * STEPS_OF_DAY, (place + 1) * STEPS_OF_DAY);
                    @let is_out = (date.year(), date.month()) != (self.view.first.year(), self.view.first.month());
                    li class={ (span.class()) @if is_weekend(date) { " end" } @if is_out { " out" } @if date == today { " today" } } {
                        time datetime=(date) aria-current=[(date == today).then_some("date")] {
                            (date.day()) @if date.day() == 1 { (date.format(" %b")) }
                        }
                        @if let Some(holiday) = holiday(self.people, absences, date) {
                            span.hol title=(holiday.title(self.people)) { (self.people.holidays().markup(&holiday.name)) (holiday.rest()) }
                        }
                    }
                }
            }
        }
    }

    fn lane(&self, role: Role, row: &Row) -> Markup {
        let team = self.people.team();
        let bars = Bars { people: self.people, wall: self.wall };
        let place = |piece: &Piece<'_>| self.place(row, piece.period);
        let weeks = self.schedule.weeks.iter().filter(|planned| planned.week.period.overlaps(row.period));
        let pieces = |planned| -> Vec<Piece<'_>> {
            match role {
                Role::Primary => lanes::primary(planned),
                Role::Secondary => lanes::secondary(team, self.schedule, planned),
            }
        };
        html! {
            ul class={ "lane " (role.as_str()) } aria-label=(role_title(role)) {
                @for planned in weeks {
                    @let planned: &PlannedWeek = planned;
                    (bars.lane(role, &pieces(planned), planned, place))
                }
            }
        }
    }

    /// Where a period lies in a row by the clock on the wall, and whether it began before the row.
    fn place(&self, row: &Row, period: Period) -> Option<(Span, bool)> {
        let part = period.intersection(row.period)?;
        let step = |instant: Instant| step(row.monday, self.wall.zone.local(instant));
        let is_continued = period.start() < row.period.start();
        Some((Span::new(step(part.start()), step(part.end())), is_continued))
    }
}

/// Half hours of the wall clock from the first instant of `monday` on, rounded.
fn step(monday: NaiveDate, local: NaiveDateTime) -> i64 {
    let days = (local.date() - monday).num_days();
    let seconds = (local - local.date().and_time(chrono::NaiveTime::MIN)).num_seconds();
    days * STEPS_OF_DAY + (seconds + SECONDS_OF_STEP / 2) / SECONDS_OF_STEP
}

fn rows(zone: &Zone, period: Period) -> Vec<Row> {
    let row = |monday: NaiveDate| {
        let next = monday.checked_add_days(Days::new(7))?;
        Some(Row { monday, period: Period::new(zone.first_instant(monday), zone.first_instant(next))? })
    };
    let mondays = zone.date(period.start()).iter_weeks();
    let mondays = mondays.take_while(|monday| zone.first_instant(*monday) < period.end());
    mondays.filter_map(row).collect()
}

/// What is a holiday on some date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct DayName {
    /// The name that most have for it.
    pub(in crate::web) name: String,
    /// How many other names there are.
    others: usize,
}

impl DayName {
    /// `Christmas Day + 1`, as plain text.
    pub(in crate::web) fn title(&self, people: &People<'_>) -> String {
        format!("{}{}", people.holidays().text(&self.name), self.rest())
    }

    fn rest(&self) -> String {
        if self.others == 0 { String::new() } else { format!(" + {}", self.others) }
    }
}

/// The holiday on `date`, each member's in their own zone.
pub(in crate::web) fn holiday(
    people: &People<'_>,
    absences: &[Absences],
    date: NaiveDate,
) -> Option<DayName> {
    let mut names: Vec<(Arc<str>, usize)> = Vec::new();
    // Computed once for each zone: a year has 365 dates, and a team may have a hundred people.
    let mut days: Vec<(&str, Option<Period>)> = Vec::new();
    for (engineer, own) in people.team().engineers.iter().zip(absences) {
        let zone = engineer.zone.name();
        let day = match days.iter().find(|(known, _)| *known == zone) {
            Some((_, day)) => *day,
            None => {
                let day = engineer.zone.day(date);
                days.push((zone, day));
                day
            }
        };
        let Some(day) = day.and_then(|day| engineer.member_within(day)) else { continue };
        for name in own.holiday_names(day) {
            match names.iter_mut().find(|(other, _)| *other == name) {
                Some((_, count)) => *count += 1,
                None => names.push((name, 1)),
            }
        }
    }
    let most = names.iter().map(|(_, count)| *count).max()?;
    let (name, _) = names.iter().find(|(_, count)| *count == most)?;
    Some(DayName { name: name.to_string(), others: names.len() - 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_goes_by_the_clock_on_the_wall_also_where_a_day_has_25_hours() {
        let monday: NaiveDate = "2026-10-26".parse().unwrap();
        let at = |text: &str| step(monday, text.parse().unwrap());
        assert_eq!(at("2026-10-26T00:00:00"), 0);
        assert_eq!(at("2026-10-30T10:00:00"), 4 * 48 + 20);
        assert_eq!(at("2026-11-02T00:00:00"), STEPS);
        let zone = Zone::bundled("America/New_York").unwrap();
        let month =
            Period::new(zone.first_instant(monday), zone.first_instant("2026-11-09".parse().unwrap()));
        let rows = rows(&zone, month.unwrap());
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].period.seconds(), (7 * 24 + 1) * 3600);
    }
}
