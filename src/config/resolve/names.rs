//! Ids and the names that people see.
//!
//! Not here: whether an id refers to anything.

use std::collections::BTreeSet;

use crate::toml_reader::{At, Problem, Problems, Severity};

/// Paths of the server that a team must not stand in front of.
const RESERVED: [&str; 8] = ["api", "k", "assets", "healthz", "readyz", "metrics", "robots-txt", "openapi"];

/// What keeps `id` from naming a `kind` (`a team`, `an engineer`, …), placed at the beginning of the text.
pub(in crate::config) fn id_problem(kind: &str, id: &str) -> Option<Problem> {
    if !RESERVED.contains(&id) {
        return shape_problem(kind, id);
    }
    let message = format!("`{id}` is reserved and cannot be the id of {kind}");
    Some(problem("reserved-id", message, format!("reserved are {}", RESERVED.join(", "))))
}

/// [`id_problem`] for what has no page of its own, so that no id is reserved.
pub(in crate::config) fn shape_problem(kind: &str, id: &str) -> Option<Problem> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=64).contains(&id.len()) && id.bytes().all(fits) {
        return None;
    }
    let what = if id.is_empty() { "an empty text".to_owned() } else { format!("`{}`", id.escape_debug()) };
    let rule = "1 to 64 of the characters a to z, 0 to 9 and `-`";
    // Of an address the nearest id would still show what is secret in it.
    let slug = slug(id).filter(|_| !id.contains("://"));
    let help = slug.map_or_else(|| rule.to_owned(), |slug| format!("{rule}, such as `{slug}`"));
    Some(problem("invalid-id", format!("{what} cannot be the id of {kind}"), help))
}

fn problem(code: &'static str, message: String, help: String) -> Problem {
    Problem { code, severity: Severity::Error, span: 0..0, message, help: Some(help) }
}

/// Reports an id that cannot be one.
pub(super) fn id<'t>(kind: &str, at: Option<&'t At<String>>, problems: &Problems) -> Option<&'t At<String>> {
    let at = at?;
    match id_problem(kind, &at.value) {
        None => Some(at),
        Some(problem) => {
            problems.push(Problem { span: at.span.clone(), ..problem });
            None
        }
    }
}

/// Reports ids that were given before, each where it stands the second time.
pub(super) fn duplicates<'t>(kind: &str, ids: impl Iterator<Item = &'t At<String>>, problems: &Problems) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for at in ids {
        if !seen.insert(&at.value) {
            let message = format!("there is already {kind} `{}` above", at.value);
            problems.error("duplicate-id", at.span.clone(), message);
        }
    }
}

/// A name that people see: not empty, and best without control characters, which feeds leave out.
pub(super) fn name(at: Option<&At<String>>, problems: &Problems) -> Option<String> {
    let at = at?;
    if at.value.trim().is_empty() {
        problems.error("empty-name", at.span.clone(), "this name is empty");
        return None;
    }
    if at.value.chars().any(char::is_control) {
        let message = "this name has a line break or another control character, which feeds leave out";
        problems.warning("control-character", at.span.clone(), message);
    } else if let Some(found) = at.value.chars().find(|character| turns_text(*character)) {
        let message = format!(
            "this name has an invisible character that turns or marks text (U+{:04X}), which feeds leave out",
            u32::from(found)
        );
        problems.warning("control-character", at.span.clone(), message);
    }
    Some(at.value.clone())
}

/// What embeds, overrides or isolates the direction of text, and other marks that nobody sees; letters and joiners of
/// scripts that run from right to left are none.
fn turns_text(character: char) -> bool {
    matches!(
        character,
        '\u{FEFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}'
    )
}

/// The nearest id that could be one.
fn slug(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    (1..=64).contains(&slug.len()).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(id: &str) -> Option<&'static str> {
        id_problem("a team", id).map(|problem| problem.code)
    }

    #[test]
    fn ids_are_short_and_plain() {
        for fits in ["a", "0", "-", "data-pipelines", "key", &"x".repeat(64)] {
            assert_eq!(code(fits), None, "{fits}");
        }
        for unfit in ["", "A", "a b", "a.b", "ü", "a/b", "..", "a\n", &"x".repeat(65)] {
            assert_eq!(code(unfit), Some("invalid-id"), "{unfit:?}");
        }
        for reserved in RESERVED {
            assert_eq!(code(reserved), Some("reserved-id"));
        }
    }

    #[test]
    fn an_id_that_could_be_one_is_suggested() {
        let help = |id: &str| id_problem("a team", id).and_then(|problem| problem.help).unwrap();
        assert!(help("Data Pipelines!").ends_with("such as `data-pipelines`"));
        assert!(help("数据").ends_with("`-`"), "{}", help("数据"));
    }
}
