//! The commands that write a team's file: what they change, what they leave alone, and what they refuse.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use oncal::config::load;
use oncal::rota::{Instant, Team, TeamId, coverage, expand};

/// Friday, 7 May 2027, 08:15 in New York.
const NOW: &str = "2027-05-07T12:15:30Z";

fn oncal(config: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command
        .env_remove("ONCAL_CONFIG")
        .env("NO_COLOR", "1")
        .args(["--now", NOW, "--config"])
        .arg(config)
        .args(args);
    command
}

pub(crate) fn run(config: &Path, args: &[&str]) -> Output {
    oncal(config, args).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn run_ok(config: &Path, args: &[&str]) -> String {
    let output = run(config, args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout) + &text(&output.stderr)
}

#[track_caller]
fn refused(config: &Path, args: &[&str], code: i32, why: &str) {
    let before = fs::read(file(config)).unwrap();
    let output = run(config, args);
    let printed = text(&output.stderr);
    assert_eq!(
        (output.status.code(), fs::read(file(config)).unwrap() == before),
        (Some(code), true),
        "{args:?}: {printed}"
    );
    assert!(printed.contains(why), "{args:?}: {printed}");
}

pub(crate) fn file(config: &Path) -> PathBuf {
    config.join("teams/data-pipelines.toml")
}

/// The shipped configuration in a folder of its own.
fn shipped(folder: &Path) -> PathBuf {
    let config = folder.join("config");
    let output = Command::new(env!("CARGO_BIN_EXE_oncal")).arg("init").arg(&config).output().unwrap();
    assert!(output.status.success());
    config
}

pub(crate) fn now() -> Instant {
    NOW.parse().unwrap()
}

pub(crate) fn team(config: &Path) -> Team {
    let configuration = load(config, now()).unwrap();
    assert!(!configuration.has_errors(), "{:?}", configuration.diagnostics);
    configuration.teams[&TeamId::new("data-pipelines").unwrap()].team.clone()
}

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let before = fs::read_to_string(file(&config)).unwrap();
    let printed = run_ok(&config, &["cover", "d", "tomorrow", "09:00", "--dry-run"]);
    for part in [
        "Data Engineer D is primary from Fri 7 May 2027 08:15 EDT to Sat 8 May 2027 09:00 EDT",
        "+++ b/teams/data-pipelines.toml",
        "+from = 2027-05-07T08:15:00\n+to = 2027-05-08T09:00:00\n+primary = \"d\"",
        "Tell Data Engineer B, Data Engineer C and Data Engineer D",
        "oncal off c 2027-05-07 2027-05-08",
        "dry run",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert_eq!(fs::read_to_string(file(&config)).unwrap(), before);
}

#[test]
fn a_new_entry_goes_below_its_explanation_and_nothing_else_changes() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let before = fs::read_to_string(file(&config)).unwrap();
    run_ok(&config, &["cover", "Data Engineer D", "sat 18:00", "mon 09:00", "--reason", "C is ill"]);
    let entry = "\n[[override]]\nfrom = 2027-05-08T18:00:00\nto = 2027-05-10T09:00:00\nprimary = \"d\"\nreason = \"C is ill\"\n";
    let example = "#reason = \"Memorial Day, agreed in the Friday meeting\"\n";
    assert_eq!(
        fs::read_to_string(file(&config)).unwrap(),
        before.replace(example, &format!("{example}{entry}"))
    );
}

#[test]
fn exchanging_weeks_twice_restores_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let before = fs::read_to_string(file(&config)).unwrap();
    run_ok(&config, &["swap", "2027-06-11", "2027-06-18"]);
    assert_ne!(fs::read_to_string(file(&config)).unwrap(), before);
    run_ok(&config, &["swap", "2027-06-18", "2027-06-11"]);
    assert_eq!(fs::read_to_string(file(&config)).unwrap(), before);
}

