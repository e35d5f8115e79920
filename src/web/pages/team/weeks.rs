//! The weeks of a view, a strip each with a lane for each role and one for who is away, so that it looks the same on a
//! phone and on a wide screen.
//!
//! Not here: the content of the lanes (`lanes`) and the notes about a week (`notes`).

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use maud::{Markup, html};

use super::bars::Bars;
use super::lanes::{self, Away, Piece};
use super::notes::{Notes, tags};
use crate::rota::{Absences, Instant, Period, PlannedWeek, Role, Schedule, Zone};
use crate::text::{count, role_title};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::grid::{STEPS, Span, step};
use crate::web::pages::kit::people::People;

/// A day with fewer steps than the first has no room for its number; with fewer than the second, none for its weekday.
const MIN_NUMBER_STEPS: i64 = STEPS / 25;
const MIN_WEEKDAY_STEPS: i64 = STEPS / 12;

/// A chip with fewer steps has no room for several names.
const MIN_NAMES_STEPS: i64 = STEPS / 2;

/// What is drawn, and how it is read.
pub(in crate::web) struct Weeks<'a> {
    pub(in crate::web) people: &'a People<'a>,
    pub(in crate::web) schedule: &'a Schedule,
    pub(in crate::web) period: Period,
    pub(in crate::web) wall: Wall<'a>,
}

impl Weeks<'_> {
    /// The strips, and what their shapes mean.
    pub(in crate::web) fn markup(&self) -> Markup {
        let team = self.people.team();
        let absences: Vec<Absences> = Absences::of_all(&team.engineers, self.period);
        let weeks = self.schedule.weeks.iter().filter(|planned| planned.week.period.overlaps(self.period));
        html! {
            ol.weeks { @for planned in weeks { (self.week(planned, &absences)) } }
            (legend())
        }
    }

    fn week(&self, planned: &PlannedWeek, absences: &[Absences]) -> Markup {
        let (team, wall) = (self.people.team(), self.wall);
        let week = planned.week.period;
        let (on_duty, others) = lanes::away(team, planned, absences);
        let primary = lanes::primary(planned);
        let secondary = lanes::secondary(team, self.schedule, planned);
        let is_now = week.contains(wall.now);
        let holidays: Vec<&Away> = on_duty.iter().chain(&others).collect();
        let last = wall.zone.date(week.end());
        html! {
            li.week.now[is_now] {
                div.head {
                    h3 { time datetime=(planned.week.id) { (wall.date_range(wall.zone.date(week.start()), last)) } }
                    @if is_now { span.tag { "this week" } }
                    (tags(planned, &secondary, wall))
                }
                div.lanes {
                    (self.days(week, &holidays))
                    (self.lane(Role::Primary, &primary, planned))
                    (self.lane(Role::Secondary, &secondary, planned))
                    @if !on_duty.is_empty() {
                        span.label.away aria-hidden="true" { "Away" }
                        ul.lane.away aria-label="Away" { @for away in &on_duty { (self.chip(week, away)) } }
                    }
                }
                (Notes { people: self.people, schedule: self.schedule, wall }.of(planned, &secondary))
                (self.others(&others))
            }
        }
    }

    fn lane(&self, role: Role, pieces: &[Piece<'_>], planned: &PlannedWeek) -> Markup {
        let bars = Bars { people: self.people, wall: self.wall };
        let week = planned.week.period;
        html! {
            span class={ "label " (role.as_str()) } aria-hidden="true" { (role_title(role)) }
            ul class={ "lane " (role.as_str()) } aria-label=(role_title(role)) {
                (bars.lane(role, pieces, planned, |piece| Some((Span::within(week, piece.period), false))))
            }
        }
    }

    fn days(&self, week: Period, away: &[&Away]) -> Markup {
        let wall = self.wall;
        html! {
            ol.days aria-hidden="true" {
                @for (date, span) in days(week, wall.zone) {
                    li class={ (span.class()) @if is_weekend(date) { " end" } @if self.is_holiday(date, away) { " hol" } } {
                        @if span.steps() >= MIN_NUMBER_STEPS {
                            @if span.steps() >= MIN_WEEKDAY_STEPS { span { (date.format("%a ")) } }
                            (date.day())
                        }
                    }
                }
                @if week.contains(wall.now) { li class={ "at " (Span::new(step(week, wall.now), STEPS).class()) } {} }
            }
        }
    }

    /// Whether somebody has a public holiday on the date, in their own zone.
    fn is_holiday(&self, date: NaiveDate, away: &[&Away]) -> bool {
        away.iter().filter(|away| !away.is_time_off()).any(|away| {
            let zone = &self.people.team().engineer(away.indices[0]).zone;
            let last = zone.date(away.period.end() - TimeDelta::seconds(1));
            (zone.date(away.period.start())..=last).contains(&date)
        })
    }

    /// Who of those on duty is away, and why.
    fn chip(&self, week: Period, away: &Away) -> Markup {
        let names: Vec<String> = away.indices.iter().map(|idx| self.people.within(*idx)).collect();
        let initials: Vec<&str> = away.indices.iter().map(|idx| self.people.initials(*idx)).collect();
        let (names, holidays) = (names.join(", "), self.people.holidays());
        let span = Span::within(week, away.period);
        let has_room = away.indices.len() == 1 || span.steps() >= MIN_NAMES_STEPS;
        let title =
            format!("{names}: {}, {}", holidays.reasons_text(&away.reasons), self.wall.span(away.period));
        html! {
            li class=(span.class()) title=(title) {
                span {
                    @if has_room { span.full { (names) } span.short aria-hidden="true" { (initials.join(", ")) } }
                    @else { span.hidden { (names) } span aria-hidden="true" { (initials.join(", ")) } }
                    ": " (holidays.reasons(&away.reasons))
                }
            }
        }
    }

    /// Who of the others is away, folded, since it does not change who is on call.
    fn others(&self, others: &[Away]) -> Markup {
        html! {
            @if !others.is_empty() {
                details.others {
                    summary { (count(others.len(), "other absence", "other absences")) }
                    ul { @for away in others { li { (absence(self.people, away, self.wall)) } } }
                }
            }
        }
    }
}

