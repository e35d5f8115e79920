//! Changes of tables that have headers: `[[override]]`.

use super::layout::{Entry, Item, indent, line_end, line_start, newline, next_line};
use super::splices::Splice;
use crate::toml_reader::Span;

/// Adds a block after `last`, the last of its kind, with the same header.
pub(super) fn add_after(last: &Item, lines: &[String], text: &str) -> Splice {
    let header = &text[last.span.clone()];
    let indent = indent(last.span.start, text);
    at_line(line_end(last.end, text), &block(header, indent, lines, text), text)
}

/// Adds a first block `header`. Returns the possible insertions, best first: below the comment that shows such a block
/// as an example, then at the end of the file.
pub(super) fn add_first(header: &str, lines: &[String], text: &str) -> Vec<Splice> {
    let block = block(header, "", lines, text);
    let example = below_example(header, text).map(|at| at_line(at, &block, text));
    let end = text.trim_end().len();
    example.into_iter().chain([at_line(line_end(end, text), &block, text)]).collect()
}

fn block(header: &str, indent: &str, lines: &[String], text: &str) -> String {
    let newline = newline(text);
    let all = std::iter::once(header).chain(lines.iter().map(String::as_str));
    all.map(|line| format!("{newline}{indent}{line}")).collect()
}

/// `block` below the line that ends at `at`, with an empty line between.
fn at_line(at: usize, block: &str, text: &str) -> Splice {
    let newline = newline(text);
    let gap = if text[..at].trim().is_empty() { "" } else { newline };
    // A file may end without a line break; what is added ends with one all the same.
    let end = if at == text.len() { newline } else { "" };
    Splice::insert(at, format!("{gap}{block}{end}"))
}

/// The end of the last comment that shows `header`, if another header, or nothing, follows it.
fn below_example(header: &str, text: &str) -> Option<usize> {
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim()))
    });
    let lines: Vec<(usize, &str)> = lines.collect();
    let shows = |line: &str| line.strip_prefix('#').is_some_and(|line| line.trim() == header);
    let example = lines.iter().rposition(|(_, line)| shows(line))?;
    let below = lines.iter().skip(example).take_while(|(_, line)| line.starts_with('#')).count();
    let next =
        lines.iter().skip(example + below).find(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let (start, _) = lines.get(example + below - 1)?;
    next.is_none_or(|(_, line)| line.starts_with('[')).then(|| line_end(*start, text))
}

/// Cuts the block of `item`, and the empty line after it where there is one before it too.
pub(super) fn remove(item: &Item, text: &str) -> Splice {
    let start = line_start(item.span.start, text);
    let mut end = next_line(item.end, text);
    let follows = line_end(end, text);
    let before = text[..start].trim_end_matches([' ', '\t', '\r', '\n']);
    let is_parted = text[before.len()..start].matches('\n').count() > 1 || before.is_empty();
    if is_parted && text[end..follows].trim().is_empty() {
        end = next_line(follows, text);
    }
    Splice::cut(start..end)
}

/// Adds the line `key = value` below the last key of `item` that has no header of its own.
pub(super) fn add_key(item: &Item, line: &str, text: &str) -> Splice {
    let (key, end) = item
        .entries
        .last()
        .map_or((item.span.start, item.span.end), |last| (last.key_span.start, last.value_span.end));
    let indent = indent(key, text);
    Splice::insert(line_end(end, text), format!("{}{indent}{line}", newline(text)))
}

/// Cuts the lines of `entry`.
pub(super) fn remove_key(entry: &Entry, text: &str) -> Splice {
    let lines: Span = line_start(entry.key_span.start, text)..next_line(entry.value_span.end, text);
    Splice::cut(lines)
}
