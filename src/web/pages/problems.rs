//! What is wrong with a configuration, for people. Never the source line: it may hold what is nobody's business.

use maud::{Markup, html};

use super::words::Wall;
use crate::config::Diagnostic;
use crate::live::Snapshot;
use crate::rota::Team;

/// The errors among `diagnostics`, each with its place.
pub(super) fn errors<'a>(diagnostics: impl Iterator<Item = &'a Diagnostic>) -> Markup {
    html! {
        ul.problems {
            @for diagnostic in diagnostics.filter(|diagnostic| diagnostic.is_error()) {
                li {
                    code {
                        (diagnostic.file)
                        @if let Some(place) = &diagnostic.place { ":" (place.line) ":" (place.column) }
                    }
                    " " (ticked(&diagnostic.message.to_string())) " "
                    small { "(" (diagnostic.code) ")" }
                    @if let Some(help) = &diagnostic.help { br; (ticked(&help.to_string())) }
                }
            }
        }
    }
}

/// A text of the terminal, where what stands in a file or is typed is between backticks.
pub(super) fn ticked(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

/// That a team is shown as it was before its file broke or went away; nothing for one that is current.
pub(super) fn outdated(snapshot: &Snapshot, team: &Team) -> Markup {
    let id = &team.id;
    html! {
        @if let Some(since) = snapshot.outdated_since(id) {
            @let since = Wall { zone: &team.zone, now: since }.moment(since);
            section.alert aria-label="Not current" {
                @if snapshot.gone().contains(id) {
                    p {
                        b { "The file of this team is gone. " }
                        "What you see, and what calendars get, is the rota as it was before " (since) "."
                    }
                } @else {
                    p {
                        b { "The latest change has errors. " }
                        "What you see, and what calendars get, is the rota as it was before " (since) "."
                    }
                    (errors(snapshot.configuration().diagnostics_of(id)))
                }
            }
        }
    }
}
