//! The commands that write a team's file: what they share, from finding the team to replacing the file.
//!
//! Not here: what each command writes, and how a text changes without touching anything else (`config::edit`).

mod agree;
mod cover;
mod off;
mod people;
mod session;
mod swap;

pub(super) use agree::run as agree;
pub(super) use cover::run as cover;
pub(super) use off::run as off;
pub(super) use swap::run as swap;
