//! What is wrong with a configuration, for people. Never the source line: it may hold what is nobody's business.

use maud::{Markup, html};

use crate::config::Diagnostic;
use crate::live::Snapshot;
use crate::rota::TeamId;

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
                    " " (diagnostic.message) " "
                    small { "(" (diagnostic.code) ")" }
                    @if let Some(help) = &diagnostic.help { br; (help) }
                }
            }
        }
    }
}

/// That a team is shown as it was before its file broke or went away; nothing for one that is current.
pub(super) fn outdated(snapshot: &Snapshot, id: &TeamId) -> Markup {
    html! {
        @if snapshot.is_outdated(id) {
            section.alert aria-label="Not current" {
                @if snapshot.gone().contains(id) {
                    p { b { "The file of this team is gone. " } "What you see is the rota as it last was." }
                } @else {
                    p {
                        b { "The latest change has errors. " }
                        "What you see, and what calendars get, goes by what was right before."
                    }
                    (errors(snapshot.configuration().diagnostics_of(id)))
                }
            }
        }
    }
}
