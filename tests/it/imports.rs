//! Other people's calendars: `tests/data/ics` is a configuration, and the `.txt` beside each of its `.ics` files has
//! the expected result. With `ONCAL_BLESS=1` the texts are written again; read them before you commit them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono::Datelike;
use oncal::config::{Configuration, TeamConfig, load, render};
use oncal::rota::{Absences, Instant, Period, TeamId};

fn now() -> Instant {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

static CORPUS: LazyLock<Configuration> = LazyLock::new(|| load(Path::new("tests/data/ics"), now()).unwrap());

/// The `.ics` files of a folder of the corpus, in order.
fn cases(folder: &str) -> Vec<PathBuf> {
    let listed = fs::read_dir(Path::new("tests/data/ics").join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ics"));
    paths.sort();
    paths
}

fn id(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

fn diagnostics(file: &str) -> String {
    let of_file = CORPUS.diagnostics.iter().filter(|diagnostic| diagnostic.file == file);
    of_file.map(|diagnostic| format!("{diagnostic}\n")).collect()
}

/// Compares the result of `path` with the text beside it.
fn compare(path: &Path, got: &str, wrong: &mut Vec<String>) {
    let beside = path.with_extension("txt");
    if std::env::var_os("ONCAL_BLESS").is_some() {
        fs::write(&beside, got).unwrap();
    }
    let expected = fs::read_to_string(&beside).unwrap_or_default();
    if got != expected {
        wrong.push(format!("{}:\n{got}--- expected:\n{expected}", path.display()));
    }
}

/// What a holiday calendar reads as: its diagnostics, then its facts and dates.
fn holidays(id: &str) -> String {
    let mut text = diagnostics(&format!("holidays/{id}.toml")) + &diagnostics(&format!("holidays/{id}.ics"));
    let Ok(calendar) = CORPUS.library.get(id) else { return text };
    let known = calendar.confirmed_through().map_or("always".to_owned(), |year| year.to_string());
    writeln!(
        text,
        "name: {}\nsource: {}\nconfirmed through: {known}",
        calendar.name(),
        calendar.source().unwrap_or("-")
    )
    .unwrap();
    for year in 1970..=2200 {
        for holiday in calendar.year(year) {
            assert_eq!(holiday.date.year(), year);
            writeln!(text, "{} {}", holiday.date, holiday.name).unwrap();
        }
    }
    text
}

#[test]
fn every_holiday_calendar_of_the_corpus_gives_its_expected_result() {
    let cases = cases("holidays");
    assert!(cases.len() > 35);
    let mut wrong = Vec::new();
    for path in &cases {
        compare(path, &holidays(&id(path)), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_calendar_of_rules_may_extend_an_imported_one() {
    let calendar = CORPUS.library.get("extended").unwrap();
    assert_eq!(calendar.confirmed_through(), Some(2026), "what is not known there is not known here");
    let names: Vec<String> = calendar.year(2026).iter().map(|holiday| holiday.name.to_string()).collect();
    assert_eq!(names, ["Founders Day", "Thanksgiving Day"]);
}

/// Absences on the clock of the engineer, and in UTC where that has another date.
fn time_off(team: &str, id: &str) -> String {
    let mut text = diagnostics(&format!("time-off/{team}/{id}.ics"));
    let Some(config) = CORPUS.teams.get(&TeamId::new(team).unwrap()) else { return text };
    let engineer = config.team.engineer(config.team.index_of(id).unwrap());
    for period in &engineer.time_off {
        let (start, end) = (period.start(), period.end());
        writeln!(
            text,
            "{} to {} ({} to {})",
            engineer.zone.local(start),
            engineer.zone.local(end),
            start,
            end
        )
        .unwrap();
    }
    text
}

#[test]
fn every_absence_calendar_of_the_corpus_gives_its_expected_result() {
    let mut wrong = Vec::new();
    for team in ["good", "bad"] {
        let cases = cases(&format!("time-off/{team}"));
        assert!(cases.len() > 5);
        for path in &cases {
            compare(path, &time_off(team, &id(path)), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // No calendar of one person stops a team: those that cannot be read are left out.
    assert_eq!(CORPUS.teams.keys().map(TeamId::as_str).collect::<Vec<_>>(), ["bad", "good"]);
    let is_left_out = CORPUS.teams.values().map(|team| !team.left_out.is_empty());
    assert_eq!(is_left_out.collect::<Vec<_>>(), [true, false]);
}

#[test]
fn titles_of_absences_are_nowhere() {
    assert!(!format!("{:?}", *CORPUS).contains("PRIVATE"));
    for diagnostic in &CORPUS.diagnostics {
        assert!(!diagnostic.to_string().contains("PRIVATE"), "{diagnostic}");
        assert!(!render(diagnostic, &CORPUS.sources, false).contains("PRIVATE"), "{diagnostic}");
    }
    let names = |team: &TeamConfig| {
        let whole =
            Period::new("1970-01-01T00:00:00Z".parse().unwrap(), "2100-01-01T00:00:00Z".parse().unwrap());
        let absences = team.team.engineers.iter().map(|engineer| Absences::of(engineer, whole.unwrap()));
        absences.flat_map(|absences| absences.names(whole.unwrap())).any(|name| name.contains("PRIVATE"))
    };
    assert!(!CORPUS.teams.values().any(|team| names(team)));
}
