//! What it costs to read a year of a busy person's calendar, which must be under 20 ms: `cargo bench --bench calendar`.

use std::fmt::Write as _;
use std::hint::black_box;

use chrono::{DateTime, Days, NaiveDate, TimeDelta};
use criterion::{Criterion, criterion_group, criterion_main};
use oncal::ics::Patterns;
use oncal::rota::Zone;
use oncal::time_off::{Person, Reader, Rules};
use oncal::toml_reader::Problems;

/// 1,500 entries of a year, of which 12 are leave; each with a description and guests, as programs export them.
fn calendar() -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-TIMEZONE:Europe/Berlin\r\n".to_owned();
    let mut entry = |n: usize, times: &str| {
        let _ = write!(
            text,
            "BEGIN:VEVENT\r\nUID:{n}@example.org\r\nDTSTAMP:20260501T080000Z\r\nSUMMARY:Entry {n}\r\n\
             DESCRIPTION:{}\r\nLOCATION:Room {n}\r\nSEQUENCE:1\r\n\
             ATTENDEE;CN=Ana;PARTSTAT=ACCEPTED:mailto:ana@example.org\r\n{times}\r\nEND:VEVENT\r\n",
            "words of a description ".repeat(20)
        );
    };
    let start = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default();
    for n in 0..1488usize {
        let date = (start + Days::new(n as u64 / 4)).format("%Y%m%d").to_string();
        let rule = if n.is_multiple_of(31) { "\r\nRRULE:FREQ=WEEKLY" } else { "" };
        entry(
            n,
            &format!(
                "DTSTART;TZID=Europe/Berlin:{date}T090000\r\nDTEND;TZID=Europe/Berlin:{date}T100000{rule}"
            ),
        );
    }
    for month in 1..=12usize {
        entry(
            2000 + month,
            &format!("DTSTART;VALUE=DATE:2026{month:02}10\r\nDTEND;VALUE=DATE:2026{month:02}13"),
        );
    }
    text + "END:VCALENDAR\r\n"
}

fn busy_year(criterion: &mut Criterion) {
    let text = calendar();
    let (Some(zone), rules, only) = (Zone::bundled("Europe/Berlin"), Rules::default(), Patterns::default())
    else {
        return;
    };
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_605);
    let reader = Reader {
        rules: &rules,
        person: Person { only: &only, email: Some("ana@example.org"), uid_domain: "oncal" },
        zone: &zone,
        named: &Zone::bundled,
        now,
        relevant_from: now.date_naive(),
    };
    let leave = reader.read(&text, &Problems::default());
    assert_eq!(leave.map(|leave| leave.absences.len()), Some(12), "what is measured is right");
    criterion.bench_function("read a year of 1,500 entries, 12 of them leave", |bencher| {
        bencher
            .iter(|| black_box(reader.read(&text, &Problems::default()).map(|leave| leave.absences.len())));
    });
}

criterion_group!(calendars, busy_year);
criterion_main!(calendars);
