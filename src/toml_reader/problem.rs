//! What is wrong with a file, and where: facts for whoever renders them.

use std::cell::{Cell, RefCell};

use super::secret::Secrets;
use super::span::Span;

/// Whether the file can be used all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// Legal, but likely not what was meant.
    Warning,
    /// Nothing is wrong; `oncal check` alone shows it.
    Note,
}

/// One defect. `message` and `help` quote no private value (a `reason` may be private), so they may go to logs; the
/// source line itself is for the command line alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable name of the kind of defect, `lower-kebab-case`.
    pub code: &'static str,
    /// Error, warning or note.
    pub severity: Severity,
    /// The place, in bytes of the file.
    pub span: Span,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What would be right, with the nearest valid name where there is one.
    pub help: Option<String>,
}

impl Severity {
    /// `error`, `warning` or `note`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

impl Problem {
    /// An error; its place is the beginning of the file until [`Problem::at`] says otherwise.
    pub fn error(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { code, severity: Severity::Error, span: 0..0, message: message.into(), help: None }
    }

    /// A warning; its place as of [`Problem::error`].
    pub fn warning(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(code, message) }
    }

    /// A note; its place as of [`Problem::error`].
    pub fn note(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Note, ..Problem::error(code, message) }
    }

    /// The same, at `span`.
    #[must_use]
    pub fn at(self, span: &Span) -> Problem {
        Problem { span: span.clone(), ..self }
    }

    /// The same, with what would be right.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Problem {
        Problem { help: Some(help.into()), ..self }
    }

    /// [`Problem::help`], where there is any.
    #[must_use]
    pub fn maybe_help(self, help: Option<String>) -> Problem {
        Problem { help, ..self }
    }
}

/// How many errors, and how many warnings, of one file are reported: as many as anybody would fix at once.
pub const MAX_REPORTED: usize = 100;

/// How many names are listed where none is near.
const MAX_LISTED: usize = 20;

/// The problems of one file, collected while it is read. Of very many, only the first errors and the first warnings are
/// kept, and how many more there are.
#[derive(Debug, Default)]
pub struct Problems {
    found: RefCell<Vec<Problem>>,
    errors: Cell<usize>,
    warnings: Cell<usize>,
    notes: Cell<usize>,
    secrets: RefCell<Secrets>,
}

impl Problems {
    /// From now on no message quotes any of `secrets`.
    pub(super) fn keep_secret(&self, secrets: Secrets) {
        self.secrets.replace(secrets);
    }

    /// Records an error.
    pub fn error(&self, code: &'static str, span: Span, message: impl Into<String>) {
        self.push(Problem::error(code, message).at(&span));
    }

    /// Records an error with a hint at what would be right.
    pub fn error_with_help(
        &self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.push(Problem::error(code, message).at(&span).maybe_help(help.into()));
    }

    /// Records a warning.
    pub fn warning(&self, code: &'static str, span: Span, message: impl Into<String>) {
        self.push(Problem::warning(code, message).at(&span));
    }

    /// Records a warning with a hint at what would be right.
    pub fn warning_with_help(
        &self,
        code: &'static str,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Problem::warning(code, message).at(span).help(help));
    }

    /// Records a problem made elsewhere.
    pub fn push(&self, problem: Problem) {
        let count = match problem.severity {
            Severity::Error => &self.errors,
            Severity::Warning => &self.warnings,
            Severity::Note => &self.notes,
        };
        count.set(count.get() + 1);
        if count.get() <= MAX_REPORTED {
            let secrets = self.secrets.borrow();
            let message = secrets.hide(problem.message);
            let help = problem.help.map(|help| secrets.hide(help));
            self.found.borrow_mut().push(Problem { message, help, ..problem });
        }
    }

    /// Whether one more error would be reported. If not, a hint that takes long to find is not worth the time.
    pub fn has_room(&self) -> bool {
        self.errors.get() < MAX_REPORTED
    }

    /// Whether an error is among them.
    pub fn has_errors(&self) -> bool {
        self.errors.get() > 0
    }