#[test]
fn an_override_in_the_way_is_shortened_or_split_and_keeps_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    run_ok(&config, &["cover", "d", "2027-05-08", "2027-05-11", "--reason", "C is ill"]);
    run_ok(&config, &["cover", "a", "2027-05-09 12:00", "2027-05-10"]);
    let entries = fs::read_to_string(file(&config)).unwrap();
    assert!(
        entries.contains(
            "from = 2027-05-08\nto = 2027-05-09T12:00:00\nprimary = \"d\"\nreason = \"C is ill\"\n"
        ),
        "{entries}"
    );
    assert!(
        entries.contains("from = 2027-05-10\nthrough = 2027-05-10\nprimary = \"d\"\nreason = \"C is ill\"\n"),
        "{entries}"
    );
    let team = team(&config);
    let who: Vec<&str> = team.overrides.iter().map(|by| team.engineer(by.primary).id.as_str()).collect();
    assert_eq!(who, ["d", "a", "d"]);
    run_ok(&config, &["cover", "b", "2027-05-08", "2027-05-11"]);
    assert_eq!(self::team(&config).overrides.len(), 1, "all three make room for one");
}

#[test]
fn the_commands_that_are_printed_work_with_several_teams_and_with_two_conflicts_on_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let plan = fs::read_to_string(file(&config)).unwrap();
    let plan: String = plan.split_inclusive('\n').filter(|line| !line.starts_with("run_book = ")).collect();
    fs::write(config.join("teams/other.toml"), plan).unwrap();
    // Friday, Christmas as observed: C and after 10:00 D have the holiday, and D and A would cover.
    let off = |id: &str| run_ok(&config, &["off", id, "2027-12-23", "2027-12-26", "--team", "other"]);
    let command = |printed: &str| {
        let command =
            printed.lines().find_map(|line| Some(line.split_once("record it: oncal ")?.1.to_owned()));
        command.unwrap_or_else(|| panic!("{printed}"))
    };
    assert_eq!(command(&off("d")), "agree 2027-12-24 WHO --team other");
    let second = command(&off("a"));
    assert_eq!(second, "agree 2027-12-24 WHO --at 10:00 --team other");
    let who = second.replace("WHO", "c");
    run_ok(&config, &who.split(' ').collect::<Vec<_>>());
}

#[test]
fn a_conflict_is_agreed_on_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let printed = run_ok(&config, &["off", "c", "2027-05-29", "2027-06-01", "--reason", "private"]);
    assert!(printed.contains("oncal agree 2027-05-31 WHO"), "{printed}");
    refused(&config, &["agree", "2027-05-30", "d"], 1, "there is no open conflict on Sun 30 May 2027");
    run_ok(&config, &["agree", "2027-05-31", "d", "--secondary", "a"]);
    let entries = fs::read_to_string(file(&config)).unwrap();
    let entry = "from = 2027-05-31\nthrough = 2027-05-31\nprimary = \"d\"\nsecondary = \"a\"\nagreed_on = 2027-05-07\nreason = \"Memorial Day\"\n";
    assert!(entries.contains(entry), "{entries}");
    refused(&config, &["agree", "2027-05-31", "d", "--secondary", "a"], 1, "agreed already: Data Engineer D");
    let check = run(&config, &["check", "--deny-warnings"]);
    let printed = text(&check.stdout) + &text(&check.stderr);
    assert_eq!(check.status.code(), Some(0), "D works on a holiday, as agreed: {printed}");
    let team = team(&config);
    let rows = coverage(&team, &expand(&team, team.zone.day("2027-05-31".parse().unwrap()).unwrap())).rows;
    assert!(rows.iter().all(|row| !row.status.is_open()));
}

