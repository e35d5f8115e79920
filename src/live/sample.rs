//! A configuration for tests: the plan's rotation, and a holiday on 2026-01-07.

use std::fs;

use tempfile::TempDir;

use crate::config::{Configuration, load};
use crate::rota::Instant;

pub(crate) const TEAM: &str = r#"
name = "Sample"
time_zone = "America/New_York"
holidays = ["house"]
engineer = [
  { id = "a", name = "Ann" }, { id = "b", name = "Bob" }, { id = "c", name = "Cy" }, { id = "d", name = "Dee" },
]
[[rotation]]
starts = 2026-01-02T10:00:00
weeks = [
  { primary = "a", secondary = "b" }, { primary = "b", secondary = "c" },
  { primary = "c", secondary = "d" }, { primary = "d", secondary = "a" },
]
[handover]
day = "friday"
time = 10:00:00
minutes = 30
if_away = "earlier"
"#;

const HOLIDAYS: &str = "[calendar]\nname = \"House\"\n[[holiday]]\nname = \"Founders\"\non = \"01-07\"\n";

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Teams of these ids and texts, with these lines in `oncal.toml`, loaded at `now`.
pub(crate) fn configuration(settings: &str, teams: &[(&str, &str)], now: Instant) -> Configuration {
    let folder = files(settings, teams);
    load(folder.path(), now).unwrap()
}

/// The folder of such a configuration.
pub(crate) fn files(settings: &str, teams: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["teams", "holidays"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("oncal.toml"), settings).unwrap();
    fs::write(folder.path().join("holidays/house.toml"), HOLIDAYS).unwrap();
    for (id, text) in teams {
        fs::write(folder.path().join(format!("teams/{id}.toml")), text).unwrap();
    }
    folder
}
