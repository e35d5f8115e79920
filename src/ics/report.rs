//! Collects the problems of a calendar: enough to fix the file, but not one for each of a million lines.

use std::cell::Cell;

use crate::toml_reader::{Problem, Problems, Severity, Span};

/// How many errors, and how many warnings, of one file are reported.
const MAX_REPORTED: usize = 20;

/// Collects the problems of one file, only the first of them where there are many. No message may quote a private text
/// of the file, such as a title.
#[derive(Debug)]
pub struct Report<'p> {
    problems: &'p Problems,
    errors: Cell<usize>,
    warnings: Cell<usize>,
}

impl<'p> Report<'p> {
    /// A report to `problems`.
    pub fn new(problems: &'p Problems) -> Report<'p> {
        Report { problems, errors: Cell::new(0), warnings: Cell::new(0) }
    }

    /// Reports an error.
    pub fn error(&self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        let (message, help) = (message.into(), Some(help.to_owned()));
        self.push(&self.errors, Problem { code, severity: Severity::Error, span, message, help });
    }

    /// Reports a warning.
    pub fn warning(&self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        let (message, help) = (message.into(), Some(help.to_owned()));
        self.push(&self.warnings, Problem { code, severity: Severity::Warning, span, message, help });
    }

    /// Whether there was an error, whether reported or left out.
    pub fn has_errors(&self) -> bool {
        self.errors.get() > 0
    }

    fn push(&self, counter: &Cell<usize>, problem: Problem) {
        let count = counter.get();
        counter.set(count + 1);
        if count < MAX_REPORTED {
            self.problems.push(problem);
        } else if count == MAX_REPORTED {
            let kind = if problem.severity == Severity::Error { "errors" } else { "warnings" };
            let message = format!("this file has more {kind}; only the first {MAX_REPORTED} are shown");
            self.problems.push(Problem { code: "more-problems", message, help: None, ..problem });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_problems_are_reported_and_an_error_is_never_lost_among_warnings() {
        let problems = Problems::default();
        let report = Report::new(&problems);
        (0..1000).for_each(|n| report.warning("w", n..n, "w", "h"));
        assert!(!report.has_errors());
        report.error("e", 5000..5000, "e", "h");
        assert!(report.has_errors() && problems.has_errors());
        let codes: Vec<_> = problems.into_sorted().iter().map(|problem| problem.code).collect();
        assert_eq!(
            (codes.len(), codes[MAX_REPORTED], codes[MAX_REPORTED + 1]),
            (MAX_REPORTED + 2, "more-problems", "e")
        );
    }
}
