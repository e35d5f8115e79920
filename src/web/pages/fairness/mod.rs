//! `/{team}/fairness`: how duty is shared out over the years, and holidays that always fall to the same person.

mod bars;
mod streaks;

use std::ops::RangeInclusive;

use actix_web::{HttpRequest, HttpResponse};
use chrono::Datelike;
use maud::{Markup, html};

use crate::json::FAIRNESS_YEARS;
use crate::live::TeamSnapshot;
use crate::rota::{self, EngineerIdx, Fairness, Tally, year_spans};
use crate::text::hours_grouped;
use crate::web::pages::fairness::bars::{Bar, average, bars};
use crate::web::pages::fairness::streaks::streaks;
use crate::web::pages::kit::agreement::unknown;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::Tab;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::team_page::team_page;
use crate::web::state::State;

const SECONDS_OF_WEEK: i64 = 7 * 24 * 3600;

/// The spans offered; the query may name any other.
const SPANS: [u8; 3] = [1, FAIRNESS_YEARS, 10];

/// A figure of a tally.
struct Figure {
    title: &'static str,
    /// What it counts.
    what: &'static str,
    value: fn(&Tally) -> i64,
    text: fn(i64) -> String,
    /// A difference from the average.
    difference: fn(i64) -> String,
}

const FIGURES: [Figure; 5] = [
    Figure {
        title: "Primary",
        what: "time as primary",
        value: |tally| tally.primary_seconds,
        text: weeks,
        difference: weeks,
    },
    Figure {
        title: "Secondary",
        what: "time as secondary",
        value: |tally| tally.secondary_seconds,
        text: weeks,
        difference: weeks,
    },
    Figure {
        title: "Weekends",
        what: "with any time as primary",
        value: |tally| i64::from(tally.weekends),
        text: plain,
        difference: plain,
    },
    Figure {
        title: "Own holidays",
        what: "in weeks as primary, whoever covered them",
        value: |tally| i64::from(tally.own_holidays),
        text: plain,
        difference: plain,
    },
    Figure {
        title: "Holidays covered",
        what: "of others, as primary in their place",
        value: |tally| i64::from(tally.holidays_covered),
        text: plain,
        difference: plain,
    },
];

/// The page.
pub(in crate::web) fn fairness(state: &State, request: &HttpRequest) -> HttpResponse {
    team_page(state, request, Tab::Fairness, |context| {
        let years = context.query.years()?.unwrap_or(FAIRNESS_YEARS.into());
        Ok(("Fairness".to_owned(), page(context.team, &context.people(), years, context.wall())))
    })
}

/// Years are those of the team's zone; the zone of the query is only kept on links to other pages.
fn page(team: &TeamSnapshot, people: &People<'_>, count: i32, wall: Wall<'_>) -> Markup {
    let rota = team.team();
    let kept = wall.kept(rota).replace('?', "&");
    let first = rota.zone.date(wall.now).year();
    let years: RangeInclusive<i32> = first..=first + count - 1;
    let fairness = rota::fairness(rota, years, wall.now);
    let span = year_span(&fairness);
    html! {
        h1 { "Fairness" }
        p.lead {
            "Who carries how much in " (span) ", by the rota as it is: with covers, swaps, proposals and what the team agreed on."
        }
        nav.lengths.years aria-label="Years shown" {
            @for years in SPANS {
                a href={ "fairness?years=" (years) (kept) } aria-current=[(i32::from(years) == count).then_some("true")] {
                    @if years == 1 { "This year" } @else { (years) " years" }
                }
            }
        }
        (unknown(&fairness.unknown, people))
        section aria-label="In all" {
            div.figures { @for figure in &FIGURES { (chart(people, &fairness, figure)) } }
            p.fine { "Each bar starts at the line, which is the average of all who are in the team in these years: to the right is more, to the left is less." }
        }
        (streaks(people, &fairness, &span))
        section aria-labelledby="years" {
            h2 #years { "Year by year" }
            @for year in fairness.years.clone() { (table(people, &fairness, year)) }
        }
    }
}

/// The years in words.
pub(in crate::web) fn year_span(fairness: &Fairness) -> String {
    year_spans(&fairness.years.clone().collect::<Vec<_>>())
}

fn chart(people: &People<'_>, fairness: &Fairness, figure: &Figure) -> Markup {
    let sum = |idx: EngineerIdx| {
        let own = fairness.tallies.iter().filter(|tally| tally.engineer == idx);
        own.map(figure.value).reduce(|sum, next| sum + next)
    };
    let bar = |idx| sum(idx).map(|value| Bar { idx, value, text: (figure.text)(value) });
    let all: Vec<Bar> = people.team().indices().filter_map(bar).collect();
    html! {
        div.card.figure {
            h2 { (figure.title) " " small { (figure.what) ", on average " ((figure.text)(average(&all))) } }
            (bars(people, &all, figure.difference))
        }
    }
}

fn table(people: &People<'_>, fairness: &Fairness, year: i32) -> Markup {
    let first = *fairness.years.start();
    html! {
        details open[year == first] {
            summary { (year) }
            div.scroll tabindex="0" role="region" aria-label={ "Figures of " (year) } {
                table.numbers {
                    thead {
                        tr {
                            th scope="col" { "Who" }
                            th scope="col" { "Primary" } th scope="col" { "Secondary" } th scope="col" { "Weekends" }
                            th scope="col" { "Own holidays" } th scope="col" { "Covered" } th scope="col" { "Proposed" }
                        }
                    }
                    tbody { @for tally in fairness.tallies.iter().filter(|tally| tally.year == year) { (row(people, tally)) } }
                }
            }
        }
    }
}

fn row(people: &People<'_>, tally: &Tally) -> Markup {
    let role = |weeks: u32, seconds: i64| html! { (weeks) " w " small { (rounded(seconds)) } };
    html! {
        tr {
            th scope="row" { (people.person(tally.engineer)) }
            td { (role(tally.primary_weeks, tally.primary_seconds)) }
            td { (role(tally.secondary_weeks, tally.secondary_seconds)) }
            @for count in [tally.weekends, tally.own_holidays, tally.holidays_covered, tally.proposals_taken] { td { (count) } }
        }
    }
}

/// Weeks with one decimal: `12.5 weeks`.
fn weeks(seconds: i64) -> String {
    let tenths = (seconds * 10 + SECONDS_OF_WEEK / 2) / SECONDS_OF_WEEK;
    match (tenths / 10, tenths % 10) {
        (1, 0) => "1 week".to_owned(),
        (weeks, 0) => format!("{weeks} weeks"),
        (weeks, tenth) => format!("{weeks}.{tenth} weeks"),
    }
}

/// Whole hours: over a year, minutes say nothing.
fn rounded(seconds: i64) -> String {
    hours_grouped((seconds + 1800) / 3600 * 3600)
}

fn plain(count: i64) -> String {
    count.to_string()
}
