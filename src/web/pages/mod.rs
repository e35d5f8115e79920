//! Pages for people: plain HTML that works without scripts, one style sheet, one small script.
//!
//! In reading order: `layout` is what all pages have around them; `team` is the page of a team, its weeks laid out by
//! `view`, measured by `strip` and drawn by `timeline`; `words` and `people` are how dates and names are said.
//!
//! All links are relative, so that they work behind whatever prefix a proxy has; only what goes into a calendar starts
//! with `public_url`.

mod agree;
mod asked;
mod assets;
mod bars;
mod books;
mod changes;
mod conflict;
mod coverage;
mod duty;
mod failure;
mod fairness;
mod index;
mod layout;
mod locks;
mod markdown;
mod missing;
mod months;
mod notes;
mod occasion;
mod pager;
mod people;
mod pipelines;
mod policy;
mod problems;
mod run_book;
mod strip;
mod subscribers;
mod subscriptions;
mod team;
mod timeline;
mod view;
mod week_table;
mod words;

pub(super) use assets::{ICON, KEPT, SCRIPT, STYLE, icon, is_asset, script, style};
pub(super) use books::Books;
pub(super) use changes::changes;
pub(super) use coverage::coverage;
pub(super) use failure::page;
pub(super) use fairness::fairness;
pub(super) use index::index;
pub(super) use missing::{RETRY_SECONDS, missing, no_key};
pub(super) use pipelines::pipelines;
pub(super) use run_book::run_book;
pub(super) use subscribers::subscribers;
pub(super) use team::{team, team_without_slash};
