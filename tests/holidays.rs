//! The built-in calendars against independent published dates, 2020 to 2035. Every difference is listed with its
//! reason; one that is not listed fails, and so does a listed one that is none.

#[cfg(test)]
mod holidays {
    use std::collections::BTreeSet;
    use std::path::Path;

    use chrono::{Datelike, NaiveDate, Weekday};
    use oncal::document::Problems;
    use oncal::holidays::{Definition, Library};
    use proptest::prelude::*;

    /// Whether a date may differ, and why.
    type Explained = fn(NaiveDate) -> Option<&'static str>;

    fn published(id: &str) -> BTreeSet<NaiveDate> {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/holidays").join(format!("{id}.csv"));
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split(',').next().unwrap().parse().unwrap()).collect()
    }

    fn ours(id: &str) -> BTreeSet<NaiveDate> {
        let calendar = Library::default().get(id).unwrap();
        (2020..=2035).flat_map(|year| calendar.year(year)).map(|holiday| holiday.date).collect()
    }

    #[track_caller]
    fn agrees(id: &str, explained: Explained) {
        let (published, ours) = (published(id), ours(id));
        assert!(published.len() > 100, "a fixture of {} dates", published.len());
        let differing: Vec<NaiveDate> = published.symmetric_difference(&ours).copied().collect();
        for date in &differing {
            let whose = if ours.contains(date) { "only oncal has it" } else { "oncal lacks it" };
            assert!(explained(*date).is_some(), "{id} {date} {}: {whose}", date.weekday());
        }
    }

    #[test]
    fn united_states() {
        agrees("us-federal", |_| None);
    }

    #[test]
    fn england_and_wales() {
        agrees("gb-eng", |_| None);
    }

    #[test]
    fn germany() {
        agrees("de", |_| None);
    }

    #[test]
    fn france() {
        agrees("fr", |_| None);
    }

    #[test]
    fn ireland() {
        agrees("ie", |_| None);
    }

    #[test]
    fn the_netherlands() {
        agrees("nl", |date| match (date.month(), date.day()) {
            (5, 5) => {
                Some("Algemene termijnenwet art. 3(1) names 5 May every year; the source only each fifth")
            }
            (3 | 4, _) if date.weekday() == Weekday::Fri => {
                Some("Good Friday: art. 3(2) only equates it for time limits, it is no recognised holiday")
            }
            _ => None,
        });
    }

    #[test]
    fn canada() {
        agrees("ca-federal", |_| None);
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
        let text =
            own("[[holiday]]\nname = \"New Year\"\non = \"01-01\"\nobserved = { sat = -1, sun = 1 }\n");
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
}
