//! What notices say and when: laws over random teams, and the text of each kind.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveTime, TimeDelta, Weekday};
use insta::{assert_snapshot, with_settings};
use oncal::notices::{Facts, Kind, Message, Notified, Plan, Recipient, Terms, plan, test_message};
use oncal::publish::frame;
use oncal::rota::{EngineerId, Holding, Instant, Period, Role, Schedule, Team, changes, expand, holdings};
use proptest::prelude::*;

use crate::support::files::around_rotation;
use crate::support::random::teams;

const WEEKS_AHEAD: u32 = 8;

fn schedule(team: &Team, now: Instant) -> Schedule {
    expand(team, frame(team, 0, 30, now).unwrap().window)
}

fn terms(team: &Team) -> Terms {
    Terms {
        weeks_ahead: WEEKS_AHEAD,
        digest: None,
        has_team: true,
        addressed: team.engineers.iter().map(|engineer| engineer.id.clone()).collect(),
    }
}

/// What was published when, for [`Facts::edits`].
type Edits = Vec<Instant>;

/// The plan for `team` at `now`.
fn planned(team: &Team, edits: &Edits, known: Option<&Notified>, now: Instant) -> Plan {
    let facts = Facts {
        team,
        schedule: &schedule(team, now),
        edits: edits.clone(),
        outdated: Vec::new(),
        page: Some("https://oncall.example.org/sample/".to_owned()),
    };
    plan(&facts, &terms(team), known, now)
}

/// What publishing `after` in place of `before` would log.
fn edits([before, after]: [&Team; 2], at: Instant) -> Edits {
    let [old, new] = [before, after].map(|team| schedule(team, at));
    let window = Period::new(at, new.window.end()).unwrap();
    let moved = changes(&holdings(before, &old), &holdings(after, &new), window);
    moved.into_iter().map(|_| at).collect()
}

fn confirmed(team: &Team, now: Instant) -> Vec<Holding> {
    let mut all = holdings(team, &schedule(team, now));
    all.retain(|held| !held.side.tentative);
    all
}

/// The engineers who hold some role at some instant of `[now, end)` on one side only.
fn differing([before, after]: [&[Holding]; 2], now: Instant, end: Instant) -> BTreeSet<EngineerId> {
    let ends = before.iter().chain(after).flat_map(|held| [held.period.start(), held.period.end()]);
    let ends = ends.filter(|at| now <= *at && *at < end).chain([now]);
    let mut found = BTreeSet::new();
    for at in ends {
        for role in Role::ALL {
            let holder = |all: &[Holding]| -> BTreeSet<EngineerId> {
                let held = all.iter().filter(|held| held.role == role && held.period.contains(at));
                held.map(|held| held.side.engineer.clone()).collect()
            };
            found.extend(holder(before).symmetric_difference(&holder(after)).cloned());
        }
    }
    found
}

/// How many messages about changed duty each engineer gets.
fn moved(messages: &[Message]) -> BTreeMap<EngineerId, usize> {
    let mut counts = BTreeMap::new();
    for message in messages.iter().filter(|message| message.kind == Kind::Moved) {
        if let Recipient::Engineer(id) = &message.to {
            *counts.entry(id.clone()).or_default() += 1;
        }
    }
    counts
}

/// One message to each of `people` who is in both teams: whoever is new, or has left, gets none.
fn once(teams: [&Team; 2], people: BTreeSet<EngineerId>) -> BTreeMap<EngineerId, usize> {
    let is_in_both = |id: &EngineerId| teams.iter().all(|team| team.index_of(id.as_str()).is_some());
    people.into_iter().filter(is_in_both).map(|id| (id, 1)).collect()
}

