//! Secret links, through the production application: what each key opens, and that nothing else reveals anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant as Moment};

use crate::support::application::{Response, responses};
use crate::support::files::write;
use crate::support::pair;
use crate::support::running::{PATIENCE, Running, get, program};
use oncal::access::{Key, Secret};
use oncal::config;
use oncal::live::Builder;
use oncal::publish::Publisher;
use oncal::rota::{EngineerId, Instant, TeamId};
use tempfile::TempDir;

const NOW: &str = "2026-11-20T12:00:00Z";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const SETTINGS: &str = "access = \"links\"\npublic_url = \"https://rota.example/on-call\"\n";

const PIPELINE: &str =
    "[[pipeline]]\nid = \"profit\"\nname = \"Profit\"\nprimary = \"a\"\nrun_book = \"profit.md\"\n";

static TEAM: LazyLock<String> = LazyLock::new(|| format!("{}{PIPELINE}", pair::TEAM));

/// A folder with the teams data, growth and lost, which has errors unless `all_good`.
fn folder(settings: &str, all_good: bool) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| write(folder.path(), path, text);
    write("oncal.toml", settings);
    for team in ["data", "growth"] {
        write(&format!("teams/{team}.toml"), &TEAM);
        write(&format!("runbooks/{team}/profit.md"), "# Profit\n\nRead it.\n");
    }
    if !all_good {
        write("teams/lost.toml", "name = 1\n");
    }
    folder
}

/// The keys of generations `all`, `of_team` of team `team` and `own` of its engineer `a`.
fn keys(team: &str, [all, of_team, own]: [u32; 3]) -> [String; 3] {
    let (secret, team) = (Secret::of(SECRET.as_bytes()), TeamId::new(team).unwrap());
    let a = EngineerId::new("a").unwrap();
    let keys = [
        secret.organisation(all),
        secret.team(all, &team, of_team),
        secret.engineer(all, (&team, of_team), (&a, own)),
    ];
    keys.map(|key| key.text())
}

/// The responses of a server on the configuration in `folder`.
fn responses_of(folder: &Path, targets: &[String]) -> Vec<Response> {
    responses_at(folder, targets, NOW.parse().unwrap())
}

/// The same at `now`.
fn responses_at(folder: &Path, targets: &[String], now: Instant) -> Vec<Response> {
    let configuration = config::load(folder, now).unwrap();
    let builder = Builder::new(Publisher::without_journal()).with_secret(Secret::of(SECRET.as_bytes()));
    let first = builder.first(configuration, now).unwrap();
    let targets: Vec<(&str, &str)> = targets.iter().map(|target| (target.as_str(), "")).collect();
    responses(first, now, &targets, &[("host", "rota.example")])
}

fn one(folder: &Path, target: &str) -> Response {
    responses_of(folder, &[target.to_owned()]).remove(0)
}

const OPEN: [&str; 3] = ["/healthz", "/robots.txt", "/favicon.ico"];

const OF_ALL: [&str; 2] = ["/", "/api/v1/teams"];

/// Below a team.
const OF_TEAM: [&str; 14] = [
    "/",
    "",
    "/coverage",
    "/pipelines",
    "/fairness",
    "/changes",
    "/subscribers",
    "/run-books/profit",
    "/changes.atom",
    "/team.ics",
    "/team.ics?download=1",
    "/coverage.ics",
    "/secondary.ics?alarm=15m",
    "/engineers/b.ics",
];

const OF_NOBODY: [&str; 17] = [
    "/none/",
    "/none/team.ics",
    "/data/none",
    "/data/none.ics",
    "/data/engineers/z.ics",
    "/data/run-books/none",
    "/api/v1/teams/none/changes",
    "/api/none",
    "/k/",
    "/readyz",
    "/metrics",
    "/assets/none.css",
    "/data/../growth/",
    "/data/%2e%2e/growth/",
    "/data//team.ics",
    "/data%2Fteam.ics",
    "/%2564ata/team.ics",
];

