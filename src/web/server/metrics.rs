//! `/metrics` for monitoring and alerts, in the text format of Prometheus.
//!
//! Computed for each scrape from the counts and the snapshot in service. It contains no name, reason or key.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use chrono::TimeDelta;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family as Labelled;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::config::{FETCH_PROBLEMS, Severity};
use crate::live::{FaultKind, Snapshot, TeamSnapshot};
use crate::publish::JournalState;
use crate::rota::{Coverage, Instant, Row, coverage};
use crate::web::response::text;
use crate::web::state::State;

type Labels = Vec<(&'static str, String)>;
type Gauges = Labelled<Labels, Gauge>;
type Fractions = Labelled<Labels, Gauge<f64, std::sync::atomic::AtomicU64>>;

/// A notice of more days than this goes beyond the weeks that are computed anyway.
const LONG_NOTICE: u16 = 35;

/// `/metrics`.
pub(in crate::web) async fn metrics(state: web::Data<State>) -> HttpResponse {
    match written(&state) {
        Ok(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
            .body(text),
        Err(fmt::Error) => text(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written\n"),
    }
}

fn written(state: &State) -> Result<String, fmt::Error> {
    let (snapshot, now) = (state.store.load(), state.clock.now());
    let mut registry = Registry::with_prefix("oncal");
    requests(&mut registry, state);
    loads(&mut registry, state, &snapshot, now);
    faults(&mut registry, state, &snapshot);
    calendars(&mut registry, &snapshot);
    teams(&mut registry, &snapshot, now);
    notices(&mut registry, state);
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn requests(registry: &mut Registry, state: &State) {
    let requests = Labelled::<Labels, Counter>::default();
    for count in state.counts.all() {
        let labels = vec![
            ("route", count.route.into_owned()),
            ("status", count.status.to_string()),
            ("client", count.client.as_str().to_owned()),
        ];
        requests.get_or_create(&labels).inc_by(count.number);
    }
    registry.register("requests", "Responses by route, status and calendar program", requests);
    let errors = Counter::<u64>::default();
    let counts = state.counts.all();
    let failed = counts.iter().filter(|count| count.status == StatusCode::INTERNAL_SERVER_ERROR.as_u16());
    errors.inc_by(failed.map(|count| count.number).sum());
    registry.register("internal_errors", "Responses with status 500, which are bugs in oncal", errors);
    let durations = [
        ("feed_duration", "How long feeds and refused requests took", &state.counts.early_seconds),
        ("route_duration", "How long pages and the API took", &state.counts.routed_seconds),
    ];
    for (name, help, seconds) in durations {
        registry.register_with_unit(name, help, Unit::Seconds, seconds.clone());
    }
}

fn loads(registry: &mut Registry, state: &State, snapshot: &Snapshot, now: Instant) {
    let mut gauge = |name: &str, help: &str, value: f64| {
        let gauge = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    let seconds = |at: Instant| at.timestamp() as f64;
    let is_read = state.store.faults().configuration.is_none() && !snapshot.configuration().has_errors();
    let age = (now - snapshot.built_at()).num_seconds() as f64;
    gauge(
        "snapshot_generation",
        "Counts what was put in service since the start",
        snapshot.generation() as f64,
    );
    gauge("snapshot_age_seconds", "Time since the week or the configuration in service began", age);
    gauge("load_successful", "1 while the files are readable and without errors, else 0", f64::from(is_read));
    let loaded = seconds(snapshot.loaded_at());
    gauge("configuration_timestamp_seconds", "When the configuration in service was read", loaded);
    let (read_at, took) = match state.store.last_load() {
        Some(load) => (load.at, load.took.as_secs_f64()),
        None => (snapshot.loaded_at(), 0.0),
    };
    gauge("load_timestamp_seconds", "When the files were last read", seconds(read_at));
    gauge("load_duration_seconds", "How long it took; 0 for the first time", took);
    let look_age = state.store.look_age().as_secs_f64();
    gauge("reloader_look_age_seconds", "Time since the reloader last checked for work", look_age);
    let diagnostics = Gauges::default();
    for (severity, label) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        let found = snapshot.configuration().diagnostics.iter().filter(|found| found.severity == severity);
        diagnostics.get_or_create(&vec![("severity", label.to_owned())]).set(number(found.count()));
    }
    registry.register("diagnostics", "Errors and warnings of the configuration", diagnostics);
}

fn faults(registry: &mut Registry, state: &State, snapshot: &Snapshot) {
    let faults = state.store.faults();
    let gauges = Gauges::default();
    for kind in FaultKind::ALL {
        let is_raised = faults.get(kind).is_some();
        gauges.get_or_create(&vec![("fault", kind.as_str().to_owned())]).set(i64::from(is_raised));
    }
    registry.register("fault", "1 while the server cannot stay current, by cause", gauges);
    let missing = Gauges::default();
    let served = snapshot.teams().map(|team| &team.team().id);
    for id in served.chain(snapshot.removed()) {
        let is_missing = snapshot.removed().contains(id);
        missing.get_or_create(&vec![("team", id.to_string())]).set(i64::from(is_missing));
    }
    registry.register(
        "team_file_missing",
        "1 while the server waits for a missing team file to return",
        missing,
    );
    let removed = Counter::<u64>::default();
    removed.inc_by(state.store.removed_teams());
    registry.register("teams_removed", "Files of teams that were removed", removed);
    let provisional =
        snapshot.teams().filter(|team| team.journal_state() == JournalState::Provisional).count();
    let gauge = Gauge::<i64>::default();
    gauge.set(number(provisional));
    registry.register("teams_provisional", "Teams whose served version is not in the journal", gauge);
}

/// Problems of fetched calendars, and engineers whose leave is therefore not known.
fn calendars(registry: &mut Registry, snapshot: &Snapshot) {
    let problems = Gauges::default();
    for code in FETCH_PROBLEMS {
        let found = snapshot.configuration().diagnostics.iter().filter(|found| found.code == code);
        problems.get_or_create(&vec![("problem", code.to_owned())]).set(number(found.count()));
    }
    let help = "Fetched calendars without a copy, with a copy older than a day, or that became empty";
    registry.register("calendar_problems", help, problems);
    let unknown = Gauges::default();
    for team in snapshot.teams() {
        let engineers = team.team().engineers.iter().filter(|engineer| !engineer.leave_is_known);
        let labels = vec![("team", team.team().id.to_string())];
        unknown.get_or_create(&labels).set(number(engineers.count()));
    }
    registry.register("leave_unknown", "Engineers whose calendar of time off could not be used", unknown);
}

fn teams(registry: &mut Registry, snapshot: &Snapshot, now: Instant) {
    let states = Gauges::default();
    let (open, overdue, days) = (Gauges::default(), Gauges::default(), Fractions::default());
    let mut outdated = 0;
    for team in snapshot.teams() {
        outdated += i64::from(snapshot.is_outdated(&team.team().id));
        let labels = vec![("team", team.team().id.to_string())];
        let (mut to_agree, mut late, mut next) = (0, 0, None::<TimeDelta>);
        each_open(team, now, |row| {
            to_agree += 1;
            late += i64::from(row.is_overdue(now));
            let left = row.deadline.map(|deadline| deadline - now).filter(|left| *left > TimeDelta::zero());
            next = [next, left].into_iter().flatten().min();
        });
        open.get_or_create(&labels).set(to_agree);
        overdue.get_or_create(&labels).set(late);
        if let Some(next) = next {
            days.get_or_create(&labels).set(next.num_seconds() as f64 / 86400.0);
        }
    }
    let restored = number(snapshot.teams().filter(|team| team.is_restored()).count());
    let removed = number(snapshot.removed().len());
    let broken = snapshot.broken_teams().count();
    let good = number(snapshot.teams().len()) - outdated;
    for (state, value) in [
        ("good", good),
        ("outdated", outdated),
        ("broken", number(broken)),
        ("restored", restored),
        ("removed", removed),
    ] {
        states.get_or_create(&vec![("state", state.to_owned())]).set(value);
    }
    let help = "Teams as configured (good), as they were before an error (outdated), not served (broken), as they were \
                published before the start (restored: outdated too), and whose file is gone (removed)";
    registry.register("teams", help, states);
    registry.register("coverage_unsettled", "Holidays ahead on which the team has not agreed", open);
    registry.register("coverage_overdue", "Of these, the holidays whose deadline has passed", overdue);
    registry.register(
        "next_deadline_days",
        "Days until the next deadline of the team; absent without one",
        days,
    );
}

fn notices(registry: &mut Registry, state: &State) {
    let family = Labelled::<Labels, Counter>::default;
    let (sent, failed, attempts) = (family(), family(), family());
    let waiting = Gauges::default();
    for own in state.store.notices().channels() {
        let labels = vec![("channel", own.channel.to_owned())];
        sent.get_or_create(&labels).inc_by(own.sent);
        failed.get_or_create(&labels).inc_by(own.given_up);
        attempts.get_or_create(&labels).inc_by(own.failed_attempts);
        waiting.get_or_create(&labels).set(i64::try_from(own.waiting).unwrap_or(i64::MAX));
    }
    registry.register("notices_sent", "Notices that were sent", sent);
    registry.register("notices_failed", "Notices that were given up after three days", failed);
    registry.register("notices_failed_attempts", "Attempts to send a notice that failed", attempts);
    registry.register("notices_waiting", "Notices that are due and not sent", waiting);
}

/// Calls `visit` for each open row that is not over. It uses the next weeks only, which a server of thousands of teams
/// can compute for each scrape, unless the team's notice goes beyond them.
fn each_open(team: &TeamSnapshot, now: Instant, visit: impl FnMut(&Row)) {
    let near: Coverage;
    let coverage = if team.team().policy.notice_days > LONG_NOTICE {
        team.coverage()
    } else {
        near = coverage(team.team(), team.near());
        &near
    };
    coverage.rows.iter().filter(|row| row.status.is_open() && now < row.period.end()).for_each(visit);
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
