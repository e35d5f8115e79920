//! `/api/v1/teams/{team}/changes`: what moved since the rota was first published.

use actix_web::{HttpRequest, HttpResponse, web};

use super::json;
use super::problem::Problem;
use crate::json::Changes;
use crate::web::site::Site;

pub(in crate::web) async fn changes(
    site: web::Data<Site>,
    id: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let snapshot = site.store.load();
    let Some(team) = snapshot.team(&id) else { return Problem::no_team(&snapshot, &id).answer() };
    let moves = team.changes().iter().map(|change| (change.at, &change.moved));
    json(request.head(), &Changes::new(team.team(), moves))
}
