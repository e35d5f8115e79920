//! Holidays as others publish them, the differences from ours that are known, and the comparison of all three.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};
use oncal::holidays::{Library, On, Years};
use serde::Deserialize;

/// What one source has of each calendar, year by year.
pub(crate) struct Source {
    /// The stem of its file.
    pub(crate) name: String,
    /// By calendar and year.
    pub(crate) calendars: BTreeMap<String, BTreeMap<i32, BTreeSet<NaiveDate>>>,
}

/// Who has the dates of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Oncal {
    Has,
    Lacks,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    source: String,
    calendars: Vec<String>,
    oncal: Oncal,
    on: Option<String>,
    years: Option<String>,
    #[serde(default)]
    except: Vec<i32>,
    #[serde(default)]
    dates: Vec<NaiveDate>,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Differences {
    difference: Vec<Difference>,
}

impl Difference {
    /// The dates meant, of the years that the source covers.
    fn dates(&self, covered: &BTreeMap<i32, BTreeSet<NaiveDate>>) -> BTreeSet<NaiveDate> {
        assert!(!self.why.trim().is_empty() && (self.on.is_some() || !self.dates.is_empty()), "{self:?}");
        let years = self.years.as_deref().map_or(Years::default(), |years| Years::parse(years).unwrap());
        let on = self.on.as_deref().map(|on| On::parse(on).unwrap());
        let held = covered.keys().filter(|year| years.contains(**year) && !self.except.contains(year));
        let ruled = held.filter_map(|year| on?.in_year(*year));
        ruled.chain(self.dates.iter().copied()).collect()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/holidays")
}

/// The source in the file of that stem: lines `calendar,year,MM-DD MM-DD …`.
pub(crate) fn source(name: &str) -> Source {
    let text = std::fs::read_to_string(folder().join(name).with_extension("csv")).unwrap();
    let mut calendars: BTreeMap<String, BTreeMap<i32, BTreeSet<NaiveDate>>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [calendar, year, days] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let dates = days.split(' ').map(|day| format!("{year}-{day}").parse().unwrap()).collect();
        let known = calendars.entry(calendar.to_owned()).or_default();
        assert!(known.insert(year.parse().unwrap(), dates).is_none(), "{line}");
    }
    Source { name: name.to_owned(), calendars }
}

pub(crate) fn differences() -> Vec<Difference> {
    read(&std::fs::read_to_string(folder().join("differences.toml")).unwrap())
}

pub(crate) fn read(text: &str) -> Vec<Difference> {
    toml::from_str::<Differences>(text).unwrap().difference
}

/// All that is wrong, a line each: differences that are not listed, and listed ones that do not exist.
pub(crate) fn compare(source: &Source, listed: &[Difference]) -> Vec<String> {
    let library = Library::default();
    let mut wrong = Vec::new();
    for difference in listed.iter().filter(|difference| difference.source == source.name) {
        let unknown = difference.calendars.iter().filter(|id| !source.calendars.contains_key(*id));
        wrong.extend(unknown.map(|id| format!("{}: no {id} to differ from", source.name)));
    }
    for (id, published) in &source.calendars {
        let day = |year: i32, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let calendar = library.get(id).unwrap().calendar();
        let held = published.keys().flat_map(|year| calendar.between(day(*year, 1, 1), day(*year, 12, 31)));
        let ours: BTreeSet<NaiveDate> = held.map(|(date, _)| *date).collect();
        let theirs: BTreeSet<NaiveDate> = published.values().flatten().copied().collect();
        for (oncal, found) in [(Oncal::Has, &ours - &theirs), (Oncal::Lacks, &theirs - &ours)] {
            let of_calendar = listed.iter().filter(|difference| {
                difference.source == source.name
                    && difference.oncal == oncal
                    && difference.calendars.contains(id)
            });
            let explained: BTreeSet<NaiveDate> =
                of_calendar.flat_map(|difference| difference.dates(published)).collect();
            let line = |date: &NaiveDate, what: &str| {
                format!("{} {id} {date} {}: {what} (oncal {oncal:?})", source.name, date.weekday())
            };
            wrong.extend((&found - &explained).iter().map(|date| line(date, "not explained")));
            wrong.extend((&explained - &found).iter().map(|date| line(date, "listed, but no difference")));
        }
    }
    wrong
}
