//! The commands that write a team's file: what they change, what they leave alone, and what they refuse.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chrono::{Days, NaiveDate, TimeDelta};
use oncal::config::load;
use oncal::rota::{
    Holding, Instant, Pair, Period, Role, Team, TeamId, changes, coverage, expand, holdings, week_at,
};
use proptest::prelude::*;
use similar::{ChangeTag, TextDiff};

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

fn run(config: &Path, args: &[&str]) -> Output {
    oncal(config, args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
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

fn file(config: &Path) -> PathBuf {
    config.join("teams/data-pipelines.toml")
}

/// The shipped configuration in a folder of its own.
fn shipped(folder: &Path) -> PathBuf {
    let config = folder.join("config");
    let output = Command::new(env!("CARGO_BIN_EXE_oncal")).arg("init").arg(&config).output().unwrap();
    assert!(output.status.success());
    config
}

fn now() -> Instant {
    NOW.parse().unwrap()
}

fn team(config: &Path) -> Team {
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
    assert!(printed.contains("this leave is over"), "{printed}");
}

#[test]
fn cover_suggests_leave_in_days_of_the_engineers_own_clock() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_c_in("Asia/Kolkata", folder.path());
    // C is primary until Friday 14 May, D secondary.
    let printed = run_ok(&config, &["cover", "d", "sat 18:00", "2027-05-10", "--dry-run"]);
    assert!(printed.contains("oncal off c 2027-05-09 2027-05-10`"), "{printed}");
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
fn nonsense_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let config = shipped(folder.path());
    for (args, code, why) in [
        (&["cover", "zed", "tomorrow"][..], 2, "nobody in data-pipelines is called `zed`"),
        (&["cover", "Engineer", "tomorrow"], 2, "`Engineer` may be a or b or c or d"),
        (&["cover", "d", "fri", "18:00"], 2, "`fri` may mean today, Fri 7 May 2027, or Fri 14 May 2027"),
        (&["cover", "d", "yesterday"], 2, "is not after"),
        (&["cover", "d", "2027-06-01", "2027-06-01"], 2, "to include that day write 2027-06-02"),
        (&["cover", "b", "09:00"], 1, "the plan says so already"),
        (&["cover", "d", "tomorrow", "--secondary", "d"], 2, "cannot be primary and secondary"),
        (
            &["swap", "2027-06-12", "a", "b"],
            2,
            "no week starts on Sat 12 Jun 2027; weeks start on Fri 11 Jun 2027 and on Fri 18 Jun 2027",
        ),
        (&["swap", "2027-04-30", "a", "b"], 1, "has begun"),
        (&["swap", "2027-04-23", "a", "b"], 1, "is over"),
        (&["swap", "2027-06-11", "d", "a"], 1, "the plan says so already"),
        (&["swap", "2027-06-11", "2027-06-11"], 2, "both dates name the same week"),
        (&["swap", "2027-06-11", "a", "a"], 2, "cannot be primary and secondary"),
        (&["off", "a", "2027-06-02", "2027-06-01"], 2, "is not after"),
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

// ── Random files, random commands ────────────────────────────────────────────────────────────────────────────

/// How a random file is laid out.
#[derive(Debug, Clone)]
struct Layout {
    crlf: bool,
    inline_overrides: bool,
    inline_swaps: bool,
    inline_engineers: bool,
    multiline: bool,
    trailing_comma: bool,
    comments: bool,
    leave: u8,
    /// Whether Bob and Dan live in zones of their own.
    zones: bool,
    final_newline: bool,
    overrides: Vec<(u64, u64, usize, bool)>,
    swaps: Vec<(u64, usize, usize, bool)>,
}

fn layouts() -> impl Strategy<Value = Layout> {
    let flags = prop::array::uniform9(any::<bool>());
    let overrides = prop::collection::vec((0u64..12, 1u64..5, 0usize..4, any::<bool>()), 0..4);
    let swaps = prop::collection::vec((2u64..12, 0usize..4, 1usize..4, any::<bool>()), 0..3);
    (flags, 0u8..3, overrides, swaps).prop_map(|(flags, leave, overrides, swaps)| Layout {
        crlf: flags[0],
        inline_overrides: flags[1],
        inline_swaps: flags[2],
        inline_engineers: flags[3],
        multiline: flags[4],
        trailing_comma: flags[5],
        comments: flags[6],
        leave,
        zones: flags[8],
        final_newline: flags[7],
        overrides,
        swaps,
    })
}

const IDS: [&str; 4] = ["ann", "bob", "cy", "dan"];

fn first_friday() -> NaiveDate {
    "2027-05-07".parse().unwrap()
}

impl Layout {
    fn list(&self, key: &str, is_inline: bool, entries: &[Vec<String>]) -> [String; 2] {
        let note = |text: &str| if self.comments { format!(" # {text}") } else { String::new() };
        if entries.is_empty() {
            let empty = if is_inline && self.multiline {
                format!("{key} = [{}\n]\n", note("none yet"))
            } else {
                String::new()
            };
            return [empty, String::new()];
        }
        if !is_inline {
            let block = |lines: &Vec<String>| {
                let lines: Vec<String> =
                    lines.iter().map(|line| format!("{line}{}\n", note("why"))).collect();
                format!(
                    "{}[[{key}]]{}\n{}\n",
                    if self.comments { "# about it\n" } else { "" },
                    note("[[x]]"),
                    lines.concat()
                )
            };
            return [String::new(), entries.iter().map(block).collect()];
        }
        let items: Vec<String> = entries.iter().map(|lines| format!("{{ {} }}", lines.join(", "))).collect();
        let last = if self.trailing_comma { "," } else { "" };
        let list = if self.multiline {
            let count = items.len();
            let lines = items.iter().enumerate().map(|(n, item)| {
                let comma = if n + 1 < count { "," } else { last };
                format!("  {item}{comma}{}\n", note("item, [x]"))
            });
            format!("[\n{}]", lines.collect::<String>())
        } else {
            format!("[{}{last}]", items.join(", "))
        };
        [format!("{key} = {list}{}\n", note("all")), String::new()]
    }

    fn text(&self) -> String {
        let day = |days: u64| first_friday() + Days::new(days);
        // Overrides that do not overlap: each starts after the last.
        let mut at = 1;
        let overrides: Vec<Vec<String>> = self
            .overrides
            .iter()
            .map(|(gap, length, who, through)| {
                let (from, to) = (at + gap, at + gap + length);
                at = to + 1;
                let end = if *through {
                    format!("through = {}", day(to - 1))
                } else {
                    format!("to = {}T06:30:00", day(to))
                };
                vec![
                    format!("from = {}", day(from)),
                    end,
                    format!("primary = \"{}\"", IDS[*who]),
                    "reason = \"a, b # c\"".to_owned(),
                ]
            })
            .collect();
        let mut seen = Vec::new();
        let swaps: Vec<Vec<String>> = self
            .swaps
            .iter()
            .filter(|(week, ..)| {
                !seen.contains(week) && {
                    seen.push(*week);
                    true
                }
            })
            .map(|(week, one, other, has_reason)| {
                let (one, other) = (IDS[*one], IDS[(one + other) % 4]);
                let mut lines = vec![
                    format!("week = {}", day(7 * week)),
                    format!("primary = \"{one}\""),
                    format!("secondary = \"{other}\""),
                ];
                lines.extend(has_reason.then(|| "reason = \"a, b # c\"".to_owned()));
                lines
            })
            .collect();
        let [override_key, override_blocks] = self.list("override", self.inline_overrides, &overrides);
        let [swap_key, swap_blocks] = self.list("swap", self.inline_swaps, &swaps);
        let leave = |id: &str| match (self.leave, id) {
            (1, "bob") => "time_off = [{ from = 2027-06-05, to = 2027-06-06 }]".to_owned(),
            (2, "bob") => "time_off = [\n  { from = 2027-06-05, to = 2027-06-06 }, # trip\n]".to_owned(),
            _ => String::new(),
        };
        let zone = |id: &str| match id {
            "bob" if self.zones => Some("time_zone = \"Asia/Kolkata\""),
            "dan" if self.zones => Some("time_zone = \"Pacific/Honolulu\""),
            _ => None,
        };
        let [engineer_key, engineer_blocks] = if self.inline_engineers {
            let inline = |id: &&str| {
                let leave = if self.leave == 1 { leave(id) } else { String::new() };
                let leave = if leave.is_empty() { leave } else { format!(", {leave}") };
                let zone = zone(id).map(|zone| format!(", {zone}")).unwrap_or_default();
                format!("  {{ id = \"{id}\", name = \"The {id}\"{zone}{leave} }},\n")
            };
            [format!("engineer = [\n{}]\n", IDS.iter().map(inline).collect::<String>()), String::new()]
        } else {
            let block = |id: &&str| {
                let zone = zone(id).map(|zone| format!("{zone}\n")).unwrap_or_default();
                format!("[[engineer]]\nid = \"{id}\"\nname = \"The {id}\"\n{zone}{}\n", leave(id))
            };
            [String::new(), IDS.iter().map(block).collect()]
        };
        let comment = if self.comments { "# Odd. [[override]]\n#[[swap]]\n\n" } else { "" };
        let weeks: String = (0..4)
            .map(|n| format!("{{ primary = \"{}\", secondary = \"{}\" }}, ", IDS[n], IDS[(n + 1) % 4]))
            .collect();
        let text = format!(
            "{comment}name = \"T\"\ntime_zone = \"America/New_York\"\nholidays = [\"us-federal\"]\n{override_key}{swap_key}{engineer_key}\n\
             {engineer_blocks}{override_blocks}[[rotation]]\nstarts = 2027-01-01T10:00:00\nweeks = [{weeks}]\n\n{swap_blocks}[handover]\nday = \"friday\""
        );
        let text = if self.final_newline { text + "\n" } else { text };
        if self.crlf { text.replace('\n', "\r\n") } else { text }
    }
}

/// A random command, in terms of days after the first Friday.
#[derive(Debug, Clone)]
enum Typed {
    /// Who, from when, for how many days, whether at times of day, and who is secondary, counted from the primary.
    Cover(usize, u64, u64, bool, Option<usize>),
    Swap(u64, usize, usize),
    Exchange(u64, u64),
    Off(usize, u64, u64),
}

/// The reason of every second command.
const REASON: &str = "a \"reason\", # [[swap]]";

fn commands() -> impl Strategy<Value = (Typed, bool)> {
    let typed = prop_oneof![
        (0usize..4, 1u64..30, 1u64..6, any::<bool>(), prop::option::of(1usize..4))
            .prop_map(|(who, from, days, timed, secondary)| Typed::Cover(who, from, days, timed, secondary)),
        (1u64..12, 0usize..4, 1usize..4).prop_map(|(week, one, other)| Typed::Swap(week, one, other)),
        (1u64..12, 1u64..12).prop_map(|(one, other)| Typed::Exchange(one, other)),
        (0usize..4, 1u64..60, 0u64..6).prop_map(|(who, from, days)| Typed::Off(who, from, days)),
    ];
    (typed, any::<bool>())
}

impl Typed {
    fn args(&self, has_reason: bool) -> Vec<String> {
        let day = |days: u64| (first_friday() + Days::new(days)).to_string();
        let mut args: Vec<String> = match self {
            Typed::Cover(who, from, days, timed, secondary) => {
                let [start, end] = if *timed { [" 18:00", " 06:30"] } else { [""; 2] };
                let [from, to] = [day(*from) + start, day(from + days) + end];
                let backup = secondary.map(|steps| format!("--secondary={}", IDS[(who + steps) % 4]));
                ["cover".into(), IDS[*who].into(), from, to].into_iter().chain(backup).collect()
            }
            Typed::Swap(week, one, other) => {
                vec!["swap".into(), day(7 * week), IDS[*one].into(), IDS[(one + other) % 4].into()]
            }
            Typed::Exchange(one, other) => vec!["swap".into(), day(7 * one), day(7 * other)],
            Typed::Off(who, from, days) => vec!["off".into(), IDS[*who].into(), day(*from), day(from + days)],
        };
        args.extend(has_reason.then(|| format!("--reason={REASON}")));
        args
    }

    /// The period of a cover, or of a leave on the clock of the person who is away.
    fn period(&self, team: &Team) -> Option<Period> {
        let day = |days: u64| first_friday() + Days::new(days);
        match self {
            Typed::Cover(_, from, days, true, _) => {
                let at =
                    |days, hour, minute| team.zone.instant(day(days).and_hms_opt(hour, minute, 0).unwrap());
                Period::new(at(*from, 18, 0), at(from + days, 6, 30))
            }
            Typed::Cover(_, from, days, false, _) => {
                Period::new(team.zone.first_instant(day(*from)), team.zone.first_instant(day(from + days)))
            }
            Typed::Off(who, from, days) => {
                let zone = &team.engineers[*who].zone;
                Period::new(zone.first_instant(day(*from)), zone.first_instant(day(from + days + 1)))
            }
            Typed::Swap(..) | Typed::Exchange(..) => None,
        }
    }

    /// Texts in the entries that the command may change.
    fn marks(&self, team: &Team) -> Vec<String> {
        let week = |week: &u64| format!("week = {}", first_friday() + Days::new(7 * week));
        match self {
            Typed::Cover(..) => {
                let period = self.period(team).unwrap();
                let old = team.overrides.iter().filter(|by| by.period.overlaps(period));
                old.map(|by| format!("from = {}", team.zone.date(by.period.start()))).collect()
            }
            Typed::Swap(one, ..) => vec![week(one)],
            Typed::Exchange(one, other) => vec![week(one), week(other)],
            Typed::Off(who, ..) => vec![format!("id = \"{}\"", IDS[*who])],
        }
    }

    /// Checks that the schedule is what the command asked for.
    fn check(&self, [before, after]: [&Team; 2], has_reason: bool) {
        let pair = |team: &Team, week: u64| {
            let noon = (first_friday() + Days::new(7 * week)).and_hms_opt(12, 0, 0).unwrap();
            week_at(team, team.zone.instant(noon)).unwrap().pair
        };
        let index = |id: usize| after.index_of(IDS[id % 4]).unwrap();
        let reason = has_reason.then_some(REASON);
        match *self {
            Typed::Cover(who, .., secondary) => {
                let period = self.period(before).unwrap();
                let made =
                    after.overrides.iter().find(|by| by.period == period).expect("an override of its period");
                let named = (made.primary, made.secondary, made.reason.as_deref());
                assert_eq!(named, (index(who), secondary.map(|steps| index(who + steps)), reason));
                let outside = |team: &Team| -> i64 {
                    let seconds = |by: Period| by.end().signed_duration_since(by.start()).num_seconds();
                    let of = |by: Period| seconds(by) - by.intersection(period).map_or(0, seconds);
                    team.overrides.iter().map(|by| of(by.period)).sum()
                };
                assert_eq!(outside(before), outside(after), "what others were given outside stays theirs");
                let held = held(after, period);
                let primaries = held.iter().filter(|holding| holding.role == Role::Primary);
                for holding in primaries.filter(|holding| holding.period.overlaps(period)) {
                    assert_eq!(holding.side.engineer.as_str(), IDS[who]);
                }
            }
            Typed::Swap(week, one, other) => {
                let named = Pair { primary: index(one), secondary: index(one + other) };
                assert_eq!(pair(after, week), named);
                let given = after.swaps.get(&(first_friday() + Days::new(7 * week)));
                assert!(!has_reason || given.is_none_or(|swap| swap.reason.as_deref() == reason));
            }
            Typed::Exchange(one, other) => {
                let [old, new] = [before, after].map(|team| [pair(team, one), pair(team, other)]);
                assert_eq!(new, [old[1], old[0]]);
            }
            Typed::Off(who, ..) => {
                let leave = self.period(before).unwrap();
                assert!(
                    after.engineers[who].time_off.iter().any(|off| off.intersection(leave) == Some(leave))
                );
                // They keep the duty only if the team has to agree, or agreed that they have it.
                let rows = coverage(after, &expand(after, leave)).rows;
                for holding in held(after, leave).iter().filter(|holding| {
                    holding.role == Role::Primary && holding.side.engineer.as_str() == IDS[who]
                }) {
                    let Some(part) = holding.period.intersection(leave) else { continue };
                    let is_given = after.overrides.iter().any(|by| by.period.overlaps(part));
                    let is_open = rows.iter().any(|row| row.status.is_open() && row.period.overlaps(part));
                    assert!(is_given || is_open, "{} has duty in {part:?}", IDS[who]);
                }
            }
        }
    }

    /// Whether no existing entry has to change: then every byte is kept, and the new ones are inserted.
    fn only_adds(&self, team: &Team) -> bool {
        let day = |days: u64| first_friday() + Days::new(days);
        match self {
            Typed::Cover(..) => {
                let whole = self.period(team).unwrap();
                team.overrides.iter().all(|by| !by.period.overlaps(whole))
            }
            Typed::Swap(week, ..) => !team.swaps.contains_key(&day(7 * week)),
            Typed::Exchange(one, other) => {
                [one, other].iter().all(|week| !team.swaps.contains_key(&day(7 * **week)))
            }
            Typed::Off(who, ..) => team.engineers[*who].time_off.is_empty(),
        }
    }

    /// Where confirmed shifts may move. Covers, holidays and leave are computed again for whole weeks.
    fn may_move(&self, team: &Team, period: Period) -> bool {
        let weeks = |days: u64| {
            let start = team.zone.instant((first_friday() + Days::new(days)).and_hms_opt(10, 0, 0).unwrap());
            Period::new(start, start + TimeDelta::days(7)).unwrap()
        };
        // R7: the primary of the week is secondary in an override only if they are there for all of it.
        let within = |start: Instant, end: Instant| {
            let changed = Period::new(start, end).unwrap();
            let unnamed = team.overrides.iter().filter(|by| by.secondary.is_none()).map(|by| by.period);
            unnamed
                .filter(|by| by.overlaps(changed))
                .chain([changed])
                .any(|part| part.start() <= period.start() && period.end() <= part.end())
        };
        match self {
            Typed::Cover(..) | Typed::Off(..) => {
                let changed = self.period(team).unwrap();
                within(changed.start(), changed.end())
            }
            Typed::Swap(week, ..) => weeks(7 * week).overlaps(period),
            Typed::Exchange(one, other) => {
                weeks(7 * one).overlaps(period) || weeks(7 * other).overlaps(period)
            }
        }
    }
}

/// What `whole` has in one or two places and `part` lacks; `None` if anything else differs.
fn inserted<'w>(part: &str, whole: &'w str) -> Option<[&'w str; 2]> {
    let shared =
        |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(one, other)| one == other).count();
    let start = shared(&mut part.bytes().zip(whole.bytes()));
    let (part, whole) = (part.get(start..)?, whole.get(start..)?);
    let end = shared(&mut part.bytes().rev().zip(whole.bytes().rev()));
    let (part, whole) = (part.get(..part.len() - end)?, whole.get(..whole.len() - end)?);
    let place = whole.find(part)?;
    Some([&whole[..place], &whole[place + part.len()..]])
}

/// The lines of all that has none of the `marks`: tables with their comments, and lines of lists.
fn unmarked<'t>(text: &'t str, marks: &[String]) -> Vec<&'t str> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut is_table = false;
    for line in text.lines() {
        let starts = line.starts_with('[') || line.is_empty() || !is_table;
        is_table = (is_table || line.starts_with('[')) && !line.is_empty();
        match parts.last_mut() {
            Some(part) if !starts || part.ends_with(&["# about it"]) => part.push(line),
            _ => parts.push(vec![line]),
        }
    }
    let is_marked = |part: &[&str]| part.iter().any(|line| marks.iter().any(|mark| line.contains(mark)));
    parts.into_iter().filter(|part| !is_marked(part)).flatten().collect()
}