/// The style sheet's path.
fn asset(folder: &Path, key: &str) -> String {
    let page = one(folder, &format!("/k/{key}/"));
    let path = page.body.split("href=\"").find(|rest| rest.starts_with("./assets/")).unwrap();
    path.split('"').next().unwrap().trim_start_matches('.').to_owned()
}

/// Each path without a key, and who may read it: everybody, the organisation, team data, its engineer a.
fn walk(folder: &Path, key: &str) -> Vec<(String, [bool; 4])> {
    let mut walk = Vec::new();
    let mut add = |path: &str, open_to| walk.push((path.to_owned(), open_to));
    OF_ALL.iter().for_each(|path| add(path, [false, true, false, false]));
    OF_NOBODY.iter().for_each(|path| add(path, [false; 4]));
    for path in OF_TEAM {
        add(&format!("/data{path}"), [false, true, true, true]);
        add(&format!("/growth{path}"), [false, true, false, false]);
    }
    for part in ["oncall", "schedule", "coverage", "fairness", "changes", "pipelines", "subscribers"] {
        add(&format!("/api/v1/teams/data/{part}"), [false, true, true, true]);
        add(&format!("/api/v1/teams/growth/{part}"), [false, true, false, false]);
    }
    add("/openapi.json", [false, true, true, true]);
    add(&asset(folder, key), [true, true, true, true]);
    for path in OPEN {
        add(path, [true, true, false, false]);
    }
    walk
}

#[test]
fn a_key_opens_its_own_paths_and_everything_else_is_the_same_404() {
    let folder = folder(SETTINGS, true);
    let [all, team, engineer] = keys("data", [1, 1, 1]);
    let walk = walk(folder.path(), &all);
    let wrong = "a".repeat(Key::CHARACTERS);
    let revoked = keys("data", [2, 2, 2]);
    let other_way = [team.to_uppercase(), format!("{team}a"), team[1..].to_owned(), "%61".repeat(32)];
    let opening = [(all, 1), (team, 2), (engineer, 3)];
    let closed = revoked.into_iter().chain(other_way).chain([wrong, String::new()]);

    let (mut targets, mut open) = (Vec::new(), Vec::new());
    for (path, open_to) in &walk {
        targets.push(path.clone());
        open.push(open_to[0]);
        for (key, place) in &opening {
            targets.push(format!("/k/{key}{path}"));
            open.push(open_to[*place]);
        }
    }
    for key in closed {
        targets.extend(walk.iter().map(|(path, _)| format!("/k/{key}{path}")));
        targets.push(format!("/k/{key}"));
    }
    open.resize(targets.len(), false);

    let answers = responses_of(folder.path(), &targets);
    // People get a page and programs a text, by the address alone.
    let is_page = |target: &str| {
        let path = target.split('?').next().unwrap();
        !path.contains("/api/") && !path.rsplit('/').next().unwrap().contains('.')
    };
    let nothing = |page: bool| {
        let mut nothing = targets.iter().zip(&answers).filter(|(target, _)| is_page(target) == page);
        nothing.find(|(_, answer)| answer.code == 404).unwrap().1
    };
    let (page, text) = (nothing(true), nothing(false));
    assert!(page.body.contains("<h1>There is nothing at this address</h1>"), "{}", page.body);
    assert!(page.body.contains(" href=\"/on-call/assets/") && page.body.matches("href").count() == 1);
    assert!(text.body.starts_with("nothing exists at this address"), "{}", text.body);
    for ((target, answer), is_open) in targets.iter().zip(&answers).zip(open) {
        if is_open {
            assert!([200, 308].contains(&answer.code), "{target}: {answer:?}");
        } else {
            assert_eq!(answer, if is_page(target) { page } else { text }, "{target}");
        }
    }
    assert!(targets.len() > 500 && !page.body.contains("data") && !text.body.contains("data"));
}