#[test]
fn a_conflict_that_ends_in_the_hour_that_occurs_twice_is_recorded_whole() {
    for (leave, period, lines, after) in [
        (
            "2027-11-06",
            "from Sat 6 Nov 2027 02:00 EDT to Sun 7 Nov 2027 02:00 EST",
            "from = 2027-11-06T02:00:00\nto = 2027-11-07T02:00:00\n",
            "2027-11-07T07:00:00Z",
        ),
        (
            "2027-11-07",
            "from Sun 7 Nov 2027 01:59 EDT to Mon 8 Nov 2027 01:00 EST",
            "from = 2027-11-07T01:59:00\nto = 2027-11-08T01:00:00\n",
            "2027-11-08T06:00:00Z",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let config = shipped(folder.path());
        let plan = fs::read_to_string(file(&config)).unwrap();
        let in_mexico = "id = \"a\"\ntime_zone = \"America/Mexico_City\"\n";
        fs::write(file(&config), plan.replacen("id = \"a\"\n", in_mexico, 1)).unwrap();
        run_ok(&config, &["off", "a", leave]);
        run_ok(&config, &["off", "b", "2027-11-01", "2027-11-10"]);
        let printed = run_ok(&config, &["coverage", "--from", "2027-11-01"]);
        assert!(printed.contains(lines), "{printed}");
        let printed = run_ok(&config, &["agree", leave, "d", "--secondary", "c"]);
        assert!(printed.contains(&format!("agreed: Data Engineer D is primary {period}")), "{printed}");
        assert!(!printed.contains("New conflict"), "{printed}");
        let written = fs::read_to_string(file(&config)).unwrap();
        assert!(written.contains(lines), "{written}");
        let team = team(&config);
        assert_eq!(team.overrides[0].period.end(), after.parse::<Instant>().unwrap());
        let week = team.zone.day("2027-11-07".parse().unwrap()).unwrap();
        let rows = coverage(&team, &expand(&team, week)).rows;
        assert!(rows.iter().all(|row| !row.status.is_open()), "{rows:?}");
        refused(&config, &["agree", leave, "d"], 1, "agreed already");
    }
}

#[test]
fn leave_of_the_secondary_says_who_is_on_call_without_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    // C is primary until Friday 14 May, D secondary.
    let printed = run_ok(&config, &["off", "d", "2027-05-10", "2027-05-11"]);
    for part in [
        "\nno shift moves\n",
        "No backup: Mon 10 May 2027 – Tue 11 May 2027 (Data Engineer C is primary, Data Engineer D is away)\n",
        "Tell Data Engineer C: ",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let again = run_ok(&config, &["off", "d", "2027-05-20"]);
    assert!(!again.contains("No backup"), "only what is new: {again}");
}

#[test]
fn a_cover_over_an_agreement_is_an_agreement() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    run_ok(&config, &["off", "c", "2027-05-29", "2027-06-01"]);
    run_ok(&config, &["agree", "2027-05-31", "d", "--secondary", "a"]);
    run_ok(&config, &["cover", "b", "2027-05-31", "2027-06-01", "--secondary", "a"]);
    let agreed: Vec<_> = team(&config).overrides.iter().map(|by| by.agreed_on).collect();
    assert_eq!(agreed, [Some("2027-05-07".parse().unwrap())]);
}

#[test]
fn now_is_a_time_in_the_first_of_two_equal_hours_and_refused_in_the_second() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_c_in("America/New_York", folder.path());
    let (code, printed, written) = off_at(&config, "2027-11-07T05:30:10Z", &["now"]);
    assert_eq!(
        (code, written.as_str()),
        (Some(0), "time_off = [{ from = 2027-11-07T01:30:00, to = 2027-11-07 }]"),
        "{printed}"
    );
    let (code, printed, _) = off_at(&config, "2027-11-07T06:30:10Z", &["now"]);
    assert_eq!(code, Some(2), "{printed}");
    let why = "it is 01:30 EST now, which the file cannot express: give a start, such as 02:00";
    assert!(printed.contains(why), "{printed}");
}

#[test]
fn cover_asks_about_leave_only_for_the_part_in_which_the_primary_becomes_the_backup() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    // C is primary until Friday 14 May 10:00 with D as secondary, then D with A.
    let printed =
        run_ok(&config, &["cover", "b", "2027-05-08", "2027-05-14 18:00", "--dry-run", "--secondary", "d"]);
    assert!(
        printed.contains(
            "Data Engineer D is the backup from Fri 14 May 2027 10:00 EDT to Fri 14 May 2027 18:00 EDT"
        ),
        "{printed}"
    );
    assert!(printed.contains("record that too: `oncal off d 2027-05-14 --team data-pipelines`"), "{printed}");
    assert!(!printed.contains("oncal off c"), "C has no duty: {printed}");
    let printed = run_ok(&config, &["cover", "b", "2027-05-08", "2028-05-08", "--dry-run"]);
    let backup = printed.lines().find(|line| line.contains("backup: ")).unwrap();
    assert!(backup.ends_with(", and so on") && backup.matches(", then ").count() == 5, "{backup}");
    assert!(printed.matches("record that too").count() <= 3, "{printed}");
}

