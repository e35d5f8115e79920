//! What the pages of a team have in common: the team and the zone come from the request, and a request that has no page
//! gets the page that says why.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::Markup;

use crate::live::TeamSnapshot;
use crate::rota::{Instant, Zone};
use crate::web::pages::kit::bad_query::bad_query;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::{Layout, Tab};
use crate::web::pages::kit::not_found::{missing_page, with_team};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::query::{BadQuery, PageQuery};
use crate::web::state::State;

/// What a page of a team is made from.
pub(in crate::web) struct PageContext<'a> {
    pub(in crate::web) team: &'a TeamSnapshot,
    pub(in crate::web) layout: &'a Layout<'a>,
    pub(in crate::web) query: &'a PageQuery,
    /// The zone in the query.
    pub(in crate::web) zone: Option<&'a Zone>,
    pub(in crate::web) now: Instant,
}

/// Why a request has no page.
pub(in crate::web) enum NoPage {
    /// Nothing has this address.
    Missing,
    /// Its query cannot be shown.
    Query(BadQuery),
}

impl From<BadQuery> for NoPage {
    fn from(error: BadQuery) -> NoPage {
        NoPage::Query(error)
    }
}

impl<'a> PageContext<'a> {
    /// The people of the team.
    pub(in crate::web) fn people(&self) -> People<'a> {
        self.layout.people(self.team.team())
    }

    /// The clock of the zone in the query, otherwise of the team.
    pub(in crate::web) fn wall(&self) -> Wall<'a> {
        self.wall_or(&self.team.team().zone)
    }

    /// The clock of the zone in the query, otherwise of `zone`.
    pub(in crate::web) fn wall_or(&self, zone: &'a Zone) -> Wall<'a> {
        Wall::new(self.zone.unwrap_or(zone), self.now)
    }
}

/// The page of the team that `request` names, under `tab`; `page` gives its title and its content.
pub(in crate::web) fn team_page(
    state: &State,
    request: &HttpRequest,
    tab: Tab,
    page: impl FnOnce(&PageContext<'_>) -> Result<(String, Markup), NoPage>,
) -> HttpResponse {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    with_team(&snapshot, request, |team| {
        let (layout, query) = (Layout::of(state, request, &snapshot, team, tab), PageQuery::by(request));
        let made = query.zone(team.team()).map_err(NoPage::from).and_then(|zone| {
            page(&PageContext { team, layout: &layout, query: &query, zone: zone.as_ref(), now })
        });
        match made {
            Ok((title, main)) => layout.respond(StatusCode::OK, &title, &main),
            Err(NoPage::Query(error)) => bad_query(&layout, &error, request),
            Err(NoPage::Missing) => missing_page(state, &snapshot, request),
        }
    })
}
