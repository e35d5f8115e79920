//! A problem with its file, line and column: what the command line, logs and pages say of it.
//!
//! Not here: the source line, which only the command line may show (`render`).

use std::fmt;

use crate::document::{Problem, Severity, Span};
use crate::rota::TeamId;

/// One defect of a configuration. `message` and `help` quote no private value, so they may go to logs and pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the kind of defect, `lower-kebab-case`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// The team whose file or run book has it; none for everything that is no team's own.
    pub team: Option<TeamId>,
    /// The file within the configuration folder, with `/` between names: `teams/data-pipelines.toml`.
    pub file: String,
    /// Where in the file; none where the defect is the file as a whole.
    pub place: Option<Place>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What would be right.
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
    /// Whether it keeps the file from being used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// `problem` as found in `text`, the content of `file`.
    pub(super) fn located(problem: Problem, file: &str, team: Option<&TeamId>, text: &str) -> Diagnostic {
        Diagnostic {
            code: problem.code,
            severity: problem.severity,
            team: team.cloned(),
            file: file.to_owned(),
            place: Some(Place::of(problem.span, text)),
            message: problem.message,
            help: problem.help,
        }
    }
}

impl Place {
    pub(super) fn of(span: Span, text: &str) -> Place {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Place { line, column, span }
    }
}

/// One line without source: `teams/a.toml:3:5: error[unknown-engineer]: there is no engineer `x`; did you mean …`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = &self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        let severity = if self.is_error() { "error" } else { "warning" };
        write!(f, ": {severity}[{}]: {}", self.code, self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(start: usize, text: &str) -> (usize, usize) {
        let place = Place::of(start..start, text);
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
    fn the_one_line_form_has_place_code_message_and_help() {
        let mut diagnostic = Diagnostic {
            code: "unknown-engineer",
            severity: Severity::Error,
            team: None,
            file: "teams/a.toml".to_owned(),
            place: Some(Place::of(2..3, "x\ny")),
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
