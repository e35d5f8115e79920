//! The calendars that come with oncal, each a file of rules like those of an organisation.

use std::sync::OnceLock;

use super::definition::Definition;
use crate::toml_reader::Problems;

/// A calendar and its text, which is parsed when it is first used.
struct Builtin {
    id: &'static str,
    text: &'static str,
    read: OnceLock<Option<Definition>>,
}

macro_rules! builtin {
    ($($id:literal),* $(,)?) => {
        [$(Builtin {
            id: $id,
            text: include_str!(concat!("builtin/", $id, ".toml")),
            read: OnceLock::new(),
        }),*]
    };
}

/// In order of id.
static BUILTIN: [Builtin; 56] = builtin![
    "at",
    "au",
    "au-nsw",
    "au-qld",
    "au-vic",
    "be",
    "br",
    "ca-bc",
    "ca-federal",
    "ca-on",
    "ca-qc",
    "ch",
    "ch-zh",
    "cz",
    "de",
    "de-bb",
    "de-be",
    "de-bw",
    "de-by",
    "de-hb",
    "de-he",
    "de-hh",
    "de-mv",
    "de-ni",
    "de-nw",
    "de-rp",
    "de-sh",
    "de-sl",
    "de-sn",
    "de-st",
    "de-th",
    "dk",
    "es",
    "fi",
    "fr",
    "gb-eng",
    "gb-nir",
    "gb-sct",
    "gr",
    "ie",
    "il",
    "in",
    "it",
    "jp",
    "kr",
    "lu",
    "mx",
    "nl",
    "no",
    "nz",
    "pl",
    "pt",
    "se",
    "sg",
    "us-federal",
    "za"
];

/// The ids of the built-in calendars, in order.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|calendar| calendar.id)
}

/// The built-in calendar of that id.
pub(super) fn get(id: &str) -> Option<&'static Definition> {
    let calendar = BUILTIN.iter().find(|calendar| calendar.id == id)?;
    calendar.read.get_or_init(|| Definition::parse(calendar.id, calendar.text, &Problems::default())).as_ref()
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;

    use super::*;

    #[test]
    fn built_in_calendars_are_in_order_and_free_of_problems() {
        assert!(BUILTIN.is_sorted_by_key(|calendar| calendar.id));
        for calendar in &BUILTIN {
            let problems = Problems::default();
            let definition = Definition::parse(calendar.id, calendar.text, &problems);
            assert_eq!(problems.into_sorted(), [], "{}", calendar.id);
            let definition = definition.unwrap();
            assert!(definition.source.is_some(), "{} names its source", calendar.id);
            assert_eq!(get(calendar.id), Some(&definition));
        }
    }

    #[test]
    fn a_calendar_that_lists_dates_year_by_year_says_how_far_they_are_known() {
        for calendar in &BUILTIN {
            let definition = get(calendar.id).unwrap();
            let yearly = definition.rules.iter().filter(|rule| rule.on.is_none() && rule.dates.len() >= 10);
            for rule in yearly {
                let last = rule.dates.iter().map(Datelike::year).max();
                let through = definition.confirmed_through;
                assert!(through.is_some() && through <= last, "{}: {}", calendar.id, rule.name.native);
            }
        }
    }

    #[test]
    fn every_name_that_is_not_english_has_its_language_and_its_english_name() {
        let mut languages = std::collections::BTreeSet::new();
        for calendar in &BUILTIN {
            let definition = get(calendar.id).unwrap();
            let is_translated = calendar.text.contains("\nlanguage = ");
            assert_eq!(definition.english.is_some(), is_translated, "{} itself", calendar.id);
            let observed = definition.rules.iter().filter_map(|rule| rule.observed.as_ref());
            let names = definition.rules.iter().map(|rule| &rule.name).chain(observed.map(|own| &own.name));
            for name in names {
                assert_eq!(name.language.is_some(), name.english.is_some(), "{}: {name:?}", calendar.id);
                assert!(name.language.is_some() || name.native.is_ascii(), "{}: {name:?}", calendar.id);
                languages.extend(name.language.clone());
            }
        }
        assert!(languages.len() > 12, "{languages:?}");
    }

    #[test]
    fn an_unknown_calendar_is_not_built_in() {
        assert_eq!(get("de-xx"), None);
    }
}
