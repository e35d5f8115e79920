//! The change log for feed readers: `/{team}/changes.atom` (RFC 4287).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use atom_syndication::{Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Text};
use chrono::{DateTime, Utc};

use super::feeds::handler::broken;
use super::server::visitor::base_url;
use crate::config::BaseUrl;
use crate::json::days_ahead;
use crate::live::TeamSnapshot;
use crate::publish::Change;
use crate::rota::{EngineerId, Instant, Side, Team};
use crate::text::{WallClock, Year, clean, days_ahead_of};
use crate::web::response::{tagged, text};
use crate::web::state::State;

/// How many changes it lists. Feed readers fetch it again before there are more.
const MAX_ENTRIES: usize = 100;

/// The feed.
pub(super) fn atom(state: &State, request: &HttpRequest) -> HttpResponse {
    let snapshot = state.store.load();
    let id = request.match_info().get("team").unwrap_or_default();
    let Some(team) = snapshot.team(id) else {
        // Feed readers drop what is gone, as calendar programs do.
        return match snapshot.is_broken(id) {
            true => broken(),
            false => text(StatusCode::NOT_FOUND, "there is no team at this address\n"),
        };
    };
    let public_url = &snapshot.configuration().settings.public_url;
    let below = |url: &BaseUrl| format!("{url}/{}", team.team().id);
    // Everybody gets the same ids, so they contain no key.
    let (base, identity) = (below(&base_url(request, public_url)), below(public_url));
    let body = feed(team, &base, &identity).to_string().into_bytes();
    tagged(request.head(), "application/atom+xml; charset=utf-8", body)
}

/// Links start with `base`, ids with `identity`.
fn feed(team: &TeamSnapshot, base: &str, identity: &str) -> Feed {
    let latest = team.changes().iter().rev().take(MAX_ENTRIES);
    let name = clean(&team.team().name);
    let updated = team.changes().last().map_or(team.frame().week.start(), |change| change.at);
    let own = Link {
        href: format!("{base}/changes.atom"),
        rel: "self".to_owned(),
        mime_type: Some("application/atom+xml".to_owned()),
        ..Link::default()
    };
    Feed {
        title: Text::plain(format!("{name}: what moved in the on-call rota")),
        id: format!("{identity}/changes.atom"),
        updated: fixed(updated),
        // RFC 4287 4.1.1: every entry needs an author, or else the feed.
        authors: vec![Person { name: "oncal".to_owned(), ..Person::default() }],
        generator: Some(Generator { value: "oncal".to_owned(), ..Generator::default() }),
        links: vec![own, Link { href: format!("{base}/"), ..Link::default() }],
        entries: latest.map(|change| entry(team.team(), change, base, identity)).collect(),
        ..Feed::default()
    }
}

fn entry(team: &Team, change: &Change, base: &str, identity: &str) -> Entry {
    let Change { at, moved } = change;
    let [start, end] = [moved.period.start(), moved.period.end()];
    let [before, after] = [&moved.before, &moved.after].map(|side| name(team, side.as_ref()));
    let role = moved.role.as_str();
    let title = match (&moved.before, &moved.after) {
        (Some(old), Some(new)) if old.engineer == new.engineer && new.tentative => {
            format!("{after} is only proposed as {role}")
        }
        (Some(old), Some(new)) if old.engineer == new.engineer => format!("{after} is confirmed as {role}"),
        (_, None) => format!("{before} is no longer {role}"),
        (None, _) => format!("{after} is {role}"),
        _ => format!("{after} is {role} instead of {before}"),
    };
    let span = format!("{} to {}", moment(team, start), moment(team, end));
    let why = moved.after.as_ref().and_then(|side| side.reason.as_deref()).map(clean);
    let why = why.filter(|why| !why.is_empty()).map(|why| format!("\nWhy: {why}")).unwrap_or_default();
    let mut content = Content::default();
    content.set_content_type("text".to_owned());
    content.set_value(format!("From {before} to {after}, {span}; published {}.{why}", notice(change)));
    Entry {
        title: Text::plain(format!("{title}: {span}")),
        id: format!("{identity}/changes#{}", key(change)),
        updated: fixed(*at),
        published: Some(fixed(*at)),
        links: vec![Link { href: format!("{base}/?from={}", team.zone.date(start)), ..Link::default() }],
        content: Some(content),
        ..Entry::default()
    }
}

/// The anchor of a change on the page of changes.
pub(super) fn key(change: &Change) -> String {
    let instant = |instant: Instant| instant.format("%Y%m%dT%H%M%SZ").to_string();
    let Change { at, moved } = change;
    format!("{}-{}-{}", instant(*at), moved.role.as_str(), instant(moved.period.start()))
}

/// How far ahead of its start a change was published.
pub(super) fn notice(change: &Change) -> String {
    days_ahead_of(days_ahead(change.at, &change.moved))
}

/// The name of somebody who may have left the team since.
fn name(team: &Team, side: Option<&Side>) -> String {
    let known = |id: &EngineerId| team.engineers.iter().find(|engineer| engineer.id == *id);
    side.map_or_else(
        || "nobody".to_owned(),
        |side| {
            known(&side.engineer).map_or_else(|| side.engineer.to_string(), |engineer| clean(&engineer.name))
        },
    )
}

fn moment(team: &Team, instant: Instant) -> String {
    WallClock { zone: &team.zone, year: Year::Always }.moment(instant)
}

fn fixed(instant: DateTime<Utc>) -> FixedDateTime {
    instant.fixed_offset()
}