/// A team before and after an edit, and the time of the edit.
fn edited_teams() -> impl Strategy<Value = (Team, Team, Instant)> {
    let days = 0i64..300;
    (teams(), days, 0u8..5, any::<prop::sample::Index>()).prop_map(|(team, days, kind, index)| {
        let now = "2026-01-05T12:34:56Z".parse::<Instant>().unwrap() + TimeDelta::days(days);
        let mut edited = team.clone();
        match kind {
            4 => {
                // Somebody leaves the file, and somebody new has the place.
                let engineer = &mut edited.engineers[index.index(team.engineers.len())];
                engineer.id = EngineerId::new("new").unwrap();
            }
            0 => edited.overrides.clear(),
            1 => edited.swaps.clear(),
            2 => {
                let engineer = index.index(edited.engineers.len());
                edited.engineers[engineer].time_off.push(Period::new(now, now + TimeDelta::days(9)).unwrap());
            }
            _ => {
                for engineer in &mut edited.engineers {
                    engineer.time_off.clear();
                }
            }
        }
        (team, edited, now)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everybody_whose_confirmed_shifts_differ_soon_is_notified_once_and_nobody_else((team, edited, now) in edited_teams()) {
        let begin = planned(&team, &Vec::new(), None, now);
        let edits = edits([&team, &edited], now);
        let at_once = planned(&edited, &edits, Some(&begin.notified), now);
        prop_assert_eq!(moved(&at_once.messages), BTreeMap::new(), "before it has settled");
        let urgent = planned(&edited, &edits, Some(&at_once.notified), now + TimeDelta::seconds(15));
        let later = now + TimeDelta::minutes(2);
        let settled = planned(&edited, &edits, Some(&urgent.notified), later);
        let horizon = later + TimeDelta::weeks(i64::from(WEEKS_AHEAD));
        let until = |end| once([&team, &edited], differing([&confirmed(&team, now), &confirmed(&edited, now)], later, end));
        // A change that begins within the time is reported to everybody whom it concerns later in its week.
        let week = schedule(&edited, now).weeks.into_iter().map(|planned| planned.week.period);
        let end = week.map(Period::end).find(|end| horizon <= *end).unwrap();
        let sent = moved(&[urgent.messages, settled.messages.clone()].concat());
        let (near, nearly) = (until(horizon), until(end));
        prop_assert!(near.iter().all(|one| sent.get(one.0) == Some(one.1)), "{:?} {:?}", sent, near);
        prop_assert!(sent.iter().all(|one| nearly.get(one.0) == Some(one.1)), "{:?} {:?}", sent, nearly);
        let again = planned(&edited, &edits, Some(&settled.notified), later);
        prop_assert_eq!(again.messages, Vec::new());
        prop_assert_eq!(again.notified, settled.notified);
    }

    #[test]
    fn a_change_that_is_undone_sends_no_message((team, edited, now) in edited_teams()) {
        let begin = planned(&team, &Vec::new(), None, now);
        let mut log = edits([&team, &edited], now);
        let between = now + TimeDelta::seconds(14);
        let meanwhile = planned(&edited, &log, Some(&begin.notified), between);
        prop_assert_eq!(&meanwhile.messages, &Vec::new());
        log.extend(edits([&edited, &team], between));
        for minutes in [1, 2, 3, 15] {
            let after = planned(&team, &log, Some(&meanwhile.notified), now + TimeDelta::minutes(minutes));
            prop_assert_eq!(after.messages, Vec::new());
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn time_alone_moves_nobodys_duty_and_only_brings_near_what_was_far((team, edited, now) in edited_teams()) {
        let mut known = planned(&team, &Vec::new(), None, now).notified;
        let log = edits([&team, &edited], now);
        let until = schedule(&team, now).window.end();
        let all = differing([&confirmed(&team, now), &confirmed(&edited, now)], now + TimeDelta::weeks(1), until);
        let all: BTreeSet<EngineerId> = once([&team, &edited], all).into_keys().collect();
        let mut notified = BTreeSet::new();
        for week in 1..34 {
            let at = now + TimeDelta::weeks(week);
            let due = planned(&edited, &log, Some(&known), at);
            notified.extend(moved(&due.messages).into_keys());
            known = due.notified;
        }
        prop_assert_eq!(notified, all);
        for week in 34..60 {
            let due = planned(&edited, &log, Some(&known), now + TimeDelta::weeks(week));
            prop_assert_eq!(moved(&due.messages), BTreeMap::new(), "nothing is left");
            let kinds = due.messages.iter().map(|message| message.kind);
            prop_assert!(kinds.into_iter().all(|kind| matches!(kind, Kind::Agree | Kind::Reminder)));
            known = due.notified;
        }
    }
}

/// Four engineers in two zones, and a holiday of all of them on 25 December 2026, in the week of A and B.
pub(crate) const PLAN: &str = around_rotation!(
    r#"
name = "Data pipelines"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [
  { id = "a", name = "Data Engineer A", time_zone = "Europe/London", holidays = ["gb-eng"] },
  { id = "b", name = "Data Engineer B" }, { id = "c", name = "Data Engineer C", works_on = [2026-12-25] },
  { id = "d", name = "Data Engineer D" },
]
"#,
    r#"[handover]
day = "friday"
time = 10:00:00
minutes = 30
"#
);

/// [`PLAN`] with these lines, and these engineers on leave on Christmas Day.
fn sample(on_leave: &[&str], more: &str, now: Instant) -> Team {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("teams")).unwrap();
    let leave = "time_off = [{ from = 2026-12-24, to = 2026-12-26 }]";
    let with_leave = |text: String, id: &&str| {
        text.replace(&format!("id = \"{id}\", name"), &format!("id = \"{id}\", {leave}, name"))
    };
    let text = on_leave.iter().fold(PLAN.to_owned(), with_leave);
    std::fs::write(folder.path().join("teams/sample.toml"), format!("{text}{more}")).unwrap();
    let configuration = oncal::config::load(folder.path(), now).unwrap();
    let errors: Vec<String> = configuration.diagnostics.iter().map(ToString::to_string).collect();
    configuration.teams.values().next().unwrap_or_else(|| panic!("{errors:?}")).team.clone()
}

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Messages as people read them at `now`.
fn read(messages: &[Message], now: Instant) -> String {
    let read = |message: &Message| {
        let to = match &message.to {
            Recipient::Team => "the team",
            Recipient::Engineer(id) => id.as_str(),
        };
        let (subject, body) = message.text.at(now).unwrap();
        let link = message.text.link.as_deref().unwrap_or_default();
        format!("{} to {to}\nSubject: {subject}\n\n{body}\n\n{link}", message.kind.as_str())
    };
    let all: Vec<String> = messages.iter().map(read).collect();
    all.join("\n\n=====\n\n")
}

#[track_caller]
fn golden(name: &str, messages: &[Message], now: Instant) {
    with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots/notices" }, {
        assert_snapshot!(name, read(messages, now));
    });
}

/// What is due some minutes after `before` was edited to `after`.
fn after_edit([before, after]: [&Team; 2], now: Instant, minutes: i64) -> (Vec<Message>, Notified) {
    let begin = planned(before, &Vec::new(), None, now).notified;
    let log = edits([before, after], now);
    let due = planned(after, &log, Some(&begin), now + TimeDelta::minutes(minutes));
    (due.messages, due.notified)
}

/// Christmas Day is in a week of D and A, and a holiday of D: if A has leave it is a conflict.
const CONFLICT: &[&str] = &["a"];

#[test]
fn each_kind_reads_well() {
    let now = at("2026-11-23T15:00:00Z");
    let plain = sample(&[], "", now);
    let swapped = sample(
        &[],
        "[[swap]]\nweek = 2026-12-04\nprimary = \"a\"\nsecondary = \"d\"\nreason = \"A conference\"\n",
        now,
    );
    golden("moved", &after_edit([&plain, &swapped], now, 2).0, now);

    let sick = "[[override]]\nfrom = 2026-11-24T08:00:00\nto = 2026-11-24T18:00:00\nprimary = \"d\"\nreason = \"Flu\"\nagreed_on = 2026-11-23\n";
    golden("moved-urgent", &after_edit([&plain, &sample(&[], sick, now)], now, 2).0, now);

    let open = sample(CONFLICT, "", now);
    golden("agree-new", &after_edit([&plain, &open], now, 2).0, now);
    let nobody = sample(&["a", "b", "c", "d"], "", now);
    let (messages, _) = after_edit([&plain, &nobody], now, 2);
    golden("moved-nobody", &of(&messages, Kind::Moved), now);
    golden("agree-nobody", &of(&messages, Kind::Agree), now);
    let (_, known) = after_edit([&plain, &open], now, 2);

    let begin = planned(&open, &Vec::new(), None, now);
    golden("first", &begin.messages, now);

    let other = sample(&["a", "c"], "", now);
    let other_minutes = now + TimeDelta::minutes(10);
    let changed = planned(&other, &edits([&open, &other], now), Some(&known), other_minutes);
    golden("agree-changed", &of(&changed.messages, Kind::Agree), other_minutes);

    let mut known = known;
    for (name, time, kind) in [
        ("reminder-week", "2026-12-04T14:00:00Z", Kind::Reminder),
        ("reminder-two-days", "2026-12-09T14:00:00Z", Kind::Reminder),
        ("overdue", "2026-12-12T14:00:00Z", Kind::Reminder),
    ] {
        let before = planned(&open, &Vec::new(), Some(&known), at(time) - TimeDelta::seconds(1));
        assert_eq!(before.messages, Vec::new(), "{name}");
        assert!(before.next <= Some(at(time)), "{name}: {:?}", before.next);
        let due = planned(&open, &Vec::new(), Some(&known), at(time));
        golden(name, &of(&due.messages, kind), at(time));
        known = due.notified;
    }

    let agreed = "[[override]]\nfrom = 2026-12-25T10:00:00\nthrough = 2026-12-25\nprimary = \"c\"\nsecondary = \"b\"\nagreed_on = 2026-12-12\nreason = \"Agreed on Friday\"\n";
    let agreed = sample(CONFLICT, agreed, now);
    let late = at("2026-12-12T15:00:00Z");
    let settled = late + TimeDelta::minutes(2);
    let due = planned(&agreed, &edits([&open, &agreed], late), Some(&known), settled);
    golden("agreed", &of(&due.messages, Kind::Agree), settled);
    let due = planned(&plain, &edits([&open, &plain], late), Some(&known), settled);
    golden("gone", &of(&due.messages, Kind::Agree), settled);
}

fn of(messages: &[Message], kind: Kind) -> Vec<Message> {
    messages.iter().filter(|message| message.kind == kind).cloned().collect()
}

#[test]
fn the_digest_has_next_week_what_is_open_and_what_is_out_of_date() {
    let now = at("2026-11-30T14:00:00Z");
    let team = sample(CONFLICT, "", now);
    let facts = |now| {
        let schedule = schedule(&team, now);
        let terms =
            Terms { digest: Some((Weekday::Mon, NaiveTime::from_hms_opt(9, 0, 0).unwrap())), ..terms(&team) };
        (schedule, terms)
    };
    let due = |known: Option<&Notified>, now| {
        let (schedule, terms) = facts(now);
        let outdated = vec!["holidays of Data Engineer A are not known from 2027-01-01 on".to_owned()];
        let facts = Facts { team: &team, schedule: &schedule, edits: Vec::new(), outdated, page: None };
        plan(&facts, &terms, known, now)
    };
    let begin = due(None, now - TimeDelta::days(2));
    let known = due(Some(&begin.notified), now - TimeDelta::seconds(1));
    assert_eq!(known.messages, Vec::new());
    assert_eq!(known.next, Some(now));
    let digest = due(Some(&known.notified), now);
    golden("digest", &digest.messages, now);
    assert_eq!(due(Some(&digest.notified), now).messages, Vec::new());
    assert_eq!(of(&due(Some(&digest.notified), now + TimeDelta::days(7)).messages, Kind::Digest).len(), 1);
}

/// What is due for a digest at `time` on `day`.
fn due_with_digest(
    team: &Team,
    (day, hour): (Weekday, u32),
    known: Option<&Notified>,
    now: Instant,
) -> (Vec<Message>, Notified) {
    let schedule = schedule(team, now);
    let terms = Terms { digest: Some((day, NaiveTime::from_hms_opt(hour, 0, 0).unwrap())), ..terms(team) };
    let facts = Facts { team, schedule: &schedule, edits: Vec::new(), outdated: Vec::new(), page: None };
    let due = plan(&facts, &terms, known, now);
    (of(&due.messages, Kind::Digest), due.notified)
}

#[test]
fn a_digest_that_waits_says_by_when_to_agree_until_then_alone() {
    let deadline = at("2026-12-11T15:00:00Z");
    let sent = at("2026-12-09T20:00:00Z");
    for (people, expected) in
        [(&["a"][..], "proposed Data Engineer C"), (&["a", "c"][..], "volunteer needed")]
    {
        let team = sample(people, "", sent);
        let (_, known) = due_with_digest(&team, (Weekday::Wed, 15), None, sent - TimeDelta::minutes(1));
        let (digests, _) = due_with_digest(&team, (Weekday::Wed, 15), Some(&known), sent);
        let [digest] = &digests[..] else { panic!("{digests:?}") };
        let (_, body) = digest.text.at(deadline - TimeDelta::seconds(1)).unwrap();
        let line = format!("- by Fri 11 Dec: primary 25 Dec (Christmas Day), {expected}\n");
        assert!(body.contains(&line), "{body}");
        assert_eq!(digest.text.at(deadline), None, "the week of its subject has begun, too");
    }
}

#[test]
fn no_digest_is_sent_at_a_time_that_was_not_configured() {
    let monday = at("2026-11-30T14:00:00Z");
    let team = sample(&[], "", monday);
    let nine = (Weekday::Mon, 9);
    let (_, known) = due_with_digest(&team, nine, None, monday - TimeDelta::days(2));
    let digests = |day, known: &Notified, now| due_with_digest(&team, day, Some(known), now);
    assert_eq!(digests(nine, &known, monday + TimeDelta::hours(5)).0.len(), 1, "a server that was down");
    let (late, after) = digests(nine, &known, monday + TimeDelta::days(2));
    assert_eq!(late, [], "days later");
    assert_eq!(digests(nine, &after, monday + TimeDelta::days(7)).0.len(), 1);
    let at_eight = (Weekday::Mon, 8);
    let (changed, after) = digests(at_eight, &known, monday - TimeDelta::minutes(30));
    assert_eq!(changed, [], "the time was changed to one that is over");
    assert_eq!(digests(at_eight, &after, monday + TimeDelta::days(7)).0.len(), 1);
}

/// The headlines of the messages about changed duty to everybody, the team's last.
fn headlines(messages: &[Message]) -> Vec<String> {
    let moved = messages.iter().filter(|message| message.kind == Kind::Moved);
    moved.flat_map(|message| message.text.parts.iter().map(|part| part.headline.clone())).collect()
}

#[test]
fn a_clock_that_was_ahead_makes_nothing_new_once_it_is_right() {
    let now = at("2026-12-20T15:00:00Z");
    let team = sample(CONFLICT, "", now);
    let mut known = planned(&team, &Vec::new(), None, now).notified;
    for weeks in [1, 2, 5] {
        let ahead = planned(&team, &Vec::new(), Some(&known), now + TimeDelta::weeks(weeks));
        let right = planned(&team, &Vec::new(), Some(&ahead.notified), now + TimeDelta::minutes(weeks));
        assert_eq!(right.messages, Vec::new(), "{weeks} weeks");
        known = right.notified;
    }
}

#[test]
fn one_edit_that_moves_what_is_urgent_and_what_is_not_is_reported_at_once_and_together() {
    let now = at("2026-11-26T20:00:00Z");
    let plain = sample(&[], "", now);
    let swaps = ["2026-11-27", "2026-12-18"]
        .map(|week| format!("[[swap]]\nweek = {week}\nprimary = \"c\"\nsecondary = \"a\"\n"));
    let edited = sample(&[], &swaps.concat(), now);
    let log = edits([&plain, &edited], now);
    let at_once = planned(&edited, &log, Some(&planned(&plain, &Vec::new(), None, now).notified), now);
    let urgent = planned(&edited, &log, Some(&at_once.notified), now + TimeDelta::seconds(15));
    let horizon = now + TimeDelta::weeks(i64::from(WEEKS_AHEAD));
    let expected = differing([&confirmed(&plain, now), &confirmed(&edited, now)], now, horizon);
    assert_eq!(moved(&urgent.messages), once([&plain, &edited], expected));
    let lines = headlines(&urgent.messages);
    for part in ["27 Nov", "18 Dec"] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:#?}");
    }
    assert!(lines.iter().all(|line| !line.contains("to be agreed")), "{lines:#?}");
    let later = planned(&edited, &log, Some(&urgent.notified), now + TimeDelta::minutes(2));
    assert_eq!(later.messages, Vec::new());
}

