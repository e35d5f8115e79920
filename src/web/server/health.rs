//! Health checks for monitoring, and `robots.txt`.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::request_counts::Totals;
use crate::config::Diagnostic;
use crate::live::{Fault, FaultKind, Faults, TeamSnapshot};
use crate::publish::JournalState;
use crate::rota::{Instant, TeamId};
use crate::web::cache_policy::CachePolicy;
use crate::web::response::{text, with_policy};
use crate::web::state::State;

/// Search engines may read everything, and its headers tell them not to index it. Google's calendar fetcher obeys
/// this file too.
const ROBOTS: &str = "User-agent: *\nAllow: /\n";

/// The longest time between two iterations of a working reloader. It runs at least every 15 seconds, and waits at most
/// 20 seconds for each response of a database.
const MAX_LOOK_AGE: Duration = Duration::from_secs(120);

#[derive(Serialize)]
struct Readiness<'a> {
    status: &'static str,
    faults: Vec<FaultShown<'a>>,
    teams: Teams<'a>,
    diagnostics: Vec<Finding<'a>>,
    tzdata: String,
    snapshot: Age,
    feeds_written: u64,
    requests: Totals,
}

#[derive(Serialize)]
struct Teams<'a> {
    /// In service as configured.
    good: Vec<&'a str>,
    /// In service as they were before their file broke or went away.
    outdated: Vec<&'a str>,
    /// Not in service.
    broken: Vec<&'a str>,
    /// In service with revisions that the journal does not have yet.
    provisional: Vec<&'a str>,
    /// In service as they were published last, since their files had errors when the server started. Outdated too.
    restored: Vec<&'a str>,
    /// Their files are gone, and the server waits for them to return.
    removed: Vec<&'a str>,
}

/// A fault that keeps the server from being current.
#[derive(Serialize)]
struct FaultShown<'a> {
    what: &'static str,
    since: Instant,
    message: &'a str,
}

/// A diagnostic without its source line, which may contain private values.
#[derive(Serialize)]
struct Finding<'a> {
    severity: &'static str,
    code: &'a str,
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
}

#[derive(Serialize)]
struct Age {
    generation: u64,
    loaded_at: Instant,
    built_at: Instant,
    age_seconds: i64,
}

/// `/healthz`: whether the process answers and its reloader still runs. If not, a restart helps.
pub(in crate::web) async fn healthz(state: web::Data<State>) -> HttpResponse {
    let age = state.store.look_age();
    if age <= MAX_LOOK_AGE {
        return text(StatusCode::OK, "ok");
    }
    let problem = format!("the reloader last looked at the configuration {} seconds ago", age.as_secs());
    text(StatusCode::SERVICE_UNAVAILABLE, problem)
}

/// `/robots.txt`.
pub(in crate::web) async fn robots() -> HttpResponse {
    with_policy(text(StatusCode::OK, ROBOTS), CachePolicy::Hour)
}

/// `/readyz`: what is served, and what keeps anything from being served. 200 also when degraded: the good teams are
/// served, and taking the server out would take them down too.
pub(in crate::web) async fn readyz(state: web::Data<State>) -> HttpResponse {
    let (snapshot, now, faults) = (state.store.load(), state.clock.now(), state.store.faults());
    let configuration = snapshot.configuration();
    let degraded = configuration.has_errors() || faults.any() || !snapshot.removed().is_empty();
    let served = |is: &dyn Fn(&TeamSnapshot) -> bool| {
        snapshot.teams().filter(|team| is(team)).map(|team| team.team().id.as_str()).collect()
    };
    let readiness = Readiness {
        status: if degraded { "degraded" } else { "ok" },
        faults: shown(&faults),
        teams: Teams {
            good: served(&|team| !snapshot.is_outdated(&team.team().id)),
            outdated: served(&|team| snapshot.is_outdated(&team.team().id)),
            broken: snapshot.broken_teams().map(TeamId::as_str).collect(),
            provisional: served(&|team| team.journal_state() == JournalState::Provisional),
            restored: served(&|team| team.is_restored()),
            removed: snapshot.removed().iter().map(TeamId::as_str).collect(),
        },
        diagnostics: configuration.diagnostics.iter().filter(|found| !found.is_note()).map(finding).collect(),
        tzdata: configuration.zone_data.to_string(),
        snapshot: Age {
            generation: snapshot.generation(),
            loaded_at: snapshot.loaded_at(),
            built_at: snapshot.built_at(),
            age_seconds: (now - snapshot.built_at()).num_seconds(),
        },
        feeds_written: state.feeds.written(),
        requests: state.counts.totals(),
    };
    HttpResponse::Ok().json(readiness)
}

fn shown(faults: &Faults) -> Vec<FaultShown<'_>> {
    let shown = |kind: FaultKind| {
        let Fault { since, message } = faults.get(kind)?;
        Some(FaultShown { what: kind.as_str(), since: *since, message })
    };
    FaultKind::ALL.into_iter().filter_map(shown).collect()
}

fn finding(diagnostic: &Diagnostic) -> Finding<'_> {
    Finding {
        severity: diagnostic.severity.as_str(),
        code: diagnostic.code,
        file: &diagnostic.file,
        line: diagnostic.place.as_ref().map(|place| place.line),
        column: diagnostic.place.as_ref().map(|place| place.column),
        message: &diagnostic.message,
    }
}