#[test]
fn of_several_conflicts_on_one_date_a_time_says_which_is_agreed_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    // C is primary until Friday 14 May, D secondary.
    for who in ["c", "d"] {
        for [from, to] in [["09:00", "11:00"], ["15:00", "17:00"]] {
            let [from, to] = [from, to].map(|time| format!("2027-05-12 {time}"));
            run_ok(&config, &["off", who, &from, &to]);
        }
    }
    let agree = ["agree", "2027-05-12", "a"];
    let at = |time| [&agree[..], &["--at", time]].concat();
    refused(&config, &agree, 2, "there are several conflicts on that day: Wed 12 May 2027 09:00");
    refused(&config, &agree, 2, "Wed 12 May 2027 15:00");
    refused(&config, &agree, 2, "such as --at 09:00");
    refused(&config, &at("12:00"), 1, "no conflict is open at that time, but Wed 12 May 2027 09:00");
    let primaries = |config: &Path| -> Vec<(String, Option<String>, String)> {
        let team = team(config);
        let id = |index| team.engineer(index).id.as_str().to_owned();
        let entry = |by: &oncal::rota::Override| {
            (id(by.primary), by.secondary.map(id), by.period.start().to_string())
        };
        team.overrides.iter().map(entry).collect()
    };
    run_ok(&config, &[&at("15:30")[..], &["--secondary", "b", "--reason", "swim, \"meet\""]].concat());
    let afternoon = ("a".to_owned(), Some("b".to_owned()), "2027-05-12 19:00:00 UTC".to_owned());
    assert_eq!(primaries(&config), std::slice::from_ref(&afternoon), "the other conflict stays open");
    assert_eq!(team(&config).overrides[0].reason.as_deref(), Some("swim, \"meet\""));
    refused(&config, &at("16:59"), 1, "agreed already: Data Engineer A");
    run_ok(&config, &["agree", "2027-05-12", "b"]);
    let found = primaries(&config);
    assert_eq!((found.len(), &found[1], found[0].0.as_str()), (2, &afternoon, "b"));
    refused(&config, &agree, 1, "agreed already: Data Engineer B");
}

/// The shipped configuration with C in `zone`, in a folder of its own.
fn with_c_in(zone: &str, folder: &Path) -> PathBuf {
    let config = shipped(folder);
    let plan = fs::read_to_string(file(&config)).unwrap();
    let plan = plan.replacen("id = \"c\"\n", &format!("id = \"c\"\ntime_zone = \"{zone}\"\n"), 1);
    fs::write(file(&config), plan).unwrap();
    config
}

/// `oncal off c …` at an instant: the exit code, what is printed and the entry that is written.
fn off_at(config: &Path, now: &str, times: &[&str]) -> (Option<i32>, String, String) {
    let before = fs::read_to_string(file(config)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command.env_remove("ONCAL_CONFIG").env("NO_COLOR", "1").args(["--now", now, "--config"]).arg(config);
    let output = command.args(["off", "c"]).args(times).output().unwrap();
    let after = fs::read_to_string(file(config)).unwrap();
    fs::write(file(config), &before).unwrap();
    let new = after.lines().find(|line| line.starts_with("time_off") && !before.contains(line));
    let entry = new.unwrap_or_default().to_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr), entry)
}

