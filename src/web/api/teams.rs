//! `/api/v1/teams`: which teams there are, who is in them, and their status.

use actix_web::{HttpRequest, HttpResponse};

use super::problem::Problem;
use crate::config::Diagnostic;
use crate::json::{ConfigurationProblem, TeamEntry, TeamList};
use crate::live::{Snapshot, TeamSnapshot};
use crate::rota::{Instant, Row, TeamId, coverage};
use crate::web::query::api::ApiQuery;
use crate::web::state::State;

/// Which teams there are, who is on call in each, and which of them have errors
#[utoipa::path(
    get,
    path = "/api/v1/teams",
    responses((status = 200, description = "By id", body = TeamList)),
)]
pub(in crate::web) fn teams(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    ApiQuery::read(request.query_string(), &[])?;
    let (snapshot, now) = (state.store.load(), state.clock.now());
    let served = snapshot.teams().map(|team| entry(&snapshot, team, now));
    let broken = snapshot.broken_teams().map(|id| TeamEntry::broken(id.to_string(), problems(&snapshot, id)));
    let mut teams: Vec<TeamEntry> = served.chain(broken).collect();
    teams.sort_by(|one, other| one.team.cmp(&other.team));
    super::json(request.head(), &TeamList { teams })
}

fn entry(snapshot: &Snapshot, team: &TeamSnapshot, now: Instant) -> TeamEntry {
    let (rota, near) = (team.team(), team.near());
    let coverage = coverage(rota, near);
    let rows = coverage.rows.iter();
    let open: Vec<&Row> = rows.filter(|row| row.status.is_open() && now < row.period.end()).collect();
    let overdue = open.iter().filter(|row| row.is_overdue(now)).count();
    let entry = TeamEntry::served(rota, near.on_call(now), [open.len(), overdue]);
    match snapshot.is_outdated(&rota.id) {
        true => entry.outdated(problems(snapshot, &rota.id)),
        false => entry,
    }
}

/// The errors of a team's files. Never the source line, which may contain private values.
fn problems(snapshot: &Snapshot, id: &TeamId) -> Vec<ConfigurationProblem> {
    let errors = snapshot.configuration().diagnostics_of(id).filter(|diagnostic| diagnostic.is_error());
    errors.map(problem).collect()
}

fn problem(diagnostic: &Diagnostic) -> ConfigurationProblem {
    ConfigurationProblem {
        code: diagnostic.code,
        file: diagnostic.file.to_string(),
        line: diagnostic.place.as_ref().map(|place| place.line),
        column: diagnostic.place.as_ref().map(|place| place.column),
        message: diagnostic.message.clone(),
    }
}
