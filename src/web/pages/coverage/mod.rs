//! `/{team}/coverage`: what every holiday and all time off do to the rota: first what needs somebody, then month by
//! month.

mod absences;
mod conflict;
mod filter;
mod months;
mod policy;

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{Instant, Occasion, Row, RowStatus, open_conflicts};
use crate::text::count;
use crate::web::pages::coverage::absences::Absences;
use crate::web::pages::coverage::conflict::{Conflicts, left};
use crate::web::pages::coverage::filter::Filter;
use crate::web::pages::coverage::months::Months;
use crate::web::pages::coverage::policy::policy;
use crate::web::pages::kit::agreement::{anchor as agreement_anchor, unknown};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::Tab;
use crate::web::pages::kit::occasion::{anchor, away, on_call, state_tag, title, when};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::status::word;
use crate::web::pages::kit::strip::strip;
use crate::web::pages::kit::team_page::team_page;
use crate::web::pages::kit::zone_field::zone_field;
use crate::web::state::State;

/// The page.
pub(in crate::web) fn coverage(state: &State, request: &HttpRequest) -> HttpResponse {
    team_page(state, request, Tab::Coverage, |context| {
        let filter = Filter::by(context.query, context.team.team())?;
        Ok(("Coverage".to_owned(), page(context.team, &context.people(), filter, context.wall())))
    })
}

fn page(team: &TeamSnapshot, people: &People<'_>, filter: Filter, wall: Wall<'_>) -> Markup {
    let (rota, now) = (team.team(), wall.now);
    let shown: Vec<&Occasion> = team.occasions().iter().filter(|occasion| filter.admits(occasion)).collect();
    let (past, ahead): (Vec<&Occasion>, Vec<&Occasion>) =
        shown.iter().partition(|occasion| occasion.is_over(now));
    let open = open_conflicts(team.occasions(), now);
    let of_shown = open_conflicts(shown.iter().copied(), now).len();
    let months = Months { people, wall, is_unfolded: filter.is_any() };
    html! {
        h1 { "Coverage" }
        p.lead { "Every public holiday and all time off ahead, who covers it, and what the team has still to agree on." }
        (unknown(&team.coverage().unknown, people))
        (form(people, filter, wall))
        section aria-labelledby="agree" {
            h2 #agree { "To agree" }
            (summary(of_shown, open.len() - of_shown, people, wall))
            (to_agree(Conflicts { people, wall, open: &open }, &ahead))
        }
        section aria-labelledby="ahead" {
            h2 #ahead { "Ahead" }
            @if ahead.is_empty() { p { "There are no absences" @if filter.is_any() { " like that" } "." } }
            @else { p.fine { "Times are those of " (wall.zone.name().replace('_', " ")) "." } }
            (months.tables(&ahead))
        }
        @if !past.is_empty() {
            details.past { summary { "The weeks before (" (count(past.len(), "absence", "absences")) ")" } (months.tables(&past)) }
        }
        (policy(rota.policy))
    }
}

/// The occasions that need somebody, by deadline, each conflict once.
fn to_agree(conflicts: Conflicts<'_>, occasions: &[&Occasion]) -> Markup {
    let now = conflicts.wall.now;
    let mut needs: Vec<&Occasion> =
        occasions.iter().filter(|occasion| occasion.needs_somebody(now)).copied().collect();
    needs.sort_by_key(|occasion| occasion.reading_order(now));
    let (mut seen, mut cards): (Vec<Instant>, Vec<Markup>) = (Vec::new(), Vec::new());
    for occasion in needs {
        let is_seen = |row: &Row| seen.contains(&row.period.start());
        let rows: Vec<(&Row, bool)> = occasion.open_rows(now).map(|row| (row, is_seen(row))).collect();
        cards.push(card(conflicts, occasion, &rows));
        seen.extend(rows.iter().map(|(row, _)| row.period.start()));
    }
    html! { @for card in cards { (card) } }
}

/// One occasion that needs somebody. Of its conflicts those that another card has are links to it.
fn card(conflicts: Conflicts<'_>, occasion: &Occasion, rows: &[(&Row, bool)]) -> Markup {
    let Conflicts { people, wall, .. } = conflicts;
    let is_late =
        occasion.is_overdue(wall.now) || rows.iter().any(|(row, _)| row.status == RowStatus::Nobody);
    html! {
        article.card.occasion.late[is_late] id=(anchor(people, occasion)) {
            h3 { (title(people, occasion)) }
            p.when { (when(occasion, wall)) " " (state_tag(occasion, wall)) @if let Some(left) = left(occasion, wall) { span.left { (left) } } }
            p { "On call: " (on_call(people, occasion, wall.zone)) "; " (away(people, occasion)) "." }
            (strip(people, occasion))
            @for (row, is_seen) in rows {
                @if *is_seen {
                    p { "Also in it: " a href={ "#" (agreement_anchor(row)) } { (wall.span(row.period)) } ", which is to be agreed above." }
                } @else { (conflicts.conflict(row, occasion)) }
            }
            details.hour-by-hour { summary { "Hour by hour" } (Absences { people, wall, now: wall.now }.of(occasion)) }
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
                @if hidden > 0 { p { span.tag.warn { (hidden) " more to agree" } " Not shown, because of the filter. " a href=(all) { "Show all" } } }
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
                    @for idx in team.indices() {
                        option value=(team.engineer(idx).id) selected[filter.engineer == Some(idx)] { (people.text(idx)) }
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
