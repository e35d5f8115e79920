//! A team of two that take turns: enough where the rota itself does not matter.

use std::fs;

use tempfile::TempDir;

/// Ann and Bob, from 2026 on.
pub(crate) const TEAM: &str = r#"
name = "Data"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [{ id = "a", name = "Ann" }, { id = "b", name = "Bob" }]
[[rotation]]
starts = 2026-01-02T10:00:00
weeks = [{ primary = "a", secondary = "b" }, { primary = "b", secondary = "a" }]
"#;

/// A folder with a configuration at `below`: these settings, and the team as `data`.
pub(crate) fn configuration(below: &str, settings: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join(below);
    fs::create_dir_all(config.join("teams")).unwrap();
    fs::write(config.join("teams/data.toml"), TEAM).unwrap();
    fs::write(config.join("oncal.toml"), settings).unwrap();
    folder
}