#[test]
fn leave_is_typed_and_written_on_the_clock_of_the_person_who_is_away() {
    // Friday, 20:30 in New York, Saturday, 06:00 in Kolkata, Friday, 14:30 in Honolulu.
    let now = "2027-05-08T00:30:00Z";
    for (zone, cases) in [
        (
            "Asia/Kolkata",
            &[
                (&["today"][..], "from = 2027-05-08, to = 2027-05-08"),
                (&["now"], "from = 2027-05-08T06:00:00, to = 2027-05-08"),
                (&["Now", "tomorrow"], "from = 2027-05-08T06:00:00, to = 2027-05-09"),
                (&["15:00"], "from = 2027-05-08T15:00:00, to = 2027-05-08"),
                (&["3pm"], "from = 2027-05-08T15:00:00, to = 2027-05-08"),
                (&["noon", "3pm"], "from = 2027-05-08T12:00:00, to = 2027-05-08T15:00:00"),
                (&["sun"], "from = 2027-05-09, to = 2027-05-09"),
                (&["2027-05-08T07:00:00Z"], "from = 2027-05-08T12:30:00, to = 2027-05-08"),
            ][..],
        ),
        (
            "Pacific/Honolulu",
            &[
                (&["today"], "from = 2027-05-07, to = 2027-05-07"),
                (&["tomorrow"], "from = 2027-05-08, to = 2027-05-08"),
                (&["now tomorrow"], "from = 2027-05-07T14:30:00, to = 2027-05-08"),
                (&["3pm"], "from = 2027-05-07T15:00:00, to = 2027-05-07"),
            ],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let config = with_c_in(zone, folder.path());
        for (times, entry) in cases {
            let (code, printed, written) = off_at(&config, now, times);
            assert_eq!(
                (code, written),
                (Some(0), format!("time_off = [{{ {entry} }}]")),
                "{zone} {times:?}: {printed}"
            );
            assert!(printed.contains(&format!("on the clock of {zone}")), "{times:?}: {printed}");
            let note = "today is Sat 8 May 2027 in Asia/Kolkata, and Fri 7 May 2027 on the team's clock";
            let end = "is away Sat 8 May 2027 15:00 to the end of that day, on the clock of Asia/Kolkata";
            assert_eq!(
                printed.contains(end),
                zone == "Asia/Kolkata" && ["15:00", "3pm"].contains(&times[0]),
                "{printed}"
            );
            let has_two_dates = zone == "Asia/Kolkata" && times[..] != ["2027-05-08T07:00:00Z"];
            assert_eq!(printed.contains(note), has_two_dates, "{zone} {times:?}: {printed}");
            assert_eq!(printed.contains("on the team's clock"), has_two_dates, "{zone} {times:?}: {printed}");
        }
    }
}

#[test]
fn leave_that_is_over_is_refused_unless_its_dates_are_written_out() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_c_in("Asia/Kolkata", folder.path());
    let now = "2027-05-08T00:30:00Z";
    for times in [&["yesterday"][..], &["today 03:00", "today 05:00"], &["yesterday", "2027-05-07"]] {
        let (code, printed, written) = off_at(&config, now, times);
        assert_eq!((code, written.as_str()), (Some(1), ""), "{times:?}: {printed}");
        assert!(printed.contains("that is over, since it is Sat 8 May 2027 06:00"), "{printed}");
    }
    let (code, printed, written) = off_at(&config, now, &["2027-05-07"]);
    assert_eq!((code, written.as_str()), (Some(0), "time_off = [{ from = 2027-05-07, to = 2027-05-07 }]"));
    assert!(printed.contains("this leave is in the past"), "{printed}");
}

#[test]
fn a_cover_of_the_past_is_written_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let over =
        "this period is in the past; it changes the record of who was on call from Sat 1 May 2027 00:00 EDT";
    assert!(run_ok(&config, &["cover", "d", "2027-05-01", "-", "2027-05-02"]).contains(over));
    assert!(!run_ok(&config, &["cover", "d", "2027-05-06..2027-05-08"]).contains("this is over"));
    assert_eq!(team(&config).overrides.len(), 2);
}

#[test]
fn names_are_found_whatever_they_are_written_with() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let plan = fs::read_to_string(file(&config)).unwrap();
    fs::write(file(&config), plan.replace("\"Data Engineer D\"", "\"Zoë 🚀 O'Neil \\\"Z\\\"\"")).unwrap();
    for who in ["zoë", "🚀", "o'neil", "\"Z\"", "ZOË 🚀 O'NEIL \"Z\"", "d"] {
        let printed = run_ok(&config, &["cover", who, "tomorrow", "--dry-run", "--reason", "Ü \"q\" \\ 🚑"]);
        assert!(
            printed.contains("Zoë 🚀 O'Neil \"Z\" is primary from Fri 7 May 2027 08:15 EDT"),
            "{who}: {printed}"
        );
        assert!(printed.contains("+reason = \"Ü \\\"q\\\" \\\\ 🚑\"\n"), "{printed}");
    }
}

