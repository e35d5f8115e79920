//! The commands that write a team's file, one file each. What they share, from finding the team to replacing its
//! file, is in `session`; `people` finds the engineers that are meant.
//!
//! Not here: what can be typed (`edit_args`), and how a text changes without touching anything else (`config::edit`).

pub(super) mod agree;
pub(super) mod cover;
pub(super) mod off;
pub(super) mod people;
mod session;
pub(super) mod swap;
