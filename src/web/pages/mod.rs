//! Pages for people: plain HTML with one style sheet, no script.
//!
//! All links on them are relative, so that they work behind whatever prefix a proxy has; only what goes into a
//! calendar starts with `public_url`.

mod duty;
mod index;
mod layout;
mod missing;
mod problems;
mod run_book;
mod subscriptions;
mod team;

pub(super) use index::index;
pub(super) use layout::{STYLE_PATH, style};
pub(super) use missing::missing;
pub(super) use run_book::run_book;
pub(super) use team::{RETRY_SECONDS, team, team_without_slash};
