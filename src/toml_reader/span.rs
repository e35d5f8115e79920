//! A place in a file.

use std::ops::Range;

/// Byte offsets into the text of the file.
pub type Span = Range<usize>;
