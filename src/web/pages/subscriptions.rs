//! A team's feeds with every way to get them into a calendar.

use maud::{Markup, html};

use super::super::subscribe::Subscribe;
use crate::config::BaseUrl;
use crate::feed::Feed;
use crate::live::{FeedSlot, TeamSnapshot};
use crate::rota::Role;

/// All feeds of `team`, the first open. `way` is the relative link from the page to `/{team}/`.
pub(super) fn subscriptions(base_url: &BaseUrl, team: &TeamSnapshot, way: &str) -> Markup {
    html! {
        @if base_url.is_loopback() {
            p.note {
                "This server can be reached from this machine only. Google Calendar and Outlook on the web fetch calendars
                from the internet, so they will not find it; programs on this machine will."
            }
        }
        div.feeds {
            @for (place, slot) in team.feeds().iter().enumerate() {
                details.feed open[place == 0] {
                    summary { b { (slot.feed.title(team.team())) } " " span.what { (what(&slot.feed)) } }
                    (ways(&Subscribe::to(base_url, team, slot), slot, team, way))
                }
            }
        }
        p.fine {
            "Calendars fetch on their own clock: Google every 8 to 24 hours, Outlook on the web about every 3 hours,
            Thunderbird every 30 minutes, Apple as set in its own settings. A download is a copy that never changes."
        }
    }
}

fn ways(links: &Subscribe, slot: &FeedSlot, team: &TeamSnapshot, way: &str) -> Markup {
    let title = slot.feed.title(team.team());
    html! {
        p.address { code data-copy={ "the address of " (title) } { (links.address) } }
        nav.ways aria-label={ "Add " (title) } {
            a.button href=(links.google) rel="noreferrer" { "Google" }
            a.button href=(links.microsoft365) rel="noreferrer" { "Microsoft 365" }
            a.button href=(links.outlook) rel="noreferrer" { "Outlook.com" }
            a.button href=(links.webcal) { "Apple, Thunderbird" }
            a.button.quiet href={ (way) (slot.path) "?download=1" } { "Download" }
        }
    }
}

fn what(feed: &Feed) -> &'static str {
    match feed {
        Feed::Team => "every shift, handover meeting and deadline",
        Feed::Engineer(_) => "one person’s shifts, meetings and deadlines",
        Feed::Coverage => "holidays and who covers them",
        Feed::Role(Role::Primary) => "the primary’s shifts alone",
        Feed::Role(Role::Secondary) => "the secondary’s shifts alone",
    }
}
