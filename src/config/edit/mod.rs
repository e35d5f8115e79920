//! Changes of a team's file that leave every other byte as it is: comments, order, layout and line ends.
//!
//! `change` describes changes, `layout` finds positions, `splices` cuts and inserts, `replace` swaps the file. Crate
//! toml_edit was tried on the shipped file: it rewrites CRLF line ends, so every line, and puts a new table far from
//! the comment that explains it.
//!
//! Not here: whether the result makes sense, which the loader decides (`load_edited`).

mod array;
mod block;
mod change;
mod layout;
mod replace;
mod splices;

pub(super) use change::entry_line;
pub use change::{Change, EditError, Field, List, edit};
pub use replace::{Original, ReplaceError};