    /// The problems in order of their places, and at the end how many more there are.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by(|a, b| (a.span.start, a.span.end, a.code).cmp(&(b.span.start, b.span.end, b.code)));
        let last = found.last().map_or(0..0, |problem| problem.span.clone());
        for (severity, count, one, many) in [
            (Severity::Error, self.errors.get(), "error", "errors"),
            (Severity::Warning, self.warnings.get(), "warning", "warnings"),
            (Severity::Note, self.notes.get(), "note", "notes"),
        ] {
            let more = count.saturating_sub(MAX_REPORTED);
            if more > 0 {
                let message = format!("this file has {more} more {}", if more == 1 { one } else { many });
                found.push(Problem { severity, ..Problem::error("more-problems", message).at(&last) });
            }
        }
        found
    }
}

/// Longer names get no suggestion: oncal has no longer name, and the name may come from any HTTP request.
const MAX_GUESSED_CHARACTERS: usize = 64;

/// This many first letters of a name are enough to suggest it.
const MIN_PREFIX_LETTERS: usize = 3;

/// `did you mean …?` with the known name nearest to `given`, else the first that begins with it; nothing when none
/// does.
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let length = given.chars().take(MAX_GUESSED_CHARACTERS + 1).count();
    if length > MAX_GUESSED_CHARACTERS {
        return None;
    }
    // Every other letter is equally near to a single one.
    let allowed = (length / 2).min(4);
    let (lower, mut best, mut longer) = (given.to_lowercase(), None::<(usize, &str)>, None);
    let letters = lower.chars().count();
    for name in known {
        let known = name.to_lowercase();
        let more = known.chars().count();
        if length >= MIN_PREFIX_LETTERS && more <= MAX_GUESSED_CHARACTERS && known.starts_with(&lower) {
            longer = longer.or(Some(name));
        }
        // At least this many letters would have to be added or removed.
        if more.abs_diff(letters) > allowed {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&lower, &known);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name).or(longer).map(|name| format!("did you mean `{name}`?"))
}

/// The first of `known`, each in back quotes, and how many more there are.
pub fn listed<'k>(known: impl IntoIterator<Item = &'k str>) -> String {
    let mut known = known.into_iter();
    let first: Vec<String> = known.by_ref().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    match known.count() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_problems_are_reported_and_no_error_is_lost_among_warnings() {
        let problems = Problems::default();
        (0..1000).for_each(|n| problems.warning("w", n..n, "w"));
        assert!(!problems.has_errors() && problems.has_room());
        (0..=MAX_REPORTED).for_each(|n| problems.error("e", n..n, "e"));
        assert!(problems.has_errors() && !problems.has_room());
        let found = problems.into_sorted();
        let of = |code: &str| found.iter().filter(|problem| problem.code == code).count();
        assert_eq!((of("w"), of("e")), (MAX_REPORTED, MAX_REPORTED));
        let more: Vec<_> = found.iter().skip(2 * MAX_REPORTED).map(|more| &*more.message).collect();
        assert_eq!(more, ["this file has 1 more error", "this file has 900 more warnings"]);
    }

    #[test]
    fn only_the_first_of_many_names_are_listed() {
        assert_eq!(listed(["a", "b"]), "`a`, `b`");
        assert!(listed((0..22).map(|_| "a")).ends_with("`a` and 2 more"));
    }

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
        let longest = "a".repeat(MAX_GUESSED_CHARACTERS);
        assert!(nearest(&longest, [longest.as_str()]).is_some());
    }

    #[test]
    fn what_cannot_be_a_name_is_not_compared_with_names() {
        let long = "a".repeat(MAX_GUESSED_CHARACTERS + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
        // Compared letter by letter with each name, these would take minutes.
        let (long, zone) = ("a".repeat(2_000_000), "a".repeat(30));
        assert_eq!(nearest(&long, (0..600).map(|_| zone.as_str())), None);
        assert_eq!(nearest(&zone, (0..600).map(|_| long.as_str())), None);
    }

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
