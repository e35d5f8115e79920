//! The layout of all pages: the head, the bar of a team's pages, and problems of its configuration.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::{Faults, Snapshot, TeamSnapshot};
use crate::rota::{Instant, Team};
use crate::text::{WallClock, Year, clean};
use crate::web::pages::kit::assets::{ICON, SCRIPT, STYLE};
use crate::web::pages::kit::document::document;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::problems::{behind, copies, outdated};
use crate::web::pages::kit::query::{PageQuery, zone_query};
use crate::web::response::page;
use crate::web::server::visitor::Visitor;
use crate::web::state::State;

/// One of the pages of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Tab {
    /// Who is on call, now and in the weeks ahead.
    Rota,
    /// Who covers holidays and time off.
    Coverage,
    /// What the team is on call for.
    Pipelines,
    /// How duty is distributed.
    Fairness,
    /// What moved.
    Changes,
    /// Which calendars are up to date.
    CalendarSync,
    /// How to get it into a calendar: a button, not a tab.
    Subscribe,
    /// One engineer, or an error: reached only by links.
    Other,
}

/// The bar of a team's pages: each with its path below `/{team}/`.
const TABS: [(Tab, &str, &str); 6] = [
    (Tab::Rota, "", "Rota"),
    (Tab::Coverage, "coverage", "Coverage"),
    (Tab::Pipelines, "pipelines", "Pipelines"),
    (Tab::Fairness, "fairness", "Fairness"),
    (Tab::Changes, "changes", "Changes"),
    (Tab::CalendarSync, "subscribers", "Calendar sync"),
];

/// How often a page that nobody touches is loaded again, so that one on a wall screen stays current.
const RENEW_SECONDS: u32 = 300;

/// Which page it is.
pub(in crate::web) struct Layout<'a> {
    request: &'a HttpRequest,
    team: Option<TeamLayout<'a>>,
}

struct TeamLayout<'a> {
    snapshot: &'a Snapshot,
    team: &'a TeamSnapshot,
    faults: Faults,
    tab: Tab,
    now: Instant,
}

impl<'a> Layout<'a> {
    /// A page of no team.
    pub(in crate::web) fn plain(request: &'a HttpRequest) -> Layout<'a> {
        Layout { request, team: None }
    }

    /// A page of `team`, under this tab of its bar.
    pub(in crate::web) fn of(
        state: &State,
        request: &'a HttpRequest,
        snapshot: &'a Snapshot,
        team: &'a TeamSnapshot,
        tab: Tab,
    ) -> Layout<'a> {
        let now = state.clock.now();
        Layout { request, team: Some(TeamLayout { snapshot, team, faults: state.store.faults(), tab, now }) }
    }

