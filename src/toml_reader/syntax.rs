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

/// A header `[x]` that appears more than once.
struct Repeated<'t> {
    name: &'t str,
    /// Where it appears first.
    first: Span,
    /// What is below it the second time and later.
    again: Vec<Span>,
}

/// Reports `errors` of `text` as problems `toml-syntax`.
pub(super) fn report(errors: &[toml::de::Error], text: &str, problems: &Problems) {
    let fault = |error: &toml::de::Error| Fault {
        span: error.span().unwrap_or(0..0),
        message: error.message().lines().map(str::trim).collect::<Vec<_>>().join(", "),
    };
    let mut faults: Vec<Fault> = errors.iter().map(fault).collect();
    for Repeated { name, first, again } in repeated_tables(&faults, text) {
        let message = format!("this is not valid TOML: there is more than one `[{name}]`");
        let help = format!("write `[[{name}]]` each time if they are a list, else join them");
        problems.error_with_help("toml-syntax", first, message, help);
        // The parser reports each key of the table as a duplicate of one in the first.
        let is_echo = |fault: &Fault| again.iter().any(|table| table.contains(&fault.span.start));
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
        if !before.ends_with('[') || before.ends_with("[[") || !after.starts_with(']') {
            continue;
        }
        let below = span.start..after.find("\n[").map_or(text.len(), |length| span.end + length);
        if let Some(known) = found.iter_mut().find(|known| known.name == name) {
            known.again.push(below);
            continue;
        }
        let header = format!("[{name}]");
        let first = if text.starts_with(&header) {
            Some(0)
        } else {
            before.find(&format!("\n{header}")).map(|newline| newline + 1)
        };
        found.extend(first.map(|start| Repeated {
            name,
            first: start..start + header.len(),
            again: vec![below],
        }));
    }
    found
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
