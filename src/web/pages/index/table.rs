//! Many teams as a table, the most urgent first, with a search.

use maud::{Markup, html};

use super::entry::Entry;
use crate::live::Snapshot;
use crate::rota::{Instant, Role, TeamId};
use crate::text::{clean, count, role_title};
use crate::web::pages::kit::agreement::SOON_WORDS;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::on_call::agreement_tag;

/// The teams in `entries`, which are those that `search` finds, in their order, and those that are not served.
pub(super) fn table(
    snapshot: &Snapshot,
    entries: &[Entry<'_>],
    broken: &[&TeamId],
    search: Option<&str>,
    now: Instant,
) -> Markup {
    let open = entries.iter().filter(|entry| entry.needs.to_agree > 0).count();
    html! {
        form.search method="get" action="./" role="search" {
            label for="q" { "Find a team or a person" }
            input #q type="search" name="q" value=[search];
            button { "Find" }
            span.fine {
                (count(entries.len() + broken.len(), "team", "teams"))
                @if open > 0 { ", " (open) @if open == 1 { " needs" } @else { " need" } " something agreed " (SOON_WORDS) }
                @if !broken.is_empty() { ", " (broken.len()) " not served" }
                @if search.is_some() { " · " a href="./" { "Show all" } }
            }
        }
        @if entries.is_empty() && broken.is_empty() { p { "No team or person has that name or id." } }
        @else {
            table.stack.index {
                thead { tr { th scope="col" { "Team" } th scope="col" { "Primary" } th scope="col" { "Secondary" } th scope="col" { "Until" } th scope="col" { "To agree" } } }
                tbody {
                    @for id in broken { (not_served(snapshot, id)) }
                    @for entry in entries { (row(entry, now)) }
                }
            }
        }
    }
}

fn row(entry: &Entry<'_>, now: Instant) -> Markup {
    let (team, people) = (entry.team, &entry.people);
    let rota = team.team();
    let wall = Wall::new(&rota.zone, now);
    let duty = team.near().on_call(now);
    let until = team.near().unchanged_until(&Role::ALL, now);
    html! {
        tr {
            th scope="row" { a href={ (rota.id) "/" } { bdi { (clean(&rota.name)) } } }
            @match duty {
                None => td colspan="3" { "Nobody is on call before " (wall.moment(rota.starts())) },
                Some(duty) => {
                    @for role in Role::ALL {
                        td {
                            span.narrow { (role_title(role)) " " }
                            @match duty.holder(role) {
                                Some(holder) => { (people.person(holder.engineer)) " " (agreement_tag(Some(holder), team.near().is_uncovered(duty))) },
                                None => "nobody",
                            }
                            @if team.near().away_until(rota, role, now).is_some() { " " span.tag.late { "away" } }
                        }
                    }
                    td.when { @if let Some(until) = until { span.narrow { "until " } (wall.moment(until)) } }
                },
            }
            td { (needs(entry, wall)) }
        }
    }
}

/// What a team has to agree on soon.
pub(super) fn needs(entry: &Entry<'_>, wall: Wall<'_>) -> Markup {
    let needs = entry.needs;
    let later = needs.to_agree - needs.overdue;
    html! {
        @if entry.is_outdated { span.tag.late { "not current" } " " }
        @if needs.to_agree == 0 { span.settled { "nothing to agree " (SOON_WORDS) } }
        @else {
            a href={ (entry.team.team().id) "/coverage#agree" } {
                @if needs.uncovered > 0 { span.tag.late { (needs.uncovered) " not covered" } " " }
                @if needs.overdue > 0 { span.tag.late { (needs.overdue) " overdue" } " " }
                @if later > 0 {
                    span.tag.warn { (later) " to agree " (SOON_WORDS) }
                    @if let Some(next) = needs.next { " next by " (wall.day(next)) }
                }
            }
        }
    }
}

fn not_served(snapshot: &Snapshot, id: &TeamId) -> Markup {
    let errors = snapshot.configuration().diagnostics_of(id).filter(|diagnostic| diagnostic.is_error());
    html! {
        tr {
            th scope="row" { a href={ (id) "/" } { (id) } }
            td colspan="4" { span.tag.late { "not served" } " its file has " (count(errors.count(), "error", "errors")) ": " a href={ (id) "/" } { "what is wrong" } }
        }
    }
}
