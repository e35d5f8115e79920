//! Reading any file ends soon and with a message: random bytes, damaged calendars, and calendars made to be slow.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use jiff::tz::TimeZoneDatabase;
use oncal::holidays::{Beside, Definition, Filter, Import, On, Years};
use oncal::ics::{self, Patterns};
use oncal::rota::{Instant, Zone};
use oncal::time_off::{Count, Person, Reader, Rules};
use oncal::toml_reader::Problems;
use proptest::prelude::*;

/// The processor time that one file of 5 MB may take in a build without optimisation; in a release it is a tenth.
const MAX_TIME: Duration = Duration::from_secs(40);

/// The processor time of this thread so far, which other work on the machine does not lengthen.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

fn now() -> Instant {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn named(name: &str) -> Option<Zone> {
    Zone::new(name, &TimeZoneDatabase::bundled())
}

/// The codes of what is wrong with a file, read both as holidays and as absences.
fn read(bytes: &[u8]) -> Vec<&'static str> {
    let began = processor_time();
    let text = match ics::decode(bytes) {
        Ok(text) => text.into_owned(),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    let problems = Problems::default();
    let relevant_from = now().date_naive();
    let utc = named("UTC").unwrap();
    let import = Import { now: now(), relevant_from, named: &named, zone: &utc };
    let definition = import.read("x", &text, None, &problems);
    assert_eq!(definition.is_none(), problems.has_errors(), "an error or a calendar");

    let of_absences = Problems::default();
    let zone = named("Europe/London").unwrap();
    let counts = if text.len() < 100_000 { &[Count::Busy, Count::Days][..] } else { &[Count::Busy] };
    for count in counts.iter().copied() {
        let rules = Rules { count, ..Rules::default() };
        let only = Patterns::default();
        let person = Person { only: &only, email: Some("ana@example.org"), uid_domain: "oncal" };
        let reader = Reader { rules: &rules, person, zone: &zone, named: &named, now: now(), relevant_from };
        let leave = reader.read(&text, &of_absences);
        assert!(leave.is_none_or(|leave| leave.absences.len() <= 200_000));
    }
    let taken = processor_time() - began;
    assert!(taken < MAX_TIME, "{taken:?}");
    let found = problems.into_sorted().into_iter().chain(of_absences.into_sorted());
    found
        .map(|problem| {
            assert!(text.get(problem.span.clone()).is_some(), "{problem:?} is a place of the file");
            problem.code
        })
        .collect()
}

/// Small files of the corpus: on large ones mutations would mostly miss.
fn corpus() -> Vec<Vec<u8>> {
    let folders = ["holidays", "time-off/good", "time-off/bad"];
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(format!("tests/data/ics/{folder}")).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ics"))
        .collect();
    paths.sort();
    let files: Vec<_> =
        paths.iter().map(|path| fs::read(path).unwrap()).filter(|f| f.len() < 5_000).collect();
    assert!(files.len() > 50);
    files
}

#[derive(Debug, Clone)]
enum Damage {
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Put(prop::sample::Index, &'static str),
    Byte(prop::sample::Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    let words = prop::sample::select(vec![
        "\r\n",
        "\n ",
        ";",
        ":",
        "\"",
        ",",
        "\\",
        "9",
        "0",
        "-",
        "Z",
        "T",
        "=",
        "\u{e9}",
        "\u{feff}",
        "\0",
        "BEGIN:VEVENT\n",
        "END:VEVENT\n",
        "RRULE:FREQ=DAILY\n",
        "RDATE:20260101,20270101\n",
        "99999999",
    ]);
    prop_oneof![
        (at(), 1..60usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        (at(), 1..200usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (at(), words).prop_map(|(at, word)| Damage::Put(at, word)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
    ]
}

fn damaged(mut file: Vec<u8>, all: &[Damage]) -> Vec<u8> {
    for damage in all {
        let place = |at: &prop::sample::Index, file: &[u8]| at.index(file.len() + 1);
        match damage {
            Damage::Remove(at, length) => {
                let from = place(at, &file);
                let to = (from + length).min(file.len());
                file.drain(from..to);
            }
            Damage::Repeat(at, length) => {
                let from = place(at, &file);
                let part = file[from..(from + length).min(file.len())].to_vec();
                file.splice(from..from, part);
            }
            Damage::Put(at, word) => {
                let from = place(at, &file);
                file.splice(from..from, word.bytes());
            }
            Damage::Byte(at, byte) => {
                let from = place(at, &file);
                file.insert(from, *byte);
            }
        }
    }
    file
}

/// Lines as calendars have them, in any order.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        prop::sample::select(vec![
            "BEGIN:VEVENT",
            "END:VEVENT",
            "BEGIN:VALARM",
            "END:VALARM",
            "UID:1",
            "STATUS:CANCELLED",
            "SUMMARY:x",
            "DTSTART;VALUE=DATE:20260501",
            "DTSTART:20260501T000000Z",
            "DTEND;VALUE=DATE:20260503",
            "DURATION:P1D",
            "RECURRENCE-ID;VALUE=DATE:20260502",
            "EXDATE;VALUE=DATE:20260502",
            "X-WR-TIMEZONE:Asia/Tokyo",
        ])
        .prop_map(str::to_owned),
        "(RRULE|EXDATE|RDATE|DTSTART|DURATION|DTEND)(;[A-Z]{1,6}=[a-zA-Z\"/]{0,9})?:[0-9TZP,;/-]{0,20}",
        "RRULE:FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(BYDAY|BYMONTH|BYSETPOS|COUNT|INTERVAL|BYWEEKNO|BYYEARDAY)=-?[0-9]{1,4}(MO|FR)?){0,3}",
    ];
    prop::collection::vec(line, 0..30).prop_map(|lines| {
        format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{}\nEND:VEVENT\nEND:VCALENDAR\n", lines.join("\n"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_not_a_calendar(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(!read(&bytes).is_empty());
    }

    #[test]
    fn random_lines_terminate(text in lines()) {
        read(text.as_bytes());
    }

    #[test]
    fn random_texts_are_rules_or_say_what_is_wrong(text in "[a-z0-9 +./-]{0,24}|\\PC{0,12}") {
        match On::parse(&text) {
            Ok(on) => {
                prop_assert_eq!(On::parse(&on.to_string()), Ok(on));
                prop_assert!((1970..=2200).filter_map(|year| on.in_year(year)).count() <= 231);
            }
            Err(error) => {
                prop_assert!(text.get(error.place.clone()).is_some() && !error.help().is_empty());
            }
        }
        if let Ok(years) = Years::parse(&text) {
            prop_assert!((1970..=2200).filter(|year| years.contains(*year)).count() <= 231);
        }
    }

    #[test]
    fn words_of_the_rule_language_in_any_order_terminate(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "1st", "5th", "last", "mon", "sun", "of", "feb", "on-or-after", "on-or-before", "02-29", "12-31",
                "02-30", "easter", "easter-80", "easter+230", "orthodox-easter+231", "orthodox-easter", "easter+-1",
            ]),
            0..5,
        )
    ) {
        let text = words.join(" ");
        if let Ok(on) = On::parse(&text) {
            prop_assert!((-1..=9999).step_by(97).filter_map(|year| on.in_year(year)).count() <= 104);
        }
    }

    #[test]
    fn random_texts_are_not_calendars_of_rules(text in "\\PC{0,60}") {
        let problems = Problems::default();
        prop_assert!(Definition::parse("x", &text, &problems).is_none() && problems.has_errors());
        let problems = Problems::default();
        prop_assert!(Filter::parse(&text, Beside::Calendar, &problems).is_none() && problems.has_errors());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_calendars_terminate(
        file in prop::sample::select(corpus()),
        all in prop::collection::vec(damage(), 1..12),
    ) {
        read(&damaged(file, &all));
    }
}

/// A calendar of as many of these events as 5 MB hold, `{n}` being their number.
fn full_of(event: &str) -> String {
    let mut text = "BEGIN:VCALENDAR\n".to_owned();
    for n in 0.. {
        if text.len() > 4_900_000 {
            break;
        }
        writeln!(text, "BEGIN:VEVENT\n{}\nEND:VEVENT", event.replace("{n}", &n.to_string())).unwrap();
    }
    text + "END:VCALENDAR\n"
}

fn codes(text: &str) -> Vec<&'static str> {
    let mut codes = read(text.as_bytes());
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn rules_that_never_come_true_share_one_allowance() {
    let never = full_of("DTSTART:20260101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30");
    assert_eq!(codes(&never), ["too-many-days"]);
    let long = (1..=366).map(|day| (-day).to_string()).collect::<Vec<_>>().join(",");
    let long =
        full_of(&format!("DTSTART:19700101\nRRULE:FREQ=YEARLY;BYMONTH=2;BYSETPOS=300;BYYEARDAY={long}"));
    assert_eq!(codes(&long), ["too-many-days"]);
}

#[test]
fn a_century_of_seconds_and_an_endless_day_are_errors() {
    let seconds = full_of("DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY;UNTIL=21260101T000000Z");
    assert_eq!(codes(&seconds), ["empty-calendar", "more-problems", "timed-event", "unknown-recurrence"]);
    let days = full_of("DTSTART:19700101\nDTEND:21991231\nRRULE:FREQ=DAILY");
    assert_eq!(codes(&days), ["too-many-days"]);
}

#[test]
fn a_million_of_anything_terminates() {
    assert_eq!(codes(&full_of("X:{n}")), ["event-without-start", "more-problems"]);
    assert_eq!(codes(&full_of("DTSTART:20260101")), ["too-many-days"]);
    assert_eq!(codes(&full_of("DTSTART:20260101\nSUMMARY:Holiday")), [""; 0]);
    let versions = full_of("UID:1\nDTSTART:20260101\nRECURRENCE-ID:20260101\nSEQUENCE:{n}");
    assert_eq!(codes(&versions), [""; 0]);
    let events = full_of("UID:1\nDTSTART:20260101\nDURATION:PT{n}S");
    assert_eq!(codes(&events), [""; 0], "each is the same whole day");
    // Each of the events has to look at what all the others change.
    let changes = "UID:1\nDTSTART:20260101\nDURATION:PT{n}S\nEND:VEVENT\nBEGIN:VEVENT\n\
        UID:1\nDTSTART:20260101\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260101\nDURATION:PT{n}S";
    assert_eq!(codes(&full_of(changes)), ["same-uid", "too-many-days"]);
    let exceptions = format!("DTSTART:20260101\nEXDATE:{}", vec!["20260102"; 500_000].join(","));
    assert_eq!(
        codes(&format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{exceptions}\nEND:VEVENT\nEND:VCALENDAR")),
        [""; 0]
    );
    let dates: Vec<String> = (0..500_000)
        .map(|n| format!("2{:03}{:02}{:02}", n / 336 % 46, n / 28 % 12 + 1, n % 28 + 1))
        .collect();
    let dates = format!("DTSTART:20260101\nRDATE:{}", dates.join(","));
    assert_eq!(codes(&format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{dates}\nEND:VEVENT\nEND:VCALENDAR")), [""; 0]);
    let parameters = format!("BEGIN:VCALENDAR\nX{}:1\nEND:VCALENDAR", ";A=\"b\"".repeat(700_000));
    assert_eq!(codes(&parameters), ["empty-calendar"]);
}

#[test]
fn endless_lines_and_endless_folds_terminate() {
    let line = format!("BEGIN:VCALENDAR\nX:{}\nEND:VCALENDAR", "x".repeat(4_900_000));
    assert_eq!(codes(&line), ["empty-calendar"]);
    let folds = format!("BEGIN:VCALENDAR\nX:{}\nEND:VCALENDAR", "\n x".repeat(1_600_000));
    assert_eq!(codes(&folds), ["empty-calendar"]);
    assert_eq!(codes(&"BEGIN:VCALENDAR\n".repeat(300_000)), ["components-too-deep"]);
    assert_eq!(codes(&"BEGIN:VCALENDAR\nEND:VCALENDAR\n".repeat(160_000)), ["empty-calendar"]);
    assert_eq!(codes(&"x\n".repeat(2_400_000)), ["no-calendar"]);
    let bad = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", "x\n".repeat(2_400_000));
    assert_eq!(codes(&bad), ["bad-line", "empty-calendar"]);
    let torn =
        [b"BEGIN:VCALENDAR\n".as_slice(), &b"X:\xc3\n \xa9\n".repeat(600_000), b"END:VCALENDAR"].concat();
    assert_eq!(read(&torn), ["empty-calendar"]);
}

#[test]
fn a_full_filter_over_a_full_calendar_terminates() {
    let patterns: Vec<String> = (0..200).map(|n| format!("\"a*b{n}*c\"")).collect();
    let filter = format!("[import]\nexclude = [{}]", patterns.join(", "));
    let problems = Problems::default();
    let filter = Filter::parse(&filter, Beside::Calendar, &problems).unwrap();
    let text = full_of(&format!("DTSTART:20260101\nSUMMARY:{}", "ab".repeat(40)));
    let began = processor_time();
    let utc = named("UTC").unwrap();
    let import = Import { now: now(), relevant_from: now().date_naive(), named: &named, zone: &utc };
    assert!(import.read("x", &text, Some(&filter), &problems).is_some());
    let taken = processor_time() - began;
    assert!(taken < MAX_TIME, "{taken:?}");
}
