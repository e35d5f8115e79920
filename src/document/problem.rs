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

/// The most characters in which a slip of the hand is looked for: no name of oncal's has more, and what is compared may
/// come from anybody who asks over HTTP.
const LONGEST_GUESSED: usize = 64;

/// `did you mean …?` with the known name nearest to `given`, or nothing when none is near.
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let length = given.chars().take(LONGEST_GUESSED + 1).count();
    if length > LONGEST_GUESSED {
        return None;
    }
    // Of a single letter every other one would be as near.
    let allowed = (length / 2).min(4);
    let (lower, mut best) = (given.to_lowercase(), None::<(usize, &str)>);
    let length = lower.chars().count();
    for name in known {
        let name_lower = name.to_lowercase();
        // So many letters at least are to be put in or taken out.
        if name_lower.chars().count().abs_diff(length) > allowed {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&lower, &name_lower);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_within_a_few_letters() {
        let known = ["Europe/Berlin", "Europe/Belgrade", "Asia/Tokyo"];
        for (given, expected) in [
            ("Europe/Berlni", Some("Europe/Berlin")),
            ("europe/berlin", Some("Europe/Berlin")),
            ("Asia/Tok", Some("Asia/Tokyo")),
            ("Asia/Tokyo/Tokyo", None),
            ("Mars", None),
            ("", None),
        ] {
            let expected = expected.map(|name| format!("did you mean `{name}`?"));
            assert_eq!(nearest(given, known), expected, "{given}");
        }
        let longest = "a".repeat(LONGEST_GUESSED);
        assert!(nearest(&longest, [longest.as_str()]).is_some());
    }

    #[test]
    fn what_no_name_can_be_is_compared_with_none() {
        let long = "a".repeat(LONGEST_GUESSED + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
        // Compared letter by letter with each name, these would take minutes.
        let (long, zone) = ("a".repeat(2_000_000), "a".repeat(30));
        assert_eq!(nearest(&long, (0..600).map(|_| zone.as_str())), None);
        assert_eq!(nearest(&zone, (0..600).map(|_| long.as_str())), None);
    }
}