#[test]
fn what_a_key_opens_is_not_cached_for_others_and_sends_no_referrer() {
    let folder = folder(SETTINGS, true);
    let [all, ..] = keys("data", [1, 1, 1]);
    let asset = format!("/k/{all}{}", asset(folder.path(), &all));
    for (target, kept) in [
        (format!("/k/{all}/"), "private, no-cache"),
        (format!("/k/{all}/data/"), "private, no-cache"),
        (format!("/k/{all}/data/team.ics"), "private, no-cache"),
        (format!("/k/{all}/api/v1/teams/data/changes"), "private, no-cache"),
        (asset, "private, max-age=31536000, immutable"),
        ("/data/".to_owned(), "no-store"),
    ] {
        let answer = one(folder.path(), &target);
        assert_eq!(answer.headers["cache-control"], kept, "{target}");
        if answer.body.starts_with("<!DOCTYPE") {
            assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        }
    }
}

/// The links of engineers c, who leaves before `NOW`, d, who leaves after it, and e, whose day of leaving has begun for
/// the team and not yet for them.
#[test]
fn the_link_of_an_engineer_ends_where_they_live_on_the_day_they_leave() {
    let folder = folder(SETTINGS, true);
    let people = r#"{ id = "b", name = "Bob" },
        { id = "c", name = "Cy", left = 2026-11-20 },
        { id = "d", name = "Dee", left = 2026-11-21 },
        { id = "e", name = "Eve", time_zone = "Pacific/Pago_Pago", left = 2026-11-20 },
        { id = "f", name = "Fay", time_zone = "Pacific/Auckland", left = 2026-11-21 }]"#;
    let good = TEAM.replace("{ id = \"b\", name = \"Bob\" }]", people);
    let file = folder.path().join("teams/data.toml");
    fs::write(&file, &good).unwrap();
    let (secret, team) = (Secret::of(SECRET.as_bytes()), TeamId::new("data").unwrap());
    let link = |id| {
        let key = secret.engineer(1, (&team, 1), (&EngineerId::new(id).unwrap(), 1));
        format!("/k/{}/data/", key.text())
    };
    for (id, code) in [("a", 200), ("c", 404), ("d", 200), ("e", 404), ("f", 404)] {
        assert_eq!(one(folder.path(), &link(id)).code, code, "{id}");
    }
    // Eleven hours behind UTC the day began only an hour ago.
    let hours_earlier = |hours: i64| {
        let now = NOW.parse::<Instant>().unwrap() - chrono::TimeDelta::hours(hours);
        responses_at(folder.path(), &[link("e")], now).remove(0).code
    };
    assert_eq!((hours_earlier(1), hours_earlier(2)), (404, 200));
}

