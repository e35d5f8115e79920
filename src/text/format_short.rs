//! Short texts of which there are thousands for each team.

use std::fmt;

/// Longer than nearly all names, links and moments, in bytes.
const CAPACITY: usize = 96;

/// [`std::format!`] for a short text, with one allocation; `format!` starts small and reallocates several times.
pub fn format_short(text: fmt::Arguments<'_>) -> String {
    let mut out = String::with_capacity(CAPACITY);
    // Writing to memory cannot fail.
    let _ = fmt::write(&mut out, text);
    out
}
