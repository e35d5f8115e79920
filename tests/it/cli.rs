//! The command line as users see it: what is printed where, and the exit codes.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

const NOW: &str = "2027-05-03T12:00:00Z";

fn oncal() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("ONCAL_CONFIG").env("NO_COLOR", "1");
    command
}

fn run(args: &[&str]) -> Output {
    let now = if args.contains(&"--now") { &[][..] } else { &["--now", NOW] };
    oncal().args(args).args(now).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A copy of the shipped configuration in which C's leave makes Memorial Day 2027 a conflict.
fn with_conflict(folder: &Path) -> PathBuf {
    let config = folder.join("plan");
    assert!(run(&["init", config.to_str().unwrap()]).status.success());
    let file = config.join("teams/data-pipelines.toml");
    let plan = fs::read_to_string(&file).unwrap();
    let edited = plan.replace("#time_off = [{ from = 2027-05-29", "time_off = [{ from = 2027-05-29");
    assert_ne!(plan, edited);
    fs::write(&file, edited).unwrap();
    config
}

#[test]
fn the_shipped_plan_has_no_error_and_no_warning() {
    let output = run(&["check"]);
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output.stdout);
    assert!(printed.starts_with("1 team, 0 errors, 0 warnings; tzdata 20"), "{printed}");
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn wrong_usage_exits_with_two_and_suggests_the_nearest_name() {
    for (args, hint) in [
        (&["now", "--team", "data-pipeline"][..], "did you mean `data-pipelines`?"),
        (&["schedule", "--engineer", "zz"], "known: a, b, c, d"),
        (&["schedule", "--from", "2027-02-30"], "an existing date"),
        (&["schedule", "--from", "2027-02-02", "--to", "2027-02-02"], "is not after --from"),
        (&["holidays", "us-federl"], "did you mean `us-federal`?"),
        (&["holidays", "us"], "did you mean `us-federal`?"),
        (&["holidays", "us-fed"], "did you mean `us-federal`?"),
        (&["holidays", "us-federal", "abc"], "expected a year such as 2027"),
        (&["holidays", "us-federal", "1969"], "years run from 1970 to 2200"),
        (
            &["holidays", "GB"],
            "did you mean `gb-eng` (England and Wales bank holidays) or `gb-nir` (Northern",
        ),
        (
            &["holidays", "uk"],
            "did you mean `gb-eng` (England and Wales bank holidays) or `gb-sct` (Scotland",
        ),
        (
            &["holidays", "texas"],
            "write `us-federal`, since no calendar of that part of the country is built in",
        ),
        (&["now", "--at", "soon"], "expected"),
        (&["fairness", "--years", "0"], "expected a whole number from 1 to 10"),
        (&["schedule", "--weeks", "100000"], "expected a whole number from 1 to 1040"),
        (&["man", "--fetch"], "this command does not take --fetch"),
        (&["frobnicate"], "unrecognized subcommand"),
    ] {
        let output = run(args);
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {printed}");
        assert!(printed.contains(hint), "{args:?}: {printed}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn coverage_exits_with_three_exactly_when_somebody_must_act() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    let config = config.to_str().unwrap();
    let code = |now: &str, more: &[&str]| {
        let week = ["coverage", "--config", config, "--from", "2027-05-28", "--weeks", "1", "--now", now];
        oncal().args(week).args(more).output().unwrap().status.code()
    };
    assert_eq!(code("2027-05-03T12:00:00Z", &[]), Some(0), "eleven days before the deadline");
    assert_eq!(code("2027-05-03T12:00:00Z", &["--warn-days", "11"]), Some(3));
    assert_eq!(code("2027-05-08T12:00:00Z", &[]), Some(3), "within a week");
    assert_eq!(code("2027-05-20T12:00:00Z", &[]), Some(3), "overdue");
    assert_eq!(code("2027-06-02T12:00:00Z", &[]), Some(0), "over");
    let line = |now: &str| {
        let week = ["coverage", "--config", config, "--from", "2027-05-28", "--weeks", "1", "--now", now];
        text(&oncal().args(week).output().unwrap().stdout).lines().nth(3).unwrap().to_owned()
    };
    assert!(
        line("2027-05-03T12:00:00Z").contains(", agree by Fri 14 May 2027"),
        "{}",
        line("2027-05-03T12:00:00Z")
    );
    let late = line("2027-05-20T12:00:00Z");
    assert!(late.contains(": OVERDUE: ") && late.contains(", was due by"), "{late}");
}

#[test]
fn a_year_of_coverage_fits_on_a_page_and_breaks_no_name() {
    let year = ["coverage", "--config", "config", "--from", "2026-06-01", "--weeks", "52"];
    let output = oncal().args(year).args(["--now", "2026-06-01T12:00:00Z"]).output().unwrap();
    let printed = text(&output.stdout);
    assert!(printed.lines().count() <= 40, "{} lines:\n{printed}", printed.lines().count());
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
    let christmas = "Fri 25 Dec 2026  Christmas Day: holiday duty, Data Engineer C and Data Engineer\n   D away and 1 other\n";
    assert!(printed.contains(christmas), "{printed}");
    let on_call = "  Data Engineer D (no backup) until 10:00, then Data Engineer A (no backup)\n";
    assert!(printed.contains(on_call), "{printed}");
    let all = oncal().args(year).args(["--all", "--now", "2026-06-01T12:00:00Z"]).output().unwrap();
    assert!(text(&all.stdout).lines().count() > 40);
}

#[test]
fn the_override_that_coverage_shows_settles_the_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    let week = ["--from", "2027-05-28", "--weeks", "1", "--config", config.to_str().unwrap()];
    let printed = text(&run(&[&["coverage"], &week[..]].concat()).stdout);
    let record = printed[printed.find("[[override]]").unwrap()..].split("\n\n").next().unwrap();
    let file = config.join("teams/data-pipelines.toml");
    let plan = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{plan}\n{record}")).unwrap();
    let answer = run(&[&["coverage", "--json"], &week[..]].concat());
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let statuses: Vec<&str> =
        answer["rows"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert!(statuses.contains(&"agreed") && !statuses.contains(&"needs-volunteer"), "{statuses:?}");
}

#[test]
fn a_broken_team_exits_with_one_and_leaves_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    fs::write(config.join("teams/broken.toml"), "name = 3\n").unwrap();
    let config = config.to_str().unwrap();
    let of_all = run(&["now", "--json", "--config", config]);
    assert_eq!(of_all.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&of_all.stdout).unwrap();
    assert_eq!(answer["teams"][0]["team"], "data-pipelines");
    let of_one = run(&["now", "--team", "data-pipelines", "--config", config]);
    assert_eq!(of_one.status.code(), Some(0), "{}", text(&of_one.stderr));
    assert_eq!(run(&["now", "--team", "broken", "--config", config]).status.code(), Some(1));
    let check = run(&["check", "--config", config]);
    assert_eq!(check.status.code(), Some(1));
    assert!(text(&check.stderr).contains("teams/broken.toml:1:8"), "{}", text(&check.stderr));
}

#[test]
fn what_is_due_is_reported_despite_the_errors_of_another_team() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    let broken = config.join("teams/broken.toml");
    let code = |now: &str, named: &[&str]| {
        let args = ["coverage", "--config", config.to_str().unwrap(), "--weeks", "8", "--now", now];
        oncal().args(args).args(named).output().unwrap().status.code()
    };
    let (early, late) = ("2027-05-03T12:00:00Z", "2027-05-08T12:00:00Z");
    assert_eq!((code(early, &[]), code(late, &[])), (Some(0), Some(3)));
    fs::write(&broken, "name = 3\n").unwrap();
    assert_eq!((code(early, &[]), code(late, &[])), (Some(1), Some(3)));
    assert_eq!(code(late, &["--team", "broken"]), Some(1));
}

/// Runs the crontab line of the recipes with an `oncal` that exits with `code`, and returns what was mailed.
fn mailed(code: u8, folder_is_there: bool) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let recipes = fs::read_to_string("docs/recipes.md").unwrap();
    let line = recipes.lines().find(|line| line.starts_with("0 8 * * 1-5 ")).unwrap();
    assert!(!line.contains('%'), "cron ends a command there");
    let folder = tempfile::tempdir().unwrap();
    let (programs, mail) = (folder.path().join("bin"), folder.path().join("mailed"));
    fs::create_dir(&programs).unwrap();
    for (name, text) in [
        ("oncal", format!("echo done; echo warned >&2; exit {code}")),
        ("mail", format!("cat > {}", mail.display())),
    ] {
        let program = programs.join(name);
        fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let place = folder.path().join(if folder_is_there { "bin" } else { "nowhere" });
    let command = line.split_once("1-5").unwrap().1.replace("/srv/oncal", place.to_str().unwrap());
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let output = Command::new("sh").arg("-c").arg(command).env("PATH", path).output().unwrap();
    assert_eq!((text(&output.stdout), text(&output.stderr)), (String::new(), String::new()));
    fs::read_to_string(mail).ok()
}

#[test]
fn the_crontab_in_the_recipes_mails_every_problem() {
    assert_eq!(mailed(0, true), None);
    for code in [1, 3] {
        assert_eq!(mailed(code, true).as_deref(), Some("done\nwarned\n"), "{code}");
    }
    let printed = mailed(0, false).unwrap();
    assert!(printed.contains("nowhere"), "{printed}");
}

#[test]
fn the_schedule_of_one_person_has_their_meetings_and_their_name() {
    let week = ["schedule", "--engineer", "b", "--from", "2027-05-21", "--to", "2027-06-18"];
    let printed = text(&run(&week).stdout);
    assert!(printed.starts_with("Data Engineer B\nData pipelines · Fri 21 May 2027 to"), "{printed}");
    let answer: Value = serde_json::from_slice(&run(&[&week[..], &["--json"]].concat()).stdout).unwrap();
    let count = |what: &str| answer[what].as_array().unwrap().len();
    let of =
        |role: &str| printed.lines().filter(|line| line.split_whitespace().any(|word| word == role)).count();
    let listed = (of("primary") + of("secondary"), of("meeting"));
    assert_eq!(listed, (count("shifts"), count("handovers")), "{printed}");
    assert!(listed.1 > 2, "{printed}");
}

#[test]
fn help_separates_a_commands_own_options_from_common_ones() {
    let printed = text(&oncal().args(["coverage", "--help"]).output().unwrap().stdout);
    let (own, common) = printed.split_once("Common options:").unwrap();
    assert!(own.contains("--warn-days") && !own.contains("--state"), "{printed}");
    assert!(common.contains("--config") && common.contains("--now"), "{printed}");
}

#[test]
fn help_shows_fetch_and_the_default_of_team_only_where_they_mean_something() {
    for (command, has_fetch, default) in [
        (&["coverage"][..], true, "[default: all]"),
        (&["notices", "preview"], true, "[default: all]"),
        (&["cover"], true, "needed if there are several"),
        (&["off"], true, "needed if there are several"),
        (&["notices", "test"], true, "needed if there are several"),
        (&["serve"], false, ""),
        (&["init"], false, ""),
        (&["man"], false, ""),
        (&["completions"], false, ""),
    ] {
        let printed = text(&oncal().args(command).arg("--help").output().unwrap().stdout);
        assert_eq!(printed.contains("--fetch"), has_fetch, "{command:?}: {printed}");
        assert!(printed.contains(default), "{command:?}: {printed}");
        assert_eq!(printed.contains("--team "), !default.is_empty(), "{command:?}: {printed}");
    }
}

#[test]
fn check_counts_entries_in_the_past_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    let check = |now: &str| {
        let args = ["check", "--deny-warnings", "--now", now, "--config", config.to_str().unwrap()];
        let output = run(&args);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(!check(NOW).contains("in the past"));
    assert!(check("2027-06-10T12:00:00Z").ends_with("\nin the past: 1 time-off entry\n"));
}

#[test]
fn health_as_json_reports_problems_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    fs::write(config.join("oncal.toml"), "admin_bind = \"127.0.0.1:1\"\n").unwrap();
    let output = run(&["health", "--json", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["address"], &answer["healthy"]), (&"127.0.0.1:1".into(), &false.into()));
    let problem = answer["problem"].as_str().unwrap();
    assert!(problem.starts_with("failed to reach the server at 127.0.0.1:1: "), "{problem}");
}