#[test]
fn a_cover_across_a_change_of_clocks_lasts_until_the_time_on_the_new_clock() {
    for (times, hours) in [
        (["2027-11-06 12:00", "2027-11-07 12:00"], 25),
        (["2027-11-07", "2027-11-08"], 25),
        (["2028-03-11 12:00", "2028-03-12 12:00"], 23),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let config = shipped(folder.path());
        run_ok(&config, &[&["cover", "d"][..], &times].concat());
        let lengths: Vec<i64> = team(&config).overrides.iter().map(|by| by.period.seconds() / 3600).collect();
        assert_eq!(lengths, [hours], "{times:?}");
    }
}

#[test]
fn cover_suggests_leave_in_days_of_the_engineers_own_clock() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_c_in("Asia/Kolkata", folder.path());
    // C is primary until Friday 14 May, D secondary.
    let printed = run_ok(&config, &["cover", "d", "sat 18:00", "2027-05-10", "--dry-run"]);
    assert!(printed.contains("oncal off c 2027-05-09 2027-05-10 --team data-pipelines`"), "{printed}");
}

#[test]
fn people_who_get_notices_are_not_listed_as_people_to_inform() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let settings = config.join("oncal.toml");
    let mail = "\n[mail]\nserver = \"smtp://127.0.0.1:25\"\nfrom = \"oncall@example.org\"\n";
    fs::write(&settings, fs::read_to_string(&settings).unwrap() + mail).unwrap();
    let plan = fs::read_to_string(file(&config)).unwrap();
    let plan = plan.replacen("id = \"d\"\n", "id = \"d\"\nemail = \"d@example.org\"\n", 1);
    fs::write(file(&config), &plan).unwrap();
    let command = ["cover", "d", "tomorrow", "09:00", "--dry-run"];
    let printed = run_ok(&config, &command);
    assert!(printed.contains("The server notifies Data Engineer D by mail.\n"), "{printed}");
    assert!(printed.contains("Tell Data Engineer B and Data Engineer C: "), "{printed}");
    let far = run_ok(&config, &["cover", "d", "2027-12-05", "2027-12-06", "--dry-run"]);
    assert!(
        !far.contains("notifies") && far.contains("Data Engineer D: "),
        "notices look a few weeks ahead: {far}"
    );

    let notices = "\n[notices]\nmail = [\"team@example.org\"]\n";
    fs::write(file(&config), plan + notices).unwrap();
    let printed = run_ok(&config, &command);
    assert!(printed.contains("The server notifies the team.\n"), "{printed}");
}

#[test]
fn an_exchange_takes_the_reason_of_a_swap_that_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    run_ok(&config, &["swap", "2027-06-11", "a", "c", "--reason", "wedding"]);
    run_ok(&config, &["swap", "2027-06-11", "2027-06-18"]);
    let team = team(&config);
    assert_eq!(team.swaps.len(), 2);
    assert!(!fs::read_to_string(file(&config)).unwrap().contains("wedding"));
}

#[test]
fn an_exchange_with_a_reason_gives_it_to_the_swap_that_is_there_and_to_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    run_ok(&config, &["swap", "2027-06-11", "a", "c"]);
    run_ok(&config, &["swap", "2027-06-18", "2027-06-11", "--reason", "trip"]);
    let reasons: Vec<_> = team(&config).swaps.into_values().map(|swap| swap.reason).collect();
    assert_eq!(reasons, [Some("trip".into()), Some("trip".into())]);
}

