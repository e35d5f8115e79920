//! The arrows between the rooms of `src` run one way.

use std::fs;
use std::path::Path;

/// What each room may name of the others.
const ROOMS: [(&str, &[&str]); 16] = [
    ("fetch", &[]),
    ("rota", &[]),
    ("toml_reader", &[]),
    ("ics", &["toml_reader", "rota"]),
    ("holidays", &["toml_reader", "ics", "rota"]),
    ("time_off", &["toml_reader", "ics", "rota"]),
    ("config", &["fetch", "journal", "toml_reader", "holidays", "ics", "rota", "time_off"]),
    ("access", &["config", "rota", "state_dir"]),
    ("text", &["rota"]),
    ("feed", &["journal", "rota", "text"]),
    ("journal", &["rota", "state_dir"]),
    ("json", &["feed", "holidays", "rota", "text"]),
    ("publish", &["config", "feed", "journal", "rota", "text"]),
    ("live", &["access", "config", "feed", "holidays", "journal", "publish", "rota", "text"]),
    (
        "web",
        &[
            "access",
            "clock",
            "config",
            "toml_reader",
            "feed",
            "holidays",
            "json",
            "live",
            "publish",
            "rota",
            "text",
        ],
    ),
    (
        "cli",
        &[
            "access",
            "clock",
            "config",
            "toml_reader",
            "feed",
            "holidays",
            "journal",
            "json",
            "live",
            "publish",
            "rota",
            "state_dir",
            "text",
            "web",
        ],
    ),
];

/// Which rooms alone may know a crate.
const CRATES: [(&str, &[&str]); 21] = [
    ("ureq", &["fetch"]),
    ("rustls", &["fetch", "journal"]),
    ("url", &["fetch"]),
    ("actix_web", &["web"]),
    ("toml", &["toml_reader", "config", "holidays"]),
    ("icalendar", &["feed"]),
    ("windows_timezones", &["ics", "config"]),
    ("serde", &["journal", "json", "publish", "web", "cli"]),
    ("rusqlite", &["journal"]),
    ("crc32fast", &["journal"]),
    ("sd_notify", &["cli"]),
    ("tokio_postgres", &["journal"]),
    ("notify", &["live"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli"]),
    ("maud", &["web"]),
    ("prometheus_client", &["web"]),
    ("hmac", &["access"]),
    ("subtle", &["access"]),
    ("getrandom", &["access"]),
    ("utoipa", &["json", "web"]),
];

/// What `rota` may import from.
const PURE: [&str; 7] = ["std", "chrono", "chrono_tz", "jiff", "crate", "super", "self"];

fn wrong(room: &str, line: &str) -> Option<String> {
    let (_, allowed) = ROOMS.iter().find(|(name, _)| *name == room)?;
    for (other, _) in ROOMS.iter().chain([&("clock", &[][..]), &("state_dir", &[])]) {
        if line.contains(&format!("crate::{other}")) && *other != room && !allowed.contains(other) {
            return Some(format!("{room} must not know {other}"));
        }
    }
    let of = |name: &str| {
        line.starts_with(&format!("use {name}::"))
            || line.starts_with(&format!("use {name};"))
            || line.contains(&format!(" {name}::"))
    };
    let root = line.strip_prefix("use ").and_then(|line| line.split([':', ';', ' ']).next());
    if room == "rota" && root.is_some_and(|root| !PURE.contains(&root)) {
        return Some("rota must know no framework".to_owned());
    }
    let foreign = CRATES.iter().find(|(name, rooms)| of(name) && !rooms.contains(&room));
    foreign.map(|(name, _)| format!("{room} must not know the crate {name}"))
}

fn walk(folder: &Path, room: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, room, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for line in code.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            found.extend(wrong(room, line).map(|why| format!("{}: {line}: {why}", path.display())));
        }
    }
}

#[test]
fn no_room_knows_what_it_must_not() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for (room, _) in ROOMS {
        walk(&source.join(room), room, &mut found);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_wrong_arrow_is_seen() {
    assert!(wrong("rota", "use crate::config::Configuration;").is_some());
    assert!(wrong("feed", "use actix_web::HttpResponse;").is_some());
    assert!(wrong("rota", "fn f() -> toml::Value {").is_some());
    assert!(wrong("rota", "use tracing::info;").is_some());
    assert!(wrong("rota", "use std::fmt;").is_none());
    assert!(wrong("config", "use crate::rota::Team;").is_none());
}
