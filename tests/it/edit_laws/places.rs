//! Which bytes of a file a command may touch, worked out from the file alone.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// A table of a list: its braces or its header, and its keys with their values.
#[derive(Debug)]
pub(super) struct Entry {
    span: Range<usize>,
    keys: Vec<(String, Range<usize>, Range<usize>)>,
}

/// The list `override`, `swap`, or `time_off` of one engineer, in a text.
pub(super) struct List<'t> {
    text: &'t str,
    /// The square brackets; `None` for blocks.
    brackets: Option<Range<usize>>,
    pub(super) entries: Vec<Entry>,
}

/// The keys that a command may take out of an entry.
const REMOVABLE: [&str; 3] = ["reason", "secondary", "agreed_on"];

fn entry(value: &Spanned<DeValue<'_>>) -> Entry {
    let table = value.get_ref().as_table().unwrap();
    let mut keys: Vec<_> =
        table.iter().map(|(key, value)| (key.get_ref().to_string(), key.span(), value.span())).collect();
    keys.sort_by_key(|(_, span, _)| span.start);
    Entry { span: value.span(), keys }
}

fn get<'a>(table: &'a DeTable<'a>, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
}

/// Whether a list is written as blocks, each with a header.
fn is_blocks(list: &DeArray<'_>, text: &str) -> bool {
    list.iter().next().is_some_and(|first| text[first.span()].starts_with('['))
}

fn list<'t>(table: &DeTable<'_>, key: &str, text: &'t str) -> Option<List<'t>> {
    let value = get(table, key)?;
    let array = value.get_ref().as_array()?;
    let brackets = (!is_blocks(array, text)).then(|| value.span());
    Some(List { text, brackets, entries: array.iter().map(entry).collect() })
}

/// The list `key` at the root of `text`.
pub(super) fn root_list<'t>(text: &'t str, key: &str) -> Option<List<'t>> {
    list(DeTable::parse(text).unwrap().get_ref(), key, text)
}

/// The `time_off` of the engineer at `index`, or where its first key would be.
pub(super) fn time_off(text: &str, index: usize) -> Result<List<'_>, Range<usize>> {
    let root = DeTable::parse(text).unwrap();
    let engineers = get(root.get_ref(), "engineer").unwrap().get_ref().as_array().unwrap();
    let engineer = engineers.get(index).unwrap();
    list(engineer.get_ref().as_table().unwrap(), "time_off", text).ok_or_else(|| {
        let Entry { span, keys } = entry(engineer);
        let last = keys.last().unwrap().2.end;
        let at = if text[span].starts_with('{') { last } else { line_end(text, last) };
        at..at
    })
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Before the line break.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    if text[..end].ends_with('\r') { end - 1 } else { end }
}

fn next_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

