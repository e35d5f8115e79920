//! One configuration after another: the revisions of events, the tags of feeds and the log of changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use crate::support::application::{Response, responses};
use crate::support::files::around_rotation;
use oncal::config::{self, Configuration};
use oncal::json::{self, Dates};
use oncal::live::{Builder, Snapshot, TeamSnapshot};
use oncal::publish::{Change, Publisher};
use oncal::rota::{Instant, expand};
use oncal::web::{Coding, Representation, Variant, represent};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: &str = "2026-11-25T12:00:00Z";
const LATER: &str = "2026-11-25T13:30:00Z";

const PLAIN: &str = around_rotation!(
    r#"
name = "Data"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [
  { id = "a", name = "Ann" }, { id = "b", name = "Bob <b>&" }, { id = "c", name = "Cy" }, { id = "d", name = "Dee" },
  { id = "idle", name = "Never on call" },
]
"#,
    "[handover]\n"
);

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn configuration(team: &str) -> Configuration {
    with_holidays(team, &[])
}

/// With a calendar `ours` that has a holiday on these days of each year.
fn with_holidays(team: &str, days: &[&str]) -> Configuration {
    let folder = tempfile::tempdir().unwrap();
    for name in ["teams", "holidays"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let rules = days.iter().map(|day| format!("[[holiday]]\nname = \"Day {day}\"\non = \"{day}\"\n"));
    let ours =
        format!("[calendar]\nname = \"Ours\"\nextends = \"us-federal\"\n{}", rules.collect::<String>());
    fs::write(folder.path().join("holidays/ours.toml"), ours).unwrap();
    fs::write(folder.path().join("teams/data.toml"), team).unwrap();
    fs::write(folder.path().join("oncal.toml"), "past_weeks = 1\nfuture_weeks = 10\n").unwrap();
    let configuration = config::load(folder.path(), at(NOW)).unwrap();
    assert!(!configuration.has_errors(), "{:?}\n{team}", configuration.diagnostics);
    configuration
}

/// `before` is published at [`NOW`], and `after` at [`LATER`].
fn published(before: &str, after: &str) -> [Snapshot; 2] {
    let first = Snapshot::new(configuration(before), at(NOW));
    let second = reloaded(&first, configuration(after), LATER);
    [first, second]
}

/// What follows `before` with another configuration.
fn reloaded(before: &Snapshot, configuration: Configuration, now: &str) -> Snapshot {
    let builder = Builder::new(Publisher::without_journal());
    builder.reload(before, Arc::new(configuration), BTreeSet::new(), at(now)).written().unwrap()
}

fn team(snapshot: &Snapshot) -> &TeamSnapshot {
    snapshot.team("data").unwrap()
}

/// SEQUENCE and LAST-MODIFIED of each event, by UID.
fn revisions(snapshot: &Snapshot) -> BTreeMap<String, (u32, String)> {
    let mut all = BTreeMap::new();
    for path in ["team.ics", "coverage.ics"] {
        let slot = team(snapshot).feed_at(path).unwrap();
        let body = team(snapshot).source(slot).calendar(None, false);
        let text = String::from_utf8(body).unwrap().replace("\r\n ", "");
        for event in text.split("BEGIN:VEVENT").skip(1) {
            let value = |name: &str| {
                event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap().to_owned()
            };
            all.insert(value("UID"), (value("SEQUENCE").parse().unwrap(), value("LAST-MODIFIED")));
        }
    }
    all
}

/// What raises the SEQUENCE of a shift or a meeting, as the JSON of the schedule has it, by UID.
fn substances(snapshot: &Snapshot) -> BTreeMap<String, Value> {
    let (rota, window) = (team(snapshot).team(), team(snapshot).frame().window);
    let dates = Dates { from: rota.zone.date(window.start()), to: rota.zone.date(window.end()) };
    let schedule = json::Schedule::new(rota, dates, &expand(rota, window));
    let shifts = schedule.shifts.iter().map(|shift| {
        let reason = shift.reason.as_deref().unwrap_or_default();
        (shift.uid.clone(), json!([shift.start, shift.end, shift.status, shift.engineer, reason]))
    });
    shifts.collect()
}

/// A change that a team may make to its plan.
fn edits() -> impl Strategy<Value = String> {
    let engineer = || prop::sample::select(vec!["a", "b", "c", "d"]);
    let swap =
        (0..8u64, engineer(), engineer()).prop_filter_map("a pair is two people", |(week, one, other)| {
            let week = at("2026-11-27T00:00:00Z").date_naive() + chrono::Days::new(7 * week);
            (one != other)
                .then(|| format!("[[swap]]\nweek = {week}\nprimary = \"{one}\"\nsecondary = \"{other}\"\n"))
        });
    let agreed = (0..56u64, 1..40u64, engineer()).prop_map(|(day, hours, who)| {
        let from = at("2026-11-26T00:00:00Z").naive_utc() + chrono::TimeDelta::days(day.cast_signed());
        let to = from + chrono::TimeDelta::hours(hours.cast_signed());
        let [from, to] = [from, to].map(|end| end.format("%Y-%m-%dT%H:%M:%S"));
        format!("[[override]]\nfrom = {from}\nto = {to}\nprimary = \"{who}\"\nreason = \"r{}\"\n", day % 3)
    });
    let policy =
        prop::sample::select(vec!["", "secondary_on_holiday = \"unavailable\"\n", "backfill = true\n"])
            .prop_map(|lines| format!("[holiday_policy]\n{lines}"));
    let wording = prop::sample::select(vec!["", "[[pipeline]]\nid = \"p\"\nname = \"P\"\nprimary = \"a\"\n"]);
    // In the feed of somebody without events only the head shows another name.
    let name = prop::sample::select(vec!["name = \"Data\"", "name = \"Other\""]);
    (prop::option::of(swap), prop::option::of(agreed), policy, wording, name).prop_map(
        |(swap, agreed, policy, wording, name)| {
            let plain = PLAIN.replace("name = \"Data\"", name);
            [&*plain, &policy, &swap.unwrap_or_default(), &agreed.unwrap_or_default(), wording].concat()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sequence_rises_exactly_with_what_it_counts_and_a_tag_exactly_with_the_bytes(
        before in edits(), after in edits()
    ) {
        let [first, second] = published(&before, &after);
        let (old, new) = (revisions(&first), revisions(&second));
        let (was, is) = (substances(&first), substances(&second));
        for (uid, now) in &is {
            let Some(then) = was.get(uid) else { continue };
            let raised = new[uid].0 - old[uid].0;
            prop_assert_eq!(raised, u32::from(now != then), "{}: {} after {}", uid, now, then);
        }
        for (uid, (sequence, modified)) in &new {
            let Some(then) = old.get(uid) else { continue };
            prop_assert!(*sequence == then.0 || *modified > then.1, "{}: raised at no time", uid);
            prop_assert!(*modified >= then.1, "{}", uid);
        }
        for slot in team(&first).feeds() {
            let Some(other) = team(&second).feed_at(&slot.path) else { continue };
            for download in [false, true] {
                let variant = Variant { download, ..Variant::default() };
                let [one, two] = [(&first, slot), (&second, other)]
                    .map(|(snapshot, slot)| represent(&team(snapshot).source(slot), variant, Coding::Gzip));
                let [Representation { body: first, validators: one }, Representation { body: second, validators: two }] =
                    [one, two];
                let is_same = first == second;
                prop_assert_eq!(is_same, one.etag == two.etag, "{}", slot.path);
                prop_assert_eq!(is_same, one.version == two.version, "{}", slot.path);
                prop_assert!(two.modified >= one.modified);
                prop_assert_eq!(is_same, two.modified == one.modified, "{}", slot.path);
            }
        }
    }
}

const SWAPPED: &str =
    "[[swap]]\nweek = 2026-12-11\nprimary = \"c\"\nsecondary = \"d\"\nreason = \"Bob <moves> & more\"\n";

fn get(snapshot: Snapshot, path: &str) -> Response {
    responses(snapshot, at(LATER), &[(path, "")], &[("host", "127.0.0.1")]).remove(0)
}

#[test]
fn the_log_says_who_gave_what_to_whom_why_and_how_far_ahead() {
    let [first, second] = published(PLAIN, &format!("{PLAIN}{SWAPPED}"));
    assert!(team(&first).changes().is_empty(), "what is first published moved nobody");
    let response = get(second, "/api/v1/teams/data/changes");
    assert_eq!((response.code, response.header("content-type")), (200, "application/json"));
    let body: Value = serde_json::from_str(&response.body).unwrap();
    let moved = |role: &str, before: &str, after: &str| {
        json!({
            "published": "2026-11-25T13:30:00Z", "days_ahead": 16, "role": role,
            "start": "2026-12-11T15:00:00Z", "end": "2026-12-18T15:00:00Z",
            "before": { "engineer": before, "status": "confirmed", "reason": null },
            "after": { "engineer": after, "status": "confirmed", "reason": "Bob <moves> & more" },
        })
    };
    let changes = json!([moved("secondary", "c", "d"), moved("primary", "b", "c")]);
    assert_eq!(body, json!({ "team": "data", "changes": changes }));
}

#[test]
fn a_feed_reader_gets_the_same_in_words() {
    let [_, second] = published(PLAIN, &format!("{PLAIN}{SWAPPED}"));
    let response = get(second, "/data/changes.atom");
    let kind = response.header("content-type");
    assert_eq!((response.code, kind), (200, "application/atom+xml; charset=utf-8"));
    let body = response.body;
    let feed: atom_syndication::Feed = body.parse().unwrap();
    let titles: Vec<&str> = feed.entries.iter().map(|entry| &*entry.title.value).collect();
    let span = "Fri 11 Dec 2026 10:00 EST to Fri 18 Dec 2026 10:00 EST";
    let expected = [
        format!("Dee is secondary instead of Cy: {span}"),
        format!("Cy is primary instead of Bob <b>&: {span}"),
    ];
    assert_eq!(titles, expected);
    let content = feed.entries[1].content.as_ref().unwrap().value.as_deref().unwrap();
    let expected = format!("From Bob <b>& to Cy, {span}; published 16 days ahead.\nWhy: Bob <moves> & more");
    assert_eq!(content, expected);
    assert_eq!(feed.entries[0].updated.to_rfc3339(), "2026-11-25T13:30:00+00:00");
    assert_eq!(feed.updated, feed.entries[0].updated);
    let ids: BTreeSet<&str> = feed.entries.iter().map(|entry| &*entry.id).collect();
    assert_eq!(ids.len(), feed.entries.len(), "an id each");
}

#[test]
fn the_page_shows_the_same_and_the_feed_of_changes_links_to_it() {
    let agreed = "[[override]]\nfrom = 2026-11-25T06:00:00\nto = 2026-11-26T12:00:00\nprimary = \"d\"\n";
    let [first, second] = published(PLAIN, &format!("{PLAIN}{SWAPPED}{agreed}"));
    let before = get(first, "/data/changes").body;
    assert!(before.contains("No duty has moved"), "{before}");
    let Response { code, body: page, .. } = get(second, "/data/changes");
    assert_eq!(code, 200);
    for expected in [
        "<bdi>Bob &lt;b&gt;&amp;</bdi>",
        "16 days ahead",
        "less than a day after its start",
        "Bob &lt;moves&gt; &amp; more",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let [_, second] = published(PLAIN, &format!("{PLAIN}{SWAPPED}{agreed}"));
    let feed = get(second, "/data/changes.atom").body;
    let feed: atom_syndication::Feed = feed.parse().unwrap();
    assert!(feed.entries.len() > 2);
    for entry in &feed.entries {
        let anchor = entry.id.split_once('#').unwrap().1;
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}: {page}");
    }
}

#[test]
fn not_found_is_answered_in_the_format_of_each_kind_of_client() {
    for path in ["/api/v1/teams/none/changes", "/api/v1/teams/data/nothing", "/api/", "/api/v1/%00"] {
        let [_, second] = published(PLAIN, PLAIN);
        let response = get(second, path);
        let kind = response.header("content-type");
        assert_eq!((response.code, kind), (404, "application/problem+json"), "{path}");
        let problem: Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!((&problem["status"], &problem["title"]), (&json!(404), &json!("Not Found")), "{path}");
    }
    let [_, second] = published(PLAIN, PLAIN);
    let response = get(second, "/none/changes.atom");
    assert_eq!((response.code, response.header("content-type")), (404, "text/plain; charset=utf-8"));
}

/// The events of a download that are cancelled, with their SEQUENCE.
fn cancelled(snapshot: &Snapshot, path: &str) -> BTreeMap<String, u32> {
    let slot = team(snapshot).feed_at(path).unwrap();
    let body = |download| {
        let bytes = team(snapshot).source(slot).calendar(None, download);
        String::from_utf8(bytes).unwrap().replace("\r\n ", "")
    };
    assert!(!body(false).contains("STATUS:CANCELLED"), "never in what is subscribed to");
    let value = |event: &str, name: &str| {
        event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap().to_owned()
    };
    let events = body(true);
    let events = events.split("BEGIN:VEVENT").skip(1).filter(|event| event.contains("STATUS:CANCELLED"));
    events.map(|event| (value(event, "UID"), value(event, "SEQUENCE").parse().unwrap())).collect()
}

#[test]
fn a_download_cancels_shifts_that_went_to_somebody_else_or_were_dropped() {
    let agreed = "[[override]]\nfrom = 2026-12-15T00:00:00\nto = 2026-12-16T00:00:00\nprimary = \"d\"\nagreed_on = 2026-11-20\n";
    let [_, second] = published(PLAIN, &format!("{PLAIN}{SWAPPED}{agreed}"));
    let week = "data.primary.20261211T150000Z@oncal";
    assert!(cancelled(&second, "team.ics").is_empty(), "the team has every shift still");
    let of_bob = cancelled(&second, "engineers/b.ics");
    assert_eq!(of_bob.get(week), Some(&1), "{of_bob:?}");
    assert!(!cancelled(&second, "engineers/c.ics").contains_key(week), "hers now");

    let third = reloaded(&second, configuration(PLAIN), "2026-11-25T14:00:00Z");
    let middle = "data.primary.20261215T050000Z@oncal";
    assert_eq!(cancelled(&third, "team.ics").get(middle), Some(&1), "the day that was Dee's");
    assert!(!cancelled(&third, "engineers/b.ics").contains_key(week), "back with Bob");
    assert_eq!(cancelled(&third, "engineers/c.ics").get(week), Some(&2));
    assert_eq!(revisions(&third)[week].0, 2);

    let builder = Builder::new(Publisher::without_journal());
    let rolled = builder.renew(&third, at("2026-12-18T15:00:00Z")).written().unwrap();
    assert!(cancelled(&rolled, "team.ics").is_empty(), "that is over");
}

#[test]
fn a_download_says_who_now_has_a_shift_that_was_somebodys_own() {
    let texts = |snapshot: &Snapshot, path: &str, uid: &str| {
        let slot = team(snapshot).feed_at(path).unwrap();
        let bytes = team(snapshot).source(slot).calendar(None, true);
        let text = String::from_utf8(bytes).unwrap().replace("\r\n ", "");
        let event = text.split("BEGIN:VEVENT").find(|event| event.contains(uid)).unwrap().to_owned();
        let value = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        assert_eq!(value("STATUS:"), "CANCELLED");
        (value("SUMMARY:"), value("DESCRIPTION:"))
    };
    let expect = |summary: &str, why: &str| (summary.to_owned(), why.to_owned());
    let [_, second] = published(PLAIN, &format!("{PLAIN}{SWAPPED}"));
    let week = "data.primary.20261211T150000Z@oncal";
    let own = "CANCELLED Bob <b>&: primary on-call";
    assert_eq!(texts(&second, "engineers/b.ics", week), expect(own, "Cy has it now."));
    let meeting = "data.handover.20261218T150000Z@oncal";
    assert_eq!(texts(&second, "engineers/b.ics", meeting).1, "This no longer concerns Bob <b>&.");

    // A day goes to Dee, then to Ann, then back to whose week it is: nobody has that shift now.
    let agreed = |primary: &str| {
        format!(
            "{PLAIN}[[override]]\nfrom = 2026-12-15\nto = 2026-12-16\nprimary = \"{primary}\"\nagreed_on = 2026-11-20\n"
        )
    };
    let [_, second] = published(PLAIN, &agreed("d"));
    let next = |before: &Snapshot, plan: &str, now: &str| reloaded(before, configuration(plan), now);
    let third = next(&second, &agreed("a"), "2026-11-25T14:00:00Z");
    let (day, own) = ("data.primary.20261215T050000Z@oncal", "CANCELLED Dee: primary on-call");
    assert_eq!(texts(&third, "engineers/d.ics", day), expect(own, "Ann has it now."));
    let fourth = next(&third, PLAIN, "2026-11-25T14:30:00Z");
    let gone = "This is no longer in the plan.";
    assert_eq!(texts(&fourth, "engineers/d.ics", day), expect(own, gone));
    let (summary, why) = texts(&fourth, "engineers/a.ics", day);
    assert!(summary.starts_with("CANCELLED Ann: primary on-call (agreed"), "{summary}");
    assert_eq!(why, gone);
}

#[test]
fn a_swap_without_a_reason_says_that_it_is_one() {
    let swap = "[[swap]]\nweek = 2026-12-11\nprimary = \"c\"\nsecondary = \"d\"\n";
    let [_, second] = published(PLAIN, &format!("{PLAIN}{swap}"));
    let why = |change: &Change| change.moved.after.as_ref().unwrap().reason.clone();
    let whys: Vec<_> = team(&second).changes().iter().map(why).collect();
    assert!(!whys.is_empty() && whys.iter().all(|why| why.as_deref() == Some("swap")), "{whys:?}");
}

#[test]
fn a_holiday_added_to_a_calendar_changes_the_weeks_it_touches_and_later_ones_by_ranking_alone() {
    // Whoever is proposed for New Year depends on who had holiday duty before.
    let away = "time_off = [{ from = 2026-12-28, to = 2027-01-10 }]";
    let plan = PLAIN.replace("holidays = [\"us-federal\"]", "holidays = [\"ours\"]");
    let plan = plan
        .replace("{ id = \"b\", name = \"Bob <b>&\" }", &format!("{{ id = \"b\", name = \"Bob\", {away} }}"));
    let first = Snapshot::new(with_holidays(&plan, &[]), at(NOW));
    let second = reloaded(&first, with_holidays(&plan, &["12-15"]), LATER);
    let touched = at("2026-12-11T15:00:00Z")..at("2026-12-18T15:00:00Z");
    let moves: Vec<_> = team(&second).changes().iter().map(|change| &change.moved).collect();
    let within = |instant: &Instant| touched.contains(instant);
    assert!(moves.iter().any(|moved| within(&moved.period.start())), "the cover of the new holiday");
    for moved in moves.iter().filter(|moved| !within(&moved.period.start())) {
        assert!(touched.end <= moved.period.start(), "nothing before the week changes");
        let sides = [&moved.before, &moved.after];
        assert!(
            sides.iter().all(|side| side.as_ref().is_none_or(|side| side.tentative)),
            "only whom is proposed"
        );
    }
    let (old, new) = (revisions(&first), revisions(&second));
    let changed: Vec<&String> = old.keys().filter(|uid| new.get(*uid) != old.get(*uid)).collect();
    assert!(!changed.is_empty() && changed.len() < old.len() / 2, "{} of {}", changed.len(), old.len());
}