    /// The people of `team`, with links that lead to their pages from here.
    pub(in crate::web) fn people<'t>(&self, team: &'t Team) -> People<'t> {
        People::of(team, &self.team_root(), self.kept())
    }

    /// The people of `team` on a page above all teams.
    pub(in crate::web) fn people_below<'t>(&self, team: &'t Team) -> People<'t> {
        People::of(team, &format!("{}{}/", self.root().replace("./", ""), team.id), String::new())
    }

    /// The whole page as a response.
    pub(in crate::web) fn respond(&self, status: StatusCode, title: &str, main: &Markup) -> HttpResponse {
        page(self.request.head(), status, self.markup(title, main))
    }

    /// The whole page.
    fn markup(&self, title: &str, main: &Markup) -> Markup {
        let body = html! {
            body data-renew=[self.team.is_some().then_some(RENEW_SECONDS)] {
                a.skip href="#main" { "Skip to the page" }
                (self.top())
                main #main {
                    @if let Some(own) = &self.team {
                        (printed(own))
                        (self.banner(own))
                        (outdated(own.snapshot, own.team.team()))
                        (behind(&own.faults, own.team.journal_state()))
                        (copies(own.snapshot.configuration().copy_warnings(own.team.team())))
                    }
                    (main)
                }
                footer { p { "oncal: who is on call, in your calendar" } }
            }
        };
        let name = self.team.as_ref().map(|own| clean(&own.team.team().name)).filter(|name| name != title);
        let name = name.map(|name| format!(" · {name}")).unwrap_or_default();
        document(&format!("{title}{name} · oncal"), &self.head(), &body)
    }

    fn head(&self) -> Markup {
        let root = self.root();
        html! {
            link rel="stylesheet" href={ (root) (STYLE.path) };
            link rel="icon" href={ (root) (ICON.path) } type="image/svg+xml";
            @if self.team.is_some() {
                link rel="alternate" type="application/atom+xml" title="What moved" href={ (self.team_root()) "changes.atom" };
            }
            script src={ (root) (SCRIPT.path) } defer {}
        }
    }

    /// The bar above the page: the way to the start, the team's pages, and how to subscribe.
    fn top(&self) -> Markup {
        let (way, kept) = (self.team_root(), self.kept());
        html! {
            header.top {
                a.brand href=(self.home()) { (mark()) "oncal" }
                @if let Some(own) = &self.team {
                    span.crumb aria-hidden="true" { "/" }
                    a.team href={ (way) (kept) } { bdi { (clean(&own.team.team().name)) } }
                    a.button.add href={ (way) "subscribe" } aria-current=[(own.tab == Tab::Subscribe).then_some("page")] {
                        "Add to my calendar"
                    }
                    nav.tabs aria-label="Pages of this team" {
                        @for (tab, path, label) in TABS {
                            a href={ (way) (path) (kept) } aria-current=[(tab == own.tab).then_some("page")] { (label) }
                        }
                    }
                }
            }
        }
    }

    /// Whose link the visitor uses, where it is one person's.
    fn banner(&self, own: &TeamLayout<'_>) -> Markup {
        let visitor = Visitor::of(self.request);
        let engineer = visitor.as_ref().and_then(Visitor::engineer);
        let idx = engineer.and_then(|engineer| own.team.team().index_of(engineer.as_str()));
        let people = idx.map(|_| self.people(own.team.team()));
        html! {
            @if let (Some(idx), Some(people)) = (idx, people) {
                p.note.whose {
                    "This is " (people.plain(idx)) "’s link. It stops working when " (people.plain(idx))
                    " leaves the team. Not " (people.plain(idx)) "? Ask for your own."
                }
            }
        }
    }

    /// The way up to `/`.
    pub(in crate::web) fn root(&self) -> String {
        up(self.request.path(), 0)
    }

    /// The way to the first page that the visitor's link opens: of all teams, or of theirs.
    pub(in crate::web) fn home(&self) -> String {
        let sees_all = Visitor::of(self.request).is_none_or(|visitor| visitor.sees_all());
        if sees_all { self.root() } else { self.team_root() }
    }

    /// The query of links to other pages of the team, which keeps the chosen zone.
    fn kept(&self) -> String {
        let zone = self
            .team
            .as_ref()
            .and_then(|own| PageQuery::by(self.request).zone(own.team.team()).ok().flatten());
        zone.map(|zone| format!("?{}", zone_query(&zone))).unwrap_or_default()
    }

    /// The way up to `/{team}/`.
    pub(in crate::web) fn team_root(&self) -> String {
        up(self.request.path(), 1)
    }
}

/// Printed at the top of each page: the team, and the date.
fn printed(own: &TeamLayout<'_>) -> Markup {
    let team = own.team.team();
    let clock = WallClock { zone: &team.zone, year: Year::Always };
    html! { p.printed aria-hidden="true" { bdi { (clean(&team.name)) } ", as of " (clock.day(own.now)) } }
}

fn mark() -> Markup {
    html! {
        svg.mark width="22" height="22" viewBox="0 0 32 32" aria-hidden="true" {
            rect width="32" height="32" rx="8" {}
            rect.a x="6" y="8" width="12" height="7" rx="2" {}
            rect.b x="14" y="17" width="12" height="7" rx="2" {}
        }
    }
}

/// The way from `path` up to the folder that lies `depth` folders below `/`.
fn up(path: &str, depth: usize) -> String {
    let folders = path.matches('/').count().saturating_sub(1);
    match folders.saturating_sub(depth) {
        0 => "./".to_owned(),
        steps => "../".repeat(steps),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_up_to_the_root_and_to_the_team_from_any_depth() {
        for (path, root, team) in [
            ("/", "./", "./"),
            ("/x", "./", "./"),
            ("/x/", "../", "./"),
            ("/x/y", "../", "./"),
            ("/x/run-books/y", "../../", "../"),
        ] {
            assert_eq!((up(path, 0).as_str(), up(path, 1).as_str()), (root, team), "{path}");
        }
    }
}