#[test]
fn a_change_that_begins_within_the_time_is_reported_with_all_who_have_a_part_of_it() {
    // The week of 4 December begins within eight weeks, and its Sunday does not.
    let now = at("2026-10-10T18:00:00Z");
    let plain = sample(&[], "", now);
    let cover = |from: &str, to: &str, who: &str| {
        format!("[[override]]\nfrom = {from}T12:00:00\nto = {to}T12:00:00\nprimary = \"{who}\"\n")
    };
    let covers = [cover("2026-12-05", "2026-12-06", "c"), cover("2026-12-06", "2026-12-07", "d")];
    let edited = sample(&[], &covers.concat(), now);
    let due = after_edit([&plain, &edited], now, 2);
    let team = of(&due.0, Kind::Moved).pop().unwrap();
    assert_eq!((team.to, team.text.parts.len()), (Recipient::Team, 2), "{:#?}", headlines(&due.0));
    assert_eq!(moved(&due.0).len(), 3, "who had it, and the two who have it");
}

/// `team` without its last engineer, whose weeks the others take.
fn without_the_last(team: &Team) -> Team {
    let mut without = team.clone();
    without.engineers.pop();
    let gone = oncal::rota::EngineerIdx(without.engineers.len());
    for pair in without.rotations.iter_mut().flat_map(|rotation| &mut rotation.weeks) {
        let free = (0..gone.0).map(oncal::rota::EngineerIdx);
        let free = free.rev().find(|idx| ![pair.primary, pair.secondary].contains(idx)).unwrap();
        for idx in [&mut pair.primary, &mut pair.secondary] {
            if *idx == gone {
                *idx = free;
            }
        }
    }
    without
}

