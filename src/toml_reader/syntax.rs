//! What the TOML parser found wrong, without the follow-up errors of its own recovery.

use super::hints::{Hint, hint, is_at_merge_mark};
use super::problem::Problems;
use super::span::Span;

/// The parser's message for a key or a table that appears again.
const DUPLICATE: &str = "duplicate key";

/// What to do about the parser's messages.
const HELP: [(&str, &str); 12] = [
    ("missing comma", "add `,` behind the entry before this one"),
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
    ("unclosed array", "a list that begins here is never closed: add `]` at its end"),
    ("unclosed inline table", "a table that begins here is never closed: add `}` at its end"),
    ("unclosed table", "this header is not closed: add `]`, or `]]` for a block that can be repeated"),
];

/// The parser's message for a word without quotes in a list.
const UNQUOTED: &str = "string values must be quoted";

fn is_in_header(text: &str, span: &Span) -> bool {
    let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default().trim();
    line.starts_with('[') && line.ends_with(']') && !line.contains(['"', ',', '='])
}

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
        let (message, help, span) = match hint(text, &span) {
            // In a list that is not closed, the next table's header is read as a malformed value.
            None if message.starts_with(UNQUOTED) && is_in_header(text, &span) => {
                let help = "add `]` at its end, before this header".to_owned();
                let list = problems.has_room().then(|| open_list(&text[..span.start])).flatten();
                let list = list.unwrap_or_else(|| "a list".to_owned());
                (format!("{list} above this header is never closed"), Some(help), span)
            }
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

/// The list that is open where `text` ends, with its line: the last one that begins on a line of its key.
fn open_list(text: &str) -> Option<String> {
    let (number, line) = text.lines().enumerate().filter(|(_, line)| begins_list(line)).last()?;
    let (key, _) = line.split_once('=')?;
    Some(format!("the list `{}` in line {}", key.trim(), number + 1))
}

fn begins_list(line: &str) -> bool {
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    line.split_once('=').is_some_and(|(key, value)| is_key(key.trim()) && value.trim_start().starts_with('['))
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
