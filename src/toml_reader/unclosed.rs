//! Lists and inline tables that are not closed: which one it is, where the parser stumbles over what follows.

use super::hints::Hint;
use super::span::Span;

/// The parser's message for a word without quotes where a value belongs.
pub(super) const UNQUOTED: &str = "string values must be quoted";

/// What is open before `span` of `text`, if that is why the parser gave `message` there.
pub(super) fn unclosed(text: &str, span: &Span, message: &str) -> Option<Hint> {
    let before = text.get(..span.start)?;
    let hint = |message: String, help: String| Some(Hint { message, help, span: span.clone() });
    if message.starts_with("unclosed array") {
        let list = open_list(before)?;
        return hint(format!("{list} is never closed"), "add `]` behind its last entry".to_owned());
    }
    if message.starts_with("unclosed inline table") {
        let (number, _) = open(before, ['{', '}'], |_| true)?;
        let message = format!("the table in braces in line {number} is never closed");
        return hint(
            message,
            "add `}` behind its last entry, and `]` behind that if it is in a list".to_owned(),
        );
    }
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    // A header is read as a list, so its place may be behind its brackets.
    if !before[start..].chars().all(|c| c.is_whitespace() || c == '[') {
        return None;
    }
    let (before, line) = (&text[..start], text[start..].lines().next().unwrap_or_default().trim());
    let (is_header, is_key) = (is_header(line), begins_key(line));
    let this = if is_header { "header" } else { "line" };
    if message.contains("inline table") {
        let (number, opening) = open(before, ['{', '}'], |_| true)?;
        // Where the braces stand on lines of their own, a comma is missing.
        let has_entries = opening.rsplit('{').next().is_some_and(|entries| entries.contains('='));
        let ends_it = is_header || is_key && has_entries;
        let is_next = line.starts_with(']') || line.starts_with('{') && has_entries;
        if !ends_it && !is_next {
            return None;
        }
        let help =
            if ends_it { "add `}` at its end, and `]` if it is in a list" } else { "add `}` at its end" };
        return hint(format!("the table in braces in line {number} is never closed"), help.to_owned());
    }
    if !message.starts_with(UNQUOTED) && !message.starts_with("missing comma") || !is_header && !is_key {
        return None;
    }
    let list = open_list(before).unwrap_or_else(|| "a list".to_owned());
    if is_key && (net(line, ['=', '\0']) > 1 || before.trim_end().ends_with('[')) {
        return hint(
            format!("this entry of {list} is not in braces"),
            "write it in braces: { … }".to_owned(),
        );
    }
    hint(
        format!("{list} above this {this} is never closed"),
        format!("add `]` at its end, before this {this}"),
    )
}

fn is_header(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or(line).trim();
    line.starts_with('[') && line.ends_with(']') && !line.contains(['"', '\'', ',', '=', '{'])
}

fn begins_key(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, _)| is_key(key.trim()))
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The list that is open where `text` ends, with its line: the last one that begins on a line of its key.
fn open_list(text: &str) -> Option<String> {
    let (number, line) = open(text, ['[', ']'], begins_list)?;
    let (key, _) = line.split_once('=')?;
    Some(format!("the list `{}` in line {number}", key.trim()))
}

fn begins_list(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, value)| is_key(key.trim()) && value.trim_start().starts_with('['))
}

/// The last line of `text`, with its number, that begins what is not closed by its end.
fn open(text: &str, brackets: [char; 2], begins: impl Fn(&str) -> bool) -> Option<(usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut depth = 0;
    let last = lines.iter().enumerate().rev().find(|(_, line)| {
        let net = net(line, brackets);
        depth += net;
        net > 0 && depth > 0 && begins(line)
    });
    last.map(|(index, line)| (index + 1, *line))
}

/// How many more `opening` than `closing` characters a line has, outside text in quotes and comments.
fn net(line: &str, [opening, closing]: [char; 2]) -> i64 {
    let (mut net, mut quote) = (0, None);
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match quote {
            Some('"') if c == '\\' => drop(characters.next()),
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None if c == '#' => break,
            None if c == '"' || c == '\'' => quote = Some(c),
            None => net += i64::from(c == opening) - i64::from(c == closing),
        }
    }
    net
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(text: &str, at: &str, message: &str) -> Option<String> {
        let start = text.find(at).unwrap();
        unclosed(text, &(start..start + 1), message).map(|hint| format!("{}: {}", hint.message, hint.help))
    }

    #[test]
    fn the_list_that_is_open_is_named_whatever_follows_it() {
        let list = "the list `b` in line 2 above this";
        for next in ["c = 3\n", "[c]\n", "[[c]] # a ] comment\n"] {
            for end in ["", ","] {
                let text = format!("a = [1]\nb = [\"]\", 2{end}\n{next}d = [1, 2]\n");
                let message = if end.is_empty() { "missing comma between array elements" } else { UNQUOTED };
                let this = if next.starts_with('[') { "header" } else { "line" };
                let expected =
                    format!("{list} {this} is never closed: add `]` at its end, before this {this}");
                assert_eq!(found(&text, next, message), Some(expected), "{text}");
            }
        }
        assert_eq!(found("b = [\n  1\n  2\n]\n", "2", "missing comma between array elements"), None);
    }

    #[test]
    fn a_table_that_is_open_is_named() {
        let message = "invalid inline table element";
        let expected = "the table in braces in line 2 is never closed: add `}` at its end";
        for next in ["]\n", "{ c = 3 },\n]\n"] {
            let text = format!("a = [\n  {{ b = 1\n{next}");
            assert_eq!(found(&text, next, message).as_deref(), Some(expected), "{text}");
        }
        let expected = format!("{expected}, and `]` if it is in a list");
        assert_eq!(found("x = 1\na = [{ b = 1\nc = 2\n", "c", message), Some(expected));
        assert_eq!(found("a = {\n  b = 1\n  c = 2\n}\n", "c", message), None, "a comma is missing");
    }

    #[test]
    fn an_entry_without_braces_is_no_open_list() {
        let expected = "this entry of the list `a` in line 1 is not in braces: write it in braces: { … }";
        assert_eq!(found("a = [\n  b = 1, c = 2\n]\n", "b", UNQUOTED).as_deref(), Some(expected));
    }
}
