//! What the TOML parser found wrong, without the follow-up errors of its own recovery.

use super::hints::{Hint, hint, is_at_merge_mark};
use super::problem::Problems;
use super::span::Span;
use super::unclosed::{UNQUOTED, unclosed};

/// The parser's message for a key or a table that appears again.
const DUPLICATE: &str = "duplicate key";

/// What to do about the parser's messages.
const HELP: [(&str, &str); 11] = [
    ("missing comma", "add `,` after the previous entry"),
    (DUPLICATE, "the same key is above: delete one of the two"),
    ("invalid basic string", "text in quotes ends on its line: add `\"` at its end"),
    ("invalid literal string", "text in quotes ends on its line: add `'` at its end"),
    (UNQUOTED, "write text in quotes: \"…\""),
    (
        "invalid time",
        "hours and minutes have two digits each, such as 2026-01-02T10:00:00, or 10:00:00 alone",
    ),
    (
        "invalid unquoted key",
        "a key is one word of letters, digits, `-` and `_`, and `=` joins it to its value",
    ),
    ("missing key for inline table", "write a list in square brackets: [ … ]"),
    ("expected `=`", "a key is one word, and `=` joins it to its value: key = value"),
    ("invalid inline table element", "add `,` after the previous entry"),
    ("unclosed table", "this header is not closed: add `]`, or `]]` for a block that can be repeated"),
];

/// An error of the parser.
struct Fault {
    span: Span,
    message: String,
}

/// A header `[x]` of a table that has another header too.
struct Repeated<'t> {
    name: &'t str,
    /// The header that is wrong: the first `[x]`, or one below a `[[x]]`.
    header: Span,
    /// Whether another one is `[[x]]`.
    is_list: bool,
    /// What is below the headers that the parser reports.
    below: Vec<Span>,
}

/// Reports `errors` of `text` as problems `toml-syntax`.
pub(super) fn report(errors: &[toml::de::Error], text: &str, problems: &Problems) {
    let fault = |error: &toml::de::Error| Fault {
        span: error.span().unwrap_or(0..0),
        message: error.message().lines().map(str::trim).collect::<Vec<_>>().join(", "),
    };
    let mut faults: Vec<Fault> = errors.iter().map(fault).collect();
    for Repeated { name, header, is_list, below } in repeated_tables(&faults, text) {
        let (what, help) = match is_list {
            true => {
                (format!("this `[{name}]` is one of several `[[{name}]]`"), format!("write `[[{name}]]`"))
            }
            false => (
                format!("there is more than one `[{name}]`"),
                format!("write `[[{name}]]` each time if they are a list, else join them"),
            ),
        };
        problems.error_with_help("toml-syntax", header, format!("this is not valid TOML: {what}"), help);
        // The parser reports each key of the table as a duplicate of one in the first.
        let is_echo = |fault: &Fault| below.iter().any(|table| table.contains(&fault.span.start));
        faults.retain(|fault| fault.message != DUPLICATE || !is_echo(fault));
    }
    let mut is_merge_reported = false;
    for Fault { span, message } in without_echoes(faults, text) {
        // All marks of a merge are in the help of the first.
        if is_at_merge_mark(text, &span) && std::mem::replace(&mut is_merge_reported, true) {
            continue;
        }
        let open = problems.has_room().then(|| unclosed(text, &span, &message)).flatten();
        let (message, help, span) = match open.or_else(|| hint(text, &span)) {
            Some(Hint { message, help, span }) => (message, Some(help), span),
            None => {
                let help = help(&message, text.get(span.start..).unwrap_or_default());
                (message, help.map(str::to_owned), span)
            }
        };
        problems.error_with_help("toml-syntax", span, format!("this is not valid TOML: {message}"), help);
    }
}

/// What to do about `message`, which the parser gives at `rest` of the text.
fn help(message: &str, rest: &str) -> Option<&'static str> {
    if message.starts_with("unexpected key or value") {
        return Some(match rest.chars().next() {
            Some(';' | ',') => "delete this character: a line ends with its value",
            _ if rest.lines().next().is_some_and(|line| line.contains('"')) => {
                "a quote within text is written `\\\"`, and each key stands on a line of its own"
            }
            _ => "each key stands on a line of its own, and begin a comment with `#`",
        });
    }
    HELP.iter().find(|(what, _)| message.contains(what)).map(|(_, help)| *help)
}

fn repeated_tables<'t>(faults: &[Fault], text: &'t str) -> Vec<Repeated<'t>> {
    let mut found: Vec<Repeated<'t>> = Vec::new();
    for Fault { span, .. } in faults.iter().filter(|fault| fault.message == DUPLICATE) {
        let (before, name, after) = (text.get(..span.start), text.get(span.clone()), text.get(span.end..));
        let (Some(before), Some(name), Some(after)) = (before, name, after) else { continue };
        if !before.ends_with('[') || !after.starts_with(']') {
            continue;
        }
        let is_list = before.ends_with("[[");
        let below = span.start..after.find("\n[").map_or(text.len(), |length| span.end + length);
        let [table, list] =
            [format!("[{name}]"), format!("[[{name}]]")].map(|header| first_line(before, &header));
        let at = |table: usize| table..table + name.len() + 2;
        let (header, is_list) = match (is_list, table, list) {
            (true, Some(table), _) => (at(table), true),
            (false, Some(table), list) if list.is_none_or(|list| table < list) => (at(table), false),
            (false, _, Some(_)) => (at(span.start - 1), true),
            _ => continue,
        };
        match found.iter_mut().find(|known| known.header == header) {
            Some(known) => known.below.push(below),
            None => found.push(Repeated { name, header, is_list, below: vec![below] }),
        }
    }
    found
}

/// Where the first line of `text` begins that begins with `header`.
fn first_line(text: &str, header: &str) -> Option<usize> {
    match text.starts_with(header) {
        true => Some(0),
        false => text.find(&format!("\n{header}")).map(|newline| newline + 1),
    }
}

/// The first error of each line; only the very first if a bracket is not closed, since the parser then takes everything
/// after it as its content.
fn without_echoes(mut faults: Vec<Fault>, text: &str) -> Vec<Fault> {
    faults.sort_by_key(|fault| fault.span.start);
    if faults.iter().any(|fault| fault.message.starts_with("unclosed ")) {
        faults.truncate(1);
    }
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    faults.dedup_by_key(|fault| ends.partition_point(|end| *end < fault.span.start));
    faults
}
