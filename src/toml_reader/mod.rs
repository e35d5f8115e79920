//! A TOML file read with places: every value knows the bytes it came from, and every defect is collected.
//!
//! `serde` stops at its first error; here reading goes on, so that somebody who made three mistakes sees
//! three messages. This module knows TOML and nothing of oncal's files: what a key means is decided by
//! `config` and `holidays`, which describe their files by calls on [`TableReader`].

mod hints;
mod problem;
mod secret;
mod span;
mod syntax;
mod table_reader;
mod times;
mod unclosed;

pub use problem::{MAX_REPORTED, Problem, Problems, Severity, listed, nearest};
pub use secret::{ShownLine, shown_address};
pub use span::Span;
pub use table_reader::{At, TableReader};
pub use times::Moment;

use secret::Secrets;
use toml::de::DeTable;

/// Parses `text` and hands its root table to `read`; syntax errors become problems `toml-syntax` and then
/// nothing is read, for a half-parsed file would only produce echoes of the first mistake.
pub fn read<T>(text: &str, problems: &Problems, read: impl FnOnce(TableReader<'_>) -> T) -> Option<T> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let span = 0..text.len();
        problems.keep_secret(Secrets::of(root.get_ref()));
        return Some(read(TableReader::root(root.get_ref(), span, problems)));
    }
    syntax::report(&errors, text, problems);
    None
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
            root.required_text("name", "Ada");
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
    fn a_syntax_error_causes_no_follow_up_errors_and_hides_no_other() {
        syntax_errors_start_at("a = 2026-13-01\nb = [2026-14-01, 25:00:00]\n", &[4, 20]);
        syntax_errors_start_at("a = [{ b = \"x }]\n[c]\nd = 1\n[e]\nf = 2\n", &[16]);
    }

    #[test]
    fn a_repeated_table_is_reported_where_it_first_appears() {
        syntax_errors_start_at("[a]\nb = 1\n[c]\n[a]\nb = 2\nd = 3\n[a]\nb = 3\n", &[0]);
        syntax_errors_start_at("x = 1\n[a]\nb = 1\n[a]\nb = 2\n[c]\nd = 1\nd = 2\n", &[6, 36]);
        syntax_errors_start_at("[a]\nb = 1\nb = 2\n", &[10]);
    }

    #[track_caller]
    fn help<T>(text: &str, read_it: impl Fn(&mut TableReader<'_>) -> T) -> String {
        let problems = Problems::default();
        read(text, &problems, |mut root| drop(read_it(&mut root)));
        let [problem] = &problems.into_sorted()[..] else { panic!("one problem: {text}") };
        problem.help.clone().unwrap_or_default()
    }

    #[test]
    fn a_wrongly_written_time_is_shown_as_it_should_be() {
        let starts = |text: &str| help(text, |root| root.date_time("starts"));
        let from = |text: &str| help(text, |root| root.moment("from"));
        assert_eq!(starts("starts = \"2026-01-02T10:00:00\""), "remove the quotes: 2026-01-02T10:00:00");
        let local = "leave out `Z`: times here are local, such as 2026-01-02T10:00:00";
        assert_eq!(starts("starts = 2026-01-02T10:00:00Z"), local);
        let both = "expected a local date and time such as 2026-01-02T10:00:00";
        assert_eq!(starts("starts = \"2026-01-02\""), both);
        assert_eq!(from("from = \"2026-01-02\""), "remove the quotes: 2026-01-02");
        assert!(from("from = 2026-01-02T10:00:00+01:00").starts_with("leave out `+01:00`"));
        assert!(from("from = \"tomorrow\"").starts_with("expected a local date such as"));
        let time = help("time = \"10:00:00\"", |root| root.time("time"));
        assert_eq!(time, "remove the quotes: 10:00:00");
        let date = help("date = \"2026-01-02\"", |root| root.date("date"));
        assert_eq!(date, "remove the quotes: 2026-01-02");
    }

    #[test]
    fn a_table_in_place_of_a_list_is_read_as_a_list_of_one() {
        let problems = Problems::default();
        let found = read("[rotation]\nstarts = 1\n", &problems, |mut root| {
            let sections = root.tables("rotation", "[[rotation]]").unwrap_or_default();
            sections.into_iter().map(|mut section| section.integer("starts", 0..=9)).count()
        });
        assert_eq!(found, Some(1));
        let found = problems.into_sorted();
        let help = found[0].help.as_deref();
        assert_eq!((found.len(), help), (1, Some("write `[[rotation]]`, with two brackets")));
    }

    #[test]
    fn messages_show_the_right_form_where_a_list_and_a_table_are_mixed_up() {
        let shown = help("[[handover]]\nday = 1\n", |root| root.table("handover").is_some());
        assert_eq!(shown, "write `[handover]`, with one bracket; it can appear only once");
        let off = |text: &str| help(text, |root| root.tables("off", "{ date = 2027-06-14 }").is_some());
        assert_eq!(off("off = [2027-06-14]"), "expected tables such as `{ date = 2027-06-14 }`");
        assert_eq!(
            off("off = { date = 2027-06-14 }"),
            "put it in square brackets: `[{ date = 2027-06-14 }]`"
        );
        assert_eq!(off("off = 2027-06-14"), "expected a list such as `[{ date = 2027-06-14 }]`");
    }

    #[test]
    fn a_file_that_is_wrong_throughout_gives_a_bounded_number_of_errors() {
        // Counted from the start of the file for each of them, its lines would take hours.
        let problems = Problems::default();
        read(&"x\n".repeat(200_000), &problems, |_| ());
        assert_eq!(problems.into_sorted().len(), MAX_REPORTED + 1);

        let problems = Problems::default();
        let text: String = (0..200_000).map(|n| format!("k{n} = 1\n")).collect();
        read(&text, &problems, |mut root| {
            root.text("name");
            root.finish();
        });
        let found = problems.into_sorted();
        assert_eq!(found.len(), MAX_REPORTED + 1);
        assert_eq!(found[MAX_REPORTED].message, "this file has 199900 more errors");
    }

    #[test]
    fn no_message_repeats_an_address() {
        let text = "holidays = [\"https://u:pw@example.org/Private-1\"]\nwhat = \"private\"\n\
            \"https://example.org/key\" = 1\n[import]\nurl = \"example.org/private\"\nname = 3\n";
        let problems = Problems::default();
        read(text, &problems, |mut root| {
            let texts = root.texts("holidays").unwrap_or_default();
            let mut import = root.table("import").unwrap();
            let url = import.text("url").unwrap();
            for at in texts.iter().chain([&url]) {
                let help = format!("or {}", at.value.to_lowercase());
                problems.error_with_help("e", at.span.clone(), format!("no `{}`", at.value), help);
            }
            root.finish();
        });
        let found = problems.into_sorted();
        let messages: Vec<_> = found.iter().map(|problem| &*problem.message).collect();
        let unknown = ["the file has no key `what`", "the file has no key `example.org/…`"];
        assert_eq!(messages, ["no `example.org/…`", unknown[0], unknown[1], "no `…`"]);
        assert_eq!(found[0].help.as_deref(), Some("or example.org/…"));
    }

    #[test]
    fn syntax_errors_do_not_quote_their_source_text() {
        let problems = Problems::default();
        read("reason = \"secret", &problems, |_| ());
        let found = problems.into_sorted();
        assert!(!found.is_empty());
        assert!(found.iter().all(|p| !p.message.contains("secret")), "{found:?}");
    }
}
