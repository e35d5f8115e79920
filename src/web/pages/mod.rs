//! Pages for people: plain HTML that works without scripts, one style sheet, one small script.
//!
//! One folder for each page, named like its path. `kit` is what they share: the layout around them, the query, how
//! people, times and statuses are shown, and the pages of errors.
//!
//! All links are relative, so that they work behind whatever prefix a proxy has; only what goes into a calendar starts
//! with `public_url`.

mod calendar_sync;
mod changes;
mod coverage;
mod engineer;
mod fairness;
mod index;
mod kit;
mod pipelines;
mod run_book;
mod subscribe;
mod team;

pub(super) use calendar_sync::subscribers;
pub(super) use changes::changes;
pub(super) use coverage::coverage;
pub(super) use engineer::engineer;
pub(super) use fairness::fairness;
pub(super) use index::index;
pub(super) use kit::assets::{ICON, SCRIPT, STYLE, favicon, icon, is_asset, script, style};
pub(crate) use kit::document::document;
pub(super) use kit::failure::page;
pub(super) use kit::not_found::{missing, no_key};
pub(super) use pipelines::pipelines;
pub(super) use run_book::{Books, run_book};
pub(super) use subscribe::subscribe;
pub(super) use team::{team, team_without_slash};
