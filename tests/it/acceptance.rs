//! Every acceptance case, through `oncal schedule --json` and `oncal coverage --json`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/acceptance")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// What the program prints as JSON. The exit code is not checked: 3 is a valid result too.
fn answer(config: &Path, command: &str, case: &str, expected: &Value) -> Value {
    let text = |key: &str| expected[key].as_str().unwrap().to_owned();
    let output = Command::new(env!("CARGO_BIN_EXE_oncal"))
        .arg(command)
        .args(["--team", case, "--json", "--from", &text("from"), "--to", &text("to"), "--now", &text("now")])
        .arg("--config")
        .arg(config)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{case}: {stderr}"))
}

/// Every field that the case names; others are not compared.
fn compare(case: &str, key: &str, expected: &Value, found: &Value) {
    let (expected, found) = (expected[key].as_array().unwrap(), found[key].as_array().unwrap());
    assert_eq!(expected.len(), found.len(), "{case}: number of {key}");
    for (wanted, got) in expected.iter().zip(found) {
        for (field, value) in wanted.as_object().unwrap() {
            assert_eq!(value, &got[field], "{case}: {field} of {wanted:#} in {key}");
        }
    }
}

#[test]
fn every_case_gives_its_exact_result() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["teams", "holidays"] {
        copy(&data().join(part), &folder.path().join(part));
    }
    let mut cases = 0;
    for entry in fs::read_dir(data()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case = path.file_stem().unwrap().to_str().unwrap();
        let expected: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let schedule = answer(folder.path(), "schedule", case, &expected);
        compare(case, "shifts", &expected, &schedule);
        compare(case, "handovers", &expected, &schedule);
        compare(case, "rows", &expected, &answer(folder.path(), "coverage", case, &expected));
        cases += 1;
    }
    assert_eq!(cases, 20);
}
