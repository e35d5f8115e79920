//! The alert rules in `config/deploy/alerts.yml`: each one can fire, and its metrics exist from the start.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::pair::configuration;
use crate::support::running::{Running, get, program};
use oncal::live::FaultKind;

const SETTINGS: &str = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";

fn file(below: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn rules() -> String {
    fs::read_to_string(file("config/deploy/alerts.yml")).unwrap()
}

fn promtool(arguments: &[&str], rules: &Path) {
    let output = Command::new("promtool").args(arguments).arg(rules).output().unwrap();
    let printed =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}");
}

#[test]
fn each_alert_fires_when_its_metric_says_so_and_not_before() {
    promtool(&["check", "rules"], &file("config/deploy/alerts.yml"));
    promtool(&["test", "rules"], &file("tests/data/alerts.test.yml"));
    let tests = fs::read_to_string(file("tests/data/alerts.test.yml")).unwrap();
    let rules = rules();
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        let tested = tests.split("  - name: ").find(|test| test.starts_with(&format!("{alert}\n")));
        let tested = tested.unwrap_or_else(|| panic!("{alert} has no test"));
        assert!(tested.contains("exp_labels"), "{alert} is never seen to fire");
    }
}

#[test]
fn every_fault_has_an_alert() {
    let rules = rules();
    for kind in FaultKind::ALL {
        let series = format!("oncal_fault{{fault=\"{}\"}}", kind.as_str());
        assert!(rules.contains(&series), "{series}");
    }
}

#[test]
fn operating_explains_every_alert_metric_and_fault() {
    let text = fs::read_to_string(file("docs/operating.md")).unwrap();
    let rules = rules();
    for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        let row = text.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{alert}`")));
        assert!(row.is_some(), "{alert} is missing");
    }
    for kind in FaultKind::ALL {
        assert!(text.contains(&format!("fault `{}`", kind.as_str())), "{kind:?} is missing");
    }
    let (folder, state) = (configuration("", SETTINGS), tempfile::tempdir().unwrap());
    let running = Running::start(&mut program(folder.path(), &["--state", state.path().to_str().unwrap()]));
    let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
    let mut found = 0;
    for (name, kind) in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')) {
        let has_end = kind != "counter" || name.ends_with("_total");
        let name = if has_end { name.to_owned() } else { format!("{name}_total") };
        let is_named = ["`", "{"].iter().any(|end| text.contains(&format!("`{name}{end}")));
        assert!(is_named, "{name} is missing");
        found += 1;
    }
    assert!(found > 20, "{metrics}");
}

#[test]
fn every_metric_of_an_alert_exists_from_the_start() {
    let (folder, state) = (configuration("", SETTINGS), tempfile::tempdir().unwrap());
    let running = Running::start(&mut program(folder.path(), &["--state", state.path().to_str().unwrap()]));
    let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
    let samples: BTreeSet<&str> = metrics.lines().filter(|line| !line.starts_with('#')).collect();
    let rules = rules();
    let mut found = 0;
    for expr in rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")) {
        let Some(start) = expr.find("oncal_") else { continue };
        let series = expr[start..].split([' ', '[', ')']).next().unwrap();
        // A team that has nothing to agree on has no next deadline.
        if series == "oncal_next_deadline_days" {
            continue;
        }
        let is_there = |sample: &&&str| match series.strip_suffix('}') {
            Some(labelled) => sample.starts_with(labelled),
            None => sample.starts_with(&format!("{series} ")) || sample.starts_with(&format!("{series}{{")),
        };
        assert!(samples.iter().any(|sample| is_there(&sample)), "{series} is missing:\n{metrics}");
        found += 1;
    }
    assert!(found > 10);
}
