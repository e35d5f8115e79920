//! A TOML file read with places: every value knows the bytes it came from, and every defect is collected.
//!
//! `serde` stops at its first error; here reading goes on, so that somebody who made three mistakes sees
//! three messages. This room knows TOML and nothing of oncal's files: what a key means is decided by
//! `config` and `holidays`, which describe their files by calls on [`Section`].

mod problem;
mod section;

pub use problem::{MOST_TOLD, Problem, Problems, Severity, Span, listed, nearest};
pub use section::{At, Moment, Section};

use toml::de::DeTable;

/// Parses `text` and hands its root table to `read`; syntax errors become problems `toml-syntax` and then
/// nothing is read, for a half-parsed file would only produce echoes of the first mistake.
pub fn read<T>(text: &str, problems: &Problems, read: impl FnOnce(Section<'_>) -> T) -> Option<T> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let span = 0..text.len();
        return Some(read(Section::root(root.get_ref(), span, problems)));
    }
    for (span, message) in without_echoes(&errors, text) {
        problems.error("toml-syntax", span, format!("this is not valid TOML: {message}"));
    }
    None
}

/// The first error of each line; the very first alone where a bracket stays open, since then the parser takes all
/// that follows for the inside of it.
fn without_echoes(errors: &[toml::de::Error], text: &str) -> Vec<(Span, String)> {
    let place = |error: &toml::de::Error| error.span().unwrap_or(0..0);
    let mut errors: Vec<_> = errors.iter().map(|error| (place(error), one_line(error.message()))).collect();
    errors.sort_by_key(|(span, _)| span.start);
    if errors.iter().any(|(_, message)| message.starts_with("unclosed ")) {
        errors.truncate(1);
    }
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    errors.dedup_by_key(|(span, _)| ends.partition_point(|end| *end < span.start));
    errors
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_of_a_file_is_collected() {
        let text = "name = 3\ncolour = \"red\"\nwhen = 2026-13-01\n";
        let problems = Problems::default();
        assert!(read(text, &problems, |_| ()).is_none(), "a date that is none is a syntax error");
        assert_eq!(problems.into_sorted()[0].code, "toml-syntax");

        let problems = Problems::default();
        read("name = 3\ncolour = \"red\"\n", &problems, |mut root| {
            root.required_text("name");
            root.finish();
        });
        let codes: Vec<_> = problems.into_sorted().iter().map(|p| p.code).collect();
        assert_eq!(codes, ["wrong-type", "unknown-key"]);
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let problems = Problems::default();
        read("nmae = \"x\"\n", &problems, |mut root| {
            root.text("name");
            root.finish();
        });
        let found = problems.into_sorted();
        assert_eq!(found[0].help.as_deref(), Some("did you mean `name`?"));
        assert_eq!(found[0].span, 0..4);
    }

    #[track_caller]
    fn syntax_errors_start_at(text: &str, expected: &[usize]) {
        let problems = Problems::default();
        assert!(read(text, &problems, |_| ()).is_none());
        let starts: Vec<_> = problems.into_sorted().iter().map(|problem| problem.span.start).collect();
        assert_eq!(starts, expected, "{text}");
    }

    #[test]
    fn a_syntax_error_has_no_echoes_and_hides_no_other() {
        syntax_errors_start_at("a = 2026-13-01\nb = [2026-14-01, 25:00:00]\n", &[4, 20]);
        syntax_errors_start_at("a = [{ b = \"x }]\n[c]\nd = 1\n[e]\nf = 2\n", &[16]);
    }

    #[test]
    fn a_file_that_is_wrong_throughout_is_told_in_a_few_words() {
        // Counted from the start of the file for each of them, its lines would take hours.
        let problems = Problems::default();
        read(&"x\n".repeat(200_000), &problems, |_| ());
        assert_eq!(problems.into_sorted().len(), MOST_TOLD + 1);

        let problems = Problems::default();
        let text: String = (0..200_000).map(|n| format!("k{n} = 1\n")).collect();
        read(&text, &problems, |mut root| {
            root.text("name");
            root.finish();
        });
        let found = problems.into_sorted();
        assert_eq!(found.len(), MOST_TOLD + 1);
        assert_eq!(found[MOST_TOLD].message, "this file has 199900 more errors");
    }

    #[test]
    fn syntax_errors_do_not_repeat_the_text_they_stand_in() {
        let problems = Problems::default();
        read("reason = \"secret", &problems, |_| ());
        let found = problems.into_sorted();
        assert!(!found.is_empty());
        assert!(found.iter().all(|p| !p.message.contains("secret")), "{found:?}");
    }
}