#[test]
fn links_on_pages_carry_the_visitors_own_key_and_events_carry_none() {
    let folder = folder(SETTINGS, true);
    let [all, team, engineer] = keys("data", [1, 1, 1]);
    let every = [&all, &team, &engineer];
    for key in [&all, &team] {
        for path in
            ["/data/", "/data/coverage", "/data/pipelines", "/data/run-books/profit", "/data/changes.atom"]
        {
            let body = one(folder.path(), &format!("/k/{key}{path}")).body;
            for other in every.iter().filter(|other| **other != key) {
                assert!(!body.contains(other.as_str()), "{path}");
            }
            // The only links that are not relative, beside those of calendars.
            let absolute = body.matches("https://rota.example").count();
            let own = body.matches(&format!("https://rota.example/on-call/k/{key}/data/")).count();
            assert!(absolute == own || path == "/data/changes.atom", "{path}: {body}");
        }
        let page = one(folder.path(), &format!("/k/{key}/data/subscribe?calendar=engineers/a")).body;
        let feed = format!("rota.example/on-call/k/{key}/data/engineers/a.ics");
        for expected in [
            format!("https://{feed}"),
            format!("webcal://{feed}"),
            format!("webcal%3A%2F%2F{}", feed.replace('/', "%2F")),
            format!("url=https%3A%2F%2F{}", feed.replace('/', "%2F")),
        ] {
            assert!(page.contains(&expected), "{expected}: {page}");
        }
        let feed = one(folder.path(), &format!("/k/{key}/data/team.ics")).body;
        assert!(!feed.contains("URL") && !feed.contains("rota.example") && !feed.contains("/k/"), "{feed}");
    }
    for (key, reach) in [(&all, "calendar of all teams"), (&team, "calendar of this team")] {
        let page = one(folder.path(), &format!("/k/{key}/data/subscribe")).body;
        assert!(page.contains(reach) && page.contains("<code>oncal links</code>"), "{page}");
        assert!(!page.contains("Ask for your own."), "{page}");
    }
    let page = one(folder.path(), &format!("/k/{engineer}/data/subscribe")).body;
    for expected in [
        "This is <bdi>Ann</bdi>’s link. It stops working when <bdi>Ann</bdi> leaves the team.",
        "Ask for your own.",
        &format!("https://rota.example/on-call/k/{engineer}/data/engineers/a.ics</code>"),
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let home = |key| {
        let page = one(folder.path(), &format!("/k/{key}/data/coverage")).body;
        page.split("class=\"brand\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!((home(&all).as_str(), home(&team).as_str()), ("../", "./"));
}

#[test]
fn events_link_to_the_pages_that_are_given_for_them() {
    let folder = folder(&format!("{SETTINGS}pages_url = \"https://inside.example\"\n"), true);
    let [all, ..] = keys("data", [1, 1, 1]);
    let feed = one(folder.path(), &format!("/k/{all}/data/team.ics")).body;
    assert!(feed.contains("URL:https://inside.example/data/") && !feed.contains(&all), "{feed}");
}

#[test]
fn while_a_teams_file_has_errors_no_calendar_gets_an_error() {
    let folder = folder(SETTINGS, false);
    let [all, team, _] = keys("lost", [1, 1, 1]);
    let wrong = "a".repeat(Key::CHARACTERS);
    for (target, code) in [
        (format!("/k/{team}/lost/team.ics"), 503),
        (format!("/k/{wrong}/data/team.ics"), 503),
        ("/data/".to_owned(), 503),
        (format!("/k/{all}/lost/team.ics"), 503),
        (format!("/k/{all}/none/team.ics"), 404),
        (format!("/k/{all}/data/team.ics"), 200),
    ] {
        assert_eq!(one(folder.path(), &target).code, code, "{target}");
    }
}

fn status(running: &Running, target: &str) -> String {
    get(running.address, target).0.get(9..12).unwrap().to_owned()
}

#[test]
fn the_program_prints_links_that_work_and_stop_working_when_they_are_renewed() {
    let own = "access = \"links\"\nbind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\npublic_url = \"http://localhost\"\n";
    let folder = folder(own, true);
    let links = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
        command.args(["links", "--json", "--config"]).arg(folder.path()).current_dir(folder.path());
        let output = command.env_remove("ONCAL_SECRET").env_remove("ONCAL_SECRET_FILE").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let links: BTreeSet<String> = text
            .split('"')
            .filter_map(|text| text.strip_prefix("http://localhost"))
            .map(str::to_owned)
            .collect();
        assert_eq!(links.len(), 7, "{text}");
        links
    };
    let mut command = program(folder.path(), &[]);
    let mut running = Running::start(command.env("ONCAL_LOG", "trace"));
    let first = links();
    for link in &first {
        assert_eq!(status(&running, link), "200", "{link}");
    }
    let renewed = TEAM.replace("name = \"Data\"", "name = \"Data\"\nlink_generation = 2");
    fs::write(folder.path().join("teams/data.toml"), renewed).unwrap();
    let second = links();
    let (revoked, new): (Vec<_>, Vec<_>) =
        (first.difference(&second).collect(), second.difference(&first).collect());
    assert_eq!((revoked.len(), new.len()), (3, 3), "the team and its two engineers");
    let since = Moment::now();
    while revoked.iter().any(|link| status(&running, link) != "404") {
        assert!(since.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    for link in &second {
        assert_eq!(status(&running, link), "200", "{link}");
    }
    let all = format!("{own}link_generation = 2\n");
    fs::write(folder.path().join("oncal.toml"), all).unwrap();
    while second.iter().any(|link| status(&running, link) != "404") {
        assert!(since.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    let third = links();
    third.iter().for_each(|link| assert_eq!(status(&running, link), "200", "{link}"));

    // At every log level, and however a proxy or a person garbles a link.
    let key = |link: &str| link.split('/').nth(2).unwrap().to_owned();
    for link in first.iter().chain(&second).chain(&third) {
        for mangled in [format!("/prefix{link}"), format!("/{link}"), link.replacen("/k/", "/%6b/", 1)] {
            status(&running, &mangled);
        }
    }
    let [ready, metrics] =
        ["/readyz", "/metrics"].map(|path| String::from_utf8(get(running.admin, path).1).unwrap());
    assert!(metrics.contains("route=\"/{team}/\",status=\"200\""), "{metrics}");
    running.signal("TERM");
    running.ended();
    let texts = [running.log(), ready, metrics];
    assert!(texts[0].contains("/{team}/"), "requests are logged: {}", texts[0]);
    for link in first.iter().chain(&second).chain(&third) {
        assert!(texts.iter().all(|text| !text.contains(&key(link))), "{texts:?}");
    }
}

/// Waits until each of `targets` has its expected status.
fn wait_for(running: &Running, targets: &[(&String, &str)]) {
    let since = Moment::now();
    while let Some((target, expected)) =
        targets.iter().find(|(target, code)| status(running, target) != *code)
    {
        assert!(since.elapsed() < PATIENCE, "{target} is not {expected}: {}", running.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn links_are_renewed_even_if_the_file_has_other_errors() {
    let own = "access = \"links\"\nbind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";
    let folder = folder(own, true);
    let running = Running::start(program(folder.path(), &[]).env("ONCAL_SECRET", SECRET));
    let links = |generations| {
        let [all, team, engineer] = keys("data", generations);
        [format!("/k/{all}/"), format!("/k/{team}/data/"), format!("/k/{engineer}/data/engineers/a.ics")]
    };
    let team = |lines: &str| {
        let text = TEAM.replace("name = \"Data\"", &format!("name = \"Data\"\n{lines}"));
        fs::write(folder.path().join("teams/data.toml"), text).unwrap();
    };
    let other = format!("/k/{}/growth/", keys("growth", [1, 1, 1])[1]);
    let [all, of_team, own_feed] = links([1, 1, 1]);
    let [_, new_team, new_feed] = links([1, 3, 1]);
    team("nonsense = 1\nlink_generation = 3");
    wait_for(&running, &[(&of_team, "404"), (&own_feed, "404")]);
    wait_for(&running, &[(&all, "200"), (&new_team, "200"), (&new_feed, "200"), (&other, "200")]);
    // Whatever number is then assumed, earlier links do not work until the file has no errors.
    team("link_generation = \"3\"\nname = 2");
    running.signal("HUP");
    std::thread::sleep(Duration::from_millis(500));
    wait_for(&running, &[(&of_team, "404"), (&own_feed, "404"), (&new_team, "200"), (&all, "200")]);
    fs::remove_file(folder.path().join("teams/data.toml")).unwrap();
    let is_gone = || {
        let ready: serde_json::Value = serde_json::from_slice(&get(running.admin, "/readyz").1).unwrap();
        ready["teams"]["removed"] == serde_json::json!(["data"])
    };
    let since = Moment::now();
    while !is_gone() {
        assert!(since.elapsed() < PATIENCE, "{}", running.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    wait_for(&running, &[(&of_team, "404"), (&own_feed, "404"), (&new_team, "200"), (&all, "200")]);
    team("");
    wait_for(&running, &[(&of_team, "200"), (&own_feed, "200"), (&new_team, "404")]);
    let engineer = TEAM.replace("name = \"Ann\"", "name = 1, link_generation = 2");
    fs::write(folder.path().join("teams/data.toml"), engineer).unwrap();
    wait_for(&running, &[(&own_feed, "404"), (&of_team, "200"), (&links([1, 1, 2])[2], "200")]);

    let settings = folder.path().join("oncal.toml");
    fs::write(&settings, format!("{own}nonsense = 1\nlink_generation = 2\n")).unwrap();
    wait_for(&running, &[(&all, "404"), (&of_team, "404"), (&other, "404"), (&links([2, 1, 1])[0], "200")]);
    fs::write(&settings, "nonsense = 1\n").unwrap();
    team("");
    wait_for(&running, &[(&links([2, 1, 1])[2], "200"), (&all, "404")]);
    fs::write(&settings, own).unwrap();
    wait_for(&running, &[(&all, "200"), (&own_feed, "200")]);
}

#[test]
fn the_link_of_an_engineer_ends_even_if_the_file_that_ends_it_has_errors() {
    let own = "access = \"links\"\nbind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";
    let folder = folder(own, true);
    let file = folder.path().join("teams/data.toml");
    let [_, of_team, of_ann] = keys("data", [1, 1, 1]);
    let (team, feed) = (format!("/k/{of_team}/data/team.ics"), format!("/k/{of_ann}/data/engineers/a.ics"));
    let left = TEAM.replace("name = \"Ann\"", "name = \"Ann\", left = 2020-01-01");
    let running = Running::start(program(folder.path(), &[]).env("ONCAL_SECRET", SECRET));
    wait_for(&running, &[(&team, "200"), (&feed, "200")]);
    fs::write(&file, format!("nonsense = 1\n{left}")).unwrap();
    wait_for(&running, &[(&feed, "404"), (&team, "200")]);
    // A file that is not TOML says nothing, so the previous one still counts.
    fs::write(&file, "name = \n").unwrap();
    running.signal("HUP");
    std::thread::sleep(Duration::from_millis(500));
    wait_for(&running, &[(&feed, "404"), (&team, "200")]);
    fs::write(&file, &*TEAM).unwrap();
    wait_for(&running, &[(&feed, "200"), (&team, "200")]);

    // The same at a start that serves the team as last published.
    drop(running);
    fs::write(&file, format!("nonsense = 1\n{left}")).unwrap();
    let running = Running::start(program(folder.path(), &[]).env("ONCAL_SECRET", SECRET));
    wait_for(&running, &[(&feed, "404"), (&team, "200")]);
}

#[test]
fn servers_that_share_a_journal_must_share_the_secret() {
    let settings = format!("{SETTINGS}journal = \"postgres://localhost/none\"\n");
    let folder = folder(&settings, true);
    let run = |secret: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
        command.args(["links", "--config"]).arg(folder.path()).current_dir(folder.path());
        command.env_remove("ONCAL_SECRET_FILE").env("ONCAL_SECRET", secret);
        command.output().unwrap()
    };
    let output = run("");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && stderr.contains("ONCAL_SECRET"), "{stderr}");
    let stderr = String::from_utf8(run("short").stderr).unwrap();
    assert!(stderr.contains("has 5 bytes and must have 32 or more"), "{stderr}");
    let output = run(SECRET);
    let table = String::from_utf8(output.stdout).unwrap();
    let [all, team, engineer] = keys("data", [1, 1, 1]);
    for (name, link) in [
        ("everything", format!("/k/{all}/")),
        ("team Data, for Ann", format!("/k/{engineer}/data/")),
        ("team Data, for wall screens and managers", format!("/k/{team}/data/")),
    ] {
        let end = format!("https://rota.example/on-call{link}");
        assert!(table.lines().any(|line| line.starts_with(name) && line.ends_with(&end)), "{table}");
    }
}
