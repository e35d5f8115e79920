//! The API: it returns what the command line prints, refuses nonsense, and matches its description.

use std::fs;
use std::path::Path;
use std::process::Command;

use oncal::config;
use oncal::feed::Client;
use oncal::live::Snapshot;
use oncal::rota::{Instant, RowStatus, ShiftKind};
use serde_json::{Value, json};

use crate::support::application::{Response, responses};

const NOW: &str = "2027-05-03T12:00:00Z";
const TEAM: &str = "/api/v1/teams/data-pipelines";

/// The shipped plan, in which C's leave makes Memorial Day 2027 a conflict, and beside it a team that is broken.
fn plan(folder: &Path) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    for below in ["teams", "runbooks/data-pipelines"] {
        fs::create_dir_all(folder.join(below)).unwrap();
        for file in fs::read_dir(shipped.join(below)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.join(below).join(file.file_name())).unwrap();
        }
    }
    fs::write(folder.join("oncal.toml"), "").unwrap();
    let file = folder.join("teams/data-pipelines.toml");
    let plan = fs::read_to_string(&file).unwrap();
    let edited = plan.replace("#time_off = [{ from = 2027-05-29", "time_off = [{ from = 2027-05-29");
    assert_ne!(plan, edited);
    fs::write(&file, edited).unwrap();
    fs::write(folder.join("teams/lost.toml"), "name = 1 # private remark\n").unwrap();
}

