//! Calendars as other programs export them: `tests/data/exports`. The `.txt` beside each has what it stands for, how it
//! is read, and the expected result, worked out by hand.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use chrono::NaiveDate;
use oncal::fetch::{Purpose, reduced};
use oncal::holidays::{Beside, Filter, Import, Library};
use oncal::ics::{self, Patterns};
use oncal::rota::{Instant, Zone};
use oncal::time_off::{Absence, Count, Person, Reader, Rules};
use oncal::toml_reader::{self, Problem, Problems, Severity};

fn now() -> Instant {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// Eight weeks before `now`.
fn relevant_from() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 4, 6).unwrap()
}

/// `key = value` lines above the `---`.
struct Settings(Vec<(String, String)>);

impl Settings {
    fn read(header: &str) -> Settings {
        let lines = header.lines().filter(|line| !line.starts_with('#'));
        Settings(
            lines
                .map(|line| line.split_once(" = ").unwrap())
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect(),
        )
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    fn patterns(&self, key: &'static str) -> Patterns {
        let text = self.get(key).map_or(String::new(), |pattern| format!("{key} = [\"{pattern}\"]"));
        let read = |mut root: toml_reader::TableReader<'_>| Patterns::read(&mut root, key);
        toml_reader::read(&text, &Problems::default(), read).unwrap()
    }
}

fn codes(problems: Problems) -> String {
    let mut text = String::new();
    for Problem { severity, code, .. } in problems.into_sorted() {
        if severity != Severity::Note {
            writeln!(text, "{} {code}", severity.as_str()).unwrap();
        }
    }
    text
}

fn leave(text: &str, settings: &Settings) -> String {
    let count = if settings.get("count") == Some("busy") { Count::Busy } else { Count::Days };
    let rules = Rules { count, include: settings.patterns("include"), exclude: settings.patterns("exclude") };
    let only = settings.patterns("only");
    let zone = Zone::bundled(settings.get("zone").unwrap_or("Europe/Berlin")).unwrap();
    let reader = Reader {
        rules: &rules,
        person: Person { only: &only, email: settings.get("email"), uid_domain: "oncal" },
        zone: &zone,
        named: &Zone::bundled,
        now: now(),
        relevant_from: relevant_from(),
    };
    let problems = Problems::default();
    let leave = reader.read(text, &problems);
    let mut got = String::new();
    let mut absences = leave.as_ref().map(|leave| leave.absences.clone()).unwrap_or_default();
    absences.sort_unstable();
    for absence in absences {
        match absence {
            Absence::Days(first, last) => writeln!(got, "days {first} to {last}").unwrap(),
            Absence::Exact(period) => {
                let at = |instant: Instant| instant.format("%Y-%m-%dT%H:%M:%SZ").to_string();
                writeln!(got, "from {} to {}", at(period.start()), at(period.end())).unwrap();
            }
        }
    }
    got += &codes(problems);
    if let Some(leave) = leave {
        writeln!(got, "{}", leave.summary).unwrap();
    }
    got
}

fn holidays(text: &str, settings: &Settings) -> String {
    let list = |key| settings.get(key).map_or(String::new(), |pattern| format!("{key} = [\"{pattern}\"]\n"));
    let filter = format!("[import]\n{}{}", list("include"), list("exclude"));
    let filter = Filter::parse(&filter, Beside::Calendar, &Problems::default()).unwrap();
    let zone = Zone::bundled("Europe/Berlin").unwrap();
    let import = Import { now: now(), relevant_from: relevant_from(), named: &Zone::bundled, zone: &zone };
    let problems = Problems::default();
    let definition = import.read("x", text, Some(&filter), &problems);
    let mut got = String::new();
    if definition.is_some() {
        let library = Library::new([("x".to_owned(), definition)]);
        let calendar = library.get("x").unwrap();
        for holiday in (2020..2046).flat_map(|year| calendar.year(year)) {
            writeln!(got, "{} {}", holiday.date, holiday.name).unwrap();
        }
        writeln!(got, "known through {}", calendar.confirmed_through().unwrap()).unwrap();
    }
    got + &codes(problems)
}

/// The programs whose exports have to be read, as the names of the files begin.
const PROGRAMS: [&str; 9] = [
    "google",
    "outlook",
    "exchange",
    "icloud",
    "nextcloud",
    "thunderbird",
    "personio",
    "bamboohr",
    "rippling",
];

#[test]
fn fifty_exports_stand_for_what_each_program_writes() {
    let names = fs::read_dir("tests/data/exports").unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    let of = |program: &&str| {
        let begin = format!("{program}-");
        names.iter().filter(|name| name.starts_with(&begin) && name.ends_with(".ics")).count()
    };
    let counts = PROGRAMS.map(|program| (program, of(&program)));
    assert!(counts.iter().all(|(_, count)| *count >= 3), "{counts:?}");
    assert!(counts.iter().map(|(_, count)| count).sum::<usize>() >= 50, "{counts:?}");
    for name in names.iter().filter(|name| name.ends_with(".txt")) {
        let text = fs::read_to_string(format!("tests/data/exports/{name}")).unwrap();
        assert!(text.starts_with("# "), "{name} says what it stands for");
    }
}

#[test]
fn exports_of_other_programs_give_what_is_worked_out_by_hand() {
    let mut paths: Vec<PathBuf> =
        fs::read_dir("tests/data/exports").unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ics"));
    paths.sort();
    assert!(paths.len() >= 50);
    let mut wrong = Vec::new();
    for path in paths {
        let beside = fs::read_to_string(path.with_extension("txt")).unwrap();
        let (header, expected) = beside.split_once("---\n").unwrap();
        let settings = Settings::read(header);
        let bytes = fs::read(&path).unwrap();
        let text = ics::decode(&bytes).unwrap();
        let is_holidays = settings.get("kind") == Some("holidays");
        let got = if is_holidays { holidays(&text, &settings) } else { leave(&text, &settings) };
        let purpose =
            if is_holidays { Purpose::holidays() } else { Purpose::time_off(settings.get("email")) };
        let text = reduced(&text, &purpose);
        let of_reduced = if is_holidays { holidays(&text, &settings) } else { leave(&text, &settings) };
        if of_reduced != got {
            wrong.push(format!("{}, reduced:\n{of_reduced}--- whole:\n{got}", path.display()));
        }
        if got != expected {
            wrong.push(format!("{}:\n{got}--- expected:\n{expected}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two people's names and four programs: what a year of a busy person's calendar looks like.
pub(crate) fn busy_year() -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\n\
        X-WR-TIMEZONE:Europe/Berlin\r\n"
        .to_owned();
    let mut event = |n: usize, title: &str, times: &str| {
        write!(
            text,
            "BEGIN:VEVENT\r\nUID:{n}@example.org\r\nDTSTAMP:20260501T080000Z\r\nCREATED:20260401T080000Z\r\n\
             LAST-MODIFIED:20260501T080000Z\r\nSUMMARY:{title}\r\nDESCRIPTION:Some words about this entry\\, \
             over more than one line\r\n  as programs fold them\r\nLOCATION:Room {n}\r\nSEQUENCE:1\r\n\
             ATTENDEE;CN=Ana;PARTSTAT=ACCEPTED:mailto:ana@example.org\r\n{times}\r\nEND:VEVENT\r\n"
        )
        .unwrap();
    };
    let start = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
    for n in 0..1488 {
        let date = (start + chrono::Days::new(n as u64 / 4)).format("%Y%m%d");
        let hour = 8 + n % 4 * 2;
        let (title, times) = match n % 31 {
            0 => (
                "Weekly",
                format!(
                    "DTSTART;TZID=Europe/Berlin:{date}T{hour:02}0000\r\n\
                     DTEND;TZID=Europe/Berlin:{date}T{hour:02}3000\r\nRRULE:FREQ=WEEKLY"
                ),
            ),
            1 => ("Reminder", format!("DTSTART;VALUE=DATE:{date}\r\nTRANSP:TRANSPARENT")),
            2 => ("Off site", format!("DTSTART;VALUE=DATE:{date}\r\nSTATUS:CANCELLED")),
            _ => ("Meeting", format!("DTSTART:{date}T{hour:02}0000Z\r\nDTEND:{date}T{hour:02}4500Z")),
        };
        event(n, title, &times);
    }
    for month in 1..=12 {
        event(
            2000 + month,
            "Leave",
            &format!("DTSTART;VALUE=DATE:2026{month:02}10\r\nDTEND;VALUE=DATE:2026{month:02}13"),
        );
    }
    text + "END:VCALENDAR\r\n"
}

#[test]
fn in_a_busy_year_only_leave_counts_and_the_rest_is_accounted_for() {
    let text = busy_year();
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 1500);
    let got = leave(&text, &Settings(Vec::new()));
    let (absences, rest): (Vec<&str>, Vec<&str>) = got.lines().partition(|line| line.starts_with("days "));
    let expected: Vec<String> =
        (1..=12).map(|month| format!("days 2026-{month:02}-10 to 2026-{month:02}-12")).collect();
    assert_eq!(absences, expected);
    let summary =
        "12 entries count as time off; 1488 do not: 48 cancelled, 48 marked as free, 1392 shorter than a day";
    assert_eq!(rest, ["warning free-whole-days", summary]);
}