#[test]
fn a_cause_is_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("teams"), "a file").unwrap();
    let printed = text(&run(&["check", "--config", folder.path().to_str().unwrap()]).stderr);
    assert_eq!(printed.matches("Not a directory").count(), 1, "{printed}");
}

#[test]
fn check_warns_of_a_feed_too_large_and_of_an_agreement_without_its_date() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    let settings = config.join("oncal.toml");
    let text_of = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text_of.replace("future_weeks = 52", "future_weeks = 400")).unwrap();
    let team = config.join("teams/data-pipelines.toml");
    let plan = fs::read_to_string(&team).unwrap();
    let by = "\n[[override]]\nfrom = 2027-05-31\nto = 2027-06-01\nprimary = \"d\"\n";
    fs::write(&team, format!("{plan}{by}")).unwrap();
    let output = run(&["check", "--json", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "warnings are no errors");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<&Value> = answer["diagnostics"].as_array().unwrap().iter().collect();
    let of = |code: &str| {
        found.iter().find(|finding| finding["code"] == code).unwrap_or_else(|| panic!("{answer}"))
    };
    assert!(of("override-without-agreement")["help"].as_str().unwrap().contains("agreed_on"));
    let line = |code: &str| {
        let file = config.join(of(code)["file"].as_str().unwrap());
        let line = usize::try_from(of(code)["line"].as_u64().unwrap()).unwrap();
        fs::read_to_string(file).unwrap().lines().nth(line - 1).unwrap().to_owned()
    };
    assert_eq!(line("override-without-agreement"), "[[override]]");
    assert_eq!(line("feed-too-large"), "future_weeks = 400");
    let printed = text(&run(&["check", "--config", config.to_str().unwrap()]).stderr);
    for code in ["override-without-agreement", "feed-too-large"] {
        assert!(printed.contains(&format!("warning[{code}]: ")), "{printed}");
    }
    let help = of("feed-too-large")["help"].as_str().unwrap();
    let weeks = help.split("future_weeks = ").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
    fs::write(&settings, text_of.replace("future_weeks = 52", &format!("future_weeks = {weeks}"))).unwrap();
    let fits = run(&["check", "--json", "--config", config.to_str().unwrap()]);
    assert!(!text(&fits.stdout).contains("feed-too-large"), "the window named fits");
}