/// What the command prints for the same plan at the same time.
fn printed(folder: &Path, args: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command.env_remove("ONCAL_CONFIG").arg("--config").arg(folder).args(["--now", NOW]);
    let output = command.args(args.split(' ')).args(["--json", "--team", "data-pipelines"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// One response.
struct Answer {
    status: u16,
    kind: String,
    etag: String,
    body: Value,
}

/// The responses of a server on the plan in `folder` to GETs with this If-None-Match.
fn asked_of(folder: &Path, targets: &[(&str, &str)]) -> Vec<Answer> {
    let now: Instant = NOW.parse().unwrap();
    let snapshot = Snapshot::new(config::load(folder, now).unwrap(), now);
    let answer = |response: Response| Answer {
        status: response.code,
        kind: response.header("content-type").to_owned(),
        etag: response.header("etag").to_owned(),
        body: serde_json::from_str(&response.body).unwrap_or_default(),
    };
    responses(snapshot, now, targets, &[("host", "127.0.0.1")]).into_iter().map(answer).collect()
}

fn get(targets: &[&str]) -> Vec<Answer> {
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path());
    asked_of(folder.path(), &targets.iter().map(|target| (*target, "")).collect::<Vec<_>>())
}

#[test]
fn the_description_says_when_a_holder_is_away() {
    let description = get(&["/openapi.json"]).remove(0).body;
    let field = &description["components"]["schemas"]["OnDuty"]["properties"]["away_until"];
    assert!(field["description"].as_str().unwrap().contains("secondary is no backup. Null"), "{field}");
    assert_eq!(field["format"], "date-time");
}

#[test]
fn the_document_about_the_api_has_every_call() {
    let description = get(&["/openapi.json"]).remove(0).body;
    let text = fs::read_to_string("docs/api.md").unwrap();
    for path in description["paths"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\n| `{path}` |")), "{path} is missing");
    }
}

#[test]
fn every_response_is_what_the_command_line_prints() {
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path());
    for (target, args) in [
        ("oncall", "now"),
        ("oncall?at=2027-05-31T12:00:00Z", "now --at 2027-05-31T12:00:00Z"),
        ("oncall?at=2027-05-31T12:00:00%2B02:00", "now --at 2027-05-31T10:00:00Z"),
        ("oncall?at=2020-01-01T00:00:00Z", "now --at 2020-01-01T00:00:00Z"),
        ("oncall?at=2027-05-31", "now --at 2027-05-31"),
        ("schedule", "schedule"),
        ("schedule?from=2027-12-20&to=2028-01-10", "schedule --from 2027-12-20 --to 2028-01-10"),
        ("coverage", "coverage"),
        ("coverage?from=2027-05-28&to=2029-05-25", "coverage --from 2027-05-28 --to 2029-05-25"),
        ("coverage?to=2027-06-05", "coverage --to 2027-06-05"),
        ("fairness", "fairness"),
        ("fairness?to=2037-01-01", "fairness --years 10"),
        ("fairness?from=2027-01-01&to=2028-01-01", "fairness --years 1"),
    ] {
        let answer = asked_of(folder.path(), &[(&format!("{TEAM}/{target}"), "")]).remove(0);
        assert_eq!((answer.status, &*answer.kind), (200, "application/json"), "{target}: {}", answer.body);
        assert_eq!(answer.body, printed(folder.path(), args), "{target}");
    }
}

#[test]
fn the_list_of_teams_shows_each_status_and_quotes_no_file() {
    let answer = get(&["/api/v1/teams"]).remove(0);
    let [team, lost] = &answer.body["teams"].as_array().unwrap()[..] else { panic!("{}", answer.body) };
    assert_eq!((&team["team"], &team["status"]), (&json!("data-pipelines"), &json!("current")));
    assert_eq!((&team["to_agree"], &team["overdue"]), (&json!(1), &json!(0)));
    assert_eq!((&team["primary"], &team["secondary"]), (&json!("b"), &json!("c")));
    assert_eq!(team["engineers"][0]["engineer"], json!("a"));
    assert_eq!(team["feeds"][0]["path"], json!("team.ics"));
    assert_eq!(
        (&lost["team"], &lost["status"], &lost["name"]),
        (&json!("lost"), &json!("broken"), &json!(null))
    );
    assert_eq!(
        (&lost["problems"][0]["file"], &lost["problems"][0]["line"]),
        (&json!("teams/lost.toml"), &json!(1))
    );
    assert!(!answer.body.to_string().contains("private remark"));
}

#[test]
fn pipelines_have_their_owners_and_run_books() {
    let answer = get(&[&format!("{TEAM}/pipelines")]).remove(0);
    let pipelines = answer.body["pipelines"].as_array().unwrap();
    assert_eq!(pipelines.len(), 5);
    let reported = pipelines.iter().filter(|pipeline| pipeline["investor_reported"] == json!(true));
    assert_eq!(reported.count(), 3);
    for pipeline in pipelines {
        let books = answer.body["run_books"].as_array().unwrap();
        let own = &pipeline["run_book"];
        assert!(own.is_null() || books.iter().any(|book| book["run_book"] == *own), "{pipeline}");
    }
}

#[test]
fn bad_queries_are_refused_naming_the_parameter_and_a_right_value() {
    let cases = [
        ("schedule?from=soon", "from", "from must be a date such as 2026-12-25, not “soon”"),
        ("schedule?from=", "from", "not “”"),
        ("schedule?from=2027-02-30", "from", "not “2027-02-30”"),
        ("schedule?from=%2B2027-1-1", "from", "from must be a date"),
        ("schedule?from=1969-12-31", "from", "from must be from 1970-01-01 to 2037-05-03"),
        ("schedule?to=2037-05-04", "to", "to must be from 1970-01-01 to 2037-05-03"),
        ("schedule?from=2027-06-01&to=2027-06-01", "to", "is not after from, 2027-06-01"),
        (
            "coverage?from=2027-06-01&to=2029-05-30",
            "to",
            "at most 104 weeks at once: with from 2027-06-01, to must be 2029-05-29 or earlier",
        ),
        ("coverage?form=2027-06-01", "form", "there is no parameter “form”; did you mean `from`?"),
        ("coverage?from=2027-06-01&from=2027-06-01", "from", "from is given twice"),
        ("fairness?from=2027-01-02", "from", "must be 1 January, such as 2027-01-01, not 2027-01-02"),
        ("fairness?from=2027-01-01&to=2027-12-31", "to", "whole calendar years"),
        ("fairness?from=2027-01-01&to=2027-01-01", "to", "not after from"),
        ("fairness?from=2026-01-01&to=2037-01-01", "to", "to must be 2036-01-01 or earlier"),
        ("oncall?at=31.5.2027", "at", "at must be an instant such as 2026-12-24T20:00:00Z, or a date, not"),
        ("oncall?at=9999-01-01", "at", "at must be from 1970-01-01 to"),
        ("oncall?at=9999-01-01T00:00:00Z", "at", "at must be from 1970-01-01 to"),
        ("changes?from=2027-01-01", "from", "this address takes none"),
        ("pipelines?x", "x", "this address takes none"),
    ];
    let targets: Vec<String> = cases.iter().map(|(target, ..)| format!("{TEAM}/{target}")).collect();
    let answers = get(&targets.iter().map(String::as_str).collect::<Vec<_>>());
    for (answer, (target, parameter, detail)) in answers.iter().zip(cases) {
        assert_eq!((answer.status, &*answer.kind), (400, "application/problem+json"), "{target}");
        assert_eq!(
            (&answer.body["status"], &answer.body["parameter"]),
            (&json!(400), &json!(parameter)),
            "{target}"
        );
        let message = answer.body["detail"].as_str().unwrap();
        assert!(message.contains(detail), "{target}: {message}");
    }
}

#[test]
fn a_team_that_is_not_served_differs_from_one_that_does_not_exist() {
    for route in ["oncall", "schedule", "coverage", "fairness", "changes", "pipelines", "subscribers"] {
        let targets = [format!("/api/v1/teams/lost/{route}"), format!("/api/v1/teams/none/{route}")];
        let answers = get(&[&targets[0], &targets[1]]);
        assert_eq!((answers[0].status, answers[1].status), (503, 404), "{route}");
        assert!(
            answers.iter().all(|answer| answer.kind == "application/problem+json" && answer.etag.is_empty())
        );
    }
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path());
    let routes = ["oncall", "schedule", "coverage", "fairness", "changes", "pipelines", "subscribers"];
    let mut targets: Vec<String> = routes.iter().map(|route| format!("{TEAM}/{route}")).collect();
    targets.extend(["/api/v1/teams".to_owned(), "/openapi.json".to_owned()]);
    let fresh: Vec<(&str, &str)> = targets.iter().map(|target| (target.as_str(), "")).collect();
    let first = asked_of(folder.path(), &fresh);
    let known: Vec<(&str, &str)> =
        targets.iter().zip(&first).map(|(target, answer)| (target.as_str(), answer.etag.as_str())).collect();
    for (again, target) in asked_of(folder.path(), &known).iter().zip(&targets) {
        assert_eq!((again.status, &again.body), (304, &Value::Null), "{target}");
    }
}