#[test]
fn check_says_in_words_until_when_an_override_lasts_that_ends_at_a_date() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let plan = fs::read_to_string(file(&config)).unwrap();
    let with = |end: &str| {
        let entry = format!("\n[[override]]\nfrom = 2027-08-10\n{end}\nprimary = \"a\"\nsecondary = \"b\"\n");
        fs::write(file(&config), format!("{plan}{entry}")).unwrap();
        run_ok(&config, &["check", "--deny-warnings"])
    };
    let printed = with("to = 2027-08-12");
    for part in [
        "this override is from Tue 10 Aug 2027 00:00 EDT to the end of Wed 11 Aug 2027",
        "for Thu 12 Aug 2027 too write `through = 2027-08-12`",
        "0 errors, 0 warnings",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    for end in ["through = 2027-08-12", "to = 2027-08-12T00:00:00"] {
        let printed = with(end);
        assert!(!printed.contains("this override is"), "{printed}");
    }
}

#[test]
fn check_has_no_warning_of_a_swap_that_is_over_and_one_of_a_swap_far_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let plan = fs::read_to_string(file(&config)).unwrap();
    let with = |week: &str, [primary, secondary]: [&str; 2]| {
        let entry =
            format!("\n[[swap]]\nweek = {week}\nprimary = \"{primary}\"\nsecondary = \"{secondary}\"\n");
        fs::write(file(&config), format!("{plan}{entry}")).unwrap();
        run_ok(&config, &["check"])
    };
    assert!(with("2027-06-11", ["d", "a"]).contains("warning[swap-changes-nothing]"));
    let printed = with("2027-04-23", ["a", "b"]);
    assert!(printed.contains("0 errors, 0 warnings") && !printed.contains("swap-of-begun-week"), "{printed}");
    let printed = with("2060-01-02", ["a", "b"]);
    let warning = "warning[swap-far-ahead]: the week of Fri 2 Jan 2060 is more than 104 weeks ahead";
    assert!(printed.contains(warning), "{printed}");
}

#[test]
fn nonsense_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    for (args, code, why) in [
        (&["cover", "zed", "tomorrow"][..], 2, "nobody in data-pipelines is called `zed`"),
        (&["cover", "Engineer", "tomorrow"], 2, "`Engineer` may be a or b or c or d"),
        (&["cover", "d", "fri", "18:00"], 2, "`fri` may mean today, Fri 7 May 2027, or Fri 14 May 2027"),
        (&["cover", "d", "yesterday"], 2, "is not after"),
        (&["cover", "d", "2027-06-01", "2027-06-01"], 2, "to include that day write 2027-06-02"),
        (&["cover", "b", "09:00"], 1, "this is already in the plan"),
        (
            &["cover", "d", "2026-01-01", "2026-01-02 10:00"],
            1,
            "the rotation starts on Fri 2 Jan 2026 10:00 EST; before that nobody is on call",
        ),
        (&["cover", "d", "tomorrow", "--secondary", "d"], 2, "cannot be primary and secondary"),
        (
            &["swap", "2027-06-12", "a", "b"],
            2,
            "no week starts on Sat 12 Jun 2027; weeks start on Fri 11 Jun 2027 and on Fri 18 Jun 2027",
        ),
        (&["swap", "2027-04-30", "a", "b"], 1, "has begun"),
        (&["swap", "2027-04-23", "a", "b"], 1, "is over"),
        (&["swap", "2027-06-11", "d", "a"], 1, "this is already in the plan"),
        (&["swap", "2027-06-11", "2027-06-11"], 2, "both dates name the same week"),
        (&["swap", "2027-06-11", "a", "a"], 2, "cannot be primary and secondary"),
        (
            &["swap", "2027-06-11", "a"],
            2,
            "`a` is one person: name the primary and the secondary, or another week",
        ),
        (&["swap", "2027-06-11", "soon"], 2, "`soon` is not a time"),
        (&["off", "a", "2027-06-02", "2027-06-01"], 2, "is before"),
        (&["off", "a", "today", "--team", "nobody"], 2, "there is no team `nobody`"),
    ] {
        refused(&config, args, code, why);
    }
    fs::write(config.join("teams/other.toml"), "name = 3\n").unwrap();
    refused(&config, &["off", "a", "2027-06-02"], 2, "add --team with one of data-pipelines, other");
    refused(&config, &["off", "a", "2027-06-02", "--team", "other"], 1, "team `other` has errors");
    run_ok(&config, &["off", "a", "2027-06-02", "--team", "data-pipelines"]);
}

