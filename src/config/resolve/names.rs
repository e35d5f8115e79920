//! Ids and the names that people see.
//!
//! Not here: whether an id refers to anything.

use std::collections::BTreeSet;

use crate::config::ids::id_problem;
use crate::toml_reader::{At, Problems};

/// Reports an invalid id.
pub(super) fn id<'t>(kind: &str, at: Option<&'t At<String>>, problems: &Problems) -> Option<&'t At<String>> {
    let at = at?;
    match id_problem(kind, &at.value) {
        None => Some(at),
        Some(problem) => {
            problems.push(problem.at(&at.span));
            None
        }
    }
}

/// Reports duplicate ids, each where it is used the second time.
pub(super) fn duplicates<'t>(kind: &str, ids: impl Iterator<Item = &'t At<String>>, problems: &Problems) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for at in ids {
        if !seen.insert(&at.value) {
            let message = format!("there is already {kind} `{}` above", at.value);
            problems.error("duplicate-id", at.span.clone(), message);
        }
    }
}

/// A displayed name: it must not be empty, and should have no control characters, which feeds leave out.
pub(super) fn name(at: Option<&At<String>>, problems: &Problems) -> Option<String> {
    let at = at?;
    if at.value.trim().is_empty() {
        problems.error("empty-name", at.span.clone(), "this name is empty");
        return None;
    }
    if at.value.chars().any(char::is_control) {
        let message = "this name has a line break or another control character, which feeds leave out";
        problems.warning("control-character", at.span.clone(), message);
    } else if let Some(found) = at.value.chars().find(|character| is_invisible_control(*character)) {
        let message = format!(
            "this name has an invisible control character (U+{:04X}), which feeds leave out",
            u32::from(found)
        );
        problems.warning("control-character", at.span.clone(), message);
    }
    Some(at.value.clone())
}

/// Whether `character` embeds, overrides or isolates the direction of text, or is another invisible mark. Letters and
/// joiners of right-to-left scripts are not.
fn is_invisible_control(character: char) -> bool {
    matches!(
        character,
        '\u{FEFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}'
    )
}