#[test]
fn the_description_has_every_route_with_its_answers_and_every_field_is_required() {
    let api = get(&["/openapi.json"]).remove(0).body;
    assert_eq!(api["openapi"], json!("3.1.0"));
    let paths = api["paths"].as_object().unwrap();
    let mut below: Vec<&str> = paths.keys().filter_map(|path| path.strip_prefix("/api/v1/teams")).collect();
    below.sort_unstable();
    let routes = ["changes", "coverage", "fairness", "oncall", "pipelines", "schedule", "subscribers"];
    let expected: Vec<String> = routes.iter().map(|route| format!("/{{team}}/{route}")).collect();
    assert_eq!(below[0], "");
    assert_eq!(&below[1..], expected);
    for (path, item) in paths {
        let answers: Vec<&String> = item["get"]["responses"].as_object().unwrap().keys().collect();
        let expected: &[&str] = if path.contains("{team}") {
            &["200", "304", "400", "404", "503"]
        } else {
            &["200", "304", "400"]
        };
        assert_eq!(answers, expected, "{path}");
    }
    for (name, schema) in api["components"]["schemas"].as_object().unwrap() {
        let Some(properties) = schema.get("properties") else { continue };
        for field in properties.as_object().unwrap().keys() {
            assert!(schema["required"].as_array().unwrap().contains(&json!(field)), "{name}.{field}");
        }
    }
    assert_eq!(api["components"]["schemas"]["Shift"]["properties"]["start"]["format"], json!("date-time"));
    assert_eq!(api["components"]["schemas"]["Coverage"]["properties"]["from"]["format"], json!("date"));
}

#[test]
fn the_description_names_all_values_of_a_field() {
    let api = get(&["/openapi.json"]).remove(0).body;
    let schemas = &api["components"]["schemas"];
    for (schema, field, words, expected) in [
        ("Shift", "role", "Role", json!(["primary", "secondary"])),
        ("Move", "role", "Role", json!(["primary", "secondary"])),
        ("Streak", "role", "Role", json!(["primary", "secondary"])),
        ("Row", "role", "Role", json!(["primary", "secondary"])),
        ("Row", "status", "RowStatus", json!(RowStatus::ALL.map(RowStatus::as_str))),
        ("Shift", "kind", "ShiftKind", json!(ShiftKind::ALL.map(ShiftKind::as_str))),
        ("OnDuty", "kind", "ShiftKind", json!(ShiftKind::ALL.map(ShiftKind::as_str))),
        ("Shift", "status", "Agreement", json!(["confirmed", "tentative"])),
        ("OnDuty", "status", "Agreement", json!(["confirmed", "tentative"])),
        ("Held", "status", "Agreement", json!(["confirmed", "tentative"])),
        ("TeamEntry", "status", "TeamStatus", json!(["current", "outdated", "broken"])),
        ("FeedClient", "client", "ClientKind", json!(Client::ALL.map(Client::as_str))),
    ] {
        let property = schemas[schema]["properties"][field].to_string();
        assert!(
            property.contains(&format!("\"#/components/schemas/{words}\"")),
            "{schema}.{field}: {property}"
        );
        assert_eq!(schemas[words]["enum"], expected, "{words}");
    }
}
