//! What all pages have around them: the head, the bar of a team's pages, and what is wrong with its configuration.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{DOCTYPE, Markup, html};

use crate::live::{Faults, Snapshot, TeamSnapshot};
use crate::text::clean;
use crate::web::server::visitor::Visitor;
use crate::web::response::page;
use crate::web::pages::kit::assets::{ICON, SCRIPT, STYLE};
use crate::web::pages::kit::problems::{behind, outdated};
use crate::web::pages::kit::query::{PageQuery, zone_query};
use crate::web::state::State;

/// One of the pages that every team has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Tab {
    /// Who is on call, now and in the weeks ahead.
    Rota,
    /// What holidays and time off do to it.
    Coverage,
    /// What the team is on call for.
    Pipelines,
    /// Who carries how much.
    Fairness,
    /// What moved.
    Changes,
    /// Which calendars have what.
    Subscribers,
}

/// The bar of a team's pages: each with its path below `/{team}/`.
const TABS: [(Tab, &str, &str); 6] = [
    (Tab::Rota, "./", "Rota"),
    (Tab::Coverage, "coverage", "Coverage"),
    (Tab::Pipelines, "pipelines", "Pipelines"),
    (Tab::Fairness, "fairness", "Fairness"),
    (Tab::Changes, "changes", "Changes"),
    (Tab::Subscribers, "subscribers", "Subscribers"),
];

/// Where a page stands.
pub(in crate::web) struct Layout<'a> {
    request: &'a HttpRequest,
    team: Option<TeamLayout<'a>>,
}

struct TeamLayout<'a> {
    snapshot: &'a Snapshot,
    team: &'a TeamSnapshot,
    faults: Faults,
    tab: Tab,
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
        Layout { request, team: Some(TeamLayout { snapshot, team, faults: state.store.faults(), tab }) }
    }

    /// The whole page as a response.
    pub(in crate::web) fn respond(&self, status: StatusCode, title: &str, main: &Markup) -> HttpResponse {
        page(self.request.head(), status, self.markup(title, main))
    }

    /// The whole page.
    fn markup(&self, title: &str, main: &Markup) -> Markup {
        let root = self.root();
        let name = self.team.as_ref().map(|own| clean(&own.team.team().name));
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title {
                        (title)
                        @if let Some(name) = name.as_ref().filter(|name| *name != title) { " · " (name) }
                        " · oncal"
                    }
                    link rel="stylesheet" href={ (root) (STYLE.path) };
                    link rel="icon" href={ (root) (ICON.path) } type="image/svg+xml";
                    @if self.team.is_some() {
                        link rel="alternate" type="application/atom+xml" title="What moved" href={ (self.team_root()) "changes.atom" };
                    }
                    script src={ (root) (SCRIPT.path) } defer {}
                }
                body {
                    a.skip href="#main" { "Skip to the page" }
                    header.top {
                        a.brand href=(self.home()) { (mark()) "oncal" }
                        @if let (Some(own), Some(name)) = (&self.team, &name) {
                            span.crumb aria-hidden="true" { "/" }
                            a.team href={ (self.team_root()) (self.kept()) } { bdi { (name) } }
                            (self.tabs(own.tab))
                        }
                    }
                    main #main {
                        @if let Some(own) = &self.team {
                            (outdated(own.snapshot, own.team.team()))
                            (behind(&own.faults, own.team.standing()))
                        }
                        (main)
                    }
                    footer { p { "oncal: who is on call, in your calendar" } }
                }
            }
        }
    }

    fn tabs(&self, current: Tab) -> Markup {
        let (way, kept) = (self.team_root(), self.kept());
        html! {
            nav.tabs aria-label="Pages of this team" {
                @for (tab, path, label) in TABS {
                    @let path = if path == "./" { "" } else { path };
                    a href={ (way) (path) (kept) } aria-current=[(tab == current).then_some("page")] { (label) }
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

    /// What links to other pages of the team end with, so that times stay those of the zone asked for.
    fn kept(&self) -> String {
        let zone =
            self.team.as_ref().and_then(|own| PageQuery::by(self.request).zone(own.team.team()).ok().flatten());
        zone.map(|zone| format!("?{}", zone_query(&zone))).unwrap_or_default()
    }

    /// The way up to `/{team}/`.
    pub(in crate::web) fn team_root(&self) -> String {
        up(self.request.path(), 1)
    }
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
