//! Changes of a list written in square brackets, and of the inline tables in it.

use super::layout::{Entry, Item, after_space, indent, line_end, line_start, newline, next_line};
use super::splices::Splice;
use crate::toml_reader::Span;

/// Adds the inline tables `entries` at the end of the list at `span`.
pub(super) fn add(span: &Span, items: &[Item], entries: &[String], text: &str) -> Vec<Splice> {
    let entry = entries.join(", ");
    let Some(last) = items.last() else {
        return vec![Splice::insert(span.start + 1, entry)];
    };
    let comma = Some(after_space(last.span.end, text)).filter(|at| text[*at..].starts_with(','));
    let has_own_line = text[line_start(last.span.start, text)..last.span.start].trim().is_empty();
    let end = comma.map_or(last.span.end, |comma| comma + 1);
    let line = line_end(end, text);
    if !has_own_line || line >= span.end {
        return match comma {
            Some(_) => vec![Splice::insert(end, format!(" {entry},"))],
            None => vec![Splice::insert(end, format!(", {entry}"))],
        };
    }
    let (newline, indent) = (newline(text), indent(last.span.start, text));
    let entry = entries.join(&format!(",{newline}{indent}"));
    match comma {
        Some(_) => vec![Splice::insert(line, format!("{newline}{indent}{entry},"))],
        None if line == end => vec![Splice::insert(end, format!(",{newline}{indent}{entry}"))],
        None => vec![Splice::insert(end, ","), Splice::insert(line, format!("{newline}{indent}{entry}"))],
    }
}

/// Takes the item `index` out of a list, with its comma.
pub(super) fn remove(items: &[Item], index: usize, text: &str) -> Option<Splice> {
    let item = items.get(index)?;
    if let Some(lines) = own_lines(&item.span, text) {
        return Some(Splice::cut(lines));
    }
    let after = after_space(item.span.end, text);
    if text[after..].starts_with(',') {
        let spaces = text[after + 1..].len() - text[after + 1..].trim_start_matches([' ', '\t']).len();
        return Some(Splice::cut(item.span.start..after + 1 + spaces));
    }
    let start =
        index.checked_sub(1).and_then(|before| items.get(before)).map_or(item.span.start, |b| b.span.end);
    Some(Splice::cut(start..item.span.end))
}

/// The lines of `part`, if nothing else is on them but its comma and a comment.
fn own_lines(part: &Span, text: &str) -> Option<Span> {
    let start = line_start(part.start, text);
    let comma = Some(after_space(part.end, text)).filter(|at| text[*at..].starts_with(','));
    let end = comma.map_or(part.end, |comma| comma + 1);
    let rest = text[end..line_end(end, text)].trim_start();
    let is_alone = text[start..part.start].trim().is_empty() && (rest.is_empty() || rest.starts_with('#'));
    is_alone.then(|| start..next_line(end, text))
}

/// Adds `key = value` to the inline table `item`.
pub(super) fn add_key(item: &Item, line: &str) -> Splice {
    match item.entries.last() {
        Some(last) => Splice::insert(last.value_span.end, format!(", {line}")),
        None => Splice::insert(item.span.start + 1, format!(" {line} ")),
    }
}

/// Takes `entry` out of the inline table `item`.
pub(super) fn remove_key(item: &Item, entry: &Entry, text: &str) -> Splice {
    let before = item.entries.iter().rfind(|other| other.key_span.start < entry.key_span.start);
    let after = item.entries.iter().find(|other| other.key_span.start > entry.key_span.start);
    let whole = entry.key_span.start..entry.value_span.end;
    if let Some(lines) = own_lines(&whole, text) {
        return Splice::cut(lines);
    }
    match (before, after) {
        (Some(before), _) => Splice::cut(before.value_span.end..whole.end),
        (None, Some(after)) => Splice::cut(whole.start..after.key_span.start),
        (None, None) => Splice::cut(whole),
    }
}
