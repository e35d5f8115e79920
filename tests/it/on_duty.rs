//! What commands and feeds say about those on duty: whether they are away, what is only proposed, and who is next.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use oncal::feed::{Event, Links, Plan, Status, events};
use oncal::rota::{Instant, Period, Team};
use serde_json::Value;

const NOW: &str = "2027-05-03T12:00:00Z";
const LEAVE: &str = "time_off = [{ from = 2027-05-29, to = 2027-06-01, reason = \"private\" }]";

/// The shipped plan with these edits of its team file, and what is added to its end.
fn plan(folder: &Path, edits: &[(&str, &str)], added: &str) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut text = fs::read_to_string(shipped.join("teams/data-pipelines.toml")).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text.push_str(added);
    fs::create_dir_all(folder.join("teams")).unwrap();
    fs::create_dir_all(folder.join("runbooks/data-pipelines")).unwrap();
    for book in fs::read_dir(shipped.join("runbooks/data-pipelines")).unwrap() {
        let book = book.unwrap();
        fs::copy(book.path(), folder.join("runbooks/data-pipelines").join(book.file_name())).unwrap();
    }
    fs::write(folder.join("oncal.toml"), "").unwrap();
    fs::write(folder.join("teams/data-pipelines.toml"), text).unwrap();
}

/// C, secondary in the week of Memorial Day 2027, is on leave from 29 May to 1 June.
fn on_leave(folder: &Path) {
    plan(folder, &[(&format!("#{}", LEAVE.replace("private", "Leave")), LEAVE)], "");
}

