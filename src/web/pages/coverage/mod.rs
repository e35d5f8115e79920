//! `/{team}/coverage`: every absence that meets the rota, what is unsettled first, then month by month.

mod conflict;
mod months;
mod occasion;
mod policy;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{EngineerIdx, Instant, Row, RowStatus, Team, Zone, week_at};
use crate::text::count;
use crate::web::pages::coverage::conflict::conflict;
use crate::web::pages::coverage::months::Months;
use crate::web::pages::coverage::occasion::{Occasion, occasions};
use crate::web::pages::coverage::policy::policy;
use crate::web::pages::kit::agreement::{open, unknown};
use crate::web::pages::kit::bad_query::bad_query;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::{Layout, Tab};
use crate::web::pages::kit::not_found::with_team;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::query::{BadQuery, PageQuery};
use crate::web::pages::kit::status::word;
use crate::web::pages::kit::zone_field::zone_field;
use crate::web::state::State;

/// Which rows are shown.
#[derive(Debug, Clone, Copy, Default)]
struct Filter {
    engineer: Option<EngineerIdx>,
    status: Option<RowStatus>,
}

impl Filter {
    fn by(query: &PageQuery, team: &Team) -> Result<Filter, BadQuery> {
        let status = |text: &str| {
            let known = RowStatus::ALL.into_iter().find(|status| status.as_str() == text);
            known.ok_or_else(|| BadQuery::Status(text.chars().take(60).collect()))
        };
        Ok(Filter {
            engineer: query.engineer(team)?,
            status: query.value("status")?.map(status).transpose()?,
        })
    }

    /// Whether a row is shown: for an engineer, what they are away for and what they take over.
    fn admits(self, row: &Row) -> bool {
        let is_theirs = |seat| {
            let moved =
                !matches!(row.status, RowStatus::Unaffected | RowStatus::Working | RowStatus::NoBackup);
            row.away == seat || moved && (row.primary == seat || row.secondary == Some(seat))
        };
        self.engineer.is_none_or(is_theirs) && self.status.is_none_or(|status| row.status == status)
    }

    fn is_any(self) -> bool {
        self.engineer.is_some() || self.status.is_some()
    }
}

/// The page.
pub(in crate::web) fn coverage(state: &State, request: &HttpRequest) -> HttpResponse {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    with_team(&snapshot, request, |team| {
        let layout = Layout::of(state, request, &snapshot, team, Tab::Coverage);
        let query = PageQuery::by(request);
        let filter = Filter::by(&query, team.team());
        match filter.and_then(|filter| Ok((filter, query.zone(team.team())?))) {
            Ok((filter, zone)) => layout.respond(
                StatusCode::OK,
                "Coverage",
                &page(team, &layout.people(team.team()), filter, zone.as_ref(), now),
            ),
            Err(error) => bad_query(&layout, &error, request),
        }
    })
}

fn page(
    team: &TeamSnapshot,
    people: &People<'_>,
    filter: Filter,
    zone: Option<&Zone>,
    now: Instant,
) -> Markup {
    let rota = team.team();
    let wall = Wall::new(zone.unwrap_or(&rota.zone), now);
    let all = team.coverage();
    let admits = |row: &Row| filter.admits(row);
    // A conflict concerns the secondary who cannot cover, too.
    let is_secondary = |row: &Row| {
        let pair = week_at(rota, row.period.start()).map(|week| week.pair);
        pair.is_some_and(|pair| filter.engineer == Some(pair.secondary))
            && filter.status.is_none_or(|status| row.status == status)
    };
    let (unsettled, hidden): (Vec<&Row>, Vec<&Row>) =
        open(all, now).into_iter().partition(|row| admits(row) || is_secondary(row));
    let shown = occasions(&all.rows).into_iter().filter(|occasion| !occasion.parts(admits).is_empty());
    let (ahead, past): (Vec<Occasion<'_>>, Vec<Occasion<'_>>) =
        shown.partition(|occasion| now < occasion.span().1);
    let months = Months { people, wall, is_unfolded: filter.is_any() };
    html! {
        h1 { "Coverage" }
        p.lead { "Every public holiday and all time off ahead, who covers it, and what the team has still to agree on." }
        (unknown(&all.unknown, people))
        (form(people, filter, wall))
        section aria-labelledby="agree" {
            h2 #agree { "To agree" }
            (summary(unsettled.len(), hidden.len(), people, wall))
            @for row in unsettled { (conflict(people, row, wall)) }
        }
        (policy(rota.policy))
        section aria-labelledby="ahead" {
            h2 #ahead { "Ahead" }
            @if ahead.is_empty() { p { "There are no absences" @if filter.is_any() { " like that" } "." } }
            (months.tables(&ahead, admits))
        }
        @if !past.is_empty() {
            details { summary { "The weeks before (" (count(past.len(), "absence", "absences")) ")" } (months.tables(&past, admits)) }
        }
    }
}

/// How much is to be agreed, and whether a filter leaves some of it out.
fn summary(to_agree: usize, hidden: usize, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let all = format!("coverage{}", wall.kept(people.team()));
    html! {
        @match (to_agree, hidden) {
            (0, 0) => p { span.tag.ok { "Settled" } " Nothing needs the team’s agreement." },
            (0, hidden) => p {
                span.tag.warn { (hidden) " to agree" } " Not shown, since the filter leaves " @if hidden == 1 { "it" } @else { "them" } " out. "
                a href=(all) { "Show all" }
            },
            (_, hidden) => {
                p.fine {
                    "Holiday load counts the hours for which somebody was primary by cover, proposal or agreement, for time off as for
                    holidays, up to the start of that week. Hours on a holiday of their own count twice."
                }
                @if hidden > 0 { p.fine { (hidden) " more to agree, left out by the filter. " a href=(all) { "Show all" } } }
            },
        }
    }
}

fn form(people: &People<'_>, filter: Filter, wall: Wall<'_>) -> Markup {
    let team = people.team();
    html! {
        form.filter method="get" action="coverage" {
            span.field {
                label for="engineer" { "Engineer" }
                select #engineer name="engineer" {
                    option value="" { "Everybody" }
                    @for seat in team.indices() {
                        option value=(team.engineer(seat).id) selected[filter.engineer == Some(seat)] { (people.text(seat)) }
                    }
                }
            }
            span.field {
                label for="status" { "Status" }
                select #status name="status" {
                    option value="" { "Any" }
                    @for status in RowStatus::ALL {
                        option value=(status.as_str()) selected[filter.status == Some(status)] { (word(status)) }
                    }
                }
            }
            (zone_field(team, Some(wall.zone)))
            button { "Show" }
            @if filter.is_any() { a href={ "coverage" (wall.kept(team)) } { "Show all" } }
        }
    }
}
