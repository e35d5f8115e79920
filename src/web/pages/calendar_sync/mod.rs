//! `/{team}/subscribers`: which calendar fetched what and when: the answer to "why is my calendar behind?".

use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use maud::{Markup, html};

use crate::feed::{Client, Feed};
use crate::live::{FeedSlot, Fetched, TeamSnapshot};
use crate::rota::Instant;
use crate::text::count;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::feed_name::shared_feed_name;
use crate::web::pages::kit::layout::Tab;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::team_page::team_page;
use crate::web::state::State;

/// The page.
pub(in crate::web) fn subscribers(state: &State, request: &HttpRequest) -> HttpResponse {
    team_page(state, request, Tab::CalendarSync, |context| {
        Ok(("Calendar sync".to_owned(), page(state, context.team, &context.people(), context.wall())))
    })
}

/// A feed that was fetched, by a kind of calendar.
struct Sync<'t> {
    slot: &'t FeedSlot,
    fetched: Fetched,
    /// When the successor of its copy was made; `None` if the copy is current.
    behind_since: Option<Instant>,
}

fn page(state: &State, team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let all: Vec<Sync<'_>> = team.feeds().iter().flat_map(|slot| syncs(state, team, slot)).collect();
    let is_quiet = |slot: &&FeedSlot| all.iter().all(|sync| sync.slot.path != slot.path);
    let quiet: Vec<&FeedSlot> = team.feeds().iter().filter(is_quiet).collect();
    let behind = all.iter().filter(|sync| sync.behind_since.is_some()).count();
    html! {
        h1 { "Calendar sync" }
        p.lead {
            "Which calendars fetched the rota, and whether they have the current version. A calendar that is behind shows the rota
            as it was until it fetches again, at its own pace."
        }
        @if all.is_empty() {
            p { "No calendar has fetched anything yet. " a href="subscribe" { "Add one" } "." }
        } @else {
            p {
                @if behind == 0 { span.tag.ok { "All up to date" } }
                @else { span.tag.warn { (behind) " of " (all.len()) " behind" } }
            }
            table.stack.sync {
                thead {
                    tr { th scope="col" { "Calendar program" } th scope="col" { "Calendar" } th scope="col" { "State" } th scope="col" { "Fetched" } th scope="col" { "Next expected" } }
                }
                tbody { @for sync in by_client(&all) { (row(team, people, sync, wall)) } }
            }
        }
        @if !quiet.is_empty() {
            details {
                summary { (count(quiet.len(), "calendar has", "calendars have")) " not been fetched yet" }
                ul { @for slot in quiet { li { (name(slot, people)) } } }
            }
        }
        (advice())
        p.fine {
            "The latest fetch of each kind of program counts: Google fetches once for everybody, Outlook on the web for each mailbox,
            other programs for each computer. Only the kind is stored, no address and nothing about the person."
        }
    }
}

fn syncs<'t>(state: &'t State, team: &'t TeamSnapshot, slot: &'t FeedSlot) -> impl Iterator<Item = Sync<'t>> {
    let fetched = team.subscribers(slot).fetched().into_iter();
    fetched.map(move |fetched| Sync {
        slot,
        fetched,
        behind_since: state.feeds.outdated_since(team, slot, fetched.version),
    })
}

/// By kind of program, then those that are behind first.
fn by_client<'a>(all: &'a [Sync<'a>]) -> Vec<&'a Sync<'a>> {
    let mut sorted: Vec<&Sync<'_>> = all.iter().collect();
    sorted.sort_by_key(|sync| (sync.fetched.client.name(), sync.behind_since.is_none()));
    sorted
}

fn row(team: &TeamSnapshot, people: &People<'_>, sync: &Sync<'_>, wall: Wall<'_>) -> Markup {
    let fetched = &sync.fetched;
    html! {
        tr {
            th scope="row" { (fetched.client.name()) }
            td { (name(sync.slot, people)) }
            td {
                @match sync.behind_since {
                    None => span.tag.ok { "current" },
                    Some(since) => {
                        span.tag.warn { "behind by " (count(changes_since(team, fetched.last).max(1), "change", "changes")) }
                        " since " (wall.moment(since))
                    }
                }
            }
            td { span.narrow { "fetched " } time datetime=(fetched.last.format("%Y-%m-%dT%H:%M:%SZ")) title=(wall.moment(fetched.last)) { (ago(wall.now - fetched.last)) } }
            td { span.narrow { "next expected " } (expected(fetched, wall.now)) }
        }
    }
}