#[test]
fn who_leaves_the_file_is_named_as_who_had_the_shifts() {
    let now = at("2026-11-23T15:00:00Z");
    let plain = sample(&[], "", now);
    let without = without_the_last(&plain);
    let begin = planned(&plain, &Vec::new(), None, now).notified;
    let log = edits([&plain, &without], now);
    let at_once = planned(&without, &log, Some(&begin), now + TimeDelta::seconds(1));
    assert_eq!(at_once.messages, Vec::new());
    let due = planned(&without, &log, Some(&at_once.notified), now + TimeDelta::minutes(2));
    let lines = headlines(&due.messages);
    assert!(lines.iter().any(|line| line.ends_with("(was Data Engineer D)")), "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains("to be agreed") && !line.contains("was d")), "{lines:#?}");
    let again = planned(&without, &log, Some(&due.notified), now + TimeDelta::minutes(2));
    assert_eq!((again.messages, again.notified), (Vec::new(), due.notified));
}

#[test]
fn who_was_proposed_and_leaves_the_file_keeps_their_name() {
    let now = at("2026-11-23T15:00:00Z");
    let mut open = sample(CONFLICT, "", now);
    open.engineers.swap(2, 3);
    let index = |id: usize| match id {
        2 => oncal::rota::EngineerIdx(3),
        3 => oncal::rota::EngineerIdx(2),
        id => oncal::rota::EngineerIdx(id),
    };
    for pair in open.rotations.iter_mut().flat_map(|rotation| &mut rotation.weeks) {
        (pair.primary, pair.secondary) = (index(pair.primary.0), index(pair.secondary.0));
    }
    let (messages, _) = after_edit([&open, &without_the_last(&open)], now, 2);
    let text = read(&of(&messages, Kind::Agree), now);
    assert!(text.contains("Proposed before: Data Engineer C\n"), "{text}");
}

#[test]
fn who_leaves_the_file_for_a_moment_is_told_what_was_taken_away_meanwhile() {
    let now = at("2026-11-23T15:00:00Z");
    let plain = sample(&[], "", now);
    let without = without_the_last(&plain);
    let swap = "[[swap]]\nweek = 2026-12-25\nprimary = \"c\"\nsecondary = \"a\"\n";
    let back = sample(&[], swap, now);
    let begin = planned(&plain, &Vec::new(), None, now).notified;
    let mut log = edits([&plain, &without], now);
    let gone = planned(&without, &log, Some(&begin), now + TimeDelta::seconds(1));
    log.extend(edits([&without, &back], now + TimeDelta::seconds(2)));
    let returned = planned(&back, &log, Some(&gone.notified), now + TimeDelta::seconds(3));
    let due = planned(&back, &log, Some(&returned.notified), now + TimeDelta::minutes(3));
    let d = EngineerId::new("d").unwrap();
    let horizon = now + TimeDelta::weeks(i64::from(WEEKS_AHEAD));
    let expected = differing([&confirmed(&plain, now), &confirmed(&back, now)], now, horizon);
    assert!(expected.contains(&d), "the week is one of D");
    assert_eq!(moved(&due.messages), once([&plain, &back], expected));
}

#[test]
fn a_loss_says_who_has_each_part_and_how_certain_that_is() {
    let now = at("2026-11-23T15:00:00Z");
    let plain = sample(&[], "", now);
    let mut edited = plain.clone();
    let day = |date: &str| at(&format!("{date}T05:00:00Z"));
    // The pair of the week is away for a day, and somebody else has the next one.
    let [first, second] = [("2026-12-29", "2026-12-30"), ("2026-12-30", "2026-12-31")]
        .map(|(from, to)| Period::new(day(from), day(to)).unwrap());
    for engineer in [0, 3] {
        edited.engineers[engineer].time_off.push(first);
    }
    edited.overrides = vec![oncal::rota::Override {
        period: second,
        primary: oncal::rota::EngineerIdx(1),
        secondary: None,
        agreed_on: None,
        reason: None,
    }];
    let (messages, _) = after_edit([&plain, &edited], now, 2);
    let d = messages
        .iter()
        .find(|one| one.kind == Kind::Moved && one.to == Recipient::Engineer(EngineerId::new("d").unwrap()));
    let lines: Vec<&str> = d.unwrap().text.parts.iter().map(|part| part.headline.as_str()).collect();
    let [open, covered] = &lines[..] else { panic!("{lines:#?}") };
    assert!(covered.ends_with("(now Data Engineer B)") && covered.contains("30 Dec"), "{lines:#?}");
    assert!(open.ends_with("is proposed, not agreed yet)") && open.contains("29 Dec"), "{lines:#?}");
    let volunteer = sample(&["a", "c"], "", now);
    let lines = headlines(&after_edit([&plain, &volunteer], now, 2).0);
    let expected = "(a volunteer is needed, Data Engineer B is first in turn)";
    assert!(lines.iter().any(|line| line.ends_with(expected)), "{lines:#?}");
}

#[test]
fn a_clock_that_is_set_back_sends_no_digest_twice() {
    let monday = at("2026-11-30T14:00:00Z");
    let team = sample(&[], "", monday);
    let nine = (Weekday::Mon, 9);
    let due = |known: &Notified, now| due_with_digest(&team, nine, Some(known), now);
    let (_, known) = due_with_digest(&team, nine, None, monday - TimeDelta::hours(1));
    let (digests, known) = due(&known, monday + TimeDelta::minutes(1));
    assert_eq!(digests.len(), 1);
    let (_, known) = due(&known, monday - TimeDelta::minutes(10));
    let (again, known) = due(&known, monday);
    assert_eq!(again, []);
    assert_eq!(due(&known, monday + TimeDelta::weeks(1)).0.len(), 1, "the next one");
    // A clock that was ahead for weeks does not stop the digests until then.
    let (_, ahead) = due(&known, monday + TimeDelta::weeks(5));
    let (_, right) = due(&ahead, monday + TimeDelta::days(1));
    assert_eq!(due(&right, monday + TimeDelta::weeks(1)).0.len(), 1);
}

/// [`sample`] with the pair of the week of 25 December away on these days, so that somebody else must be agreed on.
fn away(days: &[(&str, &str)], now: Instant) -> Team {
    let mut team = sample(&[], "", now);
    for engineer in [0, 3] {
        for (from, to) in days {
            let day = |date: &str| at(&format!("{date}T05:00:00Z"));
            team.engineers[engineer].time_off.push(Period::new(day(from), day(to)).unwrap());
        }
    }
    team
}

#[test]
fn conflicts_that_merge_or_split_are_not_reported_as_closed() {
    let now = at("2026-11-23T15:00:00Z");
    let two = away(&[("2026-12-27", "2026-12-28"), ("2026-12-29", "2026-12-30")], now);
    let one = away(&[("2026-12-27", "2026-12-30")], now);
    for (before, after, is_split) in [(&two, &one, false), (&one, &two, true)] {
        let (messages, known) = after_edit([before, after], now, 2);
        let to_team = of(&messages, Kind::Agree);
        let to_team: Vec<&Message> = to_team.iter().filter(|message| message.to == Recipient::Team).collect();
        let [message] = &to_team[..] else { panic!("{messages:#?}") };
        let headlines: Vec<&str> = message.text.parts.iter().map(|part| part.headline.as_str()).collect();
        assert!(headlines[0].starts_with("changed, agree by"), "{headlines:?}");
        assert_eq!(headlines.len(), if is_split { 2 } else { 1 }, "{headlines:?}");
        assert!(headlines.iter().all(|line| !line.contains("nothing left")), "{headlines:?}");
        let later = planned(after, &Vec::new(), Some(&known), now + TimeDelta::minutes(3));
        assert_eq!(later.messages, Vec::new());
        let plain = sample(&[], "", now);
        let log = edits([after, &plain], now + TimeDelta::minutes(3));
        let gone = planned(&plain, &log, Some(&known), now + TimeDelta::minutes(6));
        let parts = of(&gone.messages, Kind::Agree)[0].text.parts.len();
        assert_eq!(parts, if is_split { 2 } else { 1 }, "all are closed once");
    }
}

#[test]
fn a_digest_time_that_a_clock_change_skips_is_the_first_instant_after_it() {
    let now = at("2027-03-14T06:59:59Z");
    let team = sample(&[], "", now);
    let due = |known: Option<&Notified>, now| {
        let schedule = schedule(&team, now);
        let digest = Some((Weekday::Sun, NaiveTime::from_hms_opt(2, 30, 0).unwrap()));
        let terms = Terms { digest, ..terms(&team) };
        let facts =
            Facts { team: &team, schedule: &schedule, edits: Vec::new(), outdated: Vec::new(), page: None };
        plan(&facts, &terms, known, now)
    };
    let begin = due(None, now).notified;
    assert_eq!(due(Some(&begin), now).messages, Vec::new());
    assert_eq!(of(&due(Some(&begin), at("2027-03-14T07:00:00Z")).messages, Kind::Digest).len(), 1, "03:00");
}

/// The plan for `team`, which has an address of its own or not.
fn planned_for(
    (team, has_team): (&Team, bool),
    edits: &Edits,
    known: Option<&Notified>,
    now: Instant,
) -> Plan {
    let schedule = schedule(team, now);
    let facts = Facts { team, schedule: &schedule, edits: edits.clone(), outdated: Vec::new(), page: None };
    plan(&facts, &Terms { has_team, ..terms(team) }, known, now)
}

fn kinds(messages: &[Message], is_to_team: bool) -> Vec<(Kind, Recipient)> {
    let to = messages.iter().filter(|message| (message.to == Recipient::Team) == is_to_team);
    to.map(|message| (message.kind, message.to.clone())).collect()
}

#[test]
fn an_edit_that_also_gives_the_team_an_address_is_reported_to_the_engineers_once_it_has_settled() {
    let now = at("2026-11-23T15:00:00Z");
    let (plain, open) = (sample(&[], "", now), sample(CONFLICT, "", now));
    let log = edits([&plain, &open], now);
    let begin = planned_for((&plain, false), &Vec::new(), None, now).notified;
    let at_once = planned_for((&open, true), &log, Some(&begin), now + TimeDelta::seconds(1));
    assert_eq!(at_once.messages, [], "it may be undone");
    let settled = now + TimeDelta::minutes(2);
    let without = planned_for((&open, false), &log, Some(&begin), settled).messages;
    let due = planned_for((&open, true), &log, Some(&at_once.notified), settled);
    let agree = of(&without, Kind::Agree);
    assert_eq!(agree.len(), 3, "to the pair, and to whoever is proposed");
    assert_eq!(of(&due.messages, Kind::Agree), agree);
    let to_team = kinds(&of(&due.messages, Kind::First), true);
    assert_eq!(to_team, [(Kind::First, Recipient::Team)]);
    let later = planned_for((&open, true), &log, Some(&due.notified), settled + TimeDelta::hours(1));
    assert_eq!(later.messages, []);
}

#[test]
fn what_is_open_beyond_the_time_when_notices_begin_is_reported_once_it_comes_near() {
    let now = at("2026-10-10T18:00:00Z");
    let open = sample(CONFLICT, "", now);
    let without = planned_for((&open, false), &Vec::new(), None, now).notified;
    for known in [None, Some(&without)] {
        let begin = planned_for((&open, true), &Vec::new(), known, now);
        assert_eq!(kinds(&begin.messages, true), [(Kind::First, Recipient::Team)]);
        assert_eq!(kinds(&begin.messages, false), []);
        let near = planned_for((&open, true), &Vec::new(), Some(&begin.notified), at("2026-10-31T18:00:00Z"));
        assert_eq!(kinds(&near.messages, false).len(), 3, "{:?}", near.messages);
        assert!(near.messages.iter().all(|message| message.kind == Kind::Agree));
    }
}

#[test]
fn names_and_reasons_cannot_add_lines_or_reorder_them() {
    let now = at("2026-11-23T15:00:00Z");
    let mut plain = sample(&[], "", now);
    plain.name = "Data\r\nBcc: x@example.org".to_owned();
    plain.engineers[0].name = "A\u{202e}\r\n\u{7}Subject: no".to_owned();
    let mut edited = plain.clone();
    let reason = Some("flu\r\nX-Header: 1\u{2066}".into());
    edited.overrides = vec![oncal::rota::Override {
        period: Period::new(at("2026-12-05T00:00:00Z"), at("2026-12-06T00:00:00Z")).unwrap(),
        primary: oncal::rota::EngineerIdx(2),
        secondary: None,
        agreed_on: None,
        reason,
    }];
    let (messages, _) = after_edit([&plain, &edited], now, 2);
    let text = read(&messages, now);
    assert!(text.contains("A Subject: no") && text.contains("flu X-Header: 1"), "{text}");
    assert!(text.lines().all(|line| !line.starts_with("Bcc") && !line.starts_with("X-Header")), "{text}");
    assert!(!text.contains(['\r', '\u{202e}', '\u{2066}', '\u{7}']), "{text}");
}

#[test]
fn a_test_message_says_what_it_is() {
    let now = at("2026-11-23T15:00:00Z");
    let team = sample(&[], "", now);
    let facts = Facts {
        team: &team,
        schedule: &schedule(&team, now),
        edits: Vec::new(),
        outdated: Vec::new(),
        page: None,
    };
    golden("test", &[test_message(&facts, Recipient::Engineer(team.engineers[0].id.clone()), now)], now);
}

/// [`sample`] with names and reasons that would add headers, or reorder what is read.
fn hostile_sample(on_leave: &[&str], more: &str, now: Instant) -> Team {
    let mut team = sample(on_leave, more, now);
    make_hostile(&mut team);
    team
}

/// Gives `team` names and reasons that would add headers, or reorder what is read.
pub(crate) fn make_hostile(team: &mut Team) {
    team.name = "Dåta\r\nBcc: eve@example.org\r\n\r\n\u{202e}\u{0}".to_owned();
    for (number, engineer) in team.engineers.iter_mut().enumerate() {
        // A name in ASCII is encoded in another way than one that is not.
        let first = if number % 2 == 0 { "Zoë" } else { "Zoe" };
        engineer.name = format!("{first} \"{}\"\u{202e}\r\n\u{7}Bcc: eve@example.org\u{2066}", engineer.id);
    }
    let reason = Some("flu\r\n.\r\nX-Header: 1\u{2067}".into());
    team.swaps.values_mut().for_each(|swap| swap.reason.clone_from(&reason));
    team.overrides.iter_mut().for_each(|cover| cover.reason.clone_from(&reason));
}

/// What happens at one time.
pub(crate) struct Event {
    pub(crate) at: Instant,
    /// A part of the subject of some of its messages.
    pub(crate) subject: &'static str,
    pub(crate) messages: Vec<Message>,
}

/// Messages of every kind to a team with hostile names.
pub(crate) fn every_kind() -> Vec<Event> {
    let now = at("2026-11-23T15:00:00Z");
    let team = |on_leave: &[&str], more: &str| hostile_sample(on_leave, more, now);
    let agreement = "[[override]]\nfrom = 2026-12-25T10:00:00\nthrough = 2026-12-25\nprimary = \"c\"\nsecondary = \"b\"\nagreed_on = 2026-12-12\n";
    let swap = "[[swap]]\nweek = 2027-01-01\nprimary = \"c\"\nsecondary = \"b\"\n";
    let (plain, open, other) = (team(&[], ""), team(CONFLICT, ""), team(&["a", "c"], ""));
    let (agreed, swapped) = (team(CONFLICT, agreement), team(CONFLICT, &format!("{agreement}{swap}")));
    let begin = planned(&open, &Vec::new(), None, now);
    let mut events = vec![Event { at: now, subject: "agree by Fri 11 Dec", messages: begin.messages }];
    let (mut known, mut served) = (begin.notified, &open);
    for (time, next, subject) in [
        ("2026-11-23T16:00:00Z", &plain, "nothing left to agree on"),
        ("2026-11-23T17:00:00Z", &open, "you are proposed"),
        ("2026-11-23T18:00:00Z", &other, "changed, agree by"),
        ("2026-12-09T14:00:00Z", &other, "reminder, agree by"),
        ("2026-12-12T14:00:00Z", &other, "overdue since"),
        ("2026-12-12T16:00:00Z", &agreed, "agreed, after the deadline"),
        ("2026-12-12T17:00:00Z", &swapped, "On-call: you have Sat 2 Jan 2027"),
    ] {
        let time = at(time);
        let log = edits([served, next], time - TimeDelta::minutes(2));
        let due = planned(next, &log, Some(&known), time);
        events.push(Event { at: time, subject, messages: due.messages });
        (known, served) = (due.notified, next);
    }
    let monday = at("2026-12-14T14:00:00Z");
    let nine = (Weekday::Mon, 9);
    let (_, known) = due_with_digest(served, nine, Some(&known), monday - TimeDelta::days(1));
    let (messages, _) = due_with_digest(served, nine, Some(&known), monday);
    events.push(Event { at: monday, subject: "are on call from", messages });
    let late = monday + TimeDelta::hours(1);
    let (edits, outdated) = (Vec::new(), Vec::new());
    let facts = Facts { team: served, schedule: &schedule(served, late), edits, outdated, page: None };
    let messages = vec![test_message(&facts, Recipient::Engineer(served.engineers[1].id.clone()), late)];
    events.push(Event { at: late, subject: "test message", messages });
    events
}
