//! What is wrong with a file, and where: facts for whoever renders them.

use std::cell::RefCell;
use std::ops::Range;

/// Byte offsets into the text of the file.
pub type Span = Range<usize>;

/// Whether the file can be used all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// Legal, but likely not what was meant.
    Warning,
}

/// One defect. `message` and `help` quote no private value (a `reason` may be nobody's business), so they may
/// go to logs; the source line itself is for the command line alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable name of the kind of defect, `lower-kebab-case`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// The place, in bytes of the file.
    pub span: Span,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What would be right, with the nearest valid name where there is one.
    pub help: Option<String>,
}

/// The problems of one file, collected while it is read.
#[derive(Debug, Default)]
pub struct Problems {
    found: RefCell<Vec<Problem>>,
}

impl Problems {
    /// Records an error.
    pub fn error(&self, code: &'static str, span: Span, message: impl Into<String>) {
        self.push(Problem { code, severity: Severity::Error, span, message: message.into(), help: None });
    }

    /// Records an error with a hint at what would be right.
    pub fn error_with_help(
        &self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        let (message, help) = (message.into(), help.into());
        self.push(Problem { code, severity: Severity::Error, span, message, help });
    }

    /// Records a warning.
    pub fn warning(&self, code: &'static str, span: Span, message: impl Into<String>) {
        self.push(Problem { code, severity: Severity::Warning, span, message: message.into(), help: None });
    }

    /// Records a problem made elsewhere.
    pub fn push(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    /// Whether an error is among them.
    pub fn has_errors(&self) -> bool {
        self.found.borrow().iter().any(|p| p.severity == Severity::Error)
    }

    /// The problems in the order of their places.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by(|a, b| (a.span.start, a.span.end, a.code).cmp(&(b.span.start, b.span.end, b.code)));
        found
    }
}

/// So much of a name tells which one is meant.
const BEGINNING: usize = 3;

/// `did you mean …?` with the known name nearest to `given`, else the first that begins with it; nothing when none does.
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let length = given.chars().count();
    // Of a single letter every other one would be as near.
    let allowed = (length / 2).min(4);
    let (lower, mut best, mut longer) = (given.to_lowercase(), None::<(usize, &str)>, None);
    for name in known {
        let known = name.to_lowercase();
        let distance = strsim::damerau_levenshtein(&lower, &known);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
        if length >= BEGINNING && known.starts_with(&lower) {
            longer = longer.or(Some(name));
        }
    }
    best.map(|(_, name)| name).or(longer).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_cut_short_or_misspelt_is_recognised() {
        let known = ["monday", "friday", "us-federal", "de-by", "de-bw"];
        let found = |given: &str| nearest(given, known);
        for (given, expected) in
            [("Friday", "friday"), ("fri", "friday"), ("fridya", "friday"), ("us-fed", "us-federal")]
        {
            assert_eq!(found(given), Some(format!("did you mean `{expected}`?")), "{given}");
        }
        for none in ["", "f", "fr", "xyz", "fridays-and-more"] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
