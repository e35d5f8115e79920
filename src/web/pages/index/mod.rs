//! `/`: every team with who is on call now and what it has to agree on: cards, or from six teams on a table.

mod card;
mod entry;
mod table;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::{Snapshot, TeamSnapshot};
use crate::rota::{Instant, TeamId};
use crate::text::clean;
use crate::web::pages::kit::bad_query::bad_query;
use crate::web::pages::kit::layout::Layout;
use crate::web::pages::kit::query::PageQuery;
use crate::web::state::State;

use entry::{Entry, Needs};

/// From this number of teams on, the index is a table.
const MIN_TABLE: usize = 6;

/// The page.
pub(in crate::web) fn index(state: &State, request: &HttpRequest) -> HttpResponse {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    let (layout, query) = (Layout::plain(request), PageQuery::by(request));
    match query.value("q") {
        Ok(search) => layout.respond(StatusCode::OK, "On call now", &page(&layout, &snapshot, search, now)),
        Err(error) => bad_query(&layout, &error, request),
    }
}

fn page(layout: &Layout<'_>, snapshot: &Snapshot, search: Option<&str>, now: Instant) -> Markup {
    let broken: Vec<&TeamId> = snapshot.broken_teams().collect();
    let all = snapshot.teams().len() + broken.len();
    let mut entries: Vec<Entry<'_>> = snapshot
        .teams()
        .filter(|team| search.is_none_or(|search| has(team, search)))
        .map(|team| Entry {
            team,
            people: layout.people_below(team.team()),
            is_outdated: snapshot.is_outdated(&team.team().id),
            needs: Needs::of(team, now),
        })
        .collect();
    if MIN_TABLE <= all {
        entries.sort_by_cached_key(|entry| (entry.needs.rank(), name(entry.team)));
    }
    html! {
        h1 { "On call now" }
        @if all == 0 { p.lead { "There is no team yet: each file in " code { "teams/" } " is one." } }
        @if all < MIN_TABLE && search.is_none() {
            (card::broken(snapshot, &broken))
            div.teams { @for entry in &entries { (card::card(entry, now)) } }
        } @else {
            @let broken: Vec<&TeamId> = broken.into_iter().filter(|id| search.is_none_or(|search| folded(id.as_str()).contains(&folded(search)))).collect();
            (table::table(snapshot, &entries, &broken, search, now))
        }
    }
}

fn name(team: &TeamSnapshot) -> String {
    folded(&clean(&team.team().name))
}

/// Whether the team or one of its people has `search` in its name or id.
fn has(team: &TeamSnapshot, search: &str) -> bool {
    let (team, search) = (team.team(), folded(search));
    let own = [team.id.as_str(), &team.name].into_iter();
    let people = team.engineers.iter().flat_map(|engineer| [engineer.id.as_str(), &engineer.name]);
    own.chain(people).any(|text| folded(text).contains(&search))
}

fn folded(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_covers_comes_first_then_what_is_overdue_then_the_nearest_deadline() {
        let at = |text: &str| Some(text.parse::<Instant>().unwrap());
        let uncovered =
            Needs { to_agree: 1, uncovered: 1, next: at("2026-12-20T00:00:00Z"), ..Needs::default() };
        let overdue = Needs { to_agree: 3, overdue: 1, ..Needs::default() };
        let near = Needs { to_agree: 1, next: at("2026-12-01T00:00:00Z"), ..Needs::default() };
        let far = Needs { to_agree: 9, next: at("2026-12-09T00:00:00Z"), ..Needs::default() };
        let settled = Needs::default();
        let mut all = [settled, far, near, overdue, uncovered];
        all.sort_by_key(|needs| needs.rank());
        assert_eq!(all, [uncovered, overdue, near, far, settled]);
    }
}