fn held(team: &Team, window: Period) -> Vec<Holding> {
    holdings(team, &expand(team, window))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_command_changes_what_it_announces_and_no_other_byte((layout, (typed, has_reason)) in (layouts(), commands())) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().to_owned();
        fs::create_dir(config.join("teams")).unwrap();
        let before_text = layout.text();
        fs::write(file(&config), &before_text).unwrap();
        let before = team(&config);
        let args = typed.args(has_reason);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run(&config, &args);
        let after_text = fs::read_to_string(file(&config)).unwrap();
        let printed = text(&output.stderr);
        if output.status.code() != Some(0) {
            prop_assert_eq!(&after_text, &before_text, "{}", printed);
            prop_assert!(!printed.contains("laid out in a way"), "{}\n{}", printed, before_text);
            prop_assert!(printed.contains("nothing was written") || printed.contains("both dates name the same week"), "{}", printed);
            return Ok(());
        }
        // Bytes: only lines of entries are added or removed, and comments stay.
        let keys = ["[[", "week", "from", "to", "through", "primary", "secondary", "agreed_on", "reason", "time_off", "{", "override", "swap"];
        let diff = TextDiff::from_lines(&before_text, &after_text);
        for change in diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal) {
            let line = change.value().trim();
            prop_assert!(line.is_empty() || keys.iter().any(|key| line.starts_with(key)) || line == "day = \"friday\"", "{}", line);
            let expected = if layout.crlf { "\r\n" } else { "\n" };
            prop_assert!(change.value().ends_with(expected) || !change.value().contains('\n'), "{:?}", change.value());
        }
        if typed.only_adds(&before) {
            let new = inserted(&before_text, &after_text);
            prop_assert!(new.is_some(), "{typed:?}: other bytes changed\n{before_text}\n{after_text}");
        }
        let marks = typed.marks(&before);
        let mut lines = after_text.lines();
        for line in unmarked(&before_text, &marks).into_iter().filter(|line| !line.is_empty()) {
            // A list in one line changes within it, and the last item of one gets a comma.
            let is_list = ["override = [", "swap = ["].iter().any(|list| line.starts_with(list));
            let with_comma = line.replacen(" }", " },", 1);
            let is_kept = lines.any(|other| other == line || other == with_comma || is_list && other.starts_with(&line[..8]));
            prop_assert!(is_kept, "{typed:?}: `{line}` has changed\n{before_text}\n{after_text}");
        }
        let count = |text: &str| text.matches("# ").count();
        let lost = count(&before_text).saturating_sub(count(&after_text));
        prop_assert!(lost <= 8, "comments stay, but those on lines of an entry that goes");
        // Meaning: the named person holds the role, and confirmed shifts move nowhere else.
        let after = team(&config);
        let start = before.zone.first_instant(first_friday());
        let window = Period::new(start, start + TimeDelta::weeks(30)).unwrap();
        for moved in changes(&held(&before, window), &held(&after, window), window) {
            let is_tentative = [&moved.before, &moved.after].into_iter().flatten().any(|side| side.tentative);
            prop_assert!(typed.may_move(&before, moved.period) || is_tentative, "{:?} {:?}", typed, moved);
        }
        typed.check([&before, &after], has_reason);
        // A second time it changes nothing, except that an exchange is reversed.
        if !matches!(typed, Typed::Exchange(..)) {
            let again = run(&config, &args);
            prop_assert_eq!(again.status.code(), Some(1), "{}", text(&again.stderr));
            prop_assert!(text(&again.stderr).contains("the plan says so already"), "{}", text(&again.stderr));
            prop_assert_eq!(fs::read_to_string(file(&config)).unwrap(), after_text);
        }
    }
}
