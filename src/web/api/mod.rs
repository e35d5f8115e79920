//! The API: what pages say, as JSON (design section 8) below `/api/v1`.

mod changes;
mod problem;

pub(super) use changes::changes;
pub(super) use problem::no_such_path;

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use serde::Serialize;

use super::answer::tagged;
use problem::Problem;

/// `shape` as an answer.
fn json(head: &RequestHead, shape: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(shape) {
        Ok(body) => tagged(head, "application/json", body),
        Err(_) => Problem::INTERNAL.answer(),
    }
}
