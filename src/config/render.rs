//! A diagnostic with the line it stands on, the place underlined: for the command line alone.
//!
//! The line may hold what is private to the file, so nothing that is logged or served comes from here.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Place};
use super::sources::Sources;
use crate::document::{Severity, Span};

/// The columns that a rendered line keeps to where the source allows.
const WIDTH: usize = 100;

/// Several lines about `diagnostic`, without a newline at the end; with ANSI colours where `colour`.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let path = sources.folder().join(&diagnostic.file).display().to_string();
    let where_it_is: Element<'_> = match (&diagnostic.place, sources.text(&diagnostic.file)) {
        (Some(place), Some(text)) => {
            let annotation = AnnotationKind::Primary.span(within_line(&place.span, text));
            Snippet::source(text).path(path).annotation(annotation).into()
        }
        (Some(Place { line, column, .. }), None) => {
            Origin::path(path).line(*line).char_column(*column).into()
        }
        (None, _) => Origin::path(path).into(),
    };
    let group = level.primary_title(&*diagnostic.message).id(diagnostic.code).element(where_it_is);
    let help = diagnostic.help.as_ref().map(|help| Level::HELP.message(&**help));
    renderer.render(&[group.elements(help)])
}

/// The part of `span` on its first line: a list over twenty lines is no more readable underlined as a whole.
fn within_line(span: &Span, text: &str) -> Span {
    let start = span.start.min(text.len());
    let rest = text.get(start..span.end.min(text.len())).unwrap_or_default();
    let first = rest.lines().next().unwrap_or_default();
    start..start + first.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_over_several_lines_is_underlined_on_the_first() {
        assert_eq!(within_line(&(2..9), "x [one\r\ntwo"), 2..6);
        assert_eq!(within_line(&(2..4), "x [one\r\ntwo"), 2..4);
        assert_eq!(within_line(&(11..11), "x [one\r\ntwo"), 11..11);
        assert_eq!(within_line(&(90..99), "short"), 5..5, "never beyond the text");
    }
}
