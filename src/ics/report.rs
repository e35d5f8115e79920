//! What is wrong with a calendar, told often enough to be mended and not once for each of a million lines.

use std::cell::Cell;

use crate::toml_reader::{Problem, Problems, Severity, Span};

/// How many errors, and how many warnings, of one file are told.
const MOST: usize = 20;

/// Collects the problems of one file, the first of them alone where there are many. Nothing told here may quote a text
/// of the file that is private, such as a title.
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

    /// Tells an error.
    pub fn error(&self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        let (message, help) = (message.into(), Some(help.to_owned()));
        self.tell(&self.errors, Problem { code, severity: Severity::Error, span, message, help });
    }

    /// Tells a warning.
    pub fn warning(&self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        let (message, help) = (message.into(), Some(help.to_owned()));
        self.tell(&self.warnings, Problem { code, severity: Severity::Warning, span, message, help });
    }

    /// Whether there was an error, told or not.
    pub fn has_errors(&self) -> bool {
        self.errors.get() > 0
    }

    fn tell(&self, counter: &Cell<usize>, problem: Problem) {
        let told = counter.get();
        counter.set(told + 1);
        if told < MOST {
            self.problems.push(problem);
        } else if told == MOST {
            let message = format!("there is more wrong with this file; above are the first {MOST}");
            self.problems.push(Problem { code: "more-problems", message, help: None, ..problem });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_problems_the_first_are_told_and_an_error_is_never_lost_among_warnings() {
        let problems = Problems::default();
        let report = Report::new(&problems);
        (0..1000).for_each(|n| report.warning("w", n..n, "w", "h"));
        assert!(!report.has_errors());
        report.error("e", 5000..5000, "e", "h");
        assert!(report.has_errors() && problems.has_errors());
        let codes: Vec<_> = problems.into_sorted().iter().map(|problem| problem.code).collect();
        assert_eq!((codes.len(), codes[MOST], codes[MOST + 1]), (MOST + 2, "more-problems", "e"));
    }
}