#[test]
fn what_check_would_report_as_an_error_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let plan = fs::read_to_string(file(&config)).unwrap();
    let member = "id = \"e\"\nname = \"Data Engineer E\"\njoined = 2027-06-01\n";
    fs::write(
        file(&config),
        plan.replace("[[rotation]]\nstarts", &format!("[[engineer]]\n{member}\n[[rotation]]\nstarts")),
    )
    .unwrap();
    refused(
        &config,
        &["cover", "e", "tomorrow"],
        1,
        "`e` joins on 2027-06-01 but is given duty outside that time",
    );
    run_ok(&config, &["cover", "e", "2027-06-01", "2027-06-02"]);
}

#[test]
fn a_file_reached_through_a_link_stays_one_with_its_mode() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let real = folder.path().join("real.toml");
    fs::rename(file(&config), &real).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o660)).unwrap();
    symlink(&real, file(&config)).unwrap();
    run_ok(&config, &["off", "a", "2027-06-02"]);
    assert!(fs::symlink_metadata(file(&config)).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().mode() & 0o7777, 0o660);
    assert!(
        fs::read_to_string(&real).unwrap().contains("time_off = [{ from = 2027-06-02, to = 2027-06-02 }]")
    );
}

#[test]
fn a_read_only_file_is_not_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    fs::set_permissions(file(&config), fs::Permissions::from_mode(0o444)).unwrap();
    refused(&config, &["off", "a", "2027-06-02"], 1, "is read-only; nothing was written");
    run_ok(&config, &["off", "a", "2027-06-02", "--dry-run"]);
    fs::set_permissions(file(&config), fs::Permissions::from_mode(0o644)).unwrap();
    run_ok(&config, &["off", "a", "2027-06-02"]);
}

/// The file after a command that was interrupted, and its exit code.
fn disturbed(config: &Path, before: &str, inject: &str) -> (Output, String) {
    fs::write(file(config), before).unwrap();
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", inject]).arg(env!("CARGO_BIN_EXE_oncal"));
    command.env("NO_COLOR", "1").args(["--now", NOW, "--config"]).arg(config).args([
        "off",
        "a",
        "2027-06-02",
    ]);
    let output = command.output().unwrap();
    (output, fs::read_to_string(file(config)).unwrap())
}

#[test]
fn a_write_that_is_interrupted_leaves_the_old_file_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    let before = fs::read_to_string(file(&config)).unwrap();
    run_ok(&config, &["off", "a", "2027-06-02"]);
    let after = fs::read_to_string(file(&config)).unwrap();
    assert_ne!(before, after);
    let (mut killed, mut old, mut new) = (0, 0, 0);
    for call in ["fsync", "rename", "fchmod", "flock", "write"] {
        for nth in 1..=12 {
            let (output, found) =
                disturbed(&config, &before, &format!("inject={call}:signal=KILL:when={nth}"));
            assert!(found == before || found == after, "{call} {nth}: {found}");
            let (is_killed, is_old) =
                (output.status.signal() == Some(9) || output.status.code() == Some(137), found == before);
            killed += i32::from(is_killed);
            *(if is_old { &mut old } else { &mut new }) += 1;
            if !is_killed {
                break;
            }
        }
    }
    assert!(killed > 5 && old > 3 && new > 3, "{killed} {old} {new}");
    // A full disk, at whichever write it shows.
    let mut refused = 0;
    for nth in 1..=12 {
        let (output, found) = disturbed(&config, &before, &format!("inject=write:error=ENOSPC:when={nth}"));
        assert!(found == before || found == after, "write {nth}: {found}");
        let is_said = output.status.code() == Some(1) && text(&output.stderr).contains("No space left");
        refused += i32::from(is_said);
        assert!(is_said || found == after, "write {nth}: {}", text(&output.stderr));
    }
    assert!(refused > 0);
    for inject in [
        "inject=fsync:error=EIO:when=1",
        "inject=rename:error=ENOSPC:when=1",
        "inject=fchmod:error=EPERM:when=1",
    ] {
        let (output, found) = disturbed(&config, &before, inject);
        assert_eq!((output.status.code(), &found), (Some(1), &before), "{inject}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("failed to write"), "{}", text(&output.stderr));
    }
}
