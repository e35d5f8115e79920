//! One table of a TOML file and the typed reading of its keys.

use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problems, nearest};
use super::span::Span;

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its place, in bytes of the file.
    pub span: Span,
}

/// A table being read. Every key that is read counts as known; [`TableReader::finish`] reports all others.
#[derive(Debug)]
pub struct TableReader<'a> {
    table: &'a DeTable<'a>,
    span: Span,
    title: String,
    known: Vec<&'static str>,
    refused: Vec<&'static str>,
    /// Keys that are present under a misspelt name, and that name.
    slips: Vec<(&'static str, String)>,
    is_root: bool,
    problems: &'a Problems,
}

impl<'a> TableReader<'a> {
    pub(super) fn root(table: &'a DeTable<'a>, span: Span, problems: &'a Problems) -> Self {
        TableReader {
            table,
            span,
            title: "the file".to_owned(),
            known: Vec::new(),
            refused: Vec::new(),
            slips: Vec::new(),
            is_root: true,
            problems,
        }
    }

    /// The place of the table.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// The collector of this file's problems.
    pub fn problems(&self) -> &'a Problems {
        self.problems
    }

    /// The place of the value of `key`, or of the table if it is absent.
    pub fn span_of(&self, key: &str) -> Span {
        self.get(key).map_or_else(|| self.span(), Spanned::span)
    }

    /// A string.
    pub fn text(&mut self, key: &'static str) -> Option<At<String>> {
        let value = self.value(key)?;
        self.as_text(key, value)
    }

    /// A string that must be there, such as `example`.
    pub fn required_text(&mut self, key: &'static str, example: &str) -> Option<At<String>> {
        self.require(key, &format!("{key} = \"{example}\""));
        self.text(key)
    }

    /// One of a fixed set of strings, each with its meaning.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text.value) {
            return Some(*value);
        }
        let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let message = format!("`{key}` cannot be \"{}\"", text.value);
        let help = nearest(&text.value, choices.iter().map(|(name, _)| *name))
            .unwrap_or_else(|| format!("one of {}", names.join(", ")));
        self.problems.error_with_help("unknown-value", text.span, message, help);
        None
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            DeValue::String(text) if ["true", "false"].contains(&&**text) => {
                self.wrong_type_with_help(key, value, format!("remove the quotes: {text}"))
            }
            _ => self.wrong_type(key, value, "`true` or `false`"),
        }
    }

    /// A whole number within `range`.
    pub fn integer<N>(&mut self, key: &'static str, range: RangeInclusive<N>) -> Option<N>
    where
        N: TryFrom<i64> + PartialOrd + Display,
    {
        let value = self.value(key)?;
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(digits) = value.get_ref() else {
            let quoted = value.get_ref().as_str().and_then(|text| text.trim().parse::<i64>().ok());
            let help = quoted.map(|number| format!("remove the quotes: {number}"));
            let help = help.unwrap_or_else(|| format!("expected {expected}"));
            return self.wrong_type_with_help(key, value, help);
        };
        let number = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
        let number =
            number.and_then(|number| N::try_from(number).ok()).filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("`{key}` is out of range");
            self.problems.error_with_help("out-of-range", value.span(), message, expected);
        }
        number
    }

    /// A list of strings.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<At<String>>> {
        if self.holds(key, "string") {
            let value = self.value(key)?;
            return self.wrong_type_with_help(key, value, "put it in square brackets: [\"…\"]".to_owned());
        }
        self.list(key, |section, item| section.as_text(key, item))
    }

    /// A list of whole numbers.
    pub fn integers(&mut self, key: &'static str) -> Option<Vec<At<i64>>> {
        self.list(key, |section, item| match item.get_ref() {
            DeValue::Integer(digits) => {
                let number = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
                if number.is_none() {
                    let message = format!("a number in `{key}` is out of range");
                    section.problems.error("out-of-range", item.span(), message);
                }
                number.map(|value| At { value, span: item.span() })
            }
            _ => section.wrong_type(key, item, "whole numbers"),
        })
    }

    /// The tables under `key`, written as `[[key]]` or as a list of inline tables; `example` is the header or one of
    /// them. A single table is an error, and is read as a list of one.
    pub fn tables(&mut self, key: &'static str, example: &str) -> Option<Vec<TableReader<'a>>> {
        let is_header = example.starts_with("[[");
        self.find_slip_of(key, is_header.then_some(example));
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Array(items) => {
                let expected = if is_header {
                    format!("a block `{example}` for each")
                } else {
                    format!("tables such as `{example}`")
                };
                let read = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
                    DeValue::Table(table) => Some(self.below(key, table, item.span())),
                    _ => self.wrong_type(key, item, &expected),
                };
                Some(items.iter().filter_map(read).collect())
            }
            DeValue::Table(table) => {
                let help = if is_header {
                    format!("write `{example}`, with two brackets")
                } else {
                    format!("put it in square brackets: `[{example}]`")
                };
                self.wrong_type_with_help::<()>(key, value, help);
                Some(vec![self.below(key, table, value.span())])
            }
            _ if is_header => self.wrong_type(key, value, &format!("a block `{example}` for each")),
            _ => self.wrong_type(key, value, &format!("a list such as `[{example}]`")),
        }
    }

    fn below(&self, key: &str, table: &'a DeTable<'a>, span: Span) -> TableReader<'a> {
        TableReader {
            table,
            span,
            title: format!("`{key}`"),
            known: Vec::new(),
            refused: Vec::new(),
            slips: Vec::new(),
            is_root: false,
            problems: self.problems,
        }
    }

    /// The table under `key`, written as `[key]` or inline.
    pub fn table(&mut self, key: &'static str) -> Option<TableReader<'a>> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(self.below(key, table, value.span())),
            DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_table()) => {
                let help = format!("write `[{key}]`, with one bracket; it can appear only once");
                self.wrong_type_with_help(key, value, help)
            }
            _ => self.wrong_type(key, value, "a table"),
        }
    }

    /// Every key and its place, for tables whose keys are data.
    pub fn keys(&self) -> Vec<At<String>> {
        self.table.keys().map(|key| At { value: key.get_ref().to_string(), span: key.span() }).collect()
    }

    /// Whether `key` holds a value of TOML's type `type_name` (`string`, `integer`, `table`, …).
    pub fn holds(&self, key: &str, type_name: &str) -> bool {
        self.get(key).is_some_and(|value| value.get_ref().type_str() == type_name)
    }

    /// Whether there is a value under `key`.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Reports `key` as missing where it is; `example` is a line that would give it.
    pub fn require(&mut self, key: &'static str, example: &str) {
        self.find_slip(key);
        if self.get(key).is_none() {
            let message = format!("{} lacks `{key}`", self.title);
            let help = format!("such as `{example}`");
            self.problems.error_with_help("missing-key", self.header(), message, help);
        }
    }

    /// Reports `key` if it is present, as not allowed here; no hint suggests it.
    pub fn refuse(&mut self, key: &'static str, code: &'static str, message: &str, help: &str) {
        self.refused.push(key);
        let table: &'a DeTable<'a> = self.table;
        if let Some((name, _)) = table.iter().find(|(name, _)| name.get_ref() == key) {
            self.problems.error_with_help(code, name.span(), message, help.to_owned());
        }
    }

    /// Reports every key that was not read, with the nearest one that exists.
    pub fn finish(self) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            let is_slip = self.slips.iter().any(|(_, given)| given == name);
            if !self.known.contains(&name) && !self.refused.contains(&name) && !is_slip {
                let message = format!("{} has no key `{name}`", self.title);
                let help = self.problems.has_room().then(|| {
                    nearest(name, self.known.iter().copied())
                        .unwrap_or_else(|| format!("known here: {}", self.known.join(", ")))
                });
                self.problems.error_with_help("unknown-key", key.span(), message, help);
            }
        }
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let table: &'a DeTable<'a> = self.table;
        let slip = self.slips.iter().find(|(meant, _)| *meant == key).map(|(_, given)| given.as_str());
        let given = slip.unwrap_or(key);
        table.iter().find(|(name, _)| name.get_ref() == given).map(|(_, value)| value)
    }

    /// Looks for `key` under a name that must be a misspelling of it, so that its value is read nevertheless: one wrong
    /// key is one error.
    pub fn find_slip(&mut self, key: &'static str) {
        self.find_slip_of(key, None);
    }

    /// [`TableReader::find_slip`] of a key that may have several tables below `header`.
    fn find_slip_of(&mut self, key: &'static str, header: Option<&str>) {
        if self.get(key).is_some() {
            return;
        }
        let is_slip = |name: &str| {
            let (given, key) = (name.to_lowercase(), key.to_lowercase());
            let plural = given.strip_suffix('s') == Some(&key) || key.strip_suffix('s') == Some(&given);
            given == key || plural || key.len() >= 4 && strsim::damerau_levenshtein(&given, &key) == 1
        };
        let table: &'a DeTable<'a> = self.table;
        let found = table.iter().find(|(name, _)| {
            let name: &str = name.get_ref();
            !self.known.contains(&name) && is_slip(name)
        });
        if let Some((found, value)) = found {
            let name = found.get_ref().to_string();
            let message = format!("{} has no key `{name}`", self.title);
            let count = value.get_ref().as_array().map_or(0, |tables| tables.iter().count());
            let help = match header.filter(|_| count > 1) {
                Some(header) => format!("did you mean `{header}`? Write it in all {count} places"),
                None => format!("did you mean `{key}`?"),
            };
            self.problems.error_with_help("unknown-key", found.span(), message, help);
            self.slips.push((key, name));
        }
    }

    /// Looks for `key` under one of the `others` that people write for it, so that its value is read nevertheless.
    pub fn find_other_name(&mut self, key: &'static str, others: &[&str]) {
        if self.get(key).is_some() {
            return;
        }
        let table: &'a DeTable<'a> = self.table;
        let found = table.keys().find(|name| {
            let name: &str = name.get_ref();
            others.contains(&name)
        });
        if let Some(found) = found {
            let name = found.get_ref().to_string();
            let message = format!("{} has no key `{name}`", self.title);
            let help = format!("did you mean `{key}`?");
            self.problems.error_with_help("unknown-key", found.span(), message, help);
            self.slips.push((key, name));
        }
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.get(key)
    }

    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Self, &'a Spanned<DeValue<'a>>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Array(items) => Some(items.iter().filter_map(|item| read(self, item)).collect()),
            DeValue::Datetime(stamp) => {
                self.wrong_type_with_help(key, value, format!("put it in square brackets: [{stamp}]"))
            }
            _ => self.wrong_type(key, value, "a list in square brackets"),
        }
    }

    fn as_text(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<At<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(At { value: text.to_string(), span: value.span() }),
            _ => self.wrong_type(key, value, "text in quotes"),
        }
    }

    fn wrong_type<T>(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> Option<T> {
        self.wrong_type_with_help(key, value, format!("expected {expected}"))
    }

    pub(super) fn wrong_type_with_help<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        help: String,
    ) -> Option<T> {
        let message = format!("`{key}` is of the wrong type: {}", value.get_ref().type_str());
        self.problems.error_with_help("wrong-type", value.span(), message, help);
        None
    }

    /// The place to report for the table as a whole: its header, or the beginning of the file.
    fn header(&self) -> Span {
        if self.is_root { 0..0 } else { self.span() }
    }
}
