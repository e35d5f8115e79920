//! `index.html` of the export: how to subscribe, and the weeks ahead. It does not say who is on call now, because
//! nobody knows when it will be read.

use chrono::TimeDelta;
use maud::{Markup, PreEscaped, html};

use crate::config::BaseUrl;
use crate::json::SCHEDULE_WEEKS;
use crate::live::{FeedSlot, Snapshot, TeamSnapshot};
use crate::rota::{Instant, Shift};
use crate::text::{WallClock, Year, clean, role_title};
use crate::web::{Subscribe, document};

/// Embedded in the page, so that a copy of it needs no other file.
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;\
                     color:#1a1a1a;background:#fff}table{border-collapse:collapse;width:100%}\
                     th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-top:1px solid #ccc}\
                     code{overflow-wrap:anywhere}\
                     @media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#9cf}}";

/// What the page of a team depends on, besides the team.
#[derive(Debug)]
pub(super) struct TeamPage<'s> {
    /// What the addresses of its feeds start with.
    pub(super) base: BaseUrl,
    /// The feeds that are beside it.
    pub(super) feeds: Vec<&'s FeedSlot>,
    /// Whether they can be downloaded too.
    pub(super) has_downloads: bool,
}

impl TeamPage<'_> {
    /// The page of `team` at `now`.
    pub(super) fn html(&self, team: &TeamSnapshot, now: Instant) -> String {
        let rota = team.team();
        let name = clean(&rota.name);
        let main = html! {
            h1 { bdi { (name) } }
            (as_of(&WallClock { zone: &rota.zone, year: Year::Always }.moment(now)))
            h2 { "Subscribe" }
            table {
                thead { tr { th { "Calendar" } th { "Address" } th { "Add it to" } } }
                tbody { @for slot in &self.feeds { (self.feed(team, slot)) } }
            }
            h2 { "The weeks ahead" }
            (shifts(team))
        };
        page(&name, &main)
    }

    fn feed(&self, team: &TeamSnapshot, slot: &FeedSlot) -> Markup {
        let links = Subscribe::to(&self.base, team, slot, None);
        html! {
            tr {
                td { bdi { (slot.feed.title(team.team())) } }
                td { a href=(slot.path) { code { (links.address) } } }
                td {
                    a href=(links.google) rel="noreferrer" { "Google" } ", "
                    a href=(links.microsoft365) rel="noreferrer" { "Microsoft 365" } ", "
                    a href=(links.outlook) rel="noreferrer" { "Outlook.com" } ", "
                    a href=(links.webcal) { "another program" }
                    @if self.has_downloads { ", or " a href=(download_path(&slot.path)) download { "download a copy" } }
                }
            }
        }
    }
}

/// The page of all teams at `now`.
pub(super) fn index(snapshot: &Snapshot, now: Instant) -> String {
    let main = html! {
        h1 { "On-call rotas" }
        (as_of(&now.format("%a %-d %b %Y %H:%M UTC").to_string()))
        ul {
            @for team in snapshot.teams() {
                li { a href={ (team.team().id) "/" } { bdi { (clean(&team.team().name)) } } }
            }
            @for id in snapshot.broken_teams() { li { (id) ": not exported, because its file has errors" } }
        }
    };
    page("On-call rotas", &main)
}

/// Where the download of the feed at `path` is: `engineers/a.download.ics` for `engineers/a.ics`.
pub(super) fn download_path(path: &str) -> String {
    format!("{}.download.ics", path.strip_suffix(".ics").unwrap_or(path))
}

fn as_of(moment: &str) -> Markup {
    html! { p { "As of " (moment) ". What changes later shows after the next export." } }
}

fn shifts(team: &TeamSnapshot) -> Markup {
    let rota = team.team();
    let start = team.frame().week.start();
    let end = start + TimeDelta::weeks(SCHEDULE_WEEKS.into());
    let ahead = |shift: &&Shift| start <= shift.period.start() && shift.period.start() < end;
    let wall = WallClock { zone: &rota.zone, year: Year::Always };
    html! {
        table {
            thead { tr { th { "When" } th { "Role" } th { "Who" } th { "Why" } } }
            tbody {
                @for shift in team.near().shifts().filter(ahead) {
                    @let holder = &shift.holder;
                    tr {
                        td { (wall.span(shift.period)) }
                        td { (role_title(shift.role)) }
                        td {
                            @if holder.kind.is_tentative() { "proposed: " }
                            bdi { (clean(&rota.engineer(holder.engineer).name)) }
                        }
                        td { @if let Some(why) = holder.why() { bdi { (clean(why)) } } }
                    }
                }
            }
        }
        p { "Times are in " (rota.zone.name()) "." }
    }
}

fn page(title: &str, main: &Markup) -> String {
    let head = html! {
        meta name="robots" content="noindex";
        meta name="referrer" content="no-referrer";
        style { (PreEscaped(STYLE)) }
    };
    document(title, &head, &html! { body { main { (main) } } }).into_string()
}
