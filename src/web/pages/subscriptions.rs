//! A team's feeds with every way to get them into a calendar.

use maud::{Markup, html};

use super::super::subscribe::Subscribe;
use crate::config::BaseUrl;
use crate::live::TeamSnapshot;

/// All feeds of `team`. `way` is the relative link from the page to `/{team}/`.
pub(super) fn subscriptions(public_url: &BaseUrl, team: &TeamSnapshot, way: &str) -> Markup {
    html! {
        @if public_url.is_loopback() {
            p.note {
                "This server can be reached from this machine only. Google Calendar and Outlook fetch calendars from the
                internet, so they will not find it."
            }
        }
        ul.feeds {
            @for slot in team.feeds() {
                @let links = Subscribe::to(public_url, team, slot);
                li {
                    b { (slot.feed.title(team.team())) }
                    code { (links.address) }
                    nav aria-label=(slot.feed.title(team.team())) {
                        a href=(links.google) rel="noreferrer" { "Google" }
                        a href=(links.microsoft365) rel="noreferrer" { "Microsoft 365" }
                        a href=(links.outlook) rel="noreferrer" { "Outlook.com" }
                        a href=(links.webcal) { "Apple and others" }
                        a href=(format!("{way}{}?download=1", slot.path)) { "Download" }
                    }
                }
            }
        }
    }
}