fn name(slot: &FeedSlot, people: &People<'_>) -> Markup {
    html! {
        @if let Some(name) = shared_feed_name(&slot.feed) { (name) }
        @if let Feed::Engineer(engineer) = &slot.feed {
            @match people.team().index_of(engineer.as_str()) {
                Some(idx) => (people.person(idx)),
                None => bdi { (engineer) },
            }
        }
    }
}

/// How many publications that moved somebody's duty came after `last`.
fn changes_since(team: &TeamSnapshot, last: Instant) -> usize {
    let mut later: Vec<Instant> =
        team.changes().iter().map(|change| change.at).filter(|at| last < *at).collect();
    later.dedup();
    later.len()
}

/// `5 h ago`, rounded down.
fn ago(passed: TimeDelta) -> String {
    match passed.num_minutes() {
        ..1 => "just now".to_owned(),
        minutes @ 1..60 => format!("{minutes} min ago"),
        minutes @ 60..2880 => format!("{} h ago", minutes / 60),
        minutes => format!("{} days ago", minutes / 1440),
    }
}

/// When a program is expected to fetch again, from its longest time between fetches.
fn expected(fetched: &Fetched, now: Instant) -> String {
    let Some(longest) = longest_pause(fetched.client) else { return "as set in its own settings".to_owned() };
    let left = fetched.last + longest - now;
    match left.num_minutes() {
        ..0 => format!("overdue by {}", length(-left)),
        0..60 => "within the hour".to_owned(),
        _ => format!("within {}", length(left)),
    }
}

/// `19 h`, rounded up, or days.
fn length(time: TimeDelta) -> String {
    match time.num_minutes() {
        minutes @ ..60 => format!("{minutes} min"),
        minutes @ 60..2880 => format!("{} h", (minutes + 59) / 60),
        minutes => format!("{} days", minutes / 1440),
    }
}

/// The longest time between two fetches of a kind of program, unless its user sets it.
fn longest_pause(client: Client) -> Option<TimeDelta> {
    match client {
        Client::Google => Some(TimeDelta::hours(24)),
        Client::OutlookWeb => Some(TimeDelta::hours(3)),
        Client::Thunderbird => Some(TimeDelta::minutes(30)),
        Client::Apple | Client::Davx5 | Client::OutlookDesktop | Client::Other => None,
    }
}

fn advice() -> Markup {
    html! {
        section aria-labelledby="advice" {
            h2 #advice { "What to do about a calendar that is behind" }
            dl.advice {
                dt { "Google Calendar" } dd { "Wait: it fetches every 8 to 24 hours, and nothing makes it fetch sooner. Look at the rota for what is current." }
                dt { "Outlook on the web, Microsoft 365" } dd { "Wait about 3 hours. If it stays behind, remove the calendar and subscribe again." }
                dt { "Outlook for Windows and Mac" } dd { "Send and receive all folders." }
                dt { "Apple Calendar" } dd { "View, Refresh Calendars. Then set “Auto-refresh” of the calendar to every hour." }
                dt { "Thunderbird" } dd { "Synchronize. Its interval is in the properties of the calendar." }
                dt { "DAVx⁵, ICSx⁵" } dd { "Pull down to synchronize, or set a shorter interval." }
                dt { "A program that is not listed here" } dd { "It has never fetched: it may have a copy that was imported once. " a href="subscribe" { "Subscribe" } " instead." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_is_some_time_ago_and_the_next_is_expected_within_what_a_program_takes() {
        let now: Instant = "2026-11-20T12:00:00Z".parse().unwrap();
        let fetched = |client, minutes| Fetched {
            client,
            given: 1,
            confirmed: 0,
            last: now - TimeDelta::minutes(minutes),
            version: 0,
        };
        for (client, minutes, passed, next) in [
            (Client::Google, 5 * 60, "5 h ago", "within 19 h"),
            (Client::Google, 60 * 72, "3 days ago", "overdue by 2 days"),
            (Client::OutlookWeb, 150, "2 h ago", "within the hour"),
            (Client::Thunderbird, 0, "just now", "within the hour"),
            (Client::Thunderbird, 40, "40 min ago", "overdue by 10 min"),
            (Client::Apple, 59, "59 min ago", "as set in its own settings"),
        ] {
            let fetched = fetched(client, minutes);
            assert_eq!((ago(now - fetched.last).as_str(), expected(&fetched, now).as_str()), (passed, next));
        }
    }
}
