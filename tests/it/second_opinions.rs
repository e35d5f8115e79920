//! Other calendar readers compared with ours: Python's recurring-ical-events over ten years of random series with moved
//! and cancelled instances, and crate calcard over series without them.
//!
//! Where a reader differs, the reason is given with the words of the RFC; the random series avoid those cases.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, Timelike};
use oncal::ics::Patterns;
use oncal::rota::{Instant, Zone};
use oncal::time_off::{Absence, Count, Person, Reader, Rules};
use oncal::toml_reader::Problems;

const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney"];

/// Files on which recurring-ical-events 3.8.2 differs, with the words of the RFC for our reading.
const DIFFERENCES: [(&str, &str); 4] = [
    // RFC 5545 3.8.5.3: "The "DTSTART" property defines the first instance in the recurrence set", whatever UNTIL says.
    (
        "until-before-the-start",
        "BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART;VALUE=DATE:20270708\n\
         RRULE:FREQ=MONTHLY;BYMONTHDAY=13;UNTIL=20270306\nEND:VEVENT\n",
    ),
    // RFC 5545 3.3.10: "The value of the UNTIL rule part MUST have the same value type as the "DTSTART" property."
    // Exchange writes an instant; it is the local midnight with which the last day begins.
    (
        "until-at-a-local-midnight",
        "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0200\n\
         TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
         DTSTART:19700329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\n\
         END:DAYLIGHT\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART;VALUE=DATE:20260714\n\
         DTEND;VALUE=DATE:20260715\nRRULE:FREQ=DAILY;UNTIL=20260715T220000Z\nEND:VEVENT\n",
    ),
    // RFC 5545 3.8.5.3: "If the duration of the recurring component is specified with the "DTEND" or "DUE" property,
    // then the same exact duration will apply to all the members of the generated recurrence set."
    (
        "exact-length-across-a-clock-change",
        "BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART;TZID=Europe/Berlin:20260327T220000\n\
         DTEND;TZID=Europe/Berlin:20260328T060000\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n",
    ),
    // RFC 5545 3.3.6: "The format can represent nominal durations (weeks and days) and accurate durations (hours,
    // minutes, and seconds)."
    (
        "hours-across-a-clock-change",
        "BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART;TZID=Europe/Berlin:20270327T220000\nDURATION:PT8H\n\
         END:VEVENT\n",
    ),
];

/// Random numbers, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }
}

/// How a series writes its times.
#[derive(Clone, Copy)]
enum Form {
    Date,
    Utc,
    Zoned(&'static str),
}

impl Form {
    fn value(self, date: NaiveDate, time: NaiveTime) -> String {
        let (date, time) = (date.format("%Y%m%d"), time.format("%H%M%S"));
        match self {
            Form::Date => format!(";VALUE=DATE:{date}"),
            Form::Utc => format!(":{date}T{time}Z"),
            Form::Zoned(zone) => format!(";TZID={zone}:{date}T{time}"),
        }
    }
}

struct Series {
    form: Form,
    time: NaiveTime,
    minutes: i64,
    days: u64,
    head: String,
    rule: String,
}

impl Series {
    fn random(random: &mut Random) -> Series {
        let form = match random.below(3) {
            0 => Form::Date,
            1 => Form::Utc,
            _ => Form::Zoned(random.pick(&ZONES)),
        };
        let hour = u32::try_from(8 + random.below(8)).unwrap();
        let time = NaiveTime::from_hms_opt(hour, random.pick(&[0, 15, 30]), 0).unwrap();
        let mut rule = match random.below(5) {
            0 => "FREQ=DAILY".to_owned(),
            1 => format!("FREQ=WEEKLY;BYDAY={}", random.pick(&["MO", "TU,TH", "FR,SU", "MO,WE,FR"])),
            2 => format!("FREQ=MONTHLY;BYMONTHDAY={}", random.pick(&["1", "13", "28", "-1"])),
            3 => format!("FREQ=MONTHLY;BYDAY={}", random.pick(&["1MO", "-1FR", "2TU", "3SU"])),
            _ => format!(
                "FREQ=YEARLY;BYMONTH={};BYDAY={}",
                random.pick(&["1", "5", "11"]),
                random.pick(&["1MO", "-1TH"])
            ),
        };
        if random.chance(2) {
            write!(rule, ";INTERVAL={}", 1 + random.below(4)).unwrap();
        }
        match random.below(3) {
            0 => write!(rule, ";COUNT={}", 2 + random.below(300)).unwrap(),
            1 => {
                let until = date(2026, 1, 1) + Days::new(random.below(3600));
                match form {
                    Form::Date => write!(rule, ";UNTIL={}", until.format("%Y%m%d")).unwrap(),
                    _ => write!(rule, ";UNTIL={}T235959Z", until.format("%Y%m%d")).unwrap(),
                }
            }
            _ => {}
        }
        let minutes = i64::try_from(15 + 15 * random.below(8)).unwrap();
        Series { form, time, minutes, days: 1 + random.below(3), head: String::new(), rule }
    }

