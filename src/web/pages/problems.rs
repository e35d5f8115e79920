//! What is wrong with a configuration, for people. Never the source line: it may hold what is nobody's business.

use maud::{Markup, html};

use crate::config::Diagnostic;

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
