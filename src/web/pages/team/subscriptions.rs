//! A team's feeds with every way to get them into a calendar.

use maud::{Markup, html};

use crate::config::BaseUrl;
use crate::feed::Feed;
use crate::live::{FeedSlot, TeamSnapshot};
use crate::rota::Role;
use crate::web::pages::team::pager::{Choice, reminders};
use crate::web::feeds::subscribe::{Subscribe, of_shifts};

/// What addresses start with for a visitor, and what they open besides.
pub(in crate::web) struct Addresses {
    pub(in crate::web) base_url: BaseUrl,
    /// What the visitor's secret link opens, where only those open anything.
    pub(in crate::web) opens: Option<Opens>,
}

/// What a secret link that opens pages opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Opens {
    /// All that there is.
    Everything,
    /// All of one team.
    Team,
}

/// All feeds of `team`, the first open.
pub(in crate::web) fn subscriptions(
    addresses: &Addresses,
    team: &TeamSnapshot,
    choice: Choice<'_>,
) -> Markup {
    let base_url = &addresses.base_url;
    html! {
        @if let Some(opens) = addresses.opens { (secret(opens)) }
        @if base_url.is_loopback() {
            p.note {
                "This server can be reached from this machine only. Google Calendar and Outlook on the web fetch calendars
                from the internet, so they will not find it; programs on this machine will."
            }
        }
        (reminders(choice))
        p.fine { "The reminder is in every address below that has shifts. Google ignores it in calendars that it fetches." }
        div.feeds {
            @for (place, slot) in team.feeds().iter().enumerate() {
                details.feed open[place == 0] {
                    summary { b { (slot.feed.title(team.team())) } " " span.what { (what(&slot.feed)) } }
                    (ways(base_url, slot, team, choice))
                }
            }
        }
        p.fine {
            "Calendars fetch on their own clock: Google every 8 to 24 hours, Outlook on the web about every 3 hours,
            Thunderbird every 30 minutes, Apple as set in its own settings. A download is a copy that never changes."
        }
    }
}

/// That whoever has one of the addresses has more than a calendar.
fn secret(opens: Opens) -> Markup {
    html! {
        p.note {
            b {
                @match opens {
                    Opens::Everything => "Each address below opens all teams: ",
                    Opens::Team => "Each address below opens all of this team: ",
                }
            }
            "it holds your secret link, and whoever has it can read every page and calendar that you can. To give somebody one
            person’s calendar alone, ask whoever runs this server for its own link: " code { "oncal links" } " prints them."
        }
    }
}

fn ways(base_url: &BaseUrl, slot: &FeedSlot, team: &TeamSnapshot, choice: Choice<'_>) -> Markup {
    let links = Subscribe::to(base_url, team, slot, choice.alarm);
    let alarm = of_shifts(slot, choice.alarm);
    let title = slot.feed.title(team.team());
    html! {
        p.address { code data-copy={ "the address of " (title) } { (links.address) } }
        nav.ways aria-label={ "Add " (title) } {
            a.button href=(links.google) rel="noreferrer" { "Google" }
            a.button href=(links.microsoft365) rel="noreferrer" { "Microsoft 365" }
            a.button href=(links.outlook) rel="noreferrer" { "Outlook.com" }
            a.button href=(links.webcal) { "Apple, Thunderbird" }
            a.button.quiet href={ (slot.path) "?download=1" @if let Some(alarm) = alarm { "&alarm=" (alarm) } } { "Download" }
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
