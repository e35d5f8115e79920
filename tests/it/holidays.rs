//! The built-in calendars against independent published dates, 2020 to 2050 or, where dates are decreed, to 2035. Every
//! difference is listed with its reason; one that is not listed fails, and so does a listed one that does not exist.
//! Then the language of the rules.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, Weekday};
use oncal::holidays::{Definition, Library, On};
use oncal::toml_reader::Problems;
use proptest::prelude::*;

use crate::support::published::{Source, compare, differences, read, source};

const SOURCES: [&str; 3] = ["pypi-holidays", "npm-date-holidays", "gazettes"];

#[test]
fn every_built_in_calendar_agrees_with_what_others_publish_but_for_listed_reasons() {
    let differences = differences();
    for name in SOURCES {
        let wrong = compare(&source(name), &differences);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn every_built_in_calendar_is_in_both_packages_for_all_years() {
    let ids: BTreeSet<String> = Library::default().ids().into_iter().map(str::to_owned).collect();
    assert_eq!(ids.len(), 56);
    let [first, second, _] = SOURCES.map(source);
    let known = |source: &Source| source.calendars.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(known(&first), ids);
    assert_eq!(&ids - &known(&second), ["ca-federal".to_owned(), "in".to_owned()].into());
    for (id, years) in first.calendars.iter().chain(&second.calendars) {
        let through = Library::default().get(id).unwrap().confirmed_through();
        let last = if through.is_none_or(|through| through >= 2050) { 2050 } else { 2035 };
        assert!(years.keys().copied().eq(2020..=last), "{id}");
    }
}

#[test]
fn an_unlisted_difference_and_a_listed_one_that_does_not_exist_are_both_found() {
    let mut published = source(SOURCES[0]);
    published.calendars.retain(|id, _| id == "fr");
    assert!(compare(&published, &[]).is_empty());
    let first = published.calendars.get_mut("fr").unwrap().get_mut(&2031).unwrap();
    assert!(first.remove(&"2031-07-14".parse().unwrap()) && first.insert("2031-07-15".parse().unwrap()));
    let entry = |oncal: &str, date: &str| {
        format!(
            "[[difference]]\nsource = \"pypi-holidays\"\ncalendars = [\"fr\"]\noncal = \"{oncal}\"\n\
                 dates = [\"2031-07-{date}\"]\nwhy = \"a test\"\n"
        )
    };
    let both = [entry("has", "14"), entry("lacks", "15")].concat();
    assert_eq!(compare(&published, &read(&both)), [""; 0]);
    assert_eq!(
        compare(&published, &read(&[entry("has", "14"), entry("has", "16")].concat())),
        [
            "pypi-holidays fr 2031-07-16 Wed: listed, but no difference (oncal Has)",
            "pypi-holidays fr 2031-07-15 Tue: not explained (oncal Lacks)",
        ]
    );
}

/// The dates and names of a year of a calendar written as TOML, which must be without problems.
fn year(text: &str, year: i32) -> Vec<String> {
    let problems = Problems::default();
    let definition = Definition::parse("own", text, &problems);
    let library = Library::new([("own".to_owned(), definition)]);
    library.check("own", &problems);
    let found = problems.into_sorted();
    assert!(found.is_empty(), "{found:?}");
    let holidays = library.get("own").unwrap().year(year);
    holidays.into_iter().map(|holiday| format!("{} {}", holiday.date, holiday.name)).collect()
}

fn own(entries: &str) -> String {
    format!("[calendar]\nname = \"Own\"\n{entries}")
}

fn dates(on: &str, of: i32) -> Vec<String> {
    let text = own(&format!("[[holiday]]\nname = \"Day\"\non = \"{on}\"\n"));
    year(&text, of).into_iter().map(|line| line[..10].to_owned()).collect()
}

#[test]
fn each_form_of_on_finds_its_date() {
    for (on, of, expected) in [
        ("12-25", 2026, "2026-12-25"),
        ("02-29", 2028, "2028-02-29"),
        ("3rd mon of jan", 2026, "2026-01-19"),
        ("last mon of may", 2027, "2027-05-31"),
        ("easter", 2026, "2026-04-05"),
        ("easter+39", 2026, "2026-05-14"),
        ("easter-2", 2027, "2027-03-26"),
        ("orthodox-easter", 2026, "2026-04-12"),
        ("orthodox-easter-2", 2027, "2027-04-30"),
        ("sat on-or-after 06-20", 2026, "2026-06-20"),
        ("sat on-or-after 06-20", 2027, "2027-06-26"),
        ("mon on-or-before 05-24", 2026, "2026-05-18"),
    ] {
        assert_eq!(dates(on, of), [expected], "{on}");
    }
    assert!(dates("02-29", 2027).is_empty(), "no leap year");
    assert!(dates("5th mon of feb", 2027).is_empty(), "February 2027 has four Mondays");
}

#[test]
fn for_an_impossible_place_in_a_month_the_possible_ones_are_shown() {
    for (on, help) in [
        ("6th mon of jan", "`1st` to `5th`, or `last`"),
        ("0th mon of jan", "`1st` to `5th`, or `last`"),
        ("3th mon of jan", "did you mean `3rd`?"),
        ("lasst mon of jan", "did you mean `last`?"),
    ] {
        assert_eq!(On::parse(on).unwrap_err().help(), help, "{on}");
    }
}

#[test]
fn years_and_exceptions_bound_a_rule() {
    let held = |extra: &str, of: i32| {
        !year(&own(&format!("[[holiday]]\nname = \"Day\"\non = \"05-05\"\n{extra}")), of).is_empty()
    };
    for (extra, of, expected) in [
        ("years = \"2021..\"", 2020, false),
        ("years = \"2021..\"", 2021, true),
        ("years = \"..2029\"", 2029, true),
        ("years = \"..2029\"", 2030, false),
        ("years = \"2020..2035/5\"", 2025, true),
        ("years = \"2020..2035/5\"", 2026, false),
        ("years = \"2024\"", 2024, true),
        ("years = \"2024\"", 2025, false),
        ("except = [2026]", 2026, false),
        ("except = [2026]", 2027, true),
    ] {
        assert_eq!(held(extra, of), expected, "{extra} in {of}");
    }
}

#[test]
fn substitutes_follow_one_another_in_order_of_date() {
    let next = "observed = { sat = \"next\", sun = \"next\" }\n";
    let days = |keep: &str| {
        own(&format!(
            "[[holiday]]\nname = \"Christmas\"\non = \"12-25\"\n{next}{keep}[[holiday]]\nname = \"Boxing\"\non = \"12-26\"\n{next}{keep}"
        ))
    };
    assert_eq!(
        year(&days(""), 2027),
        [
            "2027-12-25 Christmas",
            "2027-12-26 Boxing",
            "2027-12-27 Christmas (observed)",
            "2027-12-28 Boxing (observed)",
        ]
    );
    let replaced = year(&days("keep = false\n"), 2027);
    assert_eq!(replaced.len(), 2, "the substitute replaces the day: {replaced:?}");
    assert!(replaced[0].starts_with("2027-12-27") && replaced[1].starts_with("2027-12-28"));
}

#[test]
fn a_day_count_may_cross_the_years_end() {
    let text = own("[[holiday]]\nname = \"New Year\"\non = \"01-01\"\nobserved = { sat = -1, sun = 1 }\n");
    assert_eq!(year(&text, 2027), ["2027-01-01 New Year", "2027-12-31 New Year (observed)"]);
    assert_eq!(year(&text, 2028), ["2028-01-01 New Year"]);
}

#[test]
fn a_weekday_between_two_holidays_becomes_one_where_the_calendar_says_so() {
    let days = "[[holiday]]\nname = \"A\"\ndates = [\"2026-05-05\", \"2026-05-07\"]\n";
    assert_eq!(year(&own(days), 2026).len(), 2);
    let with = year(&own(&format!("sandwich = true\n{days}")), 2026);
    assert_eq!(with.len(), 3);
    assert!(with[1].starts_with("2026-05-06"));
}

#[test]
fn a_calendar_may_start_from_another_and_take_names_out() {
    let text = own(
        "extends = \"de\"\nremove = [\"Tag der Arbeit\"]\n[[holiday]]\nname = \"Fronleichnam\"\non = \"easter+60\"\n",
    );
    let lines = year(&text, 2026);
    assert!(lines.contains(&"2026-06-04 Fronleichnam".to_owned()));
    assert!(lines.iter().any(|line| line.contains("Karfreitag")));
    assert!(!lines.iter().any(|line| line.contains("Tag der Arbeit")));
}

proptest! {
    #[test]
    fn no_bytes_make_a_rule_panic(on in "\\PC{0,40}", years in "\\PC{0,12}") {
        let text = own(&format!("[[holiday]]\nname = \"Day\"\non = {on:?}\nyears = {years:?}\n"));
        let problems = Problems::default();
        if let Some(definition) = Definition::parse("own", &text, &problems) {
            let library = Library::new([("own".to_owned(), Some(definition))]);
            if let Ok(calendar) = library.get("own") {
                calendar.calendar();
            }
        }
    }

    #[test]
    fn a_substitute_is_a_working_day(month in 1u32..=12, day in 1u32..=28, of in 1971i32..2200) {
        let next = "observed = { sat = \"next\", sun = \"next\" }\n";
        let text = own(&format!(
            "[[holiday]]\nname = \"A\"\non = \"{month:02}-{day:02}\"\n{next}[[holiday]]\nname = \"B\"\non = \"easter+1\"\n"
        ));
        let lines = year(&text, of);
        let date = |line: &String| line[..10].parse::<NaiveDate>().unwrap();
        for line in lines.iter().filter(|line| line.contains("observed")) {
            prop_assert!(!matches!(date(line).weekday(), Weekday::Sat | Weekday::Sun));
            prop_assert_eq!(lines.iter().filter(|other| date(other) == date(line)).count(), 1);
        }
    }
}