#[test]
fn check_warns_of_links_that_somebody_who_left_may_still_have() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    let settings = config.join("oncal.toml");
    let open = fs::read_to_string(&settings).unwrap();
    let team = config.join("teams/data-pipelines.toml");
    let plan = fs::read_to_string(&team).unwrap();
    let gone = |left: &str| format!("[[engineer]]\nid = \"z{left}\"\nname = \"Zoe\"\nleft = {left}\n");
    for (access, generation, left, warned) in [
        ("links", 1, "2027-05-03", Some("`link_generation = 2`")),
        ("links", 2, "2027-05-03", None),
        ("links", 1, "2027-05-04", None),
        ("open", 1, "2027-05-03", None),
    ] {
        let access = open.replace("access = \"open\"", &format!("access = \"{access}\""));
        fs::write(&settings, access).unwrap();
        let changed = format!("link_generation = {generation}\n{plan}\n{}", gone(left));
        fs::write(&team, changed).unwrap();
        let output = run(&["check", "--config", config.to_str().unwrap()]);
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{printed}");
        let expected = warned.unwrap_or("may still have the team's secret link");
        assert_eq!(printed.contains(expected), warned.is_some(), "{left}: {printed}");
    }
}

#[test]
fn links_that_nobody_else_can_open_come_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    let warnings = |settings: &str| {
        fs::write(config.join("oncal.toml"), format!("access = \"links\"\n{settings}")).unwrap();
        let state = folder.path().join("state");
        let args = ["--config", config.to_str().unwrap(), "--state", state.to_str().unwrap()];
        let mut links = oncal();
        links.arg("links").args(args).env("ONCAL_SECRET", "0123456789abcdef0123456789abcdef");
        let links = links.output().unwrap();
        assert_eq!(links.status.code(), Some(0), "{}", text(&links.stderr));
        let check = run(&[&["check"], &args[..]].concat());
        (text(&links.stderr), text(&check.stderr))
    };
    let (links, check) = warnings("");
    assert!(links.contains("only this machine can open http://127.0.0.1:8080"), "{links}");
    assert!(check.contains("warning[links-to-this-machine]"), "{check}");
    assert_eq!(warnings("public_url = \"https://rota.example.org\"\n"), Default::default());
}