/// A holiday is a day where people live; all that is less than a day has the times of the page's clock, as shifts have.
pub(in crate::web) fn absence(people: &People<'_>, away: &Away, wall: Wall<'_>) -> Markup {
    let there = wall.days_in(&people.team().engineer(away.indices[0]).zone, away.period);
    html! {
        @if let Some(there) = there { (there) " (" (wall.span(away.period)) ")" } @else { (wall.span(away.period)) }
        " " b { (people.holidays().reasons(&away.reasons)) } ": " (people.list(&away.indices))
    }
}

/// Saturday or Sunday.
pub(in crate::web) fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The dates that `week` touches in `zone`, with where they lie in it.
fn days(week: Period, zone: &Zone) -> Vec<(NaiveDate, Span)> {
    let starts_within = |date: &NaiveDate| -> bool { first_instant(zone, *date) < week.end() };
    let dates = zone.date(week.start()).iter_days().take_while(starts_within);
    let day = |date| Some((date, Span::within(week, zone.day(date)?.intersection(week)?)));
    dates.filter_map(day).collect()
}

fn first_instant(zone: &Zone, date: NaiveDate) -> Instant {
    zone.first_instant(date)
}

/// What shapes and signs mean.
pub(in crate::web) fn legend() -> Markup {
    html! {
        ul.legend aria-label="Signs" {
            li { span.sample.try {} "proposed, to agree" }
            li { span.sample.bad {} "not covered" }
            li { span.sample.none { "–" } "no backup" }
            li { span.sample.gone { "!" } "no backup: the secondary is away" }
            li { b { "✓" } " agreed" }
            li { b { "⇄" } " swapped" }
            li { span.hol { "7" } " public holiday" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_from_friday_to_friday_touches_eight_days_that_leave_nothing_out() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let week = Period::new(at("2026-01-02T15:00:00Z"), at("2026-01-09T15:00:00Z")).unwrap();
        let new_york = days(week, &Zone::bundled("America/New_York").unwrap());
        assert_eq!(new_york.len(), 8);
        assert_eq!((new_york[0].1, new_york[7].1.end), (Span { start: 0, end: 28 }, STEPS));
        assert!(new_york.windows(2).all(|pair| pair[0].1.end == pair[1].1.start));
        let tokyo = days(week, &Zone::bundled("Asia/Tokyo").unwrap());
        assert_eq!(tokyo.len(), 7, "there, duty changes at midnight");
    }
}
