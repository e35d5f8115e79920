//! Changes of a team's file, and the text in which only these are made.

use chrono::{NaiveDate, NaiveDateTime};
use thiserror::Error;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::layout::{self, Entry, Item, Written};
use super::splices::{Splice, apply};
use super::{array, block};

/// The value of a key. Times are whole seconds, in the local time that the file means there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Text, written in quotes.
    Text(String),
    /// A date.
    Date(NaiveDate),
    /// A date with a time of day.
    Time(NaiveDateTime),
}

/// A list of tables in a team's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// `[[override]]`.
    Overrides,
    /// `[[swap]]`.
    Swaps,
    /// `time_off` of the engineer at this place in the file.
    TimeOff(usize),
}

/// One change. Indices of list entries are those before any change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new entry at the end of the list.
    Add(List, Vec<(&'static str, Field)>),
    /// New values of an entry; a key without a value is removed.
    Set(List, usize, Vec<(&'static str, Option<Field>)>),
    /// Removes an entry.
    Remove(List, usize),
}

/// Why a text was not changed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EditError {
    /// The text is not TOML.
    #[error("the file is not valid TOML")]
    NotToml,
    /// Its layout allows no edit that leaves everything else as it is.
    #[error("the file is laid out in a way that oncal cannot edit; make the change by hand")]
    Layout,
}

impl Field {
    fn toml(&self) -> String {
        match self {
            Field::Text(text) => toml_text(text),
            Field::Date(date) => date.to_string(),
            Field::Time(time) => time.format("%Y-%m-%dT%H:%M:%S").to_string(),
        }
    }

    fn value(&self) -> Option<Value> {
        match self {
            Field::Text(text) => Some(Value::String(text.clone())),
            _ => self.toml().parse().ok().map(Value::Datetime),
        }
    }
}

impl List {
    fn key(self) -> &'static str {
        match self {
            List::Overrides => "override",
            List::Swaps => "swap",
            List::TimeOff(_) => "time_off",
        }
    }
}

/// The line of an entry that has `field` under its key.
pub(in crate::config) fn entry_line((key, field): &(&'static str, Field)) -> String {
    format!("{key} = {}", field.toml())
}

/// The lines of an entry as a block without its header.
fn entry_text(fields: &[(&'static str, Field)]) -> Vec<String> {
    fields.iter().map(entry_line).collect()
}

/// A basic string of one line. JSON's escapes are valid in TOML, which requires one more character to be escaped.
fn toml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

fn inline(fields: &[(&'static str, Field)]) -> String {
    format!("{{ {} }}", entry_text(fields).join(", "))
}

/// `text` with `changes` made. All other bytes are as they were, and apart from the changes both texts mean the same,
/// which is checked by parsing both.
///
/// # Errors
///
/// If that is not possible.
pub fn edit(text: &str, changes: &[Change]) -> Result<String, EditError> {
    let changes = &in_place(changes);
    let before: Table = text.parse().map_err(|_| EditError::NotToml)?;
    let expected = changed(before, changes).ok_or(EditError::Layout)?;
    let root = DeTable::parse(text).map_err(|_| EditError::NotToml)?;
    // Only a first block has several places to choose from.
    for choice in 0..2 {
        let file = Source { root: root.get_ref(), text, changes, choice };
        let all = changes.iter().map(|change| file.splices(change));
        let all: Option<Vec<Vec<Splice>>> = all.collect();
        let made = all.and_then(|all| apply(text, joined(outside_cuts(all.concat(), text))));
        let is_right = |made: &String| made.parse::<Table>().is_ok_and(|table| tidy(table) == expected);
        if let Some(made) = made.filter(is_right) {
            return Ok(made);
        }
    }
    Err(EditError::Layout)
}

/// `changes`, in which the removal of an entry and the addition of another to the same list become one change of the
/// entry.
fn in_place(changes: &[Change]) -> Vec<Change> {
    let mut made = changes.to_vec();
    for place in 0..made.len() {
        let Some(Change::Remove(list, index)) = made.get(place).cloned() else { continue };
        let added = made.iter().position(|change| matches!(change, Change::Add(of, _) if *of == list));
        let Some(Change::Add(_, fields)) = added.map(|added| made[added].clone()) else { continue };
        let mut keys: Vec<(&'static str, Option<Field>)> = KEYS.iter().map(|key| (*key, None)).collect();
        keys.retain(|(key, _)| !fields.iter().any(|(name, _)| name == key));
        keys.extend(fields.into_iter().map(|(key, field)| (key, Some(field))));
        made[place] = Change::Set(list, index, keys);
        made.retain({
            let mut seen = 0;
            move |_| {
                seen += 1;
                Some(seen - 1) != added
            }
        });
        break;
    }
    // A key that the last entry gets is inserted where a new entry is, and has to come first.
    made.sort_by_key(|change| matches!(change, Change::Add(..)));
    made
}

/// The keys of entries that commands write.
const KEYS: [&str; 8] = ["week", "from", "to", "through", "primary", "secondary", "agreed_on", "reason"];

/// Moves insertions below lines that are cut to the end of the line above these.
fn outside_cuts(mut splices: Vec<Splice>, text: &str) -> Vec<Splice> {
    let is_cut = |splice: &Splice| {
        splice.text.is_empty() && layout::line_start(splice.at.start, text) == splice.at.start
    };
    let cuts: Vec<_> = splices.iter().filter(|splice| is_cut(splice)).map(|cut| cut.at.clone()).collect();
    for splice in splices.iter_mut().filter(|splice| splice.at.is_empty()) {
        while let Some(cut) = cuts.iter().find(|cut| (cut.start + 1..cut.end).contains(&splice.at.start)) {
            let Some(above) = cut.start.checked_sub(1) else { break };
            let end = layout::line_end(layout::line_start(above, text), text);
            splice.at = end..end;
        }
    }
    splices
}

/// Joins insertions at one position, in their order.
fn joined(splices: Vec<Splice>) -> Vec<Splice> {
    let mut all: Vec<Splice> = Vec::new();
    for splice in splices {
        match all.iter_mut().find(|other| other.at == splice.at && splice.at.is_empty()) {
            Some(other) => other.text.push_str(&splice.text),
            None => all.push(splice),
        }
    }
    all
}

/// A text that changes.
struct Source<'a> {
    root: &'a DeTable<'a>,
    text: &'a str,
    changes: &'a [Change],
    /// Which of the possible positions of a first block is used.
    choice: usize,
}

impl Source<'_> {
    fn splices(&self, change: &Change) -> Option<Vec<Splice>> {
        match change {
            Change::Add(list, fields) => self.add(*list, fields, change),
            Change::Remove(list, index) => match self.written(*list)? {
                Written::Array { items, .. } => Some(vec![array::remove(&items, *index, self.text)?]),
                Written::Blocks(items) => Some(vec![block::remove(items.get(*index)?, self.text)]),
                Written::Absent => None,
            },
            Change::Set(list, index, fields) => {
                let items = match self.written(*list)? {
                    Written::Array { items, .. } | Written::Blocks(items) => items,
                    Written::Absent => return None,
                };
                Some(set(items.get(*index)?, fields, self.text))
            }
        }
    }

    fn written(&self, list: List) -> Option<Written> {
        match list {
            List::Overrides | List::Swaps => layout::list(self.root, list.key(), self.text),
            List::TimeOff(engineer) => {
                let DeValue::Table(table) = self.engineer(engineer)?.get_ref() else { return None };
                layout::list(table, list.key(), self.text)
            }
        }
    }

    fn engineer(&self, index: usize) -> Option<&Spanned<DeValue<'_>>> {
        let (_, engineers) = self.root.iter().find(|(key, _)| key.get_ref() == "engineer")?;
        let DeValue::Array(engineers) = engineers.get_ref() else { return None };
        engineers.get(index)
    }

    fn add(&self, list: List, fields: &[(&'static str, Field)], change: &Change) -> Option<Vec<Splice>> {
        let (text, lines) = (self.text, entry_text(fields));
        let is_gone = |index: &usize| self.changes.contains(&Change::Remove(list, *index));
        match self.written(list)? {
            // The new entry might be inserted next to the one that is removed, so that one is changed in place.
            Written::Array { items, .. } if (0..items.len()).any(|index| is_gone(&index)) => None,
            Written::Array { span, items } => {
                // Several new entries of one list share its commas, so the first change inserts them all.
                let all =
                    self.changes.iter().filter(|change| matches!(change, Change::Add(of, _) if *of == list));
                let is_first = all.clone().next().is_some_and(|first| std::ptr::eq(first, change));
                let entries: Vec<String> = all
                    .filter_map(|change| match change {
                        Change::Add(_, fields) => Some(inline(fields)),
                        _ => None,
                    })
                    .collect();
                Some(if is_first { array::add(&span, &items, &entries, text) } else { Vec::new() })
            }
            Written::Blocks(items) => {
                let mut kept = items.iter().enumerate().filter(|(index, _)| !is_gone(index));
                match kept.next_back() {
                    Some((_, last)) => Some(vec![block::add_after(last, &lines, text)]),
                    None => self.first(list, &lines),
                }
            }
            Written::Absent => match list {
                List::TimeOff(engineer) => {
                    let item = layout::item(self.engineer(engineer)?, text)?;
                    let line = format!("{} = [{}]", list.key(), inline(fields));
                    Some(vec![add_key(&item, &line, text)])
                }
                List::Overrides | List::Swaps => self.first(list, &lines),
            },
        }
    }

    fn first(&self, list: List, lines: &[String]) -> Option<Vec<Splice>> {
        let header = format!("[[{}]]", list.key());
        let mut places = block::add_first(&header, lines, self.text);
        let choice = self.choice.min(places.len().checked_sub(1)?);
        Some(vec![places.swap_remove(choice)])
    }
}

fn is_inline(item: &Item, text: &str) -> bool {
    text[item.span.clone()].starts_with('{')
}

fn add_key(item: &Item, line: &str, text: &str) -> Splice {
    if is_inline(item, text) { array::add_key(item, line) } else { block::add_key(item, line, text) }
}

fn remove_key(item: &Item, entry: &Entry, text: &str) -> Splice {
    if is_inline(item, text) { array::remove_key(item, entry, text) } else { block::remove_key(entry, text) }
}

/// Changes the keys of an entry. A removed key is replaced by an added one, so that `to` takes the place of `through`.
fn set(item: &Item, fields: &[(&'static str, Option<Field>)], text: &str) -> Vec<Splice> {
    let of = |key: &str| item.entries.iter().find(|entry| entry.key == key);
    let mut gone: Vec<&Entry> =
        fields.iter().filter(|(_, field)| field.is_none()).filter_map(|(key, _)| of(key)).collect();
    let mut all = Vec::new();
    for (key, field) in fields {
        let Some(field) = field else { continue };
        let line = format!("{key} = {}", field.toml());
        match (of(key), gone.pop()) {
            (Some(entry), room) => {
                all.push(Splice::replace(entry.value_span.clone(), field.toml()));
                gone.extend(room);
            }
            (None, Some(room)) => {
                all.push(Splice::replace(room.key_span.start..room.value_span.end, line));
            }
            (None, None) => all.push(add_key(item, &line, text)),
        }
    }
    all.extend(gone.into_iter().map(|entry| remove_key(item, entry, text)));
    all
}

/// What the changed text must mean.
fn changed(mut table: Table, changes: &[Change]) -> Option<Table> {
    for change in changes {
        if let Change::Set(list, index, fields) = change {
            let entry = values(&mut table, *list)?.get_mut(*index)?.as_table_mut()?;
            for (key, field) in fields {
                drop(entry.remove(*key));
                if let Some(field) = field {
                    entry.insert((*key).to_owned(), field.value()?);
                }
            }
        }
    }
    let mut removed: Vec<(List, usize)> = Vec::new();
    removed.extend(changes.iter().filter_map(|change| match change {
        Change::Remove(list, index) => Some((*list, *index)),
        _ => None,
    }));
    removed.sort_by_key(|(_, index)| std::cmp::Reverse(*index));
    for (list, index) in removed {
        let values = values(&mut table, list)?;
        if index < values.len() {
            values.remove(index);
        }
    }
    for change in changes {
        if let Change::Add(list, fields) = change {
            let entry = fields.iter().map(|(key, field)| Some(((*key).to_owned(), field.value()?)));
            let entry = entry.collect::<Option<Table>>()?;
            values(&mut table, *list)?.push(Value::Table(entry));
        }
    }
    Some(tidy(table))
}

fn values(table: &mut Table, list: List) -> Option<&mut Vec<Value>> {
    let table = match list {
        List::Overrides | List::Swaps => table,
        List::TimeOff(engineer) => {
            table.get_mut("engineer")?.as_array_mut()?.get_mut(engineer)?.as_table_mut()?
        }
    };
    table.entry(list.key()).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
}

/// Without empty lists, which mean the same as absent ones.
fn tidy(mut table: Table) -> Table {
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    table.retain(|_, value| !is_empty(value));
    if let Some(engineers) = table.get_mut("engineer").and_then(Value::as_array_mut) {
        for engineer in engineers.iter_mut().filter_map(Value::as_table_mut) {
            engineer.retain(|key, value| key != "time_off" || !is_empty(value));
        }
    }
    table
}

#[cfg(test)]
mod tests;