#[test]
fn every_command_that_looks_past_the_end_of_a_calendar_warns_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("plan");
    let config = config.to_str().unwrap();
    assert!(run(&["init", config]).status.success());
    let file = Path::new(config).join("teams/data-pipelines.toml");
    let plan = fs::read_to_string(&file).unwrap();
    fs::write(&file, plan.replacen("holidays = [\"us-federal\"]", "holidays = [\"in\"]", 1)).unwrap();
    for args in [&["check", config][..], &["--config", config, "schedule"], &["--config", config, "coverage"]]
    {
        let printed = text(&run(&[args, &["--now", "2026-12-01T00:00:00Z"]].concat()).stderr);
        let all = "holidays of Data Engineer A, Data Engineer B, Data Engineer C and Data Engineer D are";
        assert!(printed.contains(&format!("{all} not known from 2027-01-01 on")), "{args:?}: {printed}");
        assert_eq!(printed.matches("not known").count(), 1, "{args:?}: {printed}");
    }
    let check = text(&run(&["check", config, "--now", "2026-12-01T00:00:00Z"]).stderr);
    assert!(check.contains("warning[holidays-unknown]") && check.contains("holidays = [\"in\"]"), "{check}");
    let early = text(&run(&["--config", config, "schedule", "--now", "2026-06-01T00:00:00Z"]).stderr);
    assert_eq!(early, "", "nothing that is looked at lies past it");
}

#[test]
fn a_missing_folder_gives_one_clear_line() {
    for command in ["check", "serve", "now"] {
        let output = run(&[command, "--config", "/nowhere/at/all"]);
        let printed = text(&output.stderr);
        assert_eq!((output.status.code(), printed.lines().count()), (Some(1), 1), "{printed}");
        assert!(printed.contains("/nowhere/at/all"), "{printed}");
    }
}

