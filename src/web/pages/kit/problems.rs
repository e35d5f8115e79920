//! The problems of a configuration, on pages. Never the source line, which may contain private values.

use maud::{Markup, html};

use crate::config::Diagnostic;
use crate::live::{Faults, Snapshot, TeamSnapshot};
use crate::publish::JournalState;
use crate::rota::Team;
use crate::web::pages::kit::clock::Wall;

/// The errors among `diagnostics`, each with its place.
pub(in crate::web) fn errors<'a>(diagnostics: impl Iterator<Item = &'a Diagnostic>) -> Markup {
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

/// A text for the terminal, in which backticks mark code.
pub(in crate::web) fn ticked(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

/// A note that a team is shown as it was before its file broke or was removed; empty for a current team.
pub(in crate::web) fn outdated(snapshot: &Snapshot, team: &Team) -> Markup {
    let id = &team.id;
    html! {
        @if let Some(since) = snapshot.outdated_since(id) {
            @let since = Wall::new(&team.zone, since).moment(since);
            section.alert aria-label="Not current" {
                @if snapshot.removed().contains(id) {
                    p {
                        b { "The file of this team is gone. " }
                        "What you see, and what calendars get, is the rota as it was before " (since) "."
                    }
                } @else {
                    @if snapshot.team(id.as_str()).is_some_and(TeamSnapshot::is_restored) {
                        p {
                            b { "The files of this team have errors. " }
                            "What you see, and what calendars get, is the rota as last published."
                        }
                    } @else {
                        p {
                            b { "The latest change has errors. " }
                            "What you see, and what calendars get, is the rota as it was before " (since) "."
                        }
                    }
                    (errors(snapshot.configuration().diagnostics_of(id)))
                }
            }
        }
    }
}

/// A note of what is wrong with the copies of fetched calendars that a team uses; empty without `warnings`.
pub(in crate::web) fn copies<'a>(warnings: impl Iterator<Item = &'a Diagnostic>) -> Markup {
    let mut warnings = warnings.peekable();
    html! {
        @if warnings.peek().is_some() {
            section.alert aria-label="Fetched calendars" {
                @for warning in warnings {
                    p {
                        (ticked(&warning.message.to_string()))
                        @if let Some(help) = &warning.help { br; small { (ticked(&help.to_string())) } }
                    }
                }
            }
        }
    }
}

/// A note that the server cannot keep a team current; empty if it can. Only operators see the exact fault. A folder
/// that cannot be watched delays changes by seconds only, so pages do not mention it.
pub(in crate::web) fn behind(faults: &Faults, state: JournalState) -> Markup {
    let is_older = state == JournalState::Older;
    html! {
        @if faults.configuration.is_some() || faults.journal.is_some() || is_older {
            section.alert aria-label="Not current" {
                @if faults.configuration.is_some() {
                    p {
                        b { "The configuration cannot be read. " }
                        "What you see, and what calendars get, is the rota as it last was."
                    }
                }
                @if faults.journal.is_some() {
                    p {
                        b { "The server cannot write to its database. " }
                        "Changes of the rota show here, and in calendars, up to a minute late."
                    }
                }
                @if is_older {
                    p {
                        b { "Another server has a newer configuration than this one. " }
                        "What you see, and what calendars get from here, follows the older one."
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Fault;
    use crate::rota::Instant;

    #[test]
    fn a_page_says_why_it_is_not_current_and_reveals_no_internals() {
        let rendered = |faults: Faults, state| behind(&faults, state).into_string();
        let fault = || Some(Fault { since: Instant::UNIX_EPOCH, message: "the inside".to_owned() });
        let fine = Faults::default;
        for (faults, state, expected) in [
            (
                Faults { configuration: fault(), ..fine() },
                JournalState::Written,
                "The configuration cannot be read.",
            ),
            (
                Faults { journal: fault(), ..fine() },
                JournalState::Provisional,
                "cannot write to its database.",
            ),
            (fine(), JournalState::Older, "Another server has a newer configuration"),
        ] {
            let rendered = rendered(faults, state);
            assert!(rendered.contains(expected) && rendered.contains("Not current"), "{rendered}");
            assert!(rendered.matches("<p>").count() == 1 && !rendered.contains("the inside"), "{rendered}");
        }
        for state in [JournalState::Written, JournalState::Provisional] {
            assert_eq!(rendered(Faults { watch: fault(), ..fine() }, state), "");
        }
    }

    #[test]
    fn a_page_says_what_is_wrong_with_copies_of_fetched_calendars() {
        assert_eq!(copies(std::iter::empty()).into_string(), "");
        let problem = crate::toml_reader::Problem::warning("c", "the calendar of `a` is old").help("look");
        let warning = Diagnostic::new(problem, "teams/a.toml", None, None);
        let rendered = copies([&warning].into_iter()).into_string();
        assert!(rendered.contains("the calendar of <code>a</code> is old"), "{rendered}");
        assert!(rendered.contains("look") && !rendered.contains("teams/a.toml"), "{rendered}");
    }
}
