//! Feeds as bytes: golden files, and what is true of every feed, whatever the names in it.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use oncal::feed::{Alarm, Event, Feed, Head, Links, Plan, Rendered, calendar, events};
use oncal::journal::Revision;
use oncal::rota::{Calendar, EngineerIdx, Instant, Period, Pipeline, PipelineId, Role, Team};
use oncal::text::clean;
use proptest::prelude::*;

use crate::support::random::teams;

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn window(start: &str, end: &str) -> Period {
    Period::new(at(start), at(end)).unwrap()
}

fn links() -> Links {
    Links::new(Some("https://oncal.example/x"))
}

fn all(team: &Team, window: Period) -> Vec<Event> {
    events(&Plan::new(team, window), &links())
}

fn written(team: &Team, events: Vec<Event>, feed: &Feed, alarm: Option<Alarm>) -> Vec<u8> {
    let moment = at("2026-01-01T00:00:00Z");
    let revision = Revision { sequence: 0, created: moment, modified: moment };
    let rendered: Vec<Rendered> = events.into_iter().map(|event| Rendered::new(event, revision)).collect();
    calendar(&Head { feed, team, links: &links(), changed: moment }, &rendered, &[], alarm)
}

/// The lines of a feed, unfolded, after the checks that hold for every line.
fn lines(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    assert!(text.ends_with("\r\n"));
    let mut unfolded: Vec<String> = Vec::new();
    for line in text.trim_end_matches("\r\n").split("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(line.chars().all(|c| !c.is_control()), "a control character: {line:?}");
        match line.strip_prefix(' ') {
            Some(rest) => unfolded.last_mut().unwrap().push_str(rest),
            None => unfolded.push(line.to_owned()),
        }
    }
    unfolded
}

const PROPERTIES: [&str; 28] = [
    "VERSION",
    "PRODID",
    "CALSCALE",
    "NAME",
    "X-WR-CALNAME",
    "DESCRIPTION",
    "X-WR-CALDESC",
    "X-WR-TIMEZONE",
    "REFRESH-INTERVAL",
    "X-PUBLISHED-TTL",
    "COLOR",
    "LAST-MODIFIED",
    "URL",
    "UID",
    "DTSTAMP",
    "CREATED",
    "SEQUENCE",
    "DTSTART",
    "DTEND",
    "SUMMARY",
    "CATEGORIES",
    "STATUS",
    "TRANSP",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "ACTION",
    "TRIGGER",
    "BEGIN",
    "END",
];

/// Each VEVENT as its name-value pairs, alarms left out.
fn vevents(bytes: &[u8]) -> Vec<Vec<(String, String)>> {
    let (mut found, mut open) = (Vec::new(), Vec::<String>::new());
    for line in lines(bytes) {
        let colon = line.find(':').unwrap_or_else(|| panic!("no property: {line}"));
        let name = line[..colon].split(';').next().unwrap().to_owned();
        let value = line[colon + 1..].to_owned();
        assert!(PROPERTIES.contains(&name.as_str()), "a line that nobody wrote: {line}");
        match name.as_str() {
            "BEGIN" => {
                if value == "VEVENT" {
                    found.push(Vec::new());
                }
                open.push(value);
            }
            "END" => assert_eq!(open.pop(), Some(value)),
            _ if open.last().is_some_and(|component| component == "VEVENT") => {
                found.last_mut().unwrap().push((name, value));
            }
            _ => {}
        }
    }
    assert!(open.is_empty());
    found
}

fn value<'e>(event: &'e [(String, String)], name: &str) -> &'e str {
    let mut values = event.iter().filter(|(own, _)| own == name);
    let (_, value) = values.next().unwrap_or_else(|| panic!("no {name} in {event:?}"));
    assert!(values.next().is_none(), "{name} twice");
    value
}

