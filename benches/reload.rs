//! What it costs to take over one changed team of many, beside all of them: `cargo bench --bench reload`.

use std::collections::BTreeSet;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use oncal::config::{self, Scope};
use oncal::journal::{Database, Place};
use oncal::live::{Cause, Publisher, Snapshot, Terms};
use oncal::rota::TeamId;

const TEAMS: usize = 1_000;

const TEAM: &str = r#"
name = "Team"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [{ id = "a", name = "Ann" }, { id = "b", name = "Bob" }, { id = "c", name = "Cy" }, { id = "d", name = "Dee" }]
[[rotation]]
starts = 2026-01-02T10:00:00
weeks = [
  { primary = "a", secondary = "b" }, { primary = "b", secondary = "c" },
  { primary = "c", secondary = "d" }, { primary = "d", secondary = "a" },
]
[handover]
"#;

/// 1,000 teams with 4,000 engineers.
fn folder(root: &Path) -> std::io::Result<()> {
    fs::create_dir_all(root.join("teams"))?;
    (0..TEAMS).try_for_each(|number| fs::write(root.join(format!("teams/t{number:04}.toml")), TEAM))
}

fn terms(at: DateTime<Utc>, cause: Cause) -> Terms {
    Terms { at, cause, is_written: true }
}

fn reload(criterion: &mut Criterion) {
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_781);
    let Ok(root) = tempfile::tempdir() else { return };
    let config = root.path().join("config");
    if folder(&config).is_err() {
        return;
    }
    let publisher = |name: &str| {
        let database = Database::open(Place::Folder(root.path().join(name))).ok()?;
        Some(Publisher::new(database, None, String::new()))
    };
    let mut group = criterion.benchmark_group("1,000 teams");
    group.sample_size(10);
    let mut number = 0;
    group.bench_function("first start, with an empty journal", |bencher| {
        bencher.iter(|| {
            number += 1;
            let publisher = publisher(&format!("first-{number}"));
            let first = publisher.zip(config::load(&config, now).ok());
            black_box(first.map(|(publisher, loaded)| Snapshot::first(loaded, &publisher, now).is_ok()))
        });
    });
    let Some(publisher) = publisher("state") else { return };
    let Ok(Ok(current)) = config::load(&config, now).map(|loaded| Snapshot::first(loaded, &publisher, now))
    else {
        return;
    };
    group.bench_function("start again", |bencher| {
        bencher.iter(|| {
            let loaded = config::load(&config, now).ok();
            black_box(loaded.map(|loaded| Snapshot::first(loaded, &publisher, now).is_ok()))
        });
    });
    group.sample_size(50);
    let mut current = Arc::new(current);
    let mut take_over = |scope: &Scope, team: &str| {
        let read = config::reload(&config, now, current.configuration(), scope).ok().map(Arc::new);
        let terms = terms(now, Cause::Change);
        let next = read.and_then(|read| current.reloaded(read, BTreeSet::new(), &publisher, terms).ok());
        if let Some(next) = next.map(Arc::new) {
            let shared = |id: &&str| match (current.team(id), next.team(id)) {
                (Some(old), Some(new)) => std::ptr::eq(old, new),
                _ => false,
            };
            let ids: Vec<&str> = next.teams().map(|team| team.team().id.as_str()).collect();
            let built: Vec<&str> = ids.iter().copied().filter(|id| !shared(id)).collect();
            assert_eq!(built, [team], "nothing but the changed team is expanded again");
            current = Arc::clone(&next);
        }
    };
    let only = TeamId::new("t0500").map(|team| Scope::Teams(BTreeSet::from([team])));
    for (name, scope) in
        [("one changed, and known to have", only), ("one changed, all looked at", Some(Scope::All))]
    {
        let Some(scope) = scope else { continue };
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    number += 1;
                    let text = TEAM.replace("\"Team\"", &format!("\"Team {number}\""));
                    fs::write(config.join("teams/t0500.toml"), text).is_ok()
                },
                |_| take_over(&scope, "t0500"),
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, reload);
criterion_main!(benches);
