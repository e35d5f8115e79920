//! Calendars that were once misread, through the program itself: each folder of `tests/data/cases` is a configuration.

use std::path::Path;
use std::process::{Command, Output};

fn run(case: &str, arguments: &[&str]) -> Output {
    let state = tempfile::tempdir().unwrap();
    let now =
        if case == "hours-across-a-clock-change" { "2027-03-01T08:00:00Z" } else { "2026-06-01T08:00:00Z" };
    Command::new(env!("CARGO_BIN_EXE_oncal"))
        .arg("--config")
        .arg(Path::new("tests/data/cases").join(case).join("config"))
        .arg("--state")
        .arg(state.path())
        .args(["--now", now, "--color", "never"])
        .args(arguments)
        .output()
        .unwrap()
}

/// When Ben is primary: Ana is on duty whenever she is not away.
fn ben(case: &str, from: &str, to: &str) -> Vec<String> {
    let output = run(case, &["schedule", "--json", "--from", from, "--to", to]);
    assert_eq!(output.status.code(), Some(0), "{case}: {}", String::from_utf8_lossy(&output.stderr));
    let schedule: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let shifts = schedule["shifts"].as_array().unwrap().iter();
    let of_ben = shifts.filter(|shift| shift["engineer"] == "ben" && shift["role"] == "primary");
    of_ben
        .map(|shift| format!("{} {}", shift["start"].as_str().unwrap(), shift["end"].as_str().unwrap()))
        .collect()
}

fn check(case: &str) -> String {
    String::from_utf8(run(case, &["check"]).stderr).unwrap()
}

/// Date and name, of one year.
fn holidays(case: &str, year: &str) -> Vec<String> {
    let output = run(case, &["holidays", "ours", year, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{case}: {}", String::from_utf8_lossy(&output.stderr));
    let calendar: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = calendar["holidays"].as_array().unwrap().iter();
    all.map(|day| format!("{} {}", day["date"].as_str().unwrap(), day["name"].as_str().unwrap())).collect()
}

#[test]
fn time_off_is_on_the_days_that_the_calendar_means() {
    for (case, expected) in [
        ("whole-day-until-in-utc", &["2026-07-13T22:00:00Z 2026-07-16T22:00:00Z"][..]),
        (
            "whole-day-exdate-in-utc",
            &["2026-07-13T22:00:00Z 2026-07-15T22:00:00Z", "2026-07-16T22:00:00Z 2026-07-17T22:00:00Z"],
        ),
        ("leave-from-0001-to-2359", &["2026-07-13T22:00:00Z 2026-07-15T22:00:00Z"]),
        ("only-free-busy", &["2026-07-13T22:00:00Z 2026-07-15T22:00:00Z"]),
        ("same-uid-newer-sequence", &["2026-07-15T22:00:00Z 2026-07-16T22:00:00Z"]),
        ("tzid-only-in-vtimezone", &["2026-07-15T07:00:00Z 2026-07-15T15:00:00Z"]),
        ("tzid-with-a-leading-slash", &["2026-07-15T07:00:00Z 2026-07-15T15:00:00Z"]),
        ("whole-day-leave-marked-as-free", &[]),
    ] {
        assert_eq!(ben(case, "2026-07-13", "2026-07-20"), expected, "{case}");
    }
    let expected = ["2027-03-27T21:00:00Z 2027-03-28T05:00:00Z"];
    assert_eq!(ben("hours-across-a-clock-change", "2027-03-27", "2027-03-29"), expected);
}

#[test]
fn check_says_what_of_a_calendar_counts_and_warns_of_free_whole_days() {
    let found = check("whole-day-leave-marked-as-free");
    assert!(found.contains("warning[free-whole-days]: this whole day ahead is marked as free"), "{found}");
    let note = "`ana`: 0 entries count as time off; 2 do not: 1 marked as free, 1 shorter than a day";
    assert!(found.contains(&format!("note[time-off-counted]: {note}")), "{found}");
    assert!(!found.contains("Vacation") && !found.contains("Dentist"), "{found}");
    assert!(check("only-free-busy").contains("`ana`: 1 entry counts as time off"));
}

#[test]
fn holidays_are_read_from_what_programs_really_write() {
    for (case, expected) in [
        ("empty-recurrence", &["2026-09-07 Labor Day", "2026-12-25 Christmas"][..]),
        ("end-a-day-before-the-start", &["2026-11-26 Thanksgiving Day", "2026-12-25 Christmas Day"]),
        ("quoted-printable-titles", &["2026-06-15 Frühlingsfest der Stadt"]),
        ("this-and-later-of-an-event-not-taken", &["2026-06-15 Founders Day"]),
    ] {
        assert_eq!(holidays(case, "2026"), expected, "{case}");
    }
    assert!(check("end-a-day-before-the-start").contains("warning[inverted-event]"));
}

#[test]
fn a_calendar_that_ends_in_the_middle_of_a_year_is_known_through_the_year_before() {
    let case = "calendar-that-ends-in-the-middle-of-a-year";
    let found = check(case);
    assert!(found.contains("warning[holidays-unknown]") && found.contains("2027"), "{found}");
    let output = run(case, &["holidays", "ours", "2027"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("known up to 2026"));
}

#[test]
fn a_broken_calendar_is_shown_with_its_error_and_listed_as_broken() {
    let case = "broken-calendar-asked-for";
    for arguments in [&["holidays", "ours", "2026"][..], &["holidays", "ours", "--json"]] {
        let output = run(case, arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains("error[unknown-recurrence]") && errors.contains("ours.ics:9:"), "{errors}");
    }
    let output = run(case, &["holidays"]);
    assert_eq!(output.status.code(), Some(1));
    let list = String::from_utf8(output.stdout).unwrap();
    let row = list.lines().find(|line| line.starts_with("ours ")).unwrap();
    assert!(row.contains("broken"), "{row}");
    assert!(list.lines().any(|line| line.starts_with("us-federal ")), "the others are listed too");
    let output = run(case, &["holidays", "--json"]);
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let ours =
        list["calendars"].as_array().unwrap().iter().find(|entry| entry["calendar"] == "ours").unwrap();
    assert_eq!((&ours["broken"], &ours["name"]), (&true.into(), &serde_json::Value::Null));
}

#[test]
fn the_limits_of_built_in_calendars_are_shown_where_people_look() {
    let output = run("only-free-busy", &["holidays", "il", "2026"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("elections after 2024 are not listed"), "{shown}");
}