fn run(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command.env("NO_COLOR", "1").env_remove("ONCAL_CONFIG").args(["--config", folder.to_str().unwrap()]);
    let output = command.args(args).args(["--now", NOW]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(!printed.contains("private"), "{printed}");
    printed
}

fn team(folder: &Path) -> Team {
    let loaded = oncal::config::load(folder, NOW.parse::<Instant>().unwrap()).unwrap();
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    loaded.teams.values().next().unwrap().team.clone()
}

/// The events of whole weeks, by the part of their UID that differs.
fn feed(folder: &Path, start: &str, end: &str) -> BTreeMap<String, Event> {
    let instant = |text: &str| text.parse::<Instant>().unwrap();
    let window = Period::new(instant(start), instant(end)).unwrap();
    let team = team(folder);
    let all = events(&Plan::new(&team, window), &Links::new(None));
    let name = |event: &Event| {
        let uid = event.uid.strip_prefix("data-pipelines.").unwrap();
        uid.split('@').next().unwrap().to_owned()
    };
    let all: BTreeMap<String, Event> = all.into_iter().map(|event| (name(&event), event)).collect();
    for event in all.values() {
        assert!(!event.description.contains("private") && !event.summary.contains("private"));
    }
    all
}

fn memorial_day(folder: &Path) -> BTreeMap<String, Event> {
    feed(folder, "2027-05-21T14:00:00Z", "2027-06-11T14:00:00Z")
}

#[track_caller]
fn says(event: &Event, expected: &[&str]) {
    for expected in expected {
        let text = format!("{}\n{}", event.summary, event.description);
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

/// Checks the first lines that `oncal now` prints.
#[track_caller]
fn now(folder: &Path, at: &str, expected: &str) {
    let printed = run(folder, &["now", "--at", at]);
    let lines: Vec<&str> = printed.lines().skip(1).map(str::trim_end).collect();
    let expected: Vec<&str> = expected.trim_matches('\n').lines().map(|line| &line[12..]).collect();
    assert_eq!(lines, expected, "{printed}");
}

#[test]
fn now_says_that_a_secondary_on_leave_is_no_backup_and_who_is_next() {
    let folder = tempfile::tempdir().unwrap();
    on_leave(folder.path());
    now(
        folder.path(),
        "2027-05-29T12:00",
        "
              primary    Data Engineer B until Mon 31 May 2027 00:00 EDT
                         then Data Engineer A (PROPOSED, Memorial Day), alone
              secondary  Data Engineer C (AWAY until Wed 2 Jun 2027 00:00 EDT: no backup)
                         until Mon 31 May 2027 00:00 EDT
                         then nobody",
    );
    now(
        folder.path(),
        "2027-05-31T12:00",
        "
              primary    Data Engineer A (PROPOSED, not agreed) until Tue 1 Jun 2027 00:00 EDT
                         then Data Engineer B
              secondary  nobody until Tue 1 Jun 2027 00:00 EDT
                         then Data Engineer C (AWAY: no backup)",
    );
    now(
        folder.path(),
        "2027-06-02T00:00",
        "
              primary    Data Engineer B until Fri 4 Jun 2027 10:00 EDT
                         then Data Engineer C
              secondary  Data Engineer C until Fri 4 Jun 2027 10:00 EDT
                         then Data Engineer D",
    );
}

#[test]
fn json_says_until_when_a_holder_is_away_in_the_last_field_of_a_role() {
    let folder = tempfile::tempdir().unwrap();
    on_leave(folder.path());
    let printed = run(folder.path(), &["now", "--json", "--at", "2027-05-29T12:00"]);
    let answer: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(answer["primary"]["away_until"], Value::Null);
    assert_eq!(answer["secondary"]["away_until"], "2027-06-02T04:00:00Z");
    let fields: Vec<&String> = answer["secondary"].as_object().unwrap().keys().collect();
    assert!(printed.find("\"status\"").unwrap() < printed.find("\"away_until\"").unwrap(), "{fields:?}");
}

#[test]
fn leave_for_part_of_a_day_is_shown_to_the_minute_across_a_clock_change() {
    // Clocks go back on Sunday 1 November 2026 at 02:00; A is secondary in the week of 30 October.
    let leave =
        "name = \"Data Engineer A\"\ntime_off = [{ from = 2026-11-01T00:30:00, to = 2026-11-01T13:00:00 }]";
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path(), &[("name = \"Data Engineer A\"", leave)], "");
    let week = feed(folder.path(), "2026-10-30T14:00:00Z", "2026-11-06T15:00:00Z");
    let secondary = week.values().find(|event| event.summary.contains("secondary")).unwrap();
    says(secondary, &["Data Engineer A: secondary on-call (AWAY 1 Nov 00:30 EDT–13:00 EST: no backup)"]);
    let is_shown_away = |at: &str| {
        let printed = run(folder.path(), &["now", "--at", at]);
        printed.contains("Data Engineer A (AWAY until Sun 1 Nov 2026 13:00 EST: no backup)")
    };
    assert_eq!(
        ["2026-11-01T04:29:59Z", "2026-11-01T04:30:00Z", "2026-11-01T17:59:59Z", "2026-11-01T18:00:00Z"]
            .map(is_shown_away),
        [false, true, true, false]
    );
}

#[test]
fn the_schedule_marks_who_is_away() {
    let folder = tempfile::tempdir().unwrap();
    on_leave(folder.path());
    let printed = run(folder.path(), &["schedule", "--from", "2027-05-28", "--weeks", "1"]);
    assert_eq!((printed.matches("AWAY").count(), printed.matches("no backup").count()), (2, 2), "{printed}");
    assert!(printed.contains("AWAY 29–30 May:") && printed.contains("AWAY 1 Jun:"), "{printed}");
    let own = run(folder.path(), &["schedule", "--from", "2027-05-28", "--weeks", "1", "--engineer", "c"]);
    assert!(own.contains("AWAY 29–30 May:"), "{own}");
}

#[test]
fn both_shifts_say_that_the_secondary_is_away() {
    let folder = tempfile::tempdir().unwrap();
    on_leave(folder.path());
    let events = memorial_day(folder.path());
    says(
        &events["primary.20270528T140000Z"],
        &[
            "Data Engineer B: primary on-call\n",
            "Secondary: Data Engineer C, away 29–30 May (time off): no backup\n",
        ],
    );
    says(
        &events["secondary.20270528T140000Z"],
        &[
            "Data Engineer C: secondary on-call (AWAY 29–30 May: no backup)\n",
            "Attention: Data Engineer C is away 29–30 May (time off): no backup.\n",
        ],
    );
    says(&events["primary.20270604T140000Z"], &["Secondary: Data Engineer D\n"]);
}

#[test]
fn whoever_misses_the_meeting_is_marked_among_those_who_attend() {
    let leave = "name = \"Data Engineer B\"\ntime_off = [{ from = 2027-05-28, to = 2027-05-28 }]";
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path(), &[("name = \"Data Engineer C\"", &leave.replace("Engineer B", "Engineer C"))], "");
    let events = memorial_day(folder.path());
    says(
        &events["handover.20270528T140000Z"],
        &["Also expected: secondaries Data Engineer B, then Data Engineer C (away)\n"],
    );
    says(
        &events["handover.20270604T140000Z"],
        &["Also expected: secondaries Data Engineer C, then Data Engineer D\n"],
    );
}

#[test]
fn the_meeting_says_which_agreements_are_late_and_who_are_away() {
    let folder = tempfile::tempdir().unwrap();
    on_leave(folder.path());
    let events = feed(folder.path(), "2027-05-07T14:00:00Z", "2027-06-04T14:00:00Z");
    says(&events["handover.20270507T140000Z"], &["volunteer needed; agree by Fri 14 May 10:00 EDT"]);
    for late in ["handover.20270514T140000Z", "handover.20270521T140000Z", "handover.20270528T140000Z"] {
        says(&events[late], &["volunteer needed; was to be agreed by Fri 14 May 10:00 EDT"]);
    }
    plan(folder.path(), &[], "");
    let events = feed(folder.path(), "2026-12-18T15:00:00Z", "2027-01-01T15:00:00Z");
    says(
        &events["handover.20261225T150000Z"],
        &[
            "Moved from Fri 25 Dec: Data Engineer C (Christmas Day) and Data Engineer D (Christmas Day) are away then.",
            "At first, until Sat 26 Dec 00:00 EST, Data Engineer A covers Christmas Day for Data Engineer D.",
        ],
    );
}

#[test]
fn a_proposal_is_never_presented_as_a_fact() {
    let folder = tempfile::tempdir().unwrap();
    on_leave(folder.path());
    let events = memorial_day(folder.path());
    let memorial_day = &events["occasion.20270531"];
    assert_eq!(
        (memorial_day.status, &*memorial_day.summary),
        (Status::Tentative, "PROPOSED Memorial Day: Data Engineer A")
    );
    says(memorial_day, &["31 May: Data Engineer A: Memorial Day (PROPOSED as primary)\n"]);
    says(
        &events["primary.20270528T140000Z"],
        &[
            "Next: Mon 31 May 00:00 EDT, Data Engineer A is PROPOSED as primary (Memorial Day) until Tue 1 Jun 00:00 EDT, \
               then Data Engineer B is primary again\n",
        ],
    );
    let printed = run(folder.path(), &["coverage", "--from", "2027-05-28", "--weeks", "1", "--all"]);
    assert!(printed.contains("would work") && printed.contains("A (proposed)"), "{printed}");
    assert!(!printed.contains("working"), "{printed}");
    let json = run(folder.path(), &["coverage", "--from", "2027-05-28", "--weeks", "1", "--json"]);
    assert!(json.contains("\"working\""), "the status stays what programs know: {json}");
}

#[test]
fn a_holiday_is_one_event_with_who_is_on_call_through_it_in_order() {
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path(), &[], "");
    let events = feed(folder.path(), "2026-12-18T15:00:00Z", "2027-01-01T15:00:00Z");
    let christmas = events.values().filter(|event| event.uid.contains(".occasion."));
    let titles: Vec<&str> = christmas.map(|event| &*event.summary).collect();
    assert_eq!(
        titles,
        [
            "Christmas Day: Data Engineer D, then Data Engineer A from 10:00",
            "New Year's Day: Data Engineer A, then Data Engineer B from 10:00"
        ]
    );
    says(
        &events["occasion.20261225"],
        &[
            "On call: Data Engineer D (no backup) until 10:00, then Data Engineer A (no backup)\n",
            "25 Dec: Data Engineer C: Christmas Day until 10:00 (Data Engineer D covers)\n",
            "25 Dec: Data Engineer D: Christmas Day from 10:00 (Data Engineer A covers)\n",
            "25 Dec: Data Engineer B, Data Engineer C: Christmas Day from 10:00 (not on call)",
        ],
    );
    let london = "name = \"Data Engineer D\"\ntime_zone = \"Europe/London\"\nholidays = [\"gb-eng\"]";
    plan(folder.path(), &[("name = \"Data Engineer D\"", london)], "");
    let events = feed(folder.path(), "2026-12-18T15:00:00Z", "2027-01-01T15:00:00Z");
    let christmas = &events["occasion.20261225"];
    assert!(christmas.summary.starts_with("Christmas Day + 1: "), "{}", christmas.summary);
    says(
        christmas,
        &["Data Engineer D: Christmas Day, Boxing Day, from 25 Dec 15:00 GMT (Data Engineer A covers)\n"],
    );
}

