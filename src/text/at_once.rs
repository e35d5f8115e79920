//! Short texts of which there are thousands for each team.

use std::fmt;

/// More than nearly all names, links and moments have, in bytes.
const ROOM: usize = 96;

/// [`std::format!`] of a short text, with memory taken once: that begins with very little and takes more again and again.
pub fn at_once(text: fmt::Arguments<'_>) -> String {
    let mut out = String::with_capacity(ROOM);
    // Writing to memory cannot fail.
    let _ = fmt::write(&mut out, text);
    out
}
