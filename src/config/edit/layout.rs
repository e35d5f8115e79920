//! The positions of lists, tables and keys in a TOML text, and its lines.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::toml_reader::Span;

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value_span: Span,
}

/// A table of a list.
#[derive(Debug)]
pub(super) struct Item {
    /// The braces of an inline table, or the header.
    pub(super) span: Span,
    /// In order of their places; without those that have a header of their own.
    pub(super) entries: Vec<Entry>,
    /// The end of the last value in it, those with headers of their own included.
    pub(super) end: usize,
}

/// How a list of tables is written.
#[derive(Debug)]
pub(super) enum Written {
    /// It does not exist.
    Absent,
    /// In square brackets, which `span` includes.
    Array { span: Span, items: Vec<Item> },
    /// One block `[[…]]` for each.
    Blocks(Vec<Item>),
}

/// How the list `key` of `table` is written; `None` for a value that is not a list of tables.
pub(super) fn list(table: &DeTable<'_>, key: &str, text: &str) -> Option<Written> {
    let Some((_, value)) = table.iter().find(|(name, _)| name.get_ref() == key) else {
        return Some(Written::Absent);
    };
    let DeValue::Array(array) = value.get_ref() else { return None };
    let items = items(array, text)?;
    let is_block = items.first().is_some_and(|item| text[item.span.clone()].starts_with('['));
    if is_block {
        return Some(Written::Blocks(items));
    }
    text.get(value.span()).filter(|text| text.starts_with('[') && text.ends_with(']'))?;
    Some(Written::Array { span: value.span(), items })
}

fn items(array: &DeArray<'_>, text: &str) -> Option<Vec<Item>> {
    array.iter().map(|value| item(value, text)).collect()
}

/// The table `value`; `None` for anything else.
pub(super) fn item(value: &Spanned<DeValue<'_>>, text: &str) -> Option<Item> {
    let DeValue::Table(table) = value.get_ref() else { return None };
    text.get(value.span()).filter(|text| text.starts_with(['{', '[']))?;
    let is_inline = text[value.span()].starts_with('{');
    let mut entries: Vec<Entry> = table
        .iter()
        .filter(|(key, _)| is_inline || !has_header(key.span().start, text))
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            value_span: value.span(),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    let end = end(value).max(value.span().end);
    Some(Item { span: value.span(), entries, end })
}

fn has_header(key: usize, text: &str) -> bool {
    text[line_start(key, text)..].trim_start().starts_with('[')
}

/// The end of `value` and of everything in it, wherever that is written.
fn end(value: &Spanned<DeValue<'_>>) -> usize {
    let inside = match value.get_ref() {
        DeValue::Table(table) => table.iter().map(|(_, value)| end(value)).max(),
        DeValue::Array(array) => array.iter().map(end).max(),
        _ => None,
    };
    inside.unwrap_or(0).max(value.span().end)
}

/// The end of line of `text`.
pub(super) fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Where the line of the byte `at` begins.
pub(super) fn line_start(at: usize, text: &str) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line of the byte `at` ends, before its line break.
pub(super) fn line_end(at: usize, text: &str) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    if end > at && text[..end].ends_with('\r') { end - 1 } else { end }
}

/// Where the next line after that of the byte `at` begins; the end of the text where there is none.
pub(super) fn next_line(at: usize, text: &str) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// The white space that the line of the byte `at` begins with.
pub(super) fn indent(at: usize, text: &str) -> &str {
    let line = &text[line_start(at, text)..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The first byte from `at` on that is neither white space nor within a comment.
pub(super) fn after_space(mut at: usize, text: &str) -> usize {
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        at += rest.len() - trimmed.len();
        if !trimmed.starts_with('#') {
            return at;
        }
        at = next_line(at, text);
    }
}
