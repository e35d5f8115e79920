//! Files of sample configurations.

use std::fs;
use std::path::Path;

/// The team file whose parts these are, with the rotation of the plan between them: weeks of a and b, b and c, c and d,
/// d and a.
macro_rules! around_rotation {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "[[rotation]]\nstarts = 2026-01-02T10:00:00\nweeks = [\n",
            "  { primary = \"a\", secondary = \"b\" }, { primary = \"b\", secondary = \"c\" },\n",
            "  { primary = \"c\", secondary = \"d\" }, { primary = \"d\", secondary = \"a\" },\n]\n",
            $after
        )
    };
}

pub(crate) use around_rotation;

/// Writes `text` to the file at `below` in `folder`, and creates the folders around it.
pub(crate) fn write(folder: &Path, below: &str, text: &str) {
    let path = folder.join(below);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