fn unescaped(value: &str) -> String {
    let mut out = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next().expect("an escape has a character") {
                'n' => out.push('\n'),
                escaped @ ('\\' | ';' | ',') => out.push(escaped),
                other => panic!("\\{other} is no escape"),
            },
            ',' | ';' => panic!("{character} is not escaped in {value}"),
            other => out.push(other),
        }
    }
    out
}

fn check(team: &Team, events: &[Event], feed: &Feed, alarm: Option<Alarm>) {
    let found = vevents(&written(team, events.to_vec(), feed, alarm));
    let expected: Vec<&Event> = events.iter().filter(|event| event.is_in(feed)).collect();
    assert_eq!(found.len(), expected.len());
    let uids: BTreeSet<&str> = found.iter().map(|event| value(event, "UID")).collect();
    assert_eq!(uids.len(), found.len(), "a UID twice");
    for (event, wanted) in found.iter().zip(expected) {
        assert_eq!(value(event, "UID"), wanted.uid);
        assert_eq!(unescaped(value(event, "SUMMARY")), wanted.summary);
        assert_eq!(unescaped(value(event, "DESCRIPTION")), wanted.description);
        assert_eq!(clean(&wanted.summary), wanted.summary, "one clean line");
        for name in
            ["DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "STATUS", "TRANSP"]
        {
            value(event, name);
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let listed = prop::sample::select(vec![
        "Ada, Countess; of \\Love\"lace\"".to_owned(),
        "line\nbreak".to_owned(),
        "x\r\nEND:VCALENDAR\r\nBEGIN:VEVENT".to_owned(),
        "bell \u{7} null \u{0} next \u{85} \u{2028}".to_owned(),
        "\u{202E}reversed\u{2066}".to_owned(),
        "مهندس البيانات".to_owned(),
        "👩‍🚒🎄".repeat(20),
        "x".repeat(300),
        "ß".repeat(150),
        "\\n\\,".to_owned(),
    ]);
    prop_oneof![listed, any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_template_is_the_path_of_a_feed(team in teams()) {
        let all = Feed::all(&team);
        for (index, template) in Feed::TEMPLATES.iter().enumerate() {
            let feed = all.iter().find(|feed| feed.template() == index);
            prop_assert_eq!(feed.map(Feed::path), Some(template.replace("{id}", team.engineers[0].id.as_str())));
        }
    }

    #[test]
    fn no_name_breaks_a_feed(mut team in teams(), texts in prop::collection::vec(hostile(), 8)) {
        team.name.clone_from(&texts[0]);
        for (engineer, text) in team.engineers.iter_mut().zip(texts.iter().cycle().skip(1)) {
            engineer.name.clone_from(text);
            let day = "2026-03-03".parse().unwrap();
            engineer.also_off.push((day, texts[5].as_str().into()));
            let own = Calendar::new("own", texts[6].as_str(), Some(2025), vec![(day, texts[4].as_str().into())]);
            engineer.calendars.push(own.into());
        }
        for swap in team.swaps.values_mut() {
            swap.reason = Some(texts[2].as_str().into());
        }
        for by in &mut team.overrides {
            by.reason = Some(texts[3].as_str().into());
        }
        team.pipelines.push(Pipeline {
            id: PipelineId::new("p").unwrap(),
            name: texts[7].clone(),
            area: Some(texts[1].clone()),
            primary: EngineerIdx(0),
            secondary: Some(EngineerIdx(1)),
            investor_reported: true,
            run_book: None,
        });
        let events = all(&team, window("2026-01-20T00:00:00Z", "2026-05-01T00:00:00Z"));
        for feed in Feed::all(&team) {
            check(&team, &events, &feed, None);
        }
        check(&team, &events, &Feed::Role(Role::Primary), Some("15m".parse().unwrap()));
    }

    #[test]
    fn two_windows_write_an_event_identically(team in teams()) {
        let early = all(&team, window("2026-01-20T00:00:00Z", "2026-06-01T00:00:00Z"));
        let late = all(&team, window("2026-03-20T00:00:00Z", "2026-08-01T00:00:00Z"));
        for event in &late {
            if let Some(same) = early.iter().find(|other| other.uid == event.uid) {
                prop_assert_eq!(same.hashes().content, event.hashes().content, "{} / {}", same.description, event.description);
            }
        }
    }
}

fn acceptance(case: &str) -> Team {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/acceptance");
    let loaded = oncal::config::load(&root, at("2026-06-01T00:00:00Z")).unwrap();
    let config = loaded.teams.iter().find(|(id, _)| id.as_str() == case).unwrap().1;
    config.team.clone()
}

/// Compares with the file; `ONCAL_UPDATE_GOLDEN=1` writes it, to be read before it is committed.
#[track_caller]
fn golden(name: &str, bytes: &[u8]) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden").join(name);
    if std::env::var_os("ONCAL_UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
    let expected = std::fs::read(&path).unwrap();
    assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(&expected), "{name}");
}

#[test]
fn the_team_feed_of_a_split_conflict_is_as_reviewed() {
    let team = acceptance("override-splits-a-conflict");
    let events = all(&team, window("2026-12-18T10:00:00Z", "2027-01-01T10:00:00Z"));
    golden("split-team.ics", &written(&team, events.clone(), &Feed::Team, None));
    golden("split-coverage.ics", &written(&team, events.clone(), &Feed::Coverage, None));
    golden("split-primary-alarm.ics", &written(&team, events, &Feed::Role(Role::Primary), "1h".parse().ok()));
}

/// The window of 1 June 2026: eight weeks back, the current week, 52 ahead.
#[test]
fn the_plans_team_feed_takes_at_most_165_kb_and_11_kb_compressed() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let now = at("2026-06-01T12:00:00Z");
    let loaded = oncal::config::load(&shipped, now).unwrap();
    let team = &loaded.teams.values().next().unwrap().team;
    let links = Links::new(Some("https://oncal.example.org"));
    let events = events(&Plan::new(team, window("2026-04-03T14:00:00Z", "2027-06-04T14:00:00Z")), &links);
    let revision = Revision { sequence: 0, created: now, modified: now };
    let rendered: Vec<Rendered> = events.into_iter().map(|event| Rendered::new(event, revision)).collect();
    let head = Head { feed: &Feed::Team, team, links: &links, changed: now };
    let bytes = calendar(&head, &rendered, &[], None);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(&bytes).unwrap();
    let gzip = encoder.finish().unwrap().len();
    assert!(bytes.len() <= 165_000 && gzip <= 11_000, "{} bytes, {gzip} gzipped", bytes.len());
}

#[test]
fn the_agenda_of_a_meeting_has_next_weeks_occasions_with_who_is_on_call_through_them() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let loaded = oncal::config::load(&shipped, at("2026-06-01T12:00:00Z")).unwrap();
    let team = &loaded.teams.values().next().unwrap().team;
    let events = all(team, window("2026-12-18T15:00:00Z", "2027-01-08T15:00:00Z"));
    let written = lines(&written(team, events, &Feed::Team, None)).join("\n");
    let meeting = |change: &str| {
        let uid = format!("UID:{}.handover.{change}@", team.id);
        written.split("BEGIN:VEVENT").find(|event| event.contains(&uid)).unwrap()
    };
    let agenda = "4. Holidays next week:\\n   - 25 Dec Christmas Day: Data Engineer D\\, then Data Engineer A from 10:00 \
                  (holiday duty)\\n   - 1 Jan New Year's Day: Data Engineer A\\, then Data Engineer B from 10:00 (holiday duty)\n";
    let before_christmas = meeting("20261225T150000Z");
    assert!(before_christmas.contains(agenda), "{before_christmas}");
    assert!(before_christmas.contains("3. Open redistributions: none\\n"), "{before_christmas}");
}