    fn event(&self, start: NaiveDate, time: NaiveTime, more: &str) -> String {
        let end = match self.form {
            Form::Date => self.form.value(start + Days::new(self.days), time),
            _ => self.form.value(start, time + TimeDelta::minutes(self.minutes)),
        };
        format!(
            "BEGIN:VEVENT\nUID:1@example.org\nDTSTAMP:20260101T000000Z\nDTSTART{}\nDTEND{end}\n{more}{}END:VEVENT\n",
            self.form.value(start, time),
            self.head,
        )
    }
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//Calendar//EN\n{events}END:VCALENDAR\n")
}

/// How oncal reads a calendar, with whole days for somebody in Berlin.
fn read(text: &str) -> Vec<Absence> {
    let rules = Rules { count: Count::Busy, ..Rules::default() };
    let (only, zone) = (Patterns::default(), Zone::bundled("Europe/Berlin").unwrap());
    let now: Instant = "2026-01-01T00:00:00Z".parse().unwrap();
    let reader = Reader {
        rules: &rules,
        person: Person { only: &only, email: None, uid_domain: "oncal" },
        zone: &zone,
        named: &Zone::bundled,
        now,
        relevant_from: now.date_naive(),
    };
    let problems = Problems::default();
    let leave =
        reader.read(text, &problems).unwrap_or_else(|| panic!("{:?}\n{text}", problems.into_sorted()));
    leave.absences
}

/// Start and end of the occurrences of ten years, as the Python script writes them.
fn shown(absences: &[Absence]) -> Vec<String> {
    let (first, last) = (date(2026, 1, 1), date(2036, 1, 1));
    let mut all: Vec<String> = absences
        .iter()
        .filter_map(|absence| match absence {
            Absence::Days(from, to) => {
                let lines = format!("{} {}", from.format("%Y%m%d"), (*to + Days::new(1)).format("%Y%m%d"));
                (*to >= first && *from < last).then_some(lines)
            }
            Absence::Exact(period) => {
                let (start, end) = (period.start(), period.end());
                let inside = end.date_naive() >= first && start.date_naive() < last;
                inside.then(|| format!("{} {}", start.format("%Y%m%dT%H%M%SZ"), end.format("%Y%m%dT%H%M%SZ")))
            }
        })
        .collect();
    all.sort();
    all
}

/// A series with some of its instances left out, moved and cancelled.
fn with_changes(random: &mut Random) -> String {
    let series = Series::random(random);
    let start = date(2026, 1, 2) + Days::new(random.below(700));
    // Starts on a day of the rule, since readers differ on others. RFC 5545 3.8.5.3: "The recurrence set generated with
    // a "DTSTART" property value not synchronized with the recurrence rule is undefined."
    let plain = calendar(&series.event(start, series.time, &format!("RRULE:{}\n", series.rule)));
    let zone = match series.form {
        Form::Zoned(zone) => Zone::bundled(zone).unwrap(),
        _ => Zone::bundled("UTC").unwrap(),
    };
    let dates: Vec<NaiveDate> = read(&plain)
        .iter()
        .map(|absence| match absence {
            Absence::Days(first, _) => *first,
            Absence::Exact(period) => zone.date(period.start()),
        })
        .collect();
    let Some(first) = dates.get(1).copied() else {
        return calendar(&series.event(start, series.time, ""));
    };
    let dates: Vec<NaiveDate> = dates.into_iter().filter(|date| *date > first).take(200).collect();
    let mut more = format!("RRULE:{}\n", series.rule);
    let mut changed = BTreeSet::new();
    let mut instances = String::new();
    for date in dates {
        let kind = random.below(12);
        if kind > 2 || !changed.insert(date) {
            continue;
        }
        if kind == 0 {
            writeln!(more, "EXDATE{}", series.form.value(date, series.time)).unwrap();
            continue;
        }
        let id = format!("RECURRENCE-ID{}\nSEQUENCE:1\n", series.form.value(date, series.time));
        if kind == 1 {
            let (to, time) = (date + Days::new(random.below(40)), series.time.with_minute(45).unwrap());
            instances += &series.event(to, time, &id);
        } else {
            instances += &series.event(date, series.time, &format!("{id}STATUS:CANCELLED\n"));
        }
    }
    calendar(&(series.event(first, series.time, &more) + &instances))
}

#[test]
#[ignore = "needs the Python packages that tests/run.sh installs"]
fn ten_years_of_random_series_are_as_recurring_ical_events_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let seed = std::env::var("ONCAL_CALENDAR_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut random = Random(seed.unwrap_or(0x9E37_79B9_7F4A_7C15));
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(path.with_extension("ics"), text.replace('\n', "\r\n")).unwrap();
        let lines: String = shown(&read(text)).iter().map(|line| format!("{line}\n")).collect();
        fs::write(path.with_extension("txt"), lines).unwrap();
    };
    for n in 0..200 {
        write(&format!("{n:03}"), &with_changes(&mut random));
    }
    for (name, events) in DIFFERENCES {
        write(&format!("difference-{name}"), &calendar(events));
    }
    let python = Path::new("tests/.tools/venv/bin/python");
    let output =
        Command::new(python).arg("tests/calendars/recurring.py").arg(folder.path()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    let compared: usize = out.split(' ').next().unwrap().parse().unwrap();
    assert!(compared > 10_000, "{out}");
}

/// calcard does not treat midnight to midnight as whole days, so only the starts of series in a zone and in UTC are
/// compared.
#[test]
fn random_series_start_when_crate_calcard_has_them_start() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut compared = 0;
    for _ in 0..200 {
        let series = Series::random(&mut random);
        if matches!(series.form, Form::Date) {
            continue;
        }
        let start = date(2026, 1, 2) + Days::new(random.below(700));
        let plain = calendar(&series.event(start, series.time, &format!("RRULE:{}\n", series.rule)));
        let zone = match series.form {
            Form::Zoned(zone) => Zone::bundled(zone).unwrap(),
            _ => Zone::bundled("UTC").unwrap(),
        };
        let starts = |text: &str| -> Vec<Instant> {
            let of = |absence: &Absence| match absence {
                Absence::Exact(period) => period.start(),
                Absence::Days(..) => panic!("a whole day in {text}"),
            };
            read(text).iter().map(of).collect()
        };
        let Some(first) = starts(&plain).get(1).map(|instant| zone.date(*instant)) else { continue };
        let text = calendar(&series.event(first, series.time, &format!("RRULE:{}\n", series.rule)));
        let last: Instant = "2036-01-01T00:00:00Z".parse().unwrap();
        let ours: Vec<i64> =
            starts(&text).iter().filter(|start| **start < last).map(chrono::DateTime::timestamp).collect();
        let parsed = calcard::icalendar::ICalendar::parse(text.as_str()).unwrap();
        let expanded = parsed.expand_dates(calcard::common::timezone::Tz::UTC, 5000);
        assert!(expanded.errors.is_empty(), "{:?}\n{text}", expanded.errors);
        let mut theirs: Vec<i64> = expanded.events.iter().map(|event| event.start.timestamp()).collect();
        theirs.retain(|start| *start < last.timestamp());
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{text}");
        compared += ours.len();
    }
    assert!(compared > 5_000, "{compared}");
}