#[test]
fn init_refuses_a_folder_that_is_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let output = run(&["init", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
}

#[test]
fn now_follows_the_instant_and_knows_the_time_before_the_first_duty_change() {
    let answer =
        |at: &str| -> Value { serde_json::from_slice(&run(&["now", "--json", "--at", at]).stdout).unwrap() };
    let christmas = answer("2026-12-25T09:00");
    assert_eq!(christmas["primary"]["engineer"], "d");
    assert_eq!(christmas["primary"]["kind"], "cover");
    assert_eq!(christmas["primary"]["until"], "2026-12-25T15:00:00Z");
    assert_eq!(christmas["secondary"], Value::Null);
    assert_eq!(answer("2025-12-25")["primary"], Value::Null);
}

fn fairness(args: &[&str]) -> Value {
    let output = run(&[&["fairness", "--json"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn fairness_counts_each_engineer_and_year_and_names_the_streaks() {
    let answer = fairness(&["--now", "2026-05-03T12:00:00Z", "--years", "6"]);
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    let shape = ["team", "from", "to", "warnings", "years", "engineers", "streaks", "shift", "yearly_shift"];
    assert_eq!(keys.len(), shape.len());
    assert!(shape.iter().all(|key| answer.get(key).is_some()), "{keys:?}");
    assert_eq!((&answer["from"], &answer["to"]), (&"2026-01-01".into(), &"2032-01-01".into()));
    let tallies = answer["engineers"].as_array().unwrap();
    assert_eq!(tallies.len(), 24);
    let of_2028: i64 = tallies
        .iter()
        .filter(|tally| tally["year"] == 2028)
        .map(|tally| tally["primary_seconds"].as_i64().unwrap())
        .sum();
    assert_eq!(of_2028, 366 * 24 * 3600);
    let christmas = serde_json::json!({
        "engineer": "d",
        "role": "primary",
        "holiday": "Christmas Day",
        "years": [2026, 2027, 2028, 2029, 2030, 2031],
    });
    assert!(answer["streaks"].as_array().unwrap().contains(&christmas), "{}", answer["streaks"]);
}

#[test]
fn a_single_shift_leaves_some_streaks_and_one_a_year_leaves_none() {
    let answer = fairness(&["--now", "2026-05-03T12:00:00Z"]);
    let left = |shift: &str| answer[shift]["streaks"].as_array().unwrap().len();
    assert!(left("shift") > 0 && left("shift") < answer["streaks"].as_array().unwrap().len());
    assert_eq!(left("yearly_shift"), 0);
    let first = serde_json::json!({
        "starts": "2027-01-01T10:00:00",
        "weeks": [
            { "primary": "b", "secondary": "c" },
            { "primary": "c", "secondary": "d" },
            { "primary": "d", "secondary": "a" },
            { "primary": "a", "secondary": "b" },
        ],
    });
    assert_eq!(answer["yearly_shift"]["rotations"][0], first);
}

#[test]
fn the_rotations_that_fairness_shows_end_the_streaks_and_leave_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("plan");
    assert!(run(&["init", config.to_str().unwrap()]).status.success());
    let printed = text(&run(&["fairness", "--config", config.to_str().unwrap()]).stdout);
    assert!(printed.contains("Data Engineer D is primary on Christmas Day in 2027–2031"), "{printed}");
    let record = &printed[printed.find("[[rotation]]").unwrap()..];
    let file = config.join("teams/data-pipelines.toml");
    let plan = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{plan}\n{record}")).unwrap();
    let config = config.to_str().unwrap();
    let check = run(&["check", "--config", config]);
    assert!(text(&check.stdout).starts_with("1 team, 0 errors, 0 warnings"), "{}", text(&check.stderr));
    let after = fairness(&["--config", config]);
    assert_eq!((&after["streaks"], &after["shift"]), (&serde_json::json!([]), &Value::Null));
    let printed = text(&run(&["fairness", "--config", config]).stdout);
    assert!(printed.ends_with("no streaks: nobody has the same holiday three years in a row\n"), "{printed}");
}

#[test]
fn fairness_over_one_year_is_one_table_and_several_teams_are_a_list() {
    let printed = text(&run(&["fairness", "--years", "1", "--now", "2026-05-03T12:00:00Z"]).stdout);
    assert_eq!(
        printed,
        "\
Data pipelines · 2026 · times in America/New_York

                 PRIMARY      SECONDARY    WEEKENDS  OWN  COVERED  PROPOSED
2026
Data Engineer A  13 w 2146 h  13 w 2127 h  13        4    3        0
Data Engineer B  13 w 2259 h  13 w 2098 h  13        1    4        0
Data Engineer C  13 w 2074 h  13 w 2173 h  13        6    1        0
Data Engineer D  13 w 2247 h  13 w 2064 h  14        3    6        0

Streaks show in 3 years or more: --years 3
"
    );
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    let teams = config.join("teams");
    fs::copy(teams.join("data-pipelines.toml"), teams.join("other.toml")).unwrap();
    let plan = fs::read_to_string(teams.join("other.toml")).unwrap();
    let plan: String = plan.split("[[pipeline]]").next().unwrap().replace("us-federal\"]", "sg\"]");
    fs::write(teams.join("other.toml"), plan).unwrap();
    let config = config.to_str().unwrap();
    let answer = fairness(&["--config", config]);
    assert_eq!(
        (&answer["teams"][0]["team"], &answer["teams"][1]["team"]),
        (&"data-pipelines".into(), &"other".into())
    );
    assert_eq!(
        answer["teams"][1]["warnings"][0]["from"], "2028-01-01",
        "Singapore decrees no later dates yet"
    );
    assert_eq!(fairness(&["--config", config, "--team", "other"])["team"], "other");
    let output = run(&["fairness", "--config", config, "--team", "other"]);
    assert!(text(&output.stderr).contains("not known from 2028-01-01"), "{}", text(&output.stderr));
}

/// Two copies of the shipped configuration; the second has `added` at its end.
fn two_plans(folder: &Path, added: &str) -> [String; 2] {
    ["old", "new"].map(|name| {
        let config = folder.join(name);
        assert!(run(&["init", config.to_str().unwrap()]).status.success());
        if name == "new" {
            let file = config.join("teams/data-pipelines.toml");
            let plan = fs::read_to_string(&file).unwrap();
            fs::write(file, format!("{plan}\n{added}")).unwrap();
        }
        config.to_str().unwrap().to_owned()
    })
}

const SWAP: &str = "[[swap]]\nweek = 2027-05-14\nprimary = \"c\"\nsecondary = \"d\"\nreason = \"a trip\"\n";

#[test]
fn diff_names_what_moves_who_gains_and_who_loses() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = two_plans(folder.path(), SWAP);
    let output = run(&["diff", &old, &new, "--json"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let team = &result["teams"][0];
    assert_eq!((&team["team"], &team["status"]), (&Value::from("data-pipelines"), &Value::from("changed")));
    let sides = |moved: &Value| {
        let of = |side: &str| moved[side]["engineer"].as_str().unwrap().to_owned();
        (moved["role"].as_str().unwrap().to_owned(), of("before"), of("after"))
    };
    let moves: Vec<_> = team["moves"].as_array().unwrap().iter().map(sides).collect();
    let moved = |role: &str, from: &str, to: &str| (role.to_owned(), from.to_owned(), to.to_owned());
    assert_eq!(moves, [moved("primary", "d", "c"), moved("secondary", "a", "d")]);
    assert_eq!(team["moves"][0]["after"]["reason"], "a trip");
    let week = 7 * 24 * 3600;
    let balance = &team["engineers"].as_array().unwrap()[1];
    let expected = serde_json::json!({
        "engineer": "c", "gained": 1, "lost": 0, "primary_seconds": week, "secondary_seconds": 0
    });
    assert_eq!(*balance, expected);

    let output = run(&["diff", &old, &new]);
    let printed = text(&output.stdout);
    assert!(printed.contains("Data Engineer C: gains 1 shift, +168 h primary"), "{printed}");
    assert!(
        printed.contains("Data Engineer D: gains 1 shift, loses 1 shift, −168 h primary, +168 h secondary"),
        "{printed}"
    );
    for line in printed.lines() {
        assert!(line.width() <= 80, "{line}");
    }
}

#[test]
fn diff_names_what_must_be_agreed_now_and_what_no_longer() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = [folder.path().join("old"), folder.path().join("new")];
    assert!(run(&["init", old.to_str().unwrap()]).status.success());
    fs::rename(with_conflict(folder.path()), &new).unwrap();
    let [old, new] = [old.to_str().unwrap(), new.to_str().unwrap()];
    let diff = |from, to| {
        let output = run(&["diff", from, to]);
        assert_eq!(output.status.code(), Some(3));
        text(&output.stdout)
    };
    let line = "Mon 31 May 2027, Data Engineer B is away (Memorial Day)";
    assert!(diff(old, new).contains(&format!("New conflict: {line}")), "{}", diff(old, new));
    assert!(diff(new, old).contains(&format!("No longer a conflict: {line}")), "{}", diff(new, old));
}

#[test]
fn diff_says_that_nothing_moves_and_refuses_configurations_with_errors() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = two_plans(folder.path(), "# a comment moves nobody");
    let output = run(&["diff", &old, &new]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), "no shift moves, and no conflict opens or closes\n");
    let note = "weeks before the current one are not compared; --from DATE compares them too\n";
    assert_eq!(text(&output.stderr), note);
    assert_eq!(text(&run(&["diff", &old, &new, "--from", "2027-01-01"]).stderr), "");
    let output = run(&["diff", &old, &new, "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), serde_json::json!({ "teams": [] }));
    fs::write(Path::new(&new).join("teams/data-pipelines.toml"), "name = 1").unwrap();
    let output = run(&["diff", &old, &new]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(text(&output.stderr).contains("new has errors"), "{}", text(&output.stderr));
}

#[test]
fn diff_distinguishes_an_added_team_from_a_removed_one() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = two_plans(folder.path(), "");
    let teams = Path::new(&new).join("teams");
    fs::rename(teams.join("data-pipelines.toml"), teams.join("renamed.toml")).unwrap();
    let books = Path::new(&new).join("runbooks");
    fs::rename(books.join("data-pipelines"), books.join("renamed")).unwrap();
    let output = run(&["diff", &old, &new, "--weeks", "1", "--json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let status =
        |place: usize| (answer["teams"][place]["team"].clone(), answer["teams"][place]["status"].clone());
    assert_eq!(status(0), ("data-pipelines".into(), "removed".into()));
    assert_eq!(status(1), ("renamed".into(), "added".into()));
    assert!(
        answer["teams"][1]["moves"][0]["before"].is_null()
            && !answer["teams"][1]["moves"][0]["after"].is_null()
    );
}

#[test]
fn check_of_a_file_reports_only_what_concerns_it() {
    let folder = tempfile::tempdir().unwrap();
    let [_, config] = two_plans(folder.path(), SWAP);
    let teams = Path::new(&config).join("teams");
    fs::write(teams.join("lost.toml"), "name = 1").unwrap();
    let [good, lost] = ["data-pipelines", "lost"].map(|id| teams.join(format!("{id}.toml")));
    let [good, lost] = [good.to_str().unwrap(), lost.to_str().unwrap()];
    for (args, code, expected) in [
        (&["check", good][..], 0, "1 team, 0 errors"),
        (&["check", lost], 1, "1 team, "),
        (&["check", good, lost], 1, "2 teams, "),
        (&["check", &config], 1, "2 teams, "),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with(expected), "{args:?}: {}", text(&output.stdout));
    }
    let nowhere = folder.path().join("x.toml");
    fs::write(&nowhere, "").unwrap();
    for args in
        [&["check", nowhere.to_str().unwrap()][..], &["check", good, "config"], &["check", "no-such-file"]]
    {
        let output = run(args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_not_a_failure() {
    let mut child = oncal()
        .args(["schedule", "--weeks", "1000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn a_command_whose_reader_goes_away_keeps_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = two_plans(folder.path(), SWAP);
    let mut child = oncal()
        .args(["diff", &old, &new, "--now", NOW, "--from", "2027-01-01"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(3), String::new()));
}

#[test]
fn tables_and_open_conflicts_fit_eighty_columns() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_conflict(folder.path());
    for args in [
        &["schedule", "--weeks", "52"][..],
        &["schedule", "--weeks", "52", "--engineer", "b"],
        &["coverage", "--weeks", "52"],
        &["coverage", "--weeks", "8", "--config", config.to_str().unwrap()],
        &["fairness", "--years", "10"],
        &["fairness", "--years", "1"],
        &["holidays"],
        &["holidays", "gb-eng", "2027"],
        &["holidays", "ca-federal", "2028"],
        &["holidays", "kr", "2027"],
        &["holidays", "cz", "2027"],
    ] {
        let output = run(args);
        for line in text(&output.stdout).lines() {
            assert!(line.width() <= 80, "{args:?}: {line}");
        }
    }
}
#[test]
fn a_calendar_shows_its_dates_what_they_stand_for_their_rules_and_how_far_they_are_known() {
    let output = run(&["holidays", "gb-sct", "2028"]);
    assert_eq!(
        text(&output.stdout),
        "\
Scotland bank holidays · 2028 · by rules alone

DATE             HOLIDAY                 STANDS FOR      RULE
Sat 1 Jan 2028   New Year's Day                          01-01
Sun 2 Jan 2028   2nd January                             01-02
Mon 3 Jan 2028   New Year's Day          Sat 1 Jan 2028  01-01, observed sat =
                 (observed)                              next
Tue 4 Jan 2028   2nd January (observed)  Sun 2 Jan 2028  01-02, observed sun =
                                                         next
Fri 14 Apr 2028  Good Friday                             easter-2
Mon 1 May 2028   Early May bank holiday                  1st mon of may
Mon 29 May 2028  Spring bank holiday                     last mon of may
Mon 7 Aug 2028   Summer bank holiday                     1st mon of aug
Thu 30 Nov 2028  St Andrew's Day                         11-30
Mon 25 Dec 2028  Christmas Day                           12-25
Tue 26 Dec 2028  Boxing Day                              12-26

SOURCE
Banking and Financial Dealings Act 1971; St Andrew's Day Bank Holiday
(Scotland) Act 2007; gov.uk
"
    );
    assert!(output.stderr.is_empty());
}

#[test]
fn dates_past_what_is_known_come_with_a_warning() {
    let known = run(&["holidays", "sg", "2027"]);
    assert!(text(&known.stdout).starts_with("Singapore public holidays · 2027 · known up to 2027\n"));
    assert!(known.stderr.is_empty(), "{}", text(&known.stderr));
    let later = run(&["holidays", "sg", "2028"]);
    assert_eq!(later.status.code(), Some(0));
    let printed = text(&later.stderr);
    assert!(
        printed.contains("Singapore public holidays: after 2027, dates are estimates or missing"),
        "{printed}"
    );
}

#[test]
fn a_year_of_a_calendar_in_json_has_what_the_table_has() {
    let answer = run(&["holidays", "za", "2026", "--json"]);
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!((&answer["calendar"], &answer["year"]), (&"za".into(), &2026.into()));
    assert_eq!(answer["confirmed_through"], Value::Null);
    let observed: Vec<&Value> = answer["holidays"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|holiday| !holiday["observed_for"].is_null())
        .collect();
    let expected = serde_json::json!({
        "date": "2026-08-10",
        "name": "National Women's Day (observed)",
        "english": null,
        "observed_for": "2026-08-09",
        "rule": "08-09, observed sun = 1",
    });
    assert_eq!(observed, [&expected]);
}

#[test]
fn a_calendar_in_another_language_shows_what_its_holidays_mean_in_english() {
    let shown = text(&run(&["holidays", "jp", "2027"]).stdout);
    for line in [
        "DATE             HOLIDAY       IN ENGLISH ",
        "Mon 11 Jan 2027  成人の日      Coming of Age ",
        "Mon 22 Mar 2027  振替休日      Substitute ",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let answer: Value =
        serde_json::from_slice(&run(&["holidays", "de-by", "2027", "--json"]).stdout).unwrap();
    assert_eq!(answer["holidays"][0]["english"], "New Year's Day");
    assert!(!text(&run(&["holidays", "gb-eng", "2027"]).stdout).contains("IN ENGLISH"));
}

#[test]
fn all_calendars_are_listed_with_how_far_they_are_known() {
    let printed = text(&run(&["holidays"]).stdout);
    let lines: Vec<&str> = printed.lines().collect();
    let first = lines.iter().filter(|line| !line.starts_with(' '));
    assert_eq!(first.count(), 57, "a heading, and a row for each of the calendars built in");
    let line = |id: &str| lines.iter().find(|line| line.starts_with(&format!("{id} "))).unwrap();
    assert!(line("nz").contains("New Zealand public holidays") && line("nz").ends_with(" 2052"));
    assert!(line("us-federal").ends_with("any year"));
    let names = run(&["holidays", "--json"]);
    let names: Value = serde_json::from_slice(&names.stdout).unwrap();
    let listed = names["calendars"].as_array().unwrap();
    assert_eq!(listed.len(), 56);
    let entry = |id: &str| listed.iter().find(|entry| entry["calendar"] == id).unwrap();
    let england = serde_json::json!({
        "calendar": "gb-eng", "name": "England and Wales bank holidays", "english": null, "confirmed_through": null,
        "broken": false
    });
    assert_eq!((entry("gb-eng"), &entry("nz")["confirmed_through"]), (&england, &2052.into()));
    let (native, english) = ("Gesetzliche Feiertage in Österreich", "Austria public holidays");
    assert_eq!((&entry("at")["name"], &entry("at")["english"]), (&native.into(), &english.into()));
    let all = lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let all = all.collect::<Vec<_>>().join("\n");
    let rows = format!("at {english} any year\n{native}\nau Australia public holidays any year\nau-nsw ");
    assert!(all.contains(&rows), "an English name stands alone: {printed}");
    let austria = text(&run(&["holidays", "at", "2027"]).stdout);
    assert!(austria.starts_with(&format!("{english} · 2027 · by rules alone\n{native}\n\n")), "{austria}");
}

#[test]
fn shells_and_man_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        let script = text(&output.stdout);
        assert!(output.status.success() && script.contains("agree") && script.contains("dry-run"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(run(&["man", folder.path().to_str().unwrap()]).status.success());
    for page in ["oncal.1", "oncal-cover.1", "oncal-check.1"] {
        assert!(fs::read_to_string(folder.path().join(page)).unwrap().contains(".TH"), "{page}");
    }
}

#[test]
fn built_in_holiday_calendars_need_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let without =
        |args: &[&str]| oncal().current_dir(folder.path()).args(args).args(["--now", NOW]).output().unwrap();
    let one = without(&["holidays", "us-federal", "2027"]);
    assert_eq!((one.status.code(), text(&one.stderr)), (Some(0), String::new()));
    assert!(text(&one.stdout).contains("Memorial Day"), "{}", text(&one.stdout));
    let all = without(&["holidays"]);
    assert_eq!(all.status.code(), Some(0));
    assert!(text(&all.stdout).contains("\nde-by "), "{}", text(&all.stdout));
    let note = "there is no configuration in config, so only built-in calendars are known";
    assert!(text(&all.stderr).contains(note), "{}", text(&all.stderr));
    let named = without(&["holidays", "us-federal", "--config", "nowhere"]);
    assert_eq!(named.status.code(), Some(0));
    assert!(text(&named.stderr).contains("no configuration in nowhere"), "{}", text(&named.stderr));
    let unknown = without(&["holidays", "ours"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown.stderr));
    assert_eq!(without(&["check"]).status.code(), Some(1), "everything else needs one");
}
