//! `/{team}/changes`: what moved, when it was published and how far ahead.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::json::days_ahead;
use crate::live::TeamSnapshot;
use crate::publish::Change;
use crate::rota::{Instant, RoleChange, Side, Team};
use crate::text::clean;
use crate::web::atom::{key, notice};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::Tab;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::team_page::team_page;
use crate::web::state::State;

/// The maximum number of changes that are shown; the API has more.
const MAX_SHOWN: usize = 100;

/// Shorter notice than this is marked: the person may have plans.
const SHORT_NOTICE_DAYS: i64 = 7;

/// The page.
pub(in crate::web) fn changes(state: &State, request: &HttpRequest) -> HttpResponse {
    team_page(state, request, Tab::Changes, |context| {
        Ok(("Changes".to_owned(), page(context.team, &context.people(), context.wall())))
    })
}

fn page(team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let latest: Vec<&Change> = team.changes().iter().rev().take(MAX_SHOWN).collect();
    html! {
        h1 { "Changes" }
        p.lead {
            "Whose duty moved since the rota was first published, the latest first. Feed readers can follow "
            a href="changes.atom" { "the same as Atom" } "."
        }
        @if latest.is_empty() {
            p { span.tag.plain { "Nothing yet" } " No duty has moved since oncal first published this rota." }
        }
        @for together in latest.chunk_by(|one, other| one.at == other.at) {
            section.publication {
                h2 { "Published " (wall.moment(together[0].at)) }
                ul.moves { @for change in together.iter().rev() { (moved(people, change, wall)) } }
            }
        }
        @if team.changes().len() > MAX_SHOWN {
            p.fine { "Earlier changes, up to 500, are in the API." }
        }
    }
}

fn moved(people: &People<'_>, change: &Change, wall: Wall<'_>) -> Markup {
    let moved = &change.moved;
    let why = moved.after.as_ref().and_then(|side| side.reason.as_deref()).map(clean);
    html! {
        li.card id=(key(change)) {
            p.holders { (whose(people, moved)) " as " (moved.role.as_str()) }
            p.until {
                a href=(rota_from(people.team(), moved.period.start(), wall)) { (wall.span(moved.period)) }
                @if let Some(why) = why.filter(|why| !why.is_empty()) { " · " (why) }
            }
            p { (ahead(change)) }
        }
    }
}

/// The rota from the week of `instant` on. Weeks follow the team's dates, whatever the zone of the page.
fn rota_from(team: &Team, instant: Instant, wall: Wall<'_>) -> String {
    let kept = wall.kept(team).replace('?', "&");
    format!("./?from={}{kept}", team.zone.date(instant))
}

/// `B → C`; or, if nobody moved, what happened to the proposal.
fn whose(people: &People<'_>, moved: &RoleChange) -> Markup {
    html! {
        @match (&moved.before, &moved.after) {
            (Some(before), Some(after)) if before.engineer == after.engineer => {
                (side(people, Some(after)))
                @if after.tentative { " is only proposed now" } @else { " is confirmed now" }
            },
            (before, after) => {
                (side(people, before.as_ref())) " " span aria-label="hands over to" role="img" { "→" } " "
                (side(people, after.as_ref()))
                @if after.as_ref().is_some_and(|side| side.tentative) { " " span.tag.warn { "proposed" } }
            },
        }
    }
}

/// Somebody who may have left the team since, or nobody.
fn side(people: &People<'_>, side: Option<&Side>) -> Markup {
    html! {
        @match side {
            None => "nobody",
            Some(side) => {
                @match people.team().index_of(side.engineer.as_str()) {
                    Some(idx) => (people.person(idx)),
                    None => span.person { bdi { (side.engineer) } },
                }
            }
        }
    }
}

fn ahead(change: &Change) -> Markup {
    let tone = match days_ahead(change.at, &change.moved) {
        ..0 => "late",
        0..SHORT_NOTICE_DAYS => "warn",
        _ => "plain",
    };
    html! { span class={ "tag " (tone) } { (notice(change)) } }
}
