//! Patterns that pick events by their texts: `include` and `exclude` of a holiday calendar's filter and of
//! `[time_off_calendars]`, and an engineer's `time_off_only`.

use std::cell::Cell;

use crate::toml_reader::{At, Problems, Span, TableReader};

/// How many patterns a list may have.
const MAX_PATTERNS: usize = 200;

/// A list of patterns.
#[derive(Debug, Default)]
pub struct Patterns(Vec<Pattern>);

/// Text to be found anywhere in another, in upper or lower case, `*` standing for any characters or none.
#[derive(Debug)]
struct Pattern {
    parts: Vec<String>,
    span: Span,
    matched: Cell<bool>,
}

impl Patterns {
    /// Reads the list `key` of `table`; what is wrong with it goes to the table's problems.
    pub fn read(table: &mut TableReader<'_>, key: &'static str) -> Patterns {
        let problems = table.problems();
        let given = table.texts(key).unwrap_or_default();
        if given.len() > MAX_PATTERNS {
            let message = format!("`{key}` has more than {MAX_PATTERNS} patterns");
            let help = "one pattern may match many events: `*` stands for any characters".to_owned();
            problems.error_with_help("too-many-patterns", table.span_of(key), message, help);
            return Patterns::default();
        }
        Patterns(given.into_iter().filter_map(|at| Pattern::read(at, problems)).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they look for.
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(|pattern| pattern.parts.join("*")).collect()
    }

    /// Whether one of them is found in one of `texts`, which are in lower case.
    pub fn matches(&self, texts: &[String]) -> bool {
        // All are tried, so that each pattern knows whether it ever matched.
        self.0.iter().filter(|pattern| pattern.matches(texts)).count() > 0
    }

    /// The places of those that have matched nothing so far.
    pub fn unmatched(&self) -> impl Iterator<Item = Span> {
        self.0.iter().filter(|pattern| !pattern.matched.get()).map(|pattern| pattern.span.clone())
    }
}

impl Pattern {
    fn read(at: At<String>, problems: &Problems) -> Option<Pattern> {
        let parts: Vec<String> = at
            .value
            .to_lowercase()
            .split('*')
            .filter(|part| !part.trim().is_empty())
            .map(str::to_owned)
            .collect();
        if parts.is_empty() {
            let help = "a part of the title, description or category of the events meant".to_owned();
            problems.error_with_help("empty-pattern", at.span, "this pattern matches every event", help);
            return None;
        }
        Some(Pattern { parts, span: at.span, matched: Cell::new(false) })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_anywhere_in_any_case() {
        for (given, text, expected) in [
            ("observance", "Observance\nTo hide…", true),
            ("Christmas*observed", "Christmas Day (observed)", true),
            ("observed*Christmas", "Christmas Day (observed)", false),
            ("*day*", "Christmas Day", true),
            ("ÉTÉ", "Fête d'été", true),
            ("a*a", "a", false),
            ("Easter", "Eastern", true),
        ] {
            let at = At { value: given.to_owned(), span: 0..0 };
            let pattern = Pattern::read(at, &Problems::default()).unwrap();
            assert_eq!(pattern.matches(&[text.to_lowercase()]), expected, "{given} in {text}");
        }
    }

    #[test]
    fn a_pattern_that_matches_every_event_is_an_error() {
        for given in ["", " ", "*", "**", " * "] {
            let problems = Problems::default();
            assert!(Pattern::read(At { value: given.to_owned(), span: 0..0 }, &problems).is_none());
            assert!(problems.has_errors(), "{given:?}");
        }
    }
}
