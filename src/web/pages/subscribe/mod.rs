//! `/{team}/subscribe`: choosing a calendar and a reminder, and subscribing with each calendar program.

mod clients;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::feed::{Alarm, Feed};
use crate::live::{FeedSlot, TeamSnapshot};
use crate::rota::{Instant, Role};
use crate::web::feeds::subscribe::{Subscribe, of_shifts};
use crate::web::pages::kit::bad_query::bad_query;
use crate::web::pages::kit::feed_name::shared_feed_name;
use crate::web::pages::kit::layout::{Layout, Tab};
use crate::web::pages::kit::not_found::with_team;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::query::{BadQuery, PageQuery};
use crate::web::pages::kit::reminder::{REMINDERS, reminder};
use crate::web::query::pairs::shortened;
use crate::web::server::visitor::{Visitor, base_url};
use crate::web::state::State;

/// The chosen calendar and reminder.
struct Choice<'t> {
    slot: &'t FeedSlot,
    /// How long before a shift calendars show a reminder.
    alarm: Option<Alarm>,
}

/// The page.
pub(in crate::web) fn subscribe(state: &State, request: &HttpRequest) -> HttpResponse {
    let (snapshot, visitor) = (state.store.load(), Visitor::of(request));
    with_team(&snapshot, request, |team| {
        let layout = Layout::of(state, request, &snapshot, team, Tab::Subscribe);
        let query = PageQuery::by(request);
        match choice(team, &query, visitor.as_ref()) {
            Ok(choice) => {
                let base = base_url(request, &snapshot.configuration().settings.public_url);
                let links = Subscribe::to(&base, team, choice.slot, choice.alarm);
                let clients = |download: &str| clients::clients(&links, download, base.is_loopback());
                let people = layout.people(team.team());
                let main = page(
                    team,
                    &people,
                    &choice,
                    (&links.address, &clients),
                    (visitor.as_ref(), state.clock.now()),
                );
                layout.respond(StatusCode::OK, "Add to my calendar", &main)
            }
            Err(error) => bad_query(&layout, &error, request),
        }
    })
}

/// The calendar that `query` names; without one, the visitor's own if their link is one person's, or else the team's.
fn choice<'t>(
    team: &'t TeamSnapshot,
    query: &PageQuery,
    visitor: Option<&Visitor>,
) -> Result<Choice<'t>, BadQuery> {
    let alarm = query.alarm()?;
    let of_path = |path: &str| team.feeds().iter().find(|slot| slot.path == path);
    let own = visitor.and_then(Visitor::engineer);
    let slot = match query.value("calendar")? {
        Some(name) => of_path(&format!("{name}.ics")).ok_or_else(|| BadQuery::Calendar(shortened(name)))?,
        None => {
            let own = own.and_then(|engineer| of_path(&format!("engineers/{engineer}.ics")));
            let first = own.or_else(|| team.feeds().first());
            first.ok_or_else(|| BadQuery::Calendar(String::new()))?
        }
    };
    Ok(Choice { slot, alarm })
}

fn page(
    team: &TeamSnapshot,
    people: &People<'_>,
    choice: &Choice<'_>,
    (address, clients): (&str, &dyn Fn(&str) -> Markup),
    (visitor, now): (Option<&Visitor>, Instant),
) -> Markup {
    let alarm = of_shifts(choice.slot, choice.alarm);
    let alarm = alarm.map(|alarm| format!("&alarm={alarm}")).unwrap_or_default();
    let download = format!("{}?download=1{alarm}", choice.slot.path);
    let title = choice.slot.feed.title(team.team());
    html! {
        h1 { "Add to my calendar" }
        section aria-labelledby="whose" {
            h2 #whose { "1. Whose shifts?" }
            (whose(team, people, choice, now))
        }
        section aria-labelledby="which" {
            h2 #which { "2. Which calendar?" }
            p { "You subscribe to " b { bdi { (title) } } ": " (what(&choice.slot.feed)) "." }
            p.address { code data-copy={ "the address of " (title) } { (address) } }
            @if let Some(visitor) = visitor { (secret(visitor)) }
            @if choice.slot.feed != Feed::Coverage { (reminders(choice)) }
            (clients(&download))
        }
        section.note aria-labelledby="soon" {
            h2 #soon { "How soon does it show a change?" }
            p {
                "oncal publishes a change within seconds. Each calendar program fetches it at its own pace, as described above, and oncal cannot make it faster. "
                a href="subscribers" { "Calendar sync" } " shows which calendars have the current version. Right now, "
                a href="./" { "the rota" } " is always current."
            }
        }
    }
}

