//! A diagnostic with its source line, the position underlined: for the command line alone.
//!
//! The line may contain private values, so this is never logged or served. Even here only the host of an address is
//! shown: terminals are shared, and the output of checks is stored.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Place};
use super::sources::Sources;
use crate::toml_reader::{Severity, ShownLine, Span};

/// The width of rendered lines in columns, if the source is not wider.
const WIDTH: usize = 100;

/// The longest source line that is shown, in bytes.
const LONGEST: usize = 10_000;

/// Several lines about `diagnostic`, without a newline at the end; with ANSI colours if `colour`.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let path = sources.folder().join(&diagnostic.file).display().to_string();
    let text = sources.text(&diagnostic.file);
    let source =
        diagnostic.place.as_ref().zip(text).map(|(place, text)| (place, line_at(place.span.start, text)));
    let where_it_is: Element<'_> = match (source, &diagnostic.place) {
        (Some((place, (start, line))), _) if line.len() <= LONGEST => {
            let span = place.span.start - start..place.span.end.saturating_sub(start);
            let shown = ShownLine::of(line);
            let annotation = AnnotationKind::Primary.span(shown.span(&within_line(&span, line)));
            Snippet::source(shown.text).line_start(place.line).path(path).annotation(annotation).into()
        }
        (_, Some(Place { line, column, .. })) => Origin::path(path).line(*line).char_column(*column).into(),
        (_, None) => Origin::path(path).into(),
    };
    let group = level.primary_title(&*diagnostic.message).id(diagnostic.code).element(where_it_is);
    let help = diagnostic.help.as_ref().map(|help| Level::HELP.message(&**help));
    renderer.render(&[group.elements(help)])
}

/// The line of `text` that the byte `at` is on, and where it starts.
fn line_at(at: usize, text: &str) -> (usize, &str) {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = after.find('\n').map_or(text.len(), |newline| before.len() + newline);
    (start, text.get(start..end).unwrap_or_default())
}

/// The part of `span` on its first line: underlining a list of twenty lines would not help.
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

    #[test]
    fn the_line_of_a_byte_is_found() {
        for (at, expected) in
            [(0, (0, "one")), (3, (0, "one")), (4, (4, "two\r")), (9, (9, "")), (99, (9, ""))]
        {
            assert_eq!(line_at(at, "one\ntwo\r\n"), expected, "{at}");
        }
    }
}
