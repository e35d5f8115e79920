//! The file beside an imported calendar, `<name>.toml` with an `[import]` table: which events of `<name>.ics` are
//! holidays, and what the calendar says of itself.
//!
//! Not here: the events (`ics`).

use std::cell::Cell;

use super::YEARS;
use super::definition::non_empty;
use crate::toml_reader::{self, At, Problem, Problems, Severity, Span, TableReader};

/// How many patterns a list may have.
const MAX_PATTERNS: usize = 200;

/// What to take from an `.ics` file.
#[derive(Debug, Default)]
pub struct Filter {
    pub(super) name: Option<String>,
    pub(super) source: Option<String>,
    pub(super) confirmed_through: Option<i32>,
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

/// Text to be found anywhere in another, in upper or lower case, `*` standing for any characters or none.
#[derive(Debug)]
struct Pattern {
    parts: Vec<String>,
    span: Span,
    matched: Cell<bool>,
}

impl Filter {
    /// Reads the text of a file that lies beside an `.ics` file of the same name. Every defect goes to `problems`,
    /// which are to be those of this file alone.
    pub fn parse(text: &str, problems: &Problems) -> Option<Filter> {
        let filter = toml_reader::read(text, problems, read).flatten();
        filter.filter(|_| !problems.has_errors())
    }

    /// Whether an event with these texts is wanted: one of `include`, where there are any, and none of `exclude`.
    pub(super) fn takes(&self, texts: &[String]) -> bool {
        let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        // All are asked, so that each pattern knows whether it ever matched.
        let any =
            |patterns: &[Pattern]| patterns.iter().filter(|pattern| pattern.matches(&texts)).count() > 0;
        let (included, excluded) = (any(&self.include), any(&self.exclude));
        (included || self.include.is_empty()) && !excluded
    }

    /// Warns of patterns that no event matched: a slip, or an event that is no longer there.
    pub fn check(&self, problems: &Problems) {
        for pattern in self.include.iter().chain(&self.exclude).filter(|pattern| !pattern.matched.get()) {
            problems.push(Problem {
                code: "pattern-without-event",
                severity: Severity::Warning,
                span: pattern.span.clone(),
                message: "no event of the calendar matches this pattern".to_owned(),
                help: Some(
                    "it is looked for in SUMMARY, DESCRIPTION and CATEGORIES of each event".to_owned(),
                ),
            });
        }
    }
}

impl Pattern {
    fn new(at: At<String>) -> Pattern {
        let parts =
            at.value.to_lowercase().split('*').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Pattern { parts, span: at.span, matched: Cell::new(false) }
    }

    fn matches(&self, texts: &[String]) -> bool {
        let found = texts.iter().any(|text| {
            let mut rest = text.as_str();
            self.parts.iter().all(|part| {
                rest.find(part.as_str()).is_some_and(|at| {
                    rest = rest.get(at + part.len()..).unwrap_or_default();
                    true
                })
            })
        });
        self.matched.set(self.matched.get() || found);
        found
    }
}

fn read(mut root: TableReader<'_>) -> Option<Filter> {
    if root.keys().iter().all(|key| key.value != "import") {
        let message = "there is an .ics calendar of this name too";
        let help = "rename one of the two, or make this file the other's filter: a table [import]".to_owned();
        root.problems().error_with_help("two-calendars", 0..0, message, help);
        return None;
    }
    let import = root.table("import");
    for key in ["calendar", "holiday"] {
        let message = format!("`{key}` does not go with `[import]`");
        let help = "rules lie in a calendar of their own, which may `extends` the imported one";
        root.refuse(key, "import-with-rules", &message, help);
    }
    root.finish();
    let mut import = import?;
    let name = non_empty(import.text("name"), import.problems());
    let source = import.text("source").map(|source| source.value);
    let years = i64::from(*YEARS.start())..=i64::from(*YEARS.end());
    let confirmed_through = import.integer("confirmed_through", *years.start(), *years.end());
    let include = patterns(&mut import, "include");
    let exclude = patterns(&mut import, "exclude");
    import.finish();
    Some(Filter {
        name,
        source,
        confirmed_through: confirmed_through.and_then(|year| i32::try_from(year.value).ok()),
        include,
        exclude,
    })
}

fn patterns(import: &mut TableReader<'_>, key: &'static str) -> Vec<Pattern> {
    let problems = import.problems();
    let given = import.texts(key).unwrap_or_default();
    if given.len() > MAX_PATTERNS {
        let message = format!("`{key}` has more than {MAX_PATTERNS} patterns");
        let help = "one pattern may match many events: `*` stands for any characters".to_owned();
        problems.error_with_help("too-many-patterns", import.span_of(key), message, help);
        return Vec::new();
    }
    let mut patterns = Vec::new();
    for at in given {
        if at.value.trim().trim_matches('*').is_empty() {
            let help = "a part of the title, description or category of the events meant".to_owned();
            problems.error_with_help("empty-pattern", at.span, "this pattern matches every event", help);
        } else {
            patterns.push(Pattern::new(at));
        }
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(At { value: text.to_owned(), span: 0..0 })
    }

    #[test]
    fn a_pattern_is_found_anywhere_in_any_case() {
        for (given, text, expected) in [
            ("observance", "Observance\nTo hide…", true),
            ("Christmas*observed", "Christmas Day (observed)", true),
            ("observed*Christmas", "Christmas Day (observed)", false),
            ("*day*", "Christmas Day", true),
            ("ÉTÉ", "Fête d'été", true),
            ("a*a", "a", false),
            ("Easter", "Eastern", true),
        ] {
            assert_eq!(pattern(given).matches(&[text.to_lowercase()]), expected, "{given} in {text}");
        }
    }

    #[test]
    fn exclude_wins_over_include_and_unmatched_patterns_are_told() {
        let text = "[import]\ninclude = [\"holiday\", \"closed\"]\nexclude = [\"optional\", \"half\"]";
        let problems = Problems::default();
        let filter = Filter::parse(text, &problems).unwrap();
        let takes = |text: &str| filter.takes(&[text.to_owned()]);
        assert!(takes("Public holiday") && !takes("Optional holiday") && !takes("Birthday"));
        filter.check(&problems);
        let codes: Vec<_> =
            problems.into_sorted().iter().map(|problem| &text[problem.span.clone()]).collect();
        assert_eq!(codes, ["\"closed\"", "\"half\""]);
    }
}