impl List<'_> {
    /// The entry with `value` under `key`.
    pub(super) fn find(&self, key: &str, value: &str) -> Option<usize> {
        let has = |entry: &Entry| {
            entry.keys.iter().any(|(name, _, span)| name == key && &self.text[span.clone()] == value)
        };
        self.entries.iter().position(has)
    }

    /// The values of `keys` in an entry; of its end with the key, which may be `to` or `through`.
    pub(super) fn values(&self, index: usize, keys: &[&str]) -> Vec<Range<usize>> {
        let of = self.entries[index].keys.iter().filter(|(name, ..)| keys.contains(&name.as_str()));
        of.map(|(name, key, value)| match name.as_str() {
            "to" | "through" => key.start..value.end,
            _ => value.clone(),
        })
        .collect()
    }

    /// All that changes where an entry is written again in place: each key and value, but no comment beside it.
    pub(super) fn rewritten(&self, index: usize) -> Vec<Range<usize>> {
        let keys = &self.entries[index].keys;
        keys.iter().map(|(_, key, value)| key.start..value.end).chain(self.optional(index)).collect()
    }

    /// Where keys that need not be there come and go.
    pub(super) fn optional(&self, index: usize) -> Vec<Range<usize>> {
        let Entry { keys, .. } = &self.entries[index];
        let mut found = Vec::new();
        for (place, (name, key, value)) in keys.iter().enumerate() {
            if REMOVABLE.contains(&name.as_str()) {
                found.push(match (self.own_lines(&(key.start..value.end)), place) {
                    (Some(lines), _) => lines,
                    (None, 0) => key.start..keys.get(1).map_or(value.end, |next| next.1.start),
                    (None, _) => keys[place - 1].2.end..value.end,
                });
            }
        }
        let last = keys.last().unwrap().2.end;
        let at = if self.brackets.is_some() { last } else { line_end(self.text, last) };
        found.push(at..at);
        found
    }

    /// All of an entry that goes, with the empty line below a block, or with its comma.
    pub(super) fn whole(&self, index: usize) -> Range<usize> {
        let Entry { span, keys } = &self.entries[index];
        let Some(brackets) = &self.brackets else {
            let end = next_line(self.text, keys.last().unwrap().2.end);
            let is_empty = self.text[end..line_end(self.text, end)].trim().is_empty();
            return line_start(self.text, span.start)..if is_empty { next_line(self.text, end) } else { end };
        };
        self.own_lines(span).unwrap_or_else(|| {
            let before =
                index.checked_sub(1).map_or(brackets.start + 1, |before| self.entries[before].span.end);
            let after = self.entries.get(index + 1).map_or(brackets.end - 1, |after| after.span.start);
            before..after
        })
    }

    /// Where new entries are written: at the end of the list, with a comma before them where it has none.
    pub(super) fn ends(&self) -> Vec<Range<usize>> {
        let empty = |at: usize| at..at;
        let Some(last) = self.entries.last() else {
            return self.brackets.iter().map(|brackets| empty(brackets.start + 1)).collect();
        };
        let Some(brackets) = &self.brackets else {
            return vec![empty(line_end(self.text, last.keys.last().unwrap().2.end))];
        };
        let end = last.span.end;
        let comma = end + usize::from(self.text[end..].starts_with(','));
        let line = Some(line_end(self.text, comma)).filter(|at| *at < brackets.end);
        [Some(end), Some(comma), line].into_iter().flatten().map(empty).collect()
    }

    /// The lines of `part` where nothing else is on them but a comma and a comment.
    fn own_lines(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let start = line_start(self.text, part.start);
        let rest = self.text[part.end..line_end(self.text, part.end)].trim_start_matches(',').trim_start();
        let is_alone =
            self.text[start..part.start].trim().is_empty() && (rest.is_empty() || rest.starts_with('#'));
        is_alone.then(|| start..next_line(self.text, part.end))
    }
}

/// Whether `after` is `before` with any text in place of each of `places`, and every other byte as it was.
pub(super) fn differs_only_at(before: &str, after: &str, mut places: Vec<Range<usize>>) -> bool {
    places.sort_by_key(|place| (place.start, place.end));
    let mut kept = Vec::new();
    let mut at = 0;
    for place in places {
        if place.start >= at {
            kept.push(&before[at..place.start]);
        }
        at = at.max(place.end);
    }
    let (Some((first, middle)), last) = (kept.split_first(), &before[at..]) else { return before == after };
    let Some(mut rest) = after.strip_prefix(first) else { return false };
    for part in middle {
        let Some(found) = rest.find(part) else { return false };
        rest = &rest[found + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn a_changed_byte_is_noticed() {
    let text = "swap = [{ week = 1, reason = \"x\" }] # a\n";
    let list = root_list(text, "swap").unwrap();
    let value = text.find("\"x\"").unwrap();
    assert_eq!(list.values(0, &["reason"]).first(), Some(&(value..value + 3)));
    let fits = |after: &str, places| differs_only_at(text, after, places);
    assert!(fits(&text.replace("\"x\"", "\"longer\""), list.values(0, &["reason"])));
    assert!(!fits(&text.replace("# a", "# b"), list.values(0, &["reason"])));
    assert!(!fits(&text.replace("week = 1", "week = 2"), list.values(0, &["reason"])));
    assert!(fits(&text.replace(", reason = \"x\"", ""), list.optional(0)));
    assert!(fits(&text.replace(" }]", " }, { week = 2 }]"), list.ends()));
    assert!(!fits(&text.replace(" }]", "  }]"), list.values(0, &["week"])));
    assert!(!fits(&text.replace("x", "y"), Vec::new()) && fits(text, Vec::new()));
}