#[test]
fn the_neighbours_of_a_gap_explain_it() {
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path(), &[], "");
    let events = feed(folder.path(), "2026-11-20T15:00:00Z", "2027-01-01T15:00:00Z");
    let covers = "Data Engineer D covers Thanksgiving Day for Data Engineer C";
    says(
        &events["primary.20261120T150000Z"],
        &[&format!(
            "Next: Thu 26 Nov 00:00 EST, {covers} until Fri 27 Nov 00:00 EST, then Data Engineer C is primary again\n"
        )],
    );
    says(
        &events["secondary.20261120T150000Z"],
        &[&format!(
            "Next: Thu 26 Nov 00:00 EST, the secondary role is empty, as {covers} until Fri 27 Nov 00:00 EST, then \
                 Data Engineer D is secondary again\n"
        )],
    );
}

#[test]
fn where_nobody_is_free_it_is_not_covered_and_nobody_is_proposed() {
    // On Memorial Day everybody but B, whose holiday it is, is on leave, and B too.
    let edits: Vec<(String, String)> = ["A", "B", "C", "D"]
        .iter()
        .map(|who| {
            let name = format!("name = \"Data Engineer {who}\"");
            let leave = format!(
                "{name}\ntime_off = [{{ from = 2027-05-31, to = 2027-05-31, reason = \"private\" }}]"
            );
            (name, leave)
        })
        .collect();
    let edits: Vec<(&str, &str)> = edits.iter().map(|(from, to)| (&**from, &**to)).collect();
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path(), &edits, "");
    let events = memorial_day(folder.path());
    let kept = &events["primary.20270531T040000Z"];
    assert_eq!(kept.status, Status::Tentative);
    says(
        kept,
        &["NOT COVERED Data Engineer C: primary on-call (Memorial Day, time off, nobody free; AWAY)\n"],
    );
    says(
        &events["occasion.20270531"],
        &["NOT COVERED Memorial Day: ", "(NOT COVERED, Data Engineer C keeps it)\n"],
    );
    assert!(events.values().all(|event| !event.summary.contains("PROPOSED")));
    let printed = run(folder.path(), &["coverage", "--from", "2027-05-28", "--weeks", "1"]);
    assert!(
        printed.contains("NOT COVERED") && printed.contains("keeps it until you find somebody"),
        "{printed}"
    );
    assert!(printed.contains("primary = \"…\"   # nobody is free: find somebody"), "{printed}");
    now(
        folder.path(),
        "2027-05-31T12:00",
        "
              primary    Data Engineer C (NOT COVERED: nobody is free; AWAY until Tue 1 Jun 2027 00:00 EDT)
                         until Tue 1 Jun 2027 00:00 EDT
                         then Data Engineer B
              secondary  nobody until Tue 1 Jun 2027 00:00 EDT
                         then Data Engineer C",
    );
    let file = folder.path().join("teams/data-pipelines.toml");
    let pasted = fs::read_to_string(&file).unwrap() + &printed[printed.find("[[override]]").unwrap()..];
    fs::write(&file, pasted).unwrap();
    let loaded = oncal::config::load(folder.path(), NOW.parse::<Instant>().unwrap()).unwrap();
    assert!(loaded.has_errors(), "pasted as it stands, it must not turn the alarm off");
}

