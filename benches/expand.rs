//! What a team costs between its files and its feed: `cargo bench --bench expand`.

use std::hint::black_box;
use std::path::Path;

use chrono::{DateTime, TimeDelta};
use criterion::{Criterion, criterion_group, criterion_main};
use oncal::feed::{Feed, Head, Links, Plan, Rendered, calendar, events};
use oncal::journal::Revision;
use oncal::rota::{Period, coverage, expand};

fn plan(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_781);
    let Ok(loaded) = oncal::config::load(&folder, now) else { return };
    let Some(config) = loaded.teams.values().next() else { return };
    let team = &config.team;
    let Some(window) = Period::new(now - TimeDelta::weeks(8), now + TimeDelta::weeks(52)) else { return };

    criterion.bench_function("load the plan's folder", |bencher| {
        bencher.iter(|| black_box(oncal::config::load(&folder, now).is_ok()));
    });
    criterion.bench_function("expand 60 weeks and their coverage", |bencher| {
        bencher.iter(|| black_box(coverage(team, &expand(team, window)).rows.len()));
    });
    let links = Links::new(Some("https://oncal.example"));
    criterion.bench_function("say 60 weeks as events", |bencher| {
        bencher.iter(|| black_box(events(&Plan::new(team, window), &links).len()));
    });
    let all = events(&Plan::new(team, window), &links);
    let revision = Revision { sequence: 0, created: now, modified: now };
    criterion.bench_function("write those events and their feed", |bencher| {
        bencher.iter(|| {
            let rendered: Vec<Rendered> =
                all.iter().map(|event| Rendered::new(event.clone(), revision)).collect();
            let head = Head { feed: &Feed::Team, team, links: &links, changed: now };
            black_box(calendar(&head, &rendered, &[], None).len())
        });
    });
}

criterion_group!(benches, plan);
criterion_main!(benches);
