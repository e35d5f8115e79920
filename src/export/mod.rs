//! The static export: what is served, as files under the paths that the server uses, for a web server that knows
//! nothing of oncal.
//!
//! In reading order: [`places`] says what is exported below which path; [`files`] lists the files of a snapshot and
//! their content; [`page`] is `index.html`; a [`Folder`] writes what changed, and deletes what it wrote earlier and is
//! no longer exported.
//!
//! Not here: where the snapshot comes from, and when it is exported again (`cli`).

mod error;
mod files;
mod folder;
mod page;
mod places;
mod written;

pub use error::ExportError;
pub use folder::Folder;
pub use written::{Written, write};
