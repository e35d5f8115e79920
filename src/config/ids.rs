//! Valid ids of teams, engineers, pipelines, run books and calendars.

use crate::toml_reader::Problem;

/// Paths of the server that the pages of a team must not replace.
const RESERVED: [&str; 8] = ["api", "k", "assets", "healthz", "readyz", "metrics", "robots-txt", "openapi"];

/// The problem that keeps `id` from being the id of `kind` (`a team`, `an engineer`, …), at the start of the text.
pub(super) fn id_problem(kind: &str, id: &str) -> Option<Problem> {
    if !RESERVED.contains(&id) {
        return shape_problem(kind, id);
    }
    let message = format!("`{id}` is reserved and cannot be the id of {kind}");
    Some(problem("reserved-id", message, format!("reserved are {}", RESERVED.join(", "))))
}

/// [`id_problem`] for what has no page of its own, so that no id is reserved.
pub(super) fn shape_problem(kind: &str, id: &str) -> Option<Problem> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=64).contains(&id.len()) && id.bytes().all(fits) {
        return None;
    }
    let what = if id.is_empty() { "an empty text".to_owned() } else { format!("`{}`", id.escape_debug()) };
    let rule = "1 to 64 of the characters a to z, 0 to 9 and `-`";
    // An id made of an address would show what is secret in it.
    let slug = slug(id).filter(|_| !id.contains("://"));
    let help = slug.map_or_else(|| rule.to_owned(), |slug| format!("{rule}, such as `{slug}`"));
    Some(problem("invalid-id", format!("{what} cannot be the id of {kind}"), help))
}

fn problem(code: &'static str, message: String, help: String) -> Problem {
    Problem::error(code, message).help(help)
}

/// `text` turned into a valid id.
pub(super) fn slug(text: &str) -> Option<String> {
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