#[test]
fn an_agreement_without_a_secondary_says_who_stays_and_check_warns_of_it() {
    let folder = tempfile::tempdir().unwrap();
    on_leave(folder.path());
    let printed = run(folder.path(), &["coverage", "--from", "2027-05-28", "--weeks", "1"]);
    let entry = printed[printed.find("[[override]]").unwrap()..].split("\n\n").next().unwrap();
    assert_eq!(
        entry,
        "[[override]]\nfrom = 2027-05-31\nthrough = 2027-05-31\nprimary = \"a\"\n\
             #secondary = \"…\"   # left out: c stays secondary but cannot cover\n\
             agreed_on = 2027-05-03\nreason = \"Memorial Day\""
    );
    let file = folder.path().join("teams/data-pipelines.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + entry).unwrap();
    let loaded = oncal::config::load(folder.path(), NOW.parse::<Instant>().unwrap()).unwrap();
    let messages: Vec<&str> = loaded.diagnostics.iter().map(|diagnostic| &*diagnostic.message).collect();
    let stays = "`c` is away during this override and stays secondary, since it names no other: Time off, Memorial Day";
    assert!(messages.contains(&stays), "{messages:#?}");
    says(
        &memorial_day(folder.path())["primary.20270531T040000Z"],
        &["Secondary: Data Engineer C, away all that time (time off, Memorial Day): no backup\n"],
    );
}

#[test]
fn a_swap_is_shown_as_one_engineer_instead_of_another() {
    let swap = "\n[[swap]]\nweek = 2027-05-14\nprimary = \"c\"\nsecondary = \"a\"\nreason = \"a trip\"\n";
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path(), &[], swap);
    let printed = run(folder.path(), &["schedule", "--from", "2027-05-14", "--weeks", "1"]);
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(printed.contains("instead of"), "{printed}");
    assert!(printed.contains("(swap: a trip)"), "{printed}");
    assert!(!printed.contains("swap for"), "{printed}");
}

#[test]
fn leave_that_goes_on_after_the_last_week_on_duty_names_nobody_for_the_days_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let leave = "time_off = [{ from = 2027-06-05, to = 2027-06-20 }]";
    plan(folder.path(), &[(&format!("#{}", LEAVE.replace("private", "Leave")), leave)], "");
    let events = feed(folder.path(), "2027-05-28T14:00:00Z", "2027-07-02T14:00:00Z");
    let event = &events["time-off.c.20270605"];
    assert_eq!(event.summary, "Time off of Data Engineer C: Data Engineer D until Fri 11 Jun 10:00");
    says(event, &["On call Sat 5 Jun 00:00 – Fri 11 Jun 10:00 EDT: Data Engineer D (no backup)\n"]);
    let printed = run(folder.path(), &["coverage", "--from", "2027-06-04", "--weeks", "1"]);
    assert!(
        printed.contains("\n  Sat 5 Jun 00:00 – Fri 11 Jun 10:00 EDT: Data Engineer D (no backup)\n"),
        "{printed}"
    );
}
