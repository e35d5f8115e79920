//! Feeds as clients read them: whole golden files, the form of every line, and names meant to break it.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use jiff::tz::TimeZoneDatabase;
use oncal::feed::{Feed, Head, Links, Plan, Rendered, Revision, calendar, events};
use oncal::rota::*;

fn zone(name: &str) -> Zone {
    Zone::new(name.parse().unwrap(), &TimeZoneDatabase::bundled()).unwrap()
}
fn date(text: &str) -> NaiveDate { text.parse().unwrap() }
fn local(text: &str) -> NaiveDateTime { text.parse().unwrap() }
fn at(text: &str) -> Instant { text.parse().unwrap() }

fn team() -> Team {
    let ny = zone("America/New_York");
    let us = Arc::new(Calendar::new("us-federal", "Federal holidays of the United States", None, vec![
        (date("2026-11-26"), "Thanksgiving Day".into()),
        (date("2026-12-25"), "Christmas Day".into()),
        (date("2027-01-01"), "New Year's Day".into()),
    ]));
    let gb = Arc::new(Calendar::new("gb-eng", "England and Wales bank holidays", Some(2026), vec![
        (date("2026-12-25"), "Christmas Day".into()),
        (date("2026-12-28"), "Boxing Day (substitute day)".into()),
    ]));
    let engineer = |id: &str, name: &str, z: &Zone, cal: &Arc<Calendar>| Engineer {
        id: EngineerId::new(id).unwrap(), name: name.into(), zone: z.clone(), calendars: vec![Arc::clone(cal)],
        also_off: vec![], works_on: vec![], time_off: vec![], joined: None, left: None };
    let mut engineers = vec![
        engineer("a", "Data Engineer A", &ny, &us), engineer("b", "Data Engineer B", &ny, &us),
        engineer("c", "Data Engineer C", &zone("Europe/London"), &gb), engineer("d", "Data Engineer D", &ny, &us)];
    engineers[0].time_off = vec![Period::new(at("2026-12-24T05:00:00Z"), at("2026-12-28T05:00:00Z")).unwrap()];
    engineers[3].time_off = vec![];
    let pair = |p, s| Pair { primary: Seat(p), secondary: Seat(s) };
    let pipeline = |id: &str, name: &str, area: &str, p, s, inv: bool, rb: Option<&str>| Pipeline { id: PipelineId::new(id).unwrap(), name: name.into(), area: Some(area.into()), primary: Seat(p), secondary: Some(Seat(s)), investor_reported: inv, run_book: rb.map(|r| RunBookId::new(r).unwrap()) };
    let id = RunBookId::new("aggregate-profit").unwrap();
    Team {
        id: TeamId::new("data-pipelines").unwrap(), name: "Data pipelines".into(), zone: ny.clone(), uid_domain: "oncal".into(),
        engineers, rotations: vec![Rotation { starts: local("2026-11-06T10:00:00"), weeks: vec![pair(0,1), pair(1,2), pair(2,3), pair(3,0)] }],
        swaps: [(date("2026-11-13"), Swap { pair: pair(2, 3), reason: Some("B at a conference".into()) })].into(),
        overrides: vec![Override { period: Period::new(at("2027-01-01T05:00:00Z"), at("2027-01-02T05:00:00Z")).unwrap(), primary: Seat(3), secondary: None, agreed_on: Some(date("2026-12-11")), reason: Some("New Year, agreed in the Friday meeting".into()) }],
        handover: Some(HandoverRule { day: Weekday::Fri, time: NaiveTime::from_hms_opt(10, 0, 0).unwrap(), minutes: 30, if_away: IfAway::Earlier }),
        policy: HolidayPolicy { secondary_on_holiday: SecondaryOnHoliday::Unavailable, ..HolidayPolicy::default() },
        pipelines: vec![pipeline("unit-profit", "Unit-level profit needed for experiments", "Profit", 0, 1, false, None), pipeline("aggregate-profit", "Aggregate profit reported to investors", "Profit", 1, 2, true, Some("aggregate-profit"))],
        run_books: [(id.clone(), RunBook { id, title: "Run book: Aggregate profit reported to investors".into(), markdown: "".into() })].into(),
    }
}

#[test]
fn look() {
    let team = team();
    let window = Period::new(at("2026-11-06T15:00:00Z"), at("2027-01-15T15:00:00Z")).unwrap();
    let links = Links::new(Some("https://oncal.example.com/"));
    let revision = Revision { sequence: 0, created: at("2026-11-01T00:00:00Z"), modified: at("2026-11-01T00:00:00Z") };
    let all = events(&Plan::new(&team, window), &links);
    for e in &all { println!("\n=== {:?} {:?} {:?}\n{}\n---\n{}", e.kind, e.when, e.engineers.iter().map(|e| e.as_str()).collect::<Vec<_>>(), e.summary, e.description); }
    let rendered: Vec<_> = all.into_iter().map(|e| Rendered::new(e, revision)).collect();
    let head = Head { feed: &Feed::Team, team: &team, links: &links, changed: at("2026-11-06T15:00:00Z") };
    println!("{}", String::from_utf8(calendar(&head, &rendered, Some("15m".parse().unwrap()))).unwrap());
}