/// One link for each calendar of the team, except those of people who have left it.
fn whose(team: &TeamSnapshot, people: &People<'_>, choice: &Choice<'_>, now: Instant) -> Markup {
    let has_left = |slot: &FeedSlot| match &slot.feed {
        Feed::Engineer(id) => team.team().engineers.iter().any(|one| one.id == *id && one.has_left(now)),
        _ => false,
    };
    let offered = team.feeds().iter().filter(|slot| !has_left(slot) || slot.path == choice.slot.path);
    let (persons, others): (Vec<&FeedSlot>, Vec<&FeedSlot>) =
        offered.partition(|slot| matches!(slot.feed, Feed::Engineer(_)));
    html! {
        h3 { "One person’s" }
        nav.choices aria-label="One person’s calendar" {
            @for slot in persons { (option(slot, choice, &label(slot, people))) }
        }
        h3 { "The team’s" }
        nav.choices aria-label="The team’s calendars" {
            @for slot in others { (option(slot, choice, &label(slot, people))) }
        }
    }
}

fn label(slot: &FeedSlot, people: &People<'_>) -> Markup {
    html! {
        @if let Some(name) = shared_feed_name(&slot.feed) { (name) }
        @if let Feed::Engineer(engineer) = &slot.feed && let Some(idx) = people.team().index_of(engineer.as_str()) {
            (people.badge(idx)) " " (people.plain(idx))
        }
    }
}

fn option(slot: &FeedSlot, choice: &Choice<'_>, label: &Markup) -> Markup {
    let name = slot.path.strip_suffix(".ics").unwrap_or(&slot.path);
    let alarm = choice.alarm.map(|alarm| format!("&alarm={alarm}")).unwrap_or_default();
    let is_chosen = slot.path == choice.slot.path;
    html! {
        a.choice href={ "subscribe?calendar=" (name) (alarm) "#which" } aria-current=[is_chosen.then_some("true")] { (label) }
    }
}

/// The same calendar with each reminder.
fn reminders(choice: &Choice<'_>) -> Markup {
    let name = choice.slot.path.strip_suffix(".ics").unwrap_or(&choice.slot.path);
    let other = Some(choice.alarm).filter(|alarm| !REMINDERS.contains(alarm));
    html! {
        nav.lengths.reminders aria-labelledby="reminders" {
            span #reminders { "Reminder before each shift:" }
            @for alarm in REMINDERS.into_iter().chain(other) {
                @let query = alarm.map(|alarm| format!("&alarm={alarm}")).unwrap_or_default();
                a href={ "subscribe?calendar=" (name) (query) "#which" } aria-current=[(alarm == choice.alarm).then_some("true")] { (reminder(alarm)) }
            }
        }
    }
}

/// A warning that the address gives access to more than one calendar.
fn secret(visitor: &Visitor) -> Markup {
    html! {
        p.note {
            b { "The address contains " @if visitor.engineer().is_some() { "your own" } @else { "your" } " secret link. " }
            "Whoever has it can read "
            @if visitor.sees_all() { "every page and calendar of all teams" } @else { "every page and calendar of this team" }
            ", so do not share a calendar that you subscribed to with it."
            @if visitor.engineer().is_none() {
                " To subscribe others, ask whoever runs this server for a link of their own: " code { "oncal links" } " prints them."
            }
        }
    }
}

fn what(feed: &Feed) -> &'static str {
    match feed {
        Feed::Team => "every shift, handover meeting and deadline",
        Feed::Engineer(_) => "their shifts, handover meetings and the deadlines that concern them",
        Feed::Coverage => "each holiday with who is on call, and what the team must agree on",
        Feed::Role(Role::Primary) => "the shifts of whoever is primary",
        Feed::Role(Role::Secondary) => "the shifts of whoever is secondary",
    }
}
