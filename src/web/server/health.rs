//! What monitoring and search engines ask.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::request_counts::Totals;
use crate::config::{Diagnostic, Severity};
use crate::live::{Fault, Faults, TeamSnapshot};
use crate::publish::JournalState;
use crate::rota::{Instant, TeamId};
use crate::web::response::text;
use crate::web::state::State;

/// Search engines may read everything; what they are told there is not to keep it. Google's calendar fetcher obeys
/// this file too.
const ROBOTS: &str = "User-agent: *\nAllow: /\n";

#[derive(Serialize)]
struct Readiness<'a> {
    status: &'static str,
    faults: Vec<FaultShown>,
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
}

/// What keeps the server from being current.
#[derive(Serialize)]
struct FaultShown {
    what: &'static str,
    since: Instant,
    message: String,
}

/// A diagnostic without its source line, which may hold what is nobody's business.
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

/// `/healthz`: the process answers.
pub(in crate::web) async fn healthz() -> HttpResponse {
    text(StatusCode::OK, "ok")
}

/// `/robots.txt`.
pub(in crate::web) async fn robots() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(ROBOTS)
}

/// `/readyz`: what is served, and what keeps anything from being served. 200 also when degraded: the good teams are
/// served, and taking the server out would take them down too.
pub(in crate::web) async fn readyz(state: web::Data<State>) -> HttpResponse {
    let (snapshot, now, faults) = (state.store.load(), state.clock.now(), state.store.faults());
    let configuration = snapshot.configuration();
    let is_older = snapshot.teams().any(|team| team.journal_state() == JournalState::Older);
    let degraded = configuration.has_errors() || faults.any() || is_older || !snapshot.removed().is_empty();
    let served = |is: &dyn Fn(&TeamSnapshot) -> bool| {
        snapshot.teams().filter(|team| is(team)).map(|team| team.team().id.as_str()).collect()
    };
    let is_broken = |id: &&TeamId| snapshot.is_broken(id.as_str());
    let readiness = Readiness {
        status: if degraded { "degraded" } else { "ok" },
        faults: shown(faults, is_older.then_some(snapshot.built_at())),
        teams: Teams {
            good: served(&|team| !snapshot.is_outdated(&team.team().id)),
            outdated: served(&|team| snapshot.is_outdated(&team.team().id)),
            broken: configuration.broken.keys().filter(is_broken).map(TeamId::as_str).collect(),
            provisional: served(&|team| team.journal_state() == JournalState::Provisional),
        },
        diagnostics: configuration.diagnostics.iter().map(finding).collect(),
        tzdata: configuration.zone_data.to_string(),
        snapshot: Age {
            generation: snapshot.generation(),
            loaded_at: snapshot.loaded_at(),
            built_at: snapshot.built_at(),
            age_seconds: (now - snapshot.built_at()).num_seconds(),
        },
        feeds_written: snapshot.teams().map(TeamSnapshot::written).sum(),
        requests: state.counts.totals(),
    };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(readiness)
}

fn shown(faults: Faults, older: Option<Instant>) -> Vec<FaultShown> {
    let Faults { journal, configuration, watch } = faults;
    let older = older.map(|since| Fault {
        since,
        message: "another server has published a newer configuration than this one has".to_owned(),
    });
    [("journal", journal), ("configuration", configuration), ("watch", watch), ("older", older)]
        .into_iter()
        .filter_map(|(what, fault)| fault.map(|Fault { since, message }| FaultShown { what, since, message }))
        .collect()
}

fn finding(diagnostic: &Diagnostic) -> Finding<'_> {
    Finding {
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: diagnostic.code,
        file: &diagnostic.file,
        line: diagnostic.place.as_ref().map(|place| place.line),
        column: diagnostic.place.as_ref().map(|place| place.column),
        message: &diagnostic.message,
    }
}
