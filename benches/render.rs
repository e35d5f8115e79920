//! What a page costs from request to bytes: `cargo bench --bench render`.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use chrono::{DateTime, TimeDelta};
use criterion::{Criterion, criterion_group, criterion_main};
use oncal::clock::Clock;
use oncal::live::{Snapshot, Store};
use oncal::web::{State, create_app};

fn pages(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_781);
    let Ok(loaded) = oncal::config::load(&folder, now) else { return };
    let site = Data::new(State::new(Arc::new(Store::new(Snapshot::new(loaded, now))), Clock::Fixed(now)));
    let system = actix_web::rt::System::new();
    let app = system.block_on(init_service(create_app(site)));
    for (name, target) in [
        ("the first page", "/"),
        ("a team page of 8 weeks", "/data-pipelines/"),
        ("a team page of 52 weeks", "/data-pipelines/?weeks=52"),
        ("a coverage page", "/data-pipelines/coverage"),
        ("a run book", "/data-pipelines/run-books/aggregate-profit"),
    ] {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                system.block_on(async {
                    let request = TestRequest::with_uri(target).to_request();
                    black_box(read_body(call_service(&app, request).await).await.len())
                })
            });
        });
    }
}

criterion_group!(benches, pages);
criterion_main!(benches);
