//! A problem with its file, line and column, as the command line, logs and pages show it.
//!
//! Not here: the source line, which only the command line may show (`render`).

use std::fmt;

use super::fetch_codes::FETCH_PROBLEMS;
use crate::rota::TeamId;
use crate::toml_reader::{Problem, Severity, Span};

/// One defect of a configuration. `message` and `help` quote no private value, so they may go to logs and pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the kind of defect, `lower-kebab-case`.
    pub code: &'static str,
    /// Error, warning or note.
    pub severity: Severity,
    /// The team whose file or run book has it; `None` if it belongs to no single team.
    pub team: Option<TeamId>,
    /// The file within the configuration folder, with `/` between names: `teams/data-pipelines.toml`.
    pub file: String,
    /// The position in the file; `None` if it concerns the file as a whole.
    pub place: Option<Place>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// A place in the text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// In bytes of the text, without a byte order mark.
    pub span: Span,
}

impl Diagnostic {
    /// `problem` as a defect of `file`, of `team` where it is that team's own.
    pub fn new(problem: Problem, file: &str, team: Option<&TeamId>, place: Option<Place>) -> Diagnostic {
        let Problem { code, severity, message, help, .. } = problem;
        Diagnostic { code, severity, team: team.cloned(), file: file.to_owned(), place, message, help }
    }

    /// Whether it keeps the file from being used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Whether it is about the copy of a fetched calendar, and not about a file.
    pub fn is_of_fetch(&self) -> bool {
        FETCH_PROBLEMS.contains(&self.code)
    }

    /// Whether it is a mere note, which only `oncal check` shows.
    pub fn is_note(&self) -> bool {
        self.severity == Severity::Note
    }

    /// `problems` as found in `text`, the content of `file`, in the order of their places, so that one pass over the
    /// text is enough.
    pub(super) fn located<'a>(
        problems: Vec<Problem>,
        file: &'a str,
        team: Option<&'a TeamId>,
        text: &'a str,
    ) -> impl Iterator<Item = Diagnostic> + 'a {
        let mut places = Places::of(text);
        problems.into_iter().map(move |problem| {
            let place = places.next(problem.span.clone());
            Diagnostic::new(problem, file, team, Some(place))
        })
    }
}

impl Place {
    /// Of one span alone.
    pub(super) fn of(span: Span, text: &str) -> Place {
        Places::of(text).next(span)
    }
}

/// Counts lines and columns, from one place to the next.
struct Places<'t> {
    text: &'t str,
    /// Up to where lines and characters are counted.
    at: usize,
    line: usize,
    column: usize,
}

impl<'t> Places<'t> {
    fn of(text: &'t str) -> Places<'t> {
        Places { text, at: 0, line: 1, column: 1 }
    }

    /// The place of `span`; counted from the beginning again where it is before the last.
    fn next(&mut self, span: Span) -> Place {
        let to = if self.text.is_char_boundary(span.start) { span.start } else { self.text.len() };
        if to < self.at {
            *self = Places::of(self.text);
        }
        let passed = self.text.get(self.at..to).unwrap_or_default();
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.column = match passed.rsplit_once('\n') {
            Some((_, rest)) => rest.chars().count() + 1,
            None => self.column + passed.chars().count(),
        };
        self.at = to;
        Place { line: self.line, column: self.column, span }
    }
}

/// One line without source: `teams/a.toml:3:5: error[unknown-engineer]: there is no engineer `x`; did you mean …`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = &self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}[{}]: {}", self.severity.as_str(), self.code, self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(start: usize, text: &str) -> (usize, usize) {
        let place = Places::of(text).next(start..start);
        (place.line, place.column)
    }

    #[test]
    fn lines_count_from_one_and_columns_in_characters() {
        let text = "a\nüb = 1\r\nc";
        assert_eq!(place(0, text), (1, 1));
        assert_eq!(place(1, text), (1, 2), "the end of a line is on it");
        assert_eq!(place(4, text), (2, 2), "ü has two bytes and is one character");
        assert_eq!(place(text.len(), text), (3, 2));
        assert_eq!(place(0, ""), (1, 1));
    }

    #[test]
    fn places_in_any_order_are_those_that_each_alone_would_be() {
        let text = "a\nüb = 1\r\n\n日本 = 2";
        let mut places = Places::of(text);
        let starts = [0, 1, 2, 4, 4, 9, 11, 12, 15, 15, text.len(), 99, 5, 3, 0, 11];
        for start in starts {
            let next = places.next(start..start);
            assert_eq!((next.line, next.column), place(start, text), "{start}");
        }
    }

    #[test]
    fn one_line_has_place_code_message_and_help() {
        let mut diagnostic = Diagnostic {
            code: "unknown-engineer",
            severity: Severity::Error,
            team: None,
            file: "teams/a.toml".to_owned(),
            place: Some(Places::of("x\ny").next(2..3)),
            message: "there is no engineer `x`".to_owned(),
            help: Some("did you mean `y`?".to_owned()),
        };
        let line = "teams/a.toml:2:1: error[unknown-engineer]: there is no engineer `x`; did you mean `y`?";
        assert_eq!(diagnostic.to_string(), line);
        diagnostic.place = None;
        diagnostic.help = None;
        let line = "teams/a.toml: error[unknown-engineer]: there is no engineer `x`";
        assert_eq!(diagnostic.to_string(), line);
    }
}
